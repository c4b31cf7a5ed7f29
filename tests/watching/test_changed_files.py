"""Single files that are followed, on a real disk."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desktop.processes import wait_for
from trayapp.watching.changed_files import ChangedFiles

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")


class Following:
    """What was told of the files in `folder`; `sentinel` is followed beside what a test names."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.told: list[str] = []
        self.files = ChangedFiles(self.told.append)
        self._sentinel = folder / "beside" / "sentinel"
        self._sentinel.parent.mkdir()

    def follow(self, *paths: Path) -> None:
        """Follow these, and begin once they are."""
        self.files.follow([str(path) for path in (*paths, self._sentinel)])
        # What is followed is so in the order of asking, with the sentinel's folder at any place.
        for path in paths:
            self._until_followed(path)
        self.heard()

    def heard(self) -> list[str]:
        """Give which of the files were told since this was asked last, by their names."""

        def touch_and_look() -> bool:
            self._sentinel.write_text("1")
            return str(self._sentinel) in self.told

        wait_for(touch_and_look, "the sentinel is told")
        told, self.told[:] = self.told.copy(), []
        return sorted({os.path.relpath(path, self.folder) for path in told} - {"beside/sentinel"})

    def wait_for(self, path: Path) -> None:
        wait_for(lambda: str(path) in self.told, f"{path.name} is told")

    def _until_followed(self, path: Path) -> None:
        """Wait until a folder is watched: a hard link beside the file's own name would be told."""
        folder = path.parent
        if folder.is_dir():
            wait_for(lambda: watched(folder), f"{folder} is watched")
        if path.is_symlink():
            wait_for(lambda: watched(path.resolve().parent), f"{path.resolve()} is watched")


def watched(folder: Path) -> bool:
    """Tell whether any inotify instance of this process has a watch on a folder."""
    inode = folder.stat().st_ino
    found = []
    for descriptor in Path("/proc/self/fdinfo").iterdir():
        try:
            found.append(descriptor.read_text())
        except OSError:
            continue
    return any(f"ino:{inode:x} " in text for text in found)


@pytest.fixture
def following(tmp_path: Path) -> Iterator[Following]:
    one = Following(tmp_path)
    yield one
    one.files.stop()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "etc" / "config"
    path.parent.mkdir()
    path.write_text("1")
    return path


def test_a_file_that_is_written_in_place_is_told(following: Following, file: Path) -> None:
    following.follow(file)

    file.write_text("2")

    following.wait_for(file)


def test_a_file_that_is_renamed_over_is_told(following: Following, file: Path) -> None:
    following.follow(file)
    new = file.with_name("new")
    new.write_text("2")

    new.rename(file)

    following.wait_for(file)


def test_a_file_that_goes_and_comes_is_told_each_time(following: Following, file: Path) -> None:
    following.follow(file)

    file.unlink()
    following.wait_for(file)
    assert following.heard() == ["etc/config"]
    file.write_text("2")

    following.wait_for(file)


def test_a_file_that_is_moved_away_is_told(following: Following, file: Path) -> None:
    following.follow(file)

    file.rename(file.with_name("old"))

    following.wait_for(file)


@pytest.mark.parametrize("depth", [1, 3])
def test_a_file_is_told_whose_folder_comes_with_it(
    following: Following, tmp_path: Path, depth: int
) -> None:
    path = tmp_path.joinpath("later", *"ab"[: depth - 1], "config")
    following.follow(path)

    path.parent.mkdir(parents=True)
    path.write_text("1")

    following.wait_for(path)
    following.heard()
    path.write_text("2")
    following.wait_for(path)


def test_a_folder_that_is_renamed_into_place_tells_of_its_file(
    following: Following, file: Path, tmp_path: Path
) -> None:
    path = tmp_path / "later" / "config"
    following.follow(path)

    file.parent.rename(path.parent)

    following.wait_for(path)


def test_a_file_whose_folder_was_removed_and_made_again_is_told(
    following: Following, file: Path
) -> None:
    following.follow(file)
    file.unlink()
    file.parent.rmdir()
    following.wait_for(file)
    following.heard()

    file.parent.mkdir()
    file.write_text("2")

    following.wait_for(file)


def test_a_link_is_told_by_its_own_name_when_its_file_is_written(
    following: Following, file: Path, tmp_path: Path
) -> None:
    link = tmp_path / "home" / "config"
    link.parent.mkdir()
    link.symlink_to(file)
    following.follow(link)

    file.write_text("2")

    following.wait_for(link)
    assert following.heard() == ["home/config"]


def test_a_link_that_is_set_to_another_file_is_told(
    following: Following, file: Path, tmp_path: Path
) -> None:
    link = tmp_path / "home" / "config"
    link.parent.mkdir()
    link.symlink_to(file)
    following.follow(link)
    new = link.with_name("new")
    new.symlink_to(tmp_path / "elsewhere")

    new.rename(link)

    following.wait_for(link)


def test_a_file_below_a_linked_folder_is_told_by_the_path_that_was_asked_for(
    following: Following, file: Path, tmp_path: Path
) -> None:
    (tmp_path / "linked").symlink_to(file.parent)
    path = tmp_path / "linked" / "config"
    following.follow(path)

    file.write_text("2")

    following.wait_for(path)
    assert following.heard() == ["linked/config"]


def test_other_files_beside_it_and_reading_it_are_silent(following: Following, file: Path) -> None:
    following.follow(file)

    (file.parent / "config.bak").write_text("1")
    file.read_text()
    (file.parent / "folder").mkdir()
    (file.parent / "folder" / "config").write_text("1")
    (file.parent / "config.bak").rename(file.parent / "configs")

    assert following.heard() == []


def test_the_files_that_are_named_last_are_followed_and_no_others(
    following: Following, file: Path, tmp_path: Path
) -> None:
    beside = file.with_name("beside")
    other = tmp_path / "other" / "config"
    other.parent.mkdir()
    following.follow(file, other)
    following.follow(beside)

    file.write_text("2")
    other.write_text("2")
    beside.write_text("2")

    following.wait_for(beside)
    assert following.heard() == ["etc/beside"]
    assert not watched(other.parent)

    following.follow(other)
    other.write_text("3")
    following.wait_for(other)


def test_after_the_end_nothing_is_told_and_nothing_runs(following: Following, file: Path) -> None:
    before = threading.active_count()
    following.follow(file)
    assert threading.active_count() > before

    following.files.stop()
    following.told.clear()
    file.write_text("2")
    following.files.follow([str(file)])
    file.write_text("3")

    assert threading.active_count() == before
    assert following.told == []


def test_what_never_ran_can_be_ended() -> None:
    ChangedFiles(lambda _path: None).stop()
