from __future__ import annotations

import importlib
import os
from pathlib import Path

import pytest

from trayapp.watching import language_names as names
from trayapp.watching import language_signs as signs
from trayapp.watching import linguist_table
from trayapp.watching.language import MOST_BYTES, language_of
from trayapp.watching.language_names import (
    INTERPRETERS,
    claimants,
    is_code_name,
    may_be_script_name,
)

COMMONEST = [
    ("main.py", "import os\n", "Python"),
    ("app.js", "export default 1\n", "JavaScript"),
    ("app.ts", "export const a: number = 1\n", "TypeScript"),
    ("App.tsx", "export const App = () => <p/>\n", "TSX"),
    ("App.jsx", "export const App = () => <p/>\n", "JavaScript"),
    ("index.html", "<!doctype html>\n<p>\n", "HTML"),
    ("style.css", "a { color: red }\n", "CSS"),
    ("style.scss", "$a: 1\n", "SCSS"),
    ("style.sass", "a\n", "Sass"),
    ("style.less", "@a: 1\n", "Less"),
    ("Main.java", "class Main {}\n", "Java"),
    ("Main.kt", "fun main() {}\n", "Kotlin"),
    ("Main.scala", "object Main\n", "Scala"),
    ("build.gradle", "plugins {}\n", "Gradle"),
    ("Main.groovy", "println 1\n", "Groovy"),
    ("main.c", "int main(void) { return 0; }\n", "C"),
    ("main.h", "int main(void);\n", "C"),
    ("main.cpp", "int main() {}\n", "C++"),
    ("Program.cs", "namespace A { class B {} }\n", "C#"),
    ("Program.fs", "module A\nlet a = 1\n", "F#"),
    ("Module1.vb", "Module A\nEnd Module\n", "Visual Basic .NET"),
    ("View.m", "#import <Foundation/Foundation.h>\n", "Objective-C"),
    ("fit.m", "function y = fit(x)\n  y = x;\nend\n", "MATLAB"),
    ("main.swift", "let a = 1\n", "Swift"),
    ("main.go", "package main\n", "Go"),
    ("main.rs", "fn main() {}\n", "Rust"),
    ("main.zig", "pub fn main() void {}\n", "Zig"),
    ("main.nim", "echo 1\n", "Nim"),
    ("main.d", "module main;\n", "D"),
    ("index.php", "<?php echo 1;\n", "PHP"),
    ("page.blade.php", "@if (true)\n", "Blade"),
    ("main.rb", "puts 1\n", "Ruby"),
    ("page.html.erb", "<%= 1 %>\n", "HTML+ERB"),
    ("main.pl", "use strict;\nmy $a = 1;\n", "Perl"),
    ("main.lua", "print(1)\n", "Lua"),
    ("main.r", "x <- 1\n", "R"),
    ("main.jl", "println(1)\n", "Julia"),
    ("main.dart", "void main() {}\n", "Dart"),
    ("Main.hs", "main = print 1\n", "Haskell"),
    ("main.ml", 'let () = print_endline "a"\n', "OCaml"),
    ("main.ex", "defmodule A do\nend\n", "Elixir"),
    ("main.erl", "-module(main).\n", "Erlang"),
    ("main.clj", "(println 1)\n", "Clojure"),
    ("main.lisp", "(print 1)\n", "Common Lisp"),
    ("main.el", '(message "a")\n', "Emacs Lisp"),
    ("main.scm", "(display 1)\n", "Scheme"),
    ("facts.pl", "father(a, b).\nold(X) :- father(X, _).\n", "Prolog"),
    ("main.sh", "echo a\n", "Shell"),
    ("main.fish", "echo a\n", "fish"),
    ("main.ps1", "Write-Host a\n", "PowerShell"),
    ("run.bat", "echo a\n", "Batchfile"),
    ("main.sql", "select 1;\n", "SQL"),
    ("main.vue", "<template/>\n", "Vue"),
    ("Main.svelte", "<p/>\n", "Svelte"),
    ("Main.astro", "---\n---\n", "Astro"),
    ("schema.graphql", "type A { b: C }\n", "GraphQL"),
    ("schema.proto", 'syntax = "proto3";\n', "Protocol Buffer"),
    ("main.sol", "contract A {}\n", "Solidity"),
    ("main.tf", 'resource "a" "b" {}\n', "HCL"),
    ("default.nix", "{ }\n", "Nix"),
    ("main.f90", "program a\nend program\n", "Fortran Free Form"),
    ("main.pas", "program a;\n", "Pascal"),
    ("main.adb", "procedure Main is begin null; end;\n", "Ada"),
    ("main.cob", "IDENTIFICATION DIVISION.\n", "COBOL"),
    ("main.asm", "mov eax, 1\n", "Assembly"),
    ("main.v", "module main(input a);\nendmodule\n", "Verilog"),
    ("main.vhdl", "entity a is\n", "VHDL"),
    ("kernel.cu", "__global__ void a() {}\n", "Cuda"),
    ("main.glsl", "void main() {}\n", "GLSL"),
    ("player.gd", "extends Node\n", "GDScript"),
    ("main.tex", "\\documentclass{article}\n", "TeX"),
    ("README.md", "# A\n", "Markdown"),
    ("index.rst", "A\n=\n", "reStructuredText"),
    ("data.json", "{}\n", "JSON"),
    ("data.yaml", "a: 1\n", "YAML"),
    ("pyproject.toml", "a = 1\n", "TOML"),
    ("data.xml", "<a/>\n", "XML"),
    ("setup.cfg", "[a]\n", "INI"),
    ("notebook.ipynb", "{}\n", "Jupyter Notebook"),
    ("Makefile", "all:\n", "Makefile"),
    ("Dockerfile", "FROM scratch\n", "Dockerfile"),
    ("CMakeLists.txt", "project(a)\n", "CMake"),
]


def make(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(("name", "content", "language"), COMMONEST, ids=[c[0] for c in COMMONEST])
def test_the_commonest_languages_are_known(
    tmp_path: Path, name: str, content: str, language: str
) -> None:
    assert is_code_name(name)
    assert language_of(make(tmp_path / name, content)) == language


class TestNames:
    @pytest.mark.parametrize(
        ("name", "language"),
        [
            ("types.d.ts", "TypeScript"),
            ("MAIN.PY", "Python"),
            ("Rakefile", "Ruby"),
            ("Gemfile", "Ruby"),
            ("Jenkinsfile", "Groovy"),
            ("go.mod", "Go Module"),
            ("BUILD.bazel", "Starlark"),
            ("requirements.txt", "Pip Requirements"),
            ("dev-requirements.txt", "Pip Requirements"),
            ("Dockerfile.dev", "Dockerfile"),
            ("Makefile.am", "Makefile"),
            (".bashrc", "Shell"),
            (".vimrc", "Vim script"),
            (".gitignore", "Ignore List"),
            (".env.local", "Dotenv"),
            ("tsconfig.json", "JSON with Comments"),
            ("app.service", "INI"),
            ("main.C", "C++"),
            ("state.sls", "Salt"),
            ("main.tact", "Tact"),
        ],
    )
    def test_names_and_compound_endings(self, tmp_path: Path, name: str, language: str) -> None:
        assert is_code_name(name)
        assert language_of(make(tmp_path / name, "")) == language

    @pytest.mark.parametrize(
        "name",
        [
            *("package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock"),
            *("Cargo.lock", "poetry.lock", "uv.lock", "Gemfile.lock", "packages.lock.json"),
            *("go.sum", ".terraform.lock.hcl", "compile_commands.json", "bun.lock"),
            *("jquery.min.js", "site.min.css", "jquery-min.js", "app.js.map", "app.bundle.js"),
            *("api_pb2.py", "api_pb2_grpc.pyi", "api.pb.go", "model.g.dart", "Form1.Designer.cs"),
            *("model.generated.ts", "moc_window.cpp", "ui_window.h", "a-checkpoint.ipynb"),
        ],
    )
    def test_what_machines_write_is_not_code(self, tmp_path: Path, name: str) -> None:
        assert not is_code_name(name)
        assert language_of(make(tmp_path / name, "")) is None

    @pytest.mark.parametrize(
        "name",
        [
            *("photo.png", "song.mp3", "a.out", "main.o", "main.pyc", "a.zip", "server.log"),
            *("server.log.1", "libc.so.6", "notes.txt", "table.csv", "page.1", "drawing.svg"),
            *("4913", "main.py~", "main.py.swp", "sedAbCdEf", "main.go.1234", ".goutputstream-X1"),
            *("part.gcode", "board.kicad_pcb", "", ".", "..", "a.", "a..", "...", "\ud800.\udfff"),
            "x" * 100_000,
            "." * 100_000,
            "min." * 10_000,
        ],
    )
    def test_neither_is_anything_else(self, name: str) -> None:
        assert not is_code_name(name)

    @pytest.mark.parametrize("name", ["yarn.lock.ts", "map.ts", "lock.py", "minimal.js", "map"])
    def test_a_person_may_use_those_words(self, name: str) -> None:
        assert is_code_name(name) or may_be_script_name(name)

    def test_a_name_without_ending_may_be_a_script(self) -> None:
        assert may_be_script_name("deploy")
        assert may_be_script_name(".xsetup")
        assert not may_be_script_name("Makefile")
        assert not may_be_script_name("photo.png")


class TestScripts:
    @pytest.mark.parametrize(
        ("content", "language"),
        [
            ("#!/bin/sh\n", "Shell"),
            ("#! /usr/bin/env python3\n", "Python"),
            ("#!/usr/bin/python3.11 -u\n", "Python"),
            ("#!/usr/bin/env -S FOO=1 deno run\n", "TypeScript"),
            ("#!/usr/bin/env ruby\r\n", "Ruby"),
            ("#!/usr/bin/node", "JavaScript"),
            ("\ufeff#!/usr/bin/perl\n", "Perl"),
            ("#!/opt/unheard-of\n# vim: set ft=lua :\n", "Lua"),
            ("# vim: ft=python\n", "Python"),
            ("\n" * 1000 + "// vi: set sw=2 filetype=javascript:\n", "JavaScript"),
            ("# -*- mode: sh; indent: 2 -*-\n", "Shell"),
            ("# -*- coding: utf-8; mode: python -*-\n", "Python"),
            ("/* -*- C++ -*- */\n", "C++"),
            ("// -*- emacs-lisp -*-\n", "Emacs Lisp"),
            ("\n" * 6 + "# vim: ft=python" + "\n" * 6, None),
            ("# vim: ft=unheardof\n", None),
            ("#!\n", None),
            ("#!/usr/bin/env\n", None),
            ("just words\n", None),
            ("", None),
            (b"\x7fELF\x02\x01\x01\0\0#!/bin/sh\n", None),
            (b"#!/bin/sh\n\0", None),
            (b"\xff\xfe#\0!\0/\0b\0i\0n\0/\0s\0h\0\n\0", "Shell"),
        ],
        ids=range(23),
    )
    def test_first_line_or_modeline_says_it(
        self, tmp_path: Path, content: str | bytes, language: str | None
    ) -> None:
        assert language_of(make(tmp_path / "script", content)) == language

    def test_every_interpreter_runs_a_known_language(self) -> None:
        known = {
            *linguist_table.PROGRAMMING,
            *linguist_table.MARKUP,
        }

        assert set(INTERPRETERS.values()) <= known


class TestSharedEndings:
    @pytest.mark.parametrize(
        ("name", "content", "beside", "language"),
        [
            ("a.h", "", [], "C"),
            ("a.h", "class B;", ["a.c"], "C"),
            ("a.h", "", ["a.cpp", "b.c"], "C++"),
            ("a.h", "", ["a.m"], "Objective-C"),
            ("a.h", "@interface A\n", ["b.cpp"], "Objective-C"),
            ("a.h", "namespace a {\n", [], "C++"),
            ("a.h", "#include <string>\n", ["b.c"], "C++"),
            ("a.h", "#include <string.h>\n", [], "C"),
            ("a.h", "", ["b.cc"], "C++"),
            ("a.h", "", ["b.cc", "b.c"], "C"),
            ("a.m", "", [], "Objective-C"),
            ("a.m", "% Comment\n", ["a.h"], "Objective-C"),
            ("a.m", "", ["data.mat"], "MATLAB"),
            ("a.m", "% Comment\nx = 1;\n", ["b.h"], "MATLAB"),
            ("a.m", "(* ::Package:: *)\n", [], "Wolfram Language"),
            ("a.m", ":- module a.\n", [], "Mercury"),
            ("a.ts", '<?xml version="1.0"?>\n<!DOCTYPE TS>', [], "XML"),
            ("a.ts", b"G@\x11\x10\0\0\xb0\r", [], None),
            ("a.ts", b"\xff\xfel\0e\0t\0", [], "TypeScript"),
            ("a.tsx", '<?xml version="1.0"?>\n<tileset/>', [], "XML"),
            ("a.pl", "", [], "Perl"),
            ("a.pl", "#!/usr/bin/env swipl\n", [], "Prolog"),
            ("a.pl", "use v6;\n", [], "Raku"),
            ("a.pl", ":- use_module(library(lists)).\n", [], "Prolog"),
            ("a.v", "", [], "Verilog"),
            ("a.v", "module main\n\nfn main() {\n", [], "V"),
            ("a.v", "", ["v.mod"], "V"),
            ("a.v", "Theorem a : True.\nProof. auto. Qed.\n", [], "Rocq Prover"),
            ("a.cls", "\\NeedsTeXFormat{LaTeX2e}\n", [], "TeX"),
            ("a.cls", "public with sharing class A {\n", [], "Apex"),
            ("a.cls", "", ["a.cls-meta.xml"], "Apex"),
            ("a.cls", 'VERSION 1.0 CLASS\nAttribute VB_Name = "A"\n', [], "VBA"),
            ("a.cls", "Class A.B Extends %Persistent\n", [], "ObjectScript"),
            ("a.cls", "", [], "TeX"),
            ("a.cgi", "#!/usr/bin/perl\n", [], "Perl"),
            ("a.d", "a.o: a.c a.h\n", [], None),
            ("a.fs", "#version 330\nvoid main() {}\n", [], "GLSL"),
            ("a.inc", "<?php\n", [], "PHP"),
            ("a.pp", "unit a;\n", [], "Pascal"),
            ("a.pp", "class a { }\n", [], "Puppet"),
            ("a.pro", "QT += core\n", [], "QMake"),
            ("a.php", "<?hh\n", [], "Hack"),
        ],
    )
    def test_neighbours_and_content_decide(
        self,
        tmp_path: Path,
        name: str,
        content: str | bytes,
        beside: list[str],
        language: str | None,
    ) -> None:
        for neighbour in beside:
            make(tmp_path / neighbour, "")

        assert language_of(make(tmp_path / name, content)) == language

    def test_only_the_beginning_is_read(self, tmp_path: Path) -> None:
        late = make(tmp_path / "late.h", "\n" * MOST_BYTES + "@interface A\n")
        early = make(tmp_path / "early.h", "@interface A\n" + "\n" * MOST_BYTES)

        assert language_of(late) == "C"
        assert language_of(early) == "Objective-C"


class TestOutOfReach:
    def test_a_missing_file_gets_the_likeliest_language(self, tmp_path: Path) -> None:
        assert language_of(tmp_path / "gone.h") == "C"
        assert language_of(tmp_path / "gone" / "gone.m") == "Objective-C"
        assert language_of(tmp_path / "gone") is None

    def test_what_is_no_file_is_not_opened(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        os.mkfifo(tmp_path / "pipe.h")
        (tmp_path / "loop.h").symlink_to("loop.h")
        (tmp_path / "folder.h").mkdir()

        assert language_of(tmp_path / "pipe") is None
        for name in ("pipe.h", "loop.h", "folder.h"):
            assert language_of(tmp_path / name) == "C"

    @pytest.mark.ordinary_user
    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_nor_is_what_may_not_be_read(self, tmp_path: Path) -> None:
        file = make(tmp_path / "a.h", "@interface A\n")
        file.chmod(0)

        assert language_of(file) == "C"

    @pytest.mark.parametrize(
        "unit",
        [
            *("\n", " ", "\t\n", "a", "a ", "a\n", "a(", "a(\n", "a:", ": ", "#", "-*-;", "-*- "),
            *("vim: ", "class ", "public ", "#include <", "\\", "@", "a.o ", "%", "\ufffd", "$a "),
            *("sub a", "my $a", "class a-", "use v6", "<?", "import a.", "end ", "a = ["),
        ],
    )
    def test_no_text_makes_it_search_for_long(self, tmp_path: Path, unit: str) -> None:
        """The limit for one test ends what would take minutes."""
        text = (unit * MOST_BYTES)[:MOST_BYTES]
        endings = [".h", ".m", ".v", ".cls", ".pl", ".pm", ".inc", ".ml", ".pro", ".d", ".pp", ""]

        for ending in endings:
            language_of(make(tmp_path / f"a{ending}", text))


class TestTable:
    def test_it_is_the_librarys(self) -> None:
        """After an update of computer-languages: python -m tests.watching.linguist_table."""
        library = dict(importlib.import_module("computer_languages"))

        for kind in {entry["type"] for entry in library.values()}:
            expected = {
                name: " ".join(entry["extensions"])
                for name, entry in library.items()
                if entry["type"] == kind
            }
            assert getattr(linguist_table, kind.upper()) == expected

    def test_every_name_that_is_chosen_claims_its_ending(self) -> None:
        for ending, language in names._CHOSEN.items():
            assert claimants(f"a{ending}")[0] == names._NEWER_NAMES.get(language, language)
        for group in (names._NO_CODE, names._DATA_BY_HAND, names._NO_PROSE, names._COMMON_FIRST):
            assert {*group} <= {
                *linguist_table.PROGRAMMING,
                *linguist_table.MARKUP,
                *linguist_table.DATA,
                *linguist_table.PROSE,
            }

    def test_every_sign_decides_for_a_language_that_claims_the_ending(self) -> None:
        for ending, entries in {**signs._SIGNS, ".cls": signs._CLS_SIGNS}.items():
            assert {name for name, _ in entries if name} <= {*claimants(f"a{ending}")}, ending
