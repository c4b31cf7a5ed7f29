"""Tell a file's language from its name alone.

Names are linguist's (https://github.com/github-linguist/linguist), not those of wakatime-cli, where
the two differ: "Shell" and not "Bash", "Vue" and not "Vue.js", "MATLAB" and not "Matlab". Hackatime
shows and colours what it stores under linguist's names, and infers those itself where a heartbeat
has none, so that a day is not split between "Bash" and "Shell".

Endings are linguist's too (linguist_table.py). What stands here is what that table leaves open:
which of its data and prose people write by hand, who gets an ending that several languages claim,
names without an ending, and files that machines write.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from trayapp.watching import linguist_table

_NO_CODE = frozenset(
    # Drawings, documents and machine code, which only programs write.
    {"G-code", "PostScript", "Rich Text Format", "Max", "LabVIEW"}
)

_DATA_BY_HAND = frozenset(
    {
        "ABNF", "ASN.1", "ApacheConf", "Avro IDL", "BuildStream", "CSON", "Cabal Config",
        "Caddyfile", "Dotenv", "EBNF", "EditorConfig", "FlatBuffers", "GN", "Git Config",
        "Godot Resource", "Gradle", "Gradle Kotlin DSL", "GraphQL", "Graphviz (DOT)", "HAProxy",
        "HOCON", "HTTP", "HXML", "INI", "Ignore List", "JSON", "JSON with Comments", "JSON5",
        "JSONLD", "Java Properties", "KDL", "Kusto", "Lark", "MiniZinc Data", "NEON", "Nginx",
        "Ninja", "OpenType Feature File", "PlantUML", "Prisma", "Proguard", "Protocol Buffer",
        "Protocol Buffer Text Format", "RBS", "RON", "ROS Interface", "RPM Spec", "SELinux Policy",
        "SPARQL", "SQL", "SpiceDB Schema", "TMDL", "TOML", "Turtle", "Type Language",
        "WebAssembly Interface Type", "XML", "XPages", "YAML", "YANG", "Zmodel", "edn",
    }
)  # fmt: skip

_NO_PROSE = frozenset({"Text", "Vim Help File", "Gettext Catalog"})
"""Plain text is notes, logs and output; catalogues are written by tools and their own editors."""

_COMMON_FIRST = (
    "Python", "JavaScript", "TypeScript", "TSX", "Java", "C#", "C", "C++", "PHP", "Go", "Rust",
    "Kotlin", "Swift", "Ruby", "Scala", "Dart", "R", "Objective-C", "Perl", "Lua", "Haskell",
    "Elixir", "Erlang", "Clojure", "F#", "OCaml", "Julia", "Zig", "Nim", "D", "Verilog", "V",
    "VHDL", "Assembly", "Fortran", "COBOL", "Pascal", "Ada", "Common Lisp", "Scheme", "Prolog",
    "Groovy", "PowerShell", "GLSL", "HLSL", "SQL", "HTML", "CSS", "YAML", "TOML",
    "Markdown", "reStructuredText", "AsciiDoc", "TeX", "INI", "HCL", "GDScript", "Smalltalk", "Tcl",
    "Lean 4", "Jinja", "FreeMarker", "Yacc", "Lex", "ReScript", "Reason", "Starlark", "Solidity",
    "Visual Basic 6.0", "VBA", "Mermaid", "Nushell", "Odin", "Brainfuck", "Just", "CUE", "Cairo",
    "Objective-C++", "Typst", "jq",
)  # fmt: skip
"""Of the languages that claim one ending, the first of these gets it; else the first by name."""

_LAST = frozenset({"XML", "JSON"})
"""Formats that borrow other languages' endings."""

_CHOSEN = {
    ".as": "ActionScript",
    ".bas": "VBA",
    ".bb": "BitBake",
    ".cake": "C#",
    ".ch": "xBase",
    ".cls": "TeX",
    ".csl": "XML",
    ".e": "Eiffel",
    ".fr": "Forth",
    ".frag": "GLSL",
    ".frm": "Visual Basic 6.0",
    ".gml": "Game Maker Language",
    ".gs": "JavaScript",
    ".ice": "Slice",
    ".inc": "PHP",
    ".l": "Lex",
    ".lp": "Answer Set Programming",
    ".m": "Objective-C",
    ".mod": "Modula-2",
    ".ncl": "Nickel",
    ".nr": "Noir",
    ".plt": "Gnuplot",
    ".pluginspec": "Ruby",
    ".pp": "Puppet",
    ".properties": "Java Properties",
    ".q": "q",
    ".re": "Reason",
    ".sch": "Scheme",
    ".scd": "SuperCollider",
    ".shader": "ShaderLab",
    ".sls": "SaltStack",
    ".spec": "RPM Spec",
    ".st": "Smalltalk",
    ".vba": "VBA",
    ".x": "Linker Script",
}
"""Endings for which the order above would choose badly."""

_NO_ENDINGS = frozenset(
    # Written by programs, whatever language claims them; and README.me is no troff.
    {".app", ".com", ".map", ".me", ".mir", ".out", ".pat", ".prefs", ".res", ".sum", ".trg"}
)

_ADDED_ENDINGS = {"INI": ".service .socket .timer .mount"}
"""What linguist has, and computer-languages 1.1.0 has not."""

_NEWER_NAMES = {"SaltStack": "Salt", "Vim Script": "Vim script"}
"""The same for names."""

_NAMES: Final = {
    "ApacheConf": ".htaccess apache2.conf httpd.conf",
    "CMake": "CMakeLists.txt",
    "CODEOWNERS": "CODEOWNERS",
    "Caddyfile": "Caddyfile",
    "Clojure": "build.boot",
    "crontab": "crontab",
    "Dotenv": ".env",
    "Dune": "dune dune-project",
    "Earthly": "Earthfile",
    "EditorConfig": ".editorconfig",
    "Emacs Lisp": ".emacs .spacemacs .gnus .viper Cask Eask",
    "Erlang": "Emakefile rebar.config",
    "Git Attributes": ".gitattributes",
    "Git Config": ".gitconfig .gitmodules",
    "Go Module": "go.mod",
    "Go Workspace": "go.work",
    "INI": ".flake8 .pylintrc .coveragerc .pypirc pylintrc",
    "JSON": ".watchmanconfig",
    "JSON with Comments": (
        ".babelrc .eslintrc .eslintrc.json .jshintrc .jscsrc .swcrc tsconfig.json jsconfig.json"
        " devcontainer.json language-configuration.json"
    ),
    "JavaScript": "Jakefile",
    "Just": "Justfile .justfile",
    "Lua": ".luacheckrc .busted",
    "M4Sugar": "configure.ac configure.in",
    "Makefile": "GNUmakefile BSDmakefile Kbuild",
    "Maven POM": "pom.xml",
    "Meson": "meson.build meson_options.txt meson.options",
    "NPM Config": ".npmrc",
    "Nginx": "nginx.conf",
    "Perl": "cpanfile Makefile.PL Build.PL .latexmkrc latexmkrc ack",
    "Procfile": "Procfile",
    "Python": "SConstruct SConscript wscript .gclient DEPS",
    "QMake": ".qmake.conf",
    "R": ".Rprofile",
    "Robots Exclusion Rules": "robots.txt",
    "Ruby": (
        "Gemfile Rakefile Vagrantfile Podfile Brewfile Fastfile Appfile Guardfile Capfile Berksfile"
        " Thorfile Dangerfile Appraisals Steepfile Puppetfile Snapfile Buildfile .irbrc .pryrc"
    ),
    "SSH Config": "ssh_config sshd_config",
    "Shell": (
        ".bashrc .bash_profile .bash_aliases .bash_functions .bash_login .bash_logout .profile"
        " .zshrc .zshenv .zprofile .zlogin .zlogout .kshrc .xinitrc .xsession .xprofile .envrc"
        " .cshrc .login .tmux.conf tmux.conf bashrc zshrc profile PKGBUILD APKBUILD"
    ),
    "ShellCheck Config": ".shellcheckrc",
    "Singularity": "Singularity",
    "Snakemake": "Snakefile",
    "Starlark": "BUILD BUILD.bazel WORKSPACE WORKSPACE.bazel MODULE.bazel BUCK Tiltfile",
    "TOML": "Pipfile",
    "Vim script": ".vimrc _vimrc .gvimrc .exrc .nvimrc .ideavimrc vimrc gvimrc",
    "XML": ".classpath .project packages.config Web.config App.config NuGet.config",
    "YAML": ".clang-format .clang-tidy .clangd .gemrc .prettierrc .stylelintrc .yamllint",
}

_MACHINE_WRITTEN = re.compile(
    r"""
      package-lock\.json | npm-shrinkwrap\.json | pnpm-lock\.ya?ml | gradlew
    | \.pnp\.(?:cjs|loader\.mjs) | compile_commands\.json | .*\.lock(?:\.(?:json|ya?ml|txt|hcl))?
    | .*[.-]min\.(?:js|mjs|cjs|css|html) | .*\.(?:bundle|chunk)\.(?:js|css) | .*\.map
    | .*[._]pb2?\.(?:go|rb|cc|h|c|py|pyi|dart|swift) | .*_pb2(?:_grpc)?\.pyi? | .*_grpc\.pb\.\w+
    | .*\.(?:g|freezed|gr|mocks)\.dart | .*\.(?:g|g\.i|designer|generated)\.(?:cs|vb)
    | .*[._]generated\.\w+ | (?:moc|qrc)_.*\.(?:cpp|h) | ui_.*\.h | .*-checkpoint\.ipynb
    | .*\.tsbuildinfo
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)

_FREE_NAMES = {
    "Dockerfile": r"(?:docker|container)file(?:\..+)?",
    "Dotenv": r"\.env\..+",
    "Groovy": r"jenkinsfile(?:\..+)?",
    "Ignore List": r"\.\w*ignore",
    "Makefile": r"makefile(?:\..+)?",
    "Pip Requirements": r"(?:.*[-_.])?requirements(?:[-_.].*)?\.txt",
}
"""Names to which people add what they like: Dockerfile.dev, .env.local."""

_FREE_NAME = re.compile("|".join(f"({pattern})" for pattern in _FREE_NAMES.values()), re.DOTALL)


def claimants(name: str) -> tuple[str, ...]:
    """Give the languages that a file called `name` may be in, the likeliest first.

    Empty for what is no code, for what machines write, and for a name that says nothing.
    """
    languages = _by_name(name.lower())
    return () if languages and _MACHINE_WRITTEN.fullmatch(name) else languages


def _by_name(name: str) -> tuple[str, ...]:
    by_name, by_ending = _tables()
    if name in by_name:
        return (by_name[name],)
    for ending in _endings(name):
        if ending in by_ending:
            return _likeliest_first(ending, by_ending[ending])
    free = _FREE_NAME.fullmatch(name)
    return () if free is None else (list(_FREE_NAMES)[(free.lastindex or 0) - 1],)


def is_code_name(name: str) -> bool:
    """Tell whether a file called `name`, without its folders, is code that people write."""
    return bool(claimants(name))


def may_be_script_name(name: str) -> bool:
    """Tell whether a file called `name` has no ending, so that only its content can say."""
    return "." not in name.removeprefix(".") and not is_code_name(name)


def canonical_name(text: str) -> str | None:
    """Give linguist's name for what a modeline calls a language, None for an unknown one."""
    plain = text.lower()
    return _aliases().get(_ALIASES.get(plain, plain).lower().replace("-", " "))


def interpreter_language(program: str) -> str | None:
    """Give the language of the scripts that `program`, the name in a #! line, runs."""
    name = re.sub(r"[-\d.]+$", "", program.lower())
    return INTERPRETERS.get(program.lower()) or INTERPRETERS.get(name)


INTERPRETERS: Final = {
    program: language
    for language, programs in {
        "Awk": "awk gawk mawk nawk",
        "Clojure": "bb clojure",
        "Common Lisp": "sbcl clisp ecl lisp",
        "Crystal": "crystal",
        "Elixir": "elixir",
        "Emacs Lisp": "emacs",
        "Erlang": "escript",
        "Go": "gorun",
        "Gnuplot": "gnuplot",
        "Groovy": "groovy",
        "Haskell": "runghc runhaskell runhugs",
        "JavaScript": "node nodejs bun gjs qjs d8 zx",
        "Julia": "julia",
        "Just": "just",
        "Kotlin": "kotlin kscript",
        "Lua": "lua luajit luau",
        "Makefile": "make gmake",
        "Nix": "nix",
        "Nushell": "nu",
        "OCaml": "ocaml ocamlrun ocamlscript",
        "PHP": "php",
        "Perl": "perl cperl",
        "PowerShell": "pwsh powershell",
        "Prolog": "swipl prolog yap",
        "Python": "python python2 python3 pypy pypy3 ipython uv sage",
        "R": "rscript r littler",
        "Racket": "racket",
        "Raku": "raku perl6 rakudo",
        "Ruby": "ruby jruby macruby rbx rake",
        "Rust": "rust-script cargo",
        "Scala": "scala scala-cli amm",
        "Scheme": "guile chez csi gosh chibi-scheme",
        "Shell": "sh bash zsh dash ksh mksh ash pdksh rc bats openrc-run",
        "Standard ML": "sml poly",
        "Swift": "swift",
        "Tcl": "tclsh wish expect tcl",
        "Tcsh": "tcsh csh",
        "TypeScript": "ts-node tsx deno",
        "fish": "fish",
        "jq": "jq gojq",
        "sed": "sed gsed",
    }.items()
    for program in programs.split()
}

_ALIASES = {
    "bash": "Shell", "bib": "BibTeX", "c++": "C++", "conf": "INI", "cpp": "C++", "cs": "C#",
    "csh": "Tcsh", "csharp": "C#", "dosini": "INI", "elisp": "Emacs Lisp", "eruby": "HTML+ERB",
    "fsharp": "F#", "golang": "Go", "gitconfig": "Git Config", "js": "JavaScript", "jsx":
    "JavaScript", "javascriptreact": "JavaScript", "latex": "TeX", "lisp": "Common Lisp", "make":
    "Makefile", "md": "Markdown", "objc": "Objective-C", "objcpp": "Objective-C++", "octave":
    "MATLAB", "plaintex": "TeX", "plsql": "PLSQL", "proto": "Protocol Buffer", "ps1": "PowerShell",
    "py": "Python", "python3": "Python", "rb": "Ruby", "rs": "Rust", "rst": "reStructuredText",
    "sh": "Shell", "shell-script": "Shell", "terraform": "HCL", "ts": "TypeScript",
    "typescriptreact": "TSX", "vb": "Visual Basic .NET", "vim": "Vim script", "viml": "Vim script",
    "yml": "YAML", "zsh": "Shell", "ksh": "Shell", "asm": "Assembly", "nasm": "Assembly",
}  # fmt: skip


def _endings(name: str) -> list[str]:
    """Give the endings of `name`, the longer of two first: .blade.php, then .php."""
    first = name.rfind(".")
    second = name.rfind(".", 0, first) if first > 0 else -1
    return [name[dot:] for dot in (second, first) if dot >= 0]


def _languages() -> dict[str, str]:
    """Give every language that people write by hand, with its endings."""
    return {
        **{name: at for name, at in linguist_table.PROGRAMMING.items() if name not in _NO_CODE},
        **{name: at for name, at in linguist_table.MARKUP.items() if name not in _NO_CODE},
        **{name: at for name, at in linguist_table.PROSE.items() if name not in _NO_PROSE},
        **{name: at for name, at in linguist_table.DATA.items() if name in _DATA_BY_HAND},
    }


@lru_cache(maxsize=1)
def _tables() -> tuple[dict[str, str], dict[str, list[str]]]:
    """Give the language of each name, and linguist's of each ending, in lower case."""
    by_ending: dict[str, list[str]] = {}
    for language, endings in (*_languages().items(), *_ADDED_ENDINGS.items()):
        for ending in endings.lower().split():
            # A digit is a manual's section, or a log's or a library's number.
            if not ending[1].isdigit() and ending not in _NO_ENDINGS:
                by_ending.setdefault(ending, []).append(language)
    by_name = {
        name: language for language, names in _NAMES.items() for name in names.lower().split()
    }
    return by_name, by_ending


_RANK = {language: place for place, language in enumerate(_COMMON_FIRST)}


def _likeliest_first(ending: str, languages: list[str]) -> tuple[str, ...]:
    """Order the languages that claim an ending, by today's names."""
    chosen = _CHOSEN.get(ending)
    order = sorted(
        set(languages),
        key=lambda name: (name != chosen, name in _LAST, _RANK.get(name, len(_RANK)), name),
    )
    return tuple(_NEWER_NAMES.get(name, name) for name in order)


@lru_cache(maxsize=1)
def _aliases() -> dict[str, str]:
    names = [_NEWER_NAMES.get(name, name) for name in _languages()]
    return {name.lower().replace("-", " "): name for name in (*names, *_NAMES)}
