"""Our value in the Run key, with a registry that is played: not run on Windows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.desktop.autostart_windows import (
    APPROVED,
    RUN,
    RunKey,
    command_line,
    is_approved,
    split_command_line,
)
from trayapp.desktop.start_at_login import StartAtLogin
from trayapp.errors import AutostartError, ForeignEntryError

COMMAND = (r"C:\Users\Ada Lovelace\.local\bin\trayappw.exe",)


class MemoryRegistry:
    """Values in memory."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], str | bytes] = {}

    def read(self, key: str, name: str) -> str | bytes | None:
        return self.values.get((key, name))

    def write(self, key: str, name: str, value: str) -> None:
        self.values[key, name] = value

    def delete(self, key: str, name: str) -> None:
        self.values.pop((key, name), None)

    def delete_key(self, key: str) -> None:
        self.values = {place: value for place, value in self.values.items() if place[0] != key}


@pytest.fixture
def registry() -> MemoryRegistry:
    return MemoryRegistry()


@pytest.fixture
def run_key(registry: MemoryRegistry) -> RunKey:
    return RunKey(registry, lambda path: "gone" not in path)


def test_enabled_it_starts_and_disabled_nothing_is_left(
    run_key: RunKey, registry: MemoryRegistry
) -> None:
    assert run_key.status().reason == "there is no entry"

    run_key.enable(COMMAND)
    status = run_key.status()
    assert registry.values[RUN, "trayapp"] == f'"{COMMAND[0]}"'
    run_key.disable()

    assert (status.starts, status.command, status.is_foreign) == (True, COMMAND, False)
    assert registry.values == {}


def test_task_managers_switch_is_seen_and_taken_back(
    run_key: RunKey, registry: MemoryRegistry
) -> None:
    run_key.enable(COMMAND)
    registry.values[APPROVED, "trayapp"] = b"\x03" + bytes(11)

    status = run_key.status()
    assert (status.starts, status.wanted) == (False, False)
    assert "Task Manager" in status.reason
    assert not StartAtLogin(run_key, lambda: (r"C:\new\trayappw.exe",)).mend()

    run_key.enable(COMMAND)
    assert run_key.status().starts
    assert (APPROVED, "trayapp") not in registry.values


@pytest.mark.parametrize(
    ("value", "approved"),
    [
        (None, True),
        (b"", True),
        (b"\x02" + bytes(11), True),
        (b"\x06" + bytes(11), True),
        (b"\x03" + bytes(11), False),
        (b"\x07" + bytes(11), False),
    ],
)
def test_the_first_byte_says_whether_it_is_on(value: bytes | None, approved: bool) -> None:
    assert is_approved(value) == approved


def test_an_entry_whose_program_moved_is_mended(run_key: RunKey) -> None:
    run_key.enable((r"C:\gone\trayappw.exe",))
    assert not run_key.status().starts

    assert StartAtLogin(run_key, lambda: COMMAND).mend()
    assert run_key.status().starts


@pytest.mark.parametrize(
    "line",
    [
        r'"C:\other\program.exe" /x',
        r'"C:\Program Files\TrayApp\TrayApp.exe" /minimized',
        r"C:\Program Files\TrayApp\TrayApp.exe",
    ],
)
def test_an_entry_of_somebody_else_is_left_alone_unless_that_is_said(
    run_key: RunKey, registry: MemoryRegistry, line: str
) -> None:
    registry.values[RUN, "trayapp"] = line

    assert run_key.status().is_foreign
    assert run_key.status().starts
    assert not StartAtLogin(run_key, lambda: COMMAND).mend()
    with pytest.raises(ForeignEntryError):
        run_key.enable(COMMAND)
    with pytest.raises(ForeignEntryError):
        run_key.disable()
    run_key.enable(COMMAND, overwrite=True)

    assert run_key.status().command == COMMAND
    assert not run_key.status().is_foreign


def test_a_value_that_somebody_changed_is_theirs(run_key: RunKey, registry: MemoryRegistry) -> None:
    run_key.enable(COMMAND)
    registry.values[RUN, "trayapp"] = f'"{COMMAND[0]}" --verbose'

    with pytest.raises(ForeignEntryError):
        run_key.enable(COMMAND)


def test_a_path_that_windows_would_not_start_is_refused(run_key: RunKey) -> None:
    with pytest.raises(AutostartError, match="too long"):
        run_key.enable((rf"C:\{'a' * 260}\trayappw.exe",))


@pytest.mark.parametrize("rest", ["'a", '"a', "--name 'a b"])
def test_a_command_of_somebody_else_is_read_whatever_its_quotes(rest: str) -> None:
    assert split_command_line(rf'"C:\x\other.exe" {rest}')[0] == r"C:\x\other.exe"


@given(st.text(st.characters(exclude_characters='"\r\n', exclude_categories=["Cs"]), min_size=1))
def test_a_path_survives_its_quotes(path: str) -> None:
    assert split_command_line(command_line((path,))) == (path,)
