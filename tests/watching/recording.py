"""Plays what recordings/record.py wrote."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.watching.machine import ROOT, START
from trayapp.watching.events import Kind, RawEvent
from trayapp.watching.freshness import FileStatus
from trayapp.watching.saves import Found, SaveFinder
from trayapp.watching.verdicts import Verdict

FOLDER = Path(__file__).parent / "recordings"
NAMES = sorted(file.stem for file in FOLDER.glob("*.txt"))
PLACE = 1
"""The device that all of it happened on."""


def _nanoseconds(field: str) -> int:
    return round((START + float(field)) * 1e9)


class Recording:
    """Feeds a recording to a SaveFinder, with what lstat said at each moment."""

    def __init__(
        self,
        name: str,
        is_code: Callable[[str], bool],
        *,
        tells_deletions: bool = True,
        repositories: dict[str, str] | None = None,
    ) -> None:
        self._tells_deletions = tells_deletions
        self._statuses: dict[str, FileStatus | None] = {}
        self.verdicts: list[Verdict] = []
        self.found: list[Found] = []
        self._finder = SaveFinder(self._statuses.get, is_code, self.verdicts.append)
        for root, git_folder in (repositories or {}).items():
            self._finder.add_repository(f"{ROOT}/{root}", f"{ROOT}/{git_folder}")
        for line in (FOLDER / f"{name}.txt").read_text().splitlines():
            self._play(line)
        while (due := self._finder.next_due) is not None:
            self.found += self._finder.settle(due)

    def _play(self, line: str) -> None:
        seconds, kind, name, old_name, size, mtime, ctime, atime, form = line.split("\t")
        path = f"{ROOT}/{name}"
        old_path = "" if old_name == "-" else f"{ROOT}/{old_name}"
        self._statuses[old_path] = None
        self._statuses[path] = None
        if size != "-" and kind != "DELETED":
            modified, changed, accessed = (_nanoseconds(time) for time in (mtime, ctime, atime))
            self._statuses[path] = FileStatus(
                int(size), modified, changed, accessed, PLACE, form == "file"
            )
        if kind == "DELETED" and not self._tells_deletions and "/.git/" not in path:
            return
        event = RawEvent(Kind[kind], path, old_path, form == "folder", START + float(seconds))
        self.found += self._finder.feed(event)
