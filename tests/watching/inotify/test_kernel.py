"""Records as inotify(7) lays them out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from trayapp.watching.inotify.kernel import CLOSE_WRITE, HEADER, Inotify, Record, parse
from trayapp.watching.inotify.tree import MASK


def record(descriptor: int, mask: int, cookie: int, name: bytes) -> bytes:
    padded = name + b"\0" * (-len(name) % 16 or 16) if name else b""
    return HEADER.pack(descriptor, mask, cookie, len(padded)) + padded


@pytest.mark.parametrize(
    "name", [b"", b"a", b"a" * 15, b"a" * 16, b"a" * 255, b"\xff\xfe", "é".encode()]
)
def test_a_name_comes_back_whatever_its_bytes(name: bytes) -> None:
    data = record(1, CLOSE_WRITE, 7, name) + record(-1, 0x4000, 0, b"")

    assert parse(data) == [
        Record(1, CLOSE_WRITE, 7, os.fsdecode(name)),
        Record(-1, 0x4000, 0, ""),
    ]


def test_the_mask_is_narrow() -> None:
    """Without OPEN, ACCESS, MODIFY and CLOSE_NOWRITE, reading and compiling cost nothing."""
    assert MASK == 0x0700_0DC8


def test_reading_never_waits_and_refusals_are_errors(tmp_path: Path) -> None:
    inotify = Inotify()
    try:
        assert inotify.read() == []
        with pytest.raises(FileNotFoundError):
            inotify.add(str(tmp_path / "missing"), MASK)
        (tmp_path / "file").touch()
        with pytest.raises(NotADirectoryError):
            inotify.add(str(tmp_path / "file"), MASK)
        (tmp_path / "link").symlink_to(tmp_path)
        with pytest.raises(NotADirectoryError):
            inotify.add(str(tmp_path / "link"), MASK)
        inotify.remove(12345)
        assert inotify.add(str(tmp_path), MASK) == inotify.add(str(tmp_path), MASK)
    finally:
        inotify.close()
