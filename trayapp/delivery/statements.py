"""What the queue does within one transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence

from trayapp.coding.coalescing import Decision, Window, decide, is_over
from trayapp.coding.heartbeat import to_json
from trayapp.delivery.rows import LOCAL, Content, Recording, Row
from trayapp.delivery.schema import COLUMNS

NAMES = COLUMNS.split(", ")


def record_one(connection: sqlite3.Connection, recording: Recording) -> None:
    """Store a recording, as the window says."""
    heartbeat = recording.heartbeat
    receivers = () if recording.receivers is None else recording.receivers or (LOCAL,)
    content = addressed(
        Content(
            to_json(heartbeat),
            heartbeat.machine,
            heartbeat.user_agent,
            float(heartbeat.time),
            heartbeat.project,
            heartbeat.language,
            "",
        ),
        receivers,
    )
    if not receivers:
        content = content.history()
    if recording.key is None:
        # To the window it is a save of another key.
        close_window(connection)
        insert(connection, content, receivers)
        return
    window, held = find_window(connection)
    decision = decide(window, recording.key, content.time)
    if window is not None and decision is Decision.REPLACE and held is not None:
        connection.execute("DELETE FROM deliveries WHERE heartbeat = ?", (held,))
        deliver(connection, held, receivers)
        store(connection, held, content)
        connection.execute("UPDATE coalescing_window SET held_at = ?", (content.time,))
    elif window is not None and decision is Decision.HOLD:
        held = insert(connection, content, receivers)
        connection.execute(
            "UPDATE coalescing_window SET held_at = ?, held = ?", (content.time, held)
        )
    else:
        close_window(connection)
        insert(connection, content, receivers)
        connection.execute(
            "INSERT INTO coalescing_window (key, started_at) VALUES (?, ?)",
            (recording.key, content.time),
        )


def find_window(connection: sqlite3.Connection) -> tuple[Window | None, int | None]:
    """Give the window, and the id of the row that it holds."""
    row = connection.execute(
        "SELECT key, started_at, held_at, held FROM coalescing_window"
    ).fetchone()
    if row is None:
        return None, None
    key, started_at, held_at, held = row
    return Window(key, started_at, held_at), held


def close_window(connection: sqlite3.Connection) -> None:
    """Hold nothing any more."""
    connection.execute("DELETE FROM coalescing_window")


def close_if_over(connection: sqlite3.Connection, now: float) -> None:
    """Hold nothing any more if the window has ended."""
    window, _ = find_window(connection)
    if window is not None and is_over(window, now):
        close_window(connection)


def insert(connection: sqlite3.Connection, content: Content, receivers: Sequence[str]) -> int:
    """Put in a new row, which waits for its receivers; give its id."""
    marks = ", ".join("?" * len(NAMES))
    cursor = connection.execute(
        f"INSERT INTO heartbeats ({COLUMNS}) VALUES ({marks})",  # noqa: S608 -- constants
        content.values(),
    )
    identity = cursor.lastrowid or 0
    deliver(connection, identity, receivers)
    return identity


def deliver(connection: sqlite3.Connection, identity: int, receivers: Sequence[str]) -> None:
    """Let a row wait for receivers."""
    connection.executemany(
        "INSERT INTO deliveries (heartbeat, receiver, state, tries, at, reason)"
        " VALUES (?, ?, 'waiting', 0, 0.0, '')",
        [(identity, receiver) for receiver in dict.fromkeys(receivers)],
    )


def store(connection: sqlite3.Connection, identity: int, content: Content) -> None:
    """Give a row another content."""
    assignments = ", ".join(f"{name} = ?" for name in NAMES)
    connection.execute(
        f"UPDATE heartbeats SET {assignments} WHERE id = ?",  # noqa: S608 -- constants
        (*content.values(), identity),
    )


def find_content(connection: sqlite3.Connection, identity: int) -> Content | None:
    """Give what a row holds, None where there is none."""
    values = connection.execute(
        f"SELECT {COLUMNS} FROM heartbeats WHERE id = ?",  # noqa: S608 -- constants
        (identity,),
    ).fetchone()
    return None if values is None else Content(*values)


def addressed(content: Content, receivers: Sequence[str]) -> Content:
    """Give a content for these receivers, sealed."""
    return content._replace(receivers=json.dumps(list(receivers))).sealed()


def row_of(identity: int, content: Content, tries: object) -> Row | None:
    """Give a row to send, None for one that is damaged."""
    if not content.is_whole():
        return None
    if content.body is None or content.machine is None or content.user_agent is None:
        return None
    # The number of tries has no seal.
    sound = tries if isinstance(tries, int) else 0
    return Row(identity, content.body, content.machine, content.user_agent, content.time, sound)


def newest_done(connection: sqlite3.Connection, receiver: str) -> list[int]:
    """Give the id of the newest row that the receiver took, if there is one."""
    (newest,) = connection.execute(
        "SELECT max(heartbeat) FROM deliveries WHERE receiver = ? AND state = 'done'", (receiver,)
    ).fetchone()
    return [] if newest is None else [newest]


def settle(connection: sqlite3.Connection, ids: Iterable[int]) -> None:
    """Erase bytes and names of those of these rows that no receiver waits for any more.

    The newest that a receiver took keeps its own.
    """
    for identity in ids:
        deliveries = connection.execute(
            "SELECT receiver, state FROM deliveries WHERE heartbeat = ?", (identity,)
        ).fetchall()
        unfinished = any(state not in ("done", "dropped") for _, state in deliveries)
        newest = any(
            state == "done" and newest_done(connection, name) == [identity]
            for name, state in deliveries
        )
        content = None if unfinished or newest else find_content(connection, identity)
        if content is not None and content.body is not None:
            store(connection, identity, content.history())


def entity_of(body: object) -> str:
    """Read the entity out of a body, "" where it cannot be read."""
    try:
        found = json.loads(body) if isinstance(body, bytes) else None
    except (ValueError, RecursionError):
        return ""
    entity = found.get("entity") if isinstance(found, dict) else None
    return entity if isinstance(entity, str) else ""
