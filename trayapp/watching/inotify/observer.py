"""The plug into watchdog's public API: an observer, and an emitter for each root."""

from __future__ import annotations

import logging

from watchdog.events import FileSystemEvent
from watchdog.observers.api import (
    DEFAULT_OBSERVER_TIMEOUT,
    BaseObserver,
    EventEmitter,
    EventQueue,
    ObservedWatch,
)

from .hooks import Hooks
from .reader import Reader
from .root import Root
from .tree import Budget

log = logging.getLogger(__name__)

WATCHES = 20_000
"""A third of what the kernel allows with 8 GB of memory, to editors and sync clients together."""

STOP_LIMIT = 5.0
"""Seconds that the reader has to end; a file system that does not answer may hold it longer."""


class PrunedEmitter(EventEmitter):
    """Hand a root to the observer's reader; it is no thread of its own."""

    def __init__(
        self,
        event_queue: EventQueue,
        watch: ObservedWatch,
        *,
        reader: Reader,
        hooks: Hooks,
        budget: Budget,
        timeout: float = DEFAULT_OBSERVER_TIMEOUT,
        event_filter: list[type[FileSystemEvent]] | None = None,
    ) -> None:
        super().__init__(event_queue, watch, timeout=timeout, event_filter=event_filter)
        if not watch.is_recursive:
            hooks = Hooks(lambda _path: True, hooks.on_report, hooks.extra_watches)
        self._reader = reader
        self._root = Root(watch.path, hooks, budget, self.queue_event, reader.is_stopping)

    def start(self) -> None:
        """Have the root watched; returns at once, and a report tells when it is."""
        self._reader.add(self._root)

    def on_thread_stop(self) -> None:
        """Have the root watched no longer; returns at once."""
        self._reader.remove(self._root)


class PrunedObserver(BaseObserver):
    """Watch folders without what is pruned; schedule, start and stop it as any watchdog observer.

    Handlers are called on the observer's thread, `hooks` on the reader's. `schedule` returns before
    the folder is watched and raises nothing when it cannot be: reports tell.
    """

    def __init__(self, hooks: Hooks, *, budget: int = WATCHES) -> None:
        self._reader = Reader()
        super().__init__(PrunedEmitter, reader=self._reader, hooks=hooks, budget=Budget(budget))

    def rescan(self) -> None:
        """Ask the rules again for every folder, after they have changed; returns at once."""
        self._reader.rescan()

    def on_thread_start(self) -> None:
        """Start the reader, then the roots scheduled so far."""
        self._reader.start()
        super().on_thread_start()

    def on_thread_stop(self) -> None:
        """Drop the roots, then end the reader."""
        super().on_thread_stop()
        if not self._reader.stop(STOP_LIMIT):
            log.warning("the inotify thread did not end within %g s", STOP_LIMIT)
