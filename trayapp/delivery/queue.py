"""The queue on disk: what was recorded, and what became of it at each account."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from trayapp.coding.coalescing import ends_at, is_over
from trayapp.delivery.database import Database
from trayapp.delivery.rows import LOCAL, Content, Counts, DeadLetter, Outcome, Recording, Row
from trayapp.delivery.statements import (
    NAMES,
    addressed,
    close_if_over,
    close_window,
    deliver,
    entity_of,
    find_content,
    find_window,
    newest_done,
    record_one,
    row_of,
    settle,
    store,
)
from trayapp.errors import QueueBusyError, QueueFullError
from trayapp.late_log import late_log

DONE_SECONDS = 2 * 86400.0
"""How long it stays known when a receiver took a heartbeat: longer than any zone's day."""

DAMAGED = "it was damaged on disk"

_OF_HEARTBEAT = ", ".join(f"h.{name}" for name in NAMES)


def _only_told(text: str) -> None:
    late_log(__name__).warning("%s", text)


class HeartbeatQueue:
    """What any process records and one process sends.

    Nothing is opened before it is needed. `tell` is given sentences for a person: the file was
    damaged, a row was. Every method may raise QueueError, and then did nothing. Any thread may call
    them. Times are in epoch seconds, receivers are NAME@api_url.
    """

    def __init__(self, path: Path, tell: Callable[[str], None] = _only_told) -> None:
        self._database = Database(path, tell)
        self._tell = tell

    def check(self) -> None:
        """Look through the whole file, as a start of the app does; what is damaged is mended."""
        self._database.check()

    def close(self) -> None:
        """Let go of the file; it is opened again when needed."""
        self._database.close()

    def record(self, recordings: Sequence[Recording]) -> None:
        """Record all of these or none: they are on disk when this returns."""

        def work(connection: sqlite3.Connection) -> None:
            for recording in recordings:
                record_one(connection, recording)

        if recordings:
            self._database.write(work)

    def close_window(self) -> None:
        """Hold nothing any more: the app stops, or starts."""
        self._database.write(close_window)

    def waiting(self, receiver: str, now: float, limit: int, after_id: int = 0) -> list[Row]:
        """Give what is to be sent, the oldest first, but for a row that is held still.

        A damaged row is set aside, told, and never given.
        """

        def look(connection: sqlite3.Connection) -> tuple[list[Row], list[int], bool]:
            window, held = find_window(connection)
            rows, damaged = [], []
            for identity, tries, *values in connection.execute(
                f"SELECT d.heartbeat, d.tries, {_OF_HEARTBEAT} FROM deliveries d"  # noqa: S608 -- constants
                " LEFT JOIN heartbeats h ON h.id = d.heartbeat WHERE d.receiver = ?"
                " AND d.state = 'waiting' AND d.heartbeat > ? AND d.heartbeat IS NOT ?"
                " ORDER BY d.heartbeat LIMIT ?",
                (receiver, after_id, held, limit),
            ):
                row = row_of(identity, Content(*values), tries)
                if row is None:
                    damaged.append(identity)
                else:
                    rows.append(row)
            over = window is not None and held is not None and is_over(window, now)
            return rows, damaged, over

        rows, damaged, over = self._database.read(look)
        # A disk that takes nothing keeps no other row from being sent.
        with suppress(QueueFullError, QueueBusyError):
            while over or damaged:
                if over:
                    # First, so that nothing takes the place of what is given.
                    self._database.write(lambda connection: close_if_over(connection, now))
                if damaged and not self._set_aside(damaged):
                    # That they wait said only an index, unless they were given up meanwhile.
                    self._database.check()
                rows, damaged, over = self._database.read(look)
        return rows

    def mark(self, receiver: str, outcomes: Iterable[Outcome], at: float) -> None:
        """Store what became of rows at a receiver; one that waits no more is left as it is."""
        changes = [
            (outcome.state, outcome.tries, at, outcome.reason, outcome.id, receiver)
            for outcome in outcomes
        ]

        def work(connection: sqlite3.Connection) -> None:
            before = newest_done(connection, receiver)
            connection.executemany(
                "UPDATE deliveries SET state = ?, tries = ?, at = ?, reason = ?"
                " WHERE heartbeat = ? AND receiver = ? AND state = 'waiting'",
                changes,
            )
            settle(connection, {*before, *(change[4] for change in changes)})

        self._database.write(work)

    def receivers(self) -> list[str]:
        """Name all receivers that have rows, but for the local one."""
        rows = self._database.read(
            lambda connection: connection.execute(
                "SELECT DISTINCT receiver FROM deliveries WHERE state <> 'dropped'"
                " AND receiver <> ? ORDER BY receiver",
                (LOCAL,),
            ).fetchall()
        )
        return [name for (name,) in rows]

    def counts(self, receiver: str, day_start: float | None = 0.0) -> Counts:
        """Count a receiver's rows; LOCAL is a receiver too.

        `done` is what was since `day_start`. With None that is left at 0, which costs the same
        however long the history is.
        """

        def work(connection: sqlite3.Connection) -> Counts:
            numbers = [
                connection.execute(
                    "SELECT count(*) FROM deliveries WHERE receiver = ? AND state = ?",
                    (receiver, state),
                ).fetchone()[0]
                for state in ("waiting", "dead", "set-aside")
            ]
            counts = Counts(waiting=numbers[0], dead=numbers[1], set_aside=numbers[2])
            if day_start is None:
                return counts
            (done,) = connection.execute(
                "SELECT count(*) FROM deliveries WHERE receiver = ? AND state = 'done' AND at >= ?",
                (receiver, day_start),
            ).fetchone()
            return counts._replace(done=done)

        return self._database.read(work)

    def next_due(self, receiver: str, now: float) -> float | None:
        """Give the moment at which a row of this receiver is held no longer; None without one."""

        def work(connection: sqlite3.Connection) -> float | None:
            window, held = find_window(connection)
            found = connection.execute(
                "SELECT 1 FROM deliveries WHERE heartbeat IS ? AND receiver = ?", (held, receiver)
            ).fetchone()
            if window is None or found is None:
                return None
            return now if is_over(window, now) else ends_at(window)

        return self._database.read(work)

    def dead(self, receiver: str | None = None) -> list[DeadLetter]:
        """List what is not sent any more, of one receiver or of all."""
        rows = self._database.read(
            lambda connection: connection.execute(
                # Whatever a damaged row holds is made a number, or text.
                "SELECT d.heartbeat, d.receiver, d.state, d.at + 0.0,"
                " ifnull(CAST(d.reason AS TEXT), ''), h.body, ifnull(h.time + 0.0, 0.0)"
                " FROM deliveries d LEFT JOIN heartbeats h ON h.id = d.heartbeat"
                " WHERE d.state IN ('dead', 'set-aside') AND (d.receiver = ?1 OR ?1 IS NULL)"
                " ORDER BY d.receiver, d.heartbeat",
                (receiver,),
            ).fetchall()
        )
        return [
            DeadLetter(
                id=identity,
                receiver=name,
                entity=entity_of(body),
                time=time,
                reason=reason,
                at=at,
                set_aside=state == "set-aside",
            )
            for identity, name, state, at, reason, body, time in rows
        ]

    def retry(self, ids: Collection[int] | None = None, receiver: str | None = None) -> int:
        """Let dead letters wait again, all of them without `ids`; give how many.

        What is damaged stays aside.
        """
        return self._change_dead("waiting", ("dead",), ids, receiver)

    def drop(self, ids: Collection[int] | None = None, receiver: str | None = None) -> int:
        """Give up dead letters and what was set aside, all of them without `ids`; give how many."""
        return self._change_dead("dropped", ("dead", "set-aside"), ids, receiver)

    def remove_receiver(self, receiver: str) -> int:
        """Drop all that a receiver has, LOCAL too; give how many were still to be sent."""

        def work(connection: sqlite3.Connection) -> int:
            rows = connection.execute(
                "SELECT heartbeat, state FROM deliveries WHERE receiver = ? AND state <> 'dropped'",
                (receiver,),
            ).fetchall()
            connection.execute(
                "UPDATE deliveries SET state = 'dropped', reason = '' WHERE receiver = ?",
                (receiver,),
            )
            settle(connection, {identity for identity, _ in rows})
            return sum(state == "waiting" for _, state in rows)

        return self._database.write(work)

    def address_local(self, receivers: Sequence[str]) -> int:
        """Send what was recorded without an account to these; give how many."""

        def work(connection: sqlite3.Connection) -> int:
            rows = connection.execute(
                f"SELECT h.id, {_OF_HEARTBEAT} FROM deliveries d"  # noqa: S608 -- constants
                " JOIN heartbeats h ON h.id = d.heartbeat"
                " WHERE d.receiver = ? AND d.state = 'waiting'",
                (LOCAL,),
            ).fetchall()
            count = 0
            for identity, *values in rows:
                content = Content(*values)
                # What is damaged stays where it is.
                if content.is_whole():
                    connection.execute("DELETE FROM deliveries WHERE heartbeat = ?", (identity,))
                    deliver(connection, identity, receivers)
                    store(connection, identity, addressed(content, receivers))
                    count += 1
            return count

        return self._database.write(work) if receivers else 0

    def times(
        self, start: float, end: float, receiver: str | None = None
    ) -> list[tuple[float, float | None]]:
        """Give the heartbeats of a stretch of time, oldest first: when made, and when delivered.

        With a receiver only what it has or is to have: neither dead letters nor what is older than
        the account. What is not delivered yet has None.
        """
        if receiver is None:
            query = "SELECT time, NULL FROM heartbeats WHERE time >= ?1 AND time < ?2"
        else:
            query = (
                "SELECT h.time, CASE d.state WHEN 'done' THEN d.at + 0.0 END FROM heartbeats h"
                # In this order: without CROSS SQLite goes through all that was ever delivered.
                " CROSS JOIN deliveries d ON d.heartbeat = h.id AND d.receiver = ?3"
                " WHERE h.time >= ?1 AND h.time < ?2 AND d.state IN ('waiting', 'done')"
            )
        values = (start, end) if receiver is None else (start, end, receiver)
        return self._database.read(
            lambda connection: connection.execute(f"{query} ORDER BY 1", values).fetchall()
        )

    def newest_accepted(self, receiver: str) -> Row | None:
        """Give the heartbeat that was recorded last of those that the receiver took."""

        def work(connection: sqlite3.Connection) -> Row | None:
            for identity in newest_done(connection, receiver):
                content = find_content(connection, identity)
                return None if content is None else row_of(identity, content, 0)
            return None

        return self._database.read(work)

    def tidy(self, now: float, keep_from: float) -> None:
        """Erase the history of before `keep_from`, and when what was taken before two days."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(
                "DELETE FROM heartbeats WHERE body IS NULL AND time < ?", (keep_from,)
            )
            connection.execute(
                "DELETE FROM deliveries WHERE state IN ('done', 'dropped')"
                " AND (at < ? OR heartbeat NOT IN (SELECT id FROM heartbeats))"
                " AND heartbeat NOT IN (SELECT id FROM heartbeats WHERE body IS NOT NULL)",
                (now - DONE_SECONDS,),
            )

        self._database.write(work)

    def forget(self) -> None:
        """Erase all that was delivered, and the damaged files; what waits or is dead stays."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(
                "DELETE FROM heartbeats WHERE NOT EXISTS (SELECT 1 FROM deliveries WHERE"
                " heartbeat = heartbeats.id AND state NOT IN ('done', 'dropped'))"
            )
            connection.execute(
                "DELETE FROM deliveries WHERE heartbeat NOT IN (SELECT id FROM heartbeats)"
            )

        from trayapp.delivery.salvage import damaged_files  # noqa: PLC0415 -- seldom asked for

        self._database.write(work)
        for path in damaged_files(self._database.path):
            path.unlink(missing_ok=True)

    def _change_dead(
        self,
        state: str,
        states: tuple[str, ...],
        ids: Collection[int] | None,
        receiver: str | None,
    ) -> int:
        def work(connection: sqlite3.Connection) -> int:
            found = connection.execute(
                "SELECT heartbeat, receiver, state FROM deliveries"
                " WHERE state IN ('dead', 'set-aside') AND (receiver = ?1 OR ?1 IS NULL)",
                (receiver,),
            ).fetchall()
            chosen = [
                (state, identity, name)
                for identity, name, was in found
                if was in states and (ids is None or identity in ids)
            ]
            connection.executemany(
                "UPDATE deliveries SET state = ?, tries = 0, reason = ''"
                " WHERE heartbeat = ? AND receiver = ?",
                chosen,
            )
            settle(connection, {identity for _, identity, _ in chosen})
            return len(chosen)

        return self._database.write(work)

    def _set_aside(self, ids: Sequence[int]) -> bool:
        """Tell a person of damaged rows, and send them no more; gives whether they waited."""
        changed = self._database.write(
            lambda connection: (
                connection.executemany(
                    "UPDATE deliveries SET state = 'set-aside', reason = ?"
                    " WHERE heartbeat = ? AND state = 'waiting'",
                    [(DAMAGED, identity) for identity in ids],
                ).rowcount
            )
        )
        if not changed:
            return False
        number = "A heartbeat" if len(ids) == 1 else f"{len(ids)} heartbeats"
        self._tell(f"{number} in the queue cannot be read any more and will not be sent")
        return True
