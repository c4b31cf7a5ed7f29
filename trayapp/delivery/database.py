"""One SQLite file that several processes write, and that may be damaged or replaced at any time."""

from __future__ import annotations

import sqlite3
import sys
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import TypeVar

from trayapp.delivery import locks
from trayapp.delivery.files import identity, make_private_file
from trayapp.delivery.schema import Found, create, fault, look
from trayapp.errors import (
    QueueBusyError,
    QueueDamagedError,
    QueueError,
    QueueFullError,
    QueueVersionError,
)
from trayapp.late_log import late_log

T = TypeVar("T")

MOST_ATTEMPTS = 5
"""How often a transaction is done over since the file was mended or replaced meanwhile."""

HIGHEST_WRITE_VERSION = 2
"""In the header of a file, byte 18: 1 with a rollback journal, 2 with a WAL."""

_UNWRITABLE = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_AUTH,
    sqlite3.SQLITE_NOLFS,
}


class Database:
    """Transactions on the file; any thread and any process may ask for them.

    A damaged file is mended at once: set aside, and what can be read of it put into a new one;
    `tell` is told so. No transaction of another process goes on meanwhile; it finds out before its
    next one that the path leads to another file. Who replaces the file in some other way is found
    out after the commit, and the transaction done over in the new one.
    """

    def __init__(self, path: Path, tell: Callable[[str], None]) -> None:
        self.path = path.absolute()
        self._tell = tell
        self._lock = threading.RLock()
        self._gate = locks.Gate(self.path)
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._opened_before = False

    def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do what only reads; raises QueueError."""
        return self._run("BEGIN", work)

    def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do what writes: it is on disk when this returns, or nothing of it; raises QueueError.

        It may be done more than once, into another file each time.
        """
        return self._run("BEGIN IMMEDIATE", work)

    def check(self) -> None:
        """Look through the whole file, and mend it if something is wrong; raises QueueError."""

        def work(connection: sqlite3.Connection) -> None:
            found = fault(connection)
            if found is not None:
                raise sqlite3.DatabaseError(found)

        with self._lock:
            # SQLite would believe the pages that it has read before.
            self._drop()
            self.read(work)

    def close(self) -> None:
        """Close the file; it is opened again when needed."""
        with self._lock:
            self._drop()
            self._gate.close()

    def _run(self, begin: str, work: Callable[[sqlite3.Connection], T]) -> T:
        with self._lock:
            problem: QueueError | None = None
            for _ in range(MOST_ATTEMPTS):
                try:
                    with self._gate.shared():
                        value = self._transaction(begin, work)
                        # Still behind the gate: who mends from here on has read what was committed.
                        if self._identity == identity(self.path):
                            self._let_go()
                            return value
                    late_log(__name__).info("%s was replaced meanwhile", self.path.name)
                except sqlite3.ProgrammingError:
                    raise
                except sqlite3.Error as error:
                    problem = error_of(error, self.path)
                    problem.__cause__ = error
                    self._overcome(problem, error)
                except OSError as error:
                    raise unwritable(self.path, error.strerror or "") from error
            raise problem or QueueBusyError(
                f"{self.path} is replaced again and again", "See which program does so."
            )

    def _overcome(self, problem: QueueError, error: sqlite3.Error) -> None:
        """Make another attempt worth while, or raise the problem."""
        replaced = self._connection is not None and self._identity != identity(self.path)
        # One that was opened on a read-only disk stays so when the disk no longer is.
        outlived = self._opened_before and locks.code_of(error) == sqlite3.SQLITE_READONLY
        self._drop()
        if replaced or outlived:
            return
        try:
            if not _is_damage(error, self.path):
                raise problem
            late_log(__name__).warning("the queue looks damaged: %s", error)
            self._mend()
        except sqlite3.Error as again:
            raise error_of(again, self.path) from again
        except OSError as again:
            raise unwritable(self.path, again.strerror or "") from again

    def _transaction(self, begin: str, work: Callable[[sqlite3.Connection], T]) -> T:
        connection = self._current()
        locks.begin(connection, begin)
        try:
            value = work(connection)
            connection.execute("COMMIT")
        except BaseException:
            # Some errors have rolled back already.
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise
        return value

    def _current(self) -> sqlite3.Connection:
        """Give a connection to the file to which the path leads now."""
        self._opened_before = True
        while self._connection is None or self._identity != identity(self.path):
            self._drop()
            make_private_file(self.path)
            # Before it is opened: if it is replaced in between, this is seen above.
            self._identity = identity(self.path)
            self._connection = connect(self.path)
            self._opened_before = False
        return self._connection

    def _let_go(self) -> None:
        if sys.platform == "win32":
            # There nobody could replace the file, who mends it neither.
            self._drop()

    def _drop(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
        self._connection = self._identity = None

    def _mend(self) -> None:
        from trayapp.delivery import salvage  # noqa: PLC0415 -- seldom needed

        with self._gate.alone():
            # Another process may have mended it while this one waited.
            if is_sound(self.path):
                return
            told = salvage.mend(self.path)
        late_log(__name__).warning("%s", told)
        self._tell(told)


def connect(path: Path) -> sqlite3.Connection:
    """Open a file and make its tables if it is empty; raises sqlite3.Error, QueueVersionError."""
    connection = locks.opened(path)
    try:
        _prepare(connection, path)
    except UnicodeDecodeError as error:
        connection.close()
        # SQLite quotes a table's definition.
        raise sqlite3.DatabaseError("the tables cannot be read") from error
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    # Damaged text must not raise: its seal is found broken.
    connection.text_factory = _text
    connection.execute("PRAGMA cell_size_check = ON")
    connection.execute("BEGIN")
    found = look(connection)
    connection.execute("COMMIT")
    if found is Found.NEWER:
        raise QueueVersionError(
            f"{path} was written by a newer trayapp", "Use that one, or set the file aside."
        )
    if found is Found.DAMAGED:
        raise sqlite3.DatabaseError("the tables are not as they were made")
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")
    if found is Found.EMPTY:
        create(connection)


def is_sound(path: Path) -> bool:
    """Tell whether a file can be used as it is; raises sqlite3.Error where that is not known."""
    make_private_file(path)
    try:
        with closing(connect(path)) as connection:
            if fault(connection) is not None:
                return False
    except sqlite3.Error as error:
        if _is_damage(error, path):
            return False
        raise
    return not _calls_itself_read_only(path)


def error_of(error: sqlite3.Error, path: Path) -> QueueError:
    """Give the error for people; every one of SQLite's has its place here."""
    code = locks.code_of(error)
    if locks.is_busy(error):
        return QueueBusyError(
            f"{path} is held by another program", "Try again, or see who has it open."
        )
    if code in _UNWRITABLE:
        return unwritable(path, str(error))
    return QueueDamagedError(f"{path} is damaged", "Restart trayapp, which saves what can be read.")


def unwritable(path: Path, reason: str) -> QueueFullError:
    """Give the error for a disk that takes nothing."""
    return QueueFullError(
        f"{path} cannot be written ({reason})", "Make room on the disk, and the folder writable."
    )


def _is_damage(error: sqlite3.Error, path: Path) -> bool:
    code = locks.code_of(error)
    if code == sqlite3.SQLITE_READONLY:
        return _calls_itself_read_only(path)
    return not locks.is_busy(error) and code not in _UNWRITABLE


def _calls_itself_read_only(path: Path) -> bool:
    """Tell whether the file says that only a newer SQLite may write it, which none ever did."""
    with path.open("rb") as stream:
        header = stream.read(20)
    return len(header) == 20 and header[18] > HIGHEST_WRITE_VERSION


def _text(data: bytes) -> str:
    return data.decode("utf-8", errors="replace")
