from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.desktop.bus import Client, PrivateBus
from tests.desktop.processes import wait_for

from .fake_watcher import FakeWatcher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from trayapp.tray.statusnotifier import Icon

    RunIcon = Callable[[Icon], AbstractContextManager[threading.Thread]]

END_LIMIT = 5.0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if {"shared_bus", "own_bus"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("desktop")


@pytest.fixture(scope="session")
def shared_bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateBus]:
    bus = PrivateBus(tmp_path_factory.mktemp("bus"))
    bus.start()
    yield bus
    bus.stop()


@pytest.fixture
def bus(shared_bus: PrivateBus, monkeypatch: pytest.MonkeyPatch) -> PrivateBus:
    """A running bus, which the environment names."""
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", shared_bus.address)
    return shared_bus


@pytest.fixture
def own_bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PrivateBus]:
    """A bus that the test starts and stops as it likes; named in the environment."""
    bus = PrivateBus(tmp_path)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
    yield bus
    bus.stop()


@pytest.fixture
def run_icon() -> RunIcon:
    """Runs an icon on a thread of its own for the length of a with block."""

    @contextmanager
    def run(icon: Icon) -> Iterator[threading.Thread]:
        thread = threading.Thread(target=icon.run, name="icon")
        thread.start()
        try:
            yield thread
        finally:
            icon.stop()
            thread.join(END_LIMIT)
            assert not thread.is_alive()

    return run


@pytest.fixture
def watcher(bus: PrivateBus) -> Iterator[FakeWatcher]:
    with FakeWatcher(bus) as fake:
        yield fake


@pytest.fixture
def client(bus: PrivateBus) -> Iterator[Client]:
    with bus.client() as one:
        yield one


@pytest.fixture
def name_of(watcher: FakeWatcher) -> Callable[[Icon], str]:
    """Waits until an icon is registered, and returns its name on the bus."""

    def name(icon: Icon) -> str:
        wait_for(lambda: icon.hosted, "the watcher accepted the icon")
        return watcher.registrations[-1][0]

    return name
