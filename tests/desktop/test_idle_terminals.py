from __future__ import annotations

import math
import os
import pty
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desktop.processes import wait_for
from trayapp.desktop.terminals import GRANULARITY, last_typed


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """The ends of a terminal that nobody has used for an hour: the keyboard's, the program's."""
    ends = pty.openpty()
    an_hour_ago = time.time() - 3600
    os.utime(os.ttyname(ends[1]), (an_hour_ago, an_hour_ago))
    yield ends
    for end in ends:
        os.close(end)


def test_what_is_typed_and_read_counts(terminal: tuple[int, int]) -> None:
    keyboard, program = terminal
    name = Path(os.ttyname(program))
    assert time.time() - last_typed(name.parent, name.name) > 3600 - GRANULARITY - 5

    os.write(keyboard, b"make\n")
    assert os.read(program, 100) == b"make\n"

    assert abs(time.time() - last_typed(name.parent, name.name)) <= GRANULARITY + 1


def test_output_does_not_count(terminal: tuple[int, int]) -> None:
    """The emulator on an idle desktop shows what a build says."""
    keyboard, program = terminal
    name = Path(os.ttyname(program))
    before = name.stat().st_mtime

    os.write(program, b"Building\n")
    assert os.read(keyboard, 100) == b"Building\r\n"

    wait_for(lambda: name.stat().st_mtime > before, "the output was noticed")
    assert time.time() - last_typed(name.parent, name.name) > 3600 - GRANULARITY - 5


def test_the_latest_of_all_own_terminals_is_told(tmp_path: Path) -> None:
    for name, age in (("0", 100), ("1", 50), ("2", 70)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (1_000_000 - age, 2_000_000))

    assert last_typed(tmp_path, "*") == 1_000_000 - 50 + GRANULARITY


@pytest.mark.skipif(os.getuid() != 0, reason="only root may give files away")
def test_others_terminals_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "0").touch()
    os.chown(tmp_path / "0", 65534, 65534)

    assert last_typed(tmp_path, "*") == -math.inf


def test_a_machine_without_terminals_has_no_typing(tmp_path: Path) -> None:
    assert last_typed(tmp_path / "pts", "*") == -math.inf


def test_a_terminal_that_is_closed_meanwhile_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "0").symlink_to(tmp_path / "gone")

    assert last_typed(tmp_path, "*") == -math.inf
