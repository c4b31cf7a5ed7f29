"""Our autostart entry on Linux, in real files."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from trayapp.desktop.autostart_xdg import XdgAutostart
from trayapp.desktop.start_at_login import StartAtLogin
from trayapp.errors import AutostartError, ForeignEntryError
from trayapp.settings.locations import write_private


class Machine:
    """A home, a system-wide folder and a program."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.own = self.home / ".config" / "autostart" / "trayapp.desktop"
        self.system = folder / "xdg" / "autostart" / "trayapp.desktop"
        self.environment = {
            "XDG_CONFIG_DIRS": str(folder / "xdg"),
            "XDG_CURRENT_DESKTOP": "XFCE",
            "PATH": "/usr/bin:/bin",
        }
        self.command = self.install(folder / "a place" / "trayapp")
        self.autostart = XdgAutostart(self.environment, self.home, write_private)

    def install(self, program: Path) -> tuple[str, ...]:
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        return (str(program),)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_enabled_it_starts_and_disabled_nothing_is_left(machine: Machine) -> None:
    assert not machine.autostart.status().starts

    machine.autostart.enable(machine.command)
    status = machine.autostart.status()
    machine.autostart.disable()

    assert (status.starts, status.reason, status.command) == (True, "", machine.command)
    assert (status.place, status.is_foreign) == (str(machine.own), False)
    assert list(machine.own.parent.iterdir()) == []
    assert machine.autostart.status().reason == "there is no entry"


@pytest.mark.desktop
def test_desktop_file_validate_has_nothing_to_say(machine: Machine) -> None:
    machine.autostart.enable(machine.command)

    done = subprocess.run(
        ["desktop-file-validate", str(machine.own)],
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )

    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize("change", ["Hidden=true", "TryExec=/gone"])
def test_what_a_desktops_settings_wrote_into_it_is_seen_and_taken_back(
    machine: Machine, change: str
) -> None:
    machine.autostart.enable(machine.command)
    key = change.partition("=")[0]
    lines = machine.own.read_text().splitlines()
    kept = [line for line in lines if not line.startswith(key)]
    machine.own.write_text("\n".join([*kept, change]) + "\n")

    status = machine.autostart.status()
    machine.autostart.enable(machine.command)

    assert (status.starts, status.is_foreign) == (False, False)
    assert key in status.reason
    assert machine.autostart.status().starts


def test_an_entry_of_somebody_else_is_left_alone_unless_that_is_said(machine: Machine) -> None:
    machine.own.parent.mkdir(parents=True)
    theirs = f"[Desktop Entry]\nExec={exec_of(machine)}\n"
    machine.own.write_text(theirs)

    assert machine.autostart.status().is_foreign
    with pytest.raises(ForeignEntryError, match="left alone"):
        machine.autostart.enable(machine.command)
    with pytest.raises(ForeignEntryError, match="left alone"):
        machine.autostart.disable()
    assert machine.own.read_text() == theirs

    machine.autostart.enable(machine.command, overwrite=True)
    assert not machine.autostart.status().is_foreign


def test_a_link_of_somebody_else_is_replaced_and_what_it_leads_to_kept(machine: Machine) -> None:
    machine.own.parent.mkdir(parents=True)
    for target in (machine.home / "theirs.desktop", Path("/dev/null")):
        if target.parent == machine.home:
            target.write_text("[Desktop Entry]\n")
        machine.own.symlink_to(target)

        machine.autostart.enable(machine.command, overwrite=True)

        assert machine.autostart.status().starts
        assert not machine.own.is_symlink()
        machine.autostart.disable()
    assert (machine.home / "theirs.desktop").read_text() == "[Desktop Entry]\n"
    assert Path("/dev/null").is_char_device()


def test_our_entry_behind_a_link_of_a_persons_own_is_written_through_it(machine: Machine) -> None:
    machine.own.parent.mkdir(parents=True)
    kept = machine.home / "dotfiles" / "trayapp.desktop"
    machine.own.symlink_to(kept)

    machine.autostart.enable(machine.command)
    machine.autostart.enable(machine.command)

    assert machine.own.is_symlink()
    assert kept.is_file()


@pytest.mark.timeout(10)
def test_a_named_pipe_in_its_place_is_not_waited_for(machine: Machine) -> None:
    machine.own.parent.mkdir(parents=True)
    os.mkfifo(machine.own)

    assert machine.autostart.status().reason == "it is no desktop entry"
    with pytest.raises(ForeignEntryError):
        machine.autostart.enable(machine.command)


def test_a_system_wide_entry_counts_until_the_persons_own_hides_it(machine: Machine) -> None:
    machine.system.parent.mkdir(parents=True)
    machine.system.write_text(f"[Desktop Entry]\nExec={exec_of(machine)}\n")
    first = machine.autostart.status()

    machine.autostart.disable()
    second = machine.autostart.status()
    machine.autostart.enable(machine.command)

    assert (first.starts, first.place) == (True, str(machine.system))
    assert (second.starts, second.place) == (False, str(machine.own))
    assert machine.autostart.status().starts


def test_what_the_systems_entry_says_to_xfce_beneath_ours_is_told(machine: Machine) -> None:
    machine.system.parent.mkdir(parents=True)
    machine.system.write_text("[Desktop Entry]\nHidden=true\n")
    machine.autostart.enable(machine.command)

    assert machine.autostart.status().starts

    machine.system.write_text("[Desktop Entry]\nHidden=true\nOnlyShowIn=KDE;\n")
    status = machine.autostart.status()

    assert (status.starts, status.place) == (False, str(machine.own))
    assert status.reason.endswith("(OnlyShowIn, NotShowIn), says the system's entry of that name")


@pytest.mark.parametrize("name", ["a=b", "it's 100 %"])
def test_the_status_names_the_program_itself_and_not_what_starts_it(
    machine: Machine, tmp_path: Path, name: str
) -> None:
    command = machine.install(tmp_path / name / "trayapp")
    machine.autostart.enable(command)
    ways = ("nice -n 0", r'''/bin/sh -c "exec \\"\\$0\\" \\"\\$@\\""''')
    assert f"\nExec={ways[0]} " in machine.own.read_text()

    for way in ways:
        machine.own.write_text(machine.own.read_text().replace(ways[0], way))
        status = machine.autostart.status()
        assert (status.starts, status.command, status.is_foreign) == (True, command, False)

    Path(command[0]).unlink()
    assert StartAtLogin(machine.autostart, lambda: machine.command).mend()
    assert machine.autostart.status().starts


def test_a_copy_that_is_tried_out_does_not_take_the_entry_over(
    machine: Machine, tmp_path: Path
) -> None:
    machine.autostart.enable(machine.command)
    copy = machine.install(tmp_path / "another place" / "trayapp")

    assert not StartAtLogin(machine.autostart, lambda: copy).mend()
    assert machine.autostart.status().command == machine.command


def test_what_a_person_changed_in_it_is_kept(machine: Machine) -> None:
    machine.autostart.enable(machine.command)
    changed = machine.own.read_text().replace("\nTryExec", " --verbose\nTryExec")
    assert "--verbose" in changed
    machine.own.write_text(changed + "OnlyShowIn=KDE;\n")

    assert not StartAtLogin(machine.autostart, lambda: machine.command).mend()
    assert machine.own.read_text() == changed + "OnlyShowIn=KDE;\n"


def test_an_entry_whose_program_is_gone_is_mended(machine: Machine, tmp_path: Path) -> None:
    machine.autostart.enable(machine.command)
    Path(machine.command[0]).unlink()
    moved = machine.install(tmp_path / "another place" / "trayapp")

    assert StartAtLogin(machine.autostart, lambda: moved).mend()
    assert machine.autostart.status().starts
    assert machine.autostart.status().command == moved
    assert not StartAtLogin(machine.autostart, lambda: moved).mend()


def test_what_is_off_or_not_ours_is_never_mended(machine: Machine, tmp_path: Path) -> None:
    moved = machine.install(tmp_path / "another place" / "trayapp")
    Path(machine.command[0]).unlink()
    assert not StartAtLogin(machine.autostart, lambda: moved).mend()

    machine.autostart.enable(machine.command)
    machine.own.write_text(machine.own.read_text() + "Hidden=true\n")
    assert not StartAtLogin(machine.autostart, lambda: moved).mend()

    machine.own.write_text(f"[Desktop Entry]\nExec={exec_of(machine)}\n")
    assert not StartAtLogin(machine.autostart, lambda: moved).mend()


def test_what_cannot_be_written_is_told(machine: Machine) -> None:
    machine.own.parent.parent.mkdir(parents=True)
    machine.own.parent.write_text("no folder")

    with pytest.raises(AutostartError, match="cannot be written"):
        machine.autostart.enable(machine.command)


def exec_of(machine: Machine) -> str:
    return f'"{machine.command[0]}"'
