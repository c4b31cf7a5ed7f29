"""A keyring that is unlocked is noticed at once: told by a real gnome-keyring."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.settings.secret_services import GnomeKeyring
from trayapp.desktop.bus_messages import owner_changes
from trayapp.desktop.keyring_watcher import KeyringWatcher
from trayapp.desktop.session_bus import SessionBus

from .bus import PrivateBus

pytestmark = pytest.mark.desktop

Told = queue.SimpleQueue[None]


@pytest.fixture
def keyring(bus: PrivateBus, tmp_path: Path) -> Iterator[GnomeKeyring]:
    (tmp_path / "home").mkdir()
    keyring = GnomeKeyring(bus, tmp_path / "home")
    yield keyring
    keyring.close()


@pytest.fixture
def told(bus: PrivateBus) -> Iterator[Told]:
    told: Told = queue.SimpleQueue()
    session = SessionBus({"DBUS_SESSION_BUS_ADDRESS": bus.address})
    KeyringWatcher(session, lambda: told.put(None)).start()
    listening = threading.Event()
    session.subscribe(owner_changes("org.example.Last"), print, listening.set)
    session.start()
    assert listening.wait(10)
    yield told
    session.stop()


def test_a_keyring_that_comes_and_one_that_is_unlocked_are_told(
    keyring: GnomeKeyring, told: Told
) -> None:
    assert told.empty()
    keyring.start(unlocked=True)
    told.get(timeout=10)

    keyring.lock()
    told.get(timeout=10)
    while not told.empty():
        told.get()
    keyring.unlock()

    told.get(timeout=10)


def test_nobody_is_started_only_to_be_watched(bus: PrivateBus, told: Told) -> None:
    assert not bus.has_owner("org.freedesktop.secrets")
    assert told.empty()
