"""watchdog's emitter for ReadDirectoryChangesW, without its wait and with its lost events.

watchdog 7.1 hands on what it has read only after a second (its timeout) in which nothing happens:
while npm installs something, saves would wait, until their files look old. And a buffer that
overflowed, which the system gives back empty, is passed over in silence.
"""

from __future__ import annotations

import queue
from collections.abc import Callable

from watchdog.observers.read_directory_changes import WindowsApiEmitter
from watchdog.observers.winapi import DirectoryChangeReader

from trayapp.watching.inotify.translation import OverflowEvent


class Buffers(queue.Queue[tuple[bytes, bool]]):
    """What the system filled, each with whether it has the extended form; each one is a batch."""

    def __init__(self, overflowed: Callable[[], None]) -> None:
        super().__init__()
        self._overflowed = overflowed
        self._has_started = False
        self._is_given = False
        self._is_ended = False

    def get(self, block: bool = True, timeout: float | None = None) -> tuple[bytes, bool]:
        """Wait for a buffer, and then say once by queue.Empty that it is all there is."""
        if self._is_given:
            self._is_given = False
            raise queue.Empty
        # Who waits for the first one, which says that the reader runs, has a time limit.
        buffer, is_extended = super().get(block, None if self._has_started else timeout)
        if self._is_ended:
            raise queue.Empty
        self._is_given = bool(buffer)
        if not buffer and self._has_started:
            self._overflowed()
        self._has_started = True
        return buffer, is_extended

    def end(self) -> None:
        """Let nobody wait any longer."""
        self._is_ended = True
        self.put((b"", False))


class Reader(DirectoryChangeReader):
    """watchdog's reader, on those buffers."""

    def __init__(self, path: str, *, recursive: bool, overflowed: Callable[[], None]) -> None:
        super().__init__(path, recursive=recursive)
        self._buf_queue: Buffers = Buffers(overflowed)

    def stop(self) -> None:
        """End the reading, and the wait for it."""
        super().stop()
        self._buf_queue.end()


class WindowsEmitter(WindowsApiEmitter):
    """Tell events as they come, and of lost ones by an OverflowEvent."""

    def on_thread_start(self) -> None:
        """Start the reader; raises queue.Empty where the folder cannot be opened."""
        self._reader = Reader(
            self.watch.path, recursive=self.watch.is_recursive, overflowed=self._tell_overflow
        )
        self._reader.start()

    def _tell_overflow(self) -> None:
        self.queue_event(OverflowEvent(self.watch.path))
