"""The folders that git keeps its lock in."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.watching.inotify.scene import Scene

LOCK = [("created", ".git/index.lock", ""), ("closed", ".git/index.lock", "")]


def git_folder(path: str) -> Iterable[str]:
    """Say where git keeps its lock for the work tree at a path."""
    marker = Path(path) / ".git"
    if marker.is_dir():
        return [str(marker)]
    if marker.is_file() and (text := marker.read_text()):
        return [text.removeprefix("gitdir: ").strip()]
    return []


@pytest.fixture
def repository(scene: Scene) -> Scene:
    (scene.root / ".git/objects").mkdir(parents=True)
    scene.extra_watches = git_folder
    return scene


def test_the_lock_is_heard_and_what_lies_deeper_is_not(repository: Scene) -> None:
    repository.start()
    lock = repository.root / ".git/index.lock"

    lock.write_text("1")
    (repository.root / ".git/objects/pack").write_text("1")
    (repository.root / ".git/refs").mkdir()
    lock.rename(repository.root / ".git/index")
    lock.write_text("2")
    lock.unlink()

    assert repository.settle() == [
        *LOCK,
        ("moved", ".git/index.lock", ".git/index"),
        *LOCK,
        ("deleted", ".git/index.lock", ""),
    ]
    assert ".git/objects" not in repository.watched()


def test_without_the_hook_nothing_of_it_is_watched(scene: Scene) -> None:
    (scene.root / ".git").mkdir()
    scene.start()

    (scene.root / ".git/index.lock").write_text("1")

    assert scene.settle() == []


def test_a_linked_work_tree_has_its_lock_outside(scene: Scene) -> None:
    outside = scene.root.parent / "main/.git/worktrees/root"
    outside.mkdir(parents=True)
    scene.extra_watches = git_folder
    scene.start()
    (scene.root / ".git").write_text(f"gitdir: {outside}\n")
    scene.settle()

    (outside / "index.lock").write_text("1")
    (outside / "index.lock").rename(outside / "index")

    heard = scene.settle()
    assert [what for what, _old, _new in heard] == ["created", "closed", "moved"]
    assert heard[0][1] == str(outside / "index.lock")


def test_a_root_inside_a_repository_is_asked_about_too(scene: Scene) -> None:
    above = scene.root.parent / ".git"
    above.mkdir()
    scene.extra_watches = lambda path: [str(above)] if path == str(scene.root) else []
    scene.start()

    (above / "index.lock").write_text("1")

    assert [what for what, _old, _new in scene.settle()] == ["created", "closed"]


def test_a_repository_that_appears_has_its_lock_told_before_its_files(scene: Scene) -> None:
    scene.extra_watches = git_folder
    scene.start()

    with scene.held():
        (scene.root / "clone/.git").mkdir(parents=True)
        (scene.root / "clone/.git/index.lock").write_text("1")
        (scene.root / "clone/a.py").write_text("1")

    heard = scene.settle()
    assert heard[:2] == [("folder created", "clone", ""), ("created", "clone/.git/index.lock", "")]
    assert sorted(heard[2:]) == [
        ("closed", "clone/a.py", ""),
        ("created", "clone/a.py", ""),
        ("folder created", "clone/.git", ""),
    ]


def test_git_init_in_a_watched_folder_is_noticed(scene: Scene) -> None:
    scene.extra_watches = git_folder
    scene.start()
    (scene.root / "src/.git").mkdir()
    scene.settle()

    (scene.root / "src/.git/index.lock").write_text("1")

    assert [old for _what, old, _new in scene.settle()] == ["src/.git/index.lock"] * 2


@pytest.mark.parametrize("how", ["deleted", "renamed", "moved with its folder", "no longer wanted"])
def test_an_extra_folder_goes_with_its_reason(scene: Scene, how: str) -> None:
    (scene.root / "src/.git").mkdir()
    scene.extra_watches = git_folder
    scene.start()
    assert "src/.git" in scene.watched()

    if how == "deleted":
        shutil.rmtree(scene.root / "src/.git")
    elif how == "renamed":
        (scene.root / "src/.git").rename(scene.root / "src/build")
    elif how == "moved with its folder":
        (scene.root / "src").rename(scene.root.parent / "src")
    else:
        scene.extra_watches = lambda _path: ()
        scene.rescan()
    scene.settle()

    assert not {"src/.git", "src/build"} & scene.watched()


def test_extra_folders_are_not_counted_and_the_count_is_of_now(repository: Scene) -> None:
    report = repository.start()
    assert ".git" in repository.watched()
    assert report.watches == repository.count() == 4

    (repository.root / "src/new/deep").mkdir(parents=True)
    repository.settle()
    assert repository.count() == 6

    shutil.rmtree(repository.root / "src")
    repository.settle()
    assert repository.count() == 2


def test_an_extra_folder_that_is_deleted_is_told(repository: Scene) -> None:
    repository.start()

    shutil.rmtree(repository.root / ".git")

    assert ("folder deleted", ".git", "") in repository.settle()


def test_an_extra_folder_follows_its_repository(scene: Scene) -> None:
    (scene.root / "src/.git").mkdir()
    scene.extra_watches = git_folder
    scene.start()
    (scene.root / "src").rename(scene.root / "lib")
    scene.settle()

    (scene.root / "lib/.git/index.lock").write_text("1")

    assert [old for _what, old, _new in scene.settle()] == ["lib/.git/index.lock"] * 2
    assert "src/.git" not in scene.watched()
