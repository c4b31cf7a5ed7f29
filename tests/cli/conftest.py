from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.past import past_server
from tests.cli.person import Person
from tests.desktop.bus import PrivateBus
from tests.server import Server
from tests.settings.secret_services import GnomeKeyring


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path / "home")


@pytest.fixture
def server() -> Iterator[Server]:
    with Server("hackatime", timezone="UTC") as server:
        server.today(total_seconds=7500)
        yield server


@pytest.fixture(scope="module")
def past() -> Iterator[Server]:
    """WakaTime with a week of coding in the past."""
    with past_server("wakatime") as server:
        yield server


@pytest.fixture
def known(person: Person, server: Server) -> Person:
    """Somebody whose ~/.wakatime.cfg names the server and the key."""
    person.write_cfg({"api_url": server.api_url, "api_key": server.key})
    return person


@pytest.fixture
def bus(person: Person, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateBus]:
    """A session bus with nobody on it."""
    bus = PrivateBus(tmp_path_factory.mktemp("bus"))
    bus.start()
    person.variables["DBUS_SESSION_BUS_ADDRESS"] = bus.address
    yield bus
    bus.stop()


@pytest.fixture
def keyring(bus: PrivateBus, person: Person) -> Iterator[GnomeKeyring]:
    """A real gnome-keyring, unlocked as at log-in."""
    daemon = GnomeKeyring(bus, person.home)
    daemon.start(unlocked=True)
    yield daemon
    daemon.close()
