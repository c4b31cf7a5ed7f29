"""A machine without a disk: files with times, and the events that writing them gives.

What it does is what tests/watching/recordings show that real programs do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from trayapp.watching.events import Kind, RawEvent
from trayapp.watching.freshness import FileStatus
from trayapp.watching.project import Project
from trayapp.watching.saves import Found, Save, SaveFinder
from trayapp.watching.verdicts import Reason, Suppressed, Verdict

START = 1_800_000_000.0
STEP_SECONDS = 0.0001
LONG_AGO_SECONDS = 86_400.0
ROOT = "/code"
CODE_ENDINGS = (".py", ".ts", ".go", ".json", ".md", ".c")


def is_code_name(name: str) -> bool:
    return name.endswith(CODE_ENDINGS)


@dataclass
class File:
    mtime: float
    ctime: float
    atime: float
    size: int = 100
    is_regular: bool = True


class Machine:
    """Acts, and feeds what inotify would say of it.

    `clock_error` is how far the file system's clock is ahead of this machine's.
    """

    def __init__(
        self,
        *,
        clock_error: float = 0.0,
        tells_deletions: bool = False,
        is_code: Callable[[str], bool] = is_code_name,
        project_of: Callable[[str], Project | None] = lambda _path: None,
        is_idle: Callable[[float], bool] = lambda _at: False,
    ) -> None:
        self.time = START
        self.clock_error = clock_error
        self.tells_deletions = tells_deletions
        self.files: dict[str, File] = {}
        self.found: list[Found] = []
        self.verdicts: list[Verdict] = []
        self.looks = 0
        self.meanwhile: Callable[[], None] | None = None
        """What others do before each event is told."""

        self.finder = SaveFinder(
            self.lstat,
            is_code,
            self.verdicts.append,
            lambda _device: bool(clock_error),
            project_of,
            is_idle,
        )

    # What came out.

    @property
    def saves(self) -> list[Save]:
        return [found for found in self.found if isinstance(found, Save)]

    @property
    def saved(self) -> list[str]:
        return [save.path.removeprefix(ROOT + "/") for save in self.saves]

    @property
    def suppressed(self) -> list[tuple[Reason, int]]:
        return [(one.reason, one.count) for one in self.found if isinstance(one, Suppressed)]

    def reasons(self, path: str) -> list[Reason]:
        return [verdict.reason for verdict in self.verdicts if verdict.path == f"{ROOT}/{path}"]

    # Time.

    def wait(self, seconds: float) -> Machine:
        end = self.time + seconds
        while (due := self.finder.next_due) is not None and due <= end:
            self.time = max(self.time, due)
            self.found += self.finder.settle(self.time)
        self.time = end
        return self

    def rest(self) -> Machine:
        return self.wait(10.0)

    # What the kernel does.

    def lstat(self, path: str) -> FileStatus | None:
        self.looks += 1
        file = self.files.get(path)
        if file is None:
            return None
        mtime, ctime, atime = (
            round((time + self.clock_error) * 1e9) for time in (file.mtime, file.ctime, file.atime)
        )
        return FileStatus(file.size, mtime, ctime, atime, 1, file.is_regular)

    def tell(self, kind: Kind, path: str = "", old: str = "", *, folder: bool = False) -> None:
        if self.meanwhile is not None:
            self.meanwhile()
        self.wait(STEP_SECONDS)
        absolute, old_absolute = (f"{ROOT}/{one}" if one else "" for one in (path, old))
        event = RawEvent(kind, absolute, old_absolute, folder, self.time)
        self.found += self.finder.feed(event)

    def have(self, *paths: str, size: int = 100) -> None:
        """Have files since long ago."""
        then = self.time - LONG_AGO_SECONDS
        for path in paths:
            self.files[f"{ROOT}/{path}"] = File(then, then, then, size)

    def write(self, path: str, size: int = 100) -> None:
        """Write in place, and create what is not there."""
        absolute = f"{ROOT}/{path}"
        now = self.time
        file = self.files.get(absolute)
        if file is None:
            self.files[absolute] = File(now, now, now, size)
            self.tell(Kind.CREATED, path)
        else:
            file.mtime = file.ctime = now
            file.size = size
        self.tell(Kind.CLOSED, path)

    def close_unwritten(self, path: str) -> None:
        self.files[f"{ROOT}/{path}"].atime = self.time
        self.tell(Kind.CLOSED, path)

    def touch(self, path: str) -> None:
        if f"{ROOT}/{path}" not in self.files:
            self.write(path, size=0)
            return
        file = self.files[f"{ROOT}/{path}"]
        file.mtime = file.ctime = file.atime = self.time
        self.tell(Kind.CLOSED, path)

    def set_times(self, path: str, age: float = LONG_AGO_SECONDS) -> None:
        file = self.files[f"{ROOT}/{path}"]
        file.mtime, file.ctime = self.time - age, self.time

    def rename(self, old: str, path: str) -> None:
        file = self.files.pop(f"{ROOT}/{old}")
        file.ctime = self.time
        self.files[f"{ROOT}/{path}"] = file
        self.tell(Kind.MOVED, path, old)

    def move_in(self, path: str, age: float = 0.0) -> None:
        self.files[f"{ROOT}/{path}"] = File(self.time - age, self.time, self.time)
        self.tell(Kind.MOVED_IN, path)

    def delete(self, path: str) -> None:
        if self.files.pop(f"{ROOT}/{path}", None) is not None and self.tells_deletions:
            self.tell(Kind.DELETED, path)

    def move_folder(self, old: str, folder: str) -> None:
        for path in [path for path in self.files if path.startswith(f"{ROOT}/{old}/")]:
            self.files[f"{ROOT}/{folder}" + path[len(f"{ROOT}/{old}") :]] = self.files.pop(path)
        self.tell(Kind.MOVED, folder, old, folder=True)

    # What git does.

    def lock(self, git: str = ".git") -> None:
        self.tell(Kind.CREATED, f"{git}/index.lock")

    def close_lock(self, git: str = ".git") -> None:
        self.tell(Kind.CLOSED, f"{git}/index.lock")

    def unlock(self, git: str = ".git") -> None:
        self.files[f"{ROOT}/{git}/index"] = File(self.time, self.time, self.time)
        self.tell(Kind.MOVED, f"{git}/index", f"{git}/index.lock")

    def git_writes(self, path: str) -> None:
        self.delete(path)
        self.write(path)

    def checkout(self, paths: Iterable[str], git: str = ".git") -> None:
        self.lock(git)
        for path in paths:
            self.git_writes(path)
        self.close_lock(git)
        self.unlock(git)


Way = Callable[[Machine, str], None]


def save_in_place(machine: Machine, path: str) -> None:
    machine.write(path)


def save_with_backup(machine: Machine, path: str) -> None:
    if f"{ROOT}/{path}" in machine.files:
        machine.rename(path, path + "~")
    machine.write(path)
    machine.delete(path + "~")


def save_by_copy_of_backup(machine: Machine, path: str) -> None:
    machine.write(path + "~")
    machine.write(path)
    machine.delete(path + "~")


def save_by_rename(machine: Machine, path: str) -> None:
    folder, _, name = path.rpartition("/")
    temporary = f"{folder}/.{name}.x7Hq2".lstrip("/")
    machine.write(temporary)
    machine.rename(temporary, path)


def save_through_gio(machine: Machine, path: str) -> None:
    folder = path.rpartition("/")[0]
    temporary = f"{folder}/.goutputstream-X1Y2".lstrip("/")
    machine.write(temporary)
    if f"{ROOT}/{path}" in machine.files:
        machine.close_unwritten(path)
    machine.rename(temporary, path)
    machine.close_unwritten(path)


def save_as_old_jetbrains(machine: Machine, path: str) -> None:
    machine.write(path + "___jb_tmp___")
    if f"{ROOT}/{path}" in machine.files:
        machine.rename(path, path + "___jb_old___")
    machine.rename(path + "___jb_tmp___", path)
    machine.delete(path + "___jb_old___")


def save_by_rename_of_a_code_name(machine: Machine, path: str) -> None:
    stem, _, ending = path.rpartition(".")
    machine.write(f"{stem}.new.{ending}")
    machine.rename(f"{stem}.new.{ending}", path)


def save_by_rename_from_outside(machine: Machine, path: str) -> None:
    machine.move_in(path)


WAYS: dict[str, Way] = {
    "in place: VS Code, nano, kate": save_in_place,
    "backup renamed: vim, neovim, emacs": save_with_backup,
    "backup copied: JetBrains, vim with backupcopy": save_by_copy_of_backup,
    "renamed over: Sublime, sed, emacs with the precious flag": save_by_rename,
    "GIO: gedit, mousepad, geany": save_through_gio,
    "JetBrains of old": save_as_old_jetbrains,
    "a temporary file with the same ending": save_by_rename_of_a_code_name,
    "renamed in from an unwatched folder": save_by_rename_from_outside,
}
