"""One watcher for each folder, across real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.desktop.processes import wait_for
from trayapp.errors import TrayappError
from trayapp.resident.folder_locks import FolderLocks

CODE = "/home/a/code"
SITE = "/home/a/site"

OTHER = """
import sys
from pathlib import Path
from trayapp.resident.folder_locks import FolderLocks

locks = FolderLocks(Path(sys.argv[1]), "the other", lambda *_: None, lambda: None)
print(len(locks.take(sys.argv[2:])), flush=True)
sys.stdin.read()
"""


class Locks:
    """Folder locks, with what they told."""

    def __init__(self, state: Path, owner: str = "trayapp") -> None:
        self.refused: list[tuple[str, str]] = []
        self.handed_over = 0
        self.locks = FolderLocks(
            state, owner, lambda *told: self.refused.append(told), self._hand_over
        )

    def _hand_over(self) -> None:
        self.handed_over += 1


@pytest.fixture
def other(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that has CODE."""
    process = subprocess.Popen(
        [sys.executable, "-c", OTHER, str(tmp_path), CODE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with ExitStack() as parts:
        parts.callback(process.communicate)
        parts.callback(process.kill)
        assert process.stdout is not None
        assert process.stdout.readline() == b"1\n"
        yield process


def waiting() -> int:
    return sum(thread.name == "folder-lock" for thread in threading.enumerate())


def test_whoever_comes_first_has_it_and_the_second_is_told_who(
    tmp_path: Path, other: subprocess.Popen[bytes]
) -> None:
    second = Locks(tmp_path)

    assert second.locks.take([CODE, SITE]) == [SITE]
    assert second.refused == [(CODE, f"the other (process {other.pid})")]
    assert second.locks.holder(CODE) == f"the other (process {other.pid})"
    assert second.locks.holder(SITE) is None


def test_nobody_is_told_twice_and_one_thread_waits(
    tmp_path: Path, other: subprocess.Popen[bytes]
) -> None:
    del other
    second = Locks(tmp_path)

    for _ in range(3):
        assert second.locks.take([CODE]) == []

    assert len(second.refused) == 1
    assert waiting() == 1


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_it_is_handed_over_when_the_first_ends_or_is_killed(
    tmp_path: Path, other: subprocess.Popen[bytes], how: signal.Signals
) -> None:
    second = Locks(tmp_path)
    second.locks.take([CODE])

    other.send_signal(how)

    wait_for(lambda: second.handed_over, "it is handed over")
    assert second.locks.take([CODE]) == [CODE]
    assert second.locks.holder(CODE) is None
    third = Locks(tmp_path, "third")
    assert third.locks.take([CODE]) == []
    assert third.refused == [(CODE, f"trayapp (process {os.getpid()})")]
    second.locks.keep(())


def test_it_is_handed_over_when_the_first_lets_go(tmp_path: Path) -> None:
    first, second = Locks(tmp_path, "first"), Locks(tmp_path)
    first.locks.take([CODE, SITE])
    second.locks.take([CODE, SITE])

    first.locks.keep([SITE])

    wait_for(lambda: second.handed_over, "it is handed over")
    assert second.locks.take([CODE, SITE]) == [CODE]
    first.locks.keep(())
    wait_for(lambda: second.handed_over == 2, "the other one is handed over")
    second.locks.keep(())


def test_whoever_waits_longer_says_who_has_it_by_then(tmp_path: Path) -> None:
    first, *others = (Locks(tmp_path, name) for name in ("first", "second", "third"))
    first.locks.take([CODE])
    for one in others:
        one.locks.take([CODE])
    assert [one.locks.holder(CODE) for one in others] == [f"first (process {os.getpid()})"] * 2

    first.locks.keep(())

    wait_for(lambda: sum(one.handed_over for one in others), "it is handed over")
    has, has_not = sorted(others, key=lambda one: -one.handed_over)
    name = "second" if has is others[0] else "third"
    assert has.locks.holder(CODE) is None
    assert has_not.locks.holder(CODE) == f"{name} (process {os.getpid()})"
    has.locks.keep(())
    wait_for(lambda: has_not.handed_over, "it is handed over again")
    has_not.locks.keep(())


def test_a_folder_that_is_no_longer_wanted_is_let_go_of_when_it_comes(tmp_path: Path) -> None:
    first, second = Locks(tmp_path, "first"), Locks(tmp_path)
    first.locks.take([CODE])
    second.locks.take([CODE])
    second.locks.take([])
    second.locks.keep(())

    first.locks.keep(())

    wait_for(lambda: waiting() == 0, "nobody waits")
    assert second.handed_over == 0
    assert first.locks.take([CODE]) == [CODE]
    assert first.refused == []
    first.locks.keep(())


def test_a_folder_that_is_wanted_again_meanwhile_is_handed_over(tmp_path: Path) -> None:
    first, second = Locks(tmp_path, "first"), Locks(tmp_path)
    first.locks.take([CODE])
    second.locks.take([CODE])
    second.locks.keep(())
    second.locks.take([CODE])

    first.locks.keep(())

    wait_for(lambda: second.handed_over, "it is handed over")
    assert second.locks.take([CODE]) == [CODE]
    second.locks.keep(())


def test_where_no_lock_can_be_made_it_is_said_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(TrayappError, match="cannot be written") as caught:
        Locks(tmp_path / "file" / "state").locks.take([CODE])

    assert "writable" in caught.value.hint
