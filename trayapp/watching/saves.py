"""From raw events to what a person saved.

A candidate is a file of a code name that was closed after writing, or renamed into place. It is
looked at once (see `freshness`), kept for SETTLING_SECONDS, looked at again, and is then a save
unless git (see `git_bracket`) or a burst (see `bursts`) wrote it. Everything that happens to one
path meanwhile is the same save: an editor's several steps, a formatter that runs on saving.

There is no clock in here and no thread: events bring the time when they were read, and `settle` is
called at `next_due`. One rule for the caller: settle only while no event waits to be fed.

What cannot be told apart, beside what those modules say: a copy, an unpacking or a download that
gives ten files or fewer the present time, from a save; a rename from one code name to another
counts only if the file was written within the settling time before it. After lost events nothing is
counted for two seconds.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from trayapp.watching.bursts import BURST_SECONDS, Bursts, Candidate
from trayapp.watching.events import Kind, RawEvent
from trayapp.watching.freshness import FileStatus, Freshness, Lstat, Way, lasting_refusal
from trayapp.watching.git_bracket import GitBrackets
from trayapp.watching.project import Project
from trayapp.watching.temporary_names import is_lock_name, is_temporary_name
from trayapp.watching.verdicts import MACHINES, Reason, Suppressed, Suppressions, Verdict

SETTLING_SECONDS = BURST_SECONDS
"""A file is known not to be the first of a burst only when the second after it is over."""

OVERFLOW_SECONDS = 2.0
"""No shorter than git's silence: a bracket whose end was lost is over by then."""

EDITOR_SECONDS = 2.0
"""How long after an editor's temporary file, or a backup, the file beside it is taken for saved."""

CLOSED_AGAIN_SECONDS = 0.2
"""A new file may be told twice: found open in a new folder, and closed; or chunk by chunk."""

_REMEMBERED = 4096
_REMEMBERED_NAMES = 256


@dataclass(frozen=True, slots=True)
class Save:
    """One person's save of one file; `at` is the wall clock when its first event was read.

    `project` is what was found then: a checkout within the settling time may change the branch.
    """

    path: str
    at: float
    project: Project | None = None


Found = Save | Suppressed
Remembered = TypeVar("Remembered")


class SaveFinder:
    """Give the saves among raw events.

    `is_code_name` decides by a file's name; `explain` is told the verdict on every candidate;
    `has_own_clock` tells whether a device (st_dev) takes its times from another machine (see
    `network_mounts`); `project_of` finds a path's project; `is_idle` tells whether nobody was at
    the desktop at a moment of the wall clock, about a second ago, and may take a second for it;
    `in_order` is whether events come in the order in which things happened (see `git_bracket`).
    """

    def __init__(
        self,
        lstat: Lstat,
        is_code_name: Callable[[str], bool],
        explain: Callable[[Verdict], None] | None = None,
        has_own_clock: Callable[[int], bool] = lambda _device: False,
        project_of: Callable[[str], Project | None] = lambda _path: None,
        is_idle: Callable[[float], bool] = lambda _at: False,
        *,
        in_order: bool = True,
    ) -> None:
        self._lstat = lstat
        self._is_code_name = is_code_name
        # One save asks several times, and it is what costs most of a checkout.
        self._name_refusal = lru_cache(_REMEMBERED_NAMES)(self._refusal_of_name)
        self._explain = explain
        self._project_of = project_of
        self._is_idle = is_idle
        self._freshness = Freshness(has_own_clock)
        self._git = GitBrackets(in_order=in_order)
        self._bursts = Bursts()
        self._suppressions = Suppressions()
        self._queue: deque[Candidate] = deque()
        self._pending: dict[str, Candidate] = {}
        self._made: dict[str, tuple[Way, float]] = {}
        self._moved_away: dict[str, float] = {}
        self._editor_in: dict[str, float] = {}
        self._deaf_until = float("-inf")
        self._moment = 0.0
        self._clock_set_back = 0.0

    def add_repository(self, root: str, git_folder: str) -> None:
        """Know a working tree and the folder of its index; a plain `.git` is also found alone."""
        self._git.add(root, git_folder)

    def remove_repository(self, root: str) -> None:
        """Forget a working tree."""
        self._git.remove(root)

    @property
    def next_due(self) -> float | None:
        """When, by the wall clock, to call `settle`; None when nothing is pending."""
        dues = [self._suppressions.next_end]
        if self._queue:
            dues.append(self._queue[0].moment + SETTLING_SECONDS)
        due = min((due for due in dues if due is not None), default=None)
        return None if due is None else due - self._clock_set_back

    def settle(self, now: float) -> list[Found]:
        """Give what is decided by now, on the wall clock."""
        return self._settle(self._moment_of(now))

    def feed(self, event: RawEvent) -> list[Found]:
        """Take in one event, and give what was decided before it."""
        moment = self._moment_of(event.at)
        found = self._settle(moment)
        if event.kind is Kind.OVERFLOW:
            self._overflow(event.at, moment)
        elif self._git.take(event, moment):
            pass
        elif event.is_directory:
            if event.kind is Kind.MOVED:
                self._folder_moved(event.old_path, event.path)
        else:
            self._take_file(event, moment)
        return found

    def _moment_of(self, wall: float) -> float:
        """Turn the wall clock, which may be set back, into one that never runs backwards."""
        moment = wall + self._clock_set_back
        if moment < self._moment:
            self._clock_set_back += self._moment - moment
            moment = self._moment
        self._moment = moment
        return moment

    def _take_file(self, event: RawEvent, moment: float) -> None:
        path = event.path
        folder, _, name = path.rpartition(os.sep)
        refusal = self._name_refusal(name)
        if refusal is Reason.TEMPORARY:
            _remember(self._editor_in, folder, moment)
        if event.kind is Kind.MOVED:
            if self._git.renames(event.old_path, path):
                self._freshness.forget(path)
                self._decide(Reason.GIT, path, event.at, moment)
                return
            if self._moved(event.old_path, path, refusal, moment):
                return
        if event.kind is Kind.DELETED:
            return
        if event.kind is Kind.CREATED:
            if refusal is None:
                away = self._moved_away.pop(path, float("-inf"))
                replaced = moment - away <= EDITOR_SECONDS
                way = Way.REPLACED if replaced else Way.CREATED
                _remember(self._made, path, (way, float("inf")))
        elif refusal is not None:
            self._tell(path, refusal)
        else:
            way = self._way_of_closed(path, moment) if event.kind is Kind.CLOSED else Way.MOVED
            self._candidate(path, event.at, moment, way)

    def _way_of_closed(self, path: str, moment: float) -> Way:
        way, until = self._made.pop(path, (Way.IN_PLACE, float("-inf")))
        if moment > until:
            return Way.IN_PLACE
        _remember(self._made, path, (way, min(until, moment + CLOSED_AGAIN_SECONDS)))
        return way

    def _refusal_of_name(self, name: str) -> Reason | None:
        if is_temporary_name(name):
            return Reason.TEMPORARY
        if is_lock_name(name):
            return Reason.LOCK
        return None if self._is_code_name(name) else Reason.NOT_CODE

    def _moved(self, old_path: str, path: str, refusal: Reason | None, moment: float) -> bool:
        """Follow a renamed file; True unless it was renamed into place and may be a save."""
        self._freshness.move(old_path, path)
        if self._name_refusal(old_path.rpartition(os.sep)[2]) is not None:
            return False
        if refusal is not None:
            _remember(self._moved_away, old_path, moment)
            return True
        candidate = self._pending.pop(old_path, None)
        if candidate is None:
            self._tell(path, Reason.RENAMED)
        elif path in self._pending:
            candidate.merged = True
        else:
            self._rename(candidate, path)
        return True

    def _folder_moved(self, old_folder: str, folder: str) -> None:
        self._git.move(old_folder, folder)
        inside = old_folder + os.sep
        for path in [path for path in self._pending if path.startswith(inside)]:
            self._rename(self._pending.pop(path), folder + path[len(old_folder) :])

    def _rename(self, candidate: Candidate, path: str) -> None:
        candidate.path = path
        # It may lie in another project now.
        candidate.project = None
        self._pending[path] = candidate

    def _candidate(self, path: str, at: float, moment: float, way: Way) -> None:
        if moment < self._deaf_until:
            self._decide(Reason.OVERFLOW, path, at, moment)
            return
        if way is Way.CREATED and self._git.writes(path, moment):
            self._freshness.forget(path)
            self._decide(Reason.GIT, path, at, moment)
            return
        if path in self._pending:
            self._tell(path, Reason.SAME_SAVE)
            return
        status = self._lstat(path)
        if status is not None:
            editor_at = self._editor_in.get(path.rpartition(os.sep)[0], float("-inf"))
            near = moment - editor_at <= EDITOR_SECONDS
            refusal = self._freshness.refusal(path, status, way, at, editor_near=near)
            if refusal is not None:
                self._decide(refusal, path, at, moment)
                return
        candidate = Candidate(path, at, moment, way, self._git.root_of(path))
        # Looking for a project takes longer than all else, and a formatter may write 20,000 files.
        # What completes a burst is nearly always dropped; for the few others we look at settling.
        if not self._bursts.is_full(candidate.root, moment):
            candidate.project = self._project_of(path)
        self._pending[path] = candidate
        self._queue.append(candidate)
        self._bursts.add(candidate)

    def _settle(self, moment: float) -> list[Found]:
        judged: list[tuple[Candidate, Reason]] = []
        while self._queue and self._queue[0].moment + SETTLING_SECONDS <= moment:
            candidate = self._queue.popleft()
            if candidate.merged:
                continue
            del self._pending[candidate.path]
            judged.append((candidate, self._judge(candidate)))
        found: list[Found] = []
        saved_at = [candidate.at for candidate, reason in judged if reason is Reason.SAVE]
        # One answer for all of them, since it may take a second; and about the last, since somebody
        # who has just come back is not to lose a save.
        is_idle = bool(saved_at) and self._is_idle(max(saved_at))
        for candidate, reason in judged:
            path, at = candidate.path, candidate.at
            decision = Reason.IDLE if is_idle and reason is Reason.SAVE else reason
            if decision is Reason.SAVE:
                found.append(Save(path, at, candidate.project or self._project_of(path)))
            self._decide(decision, path, at, moment)
        return found + self._suppressions.ended(moment)

    def _judge(self, candidate: Candidate) -> Reason:
        status = self._lstat(candidate.path)
        if candidate.way is Way.CREATED:
            if self._git.lock_was_near(candidate.path, candidate.moment):
                return Reason.GIT
            index = self._git.index_of_newborn(candidate.path, candidate.moment)
            if index is not None and self._came_before(index, status):
                return Reason.GIT
        in_burst = self._bursts.holds(candidate)
        if status is None:
            return Reason.GONE
        self._freshness.remember(candidate.path, status)
        return lasting_refusal(status) or (Reason.BURST if in_burst else Reason.SAVE)

    def _came_before(self, index: str, status: FileStatus | None) -> bool:
        """Tell whether a file was written before its index was, as all are that git writes."""
        if not index:
            return True
        written = self._lstat(index)
        if written is None:
            return self._lstat(index + ".lock") is not None
        return status is None or status.mtime_ns <= written.mtime_ns

    def _overflow(self, at: float, moment: float) -> None:
        for path in self._pending:
            self._decide(Reason.OVERFLOW, path, at, moment)
        for forgotten in (self._queue, self._pending, self._made, self._moved_away, self._bursts):
            forgotten.clear()
        self._deaf_until = moment + OVERFLOW_SECONDS

    def _decide(self, reason: Reason, path: str, at: float, moment: float) -> None:
        if reason in MACHINES:
            self._suppressions.add(reason, self._git.root_of(path), path, at, moment)
        self._tell(path, reason)

    def _tell(self, path: str, reason: Reason) -> None:
        if self._explain is not None:
            self._explain(Verdict(path, reason))


def _remember(memory: dict[str, Remembered], path: str, value: Remembered) -> None:
    memory.pop(path, None)
    if len(memory) >= _REMEMBERED:
        del memory[next(iter(memory))]
    memory[path] = value
