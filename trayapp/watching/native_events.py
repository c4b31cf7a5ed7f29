"""What macOS and Windows tell of a root, to what an inotify observer would have told.

There a whole tree is watched at once, so pruning is a filter: what lies below a pruned folder is
dropped. And nobody tells that a file was closed after writing, so "modified" stands for it (macOS
says it when the file is closed, Windows once for each write or so), and so does "created", which
is all that is told of a file that was renamed in from elsewhere.
"""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Callable, Iterator

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileMovedEvent,
    FileSystemEvent,
)

from trayapp.watching.file_status import JUNCTION
from trayapp.watching.inotify.hooks import MARKER, Hooks

MOST_REMEMBERED = 100_000
"""Folders whose answers are kept; a tree of more asks again."""


class NativeTree:
    """Which folders of a root are pruned and which are git's; used under its caller's lock.

    `spelling` gives the one form of a name that can be written in several (macOS).
    """

    def __init__(self, root: str, hooks: Hooks, spelling: Callable[[str], str] = str) -> None:
        self._root = root
        self._inside = os.path.join(root, "")
        self._hooks = hooks
        self._spelling = spelling
        self._pruned: dict[str, bool] = {root: False}
        self._extra: dict[str, frozenset[str]] = {}

    @property
    def extra_folders(self) -> frozenset[str]:
        """The folders that `extra_watches` named, in the root or outside."""
        return frozenset().union(*self._extra.values())

    def is_inside(self, folder: str) -> bool:
        """Tell whether what happens in a folder is told with the root."""
        return folder == self._root or folder.startswith(self._inside)

    def explore(self, folder: str | None = None) -> int:
        """Look for repositories in a folder, or from the start; give how many folders are kept.

        Raises OSError where the folder itself cannot be read.
        """
        if folder is None:
            folder = self._root
            self._pruned = {folder: False}
            self._extra = {}
        count, waiting = 0, [folder]
        while waiting:
            one = waiting.pop()
            try:
                entries = list(os.scandir(one))
            except OSError:
                if one == self._root:
                    raise
                continue  # Gone again, or nobody's to read.
            count += 1
            if one == self._root or any(entry.name == MARKER for entry in entries):
                self._ask(one)
            waiting += [e.path for e in entries if _is_folder(e) and not self._is_pruned(e.path)]
        return count

    def translate(self, event: FileSystemEvent) -> Iterator[FileSystemEvent]:
        """Give what a handler of saves is to be told."""
        if event.is_synthetic:
            # Made up by watchdog for what lies in a folder that moved; the folder itself is told.
            return
        source, target = self._told(event.src_path), self._told(event.dest_path)
        is_git = os.path.dirname(target or source) in self.extra_folders
        yield from translated(event, source, target, is_git=is_git)
        if event.is_directory and event.event_type in ("created", "moved"):
            self._arrive(target or source)
        for path in (source, target):
            if os.path.basename(path) == MARKER:
                self._ask(os.path.dirname(path))

    def hides(self, folder: str) -> bool:
        """Tell whether nothing is told of a folder, by whatever name the system has for it."""
        name = self.named(folder)
        return bool(name) and self._is_pruned(name)

    def named(self, path: str) -> str:
        """Give a path below the root as the root was named; empty for any other.

        macOS tells how the disk spells it, which may differ in case and in composed letters.
        """
        if path.startswith(self._inside):
            return self._inside + self._spelling(path[len(self._inside) :])
        depth = self._inside.count(os.sep)
        parts = path.split(os.sep)
        if _folded(os.sep.join(parts[:depth])) != _folded(self._inside.rstrip(os.sep)):
            return ""
        below = os.sep.join(parts[depth:])
        return self._inside + self._spelling(below) if below else ""

    def _told(self, raw_path: bytes | str) -> str:
        """Name a path that is told of; empty for none, and for what is pruned."""
        path = self.named(os.fsdecode(raw_path)) if raw_path else ""
        folder = os.path.dirname(path)
        if not path or not self.is_inside(folder):
            return ""
        return path if folder in self.extra_folders or not self._is_pruned(folder) else ""

    def _is_pruned(self, folder: str) -> bool:
        """Tell whether a folder, or one that it lies in, is left out."""
        known = self._pruned.get(folder)
        if known is not None:
            return known
        # From the top, so that nothing is remembered of what lies below a pruned folder.
        end = len(self._inside) - 1
        while end < len(folder):
            end = folder.find(os.sep, end + 1)
            end = len(folder) if end < 0 else end
            one = folder[:end]
            if one not in self._pruned:
                if len(self._pruned) >= MOST_REMEMBERED:
                    self._pruned = {self._root: False}
                self._pruned[one] = self._hooks.is_pruned(one)
            if self._pruned[one]:
                return True
        return False

    def _arrive(self, folder: str) -> None:
        if folder and not self._is_pruned(folder):
            self.explore(folder)

    def _ask(self, folder: str) -> None:
        self._extra[folder] = frozenset(self._hooks.extra_watches(folder))


def translated(
    event: FileSystemEvent, source: str, target: str, *, is_git: bool
) -> Iterator[FileSystemEvent]:
    """Give what an event says under these names, which are empty for what is not watched.

    `is_git`: it happened in a folder of git's, whose lock stays open after it was made.
    """
    kind, is_folder = event.event_type, event.is_directory
    if kind == "moved" and target:
        yield (DirMovedEvent if is_folder else FileMovedEvent)(source, target)
    elif not source:
        return
    elif kind in ("deleted", "moved"):
        yield (DirDeletedEvent if is_folder else FileDeletedEvent)(source)
    elif kind == "created" and is_folder:
        yield DirCreatedEvent(source)
    elif kind == "created":
        yield FileCreatedEvent(source)
        if not is_git:
            yield FileClosedEvent(source)
    elif kind in ("modified", "closed") and not is_folder:
        yield FileClosedEvent(source)


def composed(name: str) -> str:
    """Write a name's accents as people type them; macOS finds the file by either form."""
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def _folded(path: str) -> str:
    return composed(path).casefold()


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        if not entry.is_dir(follow_symlinks=False):
            return False
        status = entry.stat(follow_symlinks=False)
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and getattr(status, "st_reparse_tag", 0) != JUNCTION
