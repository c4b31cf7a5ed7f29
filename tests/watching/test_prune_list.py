from __future__ import annotations

from pathlib import Path

import pytest

from trayapp.watching.prune_list import (
    CACHE_SIGNATURE,
    is_evidence,
    likely_reason,
    machine_file_reason,
    sure_reason,
)


@pytest.mark.parametrize(
    "name",
    [
        *(".git", ".hg", ".svn", ".jj", "node_modules", "__pycache__", ".tox", ".mypy_cache"),
        *(".gradle", "DerivedData", ".terraform", ".next", ".cache", "site-packages", ".history"),
        *("trayapp.egg-info", "six-1.0.dist-info", "cmake-build-debug", ".Trash-1000"),
    ],
)
def test_some_names_are_never_a_persons(name: str) -> None:
    assert sure_reason(name)


@pytest.mark.parametrize(
    "name",
    [
        *("src", "build", "out", "dist", "target", "vendor", "bin", "obj", "env", "venv", "lib"),
        *("packages", "public", "site", "deps", "coverage", "Library", ".github", ".vscode", "tmp"),
        *(
            ".config",
            "git",
            "cache",
            "egg-info",
            "cmake",
            "Trash",
            ".cargo",
            "generated",
            "history",
        ),
    ],
)
def test_common_names_are_not_enough(name: str) -> None:
    assert sure_reason(name) is None


def make(parent: Path, *names: str) -> None:
    """Make files, and folders for names with a slash at the end."""
    for name in names:
        path = parent / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("/"):
            path.mkdir(exist_ok=True)
        else:
            path.touch()


@pytest.mark.parametrize(
    ("name", "around"),
    [
        ("anything", ["anything/pyvenv.cfg"]),
        ("anything", ["anything/conda-meta/"]),
        ("venv", []),
        (".venv", []),
        ("target", ["Cargo.toml"]),
        ("target", ["pom.xml"]),
        ("build", ["build.gradle.kts"]),
        ("build", ["build/CMakeCache.txt"]),
        ("build", ["build/build.ninja"]),
        ("build", ["setup.py", "build/lib/"]),
        ("build", ["pubspec.yaml"]),
        ("dist", ["package.json"]),
        ("dist", ["pyproject.toml"]),
        ("out", ["package.json", "out/_next/"]),
        ("out", [".idea/", "out/production/"]),
        ("bin", ["App.csproj", "bin/Debug/"]),
        ("obj", ["App.csproj"]),
        ("_build", ["mix.exs"]),
        ("_build", ["conf.py"]),
        ("vendor", ["composer.json"]),
        ("vendor", ["go.mod", "vendor/modules.txt"]),
        ("Pods", ["Podfile"]),
        (".build", ["Package.swift"]),
        ("Library", ["ProjectSettings/"]),
        ("Saved", ["Game.uproject"]),
        ("project.git", ["project.git/HEAD", "project.git/objects/", "project.git/refs/"]),
        (".bare", [".bare/HEAD", ".bare/objects/", ".bare/refs/"]),
    ],
)
def test_evidence_makes_a_common_name_a_machines(
    tmp_path: Path, name: str, around: list[str]
) -> None:
    make(tmp_path, f"{name}/", *around)

    assert likely_reason(str(tmp_path / name), name)


@pytest.mark.parametrize(
    ("name", "around"),
    [
        ("target", ["build/main.py"]),
        ("build", []),
        ("build", ["package.json", "build/webpack.config.js"]),
        ("build", ["pyproject.toml", "build/make.py"]),
        ("build", ["Cargo.toml", "CMakeLists.txt", "build/main.rs"]),
        ("out", ["package.json", "out/main.js"]),
        ("out", [".idea/", "out/main.py"]),
        ("dist", ["dist/main.py"]),
        ("bin", ["bin/tool.py"]),
        ("bin", ["App.csproj", "bin/deploy.sh"]),
        ("vendor", ["vendor/mine.py"]),
        ("vendor", ["go.mod", "vendor/mine.go"]),
        ("env", ["env/settings.py"]),
        ("Library", ["Library/book.py"]),
        ("registry", ["registry/src/main.ts"]),
        ("coverage", ["coverage/main.go"]),
        ("public", ["package.json", "public/index.html"]),
        ("project.git", ["project.git/HEAD"]),
        ("src", ["Cargo.toml", "package.json", "go.mod"]),
    ],
)
def test_a_persons_own_folder_is_not_lost(tmp_path: Path, name: str, around: list[str]) -> None:
    make(tmp_path, f"{name}/", *around)

    assert likely_reason(str(tmp_path / name), name) is None


def test_a_cache_says_so_with_its_signature_only(tmp_path: Path) -> None:
    tag = tmp_path / "CACHEDIR.TAG"
    tag.write_bytes(CACHE_SIGNATURE + b"\n# made by a test\n")
    assert likely_reason(str(tmp_path), "any")

    tag.write_text("notes on CACHEDIR.TAG")
    assert likely_reason(str(tmp_path), "any") is None


@pytest.mark.parametrize(
    "name", ["jquery.min.js", "app.js.map", "api.pb.go", "api_pb2.py", "x.g.dart"]
)
def test_some_files_are_never_typed(name: str) -> None:
    assert machine_file_reason(name)


@pytest.mark.parametrize(
    "name", ["min.js", "admin.js", "map.js", "pb.go", "x.dart", "a.cs", "go.mod"]
)
def test_other_files_are(name: str) -> None:
    assert machine_file_reason(name) is None


def test_evidence_is_known_by_name() -> None:
    assert all(map(is_evidence, ["Cargo.toml", "pyvenv.cfg", "App.csproj", "_next", "modules.txt"]))
    assert not any(map(is_evidence, ["main.py", "README.md", "", "src", "node_modules"]))
