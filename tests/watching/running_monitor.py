"""A monitor that runs on a real folder, for tests that drive real programs there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.desktop.processes import wait_for
from tests.watching.repositories import make_git, save
from trayapp.coding.hiding import Capture
from trayapp.watching.capture import Capturer, Identity
from trayapp.watching.ignoring import IgnoreRules
from trayapp.watching.inotify import Condition, Report
from trayapp.watching.monitor import Listeners, Monitor
from trayapp.watching.project import ProjectSettings
from trayapp.watching.verdicts import Reason, Suppressed, Verdict

SAVE_LIMIT = 20.0
"""Seconds in which a save is told on a busy machine; the settling second is among them."""


class RunningMonitor:
    """What a running monitor told of the folder `root`; `root/beside` is the sentinels' own.

    That is a repository of its own, so that no burst elsewhere swallows a sentinel.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.captures: list[Capture] = []
        self.suppressed: list[Suppressed] = []
        self.verdicts: list[Verdict] = []
        self.reports: list[Report] = []
        self._beside = root / "beside"
        self._sentinels = 0
        self._told_before = 0

    def wait_for_saves(self, expected: Sequence[str]) -> list[Capture]:
        """Give the captures of these paths, relative to the root; fail unless they are all.

        In any order, each as often as it is named.
        """
        found = self.saves()
        names = [self._name(capture.path) for capture in found]
        assert sorted(names) == sorted(expected), self._said()
        return found

    def saves(self) -> list[Capture]:
        """Give what was captured since this was asked last, up to now, without the sentinel."""
        self._sentinels += 1
        sentinel = save(self._beside / f"sentinel{self._sentinels}.py", "n = 1\n").as_posix()
        # Candidates are decided in their order: with this one all before it are.
        wait_for(
            lambda: any(capture.path == sentinel for capture in self.captures.copy()),
            "the sentinel is told",
            SAVE_LIMIT,
        )
        captures = self.captures.copy()
        found = [one for one in captures[self._told_before :] if one.path != sentinel]
        self._told_before = len(captures)
        return found

    def reasons(self, pattern: str = "*") -> Counter[Reason]:
        """Count the verdicts on files of such names, without the sentinels."""
        return Counter(
            verdict.reason
            for verdict in self.verdicts.copy()
            if not Path(verdict.path).is_relative_to(self._beside)
            and Path(verdict.path).match(pattern)
        )

    def watched(self) -> set[str]:
        """Name the folders that were reported to be watched."""
        watched = (one for one in self.reports.copy() if one.condition is Condition.WATCHED)
        return {report.root for report in watched}

    def _name(self, path: str) -> str:
        return Path(path).relative_to(self.root).as_posix()

    def _said(self) -> str:
        saved = [self._name(one.path) for one in self.verdicts if one.accepted]
        return f"saved: {saved}; the others: {self.reasons()}"


@contextmanager
def running_monitor(root: Path, *inner: Path) -> Iterator[RunningMonitor]:
    """Run a monitor on a folder and others in it, and begin once all of them are watched."""
    one = RunningMonitor(root.resolve())
    make_git(one.root / "beside")
    folders = [str(one.root), *map(str, inner)]
    home = one.root.parent / "home"
    rules = IgnoreRules(folders, home=str(home), config_home=str(home / ".config"))
    capturer = Capturer(folders, ProjectSettings(), Identity("trayapp", "machine"))
    listeners = Listeners(
        one.captures.append,
        one.suppressed.append,
        one.reports.append,
        explained=one.verdicts.append,
    )
    monitor = Monitor(listeners, lambda _device: False)
    monitor.watch(folders, rules, capturer)
    monitor.start()
    try:
        wait_for(
            lambda: one.watched() >= set(folders),
            "each folder is watched",
            SAVE_LIMIT,
        )
        yield one
    finally:
        monitor.stop()
