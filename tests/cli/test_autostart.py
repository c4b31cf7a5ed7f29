"""`trayapp autostart`, as a person meets it on Linux."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cli import person as people
from tests.cli.watching import watching
from tests.desktop.bus import PrivateBus
from tests.desktop.processes import wait_for
from trayapp.cli import autostart
from trayapp.desktop.systemd_service import UNIT, unit_command, unit_text
from trayapp.errors import UsageError
from trayapp.settings.locations import find_locations

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="an autostart entry of Linux")

THEIRS = "[Desktop Entry]\nType=Application\nExec=/bin/true\n"


class Person:
    """Somebody with an AppImage of trayapp, who is asked nothing: there is no terminal."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        image = folder / "trayapp.AppImage"
        image.write_text("#!/bin/sh\n")
        image.chmod(0o755)
        self.entry = folder / ".config" / "autostart" / "trayapp.desktop"
        self.system_entry = folder / "xdg" / "autostart" / "trayapp.desktop"
        self.image = str(image)
        self._environment = {
            "HOME": str(folder),
            "APPIMAGE": self.image,
            # It is mounted where our code lies.
            "APPDIR": str(Path(autostart.__file__).parents[2]),
            "XDG_CONFIG_DIRS": str(folder / "xdg"),
        }

    def run(self, action: str, *, yes: bool = False) -> dict[str, object]:
        code = autostart.run(self._environment, action, service=False, as_json=True, yes=yes)
        assert code == 0
        document = json.loads(self._capsys.readouterr().out)
        assert isinstance(document, dict)
        return document


@pytest.fixture
def person(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Person:
    monkeypatch.setattr("sys.stdin", None)
    return Person(tmp_path, capsys)


def put(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(THEIRS)


def test_a_system_wide_entry_is_hidden_or_replaced_with_nothing_asked(person: Person) -> None:
    put(person.system_entry)

    off = person.run("disable")
    on = person.run("enable")

    assert (off["starts"], off["place"]) == (False, str(person.entry))
    assert (on["starts"], on["command"]) == (True, [person.image])
    assert person.system_entry.read_text() == THEIRS


@pytest.mark.parametrize(("action", "verb"), [("enable", "Replace"), ("disable", "Remove")])
def test_an_entry_of_somebody_else_is_named_and_asked_about(
    person: Person, action: str, verb: str
) -> None:
    put(person.entry)

    with pytest.raises(UsageError, match=f"{person.entry} was not written .* {verb} it"):
        person.run(action)
    assert person.entry.read_text() == THEIRS

    assert person.run(action, yes=True)["starts"] == (action == "enable")


def test_a_question_is_not_in_the_document(person: Person, tmp_path: Path) -> None:
    put(person.entry)
    master, slave = pty.openpty()
    try:
        os.write(master, b"y\n")
        done = subprocess.run(
            [sys.executable, "-m", "trayapp", "autostart", "disable", "--json"],
            env={"HOME": str(tmp_path), "XDG_CONFIG_DIRS": str(tmp_path / "xdg")},
            stdin=slave,
            capture_output=True,
            text=True,
            timeout=people.COMMAND_SECONDS,
            check=True,
        )
    finally:
        os.close(slave)
        os.close(master)

    assert json.loads(done.stdout)["starts"] is False
    assert done.stderr.endswith("Remove it? [y/N] ")
    assert not person.entry.exists()


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ('[watch]\nfolders = ["/code"]\n', ""),
        ("", "it would end at once, since config.toml names no folder"),
        ("[watch", "it would end at once: "),
    ],
)
def test_what_would_end_the_service_at_once_is_said(tmp_path: Path, config: str, why: str) -> None:
    environment = {"HOME": str(tmp_path)}
    file = find_locations(environment).config_file
    file.parent.mkdir(parents=True)
    file.write_text(config)

    said = autostart.why_no_work(environment)

    assert said.startswith(why)
    assert bool(said) == bool(why)


class Service:
    """A unit of ours whose program has moved, and a systemctl that writes down what it is asked."""

    def __init__(self, folder: Path, config: Path) -> None:
        self.unit = config / "systemd" / "user" / UNIT
        link = self.unit.parent / "default.target.wants" / UNIT
        link.parent.mkdir(parents=True)
        link.symlink_to(self.unit)
        self.unit.write_text(unit_text(("/gone/trayapp", "watch")))
        self.asked = folder / "asked"
        program = folder / "bin" / "systemctl"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\necho "$@" >> {self.asked}\n')
        program.chmod(0o755)
        self.variables: Mapping[str, str] = {"PATH": f"{program.parent}:{os.environ['PATH']}"}

    def wait_until_mended(self) -> None:
        restart = f"--user restart --no-block {UNIT}\n"
        wait_for(lambda: self.asked.exists() and restart in self.asked.read_text(), "it is mended")
        command = unit_command(self.unit.read_text(), "")
        assert command is not None
        assert (Path(command[0]).name, command[1:]) == ("trayapp", ("watch",))


def test_a_service_whose_program_has_moved_is_mended_by_the_next_watching(tmp_path: Path) -> None:
    service = Service(tmp_path, tmp_path / "home" / "config")
    (tmp_path / "code").mkdir()

    with watching(tmp_path, str(tmp_path / "code"), variables=service.variables, dry=False) as one:
        service.wait_until_mended()
        assert one.end() == (0, "")


@pytest.mark.desktop
def test_a_service_whose_program_has_moved_is_mended_by_the_next_start(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    service = Service(tmp_path, tmp_path / ".config")
    bus = PrivateBus(tmp_path_factory.mktemp("bus"))
    bus.start()
    variables = {**service.variables, "DBUS_SESSION_BUS_ADDRESS": bus.address}
    environment = people.Person(tmp_path, variables).environment
    try:
        with subprocess.Popen([sys.executable, "-m", "trayapp"], env=environment) as process:
            try:
                service.wait_until_mended()
            finally:
                process.terminate()
    finally:
        bus.stop()

    assert process.returncode == 0
