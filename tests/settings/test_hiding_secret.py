from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from trayapp.errors import ConfigError
from trayapp.settings.hiding_secret import FILE_NAME, read_hiding_secret


def test_it_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "state"

    first, second = read_hiding_secret(folder), read_hiding_secret(folder)

    assert first == second
    assert len(first) == 32
    assert (folder / FILE_NAME).stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in folder.iterdir()] == [FILE_NAME]


def test_every_machine_has_its_own(tmp_path: Path) -> None:
    assert read_hiding_secret(tmp_path / "a") != read_hiding_secret(tmp_path / "b")


def test_all_who_make_it_at_once_get_the_same(tmp_path: Path) -> None:
    barrier = Barrier(8, timeout=10)

    def read(_: int) -> bytes:
        barrier.wait()
        return read_hiding_secret(tmp_path / "state")

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(read, range(8)))

    assert len(found) == 1
    assert [path.name for path in (tmp_path / "state").iterdir()] == [FILE_NAME]


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (Path.touch, "is damaged"),
        (lambda path: path.write_text("ab" * 31), "is damaged"),
        (lambda path: path.write_text("AB" * 32 + "\nmore"), "is damaged"),
        (lambda path: path.write_bytes(b"\xff" * 64), "is damaged"),
        (Path.mkdir, "is a folder"),
        (os.mkfifo, "no ordinary file"),
    ],
)
def test_one_that_cannot_be_used_is_told_and_never_replaced(
    tmp_path: Path, make: Callable[[Path], object], reason: str
) -> None:
    path = tmp_path / FILE_NAME
    make(path)
    before = path.stat()

    with pytest.raises(ConfigError, match=reason) as caught:
        read_hiding_secret(tmp_path)
    assert str(path) in caught.value.title
    assert caught.value.hint
    assert path.stat().st_ino == before.st_ino
    assert path.stat().st_size == before.st_size


def test_nothing_of_a_damaged_one_is_told(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("ab" * 31)

    with pytest.raises(ConfigError) as caught:
        read_hiding_secret(tmp_path)
    assert "abab" not in str(caught.value)


def test_a_place_where_it_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(ConfigError, match=r"cannot be (made|read): Not a directory"):
        read_hiding_secret(tmp_path / "file" / "state")


@pytest.mark.ordinary_user
def test_one_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    read_hiding_secret(tmp_path)
    (tmp_path / FILE_NAME).chmod(0)

    with pytest.raises(ConfigError, match="cannot be read: Permission denied"):
        read_hiding_secret(tmp_path)
