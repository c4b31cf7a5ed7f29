from __future__ import annotations

import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.desktop.processes import require_programs
from tests.packaging.wheel import HAS_SOURCES, ROOT, build, install_wheel, run, wheel

pytestmark = pytest.mark.skipif(
    not HAS_SOURCES, reason="the source tree is not here, only the wheel"
)


def test_the_wheel_holds_the_package_and_its_artwork_and_nothing_else() -> None:
    names = zipfile.ZipFile(wheel()).namelist()

    rest = [name for name in names if not name.startswith("trayapp/")]
    sources = {str(path.relative_to(ROOT)) for path in (ROOT / "trayapp").rglob("*.py")}
    artwork = {
        f"trayapp/{path.relative_to(ROOT)}"
        for folder in ("fonts", "icons")
        for path in (ROOT / "assets" / folder).rglob("*")
        if path.is_file()
    }
    shipped = {name for name in names if name.startswith("trayapp/")}
    assert shipped == sources | artwork | {"trayapp/py.typed"}
    (data,) = (name for name in rest if ".dist-info/" not in name)
    assert data.partition(".data/")[2] == "data/share/man/man1/trayapp.1"


def test_the_sdist_builds_the_same_wheel(tmp_path: Path) -> None:
    sdist = build("sdist", ROOT, tmp_path / "sdist")
    folder = tmp_path / "sources"
    folder.mkdir()
    run("tar", "-xf", sdist, "-C", folder)
    (sources,) = folder.iterdir()

    again = build("wheel", sources, tmp_path / "wheel")

    assert again.name == wheel().name
    assert contents(again) == contents(wheel())


def test_windows_has_a_program_without_a_console_too() -> None:
    (scripts,) = (text for name, text in contents(wheel()).items() if "entry_points" in name)
    assert scripts.decode().split() == [
        *("[console_scripts]", "trayapp", "=", "trayapp.cli:main"),
        *("[gui_scripts]", "trayappw", "=", "trayapp.cli:main"),
    ]


def contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_man_finds_the_page_where_the_wheel_is_installed(tmp_path: Path) -> None:
    require_programs("man")
    environment = install_wheel(tmp_path / "environment")

    shown = subprocess.run(
        ["man", "trayapp"],
        env={
            "PATH": os.environ["PATH"],
            "MANPATH": f"{environment}/share/man",
            "MANPAGER": "cat",
            "LC_ALL": "C.UTF-8",
        },
        capture_output=True,
        text=True,
        timeout=50,
        check=True,
    )

    assert shown.stderr == ""
    assert "trayapp completion bash" in shown.stdout
