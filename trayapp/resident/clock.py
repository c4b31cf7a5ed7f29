"""The clock as the resident uses it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """Tells the time and waits."""

    def time(self) -> float:
        """Give the wall clock in epoch seconds."""

    def monotonic(self) -> float:
        """Give seconds that never go back; they may stand still while the machine sleeps."""

    def wait(self, wakeup: threading.Event, seconds: float) -> None:
        """Wait until `wakeup` is set, at most `seconds`."""


class SystemClock:
    """The machine's own clock."""

    def time(self) -> float:
        """Give the wall clock in epoch seconds."""
        return time.time()

    def monotonic(self) -> float:
        """Give the monotonic clock in seconds."""
        return time.monotonic()

    def wait(self, wakeup: threading.Event, seconds: float) -> None:
        """Wait until `wakeup` is set, at most `seconds`."""
        wakeup.wait(seconds)


@dataclass
class ManualClock:
    """A clock that moves only when told to, for tests; waiting moves it at once."""

    now: float = 1_790_000_000.0
    elapsed: float = 0.0

    def time(self) -> float:
        """Give the wall clock as it was set."""
        return self.now

    def monotonic(self) -> float:
        """Give the seconds passed since the clock was made, sleep left out."""
        return self.elapsed

    def wait(self, wakeup: threading.Event, seconds: float) -> None:
        """Let the time pass that was to be waited."""
        if not wakeup.is_set():
            self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Let time pass while the machine is awake."""
        self.now += seconds
        self.elapsed += seconds

    def sleep(self, seconds: float) -> None:
        """Let time pass while the machine sleeps."""
        self.now += seconds
