"""When somebody last typed in a terminal."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

GRANULARITY = 8.0
"""Seconds by which Linux lets a terminal's times lag, so that they do not tell what is typed."""


def last_typed(folder: Path, pattern: str) -> float:
    """Give when a program last read what was typed in this user's terminals, -inf for never.

    That is their time of access; what is written to them changes their time of modification.
    """
    return max(_typed(folder, pattern), default=-math.inf)


def _typed(folder: Path, pattern: str) -> Iterator[float]:
    if sys.platform == "win32":
        return
    for terminal in folder.glob(pattern):
        with suppress(FileNotFoundError):  # It was closed just now.
            status = terminal.stat()
            if status.st_uid == os.getuid():
                yield status.st_atime + GRANULARITY
