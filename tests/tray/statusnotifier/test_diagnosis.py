"""What the probe finds, and that it never hangs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from trayapp.tray.statusnotifier import Probe, probe

from .fake_watcher import FakeWatcher
from .test_connection import listening, read_until_closed

if TYPE_CHECKING:
    from pathlib import Path

    from tests.desktop.bus import PrivateBus


def found(one: Probe) -> tuple[bool, bool, bool]:
    assert one.reason.endswith(".")
    return one.bus, one.watcher, one.host


@pytest.mark.parametrize("environ", [{}, {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"}])
def test_no_bus(environ: dict[str, str]) -> None:
    assert found(probe(1, environ)) == (False, False, False)


@pytest.mark.usefixtures("bus")
def test_a_bus_without_a_tray() -> None:
    one = probe(1)

    assert found(one) == (True, False, False)
    assert "StatusNotifierWatcher" in one.reason


@pytest.mark.usefixtures("watcher")
def test_a_tray_with_a_panel() -> None:
    assert found(probe(1)) == (True, True, True)


@pytest.mark.parametrize("host", [("b", False), ("s", "yes")])
def test_a_tray_without_a_panel(bus: PrivateBus, host: tuple[str, object]) -> None:
    with FakeWatcher(bus, host=host):
        assert found(probe(1)) == (True, True, False)


def test_a_tray_that_refuses_to_say(bus: PrivateBus) -> None:
    with FakeWatcher(bus, refuses=True):
        one = probe(1)

    assert found(one) == (True, True, False)
    assert "not today" in one.reason


def test_a_tray_that_never_answers_costs_no_more_than_the_limit(bus: PrivateBus) -> None:
    started = time.monotonic()
    with FakeWatcher(bus, answers=False):
        assert found(probe(0.3)) == (True, True, False)

    assert time.monotonic() - started < 3


def test_a_bus_that_never_answers_costs_no_more_than_the_limit(tmp_path: Path) -> None:
    started = time.monotonic()
    with listening(tmp_path / "bus", read_until_closed) as environ:
        assert found(probe(0.3, environ)) == (False, False, False)

    assert time.monotonic() - started < 3
