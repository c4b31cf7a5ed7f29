"""`trayapp autostart`, as a person meets it on Linux."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli import person as people
from trayapp.cli import autostart
from trayapp.errors import UsageError

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
