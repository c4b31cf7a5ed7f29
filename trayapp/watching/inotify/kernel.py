"""The system calls of inotify(7), and the records that it gives."""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from typing import NamedTuple

CLOSE_WRITE = 0x8
ATTRIB = 0x4
MOVED_FROM = 0x40
MOVED_TO = 0x80
CREATE = 0x100
DELETE = 0x200
DELETE_SELF = 0x400
MOVE_SELF = 0x800
UNMOUNT = 0x2000
Q_OVERFLOW = 0x4000
IGNORED = 0x8000
ONLYDIR = 0x0100_0000
DONT_FOLLOW = 0x0200_0000
EXCL_UNLINK = 0x0400_0000
MASK_ADD = 0x2000_0000
ISDIR = 0x4000_0000

READ_SIZE = 0x40000
"""Bytes taken in one call; some thousands of events."""

HEADER = struct.Struct("iIII")


class Record(NamedTuple):
    """One event as the kernel tells it; `name` is empty when it is about the watched folder."""

    descriptor: int
    mask: int
    cookie: int
    name: str


class Inotify:
    """One inotify instance; raises OSError where the kernel refuses."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(None, use_errno=True)
        self._library.inotify_add_watch.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_uint32]
        self._file = _checked(self._library.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))

    def fileno(self) -> int:
        """Give the descriptor that is readable when something has happened."""
        return self._file

    def close(self) -> None:
        """Drop all watches."""
        os.close(self._file)

    def add(self, path: str, mask: int) -> int:
        """Watch a path and give its watch descriptor, the same one for the same inode."""
        return _checked(self._library.inotify_add_watch(self._file, os.fsencode(path), mask), path)

    def remove(self, descriptor: int) -> None:
        """End a watch; nothing happens when it has ended already."""
        self._library.inotify_rm_watch(self._file, descriptor)

    def read(self) -> list[Record]:
        """Give what has happened so far, without waiting."""
        try:
            return parse(os.read(self._file, READ_SIZE))
        except BlockingIOError:
            return []


def parse(data: bytes) -> list[Record]:
    """Take apart what read(2) gave."""
    records, position = [], 0
    while position < len(data):
        descriptor, mask, cookie, size = HEADER.unpack_from(data, position)
        position += HEADER.size
        name = os.fsdecode(data[position : position + size].rstrip(b"\0")) if size else ""
        position += size
        records.append(Record(descriptor, mask, cookie, name))
    return records


def _checked(result: int, path: str | None = None) -> int:
    if result < 0:
        number = ctypes.get_errno()
        # The words of ENOSPC would speak of a full disk.
        text = "inotify watch limit reached" if number == errno.ENOSPC else os.strerror(number)
        raise OSError(number, text, path)
    return result
