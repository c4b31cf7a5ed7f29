from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from trayapp.cli import changes
from trayapp.cli.changes import Changes, following

LIMIT = 10.0


@pytest.fixture(params=["told", "looked at"])
def followed(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Changes]:
    """Two files of a folder, by inotify and as where there is none."""
    if request.param == "looked at":
        monkeypatch.setattr(changes, "LOOK_SECONDS", 0.05)
        monkeypatch.setattr(changes, "_make", lambda folder, names, _reader: Changes(folder, names))
    with following(tmp_path, ("a", "b"), None) as one:
        yield one


def test_a_file_that_is_written_or_replaced_or_deleted_is_told(
    followed: Changes, tmp_path: Path
) -> None:
    (tmp_path / "a").write_text("1")
    assert followed.wait(LIMIT) == {"a"}
    (tmp_path / "new").write_text("2")
    (tmp_path / "new").replace(tmp_path / "b")
    assert followed.wait(LIMIT) == {"b"}
    (tmp_path / "a").unlink()
    assert followed.wait(LIMIT) == {"a"}


def test_another_file_is_none_of_its_business(followed: Changes, tmp_path: Path) -> None:
    before = time.monotonic()
    (tmp_path / "c").write_text("1")

    assert followed.wait(0.3) == set()
    assert time.monotonic() - before >= 0.3
    assert followed.wait(0.0) == set()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_and_all_that_is_waited_for(number: int, followed: Changes) -> None:
    timer = threading.Timer(0.2, os.kill, (os.getpid(), number))
    timer.start()
    before = time.monotonic()

    assert followed.wait(LIMIT) == set()
    assert followed.ended_by == number
    assert followed.wait(None) == set()
    assert time.monotonic() - before < LIMIT
    timer.join()


def test_a_reader_that_goes_ends_it(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    with following(tmp_path, ("a",), writing) as one:
        assert one.wait(0.1) == set()
        before = one.ended_by

        os.close(reading)

        assert one.wait(LIMIT) == set()
        assert (before, one.ended_by) == (None, 0)
    os.close(writing)


def test_a_folder_that_is_deleted_is_made_and_followed_again(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with following(folder, ("a",), None) as one:
        folder.rmdir()
        assert one.wait(LIMIT) == {"a"}
        assert one.wait(0.1) == set()
        (folder / "a").write_text("1")
        assert one.wait(LIMIT) == {"a"}


def test_where_no_inotify_is_left_the_files_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left() -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(changes, "Inotify", none_left)
    monkeypatch.setattr(changes, "LOOK_SECONDS", 0.05)
    with following(tmp_path, ("a",), None) as one:
        (tmp_path / "a").write_text("1")
        assert one.wait(LIMIT) == {"a"}
