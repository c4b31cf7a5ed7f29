"""What lstat says of a file, as `freshness` needs it, on every system."""

from __future__ import annotations

import os
import stat
import sys

from trayapp.watching.freshness import FileStatus

JUNCTION = 0xA0000003
"""The reparse tag of Windows' links between folders; to Python 3.11 they look like folders."""


def look_at(path: str) -> FileStatus | None:
    """Look at a path without following it; None when nothing is there or may be seen.

    The time of access is given on Linux only. It is there to know a `touch`, which macOS and
    Windows tell apart from writing; and Windows sets it with the time of writing.
    """
    try:
        status = os.lstat(path)
    except (OSError, ValueError):
        return None
    changed, accessed = status.st_ctime_ns, status.st_atime_ns
    if sys.platform == "win32":
        from trayapp.watching.windows_change_time import change_time_ns  # noqa: PLC0415

        # To Python the "ctime" is there the time of creation.
        changed = change_time_ns(path) or status.st_mtime_ns
    if sys.platform != "linux":
        accessed = 0
    return FileStatus(
        status.st_size,
        status.st_mtime_ns,
        changed,
        accessed,
        status.st_dev,
        stat.S_ISREG(status.st_mode),
    )
