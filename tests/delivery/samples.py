"""Queues and heartbeats for the tests of this room."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

from trayapp.coding.heartbeat import Heartbeat
from trayapp.delivery.queue import HeartbeatQueue
from trayapp.delivery.rows import Outcome, Recording, Row
from trayapp.delivery.schema import PAGE_SIZE

NOW = 1_800_000_000.0
"""A quarter hour of UTC begins."""

LATER = NOW + 86400.0

HERE = "here@https://hackatime.example/api/v1"
THERE = "there@https://wakapi.example/api"


def heartbeat(number: int = 0, at: float | None = None, *, entity: str = "") -> Heartbeat:
    """One of its own for each number."""
    return Heartbeat(
        entity=entity or f"/home/a/code/{number}.py",
        time=NOW + number if at is None else at,
        project="code",
        branch="main",
        language="Python",
        lines=number,
        project_root_count=4,
        user_agent="wakatime/1 trayapp/1",
        machine="box",
    )


def recording(number: int = 0, *receivers: str, key: bytes | None = None) -> Recording:
    """For HERE, if nothing else is said."""
    return Recording(heartbeat(number), receivers or (HERE,), key)


def queue_of(path: Path, count: int, *receivers: str) -> HeartbeatQueue:
    """A queue with so many rows waiting."""
    queue = HeartbeatQueue(path)
    queue.record([recording(number, *receivers) for number in range(count)])
    return queue


def all_waiting(queue: HeartbeatQueue, receiver: str = HERE, now: float = LATER) -> list[Row]:
    """Whatever may be sent."""
    return queue.waiting(receiver, now, 1_000_000)


def done(rows: Iterable[Row]) -> list[Outcome]:
    return [Outcome(row.id, "done") for row in rows]


def entities(rows: Iterable[Row]) -> list[str]:
    return [json.loads(row.body)["entity"] for row in rows]


def sql(path: Path, *statements: str, values: Sequence[object] = ()) -> list[tuple[object, ...]]:
    """What the last of these gives; the file is not otherwise in use."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        for statement in statements[:-1]:
            connection.execute(statement)
        return connection.execute(statements[-1], values).fetchall()


def damage(path: Path, offset: int, junk: bytes) -> None:
    """Overwrite bytes in place."""
    with path.open("r+b") as stream:
        stream.seek(offset)
        stream.write(junk)


def first_page(path: Path) -> int:
    """Where the page with the first rows begins, which no later transaction writes."""
    return path.read_bytes().index(b"code/3.py") // PAGE_SIZE * PAGE_SIZE
