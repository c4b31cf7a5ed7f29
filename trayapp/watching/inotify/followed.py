"""Single folders whose entries are followed, all by one inotify instance.

A person has 128 instances for all programs, so that one for each folder would be dear.
"""

from __future__ import annotations

import errno
import logging
import os
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from functools import partial
from pathlib import PurePosixPath

from .kernel import (
    ATTRIB,
    CLOSE_WRITE,
    CREATE,
    DELETE,
    DELETE_SELF,
    MASK_ADD,
    MOVE_SELF,
    MOVED_FROM,
    MOVED_TO,
    ONLYDIR,
    Q_OVERFLOW,
    Inotify,
)
from .reader import Reader
from .reports import RETRY_SECONDS, Condition, Report, advice

log = logging.getLogger(__name__)

ABOVE = MOVE_SELF | DELETE_SELF
"""For each folder that a followed one lies in."""

PARENT = ABOVE | DELETE
"""A deleted folder that somebody still has open says so to nobody but its parent."""

AWAITING = ABOVE | CREATE | MOVED_TO | ATTRIB
"""For the last folder that is there, where the next one is to appear; ATTRIB tells of chmod. It
stays so until nothing is followed there any more."""

TOUCHED = CLOSE_WRITE | CREATE | DELETE | MOVED_FROM | MOVED_TO


class Folders:
    """Follow what happens in folders that come and go; used by the reader's thread.

    `touched` is told the path of each entry that came, went or was written, and `replaced` a folder
    that came or went with all that is in it, or of which nobody knows what was missed. `fares` is
    told which limit of the system was reached, and WATCHED when there is room again.
    """

    def __init__(
        self,
        touched: Callable[[str], object],
        replaced: Callable[[str], object],
        fares: Callable[[Report], object],
    ) -> None:
        self._touched = touched
        self._replaced = replaced
        self._fares = fares
        self._inotify: Inotify | None = None
        self._folders: frozenset[str] = frozenset()
        self._on_the_way: set[str] = set()
        """The folders, and all those that they lie in."""
        self._found: dict[str, int | None] = {}
        """The watch of each folder, None while it is not there."""
        self._paths: dict[int, set[str]] = {}
        """Where each watch was put; a link may give it two paths."""
        self._limit = Condition.WATCHED
        self._told = Condition.WATCHED
        self.retry_at: float | None = None
        """When to call `retry`, on the monotonic clock."""

    def follow(self, folders: Collection[str]) -> None:
        """Follow these folders and no others from now on; none of them need be there."""
        if folders == self._folders:
            return
        self._folders = frozenset(folders)
        self._on_the_way = {one for folder in folders for one in _way_to(folder)}
        # The reader looks at it right after its jobs.
        self.retry_at = time.monotonic()

    def fileno(self) -> int | None:
        """Give the descriptor to poll, None where there is none."""
        return None if self._inotify is None else self._inotify.fileno()

    def start(self) -> None:
        """Have nothing to do until there is something to follow."""

    def serve(self) -> None:
        """Handle what has happened."""
        if self._inotify is None:
            return
        looks = False
        touched: set[str] = set()
        for record in self._inotify.read():
            if record.mask & Q_OVERFLOW:
                self._miss()
                looks = True
            for folder in self._paths.get(record.descriptor, ()):
                # Without a name it is about the folder itself: it goes, or may be read now.
                path = os.path.join(folder, record.name) if record.name else folder
                if record.mask & TOUCHED and folder in self._folders:
                    touched.add(path)
                looks |= path in self._on_the_way
        if looks:
            self._look()
        for path in touched:
            self._touched(path)

    def retry(self) -> None:
        """Try again what was not possible."""
        self._look()

    def rescan(self, _paths: Collection[str]) -> None:
        """See where the paths lead now."""
        self._look()

    def mounts_changed(self, *, fewer: bool) -> None:  # noqa: ARG002 -- as a root's
        """See whether another file system came to one of the folders, or went."""
        self._look()

    def fail(self) -> None:
        """Begin anew after a mistake, but not at once."""
        self.close()
        self._miss()
        self.retry_at = time.monotonic() + RETRY_SECONDS

    def close(self) -> None:
        """End all watches; nothing is told."""
        if self._inotify is not None:
            self._inotify.close()
        self._inotify = None
        self._paths = {}

    def _miss(self) -> None:
        self._found = dict.fromkeys(self._folders)

    def _look(self) -> None:
        """Put the watches where the paths lead now, and tell which folders others are at."""
        self._limit, self.retry_at = Condition.WATCHED, None
        if self._inotify is None:
            try:
                self._inotify = Inotify()
            except OSError as error:
                if error.errno not in (errno.EMFILE, errno.ENFILE):
                    raise
                self._miss()
                self._tell(Condition.NO_INSTANCES_LEFT)
                return
        paths, self._paths = self._paths, {}
        before = self._found
        self._found = {folder: self._reach(folder, self._inotify) for folder in self._folders}
        for descriptor in paths.keys() - self._paths.keys():
            self._inotify.remove(descriptor)
        for folder, found in self._found.items():
            if before.get(folder, found) != found:
                self._replaced(folder)
        self._tell(self._limit)

    def _reach(self, folder: str, inotify: Inotify) -> int | None:
        """Watch all on the way to a folder, and where that ends early wait for the next one."""
        way = _way_to(folder)
        masks = [*[ABOVE] * (len(way) - 2), PARENT, ABOVE | TOUCHED][-len(way) :]
        last, waited = -1, -1
        while True:
            descriptor = None
            # What is not there ends the way, even if it comes just now.
            with suppress(FileNotFoundError, NotADirectoryError):
                for index in range(last + 1, len(way)):
                    # Where one may not be read, what comes after it may still be reached.
                    if (found := self._add(way[index], masks[index], inotify)) is not None:
                        last, descriptor = index, found
            if last in (waited, len(way) - 1):
                return descriptor
            # What is next may have come before it is waited for: that is tried once more.
            with suppress(FileNotFoundError, NotADirectoryError):
                self._add(way[last], AWAITING, inotify)
            waited = last

    def _add(self, path: str, mask: int, inotify: Inotify) -> int | None:
        try:
            descriptor = inotify.add(path, mask | ONLYDIR | MASK_ADD)
        except (FileNotFoundError, NotADirectoryError):
            raise
        except OSError as error:
            if error.errno == errno.ENOSPC:
                self._limit = Condition.NO_WATCHES_LEFT
            log.debug("a folder is not followed: %s", error.strerror)
            return None
        self._paths.setdefault(descriptor, set()).add(path)
        return descriptor

    def _tell(self, condition: Condition) -> None:
        if condition is not Condition.WATCHED:
            self.retry_at = time.monotonic() + RETRY_SECONDS
        if condition is not self._told:
            self._told = condition
            self._fares(Report("/", condition, len(self._paths), advice(condition)))


class FolderFollower:
    """Follow folders on a thread of its own, on which all is told; see Folders."""

    def __init__(
        self,
        touched: Callable[[str], object],
        replaced: Callable[[str], object],
        fares: Callable[[Report], object],
    ) -> None:
        self._folders = Folders(touched, replaced, fares)
        self._reader = Reader[Folders]()

    def start(self) -> None:
        """Start the thread."""
        self._reader.start()
        self._reader.add(self._folders)

    def follow(self, folders: Collection[str]) -> None:
        """Follow these folders and no others from now on; returns at once."""
        self._reader.submit(partial(self._folders.follow, frozenset(folders)))

    def stop(self, limit: float) -> bool:
        """Follow nothing any more; return whether the thread ended within `limit` seconds."""
        return self._reader.stop(limit)


def _way_to(folder: str) -> list[str]:
    """Give all that a folder lies in, from the top, and the folder itself."""
    path = PurePosixPath(folder)
    return [str(one) for one in (*reversed(path.parents), path)]
