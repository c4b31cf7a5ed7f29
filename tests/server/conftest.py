"""A running server of each dialect, its clock stopped at noon."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.server import DIALECTS, Server
from tests.server.posting import NOON

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(params=sorted(DIALECTS))
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    yield from running(request.param)


@pytest.fixture
def hackatime() -> Iterator[Server]:
    yield from running("hackatime")


@pytest.fixture
def wakatime() -> Iterator[Server]:
    yield from running("wakatime")


@pytest.fixture
def wakapi() -> Iterator[Server]:
    yield from running("wakapi")


def running(dialect: str) -> Iterator[Server]:
    with Server(dialect) as server:
        server.set_time(NOON)
        yield server
