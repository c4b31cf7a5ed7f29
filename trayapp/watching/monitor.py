"""The file monitor: folders in, a person's saves out, each with what is known about it.

Three threads, all owned here: the observer's own two read and hand on events, and one takes them
from a queue, decides, and looks into files. At rest all three sleep.
"""

from __future__ import annotations

import logging
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from trayapp.coding.hiding import Capture
from trayapp.watching.capture import Capturer
from trayapp.watching.events import RawEvent
from trayapp.watching.file_status import look_at
from trayapp.watching.git_rules import RULES_NAME
from trayapp.watching.ignoring import IgnoreRules
from trayapp.watching.inotify.failures import log_failure
from trayapp.watching.inotify.hooks import Hooks
from trayapp.watching.language_names import is_code_name, may_be_script_name
from trayapp.watching.network_mounts import own_clock_test
from trayapp.watching.observers import make_observer
from trayapp.watching.project import Project
from trayapp.watching.repository import find_git, git_at
from trayapp.watching.saves import SETTLING_SECONDS, Save, SaveFinder
from trayapp.watching.verdicts import QUIET_SECONDS, Reason, Suppressed, Verdict

if TYPE_CHECKING:
    from watchdog.observers.api import ObservedWatch

    from trayapp.watching.inotify import Report
    from trayapp.watching.observed import Handler

log = logging.getLogger(__name__)

STOP_SECONDS = 5.0
"""How long `stop` waits for what is being looked at; the thread is a daemon, so it ends anyhow."""


@dataclass(frozen=True)
class Repository:
    """A working tree, and the folder that its index lies in."""

    root: str
    git_folder: str


@dataclass(frozen=True)
class RuleFile:
    """A file with rules that lies in no watched folder, and has changed."""

    path: str


Told: TypeAlias = "RawEvent | Repository | RuleFile | None"
"""What the monitor's thread is given; None ends it."""


@dataclass(frozen=True)
class Listeners:
    """Who is told of what, on the monitor's thread; `reported` on the observer's reader."""

    captured: Callable[[Capture], None]
    suppressed: Callable[[Suppressed], None]
    reported: Callable[[Report], None]
    is_idle: Callable[[float], bool] = lambda _at: False
    """Asked whether nobody was there at a moment; it may take a second."""
    explained: Callable[[Verdict], None] | None = None
    found_rules: Callable[[], None] = lambda: None
    """Told that a new repository has brought more of `rule_files`."""


class Monitor:
    """Watch folders, which are real paths, and tell of each save of a person's."""

    def __init__(
        self, listeners: Listeners, has_own_clock: Callable[[int], bool] | None = None
    ) -> None:
        self._listeners = listeners
        # Asked by the observer's reader and by the monitor's thread.
        self._rules_lock = threading.Lock()
        self._rules: IgnoreRules
        self._capturer: Capturer
        self._told: queue.SimpleQueue[Told] = queue.SimpleQueue()
        self._finder = SaveFinder(
            look_at,
            _may_be_code,
            None if listeners.explained is None else self._explain,
            has_own_clock or own_clock_test(),
            self._project_of,
            listeners.is_idle,
            in_order=sys.platform == "linux",
        )
        self._observer = make_observer(
            Hooks(self._is_pruned, listeners.reported, self._git_folders, frozenset({RULES_NAME}))
        )
        self._watches: dict[str, ObservedWatch] = {}
        self._handlers: dict[str, Handler] = {}
        # Known before they are watched: the observer asks about each at once.
        self._folders: frozenset[str] = frozenset()
        self._known_rule_files: set[str] = set()
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)

    def watch(self, folders: Collection[str], rules: IgnoreRules, capturer: Capturer) -> None:
        """Watch these folders from now on, by these rules; before `start` and after.

        Returns at once; reports tell when a folder is watched, or why it is not.
        """
        # Late: this brings watchdog.
        from trayapp.watching.observed import Handler  # noqa: PLC0415

        with self._rules_lock:
            self._rules, self._capturer = rules, capturer
        self._folders = frozenset(folders)
        for folder in self._watches.keys() - self._folders:
            self._observer.unschedule(self._watches.pop(folder))
            del self._handlers[folder]
        for folder in self._folders - self._handlers.keys():
            self._handlers[folder] = Handler(self._told.put, folder)
        for folder, handler in self._handlers.items():
            above = f"{folder}{os.sep}"
            handler.inner = tuple(
                f"{inner}{os.sep}" for inner in self._folders if inner.startswith(above)
            )
        if self._watches:
            self._observer.rescan()
        for folder in folders:
            if folder not in self._watches:
                watch = self._observer.schedule(self._handlers[folder], folder, recursive=True)
                self._watches[folder] = watch

    def start(self) -> None:
        """Begin; `watch` was called before."""
        self._thread.start()
        self._observer.start()

    def rule_files(self) -> frozenset[str]:
        """Give the files with rules that were found so far and lie in none of the folders."""
        with self._rules_lock:
            return self._outside(self._rules.source_files())

    def rule_file_changed(self, path: str) -> None:
        """Take note that one of those was written, or came, or went."""
        self._told.put(RuleFile(path))

    def counts(self) -> dict[str, int]:
        """Say how many folders are watched now in each of those that were asked for."""
        return self._observer.counts()

    def stop(self) -> None:
        """Stop watching; a save whose file has been still for long enough is told before."""
        self._observer.stop()
        self._observer.join(STOP_SECONDS)
        self._told.put(None)
        self._thread.join(STOP_SECONDS)

    # The observer's reader calls these.

    def _is_pruned(self, path: str) -> bool:
        with self._rules_lock:
            return self._rules.is_pruned_folder(path)

    def _git_folders(self, path: str) -> Iterable[str]:
        """Name what is to be watched of a repository, of a linked worktree's too."""
        repository = git_at(Path(path))
        if repository is not None:
            git_folder, common = str(repository.git_dir), str(repository.common_dir)
        elif os.path.isdir(entry := os.path.join(path, ".git")):
            # A clone begins with it, and nobody asks again when it is complete.
            git_folder = common = entry
        elif path in self._folders and (above := find_git(Path(path))) is not None:
            # git writes in a part of its working tree as in all of it.
            path, git_folder, common = str(above.root), str(above.git_dir), str(above.common_dir)
        else:
            return ()
        self._told.put(Repository(path, git_folder))
        return git_folder, os.path.join(common, "info")

    # The monitor's own thread.

    def _project_of(self, path: str) -> Project:
        return self._capturer.project_of(path)

    def _run(self) -> None:
        while True:
            try:
                if not self._turn():
                    return
            except Exception as error:  # noqa: BLE001 -- the next save is to be counted
                log_failure(log, "a turn of the watcher failed", error)

    def _turn(self) -> bool:
        """Take one thing that was told, or settle what is due; False at the end."""
        # An event that waits settles what is due before it.
        due = self._finder.next_due if self._told.empty() else None
        wait = None if due is None else max(0.0, due - time.time())
        try:
            told = self._told.get(timeout=wait)
        except queue.Empty:
            self._give(self._finder.settle(time.time()))
            return True
        if told is None:
            self._drain()
            return False
        if isinstance(told, Repository):
            self._finder.add_repository(told.root, told.git_folder)
            self._look_for_rules(told.root)
        elif isinstance(told, RuleFile):
            self._notice_rules(told.path)
        else:
            self._notice_rules(told.path)
            if told.old_path:
                self._notice_rules(told.old_path)
            self._give(self._finder.feed(told))
        return True

    def _drain(self) -> None:
        """Let what is pending settle, and tell of the runs of machines that are not over yet."""
        end = time.time() + SETTLING_SECONDS
        while (due := self._finder.next_due) is not None and due <= end:
            time.sleep(max(0.0, due - time.time()))
            self._give(self._finder.settle(time.time()))
        self._give(self._finder.settle(end + QUIET_SECONDS))

    def _look_for_rules(self, root: str) -> None:
        with self._rules_lock:
            found = self._outside(self._rules.source_files_at(root))
        if not found <= self._known_rule_files:
            self._known_rule_files |= found
            self._listeners.found_rules()

    def _outside(self, files: Iterable[str]) -> frozenset[str]:
        inside = tuple(f"{folder}{os.sep}" for folder in tuple(self._watches))
        return frozenset(file for file in files if not file.startswith(inside))

    def _notice_rules(self, path: str) -> None:
        with self._rules_lock:
            again = self._rules.refresh(path) if self._rules.matters(path) else frozenset()
        if again:
            self._observer.rescan(again)

    def _give(self, found: Iterable[Save | Suppressed]) -> None:
        for one in found:
            if isinstance(one, Suppressed):
                self._listeners.suppressed(one)
                continue
            with self._rules_lock:
                ignored = self._rules.is_ignored_file(one.path)
            capture = None if ignored else self._capturer.capture(one)
            if self._listeners.explained is not None:
                unknown = Reason.IGNORED if ignored else Reason.NOT_CODE
                reason = unknown if capture is None else Reason.SAVE
                self._listeners.explained(Verdict(one.path, reason))
            if capture is not None:
                self._listeners.captured(capture)

    def _explain(self, verdict: Verdict) -> None:
        # Of a save there is more to say once its file was looked into.
        if self._listeners.explained is not None and not verdict.accepted:
            self._listeners.explained(verdict)


def _may_be_code(name: str) -> bool:
    return is_code_name(name) or may_be_script_name(name)
