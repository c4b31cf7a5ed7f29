"""Decide between the languages that share an ending, by a file's neighbours and its text.

Where nothing decides, the ending's likeliest language stands (language_names.py). A text may be
hostile, so no pattern lets what starts at every line run on over the lines that follow.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from itertools import islice
from pathlib import Path

MOST_NEIGHBOURS = 2000


class Sample:
    """A file with what is asked about it: its text and its neighbours, in lower case."""

    def __init__(self, path: Path, text: str) -> None:
        self.ending = path.suffix.lower()
        self.text = text
        self._stem = path.stem.lower()
        self._folder = path.parent
        self._names: frozenset[str] | None = None

    def says(self, pattern: str) -> bool:
        """Tell whether the text matches anywhere; ^ and $ stand for a line's ends."""
        return re.search(pattern, self.text, re.MULTILINE) is not None

    def has_twin(self, *endings: str) -> bool:
        """Tell whether a file of the same name but for its ending lies beside this one."""
        return any(f"{self._stem}{ending}" in self._neighbours() for ending in endings)

    def beside(self, *endings: str) -> bool:
        """Tell whether any file with one of these endings lies in the folder."""
        return any(name.endswith(endings) for name in self._neighbours())

    def near(self, name: str) -> bool:
        """Tell whether a file of this name lies in the folder."""
        return name in self._neighbours()

    def _neighbours(self) -> frozenset[str]:
        if self._names is None:
            try:
                with os.scandir(self._folder) as entries:
                    names = [entry.name.lower() for entry in islice(entries, MOST_NEIGHBOURS)]
            except OSError:
                names = []
            self._names = frozenset(names)
        return self._names


def choose(sample: Sample, default: str) -> str | None:
    """Give the sample's language, `default` where nothing tells, None where a machine wrote it."""
    decide = _BY_NEIGHBOURS.get(sample.ending)
    if decide is not None:
        return decide(sample) or default
    signs = _SIGNS.get(sample.ending, ())
    return next((language for language, pattern in signs if sample.says(pattern)), default)


_Signs = tuple[tuple[str | None, str], ...]
"""Languages, each with a pattern that hardly any other language's text matches."""

_CPP = (".cpp", ".cc", ".cxx", ".c++", ".hpp", ".hh", ".hxx", ".h++")
_CPP_SIGN = (
    r"^[ \t]*(?:class [\w:]+|namespace\b|template[ \t]*<|using \w|(?:public|private|protected):)"
    r"|\bstd::|^[ \t]*#[ \t]*include[ \t]*<\w+>"
)
_OBJECTIVE_C = r"^[ \t]*(?:@(?:interface|implementation|protocol|class|import|end)\b|#import\b)"
_MATLAB = r"^[ \t]*(?:function\b|classdef\b|%|end[ \t]*;?[ \t]*$)|^[ \t]*\w+ = \["
_ROCQ = (
    r"^[ \t]*(?:Require|Theorem|Lemma|Proof|Qed|Definition|Inductive|Fixpoint|From \w+ Require)\b"
)
_RAKU = r"^[ \t]*(?:use v6\b|unit \w|(?:class|grammar|role|module) [\w:-]+[^;\n]*\{)"


def _header(sample: Sample) -> str | None:
    if sample.has_twin(".c"):
        return "C"
    if sample.has_twin(*_CPP):
        return "C++"
    if sample.has_twin(".m", ".mm") or sample.says(_OBJECTIVE_C):
        return "Objective-C"
    if sample.says(_CPP_SIGN) or (sample.beside(*_CPP) and not sample.beside(".c")):
        return "C++"
    return None


def _m(sample: Sample) -> str | None:
    if sample.has_twin(".h") or sample.says(_OBJECTIVE_C):
        return "Objective-C"
    if sample.says(r"^:- "):
        return "Mercury"
    if sample.says(r"\A\s*\(\*|BeginPackage\[|\(\* ::Package::|:= *Module\["):
        return "Wolfram Language"
    if sample.says(_MATLAB):
        return "MATLAB"
    apple = sample.beside(".h", ".mm", ".swift")
    return "MATLAB" if not apple and sample.beside(".mat", ".mlx", ".slx") else None


def _v(sample: Sample) -> str | None:
    if sample.says(r"\bendmodule\b"):
        return "Verilog"
    if sample.near("v.mod") or sample.says(r"^(?:pub )?fn |^(?:module|import) [\w.]+$"):
        return "V"
    return "Rocq Prover" if sample.near("_coqproject") or sample.says(_ROCQ) else None


def _cls(sample: Sample) -> str | None:
    if sample.has_twin(".cls-meta.xml"):
        return "Apex"
    return next((language for language, pattern in _CLS_SIGNS if sample.says(pattern)), None)


_BY_NEIGHBOURS: dict[str, Callable[[Sample], str | None]] = {
    ".cls": _cls,
    ".h": _header,
    ".m": _m,
    ".v": _v,
}

_CLS_SIGNS: _Signs = (
    ("TeX", r"\\(?:ProvidesClass|NeedsTeXFormat|LoadClass|ProvidesExplClass)"),
    ("Visual Basic 6.0", r"^[ \t]*(?:Persistable|DataBindingBehavior|MTSTransactionMode)"),
    ("VBA", r"^VERSION \d|^Attribute VB_"),
    ("ObjectScript", r"^Class [\w.%]+ "),
    ("OpenEdge ABL", r"(?i)^[ \t]*(?:using [\w.*]+\.|class [\w.]+:|define variable)"),
    ("Apex", r"(?i)\b(?:public|private|global|virtual|abstract|sharing) class\s"),
)

_SIGNS: dict[str, _Signs] = {
    ".cl": (("OpenCL", r"__kernel|^[ \t]*kernel void|//|/\*"),),
    ".cs": (("Smalltalk", r"^!\w+ (?:class )?methodsFor:"),),
    ".d": (
        (None, r"\A\S+\.l?o[ \t]*:"),  # What a compiler says about the headers of a file.
        ("D", r"^[ \t]*(?:module|import) [\w.]+"),
        ("DTrace", r"^[ \t]*(?:syscall|fbt|profile|BEGIN|dtrace):"),
    ),
    ".fs": (("GLSL", r"^[ \t]*#version|void main[ \t]*\("), ("Forth", r"^: \S")),
    ".hh": (("Hack", r"\A<\?hh"),),
    ".inc": (
        ("PHP", r"<\?(?:php|=)"),
        ("BitBake", r"^(?:SRC_URI|inherit |do_\w+\()"),
        ("Pascal", r"(?i)^[ \t]*(?:procedure |\{\$)"),
        ("Assembly", r"(?i)^[ \t]*(?:mov|section|\.(?:text|data|macro)|%macro)\b"),
        ("C++", r"^[ \t]*#[ \t]*(?:include|define|if)"),
        ("HTML", r"^[ \t]*<\w"),
    ),
    ".lean": (("Lean", r"^import (?:data|tactic|algebra|order)\."),),
    ".ml": (
        ("OCaml", r"^(?:let |open [A-Z]|module [A-Z]|#use)|;;"),
        ("Standard ML", r"^[ \t]*(?:fun |structure \w+ = struct|signature \w+ = sig)"),
    ),
    ".mm": (("XML", r"\A\s*<(?:\?xml|map\b)"),),
    ".php": (("Hack", r"\A<\?hh"),),
    ".pl": (
        ("Perl", r"^[ \t]*(?:use (?:strict|warnings)|package \w+|sub \w+|my [$@%]\w+)\b"),
        ("Raku", _RAKU),
        ("Prolog", r"^:- |^[a-z]\w*(?:\([^()\n]*\))?[ \t]*:-|^[a-z]\w*\([^()\n]*\)\.[ \t]*$"),
    ),
    ".pm": (("Raku", _RAKU),),
    ".pp": (("Pascal", r"(?i)^[ \t]*(?:unit|program|procedure|uses) [^\n]*;|^[ \t]*end\."),),
    ".pro": (
        ("QMake", r"^[ \t]*(?:QT|TARGET|TEMPLATE|SOURCES|HEADERS|CONFIG)[ \t]*[+-]?="),
        ("Proguard", r"^-(?:keep|dont)"),
        ("Prolog", r":-"),
        ("IDL", r"(?i)^[ \t]*(?:pro|function) \w"),
    ),
    ".r": (("Rebol", r"(?i)^[ \t]*rebol[ \t]*\["),),
    ".rs": (("RenderScript", r"^#pragma[ \t]+(?:rs|version)"), ("XML", r"\A\s*<\?xml")),
    ".spec": (("Ruby", r"^[ \t]*(?:describe|require)\b"), ("Python", r"^a = Analysis\(")),
    ".t": (("Raku", _RAKU), ("Terra", r"^[ \t]*terra \w")),
    ".ts": (("XML", r"\A\s*<(?:\?xml|!DOCTYPE|TS\b)"),),
    ".tsx": (("XML", r"\A\s*<(?:\?xml|tileset\b)"),),
}
