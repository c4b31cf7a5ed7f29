"""Say which files git tracks, from .git/index, versions 2, 3 and 4.

The format: https://git-scm.com/docs/index-format. A split index names a shared one; what was
deleted from that since is not told apart, so that rather too much counts as tracked.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path

from trayapp.watching.reading import read_head

log = logging.getLogger(__name__)

LARGEST_INDEX_BYTES = 256 * 1024 * 1024
"""Some two million files."""

_HEADER_BYTES = 12
_STAT_BYTES = 40
_EXTENDED = 0x40


@dataclass(frozen=True, slots=True)
class TrackedPaths:
    """Sorted paths, each between two NULs: a twentieth of the memory of as many objects."""

    joined: bytes = b"\0"
    folders: tuple[bytes, ...] = ()
    """Whole folders of a sparse index, with a slash at the end."""

    def has_file(self, path: bytes) -> bool:
        """Say whether a file is tracked; the path is relative to the work tree."""
        return self._first_from(path) == path or path.startswith(self.folders)

    def has_below(self, folder: bytes) -> bool:
        """Say whether anything in a folder is tracked, or the folder itself as a submodule."""
        inside = folder + b"/"
        return self._first_from(inside).startswith(inside) or self.has_file(folder)

    def _first_from(self, path: bytes) -> bytes:
        """Give the first tracked path not below this one in order, b"" after the last."""
        joined = self.joined
        low, high = 0, len(joined) - 1
        while low < high:
            start = joined.rfind(b"\0", low, (low + high) // 2 + 1)
            end = joined.index(b"\0", start + 1)
            if joined[start + 1 : end] < path:
                low = end
            else:
                high = start
        return joined[low + 1 : joined.find(b"\0", low + 1)] if low < len(joined) - 1 else b""


NOTHING_TRACKED = TrackedPaths()


class GitIndex:
    """One repository's index, read again when the file is another one."""

    def __init__(self, path: str, *, hash_size: int) -> None:
        self.path = path
        self._hash_size = hash_size
        self._stamp: tuple[int, int, int] | None = None
        self._tracked = NOTHING_TRACKED

    def tracked(self) -> TrackedPaths:
        """Give what is tracked now; a missing or damaged index tracks nothing."""
        try:
            status = os.stat(self.path)
        except OSError:
            self._stamp = None
            return NOTHING_TRACKED
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        if stamp != self._stamp:
            self._stamp = stamp
            self._tracked = self._read()
        return self._tracked

    def _read(self) -> TrackedPaths:
        try:
            paths, shared = _read_paths(self.path, self._hash_size)
            if shared:
                beside = os.path.join(os.path.dirname(self.path), f"sharedindex.{shared.hex()}")
                paths = sorted({*paths, *_read_paths(beside, self._hash_size)[0]})
        except (ValueError, IndexError) as error:
            log.warning("a git index was not understood, its files count as untracked: %r", error)
            return NOTHING_TRACKED
        folders = tuple(path for path in paths if path.endswith(b"/"))
        return TrackedPaths(b"\0".join([b"", *paths, b""]), folders)


def _read_paths(path: str, hash_size: int) -> tuple[list[bytes], bytes]:
    data = read_head(Path(path), LARGEST_INDEX_BYTES + 1)
    if data is None or len(data) > LARGEST_INDEX_BYTES:
        raise ValueError("it cannot be read, or is larger than any that was tried")
    return parse_index(data, hash_size)


def parse_index(data: bytes, hash_size: int) -> tuple[list[bytes], bytes]:
    """Give the tracked paths in order, and the hash that names a shared index or b"".

    Raises ValueError or IndexError for what is no index.
    """
    version = int.from_bytes(data[4:8], "big")
    if data[:4] != b"DIRC" or version not in {2, 3, 4}:
        raise ValueError(f"not an index of version 2 to 4: {data[:8]!r}")
    count = int.from_bytes(data[8:_HEADER_BYTES], "big")
    paths: list[bytes] = []
    flags_at = _STAT_BYTES + hash_size
    at = _HEADER_BYTES
    path = b""
    for _ in range(count):
        start = at + flags_at + (4 if data[at + flags_at] & _EXTENDED else 2)
        if version == 4:  # A path leaves out what it shares with the one before.
            cut, start = _variable_integer(data, start)
            end = data.index(b"\0", start)
            path = path[: len(path) - cut] + data[start:end]
            at = end + 1
        else:
            end = data.index(b"\0", start)
            path = data[start:end]
            at += (end - at + 8) & ~7
        if path:
            paths.append(path)
    return paths, _shared_index(data, at, hash_size)


def _variable_integer(data: bytes, at: int) -> tuple[int, int]:
    value = data[at] & 0x7F
    while data[at] & 0x80:
        at += 1
        value = ((value + 1) << 7) | (data[at] & 0x7F)
    return value, at + 1


def _shared_index(data: bytes, at: int, hash_size: int) -> bytes:
    while at + 8 <= len(data) - hash_size:
        size = int.from_bytes(data[at + 4 : at + 8], "big")
        if data[at : at + 4] == b"link":
            shared = data[at + 8 : at + 8 + hash_size]
            return shared if any(shared) else b""
        at += 8 + size
    return b""
