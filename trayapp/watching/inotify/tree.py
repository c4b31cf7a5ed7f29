"""Which folders are watched, and under which path.

The kernel knows a folder by its inode and gives the same watch descriptor whatever its name. So
adding a watch is also how to ask whether a path is a folder that is known: under another path it
has moved.
"""

from __future__ import annotations

import errno
import logging
import os
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from .hooks import MARKER, Hooks
from .kernel import (
    CLOSE_WRITE,
    CREATE,
    DELETE,
    DELETE_SELF,
    DONT_FOLLOW,
    EXCL_UNLINK,
    MASK_ADD,
    MOVE_SELF,
    MOVED_FROM,
    MOVED_TO,
    ONLYDIR,
    Inotify,
    Record,
)
from .reports import Condition

log = logging.getLogger(__name__)

MASK = (
    CLOSE_WRITE | MOVED_TO | MOVED_FROM | CREATE | DELETE_SELF | MOVE_SELF
    | ONLYDIR | DONT_FOLLOW | EXCL_UNLINK
)  # fmt: skip

TELLING_MASK = MASK | DELETE
"""For the folders in which a deletion matters: a lock file that is given up is deleted."""

ANCESTOR_MASK = MOVE_SELF | ONLYDIR | MASK_ADD

PARENT_MASK = ANCESTOR_MASK | DELETE
"""A deleted folder that somebody still has open says so to nobody but its parent."""

REMOVALS = 4096
"""Each removal queues one record; after so many the queue of 16,384 is emptied."""

Found = Callable[["Folder", "os.DirEntry[str]"], None]


@dataclass
class Budget:
    """Count the watches of all roots together."""

    limit: int
    used: int = 0

    @property
    def is_spent(self) -> bool:
        """Say whether no watch is left."""
        return self.used >= self.limit


class Folder:
    """A watched folder. One without a parent is the root, an extra one, or has lost its place."""

    __slots__ = ("children", "descriptor", "parent", "prefix", "shallow")

    def __init__(self, descriptor: int, prefix: str, *, shallow: bool = False) -> None:
        self.descriptor = descriptor
        self.prefix = prefix
        """The path with a slash at its end, which is what events need."""
        self.shallow = shallow
        self.parent: Folder | None = None
        self.children: dict[str, Folder] = {}

    @property
    def path(self) -> str:
        """Give the path as people write it."""
        return self.prefix[:-1] or "/"

    @property
    def name(self) -> str:
        """Give the last part of the path."""
        return self.path.rpartition("/")[2]

    def subtree(self) -> Iterator[Folder]:
        """Give this folder and all below it."""
        waiting = [self]
        while waiting:
            folder = waiting.pop()
            yield folder
            waiting.extend(folder.children.values())


class Tree:
    """Keep the watches of one root; raises OSError where the root itself cannot be watched."""

    def __init__(
        self,
        path: str,
        inotify: Inotify,
        hooks: Hooks,
        budget: Budget,
        on_limit: Callable[[Condition], None],
        is_stopping: Callable[[], bool],
    ) -> None:
        self._inotify = inotify
        self._hooks = hooks
        self._budget = budget
        self._on_limit = on_limit
        self._is_stopping = is_stopping
        self._extras: dict[Folder, set[str]] = {}
        self._removals = 0
        self.folders: dict[int, Folder] = {}
        self.arriving: dict[int, tuple[Folder, str]] = {}
        """Where a scan has seen a folder of which no record has told yet that it left its place."""
        self.ahead: set[int] = set()
        """Folders found by their path; a record of their creation may be still to come."""
        self.untold: set[int] = set()
        """Those of them that no event has told of."""
        self.backlog: list[Record] = []
        """Records read in between, to be handled next."""
        self.ancestors = self._watch_ancestors(path)
        self.root = Folder(inotify.add(path, MASK), path.rstrip("/") + "/")
        self.folders[self.root.descriptor] = self.root
        # The root has its watch even where the budget is spent: it is told, not left out.
        self._budget.used += 1

    def count(self) -> int:
        """Say how many folders are watched, without the extra ones; any thread may ask."""
        return sum(not folder.shallow for folder in list(self.folders.values()))

    def settle(self) -> None:
        """Take note that every record which was there during a scan has been handled."""
        self.arriving.clear()
        self.ahead.clear()
        self.untold.clear()

    def close(self) -> None:
        """Give the budget back; the watches end with the inotify instance."""
        self._budget.used -= len(self.folders)
        self.folders.clear()

    def explore(
        self, start: Folder, found: Found | None = None, *, is_new: bool = False, lost: bool = False
    ) -> None:
        """Watch what is below a watched folder, breadth first, and drop what is pruned now.

        `found` is told each folder that was not watched before, and each entry of new folders; of
        the folders in them that are pruned only MARKER, which says what the others are.
        With `lost`, records were: what is no longer there is forgotten, where otherwise a record
        will tell.
        """
        waiting = deque([(start, is_new)])
        while waiting and not self._is_stopping():
            folder, is_new = waiting.popleft()
            try:
                with os.scandir(folder.prefix) as scan:
                    entries = list(scan)
            except OSError as error:
                log.debug("a folder is left out: %s", error.strerror)
                continue
            tell = found if is_new else None
            names = {entry.name for entry in entries}
            # First of all: git takes its lock before it writes.
            is_asked = folder is self.root or folder in self._extras
            self.attend_to(folder, {*names, MARKER} if is_asked else names, tell)
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if (child := self._enter(folder, entry, found, lost=lost)) is not None:
                        waiting.append(child)
                    elif entry.name == MARKER and tell is not None:
                        tell(folder, entry)
                elif tell is not None:
                    tell(folder, entry)
            if lost:
                self._forget_children(folder, folder.children.keys() - names)

    def _forget_children(self, folder: Folder, names: Collection[str]) -> None:
        for name in names:
            self.forget(folder.children[name], remove=False)

    def explore_again(self, path: str) -> None:
        """Watch what is at and below a path, and drop what is pruned, after the rules changed.

        The path lies in the root; what is above it may have been pruned, or be now.
        """
        folder = self.root
        names = path.removeprefix(folder.prefix).split("/") if path != folder.path else []
        for name in names:
            known = folder.children.get(name)
            if self._hooks.is_pruned(folder.prefix + name):
                if known is not None:
                    self.forget(known)
                return
            if known is None:
                new, _is_new = self.watch(folder, name)
                if new is not None:
                    self.explore(new)
                return
            folder = known
        self.explore(folder)

    def watch(
        self, parent: Folder, name: str, *, believe: bool = False, claim: bool = False
    ) -> tuple[Folder | None, bool]:
        """Watch a folder by its path; give it, and whether it was unknown until now.

        The disk is ahead of the records. A folder that has come where another was, or from where it
        is known to be, is left alone: its own record will tell. Unless the path is to be believed,
        or with `claim`, where it is not found to be where it was known to be.
        """
        known = parent.children.get(name)
        if known is None and self._budget.is_spent:
            self._on_limit(Condition.BUDGET_SPENT)
            return None, False
        descriptor = self._add(parent.prefix + name, MASK)
        if descriptor is None:
            return None, False
        folder = self.folders.get(descriptor)
        if folder is not None and folder is known:
            return folder, False
        is_new = folder is None
        is_elsewhere = folder is not None and (folder is self.root or folder.parent is not None)
        if claim and folder is not None and is_elsewhere:
            is_elsewhere = self.is_in_place(folder)
        if not believe and (known is not None or is_elsewhere):
            if folder is None:
                self.remove(descriptor)
            else:
                self.arriving[descriptor] = parent, name
            return None, False
        if folder is None:
            self._budget.used += 1
            folder = self.folders[descriptor] = Folder(descriptor, f"{parent.prefix}{name}/")
            self.ahead.add(descriptor)
            self.untold.add(descriptor)
        folder.shallow = False
        self.move(folder, parent, name)
        return folder, is_new

    def vacate(self, parent: Folder, name: str) -> None:
        """Take its place from a folder that is not there any more."""
        folder = parent.children.get(name)
        if folder is not None and not self.is_in_place(folder):
            self._detach(folder)

    def is_in_place(self, folder: Folder) -> bool:
        """Say whether a folder is still where the records so far have put it."""
        descriptor = self._add(folder.path, MASK)
        if descriptor is not None and descriptor not in self.folders:
            self.remove(descriptor)
        return descriptor == folder.descriptor

    def move(self, folder: Folder, parent: Folder, name: str) -> None:
        """Give a folder its place; who has it now has none until a record tells where it went."""
        above: Folder | None = parent
        while above is not None:
            if above is folder:
                # Only while records are missing.
                return
            above = above.parent
        self._detach(folder)
        if (other := parent.children.get(name)) is not None:
            self._detach(other)
        folder.parent = parent
        parent.children[name] = folder
        before, after = folder.prefix, f"{parent.prefix}{name}/"
        if before != after:
            for one in folder.subtree():
                one.prefix = after + one.prefix[len(before) :]

    def forget(self, folder: Folder, *, remove: bool = True) -> None:
        """Know a folder and what is below it no more, and with `remove` end their watches."""
        self._detach(folder)
        for one in list(folder.subtree()):
            if self.folders.pop(one.descriptor, None) is not None:
                self._budget.used -= 1
            if remove:
                self.remove(one.descriptor)
            one.children.clear()
            self._release(one, self._extras.pop(one, set()))

    def ended(self, descriptor: int) -> None:
        """Take note that the kernel has ended a watch."""
        if (folder := self.folders.pop(descriptor, None)) is not None:
            self._budget.used -= 1
            self._detach(folder)
            for child in list(folder.children.values()):
                self._detach(child)
            self._release(folder, self._extras.pop(folder, set()))

    def is_root_gone(self, record: Record) -> bool:
        """Say whether a record of the root's parent tells that the root was deleted."""
        return bool(record.mask & DELETE) and (
            record.descriptor == self.ancestors[0] and record.name == self.root.name
        )

    def remove(self, descriptor: int) -> None:
        """End a watch of the kernel's."""
        self._inotify.remove(descriptor)
        self._removals += 1
        if self._removals % REMOVALS == 0:
            self.drain()

    def drain(self) -> None:
        """Take what the kernel has queued until now."""
        self.backlog += self._inotify.read()

    def attend_to(self, folder: Folder, names: Iterable[str], found: Found | None) -> None:
        """Do what the names of entries in a folder call for; `found` as for `explore`."""
        if MARKER in names:
            self._ask(folder, found)
        if not self._hooks.deletions_of.isdisjoint(names):
            self._add(folder.path, TELLING_MASK)

    def _ask(self, folder: Folder, found: Found | None) -> None:
        """Ask which extra folders belong to this one; `found` is told what is in the new ones."""
        before = self._extras.pop(folder, set())
        wanted = {os.path.realpath(path) for path in self._hooks.extra_watches(folder.path)}
        if wanted:
            self._extras[folder] = wanted
        self._release(folder, before - wanted)
        for path in wanted:
            self._watch_extra(path, found)

    def _enter(
        self, folder: Folder, entry: os.DirEntry[str], found: Found | None, *, lost: bool
    ) -> tuple[Folder, bool] | None:
        if self._hooks.is_pruned(entry.path):
            if (pruned := folder.children.get(entry.name)) is not None:
                self.forget(pruned)
            return None
        child, _is_new = self.watch(folder, entry.name, believe=lost)
        if child is None:
            return None
        is_untold = found is not None and child.descriptor in self.untold
        if found is not None and is_untold:
            self.untold.discard(child.descriptor)
            found(folder, entry)
        return child, is_untold

    def _add(self, path: str, mask: int) -> int | None:
        try:
            # What more a folder tells, as an extra one say, it goes on telling.
            return self._inotify.add(path, mask | MASK_ADD)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                self._on_limit(Condition.NO_WATCHES_LEFT)
            else:
                # Gone again, a symlink by now, or not ours to read.
                log.debug("a folder is not watched: %s", error.strerror)
            return None

    def _watch_extra(self, path: str, found: Found | None) -> None:
        descriptor = self._add(path, TELLING_MASK)
        if descriptor is None or descriptor in self.folders:
            return
        # Few, and without them a checkout counts as a person's work: never refused for the budget.
        self._budget.used += 1
        extra = self.folders[descriptor] = Folder(descriptor, f"{path}/", shallow=True)
        if found is not None:
            with suppress(OSError), os.scandir(path) as entries:
                for entry in entries:
                    found(extra, entry)

    def _release(self, owner: Folder, paths: set[str]) -> None:
        if not paths:
            return
        others = (wanted for folder, wanted in self._extras.items() if folder is not owner)
        unwanted = paths.difference(*others)
        for folder in list(self.folders.values()):
            if folder.shallow and folder.path in unwanted:
                self.forget(folder)

    def _watch_ancestors(self, path: str) -> list[int]:
        descriptors, mask = [], PARENT_MASK
        while path != "/":
            path = path.rpartition("/")[0] or "/"
            # Where one may not be read, its renaming goes unnoticed.
            with suppress(OSError):
                descriptors.append(self._inotify.add(path, mask))
            mask = ANCESTOR_MASK
        return descriptors

    @staticmethod
    def _detach(folder: Folder) -> None:
        if folder.parent is not None:
            if folder.parent.children.get(folder.name) is folder:
                del folder.parent.children[folder.name]
            folder.parent = None
