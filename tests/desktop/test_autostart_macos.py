"""Our LaunchAgent, with launchctl played: not run on a Mac."""

from __future__ import annotations

import plistlib
from collections.abc import Sequence
from pathlib import Path

import pytest

from trayapp.desktop.autostart_macos import LaunchAgent, is_disabled, launch_agent
from trayapp.desktop.start_at_login import StartAtLogin
from trayapp.errors import ForeignEntryError
from trayapp.settings.locations import write_private


class Launchd:
    """What launchctl answers of agents that were switched off."""

    def __init__(self) -> None:
        self.disabled = False

    def __call__(self, arguments: Sequence[str]) -> str:
        if arguments[0] == "enable":
            assert arguments[1].endswith("/trayapp")
            self.disabled = False
            return ""
        state = "disabled" if self.disabled else "enabled"
        return f'disabled services = {{\n\t"com.apple.x" => disabled\n\t"trayapp" => {state}\n}}\n'


@pytest.fixture
def launchd() -> Launchd:
    return Launchd()


@pytest.fixture
def agent(tmp_path: Path, launchd: Launchd) -> LaunchAgent:
    return LaunchAgent(tmp_path, write_private, launchd)


@pytest.fixture
def command(tmp_path: Path) -> tuple[str, ...]:
    program = tmp_path / 'a "place"' / "trayapp"
    program.parent.mkdir()
    program.write_text("")
    program.chmod(0o755)
    return (str(program),)


def test_enabled_it_starts_and_disabled_nothing_is_left(
    agent: LaunchAgent, command: tuple[str, ...], tmp_path: Path
) -> None:
    assert agent.status().reason == "there is no agent"

    agent.enable(command)
    status = agent.status()
    written = plistlib.loads(Path(status.place).read_bytes())
    agent.disable()

    assert (status.starts, status.command, status.is_foreign) == (True, command, False)
    assert written["Label"] == Path(status.place).stem
    assert written["ProgramArguments"] == list(command)
    assert list((tmp_path / "Library" / "LaunchAgents").iterdir()) == []


def test_quit_can_quit_since_nothing_keeps_it_alive() -> None:
    assert "KeepAlive" not in launch_agent(["/usr/bin/trayapp"])


def test_what_login_items_switched_off_is_seen_and_taken_back(
    agent: LaunchAgent, launchd: Launchd, command: tuple[str, ...]
) -> None:
    agent.enable(command)
    launchd.disabled = True
    status = agent.status()

    assert (status.starts, status.wanted) == (False, False)
    assert "Login Items" in status.reason
    assert not StartAtLogin(agent, lambda: ("/elsewhere/trayapp",), lambda _: False).mend()

    agent.enable(command)
    assert agent.status().starts


def test_an_agent_whose_program_moved_is_mended(
    agent: LaunchAgent, command: tuple[str, ...]
) -> None:
    agent.enable(("/gone/trayapp",))
    assert agent.status().reason == "/gone/trayapp is not there"

    assert StartAtLogin(agent, lambda: command).mend()
    assert agent.status().starts


@pytest.mark.parametrize("content", [b"no plist", plistlib.dumps({"Label": "trayapp"})])
def test_an_agent_of_somebody_else_is_left_alone_unless_that_is_said(
    agent: LaunchAgent, command: tuple[str, ...], content: bytes
) -> None:
    path = Path(agent.status().place)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)

    assert agent.status().is_foreign
    with pytest.raises(ForeignEntryError):
        agent.enable(command)
    with pytest.raises(ForeignEntryError):
        agent.disable()
    assert path.read_bytes() == content

    agent.enable(command, overwrite=True)
    assert agent.status().starts


@pytest.mark.parametrize(
    ("printed", "disabled"),
    [
        ("", False),
        ('"trayapp" => true', True),
        ('"trayapp" => disabled', True),
        ('"trayapp" => false', False),
        ('"trayapp" => enabled', False),
        ('"trayapp.other" => disabled', False),
    ],
)
def test_launchctls_old_and_new_words_are_read(printed: str, disabled: bool) -> None:
    assert is_disabled(printed) == disabled
