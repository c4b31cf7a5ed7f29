from __future__ import annotations

from pathlib import Path

import pytest

from tests.coding.test_document import KEYS
from tests.resident.scene import Scene
from trayapp.errors import UsageError
from trayapp.resident.commands import follow


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    scene = Scene(tmp_path)
    scene.attend()
    return scene


def test_status_is_the_same_object_that_today_prints(scene: Scene) -> None:
    answer = follow(scene.resident, {"command": "status"})

    assert list(answer["status"]) == KEYS
    assert (answer["status"]["text"], answer["status"]["state"]) == ("2h 5m", "fresh")


@pytest.mark.parametrize("command", ["refresh", "reload"])
def test_refresh_and_reload_ask_the_server_at_the_next_turn(scene: Scene, command: str) -> None:
    assert follow(scene.resident, {"command": command}) == {}

    scene.attend()

    assert len(scene.asked) == 2


def test_refresh_shows_the_icon_only_when_asked_to(scene: Scene) -> None:
    shown: list[str] = []
    scene.resident.on_show = lambda: shown.append("shown")

    follow(scene.resident, {"command": "refresh"})
    follow(scene.resident, {"command": "refresh", "show": "yes"})
    assert shown == []

    follow(scene.resident, {"command": "refresh", "show": True})
    assert shown == ["shown"]


def test_flush_says_that_nothing_waits(scene: Scene) -> None:
    assert follow(scene.resident, {"command": "flush"}) == {"waiting": 0}


def test_quit_ends_the_app(scene: Scene) -> None:
    ended: list[str] = []
    scene.resident.on_quit = lambda: ended.append("ended")

    follow(scene.resident, {"command": "quit"})

    assert ended == ["ended"]


def test_a_command_that_is_not_known_is_refused_by_name(scene: Scene) -> None:
    with pytest.raises(UsageError, match="There is no command 'dance'") as caught:
        follow(scene.resident, {"command": "dance"})

    assert "status, refresh, reload, flush, quit" in caught.value.hint
