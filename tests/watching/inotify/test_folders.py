"""Folders that appear, move, are pruned and go, with the races between."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.watching.inotify.scene import Heard, Scene
from trayapp.watching.inotify.kernel import Inotify
from trayapp.watching.inotify.tree import Tree


def saves(heard: list[Heard]) -> list[str]:
    """Give the paths of what may be saves."""
    return [new or old for what, old, new in heard if what in {"closed", "moved"}]


def after_watching(monkeypatch: pytest.MonkeyPatch, path: Path, act: Callable[[], object]) -> None:
    """Do something once, between the watch on a folder and its scan."""
    add = Inotify.add
    done: list[bool] = []

    def adding(self: Inotify, one: str, mask: int) -> int:
        descriptor = add(self, one, mask)
        if one == str(path) and not done:
            done.append(True)
            act()
        return descriptor

    monkeypatch.setattr(Inotify, "add", adding)


def test_a_file_saved_before_the_watch_is_told_once_with_its_folder(scene: Scene) -> None:
    scene.start()

    with scene.held():
        (scene.root / "a/b").mkdir(parents=True)
        (scene.root / "a/b/file.py").write_text("1")

    assert scene.settle() == [
        ("folder created", "a", ""),
        ("folder created", "a/b", ""),
        ("created", "a/b/file.py", ""),
        ("closed", "a/b/file.py", ""),
    ]


def test_a_file_saved_between_watch_and_scan_is_told_once(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = scene.root / "a/file.py"
    after_watching(monkeypatch, file.parent, lambda: file.write_text("1"))
    scene.start()

    file.parent.mkdir()

    assert scene.settle() == [
        ("folder created", "a", ""),
        ("created", "a/file.py", ""),
        ("closed", "a/file.py", ""),
    ]


def test_a_file_renamed_over_between_watch_and_scan_is_told_once(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = scene.root / "a/file.py"

    def save() -> None:
        (scene.root / "a/tmp").write_text("1")
        (scene.root / "a/tmp").replace(file)

    after_watching(monkeypatch, file.parent, save)
    scene.start()

    file.parent.mkdir()

    assert [path for path in saves(scene.settle()) if path == "a/file.py"] == ["a/file.py"]


def test_a_file_still_being_written_when_found_is_told_again_when_closed(scene: Scene) -> None:
    scene.start()
    with scene.held():
        (scene.root / "a").mkdir()
        file = (scene.root / "a/file.py").open("w")
        file.write("1")
        file.flush()
    assert saves(scene.settle()) == ["a/file.py"]
    # Only a clock that has moved on makes another mtime.
    written = (scene.root / "a/file.py").stat().st_mtime_ns
    while (scene.root / "a/file.py").stat().st_mtime_ns == written:
        file.write("2")
        file.flush()

    file.close()

    assert scene.settle() == [("closed", "a/file.py", "")]


def test_a_second_save_in_a_new_folder_is_told_too(scene: Scene) -> None:
    scene.start()
    file = scene.root / "a/file.py"
    with scene.held():
        file.parent.mkdir()
        file.write_text("1")
    assert saves(scene.settle()) == ["a/file.py"]
    os.utime(file, ns=(0, 0))

    file.write_text("2")

    assert saves(scene.settle()) == ["a/file.py"]


def test_a_new_folder_renamed_before_its_watch_keeps_its_saves(scene: Scene) -> None:
    scene.start()

    with scene.held():
        (scene.root / "a/b").mkdir(parents=True)
        (scene.root / "a/b/file.py").write_text("1")
        (scene.root / "a").rename(scene.root / "c")
        (scene.root / "c").rename(scene.root / "d")
    heard = scene.settle()

    assert saves(heard) == ["d/b/file.py"]
    assert scene.watched() == {".", "src", "src/deep", "docs", "d", "d/b"}


def test_a_new_folder_below_a_renamed_one_keeps_its_saves(scene: Scene) -> None:
    scene.start()

    with scene.held():
        (scene.root / "src/new").mkdir()
        (scene.root / "src/new/file.py").write_text("1")
        (scene.root / "src").rename(scene.root / "lib")

    assert saves(scene.settle()) == ["lib/new/file.py"]


def test_a_new_folder_whose_name_went_to_another_keeps_its_saves(scene: Scene) -> None:
    scene.start()
    with scene.held():
        (scene.root / "a").mkdir()
        (scene.root / "a/file.py").write_text("1")
        (scene.root / "a").rename(scene.root / "b")
        (scene.root / "a").mkdir()
    assert "b/file.py" in saves(scene.settle())

    (scene.root / "a/file.py").write_text("2")
    (scene.root / "b/file.py").write_text("2")

    assert saves(scene.settle()) == ["a/file.py", "b/file.py"]


def test_new_folders_that_a_renaming_has_found_first_keep_their_saves(scene: Scene) -> None:
    scene.start()

    with scene.held():
        (scene.root / "src").rename(scene.root / "lib")
        (scene.root / "lib/new/inner").mkdir(parents=True)
        (scene.root / "lib/new/inner/file.py").write_text("1")

    assert saves(scene.settle()) == ["lib/new/inner/file.py"]


def test_two_folders_that_change_places_keep_theirs(scene: Scene) -> None:
    (scene.root / "docs/inner").mkdir()
    scene.start()
    with scene.held():
        (scene.root / "src").rename(scene.root / "x")
        (scene.root / "docs").rename(scene.root / "src")
        (scene.root / "x").rename(scene.root / "docs")
    scene.settle()

    (scene.root / "docs/kept.py").write_text("2")
    (scene.root / "src/inner/file.py").write_text("2")

    assert saves(scene.settle()) == ["docs/kept.py", "src/inner/file.py"]
    assert scene.watched() == {".", "src", "src/inner", "docs", "docs/deep"}


def test_a_folder_moved_into_its_former_child_keeps_its_path(scene: Scene) -> None:
    scene.start()
    with scene.held():
        (scene.root / "src/deep").rename(scene.root / "deep")
        (scene.root / "src").rename(scene.root / "deep/src")
    scene.settle()

    (scene.root / "deep/src/kept.py").write_text("2")

    assert saves(scene.settle()) == ["deep/src/kept.py"]
    assert scene.watched() == {".", "docs", "deep", "deep/src"}


def test_a_save_in_a_renamed_folder_has_the_new_path(scene: Scene) -> None:
    scene.start()
    with scene.held():
        (scene.root / "src").rename(scene.root / "lib")
        (scene.root / "lib/kept.py").write_text("2")

    assert saves(scene.settle()) == ["lib/kept.py"]


def test_a_folder_moved_in_is_watched_and_its_files_are_not_told(scene: Scene) -> None:
    outside = scene.root.parent / "outside"
    (outside / "inner").mkdir(parents=True)
    (outside / "inner/old.py").write_text("1")
    scene.start()

    outside.rename(scene.root / "in")

    assert scene.settle() == [("folder moved", "", "in")]
    (scene.root / "in/inner/old.py").write_text("2")
    assert scene.settle() == [("closed", "in/inner/old.py", "")]


@pytest.mark.parametrize("to", ["../out", "node_modules/out", "build"])
def test_a_folder_moved_out_or_to_where_nothing_is_watched_is_unwatched(
    scene: Scene, to: str
) -> None:
    scene.start()

    (scene.root / "src").rename(scene.root / to)
    scene.settle()
    (scene.root / to / "kept.py").write_text("2")
    (scene.root / to / "deep/new.py").write_text("2")

    assert scene.settle() == []
    assert scene.watched() == {".", "docs"}


def test_a_watched_folder_moved_into_a_new_one_keeps_its_saves(scene: Scene) -> None:
    """The kernel tells only that it left: its new place has no watch yet."""
    scene.start()

    with scene.held():
        (scene.root / "new").mkdir()
        (scene.root / "src").rename(scene.root / "new/src")
        (scene.root / "new/src/kept.py").write_text("2")

    assert scene.settle() == [
        ("folder created", "new", ""),
        ("folder moved", "src", "new/src"),
        ("closed", "new/src/kept.py", ""),
    ]
    assert scene.watched() == {".", "docs", "new", "new/src", "new/src/deep"}


def test_a_folder_moved_into_one_that_is_unwatched_meanwhile_is_unwatched_too(scene: Scene) -> None:
    """The kernel pairs the second rename, because the first folder still has its watch."""
    scene.start()

    with scene.held():
        (scene.root / "src").rename(scene.root / "build")
        (scene.root / "docs").rename(scene.root / "build/docs")

    assert scene.settle() == [("folder moved", "src", "build"), ("folder deleted", "docs", "")]
    assert scene.watched() == {"."}


def test_a_folder_moved_from_a_pruned_place_is_watched_and_its_files_are_not_told(
    scene: Scene,
) -> None:
    (scene.root / "node_modules/package/index.js").write_text("1")
    scene.start()

    (scene.root / "node_modules/package").rename(scene.root / "package")

    assert scene.settle() == [("folder moved", "", "package")]
    assert "package" in scene.watched()


def test_a_folder_deleted_and_made_again_is_watched_again(scene: Scene) -> None:
    scene.start()
    for _ in range(3):
        shutil.rmtree(scene.root / "src")
        (scene.root / "src/deep").mkdir(parents=True)
    scene.settle()

    (scene.root / "src/deep/file.py").write_text("1")

    assert saves(scene.settle()) == ["src/deep/file.py"]
    assert scene.watched() == {".", "docs", "src", "src/deep"}


def test_a_new_folder_replaced_while_it_is_scanned_gives_way_to_its_successor(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An open folder says only later that it was deleted, after its successor was made."""
    folder = scene.root / "new"
    held: list[int] = []

    def replace() -> None:
        held.append(os.open(folder, os.O_RDONLY))
        folder.rmdir()
        folder.mkdir()

    after_watching(monkeypatch, folder, replace)
    scene.start()
    folder.mkdir()
    scene.settle()
    os.close(held[0])
    scene.settle()

    (folder / "file.py").write_text("1")

    assert saves(scene.settle()) == ["new/file.py"]


def test_a_deleted_folder_that_is_still_open_gives_way_to_its_successor(scene: Scene) -> None:
    scene.start()
    descriptor = os.open(scene.root / "src/deep", os.O_RDONLY)
    try:
        (scene.root / "src/deep").rmdir()
        (scene.root / "src/deep").mkdir()
        scene.settle()

        (scene.root / "src/deep/file.py").write_text("1")

        assert saves(scene.settle()) == ["src/deep/file.py"]
    finally:
        os.close(descriptor)


def test_what_is_pruned_later_is_unwatched_and_what_is_no_more_is_watched(scene: Scene) -> None:
    scene.start()
    scene.pruned = lambda path: Path(path).name == "src"

    report = scene.rescan()
    (scene.root / "src/kept.py").write_text("2")
    (scene.root / "node_modules/package/index.js").write_text("2")

    assert saves(scene.settle()) == ["node_modules/package/index.js"]
    assert scene.watched() == {".", "docs", "node_modules", "node_modules/package"}
    assert report.watches == 4


def test_many_folders_pruned_at_once_lose_nothing(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each removal queues a record; what was queued before them must still be heard."""
    for number in range(300):
        (scene.root / f"src/{number}").mkdir()
    monkeypatch.setattr("trayapp.watching.inotify.tree.REMOVALS", 100)
    scene.start()
    drained: list[Tree] = []
    drain = Tree.drain

    def draining(tree: Tree) -> None:
        drained.append(tree)
        drain(tree)

    monkeypatch.setattr(Tree, "drain", draining)

    with scene.held():
        (scene.root / "docs/file.py").write_text("1")
        scene.pruned = lambda path: Path(path).name in {"src", "node_modules"}
        assert scene.observer is not None
        scene.observer.rescan()

    assert saves(scene.settle()) == ["docs/file.py"]
    assert scene.watched() == {".", "docs"}
    assert len(drained) == 3


def test_only_where_it_matters_is_told_what_is_deleted(scene: Scene) -> None:
    told = ["src/.rules", "docs/.rules", "src/a.py"]
    scene.deletions_of = frozenset({".rules"})
    for file in ("src/.rules", "src/a.py", "src/deep/a.py"):
        (scene.root / file).touch()
    scene.start()
    (scene.root / "docs/.rules").touch()
    scene.settle()
    # To look at a folder again is not to end it.
    scene.rescan()

    for file in (*told, "src/deep/a.py"):
        (scene.root / file).unlink()

    assert scene.settle() == [("deleted", file, "") for file in told]


def test_thousands_of_folders_are_watched_each_once(scene: Scene) -> None:
    for number in range(3000):
        (scene.root / f"src/{number % 50}/{number}").mkdir(parents=True)

    report = scene.start()
    (scene.root / "src/49/2999/file.py").write_text("1")

    # The root, src, deep, docs, fifty, three thousand.
    assert report.watches == 4 + 50 + 3000
    assert len(scene.watched()) == report.watches
    assert saves(scene.settle()) == ["src/49/2999/file.py"]


def test_a_folder_that_may_not_be_scanned_any_more_is_left_out(scene: Scene) -> None:
    scene.start()
    asked = scene.pruned

    def vanish(path: str) -> bool:
        if path.endswith("/gone"):
            shutil.rmtree(path)
        return asked(path)

    scene.pruned = vanish
    (scene.root / "gone").mkdir()
    scene.settle()

    (scene.root / "src/kept.py").write_text("2")

    assert saves(scene.settle()) == ["src/kept.py"]
