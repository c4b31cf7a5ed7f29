"""The tables of the queue, and what is to be thought of those that are found."""

from __future__ import annotations

import json
import sqlite3
from enum import Enum, auto

VERSION = 1
"""A newer version must have other tables: by them it is told from a damaged number."""

HIGHEST_VERSION = 999
"""A number beyond this is a damaged one."""

PAGE_SIZE = 4096

HIGHEST_ID = 2**48
"""No queue comes near it; SQLite gives no ids any more beyond 2**63."""

COLUMNS = "body, machine, user_agent, time, project, language, receivers, seal"

TABLES = (
    (
        "CREATE TABLE heartbeats (id INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB, machine TEXT,"
        " user_agent TEXT, time REAL NOT NULL, project TEXT, language TEXT,"
        " receivers TEXT NOT NULL, seal BLOB NOT NULL)"
    ),
    "CREATE INDEX heartbeats_by_time ON heartbeats (time)",
    (
        "CREATE TABLE deliveries (heartbeat INTEGER NOT NULL, receiver TEXT NOT NULL,"
        " state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'dead', 'set-aside', 'dropped')),"
        " tries INTEGER NOT NULL CHECK (typeof(tries) = 'integer'),"
        " at REAL NOT NULL CHECK (typeof(at) = 'real'), reason TEXT NOT NULL,"
        " PRIMARY KEY (heartbeat, receiver)) WITHOUT ROWID"
    ),
    "CREATE INDEX deliveries_by_state ON deliveries (receiver, state, heartbeat, at)",
    # At most one row: trayapp.coding.coalescing.Window, and the id of what it holds.
    (
        "CREATE TABLE coalescing_window (key BLOB NOT NULL, started_at REAL NOT NULL, held_at REAL,"
        " held INTEGER)"
    ),
)


class Found(Enum):
    """What a file turned out to be."""

    EMPTY = auto()
    OURS = auto()
    NEWER = auto()
    DAMAGED = auto()


def look(connection: sqlite3.Connection) -> Found:
    """Say what kind of file this is; within a transaction, since another process may create it."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    found = {
        sql
        for (sql,) in connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")
        if not sql.startswith("CREATE TABLE sqlite_")
    }
    if not found and version == 0:
        return Found.EMPTY
    if found != set(TABLES):
        return Found.NEWER if VERSION < version <= HIGHEST_VERSION else Found.DAMAGED
    (page_size,) = connection.execute("PRAGMA page_size").fetchone()
    return Found.OURS if (version, page_size) == (VERSION, PAGE_SIZE) else Found.DAMAGED


def create(connection: sqlite3.Connection) -> None:
    """Make the tables, unless another process was first."""
    connection.execute(f"PRAGMA page_size = {PAGE_SIZE}")
    connection.execute("BEGIN IMMEDIATE")
    if look(connection) is Found.EMPTY:
        for statement in TABLES:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")


def fault(connection: sqlite3.Connection) -> str | None:
    """Look through the whole file; give the first thing that is wrong, or None.

    Beyond what SQLite checks, no heartbeat may lack a delivery, and no delivery its heartbeat.
    integrity_check does all that quick_check does, and looks at the indexes too: a row that is
    missing in one would never be sent.
    """
    (verdict,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if verdict != "ok":
        return str(verdict)
    highest = connection.execute(
        "SELECT max(ifnull((SELECT max(seq) FROM sqlite_sequence), 0),"
        " ifnull((SELECT max(id) FROM heartbeats), 0))"
    ).fetchone()[0]
    if not isinstance(highest, int) or highest > HIGHEST_ID:
        return "the ids are beyond all bounds"
    deliveries: dict[int, set[str]] = {}
    unfinished: set[int] = set()
    for heartbeat, receiver, state in connection.execute(
        "SELECT heartbeat, receiver, state FROM deliveries"
    ):
        deliveries.setdefault(heartbeat, set()).add(receiver)
        if state not in ("done", "dropped"):
            unfinished.add(heartbeat)
    for heartbeat, receivers in connection.execute(
        "SELECT id, receivers FROM heartbeats WHERE body IS NOT NULL"
    ):
        unfinished.discard(heartbeat)
        if not addressees(receivers) <= deliveries.get(heartbeat, set()):
            return f"heartbeat {heartbeat} lacks a delivery"
    if unfinished:
        return f"{len(unfinished)} deliveries lack their heartbeat"
    return None


def addressees(receivers: object) -> set[str]:
    """Read the column `receivers`; what is damaged there names nobody."""
    try:
        names = json.loads(receivers) if isinstance(receivers, str) else []
    except (ValueError, RecursionError):
        return set()
    if not isinstance(names, list):
        return set()
    return {name for name in names if isinstance(name, str)}
