"""The observer for macOS and Windows, from the systems' own events to a person's saves.

Not run on those systems: native_systems plays their events, to watchdog's own code for them. What
happens on the disk is real.
"""

from __future__ import annotations

import os
import queue
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from watchdog.events import (
    DirCreatedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileModifiedEvent,
)
from watchdog.observers.api import EventEmitter, EventQueue, ObservedWatch
from watchdog.observers.polling import PollingEmitter

from tests.desktop.processes import wait_for
from tests.watching.machine import is_code_name
from tests.watching.native_systems import System, played_system
from trayapp.watching.events import Kind, RawEvent
from trayapp.watching.file_status import look_at
from trayapp.watching.freshness import FileStatus
from trayapp.watching.inotify import Condition, Hooks, Report
from trayapp.watching.native_events import NativeTree, composed
from trayapp.watching.native_observer import NativeObserver
from trayapp.watching.observed import Handler
from trayapp.watching.observers import make_observer
from trayapp.watching.repository import git_at
from trayapp.watching.saves import Save, SaveFinder
from trayapp.watching.verdicts import Reason, Suppressed

LONG_AGO_SECONDS = 3600


class Scene:
    """A watched folder, somebody who works in it, and what the monitor makes of that."""

    def __init__(self, system: System, folder: Path, look_seconds: float = 60.0) -> None:
        self.system = system
        self.root = str(folder / "code")
        self.pruned = {"node_modules", ".git", "build"}
        self.ends = 0
        self.asked: list[str] = []
        self.reports: list[Report] = []
        self.raw: queue.SimpleQueue[RawEvent] = queue.SimpleQueue()
        self.finder = SaveFinder(
            self._lstat, is_code_name, None, lambda _device: True, in_order=False
        )
        hooks = Hooks(self._is_pruned, self.reports.append, self._git_folders)
        self.observer = NativeObserver(hooks, system.emitter, look_seconds=look_seconds)
        self.observer.schedule(Handler(self.raw.put, self.root), self.root, recursive=True)

    @property
    def conditions(self) -> list[Condition]:
        return [report.condition for report in self.reports]

    def start(self) -> Scene:
        self.observer.start()
        wait_for(lambda: self.reports, "it is told how the folder fares")
        return self

    # What somebody does.

    def have(self, name: str) -> None:
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("old\n")
        long_ago = time.time() - LONG_AGO_SECONDS
        os.utime(path, (long_ago, long_ago))

    def make_folder(self, name: str) -> None:
        Path(self.path(name)).mkdir()
        self.system.made_folder(self.path(name))

    def write(self, name: str) -> None:
        path = Path(self.path(name))
        is_new = not path.exists()
        path.write_text(f"{time.time_ns()}\n")
        self.system.wrote(str(path), is_new=is_new)

    def rename(self, old: str, new: str) -> None:
        replaced = Path(self.path(new)).exists()
        Path(self.path(old)).rename(self.path(new))
        self.system.renamed(self.path(old), self.path(new), replaced=replaced)

    def remove(self, name: str) -> None:
        path = Path(self.path(name))
        inode = path.stat().st_ino
        path.unlink()
        self.system.removed(str(path), inode)

    def checkout(self, *names: str, git: str = ".git") -> None:
        self.write(f"{git}/index.lock")
        for name in names:
            self.remove(name)
            self.write(name)
        self.rename(f"{git}/index.lock", f"{git}/index")

    # What came out.

    def told(self, *ends: str) -> list[RawEvent]:
        """Tell all, and give what reached the monitor, until all these files were written."""
        self.ends += 1
        awaited = {self.path(end) for end in ends or (f"end{self.ends}",)}
        for end in awaited:
            self.write(end)
        self.system.tell()
        events: list[RawEvent] = []
        while awaited:
            event = self.raw.get(timeout=10)
            if event.kind is Kind.CLOSED:
                awaited.discard(event.path)
            # The end of what was told before may be told once more.
            if not event.path.startswith(self.path("end")):
                events.append(event)
        return events

    def found(self, *ends: str) -> list[Save | Suppressed]:
        found = [one for event in self.told(*ends) for one in self.finder.feed(event)]
        while (due := self.finder.next_due) is not None:
            found += self.finder.settle(due)
        return found

    def saves(self, *ends: str) -> list[str]:
        saves = [one for one in self.found(*ends) if isinstance(one, Save)]
        return [os.path.relpath(save.path, self.root) for save in saves]

    def path(self, name: str) -> str:
        return str(Path(self.root, name))

    def _lstat(self, path: str) -> FileStatus | None:
        status = look_at(path)
        # As it is given on those systems.
        return None if status is None else replace(status, atime_ns=0)

    def _is_pruned(self, path: str) -> bool:
        self.asked.append(os.path.relpath(path, self.root))
        return Path(path).name in self.pruned

    def _git_folders(self, path: str) -> tuple[str, ...]:
        repository = git_at(Path(path))
        if repository is None:
            return ()
        self.finder.add_repository(path, str(repository.git_dir))
        return (str(repository.git_dir),)


@pytest.fixture(params=["macos", "macos apart", "windows"])
def system(request: pytest.FixtureRequest) -> Iterator[System]:
    with played_system(request.param) as played:
        yield played


@pytest.fixture
def scene(system: System, tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(system, tmp_path)
    for name in (
        "a.py",
        "b.py",
        "node_modules/x/i.py",
        ".git/config",
        "build/deep/o.py",
        ".git/objects/x.py",
        "lib/c.py",
    ):
        scene.have(name)
    scene.start()
    yield scene
    scene.observer.stop()
    scene.observer.join(10)


class TestASave:
    def test_in_place_is_one_save(self, scene: Scene) -> None:
        scene.write("a.py")

        assert scene.saves() == ["a.py"]

    def test_written_in_pieces_is_one_save(self, scene: Scene) -> None:
        for _ in range(5):
            scene.write("a.py")

        assert scene.saves() == ["a.py"]

    def test_of_a_new_file_is_one_save(self, scene: Scene) -> None:
        scene.write("new.py")

        assert scene.saves() == ["new.py"]

    def test_with_a_backup_that_goes_again_is_one_save(self, scene: Scene) -> None:
        """vim and emacs; vim also asks by a file of its own whether it may write."""
        scene.write("4913")
        scene.remove("4913")
        scene.rename("a.py", "a.py~")
        scene.write("a.py")
        scene.remove("a.py~")

        assert scene.saves() == ["a.py"]

    @pytest.mark.parametrize("temporary", ["a.py.tmp", "sedAb12Cd", ".a.py.kate-swp", "tmp1.py"])
    def test_by_a_rename_over_is_one_save(self, scene: Scene, temporary: str) -> None:
        scene.write(temporary)
        scene.rename(temporary, "a.py")

        assert scene.saves() == ["a.py"]

    def test_renamed_in_from_a_folder_that_is_not_watched_is_one_save(self, scene: Scene) -> None:
        scene.write("build/a.py")
        scene.rename("build/a.py", "a.py")

        assert scene.saves() == ["a.py"]

    def test_by_two_renames_is_one_save(self, scene: Scene) -> None:
        """JetBrains of old, and what ReplaceFile of Windows does."""
        scene.write("a.py___jb_tmp___")
        scene.rename("a.py", "a.py___jb_old___")
        scene.rename("a.py___jb_tmp___", "a.py")
        scene.remove("a.py___jb_old___")

        assert scene.saves() == ["a.py"]

    def test_in_a_new_folder_is_one_save(self, scene: Scene) -> None:
        scene.make_folder("new")
        scene.make_folder("new/deep")
        scene.write("new/deep/n.py")

        assert scene.saves() == ["new/deep/n.py"]

    def test_in_a_folder_that_is_then_renamed_is_one_save_by_its_new_name(
        self, scene: Scene
    ) -> None:
        scene.rename("lib", "src")
        scene.write("src/c.py")

        assert scene.saves() == ["src/c.py"]

    def test_twice_is_two_saves(self, scene: Scene) -> None:
        scene.write("a.py")
        assert scene.saves() == ["a.py"]

        scene.write("a.py")
        assert scene.saves() == ["a.py"]


class TestNoSave:
    def test_touch_chmod_and_deleting_are_none(self, scene: Scene) -> None:
        scene.system.touched(scene.path("a.py"))
        scene.remove("b.py")

        assert scene.saves() == []

    def test_a_file_or_folder_that_is_renamed_is_none(self, scene: Scene) -> None:
        scene.rename("a.py", "z.py")
        scene.rename("lib", "src")

        assert scene.saves() == []

    def test_a_folder_that_is_moved_in_or_out_is_none(self, scene: Scene) -> None:
        """However new what lies in it: watchdog makes up events for that."""
        scene.make_folder("build/moved")
        scene.write("build/moved/m.py")
        scene.rename("build/moved", "moved")
        scene.rename("lib", "build/lib")

        assert scene.saves() == []

    def test_an_archive_that_keeps_its_times_is_none(self, scene: Scene) -> None:
        for name in ("t1.py", "t2.py"):
            scene.write(name)
            os.utime(scene.path(name), (1e9, 1e9))

        (one,) = scene.found()
        assert isinstance(one, Suppressed)
        assert one.reason is Reason.OLDER_TIMES

    def test_what_is_pruned_is_not_even_told(self, scene: Scene) -> None:
        scene.write("node_modules/x/i.py")
        scene.make_folder("build/deep/er")
        scene.write("build/deep/er/o.py")
        scene.write(".git/objects/x.py")

        assert scene.told() == []

    def test_nothing_is_asked_below_what_is_pruned_and_nothing_twice(self, scene: Scene) -> None:
        for _ in range(3):
            scene.write("build/deep/o.py")
            scene.write("lib/c.py")
            scene.told()

        assert sorted(scene.asked) == [".git", "build", "lib", "node_modules"]


class TestGit:
    def test_a_checkout_is_no_save(self, scene: Scene) -> None:
        scene.checkout("a.py", "b.py")

        assert scene.saves() == []

    def test_who_saves_beside_a_checkout_is_counted(self, scene: Scene) -> None:
        scene.checkout("a.py")
        scene.write("b.py")

        assert scene.saves() == ["b.py"]

    def test_a_checkout_in_a_worktree_of_a_repository_elsewhere_is_no_save(
        self, scene: Scene, tmp_path: Path
    ) -> None:
        git = tmp_path / "main/.git/worktrees/tree"
        git.mkdir(parents=True)
        (git / "HEAD").write_text("ref: refs/heads/tree\n")
        scene.make_folder("tree")
        scene.have("tree/w.py")
        Path(scene.path("tree/.git")).write_text(f"gitdir: {git}\n")
        scene.system.wrote(scene.path("tree/.git"), is_new=True)
        scene.told()
        # It is watched by now or soon; nothing but its own events can tell.
        wait_for(lambda: str(git) in self.watched_beside(scene), "git's folder is watched")

        scene.checkout("tree/w.py", git=str(git))

        assert scene.saves("end", f"{git}/HEAD") == []

    def watched_beside(self, scene: Scene) -> list[str]:
        (root,) = scene.observer._keeper._roots
        return list(root._beside)

    def test_a_clone_is_no_save(self, scene: Scene) -> None:
        scene.make_folder("clone")
        scene.make_folder("clone/.git")
        scene.write("clone/.git/config")
        scene.write("clone/.git/index.lock")
        scene.write("clone/c.py")
        scene.rename("clone/.git/index.lock", "clone/.git/index")

        assert scene.saves() == []


def test_gits_lock_is_open_after_it_was_made_and_closed_after_it_was_written() -> None:
    hooks = Hooks(
        lambda path: path.endswith(".git"), lambda _report: None, lambda _path: ["/r/.git"]
    )
    tree = NativeTree("/r", hooks)
    assert list(tree.translate(DirCreatedEvent("/r/.git"))) == [DirCreatedEvent("/r/.git")]
    lock = "/r/.git/index.lock"

    assert list(tree.translate(FileCreatedEvent(lock))) == [FileCreatedEvent(lock)]
    assert list(tree.translate(FileModifiedEvent(lock))) == [FileClosedEvent(lock)]


class TestTheRules:
    def test_that_change_are_asked_again(self, scene: Scene) -> None:
        scene.write("lib/c.py")
        assert scene.told() != []

        scene.pruned.add("lib")
        scene.observer.rescan()
        wait_for(lambda: len(scene.reports) == 2, "it is told how the folder fares now")
        scene.write("lib/c.py")

        assert scene.told() == []
        assert scene.reports[-1] == Report(scene.root, Condition.WATCHED, 1)

    def test_of_one_folder_that_change_are_asked_again_without_a_report(self, scene: Scene) -> None:
        scene.pruned.add("lib")
        scene.observer.rescan([str(Path(scene.root).parent / "elsewhere")])
        scene.observer.rescan([scene.path("lib")])
        wait_for(lambda: scene.asked.count("lib") == 2, "it is asked again")
        scene.write("lib/c.py")

        assert scene.told() == []
        assert len(scene.reports) == 1


class TestTheRoot:
    def test_is_told_with_its_folders(self, scene: Scene) -> None:
        assert scene.reports == [Report(scene.root, Condition.WATCHED, 2)]

    def test_that_is_missing_is_watched_when_it_comes(self, system: System, tmp_path: Path) -> None:
        scene = Scene(system, tmp_path, look_seconds=0.05).start()
        assert scene.conditions == [Condition.MISSING]

        Path(scene.root).mkdir()
        wait_for(lambda: Condition.WATCHED in scene.conditions, "it is watched")
        scene.write("a.py")

        assert scene.saves() == ["a.py"]
        scene.observer.stop()

    def test_that_is_lost_is_told_at_once_and_watched_again(
        self, system: System, tmp_path: Path
    ) -> None:
        scene = Scene(system, tmp_path)
        scene.have("a.py")
        scene.start()
        shutil.rmtree(scene.root)
        system.lose_root(scene.root)
        wait_for(lambda: len(scene.reports) == 2, "it is told")
        scene.have("a.py")
        scene.observer.rescan()
        wait_for(lambda: len(scene.reports) >= 3, "it is told again")
        scene.write("a.py")

        assert scene.conditions == [Condition.WATCHED, Condition.MISSING, Condition.WATCHED]
        assert scene.saves() == ["a.py"]
        scene.observer.stop()

    def test_that_goes_without_a_word_is_noticed(self, system: System, tmp_path: Path) -> None:
        """A root that is renamed on Windows, and a drive that is gone."""
        scene = Scene(system, tmp_path, look_seconds=0.05)
        scene.have("a.py")
        scene.start()
        Path(scene.root).rename(tmp_path / "elsewhere")
        wait_for(lambda: Condition.MISSING in scene.conditions, "it is noticed")
        (tmp_path / "elsewhere").rename(scene.root)
        wait_for(lambda: scene.conditions[-1] is Condition.WATCHED, "it is watched again")
        scene.write("a.py")

        assert scene.saves() == ["a.py"]
        scene.observer.stop()

    def test_whose_thread_died_is_watched_again(self, system: System, tmp_path: Path) -> None:
        scene = Scene(system, tmp_path, look_seconds=0.05)
        scene.have("a.py")
        scene.start()
        (root,) = scene.observer._keeper._roots
        before = root._emitter
        assert before is not None
        before.stop()
        wait_for(lambda: root._emitter not in (before, None), "another one is there")
        scene.write("a.py")

        assert scene.saves() == ["a.py"]
        assert scene.conditions == [Condition.WATCHED]
        scene.observer.stop()

    def test_of_which_events_were_lost_tells_that(self, scene: Scene) -> None:
        scene.system.lose_events(scene.root)

        assert [event.kind for event in scene.told()] == [Kind.OVERFLOW]
        assert scene.conditions == [Condition.WATCHED]

    def test_that_may_not_be_read_is_told(
        self, system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(_path: str) -> None:
            raise PermissionError("as macOS does for ~/Documents")

        monkeypatch.setattr("trayapp.watching.native_events.os.scandir", refuse)
        scene = Scene(system, tmp_path)
        scene.have("a.py")
        scene.start()

        assert scene.conditions == [Condition.UNREADABLE]
        scene.observer.stop()


def test_windows_events_are_told_while_more_come(tmp_path: Path) -> None:
    """watchdog waits for a second without any."""
    with played_system("windows") as system:
        scene = Scene(system, tmp_path)
        scene.have("build/o.py")
        scene.have("a.py")
        scene.start()
        scene.write("a.py")
        deadline = time.monotonic() + 10
        while scene.raw.empty() and time.monotonic() < deadline:
            scene.write("build/o.py")
            system.tell()

        assert not scene.raw.empty()
        scene.observer.stop()


def test_macos_events_that_were_lost_below_a_pruned_folder_are_not_missed(tmp_path: Path) -> None:
    with played_system("macos") as system:
        scene = Scene(system, tmp_path)
        scene.have("build/deep/o.py")
        scene.start()
        system.lose_events(scene.path("build/deep"))

        assert scene.told() == []
        scene.observer.stop()


def test_macos_names_are_told_composed_and_below_the_root_as_it_was_added() -> None:
    """FSEvents tells how the disk spells what was typed as code."""
    hooks = Hooks(lambda _path: False, lambda _report: None)
    tree = NativeTree("/Users/me/code", hooks, composed)

    assert (
        tree.named("/users/Me/CODE/cafe\N{COMBINING ACUTE ACCENT}.py") == "/Users/me/code/café.py"
    )
    assert tree.named("/Users/me/codes/a.py") == ""
    assert tree.named("/Users/me/code") == ""


def test_the_filter_works_on_another_of_watchdogs_emitters(tmp_path: Path) -> None:
    """Polling, which does run here, from end to end."""

    def polling(event_queue: EventQueue, watch: ObservedWatch) -> EventEmitter:
        return PollingEmitter(event_queue, watch, timeout=0.05)

    root = tmp_path / "code"
    (root / "build").mkdir(parents=True)
    raw: queue.SimpleQueue[RawEvent] = queue.SimpleQueue()
    reports: list[Report] = []
    observer = NativeObserver(Hooks(lambda path: path.endswith("build"), reports.append), polling)
    observer.schedule(Handler(raw.put, str(root)), str(root), recursive=True)
    observer.start()
    wait_for(lambda: reports, "the folder is watched")
    (root / "build/o.py").write_text("1")
    (root / "a.py").write_text("1")

    first = raw.get(timeout=10)
    assert first[:2] == (Kind.CREATED, f"{root}/a.py")
    observer.stop()
    observer.join(10)


def test_a_watch_that_is_not_recursive_tells_of_its_own_files_only(scene: Scene) -> None:
    hooks = Hooks(lambda _path: False, lambda _report: None)
    observer = NativeObserver(hooks, scene.system.emitter)
    raw: list[RawEvent] = []
    watch = observer.schedule(Handler(raw.append, scene.root), scene.root)
    observer.start()
    wait_for(lambda: [root for root in observer._keeper._roots if root._emitter], "it is watched")
    scene.write("lib/c.py")
    scene.write("a.py")
    scene.told()

    wait_for(lambda: raw, "it is told")
    assert {event.path for event in raw} <= {scene.path("a.py"), scene.path("end1")}
    observer.unschedule(watch)
    wait_for(lambda: not observer._keeper._roots, "it is watched no longer")
    observer.stop()
    observer.join(10)


@pytest.mark.parametrize(
    ("platform", "name"),
    [("linux", "PrunedObserver"), ("darwin", "NativeObserver"), ("win32", "NativeObserver")],
)
def test_each_system_gets_its_observer(platform: str, name: str) -> None:
    hooks = Hooks(lambda _path: False, lambda _report: None)
    with played_system("macos"), played_system("windows"):
        assert type(make_observer(hooks, platform)).__name__ == name
