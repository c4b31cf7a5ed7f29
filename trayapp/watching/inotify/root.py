"""One added folder: watched, or waited for."""

from __future__ import annotations

import errno
import logging
import os
import select
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .hooks import Hooks
from .kernel import (
    ATTRIB,
    CREATE,
    DELETE_SELF,
    ISDIR,
    MOVE_SELF,
    MOVED_FROM,
    MOVED_TO,
    ONLYDIR,
    Inotify,
    Record,
)
from .reports import LIMITS_OF_THE_SYSTEM, RETRY_SECONDS, Condition, Report, advice
from .translation import Translator
from .tree import Budget, Tree

if TYPE_CHECKING:
    from watchdog.events import FileSystemEvent

log = logging.getLogger(__name__)

WAITING_MASK = CREATE | MOVED_TO | ATTRIB | DELETE_SELF | MOVE_SELF | ONLYDIR
"""For the folder in which a lost root may appear; ATTRIB tells of chmod."""

ATTEMPTS = 3
"""How often a root that appears just now is tried at once, before a record is waited for."""

PAIR_LIMIT = 0.01
"""Seconds to wait for the second half of a rename; the kernel queues it right after the first."""

GATHERING = 0.002
"""Seconds that records gather where others were read less than so long ago. Each reading costs two
system calls and wakes two threads, and a checkout would have one for every three records."""

EVERYWHERE = "/"
"""What `rescan` is given for all folders."""


class Root:
    """Watch a folder while it is there; used by one thread."""

    def __init__(
        self,
        path: str,
        hooks: Hooks,
        budget: Budget,
        emit: Callable[[Sequence[FileSystemEvent]], None],
        is_stopping: Callable[[], bool],
    ) -> None:
        self._added = path
        self._hooks = hooks
        self._budget = budget
        self._emit = emit
        self._events: list[FileSystemEvent] = []
        self._is_stopping = is_stopping
        self._path = path
        self._inotify: Inotify | None = None
        self._tree: Tree | None = None
        self._translator: Translator | None = None
        self._awaited = ""
        self._identity: tuple[int, int] | None = None
        self._uncovered: tuple[int, int] | None = None
        self._told: Condition | None = None
        self._limit: Condition | None = None
        self._gathering_until = 0.0
        self.retry_at: float | None = None
        """When to call `retry`, on the monotonic clock."""

    @property
    def path(self) -> str:
        """Give the real path, which a link may have changed by the last start."""
        return self._path

    def fileno(self) -> int | None:
        """Give the descriptor to poll, None where there is none."""
        return None if self._inotify is None else self._inotify.fileno()

    def start(self, attempts: int = ATTEMPTS) -> None:
        """Watch the folder, or wait for it, and report which."""
        self.close()
        self._path = os.path.realpath(self._added)
        self._limit = None
        try:
            self._inotify = Inotify()
            self._tree = Tree(
                self._path,
                self._inotify,
                self._hooks,
                self._budget,
                self._on_limit,
                self._is_stopping,
            )
            self._identity = _identity(self._path)
            self._uncovered = None
            self._translator = Translator(self._tree, self._hooks, self._events.append)
            self._tree.explore(self._tree.root)
            self._tree.settle()
        except OSError as error:
            self._wait(_condition(error), attempts - 1)
        else:
            self._report_watched()

    def rescan(self, paths: Collection[str]) -> None:
        """Ask the rules again below these folders: end watches, add others.

        With EVERYWHERE among them, and where anything has changed, report how the root fares.
        """
        outer = [path for path in paths if _is_inside(self._path, path)]
        inner = [path for path in paths if _is_inside(path, self._path)]
        if EVERYWHERE in paths:
            self._told = None
        if self._tree is None:
            if outer:
                self.start()
            return
        # Where a limit was reached there may be room for others now.
        if outer or (inner and self._limit is not None):
            inner = [self._path]
            self._limit = None
        for path in inner:
            self._tree.explore_again(path)
        self._report_watched()

    def retry(self) -> None:
        """Try again what a limit of the system forbade; tell only of another outcome."""
        self.rescan([self._path])

    def count(self) -> int:
        """Say how many folders are watched now; any thread may ask."""
        tree = self._tree
        return 0 if tree is None else tree.count()

    def serve(self) -> None:
        """Handle what has happened."""
        if self._inotify is None:
            return
        if self._translator is None or self._tree is None:
            if any(self._is_awaited(record) for record in self._inotify.read()):
                self._try_again()
            return
        if time.monotonic() < self._gathering_until:
            time.sleep(GATHERING)
        records = self._inotify.read()
        # A new folder is to be watched at once.
        is_of_files = not any(record.mask & ISDIR for record in records)
        while records:
            self._complete(records, self._inotify)
            try:
                lost = self._translator.handle(records)
            finally:
                self._emit_together()
            if lost is not None:
                self._wait(lost)
                return
            records, self._tree.backlog = self._tree.backlog, []
        self._translator.settle()
        self._gathering_until = time.monotonic() + GATHERING if is_of_files else 0.0

    def mounts_changed(self, *, fewer: bool) -> None:
        """Look whether another file system came to the root, or its own went."""
        if self._tree is None:
            self._try_again()
        elif _identity(self._path) != self._identity:
            if fewer:
                self._wait(Condition.UNMOUNTED)
            else:
                self.start()

    def fail(self) -> None:
        """Give up after a mistake, in a hook perhaps, until the next rescan."""
        self.close()
        self._report(Condition.FAILED)

    def close(self) -> None:
        """End all watches; nothing is told."""
        if self._tree is not None:
            self._tree.close()
        if self._inotify is not None:
            self._inotify.close()
        self._inotify = self._tree = self._translator = None

    def _emit_together(self) -> None:
        if self._events:
            self._emit(self._events.copy())
            self._events.clear()

    def _complete(self, records: list[Record], inotify: Inotify) -> None:
        """Where a rename has only begun, read the rest of it."""
        deadline = time.monotonic() + PAIR_LIMIT
        while _has_open_rename(records) and (left := deadline - time.monotonic()) > 0:
            poll = select.poll()
            poll.register(inotify, select.POLLIN)
            if not poll.poll(left * 1000):
                break
            records += inotify.read()

    def _wait(self, condition: Condition, attempts: int = ATTEMPTS) -> None:
        """Stop watching and wait for the root where it may appear."""
        self.close()
        if condition is Condition.UNMOUNTED:
            # What lies below the mount point is not what was added.
            self._uncovered = _identity(self._path)
        self._report(condition)
        if condition is Condition.NO_INSTANCES_LEFT:
            return
        try:
            self._inotify = Inotify()
        except OSError as error:
            self._report(_condition(error))
            return
        folder = self._path
        while folder != "/":
            folder, name = os.path.split(folder)
            try:
                self._inotify.add(folder, WAITING_MASK)
            except OSError as error:
                log.debug("a folder cannot be waited in: %s", error.strerror)
                continue
            self._awaited = name
            # It may have come before the watch was there.
            path = f"{folder}/{name}"
            if attempts and Path(path).is_dir() and os.access(path, os.R_OK | os.X_OK):
                self._try_again(attempts)
            return

    def _try_again(self, attempts: int = ATTEMPTS) -> None:
        identity = _identity(self._path)
        if identity is None or identity != self._uncovered:
            self.start(attempts)

    def _is_awaited(self, record: Record) -> bool:
        return record.name in ("", self._awaited)

    def _on_limit(self, condition: Condition) -> None:
        if self._limit is None:
            self._limit = condition
            if self._told is Condition.WATCHED:
                self._report(condition)

    def _report_watched(self) -> None:
        if not self._is_stopping():
            self._report(self._limit or Condition.WATCHED)

    def _report(self, condition: Condition) -> None:
        is_limited = condition in LIMITS_OF_THE_SYSTEM
        self.retry_at = time.monotonic() + RETRY_SECONDS if is_limited else None
        if condition is self._told:
            return
        self._told = condition
        self._hooks.on_report(Report(self._path, condition, self.count(), advice(condition)))


def _has_open_rename(records: list[Record]) -> bool:
    """Say whether a MOVED_FROM has no MOVED_TO yet."""
    begun = {record.cookie for record in records if record.mask & MOVED_FROM}
    return bool(begun) and not begun <= {r.cookie for r in records if r.mask & MOVED_TO}


def _is_inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _identity(path: str) -> tuple[int, int] | None:
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _condition(error: OSError) -> Condition:
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return Condition.NO_INSTANCES_LEFT
    if error.errno == errno.ENOSPC:
        return Condition.NO_WATCHES_LEFT
    if error.errno in (errno.EACCES, errno.EPERM):
        return Condition.UNREADABLE
    return Condition.MISSING
