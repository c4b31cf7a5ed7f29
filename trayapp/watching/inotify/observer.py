"""The plug into watchdog's public API: an observer, and an emitter for each root."""

from __future__ import annotations

import logging
import queue
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

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
from .root import EVERYWHERE, Root
from .tree import Budget

log = logging.getLogger(__name__)

WATCHES = 20_000
"""A third of what the kernel allows with 8 GB of memory, to editors and sync clients together."""

STOP_LIMIT = 5.0
"""Seconds that the reader has to end; a file system that does not answer may hold it longer."""


Queued = tuple[FileSystemEvent, ObservedWatch]


class BatchQueue(EventQueue):
    """Hand over at once what was read at once, for one taker; repeats are kept.

    watchdog's own queue takes six locks for each event, and wakes the other thread as often.
    """

    def __init__(self) -> None:
        super().__init__()
        self._batches: queue.SimpleQueue[Iterable[object]] = queue.SimpleQueue()
        self._taken: Iterator[object] = iter(())

    def put(self, item: object, block: bool = True, timeout: float | None = None) -> None:  # noqa: ARG002  there is always room
        """Hand over one item."""
        self._batches.put((item,))

    def put_batch(self, batch: Iterable[Queued]) -> None:
        """Hand over events in their order."""
        self._batches.put(batch)

    def get(self, block: bool = True, timeout: float | None = None) -> object:
        """Take one item."""
        while True:
            for item in self._taken:
                return item
            self._taken = iter(self._batches.get(block, timeout))

    def task_done(self) -> None:
        """Take note of nothing: nobody joins this queue."""


class PrunedEmitter(EventEmitter):
    """Hand a root to the observer's reader; it is no thread of its own."""

    def __init__(
        self,
        event_queue: BatchQueue,
        watch: ObservedWatch,
        *,
        reader: Reader[Root],
        hooks: Hooks,
        budget: Budget,
        timeout: float = DEFAULT_OBSERVER_TIMEOUT,
        event_filter: list[type[FileSystemEvent]] | None = None,
    ) -> None:
        super().__init__(event_queue, watch, timeout=timeout, event_filter=event_filter)
        if not watch.is_recursive:
            hooks = replace(hooks, is_pruned=lambda _path: True)
        self._batches = event_queue
        self._reader = reader
        self._root = Root(watch.path, hooks, budget, self.queue_batch, reader.is_stopping)

    def start(self) -> None:
        """Have the root watched; returns at once, and a report tells when it is."""
        self._reader.add(self._root)

    def on_thread_stop(self) -> None:
        """Have the root watched no longer; returns at once."""
        self._reader.remove(self._root)

    def queue_batch(self, events: Iterable[FileSystemEvent]) -> None:
        """Queue events in their order, as `queue_event` queues one, until the watch has ended.

        Later ones would be told to who schedules the same folder again.
        """
        if not self.should_keep_running():
            return
        watch = self.watch
        wanted = (FileSystemEvent,) if watch.event_filter is None else tuple(watch.event_filter)
        self._batches.put_batch([(event, watch) for event in events if isinstance(event, wanted)])


class PrunedObserver(BaseObserver):
    """Watch folders without what is pruned; schedule, start and stop it as any watchdog observer.

    Handlers are called on the observer's thread, `hooks` on the reader's. `schedule` returns before
    the folder is watched and raises nothing when it cannot be: reports tell.
    """

    def __init__(self, hooks: Hooks, *, budget: int = WATCHES) -> None:
        self._reader = Reader[Root]()
        self._batches = BatchQueue()
        super().__init__(PrunedEmitter, reader=self._reader, hooks=hooks, budget=Budget(budget))

    @property
    def event_queue(self) -> BatchQueue:
        """Give the queue between the reader and this thread."""
        return self._batches

    def rescan(self, paths: Collection[str] | None = None) -> None:
        """Ask the rules again, after they have changed; returns at once.

        For these folders and those below them, or for all; only then is each root reported anew.
        """
        self._reader.rescan([EVERYWHERE] if paths is None else paths)

    def counts(self) -> dict[str, int]:
        """Say how many folders are watched now of each root, by its real path."""
        return {root.path: root.count() for root in self._reader.roots()}

    def on_thread_start(self) -> None:
        """Start the reader, then the roots scheduled so far."""
        self._reader.start()
        super().on_thread_start()

    def on_thread_stop(self) -> None:
        """Drop the roots, then end the reader."""
        super().on_thread_stop()
        if not self._reader.stop(STOP_LIMIT):
            log.warning("the inotify thread did not end within %g s", STOP_LIMIT)
