"""One added folder on macOS and Windows: watched, or looked for now and then."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Collection
from functools import partial
from typing import Any, TypeAlias

from watchdog.events import FileSystemEvent
from watchdog.observers.api import EventEmitter, EventQueue, ObservedWatch

from trayapp.watching.inotify.failures import log_failure
from trayapp.watching.inotify.hooks import Hooks
from trayapp.watching.inotify.reports import Condition, Report
from trayapp.watching.inotify.translation import OverflowEvent
from trayapp.watching.native_events import NativeTree, translated

log = logging.getLogger(__name__)

END_SECONDS = 2.0
"""How long an emitter's thread has to end; it is a daemon, so it may stay behind."""

MakeEmitter: TypeAlias = "Callable[[EventQueue, ObservedWatch], EventEmitter]"


class Sink(EventQueue):
    """Hands on each event on the emitter's own thread, so that nothing pruned is ever queued."""

    def __init__(self, take: Callable[[FileSystemEvent], None]) -> None:
        super().__init__()
        self._take = take

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:  # noqa: ARG002  as Queue has it
        """Hand on an event; one that cannot be handled is logged and the next one is told."""
        event, _watch = item
        try:
            self._take(event)
        except Exception as error:  # noqa: BLE001 -- logged without its text
            log_failure(log, "an event of a watched folder could not be told", error)


class NativeRoot:
    """Watch a folder while it is there; used by the keeper's thread, `_take` by the emitters'."""

    def __init__(
        self,
        watch: ObservedWatch,
        hooks: Hooks,
        make_emitter: MakeEmitter,
        spelling: Callable[[str], str],
        emit: Callable[[FileSystemEvent], None],
        look_soon: Callable[[], None],
    ) -> None:
        self._added = watch.path
        self._is_recursive = watch.is_recursive
        self._hooks = hooks
        self._make_emitter = make_emitter
        self._spelling = spelling
        self._emit = emit
        self._look_soon = look_soon
        self._lock = threading.Lock()
        self._path = watch.path
        self._identity: tuple[int, int] | None = None
        self._tree: NativeTree | None = None
        self._emitter: EventEmitter | None = None
        self._beside: dict[str, EventEmitter] = {}
        """The emitters of git's folders outside the root."""

        self._lost = False
        self._is_stale = False
        """Events were lost, and with them, perhaps, where a repository is."""

        self._folders = 0
        self._told: Condition | None = None

    def look(self) -> None:
        """See whether all is well, and begin, or begin again, where it is not."""
        if self._emitter is not None and (
            self._lost or not self._emitter.is_alive() or _identity(self._path) != self._identity
        ):
            self.close()
        if self._emitter is None or self._tree is None:
            self._report(self._begin())
            return
        try:
            if self._is_stale:
                self._is_stale = False
                self._explore(self._tree)
            self._watch_beside(self._tree)
        except OSError:
            self._lost = True
            self._look_soon()
        else:
            self._report(Condition.WATCHED)

    def rescan(self, paths: Collection[str] | None = None) -> None:
        """Ask the rules again, where one of these folders is the root's; report if for all."""
        if paths is None:
            self._told = None
        elif not any(path == self._path or _is_below(path, self._path) for path in paths):
            return
        self._is_stale = True
        self.look()

    @property
    def path(self) -> str:
        """Give the real path, which a link may have changed by the last beginning."""
        return self._path

    def count(self) -> int:
        """Say how many folders were watched when the tree was walked last; any thread may ask."""
        return 0 if self._emitter is None else self._folders

    def close(self) -> None:
        """End all watching; nothing is told."""
        for emitter in [*self._beside.values(), self._emitter]:
            if emitter is not None and emitter.is_alive():
                emitter.stop()
                emitter.join(END_SECONDS)
        self._beside.clear()
        self._emitter = self._tree = None
        self._lost = False

    def _begin(self) -> Condition:
        self._path = os.path.realpath(self._added)
        self._identity = _identity(self._path)
        if self._identity is None or not os.path.isdir(self._path):
            return Condition.MISSING
        tree = NativeTree(self._path, self._hooks, self._spelling)
        try:
            # Before the walk, so that nothing happens unseen between the two.
            self._tree = tree
            self._emitter = self._started(self._path, self._take, is_recursive=self._is_recursive)
            self._explore(tree)
            self._watch_beside(tree)
        except Exception as error:  # noqa: BLE001 -- logged without its text
            self.close()
            if isinstance(error, PermissionError):
                return Condition.UNREADABLE
            if _identity(self._path) is None:
                return Condition.MISSING
            log_failure(log, "a folder cannot be watched", error)
            return Condition.FAILED
        return Condition.WATCHED

    def _explore(self, tree: NativeTree) -> None:
        with self._lock:
            self._folders = tree.explore()

    def _watch_beside(self, tree: NativeTree) -> None:
        """Watch the folders of git's that lie outside, those of a linked worktree for one."""
        with self._lock:
            wanted = {folder for folder in tree.extra_folders if not tree.is_inside(folder)}
        for folder in wanted - self._beside.keys():
            if os.path.isdir(folder):
                take = partial(self._take_beside, folder)
                self._beside[folder] = self._started(folder, take, is_recursive=False)
        for folder in [
            one
            for one, emitter in self._beside.items()
            if one not in wanted or not emitter.is_alive()
        ]:
            self._beside.pop(folder).stop()

    def _started(
        self, path: str, take: Callable[[FileSystemEvent], None], *, is_recursive: bool
    ) -> EventEmitter:
        watch = ObservedWatch(os.path.realpath(path), recursive=is_recursive)
        emitter = self._make_emitter(Sink(take), watch)
        emitter.start()
        return emitter

    # The emitters' threads call these.

    def _take(self, event: FileSystemEvent) -> None:
        tree = self._tree
        if tree is None:
            return
        if isinstance(event, OverflowEvent):
            with self._lock:
                is_hidden = tree.hides(os.fsdecode(event.src_path))
            if not is_hidden:
                self._is_stale = True
                self._look_soon()
                self._emit(event)
            return
        if event.event_type == "deleted" and os.fsdecode(event.src_path) == self._path:
            # Deleted or renamed, it, or one that it lies in, or watching it failed.
            self._lost = True
            self._look_soon()
            return
        with self._lock:
            before = tree.extra_folders
            told = list(tree.translate(event))
            is_more = tree.extra_folders != before
        for one in told:
            self._emit(one)
        if is_more:
            self._look_soon()

    def _take_beside(self, folder: str, event: FileSystemEvent) -> None:
        """Tell what happens in a folder of git's, under the name that it was asked for by."""
        if event.is_directory or event.is_synthetic:
            return
        source, target = (
            os.path.join(folder, os.path.basename(os.fsdecode(path))) if path else ""
            for path in (event.src_path, event.dest_path)
        )
        for one in translated(event, source, target, is_git=True):
            self._emit(one)

    def _report(self, condition: Condition) -> None:
        if condition is not self._told:
            self._told = condition
            self._hooks.on_report(Report(self._path, condition, self.count()))


def _is_below(path: str, folder: str) -> bool:
    return path.startswith(os.path.join(folder, ""))


def _identity(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino
