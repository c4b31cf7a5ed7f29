"""The queue's files: whose they are, and how they are made."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path


def make_private_file(path: Path) -> None:
    """Make a file and its folder where they are missing, for their owner only; raises OSError.

    A file that exists is not opened: to close it would end all locks that this process has on it.
    """
    folder = path.parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if stat.S_IMODE(folder.stat().st_mode) & 0o077:
        folder.chmod(0o700)
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            path.chmod(0o600)


def identity(path: Path) -> tuple[int, int] | None:
    """Tell one file from another that took its place; None where there is none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def sync_folder(folder: Path) -> None:
    """Make a rename in a folder survive a power cut; raises OSError."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
