"""What is said of a file on each system; what is Windows' own was not run there."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from trayapp.watching import windows_change_time
from trayapp.watching.file_status import look_at
from trayapp.watching.freshness import FileStatus
from trayapp.watching.network_mounts import own_clock_test
from trayapp.watching.windows_change_time import (
    EPOCH_TICKS,
    INVALID_HANDLE,
    BasicInformation,
    change_time_ns,
)

HANDLE = 7
CHANGED_SECONDS = 1_800_000_000


class Function:
    """A function of a library, to which ctypes lets one say its types."""

    def __init__(self, function: Callable[..., object]) -> None:
        self.function = function

    def __call__(self, *arguments: object) -> object:
        return self.function(*arguments)


class Kernel32:
    """Knows one file, and how many handles to it are open."""

    def __init__(self, path: str, change: int) -> None:
        self.open = 0

        def create(asked: str, *_rest: object) -> int | None:
            self.open += asked == path
            return HANDLE if asked == path else INVALID_HANDLE

        def information(_handle: int, kind: int, found: Any, size: int) -> bool:
            assert (kind, size) == (0, ctypes.sizeof(BasicInformation))
            found._obj.change = change
            return True

        def close(_handle: int) -> None:
            self.open -= 1

        self.CreateFileW = Function(create)
        self.GetFileInformationByHandleEx = Function(information)
        self.CloseHandle = Function(close)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.py"
    path.write_text("n = 1\n")
    return path


def with_kernel(monkeypatch: pytest.MonkeyPatch, path: Path, change: int) -> Kernel32:
    kernel = Kernel32(str(path), change)
    # Not WinDLL of ctypes itself, which others look for to know the system.
    library = SimpleNamespace(**{name: getattr(ctypes, name) for name in dir(ctypes)})
    library.WinDLL = lambda _name: kernel
    monkeypatch.setattr(windows_change_time, "ctypes", library)
    return kernel


def test_linux_gives_what_lstat_says(file: Path) -> None:
    status = file.lstat()

    assert look_at(str(file)) == FileStatus(
        6, status.st_mtime_ns, status.st_ctime_ns, status.st_atime_ns, status.st_dev, True
    )


def test_what_is_not_there_has_no_status(tmp_path: Path) -> None:
    assert look_at(str(tmp_path / "a.py")) is None
    assert look_at("a\0b") is None


def test_a_link_is_no_ordinary_file(file: Path) -> None:
    link = file.with_name("b.py")
    link.symlink_to(file)
    found = look_at(str(link))

    assert found is not None
    assert not found.is_regular


@pytest.mark.parametrize("keeps_change_times", [True, False])
def test_windows_gives_the_time_of_change_where_it_is_kept(
    file: Path, monkeypatch: pytest.MonkeyPatch, *, keeps_change_times: bool
) -> None:
    """Python's st_ctime is the time of creation there, and FAT keeps nothing else."""
    change = EPOCH_TICKS + CHANGED_SECONDS * 10**7 if keeps_change_times else 0
    kernel = with_kernel(monkeypatch, file, change)
    with monkeypatch.context() as patch:
        patch.setattr("sys.platform", "win32")
        found = look_at(str(file))

    assert found is not None
    modified = file.stat().st_mtime_ns
    assert found.ctime_ns == (CHANGED_SECONDS * 10**9 if keeps_change_times else modified)
    assert found.atime_ns == 0
    assert kernel.open == 0


def test_windows_gives_no_time_for_a_file_that_cannot_be_opened(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_kernel(monkeypatch, file, EPOCH_TICKS)

    assert change_time_ns(str(file.with_name("b.py"))) is None


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_elsewhere_than_on_linux_every_device_may_have_a_clock_of_its_own(
    monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    assert not own_clock_test()(Path("/").stat().st_dev)
    with monkeypatch.context() as patch:
        patch.setattr("sys.platform", platform)
        has_own_clock = own_clock_test()

    assert has_own_clock(Path("/").stat().st_dev)
