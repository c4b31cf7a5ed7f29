"""What a resident stores for those that follow it, such as status bars."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.resident.scene import Scene
from trayapp.coding.document import FRESH_SECONDS
from trayapp.coding.status import DeliveryStatus


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def stored(scene: Scene) -> dict[str, Any]:
    snapshot = json.loads((scene.folder / "today.json").read_text())
    document: dict[str, Any] = snapshot["accounts"][snapshot["show"]]["document"]
    return document


def test_a_change_is_stored_though_the_server_was_not_asked(scene: Scene) -> None:
    scene.attend()
    asked = len(scene.asked)
    assert (stored(scene)["flags"], stored(scene)["waiting"]) == ([], 0)

    scene.resident.pause(scene.clock.now + 3600)
    scene.deliverer.fares = DeliveryStatus(waiting=3, dead=1)
    scene.clock.advance(1)
    scene.attend()

    assert stored(scene)["flags"] == ["dead", "paused", "waiting"]
    assert (stored(scene)["waiting"], stored(scene)["dead"]) == (3, 1)
    assert len(scene.asked) == asked


def test_nothing_is_written_while_nothing_changes(scene: Scene) -> None:
    scene.attend()
    path = scene.folder / "today.json"
    path.unlink()

    for _ in range(3):
        scene.clock.advance(1)
        scene.attend()

    assert not path.exists()


def test_a_stored_pause_ends_by_itself(scene: Scene) -> None:
    scene.resident.pause(scene.clock.now + FRESH_SECONDS)
    scene.attend()
    assert stored(scene)["flags"] == ["paused"]

    scene.clock.advance(FRESH_SECONDS)
    scene.attend()

    assert stored(scene)["flags"] == []
