"""Single folders whose entries are followed by an observer of file trees, where inotify is not."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from trayapp.watching.inotify.hooks import Hooks
from trayapp.watching.inotify.reports import Condition, Report
from trayapp.watching.observers import TreeObserver, make_observer

if TYPE_CHECKING:
    from watchdog.events import FileSystemEventHandler
    from watchdog.observers.api import ObservedWatch


class ObservedFolders:
    """Follow folders that come and go; used as trayapp.watching.inotify.followed.FolderFollower."""

    def __init__(
        self,
        touched: Callable[[str], object],
        replaced: Callable[[str], object],
        make: Callable[[Hooks], TreeObserver] = make_observer,
    ) -> None:
        self._touched = touched
        self._replaced = replaced
        # A folder that is its own extra one tells of what is deleted in it, too.
        self._observer = make(Hooks(lambda _path: True, self._fares, lambda folder: (folder,)))
        self._watches: dict[str, ObservedWatch] = {}
        self._is_there: dict[str, bool] = {}
        """Whether a folder was there when it was last told of."""

    def start(self) -> None:
        """Start the observer's threads."""
        self._observer.start()

    def follow(self, folders: Collection[str]) -> None:
        """Follow these folders and no others from now on; returns at once."""
        for folder in self._watches.keys() - set(folders):
            self._observer.unschedule(self._watches.pop(folder))
            self._is_there.pop(folder, None)
        for folder in set(folders) - self._watches.keys():
            self._watches[folder] = self._observer.schedule(self._handler(), folder)

    def stop(self, limit: float) -> None:
        """Follow nothing any more; wait up to `limit` seconds for the observer's end."""
        self._observer.stop()
        self._observer.join(limit)

    def _handler(self) -> FileSystemEventHandler:
        # Late: this brings watchdog.
        from watchdog import events  # noqa: PLC0415

        touched = self._touched

        class Handler(events.FileSystemEventHandler):
            def dispatch(self, event: events.FileSystemEvent) -> None:
                for path in {os.fsdecode(event.src_path), os.fsdecode(event.dest_path)}:
                    touched(path)

        return Handler()

    def _fares(self, report: Report) -> None:
        """Tell of a folder that came or went with its files, of which there is no event."""
        is_there = report.condition is Condition.WATCHED
        before = self._is_there.get(report.root, is_there)
        self._is_there[report.root] = is_there
        if is_there != before:
            self._replaced(report.root)
