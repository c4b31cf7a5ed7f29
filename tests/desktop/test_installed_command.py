"""Which path an autostart entry is given."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

import pytest

from trayapp.desktop.installed_command import installed_command, script_folder
from trayapp.errors import NotInstalledError


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    return tmp_path / "share" / "pipx" / "venvs" / "trayapp" / "bin"


def test_the_link_of_pipx_and_uv_is_chosen_since_it_stays(scripts: Path, tmp_path: Path) -> None:
    script = program(scripts / "trayapp")
    link = tmp_path / "local" / "bin" / "trayapp"
    link.parent.mkdir(parents=True)
    link.symlink_to(script)

    assert installed_command({"PATH": f"/bin:{link.parent}"}, scripts) == (str(link),)


def test_without_a_link_it_is_the_script_itself(scripts: Path) -> None:
    script = program(scripts / "trayapp")

    assert installed_command({"PATH": "/bin"}, scripts) == (str(script),)


def test_another_trayapp_in_path_is_not_ours(scripts: Path, tmp_path: Path) -> None:
    script = program(scripts / "trayapp")
    other = program(tmp_path / "other" / "trayapp")

    assert installed_command({"PATH": str(other.parent)}, scripts) == (str(script),)


def test_what_is_not_installed_cannot_be_started(scripts: Path, tmp_path: Path) -> None:
    with pytest.raises(NotInstalledError, match="not installed"):
        installed_command({"PATH": str(tmp_path)}, scripts)


@pytest.mark.parametrize(
    "folder", [".cache/uv/archive-v0/x1/bin", ".local/pipx/.cache/5b1/bin", "uv/builds-v0/x/bin"]
)
def test_an_environment_that_is_thrown_away_is_refused(tmp_path: Path, folder: str) -> None:
    program(tmp_path / folder / "trayapp")

    with pytest.raises(NotInstalledError, match="thrown away"):
        installed_command({}, tmp_path / folder)


@pytest.mark.parametrize("scheme", ["posix_prefix", "posix_user"])
def test_scripts_lie_where_the_package_was_installed_to(scheme: str) -> None:
    packages = Path(sysconfig.get_path("purelib", scheme))

    assert script_folder(packages) == Path(sysconfig.get_path("scripts", scheme))


def test_a_folder_of_source_has_the_scripts_of_its_environment(tmp_path: Path) -> None:
    assert script_folder(tmp_path) == Path(sysconfig.get_path("scripts"))


def test_frozen_it_is_the_executable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)

    assert installed_command({}) == (sys.executable,)


def test_frozen_on_windows_it_is_the_program_without_a_console(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    windowless = program(tmp_path / "trayappw.exe")
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(program(tmp_path / "trayapp.exe")))

    assert installed_command({}) == (str(windowless),)


def test_of_an_appimage_it_is_the_image(tmp_path: Path) -> None:
    image = program(tmp_path / "trayapp.AppImage")

    assert installed_command({"APPIMAGE": str(image)}) == (str(image),)


def test_a_path_that_is_no_text_is_refused(tmp_path: Path) -> None:
    image = program(tmp_path / "caf\udce9" / "trayapp.AppImage")

    with pytest.raises(NotInstalledError, match="UTF-8"):
        installed_command({"APPIMAGE": str(image)})
