"""A file monitor on a home folder of its own, for tests that save real files there."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from tests.desktop.processes import wait_for
from tests.watching.repositories import save
from trayapp.coding.file_monitor import FileMonitorStatus
from trayapp.coding.heartbeat import Heartbeat
from trayapp.resident.file_monitor import Ears, FileMonitor
from trayapp.settings.locations import find_locations
from trayapp.settings.watching import WatchingSettings

LIMIT = 20.0
"""Seconds in which a save is told on a busy machine; the settling second is among them."""


class Machine:
    """A file monitor on a home folder, and all that it told; `code` and `beside` are watched.

    `beside` is the sentinels' own.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.code = home / "code"
        self.beside = home / "beside"
        for folder in (self.code, self.beside):
            folder.mkdir(parents=True, exist_ok=True)
        self.environment = {"HOME": str(home)}
        self.locations = find_locations(self.environment)
        self.heartbeats: list[Heartbeat] = []
        self.notes: list[str] = []
        self.verdicts: list[str] = []
        self.changes = 0
        self.edits = 0
        self.nobody_is_there = False
        self._sentinels = 0
        self._told_before = 0
        self.monitor = self.make_monitor()

    def make_monitor(self, owner: str = "trayapp") -> FileMonitor:
        ears = Ears(
            lambda heartbeat, _key, _only: self.heartbeats.append(heartbeat),
            self.notes.append,
            self._count_change,
            self._count_edit,
            self.verdicts.append,
        )
        return FileMonitor(
            self.locations, self.environment, owner, lambda _at: self.nobody_is_there, ears
        )

    def _count_change(self) -> None:
        self.changes += 1

    def _count_edit(self) -> None:
        self.edits += 1

    def settings(self, *folders: Path, **values: Any) -> WatchingSettings:
        return WatchingSettings(
            folders=(self.beside, *(folders or (self.code,))), hostname="box", **values
        )

    def watch(self, *folders: Path, **values: Any) -> None:
        """Follow such settings, and begin once all of it is watched, and that was told."""
        self.monitor.follow(self.settings(*folders, **values))
        wait_for(self.all_is_well, "all is watched", LIMIT)
        # Who tells it reads no event before.
        before = len(self.verdicts)
        probe = save(self.beside / "watched.txt")
        wait_for(lambda: len(self.verdicts) > before, "it is told", LIMIT)
        probe.unlink()

    def status(self) -> FileMonitorStatus:
        return self.monitor.status(time.time())

    def all_is_well(self) -> bool:
        return all(each.watches and not each.problem for each in self.status().folders)

    def problem(self, folder: Path) -> str:
        (found,) = (each for each in self.status().folders if each.path == str(folder))
        return found.problem

    def count(self, folder: Path) -> int:
        (found,) = (each for each in self.status().folders if each.path == str(folder))
        return found.watches

    def has_noted(self, words: str) -> bool:
        return any(words in note for note in self.notes.copy())

    def has_said(self, folder: Path, words: str) -> bool:
        return any(note.startswith(f"{folder}:") and words in note for note in self.notes.copy())

    def saves(self) -> list[str]:
        """Give the entities told since this was asked last, up to now, without the sentinel."""
        self._sentinels += 1
        # In one folder things are told in their order, in two they are not.
        for number, folder in enumerate(self.status().folders):
            if folder.watches and not folder.problem:
                self.wait_until_read(Path(folder.path), f"read{self._sentinels}-{number}.txt")
        sentinel = str(save(self.beside / f"sentinel{self._sentinels}.py", "n = 1\n"))
        # Saves are told in the order in which they were read: with this one all before it are.
        self.wait_for_save(sentinel)
        heartbeats = self.heartbeats.copy()
        found = [each.entity for each in heartbeats[self._told_before :] if each.entity != sentinel]
        self._told_before = len(heartbeats)
        return sorted(found)

    def wait_until_read(self, folder: Path, name: str) -> None:
        """Wait until the events of a folder up to now were read, by a file of no code."""
        probe = save(folder / name)
        wait_for(
            lambda: any(name in line for line in self.verdicts.copy()), f"{name} is read", LIMIT
        )
        probe.unlink()

    def wait_for_save(self, entity: str) -> Heartbeat:
        return wait_for(
            lambda: next((each for each in self.heartbeats.copy() if each.entity == entity), None),
            f"{entity} is told",
            LIMIT,
        )

    def was_edited(self, count: int) -> bool:
        return self.edits == count

    def tallied(self, name: str) -> int:
        found: int = self.monitor.report()[name]
        return found
