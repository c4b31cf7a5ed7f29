"""Whether a file was written just now, as far as lstat can tell.

A file's times are compared with one another and with those last seen of it. This machine's clock
comes in only where the file system takes its times from it, and only for a file written in place
that was never seen before: nothing else tells an old file that was opened and closed (micro does
that) from one that was saved. A file system with a clock of its own (NFS, SMB, sshfs) is known by
what it says of files made on it, and until then every such file counts as written.

What cannot be told apart:
- A file that a sync client or an archive brings with a time less than five seconds ago is a save.
- `touch` sets the times of access and of writing to one moment. So does whoever reads a file within
  one clock tick (4 ms) of its being written: before we look, in place, and with a size that is
  unchanged or was never seen, such a save counts as a touch. On kernels since 6.13 it does not if
  the reader asks for the file's status first, as most do.
  A touched file that was never seen before, and is read before we look at it, counts as written.
- A new file that is still empty is not a save; nobody wrote anything yet.
- A save whose event is read more than five seconds late, of a file not seen before, is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from trayapp.watching.verdicts import Reason

LARGEST_FILE_BYTES = 2_000_000
TOLERANCE_SECONDS = 5.0
REMEMBERED_FILES = 10_000
_NANOSECONDS = 1_000_000_000


class Way(Enum):
    """How a path got its new content."""

    IN_PLACE = auto()
    CREATED = auto()
    REPLACED = auto()
    """Created after the old file was renamed away: a backup, as vim and emacs make it."""

    MOVED = auto()
    """Renamed over, or into place."""


@dataclass(frozen=True, slots=True)
class FileStatus:
    """What lstat says; where a system keeps no change time (Windows), `ctime_ns` is the mtime."""

    size: int
    mtime_ns: int
    ctime_ns: int
    atime_ns: int
    device: int
    is_regular: bool


class Lstat(Protocol):
    """Looks at a path without following it; None when nothing is there or may be seen."""

    def __call__(self, path: str, /) -> FileStatus | None:
        """Look at a path."""


class Freshness:
    """Remembers what files looked like, and how far the clocks of file systems are off.

    `has_own_clock` tells whether the times on a device (st_dev) come from another machine.
    """

    def __init__(self, has_own_clock: Callable[[int], bool]) -> None:
        self._has_own_clock = has_own_clock
        self._ahead: dict[int, float] = {}
        self._seen: dict[str, tuple[int, int]] = {}

    def refusal(
        self, path: str, status: FileStatus, way: Way, at: float, *, editor_near: bool
    ) -> Reason | None:
        """Give why a file is no save, and remember it; None when it was written just now.

        `editor_near`: an editor's temporary file was seen beside it a moment ago.
        """
        before = self._seen.get(path)
        self.remember(path, status)
        if reason := lasting_refusal(status):
            return reason
        if before == (status.mtime_ns, status.size):
            return Reason.UNWRITTEN
        if way is Way.CREATED and not status.size:
            return Reason.EMPTY
        same_size = before is None or before[1] == status.size
        if way is Way.IN_PLACE and same_size and not editor_near and _is_touched(status):
            return Reason.TOUCHED
        if before is None and way is Way.IN_PLACE:
            return None if self._is_now(status, at) else Reason.UNWRITTEN
        if way is not Way.MOVED:
            self._ahead[status.device] = status.ctime_ns / _NANOSECONDS - at
        return None

    def remember(self, path: str, status: FileStatus) -> None:
        """Keep a file's time and size for the next look at it."""
        self._seen.pop(path, None)
        if len(self._seen) >= REMEMBERED_FILES:
            del self._seen[next(iter(self._seen))]
        self._seen[path] = (status.mtime_ns, status.size)

    def forget(self, path: str) -> None:
        """Forget a file that was written unseen."""
        self._seen.pop(path, None)

    def move(self, old_path: str, path: str) -> None:
        """Follow a file to its new name."""
        if old_path in self._seen:
            self._seen[path] = self._seen.pop(old_path)

    def _is_now(self, status: FileStatus, at: float) -> bool:
        if self._has_own_clock(status.device):
            if status.device not in self._ahead:
                return True
            at += self._ahead[status.device]
        return abs(status.ctime_ns / _NANOSECONDS - at) <= TOLERANCE_SECONDS


def lasting_refusal(status: FileStatus) -> Reason | None:
    """Give why a file is no save, at whatever time one looks; tar sets the times last."""
    if not status.is_regular:
        return Reason.NOT_REGULAR
    if status.size > LARGEST_FILE_BYTES:
        return Reason.TOO_LARGE
    if abs(status.ctime_ns - status.mtime_ns) > TOLERANCE_SECONDS * _NANOSECONDS:
        return Reason.OLDER_TIMES
    return None


def _is_touched(status: FileStatus) -> bool:
    # Not its ctime, which a chmod after the touch may have moved on.
    return status.atime_ns == status.mtime_ns
