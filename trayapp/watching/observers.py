"""The observer of file trees that fits the system."""

from __future__ import annotations

import sys
from collections.abc import Collection
from typing import TYPE_CHECKING, Protocol

from trayapp.watching.inotify.hooks import Hooks

if TYPE_CHECKING:
    from watchdog.events import FileSystemEventHandler
    from watchdog.observers.api import ObservedWatch


class TreeObserver(Protocol):
    """What the monitor needs of an observer: watchdog's way, and `rescan`."""

    def schedule(
        self, event_handler: FileSystemEventHandler, path: str, *, recursive: bool = False
    ) -> ObservedWatch:
        """Watch a folder; returns at once, and reports tell how it fares."""

    def unschedule(self, watch: ObservedWatch) -> None:
        """Watch a folder no longer."""

    def start(self) -> None:
        """Begin to watch what is scheduled."""

    def stop(self) -> None:
        """End all watching."""

    def join(self, timeout: float | None = None) -> None:
        """Wait until handlers are called no more."""

    def rescan(self, paths: Collection[str] | None = None) -> None:
        """Ask the rules again, after they have changed; returns at once.

        For these folders and those below them, or for all; only then is each root reported anew.
        """

    def counts(self) -> dict[str, int]:
        """Say how many folders are watched now of each root, by its real path."""


def make_observer(hooks: Hooks, platform: str = sys.platform) -> TreeObserver:
    """Make a system's observer; elsewhere than on Linux pruning is a filter."""
    # Late: each brings watchdog, and runs on its own system only.
    if platform == "linux":
        from trayapp.watching.inotify.observer import PrunedObserver  # noqa: PLC0415

        return PrunedObserver(hooks)
    from trayapp.watching.native_observer import NativeObserver  # noqa: PLC0415

    if platform == "darwin":
        from trayapp.watching.native_events import composed  # noqa: PLC0415
        from trayapp.watching.native_macos import MacEmitter  # noqa: PLC0415

        return NativeObserver(hooks, MacEmitter, composed)
    if platform == "win32":
        from trayapp.watching.native_windows import WindowsEmitter  # noqa: PLC0415

        return NativeObserver(hooks, WindowsEmitter)
    raise NotImplementedError(f"there is no observer for {platform}")
