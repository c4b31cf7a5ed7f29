"""Budgets spent, limits of the system reached, and queues that overflow."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.desktop.processes import wait_for
from tests.watching.inotify.scene import LIMIT, SENTINEL, Scene
from trayapp.watching.inotify import Condition, OverflowEvent
from trayapp.watching.inotify.kernel import Inotify
from trayapp.watching.inotify.reports import advice
from trayapp.watching.inotify.tree import Tree

QUEUE = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())


def overflow(scene: Scene, folder: str = "src") -> None:
    """Queue more than the kernel keeps, while the reader is held."""
    files = [scene.root / folder / f"overflow-{number}" for number in range(2)]
    for number in range(QUEUE // 2 + 10):
        # Two files in turn: the kernel merges equal records.
        files[number % 2].write_bytes(b"")
        files[number % 2].unlink()


def wait_for_overflow(scene: Scene) -> None:
    scene.recorder.wait_for(lambda events: any(isinstance(one, OverflowEvent) for one in events))


def test_a_spent_budget_keeps_the_shallow_folders_and_is_told_once(scene: Scene) -> None:
    for number in range(3):
        (scene.root / f"src/deep/{number}/deepest").mkdir(parents=True)
    scene.budget = 5

    report = scene.start(Condition.BUDGET_SPENT)
    (scene.root / "another").mkdir()
    scene.settle()

    assert report.watches == 5
    assert {".", "src", "docs", "src/deep"} < scene.watched()
    assert [report.condition for report in scene.reports] == [Condition.BUDGET_SPENT]


def test_a_budget_that_has_room_again_is_used_after_a_rescan(scene: Scene) -> None:
    scene.budget = 4
    scene.start()
    (scene.root / "new").mkdir()
    scene.wait_for_report(Condition.BUDGET_SPENT)
    shutil.rmtree(scene.root / "docs")
    scene.settle()

    report = scene.rescan()

    assert report.condition is Condition.WATCHED
    assert scene.watched() == {".", "src", "src/deep", "new"}


def test_roots_share_one_budget_and_give_back_what_they_had(scene: Scene, tmp_path: Path) -> None:
    other = tmp_path / "other"
    (other / "inner").mkdir(parents=True)
    scene.budget = 5
    scene.start()
    assert scene.observer is not None
    watch = next(iter(scene.observer._watches))
    scene.observer.schedule(scene.recorder, str(other), recursive=True)
    spent = scene.wait_for_report(Condition.BUDGET_SPENT)

    scene.observer.unschedule(watch)
    report = scene.rescan()

    assert (spent.watches, report.watches) == (1, 2)
    assert report.condition is Condition.WATCHED


@pytest.mark.parametrize(
    ("number", "expected", "setting"),
    [
        (errno.ENOSPC, Condition.NO_WATCHES_LEFT, "fs.inotify.max_user_watches="),
        (errno.EMFILE, Condition.NO_INSTANCES_LEFT, "fs.inotify.max_user_instances="),
    ],
)
def test_a_limit_of_the_system_is_told_with_what_to_set(
    scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    expected: Condition,
    setting: str,
) -> None:
    with monkeypatch.context() as patch:

        def fail(*_arguments: object) -> None:
            raise OSError(number, os.strerror(number))

        if number == errno.EMFILE:
            patch.setattr(Inotify, "__init__", fail)
        else:
            add = Inotify.add
            patch.setattr(
                Inotify,
                "add",
                lambda self, path, mask: (
                    fail() if path.endswith("/deep") else add(self, path, mask)
                ),
            )
        report = scene.start(expected)
    assert report.sysctl is not None
    assert report.sysctl.startswith(setting)

    assert scene.rescan().condition is Condition.WATCHED
    assert "src/deep" in scene.watched()


@pytest.mark.parametrize("refused", ["the instance", "every folder", "one folder"])
def test_what_a_limit_of_the_system_forbade_is_watched_soon_after_there_is_room(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    """Without a rescan: other programs end, and nothing tells."""
    monkeypatch.setattr("trayapp.watching.inotify.root.RETRY_SECONDS", 0.05)
    add, tries = Inotify.add, []

    def fail_to_open(_self: Inotify) -> None:
        tries.append("")
        raise OSError(errno.EMFILE, "")

    def fail_to_add(self: Inotify, path: str, mask: int) -> int:
        if refused == "one folder" and not path.endswith("/deep"):
            return add(self, path, mask)
        tries.append(path)
        raise OSError(errno.ENOSPC, "")

    with monkeypatch.context() as patch:
        if refused == "the instance":
            patch.setattr(Inotify, "__init__", fail_to_open)
            scene.start(Condition.NO_INSTANCES_LEFT)
        else:
            patch.setattr(Inotify, "add", fail_to_add)
            scene.start(Condition.NO_WATCHES_LEFT)
        before = len(tries)
        wait_for(lambda: len(tries) > before + 20, "it is tried again", LIMIT)
        assert len(scene.reports) == 1

    scene.wait_for_report(Condition.WATCHED)
    assert scene.watched() == {".", "src", "src/deep", "docs"}
    assert len(scene.reports) == 2


LIMITED = """
import sys
from pathlib import Path
Path("/proc/sys/user/{name}").write_text("{value}")
from tests.watching.inotify.scene import Scene
from trayapp.watching.inotify import Condition
with Scene(Path(sys.argv[1])) as scene:
    report = scene.start(Condition.{condition})
    print(report.watches)
"""


@pytest.mark.parametrize(
    ("name", "value", "condition"),
    [
        ("max_inotify_watches", 12, "NO_WATCHES_LEFT"),
        ("max_inotify_instances", 0, "NO_INSTANCES_LEFT"),
    ],
)
def test_the_real_limits_are_told(scene: Scene, name: str, value: int, condition: str) -> None:
    """In a user namespace, so that nobody else is limited."""
    for number in range(20):
        (scene.root / str(number)).mkdir()
    code = LIMITED.format(name=name, value=value, condition=condition)
    command = ["unshare", "--user", "--map-root-user", sys.executable, "-c", code, str(scene.root)]

    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)

    if "unshare" in done.stderr:
        pytest.skip(f"no user namespaces here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    assert 0 <= int(done.stdout) <= value


def test_what_is_advised_is_never_less_than_what_is_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("trayapp.watching.inotify.reports.SYSCTLS", tmp_path)
    setting = tmp_path / "max_user_watches"

    for allowed, advised in [("8192\n", 524_288), ("1048576\n", 2_097_152), ("odd", 524_288)]:
        setting.write_text(allowed)
        assert advice(Condition.NO_WATCHES_LEFT) == f"fs.inotify.max_user_watches={advised}"

    assert advice(Condition.BUDGET_SPENT) is None


def test_an_overflow_is_one_pass_that_finds_what_was_lost(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes, removed = [], []
    explore, remove = Tree.explore, Inotify.remove

    def counting(self: Tree, *arguments: object, **options: object) -> None:
        passes.append(options.get("lost", False))
        explore(self, *arguments, **options)  # type: ignore[arg-type]

    def removing(self: Inotify, descriptor: int) -> None:
        removed.append(descriptor)
        remove(self, descriptor)

    scene.start()
    monkeypatch.setattr(Tree, "explore", counting)
    monkeypatch.setattr(Inotify, "remove", removing)
    with scene.held():
        overflow(scene)
        (scene.root / "lost/inner").mkdir(parents=True)
        (scene.root / "docs").rename(scene.root / "moved")
        shutil.rmtree(scene.root / "src/deep")

    wait_for_overflow(scene)
    scene.settle()
    assert passes.count(True) == 1
    assert removed == []
    (scene.root / "lost/inner/file.py").write_text("1")
    (scene.root / "moved/file.py").write_text("1")
    (scene.root / "src/kept.py").write_text("2")
    assert [old for what, old, _new in scene.settle() if what == "closed"] == [
        "lost/inner/file.py",
        "moved/file.py",
        "src/kept.py",
    ]
    assert scene.watched() == {".", "src", "moved", "lost", "lost/inner"}
    assert passes.count(True) == 1


def test_a_folder_that_left_during_an_overflow_is_silent_and_soon_unwatched(scene: Scene) -> None:
    scene.start()
    out = scene.root.parent / "out"
    with scene.held():
        overflow(scene)
        (scene.root / "docs").rename(out)
    wait_for_overflow(scene)
    scene.settle()
    assert scene.observer is not None
    (root,) = scene.observer._reader._roots
    information = Path(f"/proc/self/fdinfo/{root.fileno()}")
    before = information.read_text().count("inotify wd")

    (out / "file.py").write_text("1")

    assert scene.settle() == []
    assert information.read_text().count("inotify wd") == before - 1


def test_files_that_an_overflow_hid_are_not_told(scene: Scene) -> None:
    """Whoever overflows the queue is a machine."""
    scene.start()
    with scene.held():
        overflow(scene)
        (scene.root / "lost").mkdir()
        (scene.root / "lost/file.py").write_text("1")
    wait_for_overflow(scene)

    heard = scene.settle()

    assert ("overflow", ".", "") in heard
    assert not [one for one in heard if one[1].startswith("lost/")]


def test_an_overflow_is_no_trouble_to_a_handler_that_does_not_know_it() -> None:
    event = OverflowEvent("/somewhere")

    assert (event.event_type, event.is_directory) == ("modified", True)
    assert SENTINEL not in event.src_path
