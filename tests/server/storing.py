"""The heartbeats that a server keeps, each once by the dialect's own rule."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

Row = dict[str, Any]
"""One stored heartbeat, with the dialect's own columns; never changed once it is stored.

Every dialect has entity, time (epoch seconds), type, category, project, branch, language, is_write,
machine and user_agent.
"""


class HeartbeatStore:
    """The rows of one account; used by all connections at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: list[Row] = []
        self._by_key: dict[Hashable, Row] = {}
        self._settled: tuple[int, float] = (0, float("-inf"))

    @property
    def rows(self) -> tuple[Row, ...]:
        """All rows, in the order in which they came."""
        with self._lock:
            return tuple(self._rows)

    def add(self, key: Hashable, row: Row) -> Row:
        """Store a row under what makes it the same as another; give the one that is stored."""
        with self._lock:
            stored = self._by_key.setdefault(key, row)
            if stored is row:
                self._rows.append(row)
                row["id"] = row.get("id") or len(self._rows)
            return stored

    def latest(self, fits: Callable[[Row], bool]) -> Row | None:
        """Give the row of the latest time among those that fit."""
        return max(filter(fits, self.rows), key=lambda row: float(row["time"]), default=None)

    def settle(self) -> None:
        """Count once and for all what is there, up to the latest time."""
        rows = self.rows
        self._settled = (len(rows), max((row["time"] for row in rows), default=float("-inf")))

    @property
    def counted_rows(self) -> tuple[Row, ...]:
        """The rows without those that came after `settle` and are older than what it counted."""
        count, until = self._settled
        rows = self.rows
        return rows[:count] + tuple(row for row in rows[count:] if row["time"] > until)
