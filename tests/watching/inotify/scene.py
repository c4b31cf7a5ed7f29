"""A real tree watched by a real observer, and what was heard of it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from watchdog.events import FileSystemEvent, FileSystemEventHandler

from trayapp.watching.inotify import Condition, Hooks, OverflowEvent, PrunedObserver, Report

LIMIT = 20.0
"""Seconds in which what a test waits for happens, on a machine that does other things too."""

SENTINEL = ".settled-"

PRUNED = frozenset({".git", "node_modules", "build"})

Heard = tuple[str, str, str]
"""An event as (what, from, to), with paths relative to the root; "" is outside or nothing."""


class Recorder(FileSystemEventHandler):
    """Keep events in order and let a test wait for one."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.events: list[FileSystemEvent] = []

    def dispatch(self, event: FileSystemEvent) -> None:
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    def wait_for(self, condition: Callable[[list[FileSystemEvent]], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: condition(self.events), LIMIT), self.events[-20:]

    def take(self) -> list[FileSystemEvent]:
        with self._changed:
            events, self.events = self.events, []
            return events


@dataclass
class Scene:
    """Watch `root`; everything may be changed before start()."""

    root: Path
    budget: int = 20_000
    recursive: bool = True
    pruned: Callable[[str], bool] = lambda path: Path(path).name in PRUNED
    extra_watches: Callable[[str], Iterable[str]] = lambda _path: ()
    deletions_of: frozenset[str] = frozenset()
    recorder: Recorder = field(default_factory=Recorder)
    reports: list[Report] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._changed = threading.Condition()
        self._settled = 0
        self.observer: PrunedObserver | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self.observer is not None and self.observer.is_alive():
            self.observer.stop()
            self.observer.join(LIMIT)
            assert not self.observer.is_alive()

    def hooks(self) -> Hooks:
        # Asked anew each time, so that a test can change the rules.
        return Hooks(
            lambda path: bool(self.pruned(path)),
            self._report,
            lambda path: [*self.extra_watches(path)],
            self.deletions_of,
        )

    def start(self, expected: Condition = Condition.WATCHED) -> Report:
        self.observer = PrunedObserver(self.hooks(), budget=self.budget)
        self.observer.schedule(self.recorder, str(self.root), recursive=self.recursive)
        self.observer.start()
        return self.wait_for_report(expected)

    def wait_for_report(self, condition: Condition, count: int = 1) -> Report:
        """Wait until a condition was told so often, and give the last such report."""

        def such() -> list[Report]:
            return [report for report in self.reports if report.condition is condition]

        with self._changed:
            assert self._changed.wait_for(lambda: len(such()) >= count, LIMIT), self.reports
            return such()[-1]

    def rescan(self) -> Report:
        """Have the rules asked again, and give what is reported then."""
        assert self.observer is not None
        with self._changed:
            before = len(self.reports)
            self.observer.rescan()
            assert self._changed.wait_for(lambda: len(self.reports) > before, LIMIT)
            return self.reports[-1]

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep the reader from reading, so that records wait in the kernel."""
        assert self.observer is not None
        holds, release = threading.Event(), threading.Event()

        def hold() -> None:
            holds.set()
            release.wait(LIMIT)

        self.observer._reader.submit(hold)
        assert holds.wait(LIMIT)
        try:
            yield
        finally:
            release.set()

    def settle(self) -> list[Heard]:
        """Wait until all that was done has been heard, and give it."""
        self._settled += 1
        sentinel = self.root.resolve() / f"{SENTINEL}{self._settled}"
        sentinel.write_bytes(b"")
        self.recorder.wait_for(
            lambda events: any(
                event.event_type == "closed" and event.src_path == str(sentinel) for event in events
            )
        )
        return [
            heard
            for event in self.recorder.take()
            if SENTINEL not in (heard := self._hear(event))[1]
        ]

    def count(self) -> int:
        """Say how many folders are watched, as anybody is told who asks."""
        assert self.observer is not None
        (count,) = self.observer.counts().values()
        return count

    def watched(self) -> set[str]:
        """Give the folders that are watched, relative to the root."""
        assert self.observer is not None
        done = threading.Event()
        paths: set[str] = set()

        def look() -> None:
            for root in self.observer._reader._roots:  # type: ignore[union-attr]
                if root._tree is not None:
                    paths.update(folder.path for folder in root._tree.folders.values())
            done.set()

        self.observer._reader.submit(look)
        assert done.wait(LIMIT)
        return {self._relative(path) for path in paths}

    def _report(self, report: Report) -> None:
        with self._changed:
            self.reports.append(report)
            self._changed.notify_all()

    def _hear(self, event: FileSystemEvent) -> Heard:
        if isinstance(event, OverflowEvent):
            return "overflow", self._relative(event.src_path), ""
        what = f"folder {event.event_type}" if event.is_directory else event.event_type
        return what, self._relative(event.src_path), self._relative(event.dest_path)

    def _relative(self, path: str | bytes) -> str:
        text = os.fsdecode(path)
        root = os.path.realpath(self.root)
        return "." if text == root else text.removeprefix(f"{root}/")
