"""Single files that are followed, on a real disk."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.desktop.processes import wait_for
from tests.watching.watches import instances, watched
from trayapp.watching.changed_files import ChangedFiles, FolderFollower, MakeFollower, make_follower
from trayapp.watching.inotify.kernel import Inotify
from trayapp.watching.inotify.reports import Condition, Report
from trayapp.watching.observed_folders import ObservedFolders

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")

QUEUE = Path("/proc/sys/fs/inotify/max_queued_events")


def as_elsewhere(
    touched: Callable[[str], object],
    replaced: Callable[[str], object],
    _fares: Callable[[Report], object],
) -> FolderFollower:
    """Make the follower of the other systems, on this one's observer."""
    return ObservedFolders(touched, replaced)


class Following:
    """What was told of the files in `folder`; `sentinel` is followed beside what a test names."""

    def __init__(self, folder: Path, make: MakeFollower = make_follower) -> None:
        self.folder = folder
        self.told: list[str] = []
        self.reports: list[Report] = []
        self.files = ChangedFiles(self._tell, self.reports.append, make)
        self.changed: Callable[[str], object] = self.told.append
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

    def _tell(self, path: str) -> None:
        self.changed(path)

    def _until_followed(self, path: Path) -> None:
        """Wait until a folder is watched: a hard link beside the file's own name would be told."""
        folder = path.parent
        if folder.is_dir():
            wait_for(lambda: watched(folder), f"{folder} is watched")
        if path.is_symlink():
            wait_for(lambda: watched(path.resolve().parent), f"{path.resolve()} is watched")


@pytest.fixture(params=[make_follower, as_elsewhere])
def following(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Following]:
    one = Following(tmp_path, request.param)
    yield one
    one.files.stop()


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Following]:
    """Give one that follows in this system's own way."""
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


def test_files_of_many_folders_take_one_inotify_instance(here: Following, tmp_path: Path) -> None:
    before = instances()
    files = [tmp_path / name / "config" for name in "abcde"]
    for file in files[:3]:
        file.parent.mkdir()

    here.follow(*files)

    assert instances() == before + 1
    here.files.stop()
    assert instances() == before


def test_a_folder_is_followed_that_others_lie_in(here: Following, tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b" / "config"
    outer = tmp_path / "a" / "config"
    outer.parent.mkdir()
    here.follow(inner, outer)

    outer.write_text("1")
    here.wait_for(outer)
    assert here.heard() == ["a/config"]
    inner.parent.mkdir()
    inner.write_text("1")
    here.wait_for(inner)
    assert here.heard() == ["a/b/config"]

    here.follow(inner)
    outer.write_text("2")
    inner.write_text("2")
    here.wait_for(inner)
    assert here.heard() == ["a/b/config"]


@pytest.mark.parametrize("level", [0, 1])
def test_a_file_is_told_when_its_folder_or_one_above_is_exchanged(
    here: Following, tmp_path: Path, level: int
) -> None:
    path = tmp_path / "a" / "b" / "config"
    path.parent.mkdir(parents=True)
    here.follow(path)
    moved = path.parents[level]

    moved.rename(tmp_path / "away")
    path.parent.mkdir(parents=True, exist_ok=True)
    here.wait_for(path)
    wait_for(lambda: watched(path.parent), "the new one is followed")
    here.heard()
    path.write_text("1")
    here.wait_for(path)
    here.heard()

    (tmp_path / "away" / ("config" if level == 0 else "b/config")).write_text("1")
    assert here.heard() == []


def test_a_folder_that_is_deleted_while_somebody_has_it_open_is_missed(
    following: Following, file: Path
) -> None:
    following.follow(file)
    descriptor = os.open(file.parent, os.O_RDONLY)
    try:
        file.unlink()
        file.parent.rmdir()
        file.parent.mkdir()
        following.heard()
        wait_for(lambda: watched(file.parent), "the new one is followed")
        following.heard()
        file.write_text("2")
        following.wait_for(file)
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENOSPC])
def test_a_limit_of_the_system_is_told_and_all_is_told_when_there_is_room(
    here: Following, file: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr("trayapp.watching.inotify.followed.RETRY_SECONDS", 0.05)
    tries = []

    def fail(*_arguments: object) -> None:
        tries.append(1)
        raise OSError(number, "")

    with monkeypatch.context() as patch:
        patch.setattr(Inotify, "__init__" if number == errno.EMFILE else "add", fail)
        here.files.follow([str(file)])
        wait_for(lambda: len(tries) > 20, "it is tried again")
        (report,) = here.reports
        assert here.told == []

    wait_for(lambda: here.told == [str(file)], "what may have happened is told")
    wait_for(lambda: len(here.reports) == 2, "that all is well is told")
    assert report.sysctl is not None
    assert report.sysctl.startswith("fs.inotify.max_user_")
    assert here.reports[1].condition is Condition.WATCHED
    file.write_text("2")
    wait_for(lambda: len(here.told) > 1, "it is followed")


def test_after_an_overflow_each_file_is_told(here: Following, file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "config"
    other.parent.mkdir()
    here.follow(file, other)
    release, holds = threading.Event(), threading.Event()

    def hold(path: str) -> None:
        here.told.append(path)
        holds.set()
        release.wait(30)

    here.changed = hold
    file.write_text("2")
    assert holds.wait(20)
    # Two files in turn: the kernel merges equal records.
    files = [file.with_name("one"), file.with_name("two")]
    for number in range(int(QUEUE.read_text()) + 10):
        files[number % 2].write_bytes(b"")
    other.write_text("2")
    here.told.clear()
    release.set()

    here.wait_for(other)
    here.wait_for(file)


def test_a_mistake_of_who_is_told_is_survived(
    here: Following, file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("trayapp.watching.inotify.followed.RETRY_SECONDS", 0.05)
    here.follow(file)

    def fail(path: str) -> None:
        here.changed = here.told.append
        raise ValueError(path)

    here.changed = fail
    file.write_text("2")

    here.wait_for(file)
    assert "ValueError" in caplog.text
    assert str(file) not in caplog.text


def test_elsewhere_an_observer_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []
    monkeypatch.setattr("trayapp.watching.observed_folders.make_observer", made.append)

    follower = make_follower(print, print, print, "darwin")

    assert isinstance(follower, ObservedFolders)


MOUNTED = """
import subprocess, sys
from pathlib import Path
from tests.desktop.processes import wait_for
from tests.watching.watches import watched
from trayapp.watching.changed_files import ChangedFiles

file = Path(sys.argv[1])
told = []
files = ChangedFiles(told.append)
files.follow([str(file)])
wait_for(lambda: watched(file.parent), "the folder is followed")
for command in (["mount", "-t", "tmpfs", "none", sys.argv[2]], ["umount", sys.argv[2]]):
    subprocess.run(command, check=True, timeout=10)
    wait_for(lambda: told, f"{command[0]} is told")
    file.parent.mkdir(exist_ok=True)
    wait_for(lambda: watched(file.parent), "what is there now is followed")
    told.clear()
    file.write_text("2")
    wait_for(lambda: told, "it is told")
    told.clear()
files.stop()
"""


@pytest.mark.parametrize("above", [0, 1])
def test_a_file_comes_and_goes_with_its_file_system(file: Path, above: int) -> None:
    code = ["unshare", "--user", "--map-root-user", "--mount", sys.executable, "-c", MOUNTED]

    done = subprocess.run(
        [*code, str(file), str(file.parents[above])],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )

    if "unshare" in done.stderr:
        pytest.skip(f"no namespaces here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
