"""Single files that are followed: settings, and git's rules that lie outside of what is watched."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from trayapp.watching.inotify.hooks import Hooks
from trayapp.watching.inotify.reports import Condition, Report
from trayapp.watching.observers import TreeObserver, make_observer

if TYPE_CHECKING:
    from watchdog.events import FileSystemEventHandler
    from watchdog.observers.api import ObservedWatch

STOP_SECONDS = 5.0


class ChangedFiles:
    """Tell when a file comes, goes or is written, by the path under which it was asked for.

    `changed` is called on a thread of this one's, for each step of an editor's. Of a symbolic link
    the file that it leads to is followed too. Nothing runs before the first `follow`.
    """

    def __init__(self, changed: Callable[[str], None]) -> None:
        self._changed = changed
        self._lock = threading.Lock()
        self._observer: TreeObserver | None = None
        self._watches: dict[str, ObservedWatch] = {}
        self._paths: dict[str, str] = {}
        self._is_there: dict[str, bool] = {}
        """Whether a folder was there when it was last told of."""
        self._stopped = False

    def follow(self, paths: Collection[str]) -> None:
        """Follow these files and no others from now on; none of them need be there."""
        with self._lock:
            if self._stopped:
                return
            self._paths = {real: path for path in paths for real in _real_paths(path)}
            folders = {os.path.dirname(real) for real in self._paths}
            if self._observer is None:
                # A folder that is its own extra one tells of what is deleted in it, too.
                hooks = Hooks(lambda _path: True, self._fares, lambda folder: (folder,))
                self._observer = make_observer(hooks)
                self._observer.start()
            for folder in self._watches.keys() - folders:
                self._observer.unschedule(self._watches.pop(folder))
                self._is_there.pop(folder, None)
            for folder in folders - self._watches.keys():
                self._watches[folder] = self._observer.schedule(self._handler(), folder)

    def stop(self) -> None:
        """Follow nothing any more, whatever comes."""
        with self._lock:
            self._stopped = True
            observer, self._observer = self._observer, None
            self._watches.clear()
        if observer is not None:
            observer.stop()
            observer.join(STOP_SECONDS)

    def _handler(self) -> FileSystemEventHandler:
        # Late: this brings watchdog.
        from watchdog import events  # noqa: PLC0415

        heard = self._heard

        class Handler(events.FileSystemEventHandler):
            def dispatch(self, event: events.FileSystemEvent) -> None:
                heard({os.fsdecode(event.src_path), os.fsdecode(event.dest_path)})

        return Handler()

    def _fares(self, report: Report) -> None:
        """Tell of the files that came or went with their folder, of which there is no event."""
        is_there = report.condition is Condition.WATCHED
        before = self._is_there.get(report.root, is_there)
        self._is_there[report.root] = is_there
        if is_there != before:
            self._heard([real for real in self._paths if os.path.dirname(real) == report.root])

    def _heard(self, touched: Collection[str]) -> None:
        known = self._paths
        for path in {known[each] for each in touched if each in known}:
            self._changed(path)


def _real_paths(path: str) -> set[str]:
    """Give where a path lies, as an observer tells it, and where it leads to."""
    folder, name = os.path.split(os.path.abspath(path))
    return {os.path.join(os.path.realpath(folder), name), os.path.realpath(path)}
