"""How processes that use one file wait for each other."""

from __future__ import annotations

import errno
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trayapp.delivery.files import identity, make_private_file

BUSY_SECONDS = 10.0
"""How long one process waits for another's transaction, which takes milliseconds."""

TURN_SECONDS = 0.05
"""SQLite looks ever more seldom whether it may write: so often it begins to look anew."""

MENDING_SECONDS = 60.0
"""How long who would mend the file waits for those who use it, and for others who mend it."""

_WITHOUT = {errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT}
_WITHOUT_OF_SQLITE = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}
"""Where there can be no gate, as on a read-only disk, nobody replaces the file."""


def begin(connection: sqlite3.Connection, statement: str, seconds: float | None = None) -> None:
    """Begin a transaction; among busy writers each has its turn; raises sqlite3.Error."""
    deadline = time.monotonic() + (BUSY_SECONDS if seconds is None else seconds)
    _wait_at_most(connection, TURN_SECONDS)
    try:
        while True:
            try:
                connection.execute(statement)
            except sqlite3.OperationalError as error:
                if not is_busy(error) or time.monotonic() >= deadline:
                    raise
            else:
                return
    finally:
        _wait_at_most(connection, BUSY_SECONDS)


def code_of(error: sqlite3.Error) -> int:
    """Give SQLite's code of an error; what schema.fault finds has none, and is damage."""
    return int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)) & 0xFF


def is_busy(error: sqlite3.Error) -> bool:
    """Tell whether it is only that another has the file."""
    return code_of(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class Gate:
    """A lock beside a file: shared by all who use it, and one's own who puts another in its place.

    SQLite's locks are no help there. They are on the file, and its journal is found by name: who
    waited for the old file would take the new one's journal for what a killed process left, and
    undo and delete it. https://www.sqlite.org/howtocorrupt.html#_unlinking_or_renaming_a_database_file_while_in_use

    It is SQLite's lock on an empty file: it ends with its process, on every system.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.with_name(f"{path.name}.lock")
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Keep others from replacing the file; raises sqlite3.Error while somebody does."""
        entered = self._enter()
        try:
            yield
        finally:
            if entered is not None:
                entered.execute("ROLLBACK")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep others from using the file at all; raises sqlite3.Error, OSError."""
        while True:
            # Anew: one that was opened on a read-only disk stays so when the disk no longer is.
            self.close()
            connection = self._opened()
            begin(connection, "BEGIN EXCLUSIVE", MENDING_SECONDS)
            try:
                # Of a file that may not be written SQLite begins only to read, and shares the lock.
                connection.execute("PRAGMA user_version = 0")
                if self._is_there():
                    yield
                    return
            finally:
                connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close the lock's own file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _enter(self) -> sqlite3.Connection | None:
        try:
            while True:
                connection = self._opened()
                connection.execute("BEGIN")
                # It is only now that SQLite takes the lock.
                connection.execute("SELECT 1 FROM sqlite_master").fetchone()
                if self._is_there():
                    break
                self.close()
        except OSError as error:
            if error.errno not in _WITHOUT:
                raise
            return None
        except sqlite3.Error as error:
            self.close()
            if code_of(error) not in _WITHOUT_OF_SQLITE:
                raise
            return None
        return connection

    def _is_there(self) -> bool:
        """Tell whether others who come now find the file that this has open."""
        return self._identity == identity(self._path)

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            make_private_file(self._path)
            if self._path.stat().st_size:
                # Whatever a power cut left in it would keep SQLite from locking it.
                os.truncate(self._path, 0)
            # Before it is opened: if it is replaced in between, this is seen once it is locked.
            self._identity = identity(self._path)
            self._connection = opened(self._path)
        return self._connection


def opened(path: Path) -> sqlite3.Connection:
    """Open a file that exists; raises sqlite3.Error."""
    # By a URI that makes no file: SQLite's would be readable by others.
    return sqlite3.connect(
        f"{path.as_uri()}?mode=rw",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )


def _wait_at_most(connection: sqlite3.Connection, seconds: float) -> None:
    connection.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")
