"""Which path an autostart entry is given."""

from __future__ import annotations

import os
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


@pytest.mark.parametrize("name", ["PIPX_BIN_DIR", "UV_TOOL_BIN_DIR", "XDG_BIN_HOME", "HOME"])
def test_the_link_is_found_where_the_sessions_path_does_not_name_its_folder(
    scripts: Path, tmp_path: Path, name: str
) -> None:
    """As launchd starts an agent, and a session whose PATH only the shell's own file extends."""
    script = program(scripts / "trayapp")
    folder = tmp_path / ".local" / "bin" if name == "HOME" else tmp_path / "links"
    folder.mkdir(parents=True)
    (folder / "trayapp").symlink_to(script)
    named = {} if name == "HOME" else {name: str(folder)}
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), **named}

    assert installed_command(environment, scripts) == (str(folder / "trayapp"),)


def test_without_a_link_it_is_the_script_itself(scripts: Path) -> None:
    script = program(scripts / "trayapp")

    assert installed_command({"PATH": "/bin"}, scripts) == (str(script),)


def test_another_trayapp_in_path_is_not_ours(scripts: Path, tmp_path: Path) -> None:
    script = program(scripts / "trayapp")
    other = program(tmp_path / "other" / "trayapp")

    assert installed_command({"PATH": str(other.parent)}, scripts) == (str(script),)


def test_another_trayapp_in_path_hides_no_link_of_ours(scripts: Path, tmp_path: Path) -> None:
    script = program(scripts / "trayapp")
    other = program(tmp_path / "other" / "trayapp")
    link = tmp_path / "bin" / "trayapp"
    link.parent.mkdir()
    link.symlink_to(script)
    search = f"{other.parent}:{link.parent}"

    assert installed_command({"PATH": search}, scripts) == (str(link),)


@pytest.mark.skipif(os.name == "nt" or os.getuid() == 0, reason="root may look everywhere")
def test_a_folder_of_path_into_which_nobody_may_look_is_passed_over(
    scripts: Path, tmp_path: Path
) -> None:
    script = program(scripts / "trayapp")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o000)

    assert installed_command({"PATH": str(closed)}, scripts) == (str(script),)


def test_what_is_not_installed_cannot_be_started(scripts: Path, tmp_path: Path) -> None:
    with pytest.raises(NotInstalledError, match="not installed"):
        installed_command({"PATH": str(tmp_path)}, scripts)


@pytest.mark.parametrize(
    "folder",
    [
        ".cache/uv/archive-v0/x1/bin",
        "fast-cache/archive-v0/x1/bin",
        "uv/builds-v0/x/bin",
        ".cache/pipx/6dffe9130a924a5/bin",
        ".local/share/pipx/.cache/6dffe9130a924a5/bin",
        "Library/Caches/pipx/6dffe9130a924a5/bin",
        "AppData/Local/pipx/pipx/Cache/6dffe9130a924a5/Scripts",
    ],
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
    mounted = str(Path(__file__).parents[2])

    assert installed_command({"APPIMAGE": str(image), "APPDIR": mounted}) == (str(image),)


@pytest.mark.parametrize("mounted", [{}, {"APPDIR": ""}, {"APPDIR": "/tmp/.mount_editor"}])
def test_the_image_of_an_editor_whose_terminal_this_is_is_not_ours(
    scripts: Path, tmp_path: Path, mounted: dict[str, str]
) -> None:
    script = program(scripts / "trayapp")
    image = program(tmp_path / "editor.AppImage")

    assert installed_command({"APPIMAGE": str(image), **mounted}, scripts) == (str(script),)


def test_a_path_that_is_no_text_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "caf\udce9"
    program(folder / "trayapp")

    with pytest.raises(NotInstalledError, match="UTF-8"):
        installed_command({"HOME": str(tmp_path)}, folder)
