from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from jeepney import DBusAddress, new_signal

from tests.desktop.bus import PrivateBus
from trayapp.desktop.sleep import SleepWatcher

pytestmark = pytest.mark.desktop

LOGIND = DBusAddress("/org/freedesktop/login1", interface="org.freedesktop.login1.Manager")


@pytest.fixture
def system_bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PrivateBus]:
    bus = PrivateBus(tmp_path)
    bus.start()
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", bus.address)
    yield bus
    bus.stop()


def test_waking_is_told_at_once_and_falling_asleep_is_not(system_bus: PrivateBus) -> None:
    woken: list[str] = []
    woke = threading.Event()

    def note() -> None:
        woken.append("woke")
        woke.set()

    watcher = SleepWatcher(note)
    watcher.start()
    assert watcher.listening.wait(10)

    with system_bus.client() as logind:
        for falling_asleep in (True, False):
            signal = new_signal(LOGIND, "PrepareForSleep", "b", (falling_asleep,))
            logind.connection.send(signal)

        assert woke.wait(10)
    watcher.stop()
    assert woken == ["woke"]
    assert "sleep" not in {thread.name for thread in threading.enumerate()}


def test_without_a_system_bus_nothing_is_told_and_nothing_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path / 'nothing'}")
    watcher = SleepWatcher(lambda: None)

    watcher.start()
    watcher.stop()

    assert not watcher.listening.is_set()
    assert "sleep" not in {thread.name for thread in threading.enumerate()}


def test_a_system_bus_that_goes_away_ends_the_thread_quietly(system_bus: PrivateBus) -> None:
    watcher = SleepWatcher(lambda: None)
    watcher.start()
    assert watcher.listening.wait(10)
    (thread,) = (thread for thread in threading.enumerate() if thread.name == "sleep")

    system_bus.stop()

    thread.join(10)
    assert not thread.is_alive()
    watcher.stop()
