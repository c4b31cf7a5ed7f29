"""Read the beginning of a file that anybody may have put there."""

from __future__ import annotations

import os
import stat
from pathlib import Path

_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


def status(path: Path) -> os.stat_result | None:
    """Give a file's status, None where it is missing or out of reach."""
    try:
        return path.stat()
    except (OSError, ValueError):
        return None


def regular_file(path: Path) -> os.stat_result | None:
    """Give a regular file's status, None for anything else."""
    found = status(path)
    return found if found is not None and stat.S_ISREG(found.st_mode) else None


def read_head(path: Path, limit: int) -> bytes | None:
    """Give the first `limit` bytes of a regular file, None where there is none to be read.

    A device, a FIFO or a socket is never opened, and never waited for when one takes the file's
    place in the meantime.
    """
    if regular_file(path) is None:
        return None
    try:
        with os.fdopen(os.open(path, _FLAGS), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return None
            return file.read(limit)
    except OSError:
        return None


def clean_text(data: bytes) -> str:
    """Turn bytes into text that any JSON and any database takes, without blanks around it."""
    return data.decode("utf-8", errors="replace").replace("\0", "").strip()
