"""Single files that are followed: settings, and git's rules that lie outside of what is watched."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Collection
from typing import Protocol

from trayapp.watching.inotify.reports import Report

STOP_SECONDS = 5.0


class FolderFollower(Protocol):
    """Who tells what happens in folders, which are real paths and need not be there."""

    def start(self) -> None:
        """Begin."""

    def follow(self, folders: Collection[str]) -> None:
        """Follow these folders and no others from now on; returns at once."""

    def stop(self, limit: float) -> object:
        """Follow nothing any more; wait up to `limit` seconds until nothing is told."""


MakeFollower = Callable[
    [Callable[[str], object], Callable[[str], object], Callable[[Report], object]],
    FolderFollower,
]
"""Makes one of whom to tell: the path of what was touched in a folder, a folder that came or went
with all that is in it, and which limit of the system was reached."""


def make_follower(
    touched: Callable[[str], object],
    replaced: Callable[[str], object],
    fares: Callable[[Report], object],
    platform: str = sys.platform,
) -> FolderFollower:
    """Make the system's follower; on Linux it takes one inotify instance for all folders."""
    # Late: one needs Linux, and the other brings watchdog.
    if platform == "linux":
        from trayapp.watching.inotify import followed  # noqa: PLC0415

        return followed.FolderFollower(touched, replaced, fares)
    from trayapp.watching.observed_folders import ObservedFolders  # noqa: PLC0415

    return ObservedFolders(touched, replaced)


class ChangedFiles:
    """Tell when a file comes, goes or is written, by the path under which it was asked for.

    `changed` is called on a thread of this one's, for each step of an editor's. Of a symbolic link
    the file that it leads to is followed too. `fares` is told there which limit of the system keeps
    files from being followed, and WATCHED when they are again. Nothing runs before the first
    `follow`.
    """

    def __init__(
        self,
        changed: Callable[[str], None],
        fares: Callable[[Report], object] = lambda _report: None,
        make: MakeFollower = make_follower,
    ) -> None:
        self._changed = changed
        self._fares = fares
        self._make = make
        self._lock = threading.Lock()
        self._follower: FolderFollower | None = None
        self._paths: dict[str, str] = {}
        self._stopped = False

    def follow(self, paths: Collection[str]) -> None:
        """Follow these files and no others from now on; none of them need be there."""
        with self._lock:
            if self._stopped:
                return
            self._paths = {real: path for path in paths for real in _real_paths(path)}
            if self._follower is None:
                self._follower = self._make(self._touched, self._replaced, self._fares)
                self._follower.start()
            self._follower.follow({os.path.dirname(real) for real in self._paths})

    def stop(self) -> None:
        """Follow nothing any more, whatever comes."""
        with self._lock:
            self._stopped = True
            follower, self._follower = self._follower, None
        if follower is not None:
            follower.stop(STOP_SECONDS)

    # The follower's thread calls these.

    def _touched(self, path: str) -> None:
        if path in (known := self._paths):
            self._changed(known[path])

    def _replaced(self, folder: str) -> None:
        known = self._paths
        for path in {known[real] for real in known if os.path.dirname(real) == folder}:
            self._changed(path)


def _real_paths(path: str) -> set[str]:
    """Give where a path lies, as an observer tells it, and where it leads to."""
    folder, name = os.path.split(os.path.abspath(path))
    return {os.path.join(os.path.realpath(folder), name), os.path.realpath(path)}
