"""Folders and files that hold machines' work, by name, and by evidence where a name is too common.

Three tables, from the surest to the most careful. A folder in `ALWAYS` is never a person's. One in
`COMMON` or `WITH_EVIDENCE` may be: where git tracks files in it, or where it is a repository
itself, it is watched. A folder that a person added is watched whatever its name is.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from trayapp.watching.reading import read_head

_ALWAYS = {
    "a version control system's own files": ".git .hg .svn .jj .bzr .sl CVS _darcs .pijul",
    "packages that a package manager installs": """
        node_modules bower_components .pnpm-store .yarn .bundle .eggs elm-stuff site-packages _opam
        .pub-cache
    """,
    "a tool's own store in the home folder": """
        .npm .nvm .rustup .m2 .ivy2 .cabal .ghcup .opam .pyenv .rbenv .asdf .sdkman .conda
        .vscode-server .cursor-server
    """,
    "a cache": """
        __pycache__ .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis .pytype .tox .nox
        .ipynb_checkpoints .parcel-cache .turbo .sass-cache .nyc_output .direnv .ccls-cache .clangd
        .metals .bloop .scannerwork .import_linter_cache .Rproj.user
    """,
    "what a build writes": """
        .next .nuxt .svelte-kit .angular .astro .docusaurus .expo .vercel .netlify .wrangler .gradle
        .kotlin .cxx .externalNativeBuild .dart_tool .stack-work dist-newstyle .zig-cache zig-cache
        zig-out .lake DerivedData CMakeFiles .godot htmlcov storybook-static
    """,
    "what an infrastructure tool downloads or writes": """
        .terraform .terragrunt-cache .serverless .aws-sam .vagrant
    """,
    "an editor's own files": ".idea .vs .history .metadata",
    "deleted files": ".Trash .Trashes",
}
ALWAYS = {name: why for why, names in _ALWAYS.items() for name in names.split()}
"""Names that nobody gives to a folder of code.

`.history` is where VS Code's Local History keeps a copy of each save.
"""

_ENDINGS = {
    ".egg-info": "what a build writes",
    ".dist-info": "packages that a package manager installs",
    ".xcodeproj": "an editor's own files",
    ".xcworkspace": "an editor's own files",
}
_BEGINNINGS = {
    "cmake-build-": "what a build writes",
    ".Trash-": "deleted files",
}

COMMON: dict[str, str] = {
    "venv": "a virtual environment",
    ".venv": "a virtual environment",
    "virtualenv": "a virtual environment",
}
"""Names that are enough where git does not track the folder, as CPython does its Lib/venv."""

MARKERS: dict[str, str] = {
    "pyvenv.cfg": "a virtual environment",
    "conda-meta": "a virtual environment",
    "CACHEDIR.TAG": "a cache",
}
"""What says of the folder around it what that is, whatever its name: PEP 405, conda, bford.info."""

CACHE_SIGNATURE = b"Signature: 8a477f597d28d172789f06886806bc55"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What must lie `beside` a folder and `inside` it, one of each; none named is none asked.

    A name that begins with * is an ending. Some keep installed packages in git: where `sure`, that
    git tracks them makes them no person's.
    """

    why: str
    beside: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()
    sure: bool = False


_GRADLE = ("build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts")
_PYTHON = ("pyproject.toml", "setup.py", "setup.cfg")
_DOTNET = ("*.csproj", "*.fsproj", "*.vbproj")
_NINJA = ("CMakeCache.txt", "build.ninja", "meson-private")
_UNITY = Evidence("what Unity writes", ("ProjectSettings",))
_UNREAL = Evidence("what Unreal Engine writes", ("*.uproject",))

WITH_EVIDENCE: dict[str, tuple[Evidence, ...]] = {
    # Cargo and Maven own "target"; sbt and Leiningen do too.
    "target": (
        Evidence("what Cargo writes", ("Cargo.toml",)),
        Evidence("what Maven writes", ("pom.xml",)),
        Evidence("what sbt or Leiningen writes", ("build.sbt", "project.clj")),
    ),
    # Beside package.json a "build" is as often a person's webpack configuration: what lies in it
    # must tell, and else .gitignore does.
    "build": (
        Evidence("what Gradle writes", _GRADLE),
        Evidence("what Flutter writes", ("pubspec.yaml",)),
        Evidence("what CMake, Meson or Ninja writes", inside=_NINJA),
        Evidence("what Python's build writes", _PYTHON, inside=("lib", "*.egg-info")),
        Evidence("what a bundler writes", ("package.json",), inside=("asset-manifest.json",)),
        Evidence("what Xcode writes", ("*.xcodeproj",), inside=("Build", "*.build")),
    ),
    "dist": (
        Evidence("what a bundler writes", ("package.json",)),
        Evidence("what Python's build writes", _PYTHON),
    ),
    "out": (
        Evidence("what CMake, Meson or Ninja writes", inside=(*_NINJA, "args.gn")),
        Evidence("what Next.js writes", ("package.json",), inside=("_next",)),
        Evidence("what IntelliJ writes", ("*.iml", ".idea"), inside=("production",)),
    ),
    "bin": (Evidence("what .NET's build writes", _DOTNET, inside=("Debug", "Release")),),
    "obj": (Evidence("what .NET's build writes", _DOTNET),),
    "_build": (
        Evidence("what Mix, Rebar or Dune writes", ("mix.exs", "rebar.config", "dune-project")),
        Evidence("what Sphinx writes", ("conf.py",)),
    ),
    "deps": (Evidence("packages that Mix installs", ("mix.exs",)),),
    "vendor": (
        Evidence(
            "packages that Composer installs", ("composer.json",), ("autoload.php",), sure=True
        ),
        Evidence("packages that Composer installs", ("composer.json",)),
        Evidence("packages that Go keeps", ("go.mod",), ("modules.txt",), sure=True),
        Evidence("packages that Bundler installs", ("Gemfile",), ("bundle", "cache")),
    ),
    "Pods": (Evidence("packages that CocoaPods installs", ("Podfile",), sure=True),),
    "Carthage": (Evidence("packages that Carthage installs", ("Cartfile",), sure=True),),
    ".build": (Evidence("what Swift's build writes", ("Package.swift",)),),
    "coverage": (Evidence("a coverage report", inside=("lcov.info", "lcov-report")),),
    "_site": (Evidence("what Jekyll or Eleventy writes", ("_config.yml", "*.eleventy.js")),),
    "site": (Evidence("what MkDocs writes", ("mkdocs.yml",)),),
    "public": (Evidence("what Hugo writes", ("hugo.toml", "hugo.yaml", "archetypes")),),
    "registry": (Evidence("packages that Cargo installs", (".package-cache",)),),
    "Library": (_UNITY,),
    "Temp": (_UNITY,),
    "Logs": (_UNITY,),
    "Binaries": (_UNREAL,),
    "Intermediate": (_UNREAL,),
    "Saved": (_UNREAL,),
    "DerivedDataCache": (_UNREAL,),
}
"""Names that people use too."""

_WRITTEN_FILES = {
    "a bundler's output": (".min.js", ".min.css", ".js.map", ".css.map"),
    "a generator's output": (
        *(".pb.go", ".pb.cc", ".pb.h", "_pb2.py", "_pb2_grpc.py"),
        *(".g.dart", ".freezed.dart", ".g.cs"),
    ),
}

EVIDENCE_FILES = frozenset(
    name
    for each in WITH_EVIDENCE.values()
    for evidence in each
    for name in (*evidence.beside, *evidence.inside)
) | frozenset(MARKERS)
"""Names, and endings with a *, of what decides about folders when it comes or goes."""

_EVIDENCE_ENDINGS = tuple(name[1:] for name in EVIDENCE_FILES if name.startswith("*"))


def is_evidence(name: str) -> bool:
    """Say whether a file or folder of this name, come or gone, can decide about a folder."""
    return name in EVIDENCE_FILES or name.endswith(_EVIDENCE_ENDINGS)


def sure_reason(name: str) -> str | None:
    """Say why a folder of this name is never a person's, None for any other."""
    why = ALWAYS.get(name)
    if why is None and "-" in name:
        why = next((_BEGINNINGS[part] for part in _BEGINNINGS if name.startswith(part)), None)
    if why is None and "." in name:
        why = _ENDINGS.get(name[name.rfind(".") :])
    return why


def likely_reason(folder: str, name: str) -> tuple[str, bool] | None:
    """Say why a folder is probably a machine's, and whether so even if git tracks files in it.

    Asks the file system where the name says too little.
    """
    for marker, why in MARKERS.items():
        path = f"{folder}/{marker}"
        if os.access(path, os.F_OK) and (marker != "CACHEDIR.TAG" or _is_cache_tag(path)):
            return why, False
    if name in COMMON:
        return COMMON[name], False
    for evidence in WITH_EVIDENCE.get(name, ()):
        if _holds(os.path.dirname(folder), evidence.beside) and _holds(folder, evidence.inside):
            return evidence.why, evidence.sure
    if name.endswith((".git", ".bare")) and all(
        os.path.exists(f"{folder}/{part}") for part in ("HEAD", "objects", "refs")
    ):
        return "a bare git repository", True
    return None


def machine_file_reason(name: str) -> str | None:
    """Say why a file of this name is never typed, None for any other."""
    return next((why for why, ends in _WRITTEN_FILES.items() if name.endswith(ends)), None)


def _is_cache_tag(path: str) -> bool:
    return read_head(Path(path), len(CACHE_SIGNATURE)) == CACHE_SIGNATURE


def _holds(folder: str, names: tuple[str, ...]) -> bool:
    """Say whether a folder holds one of the names; asking for none is always met."""
    if not names or any(os.path.exists(f"{folder}/{name}") for name in names if name[0] != "*"):
        return True
    endings = tuple(name[1:] for name in names if name[0] == "*")
    try:
        return bool(endings) and any(name.endswith(endings) for name in os.listdir(folder))
    except OSError:
        return False
