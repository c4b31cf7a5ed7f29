"""What the tests of this room share: folders of their own, and the mark of an ordinary user."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from trayapp.settings.locations import Locations, find_locations


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what root would walk through."""
    if os.geteuid() != 0:
        return
    skip = pytest.mark.skip(reason="root may read and write anything")
    for item in items:
        if item.get_closest_marker("ordinary_user") is not None:
            item.add_marker(skip)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The environment of a person whose home folder is empty."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    return {"HOME": str(home), "PATH": os.environ["PATH"]}


@pytest.fixture
def locations(environment: dict[str, str]) -> Locations:
    """Where that person's files would lie."""
    return find_locations(environment)
