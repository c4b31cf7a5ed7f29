from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.watching.ignoring_home import Home, write
from trayapp.watching.git_index import GitIndex, TrackedPaths, parse_index

NAMES = ["a.py", "a/b.py", "a/c/d.py", "a.b", "é/ü.py", "x" * 200 + ".py", "with space/\nnewline"]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def filled(home: Home, *options: str) -> Path:
    folder = home.repository(home.path / "work", *options)
    for name in NAMES:
        write(folder / name, "x")
    home.git(folder, "add", "-A")
    return folder


def listed(home: Home, folder: Path) -> list[bytes]:
    return home.git(folder, "ls-files", "-z").split(b"\0")[:-1]


def index_of(folder: Path, *, hash_size: int = 20) -> GitIndex:
    return GitIndex(str(folder / ".git" / "index"), hash_size=hash_size)


@pytest.mark.parametrize("version", [2, 3, 4])
def test_every_version_lists_what_git_lists(home: Home, version: int) -> None:
    folder = filled(home)
    if version > 2:
        # git writes version 3 only where an entry needs it, as one that is intended does.
        write(folder / "intended.py")
        home.git(folder, "add", "--intent-to-add", "intended.py")
    home.git(folder, "update-index", "--index-version", str(version))

    data = (folder / ".git" / "index").read_bytes()

    assert data[7] == version
    assert parse_index(data, 20) == (listed(home, folder), b"")


def test_a_repository_of_sha256_lists_what_git_lists(home: Home) -> None:
    folder = filled(home, "--object-format=sha256")

    assert parse_index((folder / ".git" / "index").read_bytes(), 32)[0] == listed(home, folder)


def test_a_split_index_tracks_what_both_parts_list(home: Home) -> None:
    folder = filled(home)
    home.git(folder, "config", "splitIndex.maxPercentChange", "100")
    home.git(folder, "update-index", "--split-index")
    write(folder / "later.py")
    write(folder / "a.py", "changed")
    home.git(folder, "add", "later.py", "a.py")

    tracked = index_of(folder).tracked()

    assert len(parse_index((folder / ".git" / "index").read_bytes(), 20)[0]) < len(NAMES)
    assert all(tracked.has_file(path) for path in listed(home, folder))
    assert not tracked.has_file(b"other.py")


def test_a_sparse_index_tracks_all_of_a_folder_it_leaves_out(home: Home) -> None:
    folder = filled(home)
    home.git(folder, "commit", "-qm", "all")
    home.git(folder, "sparse-checkout", "set", "--cone", "--sparse-index", "é")

    assert b"a/" in parse_index((folder / ".git" / "index").read_bytes(), 20)[0]
    tracked = index_of(folder).tracked()

    assert tracked.has_file(b"a/c/d.py")
    assert tracked.has_below(b"a/c")
    assert not tracked.has_file(b"b/c.py")


def test_a_submodule_is_tracked_as_a_folder(home: Home) -> None:
    inner = filled(home)
    home.git(inner, "commit", "-qm", "all")
    outer = home.repository(home.path / "outer")
    home.git(outer, "-c", "protocol.file.allow=always", "submodule", "add", "-q", inner, "sub")

    assert index_of(outer).tracked().has_below(b"sub")


def test_a_changed_index_is_read_again(home: Home) -> None:
    folder = filled(home)
    index = index_of(folder)
    assert not index.tracked().has_file(b"new.py")

    write(folder / "new.py")
    home.git(folder, "add", "new.py")

    assert index.tracked().has_file(b"new.py")
    assert index.tracked() is index.tracked()


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda _: b"DIRC",
        lambda data: b"JUNK" + data[4:],
        lambda data: data[:7] + b"\x09" + data[8:],
        lambda data: data[:100],
        lambda data: data[:8] + b"\xff\xff\xff\xff" + data[12:],
    ],
)
def test_a_damaged_index_tracks_nothing(home: Home, damage: object) -> None:
    folder = filled(home)
    path = folder / ".git" / "index"
    assert callable(damage)
    path.write_bytes(damage(path.read_bytes()))

    assert not index_of(folder).tracked().has_file(b"a.py")


def test_a_missing_index_tracks_nothing_until_it_comes(home: Home) -> None:
    folder = home.repository(home.path / "work")
    index = index_of(folder)
    assert not index.tracked().has_file(b"a.py")

    write(folder / "a.py")
    home.git(folder, "add", "a.py")

    assert index.tracked().has_file(b"a.py")


def test_an_index_that_is_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "index")

    assert not GitIndex(str(tmp_path / "index"), hash_size=20).tracked().has_file(b"a")


names = st.binary(min_size=1, max_size=3).map(lambda name: name.replace(b"\0", b"n"))
paths = st.lists(names, min_size=1, max_size=3).map(b"/".join)


@given(st.sets(paths), st.sets(paths))
def test_a_search_finds_just_what_is_there(there: set[bytes], asked: set[bytes]) -> None:
    tracked = TrackedPaths(b"\0".join([b"", *sorted(there), b""]) if there else b"\0")

    for path in there | asked:
        assert tracked.has_file(path) is (path in there)
        below = any(other == path or other.startswith(path + b"/") for other in there)
        assert tracked.has_below(path) is below
