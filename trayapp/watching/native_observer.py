"""An observer for macOS and Windows, on watchdog's own emitters, with pruning as a filter.

It is used as PrunedObserver is, and tells the same events; which ones, see native_events. It was
never run on those systems: the tests play watchdog's own code what the systems tell.

What it cannot tell, or loses:
- A root that was deleted from one that was renamed, or that lies in a folder that was: MISSING.
- A root that is lost without word (renamed on Windows, on a drive that is gone) is noticed within
  LOOK_SECONDS, and so is one that comes back. A save in the meantime is lost.
- On Windows nobody can rename the folders that a watched one lies in; that is the system's way.
- On macOS, which folder a file was moved from, and the order of what happens within moments. What
  was saved in the half minute before may be told again.
- Where the system says that events were lost, OverflowEvent tells; what they were, nobody knows.
- A file that was rewritten through a memory map and is still mapped, until the system notices.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Collection
from dataclasses import replace

from watchdog.events import FileSystemEvent
from watchdog.observers.api import (
    DEFAULT_OBSERVER_TIMEOUT,
    BaseObserver,
    EventEmitter,
    EventQueue,
    ObservedWatch,
)

from trayapp.watching.inotify.failures import log_failure
from trayapp.watching.inotify.hooks import Hooks
from trayapp.watching.native_root import MakeEmitter, NativeRoot

log = logging.getLogger(__name__)

LOOK_SECONDS = 15.0
"""How often each root is looked at; no system tells of all that can happen to one."""

STOP_SECONDS = 5.0
"""How long `stop` waits for the keeper; its thread is a daemon."""


class Keeper:
    """The one thread that begins and ends the watching of roots, and looks after them."""

    def __init__(self, look_seconds: float) -> None:
        self._look_seconds = look_seconds
        self._jobs: queue.SimpleQueue[Callable[[], object] | None] = queue.SimpleQueue()
        self._roots: list[NativeRoot] = []
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, limit: float) -> bool:
        """End all watching and the thread; return whether it ended within `limit` seconds."""
        self._jobs.put(None)
        self._thread.join(limit)
        return not self._thread.is_alive()

    def add(self, root: NativeRoot) -> None:
        """Look after a root; returns at once, and the root reports."""

        def begin() -> None:
            self._roots.append(root)
            root.look()

        self._jobs.put(begin)

    def remove(self, root: NativeRoot) -> None:
        """Watch a root no longer; returns at once."""

        def end() -> None:
            if root in self._roots:
                self._roots.remove(root)
                root.close()

        self._jobs.put(end)

    def look(self) -> None:
        """See at once whether all roots are well; returns at once."""
        self._jobs.put(self._look)

    def rescan(self, paths: Collection[str] | None) -> None:
        """Ask the rules again for all roots, or for those of these folders; returns at once."""

        def rescan() -> None:
            for root in self._roots:
                root.rescan(paths)

        self._jobs.put(rescan)

    def counts(self) -> dict[str, int]:
        """Say how many folders are watched of each root; any thread may ask."""
        return {root.path: root.count() for root in self._roots.copy()}

    def _look(self) -> None:
        for root in self._roots:
            root.look()

    def _run(self) -> None:
        while True:
            try:
                job = self._jobs.get(timeout=self._look_seconds)
            except queue.Empty:
                job = self._look
            if job is None:
                break
            try:
                job()
            except Exception as error:  # noqa: BLE001 -- logged without its text
                log_failure(log, "a watched folder could not be looked after", error)
        for root in self._roots:
            root.close()


class NativeEmitter(EventEmitter):
    """Hand a root to the observer's keeper; it is no thread of its own."""

    def __init__(
        self,
        event_queue: EventQueue,
        watch: ObservedWatch,
        *,
        keeper: Keeper,
        hooks: Hooks,
        make_emitter: MakeEmitter,
        spelling: Callable[[str], str],
        timeout: float = DEFAULT_OBSERVER_TIMEOUT,
        event_filter: list[type[FileSystemEvent]] | None = None,
    ) -> None:
        super().__init__(event_queue, watch, timeout=timeout, event_filter=event_filter)
        if not watch.is_recursive:
            hooks = replace(hooks, is_pruned=lambda _path: True)
        self._keeper = keeper
        self._root = NativeRoot(watch, hooks, make_emitter, spelling, self.queue_event, keeper.look)

    def start(self) -> None:
        """Have the root watched; returns at once, and a report tells when it is."""
        self._keeper.add(self._root)

    def on_thread_stop(self) -> None:
        """Have the root watched no longer; returns at once."""
        self._keeper.remove(self._root)


class NativeObserver(BaseObserver):
    """Watch folders, and tell nothing of what is pruned; used as any watchdog observer.

    `make_emitter` is a class of watchdog's, or makes one. Handlers are called on the observer's
    thread, `hooks` on the keeper's and the emitters'. `schedule` returns before the folder is
    watched and raises nothing when it cannot be: reports tell.
    """

    def __init__(
        self,
        hooks: Hooks,
        make_emitter: MakeEmitter,
        spelling: Callable[[str], str] = str,
        *,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._keeper = Keeper(look_seconds)
        super().__init__(
            NativeEmitter,
            keeper=self._keeper,
            hooks=hooks,
            make_emitter=make_emitter,
            spelling=spelling,
        )

    def rescan(self, paths: Collection[str] | None = None) -> None:
        """Ask the rules again, after they have changed; returns at once.

        For the roots that these folders lie in, or for all; only then is each root reported anew.
        """
        self._keeper.rescan(paths)

    def counts(self) -> dict[str, int]:
        """Say how many folders are watched of each root, by its real path, as of its last walk."""
        return self._keeper.counts()

    def on_thread_start(self) -> None:
        """Start the keeper, then the roots scheduled so far."""
        self._keeper.start()
        super().on_thread_start()

    def on_thread_stop(self) -> None:
        """Drop the roots, then end the keeper."""
        super().on_thread_stop()
        if not self._keeper.stop(STOP_SECONDS):
            log.warning("the watching of folders did not end within %g s", STOP_SECONDS)
