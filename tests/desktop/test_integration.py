"""trayapp among the applications of a desktop, in real files, read by GLib and GTK."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest

from tests.cli.person import Person
from trayapp.desktop.integration import CACHES, Integration
from trayapp.errors import AutostartError, ForeignEntryError
from trayapp.settings.locations import write_private
from trayapp.tray.pixel_font import assets

from .harness import Desktop
from .processes import require_programs, wait_for

LAUNCHER = Path(__file__).with_name("launcher.py")


class Machine:
    """A home, and a program that writes down how it was started."""

    def __init__(self, folder: Path, program: str = "trayapp") -> None:
        self.data = folder / "home" / ".local" / "share"
        self.entry = self.data / "applications" / "trayapp.desktop"
        self.started = folder / "started"
        script = folder / program
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(f'#!/bin/sh\nset -- "$0" "$@"\nprintf "%s\\n" "$*" >> "{self.started}"\n')
        script.chmod(0o755)
        self.command = (str(script),)
        icons = assets() / "icons" / "hicolor"
        environment = {"PATH": os.environ["PATH"]}
        self.integration = Integration(environment, folder / "home", icons, write_private)

    def files(self) -> dict[str, bytes]:
        return {
            str(path.relative_to(self.data)): path.read_bytes()
            for path in self.data.rglob("*")
            if path.is_file()
        }


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_every_file_is_put_and_of_removing_them_nothing_is_left(machine: Machine) -> None:
    machine.integration.put(machine.command)
    put = machine.files()
    machine.integration.remove()

    assert len(put) == 12
    assert {path.split("/")[0] for path in put} == {"applications", "icons", "metainfo"}
    assert list(machine.data.iterdir()) == []


def test_putting_and_removing_twice_is_as_once(machine: Machine) -> None:
    machine.integration.put(machine.command)
    once = machine.files()
    machine.integration.put(machine.command)

    assert machine.files() == once
    machine.integration.remove()
    machine.integration.remove()
    assert machine.files() == {}


def test_what_others_have_in_the_same_folders_stays(machine: Machine) -> None:
    other = machine.data / "icons" / "hicolor" / "48x48" / "apps" / "other.png"
    other.parent.mkdir(parents=True)
    other.write_bytes(b"other")

    machine.integration.put(machine.command)
    machine.integration.remove()

    assert machine.files() == {"icons/hicolor/48x48/apps/other.png": b"other"}
    assert not machine.entry.parent.exists()


@pytest.mark.parametrize(
    "place", ["applications/trayapp.desktop", "icons/hicolor/24x24/apps/trayapp.png"]
)
def test_a_file_of_somebody_else_is_left_alone_unless_that_is_said(
    machine: Machine, place: str
) -> None:
    theirs = machine.data / place
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(b"theirs")

    assert machine.integration.foreign() == (theirs,)
    with pytest.raises(ForeignEntryError, match="left alone"):
        machine.integration.put(machine.command)
    with pytest.raises(ForeignEntryError, match="left alone"):
        machine.integration.remove()
    assert machine.files() == {place: b"theirs"}

    machine.integration.put(machine.command, overwrite=True)
    assert machine.integration.foreign() == ()
    machine.integration.remove()
    assert machine.files() == {}


def test_a_link_of_somebody_else_is_replaced_and_what_it_leads_to_kept(
    machine: Machine, tmp_path: Path
) -> None:
    theirs = tmp_path / "theirs.desktop"
    theirs.write_text("theirs")
    machine.entry.parent.mkdir(parents=True)
    machine.entry.symlink_to(theirs)

    machine.integration.put(machine.command, overwrite=True)

    assert not machine.entry.is_symlink()
    assert theirs.read_text() == "theirs"


def test_what_cannot_be_written_is_said(machine: Machine) -> None:
    machine.data.mkdir(parents=True)
    (machine.data / "applications").touch()

    with pytest.raises(AutostartError, match="cannot be written"):
        machine.integration.put(machine.command)


def test_a_folder_in_the_place_of_a_file_is_said(machine: Machine) -> None:
    machine.entry.mkdir(parents=True)

    with pytest.raises(AutostartError, match="cannot be read"):
        machine.integration.put(machine.command)


@pytest.mark.desktop
@pytest.mark.parametrize("folder", ["plain", "with blank", 'it\'s "quoted" $HOME', "a%b=c \\té"])
def test_a_desktop_finds_the_icons_and_starts_the_program_and_its_actions(
    desktop: Desktop, tmp_path: Path, folder: str
) -> None:
    machine = Machine(tmp_path, f"{folder}/trayapp")
    machine.integration.put(machine.command)

    done = subprocess.run(
        ["/usr/bin/python3", LAUNCHER, "trayapp.desktop"],
        env={**desktop.environ, "XDG_DATA_HOME": str(machine.data)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    (program,) = machine.command
    theme = machine.data / "icons" / "hicolor"
    assert json.loads(done.stdout) == {
        "name": "trayapp",
        "shown": True,
        "program": program,
        "icons": {
            "trayapp 16": str(theme / "16x16/apps/trayapp.png"),
            "trayapp 48": str(theme / "48x48/apps/trayapp.png"),
            "trayapp 100": str(theme / "scalable/apps/trayapp.svg"),
            "trayapp-symbolic 16": str(theme / "symbolic/apps/trayapp-symbolic.svg"),
        },
        "actions": ["Start at login", "Send what waits"],
    }
    wanted = {program, f"{program} autostart enable", f"{program} queue send"}

    def started() -> bool:
        return machine.started.exists() and set(machine.started.read_text().splitlines()) == wanted

    wait_for(started, "all three are started")


@pytest.mark.desktop
@pytest.mark.parametrize("folder", ["plain", 'it\'s "quoted" $HOME', "a%b=c \\té"])
def test_desktop_file_validate_has_nothing_to_say(tmp_path: Path, folder: str) -> None:
    require_programs("desktop-file-validate")
    machine = Machine(tmp_path, f"{folder}/trayapp")
    machine.integration.put(machine.command)

    done = subprocess.run(
        ["desktop-file-validate", machine.entry],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )

    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.desktop
@pytest.mark.parametrize(("cache", "program"), [each[:2] for each in CACHES])
def test_a_cache_that_is_there_is_renewed_and_none_is_made(
    machine: Machine, cache: str, program: str
) -> None:
    require_programs(program)
    machine.integration.put(machine.command)
    path = machine.data / cache
    assert not path.exists()

    path.write_bytes(b"old")
    machine.integration.put(machine.command)

    assert path.read_bytes() != b"old"
    machine.integration.remove()
    # GTK's program takes away a cache of no icons.
    assert machine.files().keys() <= {cache}


def test_a_program_that_renews_no_cache_is_told_and_hinders_nothing(
    machine: Machine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broken = tmp_path / "bin" / "update-desktop-database"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    cache = machine.data / "applications" / "mimeinfo.cache"
    cache.parent.mkdir(parents=True)
    cache.touch()
    icons = assets() / "icons" / "hicolor"
    environment = {"PATH": str(broken.parent), "XDG_DATA_HOME": str(machine.data)}

    Integration(environment, tmp_path, icons, write_private).put(machine.command)

    assert machine.entry.is_file()
    assert "update-desktop-database did not renew" in caplog.text


def test_the_command_puts_and_removes_and_asks_before_it_replaces(tmp_path: Path) -> None:
    person = Person(tmp_path / "home")
    data = person.home / ".local" / "share"
    entry = data / "applications" / "trayapp.desktop"

    put = person.run("integrate")
    mode = stat.S_IMODE(entry.stat().st_mode)
    removed = person.run("integrate", "--remove")
    assert (put.returncode, put.stderr, mode) == (0, "", 0o600)
    assert put.stdout == f"trayapp is among the applications ({data})\n"
    assert (removed.returncode, removed.stderr) == (0, "")
    assert list(data.iterdir()) == []

    entry.parent.mkdir()
    entry.write_text("theirs")
    asked = person.run("integrate")
    assert (asked.returncode, entry.read_text()) == (2, "theirs")
    assert "--yes" in asked.stderr
    assert person.run("integrate", "--yes").returncode == 0
    assert "X-Trayapp" in entry.read_text()
