"""The pipe that ends the loop's wait."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType


class Wakeup:
    """Wake a loop that waits on `fileno()`, from any thread and from signal handlers.

    Entered in the main thread, it is woken by every signal too: without that, a signal that comes
    just before the wait would be handled only after it.
    """

    def __init__(self) -> None:
        # Re-entrant, because a signal handler may interrupt its own thread inside wake().
        self._lock = threading.RLock()
        self._ends: tuple[int, int] | None = None
        self._woken = False
        self._previous_descriptor: int | None = None

    def __enter__(self) -> Self:
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        os.set_blocking(writing, False)
        with self._lock:
            self._ends = reading, writing
            self._woken = False
        if threading.current_thread() is threading.main_thread():
            self._previous_descriptor = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._previous_descriptor is not None:
            signal.set_wakeup_fd(self._previous_descriptor)
            self._previous_descriptor = None
        with self._lock:
            ends, self._ends = self._ends, None
        for end in ends or ():
            os.close(end)

    def fileno(self) -> int:
        """Return the descriptor that becomes readable."""
        if self._ends is None:
            raise ValueError("the wake-up pipe is closed")
        return self._ends[0]

    def wake(self) -> None:
        """End the wait; nothing happens outside the `with` block."""
        with self._lock:
            if self._ends is not None and not self._woken:
                self._woken = True
                with suppress(BlockingIOError):  # A full pipe wakes as well as one more byte.
                    os.write(self._ends[1], b"\0")

    def clear(self) -> None:
        """Empty the pipe; what was changed before any wake() so far is visible afterwards."""
        with suppress(BlockingIOError):
            while os.read(self.fileno(), 4096):
                pass
        self._woken = False
