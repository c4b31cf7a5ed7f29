"""inotify's records to watchdog's events, keeping the tree as they tell."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from contextlib import suppress

from watchdog.events import (
    EVENT_TYPE_MODIFIED,
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileMovedEvent,
    FileSystemEvent,
)

from .hooks import Hooks
from .kernel import (
    CLOSE_WRITE,
    CREATE,
    DELETE,
    DELETE_SELF,
    IGNORED,
    ISDIR,
    MOVE_SELF,
    MOVED_FROM,
    MOVED_TO,
    Q_OVERFLOW,
    UNMOUNT,
    Record,
)
from .reports import Condition
from .tree import Folder, Tree

RARE = DELETE_SELF | IGNORED | MOVE_SELF | Q_OVERFLOW | UNMOUNT

MEMORY = 2.0
"""Seconds without a new folder after which what was found in new ones is forgotten."""


class OverflowEvent(FileSystemEvent):
    """Events were lost somewhere below `src_path`.

    To a handler that does not know it, it says that the root was modified.
    """

    event_type = EVENT_TYPE_MODIFIED
    is_directory = True


class Translator:
    """Handle the records of one root."""

    def __init__(self, tree: Tree, hooks: Hooks, emit: Callable[[FileSystemEvent], None]) -> None:
        self._tree = tree
        self._hooks = hooks
        self._emit = emit
        self._sources: dict[int, tuple[str, Folder | None]] = {}
        self._found: dict[tuple[int, str], int] = {}
        """Files found in new folders, with their mtime: records that wait may tell of the same."""
        self._open: dict[tuple[int, str], int] = {}
        """Files found before that; one may have been open, and only its close is still to come."""
        self._vanished: set[str] = set()
        """New folders that had another name before they could be watched."""
        self._remembered = 0.0

    def handle(self, records: Iterable[Record]) -> Condition | None:
        """Emit what the records tell; give a condition when the root is lost, which ends it."""
        if time.monotonic() - self._remembered > MEMORY:
            self._open.clear()
            self._vanished.clear()
        records = list(records)
        paired = {record.cookie for record in records if record.mask & MOVED_TO}
        folders = self._tree.folders
        for record in records:
            if record.mask & RARE:
                if (condition := self._handle_rare(record)) is not None:
                    return condition
            elif (folder := folders.get(record.descriptor)) is not None:
                self._handle_entry(record, folder, is_paired=record.cookie in paired)
            elif record.descriptor not in self._tree.ancestors:
                # Left behind when records were lost, or unwatched since the record was queued.
                self._tree.remove(record.descriptor)
                if record.cookie in self._sources:
                    self._leave(record, *self._sources.pop(record.cookie))
            elif self._tree.is_root_gone(record):
                return Condition.DELETED
        return None

    def settle(self) -> None:
        """Take note that no record is left that waited while a folder was scanned."""
        self._tree.settle()
        if self._found:
            self._open.update(self._found)
            self._found.clear()

    def found(self, folder: Folder, entry: os.DirEntry[str]) -> None:
        """Tell of an entry that was in a new folder before its watch was."""
        self._remembered = time.monotonic()
        if entry.is_dir(follow_symlinks=False):
            if not folder.shallow:
                self._emit(DirCreatedEvent(entry.path, is_synthetic=True))
            return
        if not entry.is_file(follow_symlinks=False):
            return
        with suppress(FileNotFoundError):
            if not folder.shallow:
                modified = entry.stat(follow_symlinks=False).st_mtime_ns
                self._found[folder.descriptor, entry.name] = modified
            self._emit(FileCreatedEvent(entry.path, is_synthetic=True))
            if not folder.shallow:
                self._emit(FileClosedEvent(entry.path, is_synthetic=True))

    def _handle_entry(self, record: Record, folder: Folder, *, is_paired: bool) -> None:
        _descriptor, mask, cookie, name = record
        path = folder.prefix + name
        if mask & ISDIR:
            if not folder.shallow:
                self._handle_folder(record, folder, path, is_paired=is_paired)
        elif (self._found or self._open) and self._is_told(record, path):
            pass
        elif mask & CREATE:
            self._emit(FileCreatedEvent(path))
        elif mask & CLOSE_WRITE:
            self._emit(FileClosedEvent(path))
        elif mask & MOVED_TO:
            source, _folder = self._sources.pop(cookie, ("", None))
            self._emit(FileMovedEvent(source, path))
        elif mask & MOVED_FROM and is_paired:
            self._sources[cookie] = path, None
        elif mask & (MOVED_FROM | DELETE):
            self._leave(record, path, None)
        if not folder.shallow:
            self._tree.attend_to(folder, (name,), self.found)

    def _handle_folder(self, record: Record, parent: Folder, path: str, *, is_paired: bool) -> None:
        mask, cookie, name = record.mask, record.cookie, record.name
        if mask & CREATE:
            self._create(parent, name, path)
        elif mask & MOVED_TO:
            source, folder = self._sources.pop(cookie, ("", None))
            self._emit(DirMovedEvent(source, path))
            self._arrive(parent, name, source, folder)
        elif mask & MOVED_FROM:
            folder = parent.children.get(name)
            if is_paired:
                self._sources[cookie] = path, folder
                return
            self._leave(record, path, folder)

    def _leave(self, record: Record, path: str, folder: Folder | None) -> None:
        """Tell that something was moved to where nothing is watched."""
        if folder is not None and folder.descriptor in self._tree.arriving:
            # Into a folder that had no watch then.
            parent, name = self._tree.arriving.pop(folder.descriptor)
            self._emit(DirMovedEvent(path, parent.prefix + name))
            self._arrive(parent, name, path, folder)
            return
        self._emit(DirDeletedEvent(path) if record.mask & ISDIR else FileDeletedEvent(path))
        if folder is not None:
            self._tree.forget(folder)

    def _create(self, parent: Folder, name: str, path: str) -> None:
        if self._hooks.is_pruned(path):
            self._emit(DirCreatedEvent(path))
            return
        folder = parent.children.get(name)
        if folder is None or folder.descriptor not in self._tree.ahead:
            self._tree.vacate(parent, name)
            folder, _is_new = self._tree.watch(parent, name, claim=True)
        if folder is not None:
            # A second such record is about a successor.
            self._tree.ahead.discard(folder.descriptor)
        if folder is None:
            self._remembered = time.monotonic()
            self._vanished.add(path)
            self._emit(DirCreatedEvent(path))
        elif folder.descriptor in self._tree.untold:
            self._tree.untold.discard(folder.descriptor)
            self._emit(DirCreatedEvent(path))
            self._tree.explore(folder, self.found, is_new=True)
            self._tree.drain()

    def _arrive(self, parent: Folder, name: str, source: str, folder: Folder | None) -> None:
        path, inside = parent.prefix + name, f"{source}/"
        if self._hooks.is_pruned(path):
            if folder is not None:
                self._tree.forget(folder)
            return
        created = {one for one in self._vanished if source and f"{one}/".startswith(inside)}
        if folder is not None and self._tree.is_in_place(folder):
            # A newer folder has that name by now, and hid the one that moves.
            folder = None
            created.add(source)
        is_new = False
        if folder is None:
            self._tree.vacate(parent, name)
            folder, is_new = self._tree.watch(parent, name)
        else:
            self._tree.move(folder, parent, name)
            folder = folder if self._tree.is_in_place(folder) else None
        # What has moved on, another record will say where to.
        self._vanished -= created
        self._vanished |= {path + one[len(source) :] for one in created}
        if folder is None:
            return
        self._tree.untold.discard(folder.descriptor)
        self._tree.explore(
            folder, self.found if created else None, is_new=is_new and source in created
        )
        self._tree.drain()

    def _handle_rare(self, record: Record) -> Condition | None:
        descriptor, mask = record.descriptor, record.mask
        folder = self._tree.folders.get(descriptor)
        is_root = folder is self._tree.root
        if mask & Q_OVERFLOW:
            self._emit(OverflowEvent(self._tree.root.path))
            self._sources.clear()
            self._tree.explore(self._tree.root, lost=True)
        elif mask & MOVE_SELF:
            if is_root or descriptor in self._tree.ancestors:
                return Condition.RENAMED
            if folder is not None and folder.shallow:
                self._tree.forget(folder)
        elif is_root:
            return Condition.UNMOUNTED if mask & UNMOUNT else Condition.DELETED
        elif mask & DELETE_SELF:
            if folder is not None:
                self._emit(DirDeletedEvent(folder.path))
        elif mask & IGNORED:
            self._tree.ended(descriptor)
        return None

    def _is_told(self, record: Record, path: str) -> bool:
        """Say whether a record tells of a save that was found already."""
        key, mask = (record.descriptor, record.name), record.mask
        still_open = self._open.pop(key, None)
        waiting = self._found.pop(key, None)
        told = waiting if mask & (CREATE | MOVED_TO) else waiting or still_open
        if told is None or mask & (MOVED_FROM | DELETE):
            return False
        try:
            now = os.lstat(path).st_mtime_ns
        except OSError:
            return False  # Better told twice than never.
        if waiting is not None:
            self._found[key] = now
        if now == told:
            # The name of a temporary file that went is of no use.
            self._sources.pop(record.cookie, None)
        return now == told or mask & CREATE != 0
