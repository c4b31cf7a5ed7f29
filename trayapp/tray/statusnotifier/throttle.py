"""When each of several signals may go out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Throttle:
    """Let each name through at most once in an interval; what was marked always comes through.

    It has no clock: times are given, in seconds on any clock that never steps back. It is not
    locked.
    """

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._earliest: dict[str, float] = {}
        self._marked: set[str] = set()

    def mark(self, names: Iterable[str]) -> None:
        """Ask for these names to go out as soon as each may."""
        self._marked.update(names)

    def take(self, now: float) -> frozenset[str]:
        """Return the names that go out now, and count them as gone."""
        due = frozenset(name for name in self._marked if self._earliest.get(name, now) <= now)
        self._marked -= due
        self._earliest.update(dict.fromkeys(due, now + self._interval))
        return due

    def due_at(self, now: float) -> float | None:
        """Return when the next marked name may go out, None while nothing is marked."""
        return min((self._earliest.get(name, now) for name in self._marked), default=None)
