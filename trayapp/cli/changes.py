"""Waiting until something happens: a file of a folder is written, a reader goes, a signal comes."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from trayapp.cli.signals import handled

LOOK_SECONDS = 2.0
"""How often the files are looked at where the system does not tell of them."""

ENDING = ("SIGINT", "SIGTERM", "SIGHUP")


class Changes:
    """Look at files of a folder now and then.

    `ended_by` says why nothing more will come: the signal's number, 0 when whoever reads the output
    has gone; it is None before that.
    """

    def __init__(self, folder: Path, names: Collection[str]) -> None:
        self.ended_by: int | None = None
        self._folder = folder
        self._names = names
        self._seen = self._look()

    def wait(self, seconds: float | None) -> set[str]:
        """Wait at most so long, None is for ever; gives the names of files that were changed."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while self.ended_by is None:
            left = LOOK_SECONDS if deadline is None else deadline - time.monotonic()
            if left <= 0:
                break
            time.sleep(min(left, LOOK_SECONDS))
            before, self._seen = self._seen, self._look()
            if changed := {name for name in self._names if before[name] != self._seen[name]}:
                return changed
        return set()

    def end(self, number: int) -> None:
        """Remember the signal that came."""
        self.ended_by = number

    def close(self) -> None:
        """Let go of what the system tells by."""

    def _look(self) -> dict[str, object]:
        return {name: _fingerprint(self._folder / name) for name in self._names}


def _fingerprint(path: Path) -> object:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


if sys.platform == "linux":
    import select

    from trayapp.watching.inotify.kernel import CLOSE_WRITE, DELETE, MOVED_TO, Inotify

    class _ToldChanges(Changes):
        """Sleep until the kernel tells of them.

        A lock's file is closed, as if written, when its holder ends, however that ends.
        """

        def __init__(self, folder: Path, names: Collection[str], reader: int | None) -> None:
            super().__init__(folder, names)
            self._inotify = Inotify()
            try:
                self._watch()
            except OSError:
                self._inotify.close()
                raise
            # A signal's handler may run right before the sleep begins: this ends the sleep.
            self._wakes, self._wake = os.pipe()
            os.set_blocking(self._wake, False)
            self._before = signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
            self._poll = select.poll()
            self._poll.register(self._inotify.fileno(), select.POLLIN)
            self._poll.register(self._wakes, select.POLLIN)
            self._reader = reader
            if reader is not None:
                # Nothing is asked, so only that its other end was closed is told.
                self._poll.register(reader, 0)

        def wait(self, seconds: float | None) -> set[str]:
            # The same watch, unless somebody deleted the folder since.
            self._watch()
            deadline = None if seconds is None else time.monotonic() + seconds
            while self.ended_by is None:
                left = None if deadline is None else 1000 * (deadline - time.monotonic())
                if left is not None and left <= 0:
                    break
                for descriptor, _events in self._poll.poll(left):
                    if descriptor == self._reader and self.ended_by is None:
                        self.ended_by = 0
                if changed := self._read():
                    return changed
            return set()

        def close(self) -> None:
            signal.set_wakeup_fd(self._before)
            os.close(self._wake)
            os.close(self._wakes)
            self._inotify.close()

        def _watch(self) -> None:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._inotify.add(str(self._folder), CLOSE_WRITE | MOVED_TO | DELETE)

        def _read(self) -> set[str]:
            changed: set[str] = set()
            for record in self._inotify.read():
                if record.name in self._names:
                    changed.add(record.name)
                elif not record.name:
                    # The folder has gone, or events were lost.
                    changed.update(self._names)
            return changed

    def _make(folder: Path, names: Collection[str], reader: int | None) -> Changes:
        try:
            return _ToldChanges(folder, names, reader)
        except OSError:
            # No inotify instance or watch is left.
            return Changes(folder, names)

else:

    def _make(folder: Path, names: Collection[str], reader: int | None) -> Changes:
        del reader
        return Changes(folder, names)


@contextmanager
def following(folder: Path, names: Collection[str], reader: int | None) -> Iterator[Changes]:
    """Follow files of a folder, which is there, until a signal comes or the reader goes.

    `reader` is the descriptor of the pipe that somebody reads, None where there is none.
    """
    changes = _make(folder, names, reader)
    try:
        with handled(changes.end, *ENDING):
            yield changes
    finally:
        changes.close()
