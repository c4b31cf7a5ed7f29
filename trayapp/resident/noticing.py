"""What the poller notices by looking: edited settings, and a sleep that nobody told of."""

from __future__ import annotations

from collections.abc import Callable

from trayapp.resident.clock import Clock

SLEPT_SECONDS = 10.0
"""The wall clock ran this much further than the monotonic one: the machine slept, or it was set."""

STILL_SECONDS = 0.5
"""How long settings must stay as they are: an editor may empty a file before it writes it."""

_NEVER_READ = object()


class Edits:
    """Notice that settings were edited, once they are still.

    `fingerprint` gives something that differs when they were. The first look is an edit, too.
    """

    def __init__(self, fingerprint: Callable[[], object], clock: Clock) -> None:
        self._fingerprint = fingerprint
        self._clock = clock
        self._read: object = _NEVER_READ
        self._seen: object = _NEVER_READ
        self._since = 0.0

    def were_made(self, *, at_once: bool) -> bool:
        """Tell whether settings are to be read anew; `at_once` does not wait for stillness."""
        found, moment = self._fingerprint(), self._clock.monotonic()
        if found != self._seen:
            self._seen, self._since = found, moment
        if found == self._read:
            return False
        still = moment - self._since >= STILL_SECONDS
        if still or at_once or self._read is _NEVER_READ:
            self._read = found
            return True
        return False

    def pending(self) -> float | None:
        """Give the seconds until an edit may be still, None where there is none."""
        if self._seen == self._read:
            return None
        return max(0.0, self._since + STILL_SECONDS - self._clock.monotonic())


class Sleeps:
    """Notice that the machine slept, or that its clock was set."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._clocks: tuple[float, float] | None = None

    def were_had(self) -> bool:
        """Tell whether the two clocks went apart since the last look."""
        wall, monotonic = self._clock.time(), self._clock.monotonic()
        last, self._clocks = self._clocks, (wall, monotonic)
        return last is not None and abs((wall - last[0]) - (monotonic - last[1])) > SLEPT_SECONDS
