from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.person import Person
from tests.server import Server


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path / "home")


@pytest.fixture
def server() -> Iterator[Server]:
    with Server("hackatime", timezone="UTC") as server:
        server.today(total_seconds=7500)
        yield server


@pytest.fixture
def known(person: Person, server: Server) -> Person:
    """Somebody whose ~/.wakatime.cfg names the server and the key."""
    person.write_cfg({"api_url": server.api_url, "api_key": server.key})
    return person
