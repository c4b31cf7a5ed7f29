"""One resident per user and data directory, by a lock that dies with its process."""

from __future__ import annotations

import logging
import os
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

log = logging.getLogger(__name__)

WINDOWS_WAIT = 30.0
"""Seconds between attempts where the system cannot wait for a lock."""


class InstanceLock:
    """A lock on an open file, never a PID file (an old PID may be somebody else's by now)."""

    def __init__(self, path: Path, holder: str = "") -> None:
        self._path = path
        self._holder = holder
        self._descriptor: int | None = None

    def acquire(self, *, wait: bool = False) -> bool:
        """Take the lock; False when another process has it. Raises OSError.

        With `wait` only once the other has let go of it, however long that takes.
        """
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(descriptor, wait=wait)
            self._tell_holder(descriptor)
        except (BlockingIOError, PermissionError):
            os.close(descriptor)
            return False
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return True

    def _tell_holder(self, descriptor: int) -> None:
        if not self._holder:
            return
        try:
            os.ftruncate(descriptor, 0)
            os.write(descriptor, self._holder.encode())
        except OSError as error:
            # A full disk: the lock holds all the same, and only its holder's name is missing.
            log.info("a lock does not say who has it: %s", error.strerror)

    def holder(self) -> str:
        """Say who has the lock, or had it last; "" where nobody said."""
        try:
            return self._path.read_text("utf-8", errors="replace")
        except OSError:
            return ""

    def release(self) -> None:
        """Let go of the lock; the file stays, since removing it would let two in."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def is_locked(path: Path) -> bool:
    """Tell whether some process has the lock; makes no file, and writes to none.

    So whoever waits for the file to be closed by its writer is not woken by this. Of a file that
    cannot be opened nobody is known to have the lock.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        _look(descriptor)
    except (BlockingIOError, PermissionError):
        return True
    finally:
        os.close(descriptor)
    return False


if sys.platform == "win32":

    def _lock(descriptor: int, *, wait: bool) -> None:
        import msvcrt  # noqa: PLC0415 -- Windows only

        while True:
            try:
                msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            except PermissionError:
                if not wait:
                    raise
                # LK_LOCK would give up after ten seconds.
                time.sleep(WINDOWS_WAIT)
            else:
                return

    def _look(descriptor: int) -> None:
        _lock(descriptor, wait=False)

else:

    def _lock(descriptor: int, *, wait: bool) -> None:
        import fcntl  # noqa: PLC0415 -- not on Windows

        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))

    def _look(descriptor: int) -> None:
        import fcntl  # noqa: PLC0415 -- as above

        # Shared, so that two who look do not take each other for the holder.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
