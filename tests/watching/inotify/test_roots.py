"""Roots that go and come back, each time told."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.watching.inotify.scene import Scene
from trayapp.watching.inotify import Condition


def is_alive(scene: Scene) -> None:
    """Prove that the root is watched, with all that is in it."""
    scene.recorder.take()
    (scene.root / "src").mkdir(exist_ok=True)
    scene.settle()
    (scene.root / "src/alive.py").write_text("1")

    assert ("closed", "src/alive.py", "") in scene.settle()


def test_a_deleted_root_is_watched_again_when_it_comes_back(scene: Scene) -> None:
    scene.start()

    shutil.rmtree(scene.root)
    scene.wait_for_report(Condition.DELETED)
    scene.root.mkdir()
    scene.wait_for_report(Condition.WATCHED, 2)

    is_alive(scene)


def test_a_deleted_root_that_somebody_has_open_is_noticed(scene: Scene) -> None:
    scene.start()
    descriptor = os.open(scene.root, os.O_RDONLY)
    try:
        shutil.rmtree(scene.root)

        scene.wait_for_report(Condition.DELETED)
    finally:
        os.close(descriptor)


def test_a_deleted_folder_beside_the_root_is_no_news(scene: Scene) -> None:
    (scene.root.parent / "other").mkdir()
    scene.start()

    (scene.root.parent / "other").rmdir()
    scene.settle()

    assert [report.condition for report in scene.reports] == [Condition.WATCHED]


@pytest.mark.parametrize("depth", [0, 1])
def test_a_renamed_root_or_ancestor_is_told_and_nothing_has_the_old_path(
    scene: Scene, tmp_path: Path, depth: int
) -> None:
    scene.root = tmp_path / "outer/root"
    scene.root.mkdir(parents=True)
    scene.start()
    moved = scene.root if depth == 0 else scene.root.parent
    away = tmp_path / "away"

    moved.rename(away)
    scene.wait_for_report(Condition.RENAMED)
    (away / "file.py").write_text("1")
    assert scene.recorder.take() == []
    away.rename(moved)
    scene.wait_for_report(Condition.WATCHED, 2)

    is_alive(scene)


def test_a_root_that_is_not_there_yet_is_watched_when_it_comes(scene: Scene) -> None:
    scene.root = scene.root.parent / "later/inner/root"
    scene.start(Condition.MISSING)

    scene.root.mkdir(parents=True)
    scene.wait_for_report(Condition.WATCHED)

    is_alive(scene)
    assert [report.condition for report in scene.reports] == [Condition.MISSING, Condition.WATCHED]


@pytest.mark.parametrize("kind", ["file", "dangling symlink", "symlink loop"])
def test_a_root_that_is_no_folder_is_told_and_waited_for(scene: Scene, kind: str) -> None:
    shutil.rmtree(scene.root)
    if kind == "file":
        # Watched as a folder when it was added.
        scene.root.mkdir()
        scene.start()
        scene.root.rmdir()
        scene.root.touch()
        scene.root.chmod(0o755)
        scene.wait_for_report(Condition.DELETED)
    else:
        target = scene.root if kind == "symlink loop" else scene.root.parent / "nowhere"
        scene.root.symlink_to(target)
        scene.start(Condition.MISSING)
    if kind != "dangling symlink":
        scene.root.unlink()
        scene.root.mkdir()
    else:
        target.mkdir()
    scene.wait_for_report(Condition.WATCHED, 2 if kind == "file" else 1)

    is_alive(scene)


@pytest.mark.ordinary_user
def test_a_root_that_may_not_be_read_is_watched_when_it_may(scene: Scene) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    scene.root.chmod(0)
    try:
        scene.start(Condition.UNREADABLE)
    finally:
        scene.root.chmod(0o755)
    scene.wait_for_report(Condition.WATCHED)

    is_alive(scene)


@pytest.mark.ordinary_user
def test_a_folder_that_may_not_be_read_is_left_out_until_a_rescan(scene: Scene) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    (scene.root / "src").chmod(0)
    try:
        scene.start()
        assert scene.watched() == {".", "docs"}
    finally:
        (scene.root / "src").chmod(0o755)
    scene.rescan()

    is_alive(scene)


MOUNTED = """
import subprocess, sys
from pathlib import Path
from tests.watching.inotify.scene import Scene
from tests.watching.inotify.test_roots import is_alive
from trayapp.watching.inotify import Condition

place = Path(sys.argv[1])
def mount():
    subprocess.run(["mount", "-t", "tmpfs", "none", place], check=True, timeout=10)
def unmount(*how):
    subprocess.run(["umount", *how, place], check=True, timeout=10)

with Scene(place) as scene:
    scene.start()
    is_alive(scene)
    mount()
    scene.wait_for_report(Condition.WATCHED, 1)
    scene.recorder.wait_for(lambda _events: True)
    for time in (1, 2):
        # The folder below is no longer seen; what is mounted is.
        while True:
            if "src" not in scene.watched():
                break
        is_alive(scene)
        unmount(*(["--lazy"] if time == 2 else []))
        scene.wait_for_report(Condition.UNMOUNTED, time)
        (place / "below.py").write_text("1")
        assert scene.watched() == set()
        mount()
        scene.wait_for_report(Condition.WATCHED, time + 1)
    is_alive(scene)
"""


def test_a_root_comes_and_goes_with_its_file_system(scene: Scene) -> None:
    code = ["unshare", "--user", "--map-root-user", "--mount", sys.executable, "-c", MOUNTED]

    done = subprocess.run(
        [*code, str(scene.root)], capture_output=True, text=True, timeout=50, check=False
    )

    if "unshare" in done.stderr:
        pytest.skip(f"no namespaces here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr


def test_a_mistake_in_a_hook_ends_its_root_only_until_a_rescan(
    scene: Scene, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    asked = scene.pruned
    scene.pruned = lambda path: 1 / 0 > 0 if path.endswith("/src") else asked(path)
    other = tmp_path / "other"
    other.mkdir()
    scene.start(Condition.FAILED)
    assert "ZeroDivisionError" in caplog.text
    assert scene.observer is not None
    scene.observer.schedule(scene.recorder, str(other), recursive=True)
    scene.wait_for_report(Condition.WATCHED)
    scene.pruned = asked

    scene.observer.rescan()
    scene.wait_for_report(Condition.WATCHED, 2)

    is_alive(scene)
