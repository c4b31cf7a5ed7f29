from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from trayapp.watching.reading import clean_text, read_head


def test_no_more_than_asked_for_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abcdef")

    assert read_head(tmp_path / "file", 3) == b"abc"
    assert read_head(tmp_path / "file", 100) == b"abcdef"


def test_what_is_no_regular_file_is_never_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        monkeypatch.chdir(tmp_path)  # A socket's path must be short.
        listener.bind("socket")
    opened: list[object] = []
    monkeypatch.setattr(os, "open", lambda *arguments: opened.append(arguments))

    for path in (tmp_path / "fifo", tmp_path / "socket", Path("/dev/zero"), tmp_path):
        assert read_head(path, 10) is None

    assert opened == []


def test_a_fifo_that_takes_a_files_place_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "file").touch()
    before = (tmp_path / "file").stat()
    monkeypatch.setattr("trayapp.watching.reading.regular_file", lambda _: before)

    assert read_head(tmp_path / "fifo", 10) is None


def test_a_missing_file_has_no_head(tmp_path: Path) -> None:
    assert read_head(tmp_path / "missing", 10) is None
    assert read_head(tmp_path / "a\0b", 10) is None
    assert read_head(tmp_path / ("x" * 5000), 10) is None


@pytest.mark.ordinary_user
@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_nor_has_one_that_may_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "file").touch(mode=0)

    assert read_head(tmp_path / "file", 10) is None


@pytest.mark.parametrize(
    ("data", "text"), [(b" a \r\n", "a"), (b"a\0b", "ab"), (b"\xff", "\ufffd"), (b"", "")]
)
def test_text_can_be_sent(data: bytes, text: str) -> None:
    assert clean_text(data) == text
