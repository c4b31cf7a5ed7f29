"""Windows and macOS, by fakes of the very calls; neither has been run."""

from __future__ import annotations

import ctypes
import sys
import time
from typing import Any

import pytest

from trayapp.desktop.idle_macos import MacInput, besides, remote_logins
from trayapp.desktop.idle_windows import WindowsInput, by_ssh


class User32:
    def __init__(self, last_input: int, *, works: bool = True) -> None:
        self._last_input = last_input
        self._works = works

    def GetLastInputInfo(self, reference: Any) -> int:  # noqa: N802 -- Windows' name
        size, _time = raw = (ctypes.c_uint32 * 2).from_buffer(reference._obj)
        assert size == 8
        raw[1] = self._last_input
        return int(self._works)


class Kernel32:
    def __init__(self, ticks: int) -> None:
        self._ticks = ticks

    def GetTickCount(self) -> int:  # noqa: N802 -- Windows' name
        # As ctypes gives it: a signed number.
        return ctypes.c_int32(self._ticks).value


@pytest.mark.parametrize(
    ("last_input", "ticks", "expected"),
    [
        (1_000, 401_000, 400),
        (0x7FFF_FFFF, 0x8000_0000 + 1_999, 2),
        (0xFFFF_FFFF, 1_999, 2),  # The count ran over, after 49 days.
    ],
)
def test_windows_counts_milliseconds_that_run_over(
    last_input: int, ticks: int, expected: float
) -> None:
    assert WindowsInput(User32(last_input), Kernel32(ticks)).idle_seconds(0) == expected


def test_windows_may_refuse_to_tell() -> None:
    assert WindowsInput(User32(0, works=False), Kernel32(1)).idle_seconds(0) is None


def test_what_was_started_over_ssh_is_a_persons_elsewhere() -> None:
    assert by_ssh({"SSH_CONNECTION": "10.0.0.2 51234 10.0.0.1 22"})
    assert not by_ssh({})


class ApplicationServices:
    """The framework: its function takes and gives what ctypes was told."""

    def __init__(self) -> None:
        function = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_int32, ctypes.c_uint32)
        self.calls: list[tuple[int, int]] = []
        self.CGEventSourceSecondsSinceLastEventType = function(self._since)

    def _since(self, state: int, kind: int) -> float:
        self.calls.append((state, kind))
        return 400.5


def test_macos_counts_the_seconds_since_any_input() -> None:
    services = ApplicationServices()

    assert MacInput(lambda: services).idle_seconds(0) == 400.5
    assert services.calls == [(0, 0xFFFFFFFF)]


def test_a_mac_without_the_framework_or_the_function_says_nothing() -> None:
    def fail() -> None:
        raise OSError("no such library")

    assert MacInput(fail).idle_seconds(0) is None
    assert MacInput(object).idle_seconds(0) is None


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("", False),
        ("ada      console      Nov 22 08:01 \nada      ttys000      Nov 22 08:05 \n", False),
        ("ada      console      Nov 22 08:01 \nada      ttys001  Nov 22 09:00 (10.0.0.7)\n", True),
    ],
)
def test_who_names_where_a_remote_login_comes_from(who: str, *, expected: bool) -> None:
    assert remote_logins(who) is expected


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("print('ada console Nov 22 08:01')", ""),
        ("print('ada ttys001 Nov 22 09:00 (10.0.0.7)')", "there is a remote login"),
        ("raise SystemExit(1)", "nobody can tell who else is logged in"),
        ("import time; time.sleep(30)", "nobody can tell who else is logged in"),
    ],
)
def test_a_who_that_fails_or_hangs_leaves_doubt(script: str, said: str) -> None:
    limit = 1.0 if "sleep" in script else 20.0

    found = besides(time.monotonic() + limit, [sys.executable, "-c", script])

    assert found.startswith(said)
    assert bool(found) is bool(said)
