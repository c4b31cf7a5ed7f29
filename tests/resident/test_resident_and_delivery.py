"""What a resident does for delivery, and what it shows of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.resident.scene import ACCOUNT, Scene
from trayapp.coding.status import DeliveryStatus, Flag, Problem, State
from trayapp.errors import UnreachableError
from trayapp.settings.accounts import Settings

MINUTE = 60.0


class Delivering(Scene):
    """A scene whose resident delivers."""

    def settings(self) -> Settings:
        assert isinstance(self.files.settings, Settings)
        return self.files.settings

    def called(self) -> list[str]:
        """Give what delivery was asked to do since the last look."""
        calls, self.deliverer.calls = self.deliverer.calls, []
        return calls


@pytest.fixture
def scene(tmp_path: Path) -> Delivering:
    return Delivering(tmp_path)


def test_delivery_follows_the_settings_and_is_attended_to_at_each_turn(scene: Delivering) -> None:
    scene.attend()
    assert scene.called() == ["attend", "follow home"]
    scene.attend()
    assert scene.called() == ["attend"]


def test_a_person_who_refreshes_and_a_wake_try_sending_again(scene: Delivering) -> None:
    scene.attend()
    scene.called()
    scene.resident.refresh()
    scene.attend()
    assert scene.called() == ["send", "attend"]
    scene.resident.woke()
    scene.attend()
    assert scene.called() == ["network", "attend"]


def test_flush_sends_now_and_says_how_many_wait(scene: Delivering) -> None:
    scene.attend()
    scene.called()
    scene.deliverer.waits = 12
    assert scene.resident.flush() == 12
    assert scene.called() == ["send"]


def test_what_the_server_took_is_followed_by_a_poll(scene: Delivering) -> None:
    scene.attend()
    scene.clock.advance(10)
    scene.total_seconds = 7530
    scene.resident.delivered(ACCOUNT.receiver)
    scene.attend()
    assert scene.number().total_seconds == 7530


def test_what_another_account_took_is_not(scene: Delivering) -> None:
    scene.attend()
    scene.clock.advance(10)
    scene.resident.delivered("other@https://waka.example/api")
    scene.attend()
    assert len(scene.asked) == 1


def test_somebody_who_codes_again_is_polled_for_every_minute_again(scene: Delivering) -> None:
    scene.live(30 * MINUTE)
    rested = len(scene.asked)
    scene.live(5 * MINUTE)
    assert len(scene.asked) <= rested + 2

    scene.resident.recorded()
    before = len(scene.asked)
    scene.live(4 * MINUTE)
    assert len(scene.asked) >= before + 3


def test_a_fresh_number_is_the_servers_alone(scene: Delivering) -> None:
    scene.deliverer.adds = 60
    scene.attend()
    assert scene.status().state is State.FRESH
    assert (scene.number().total_seconds, scene.number().source) == (7500, "server")


def test_while_the_server_cannot_be_asked_what_it_lacks_is_added(scene: Delivering) -> None:
    scene.attend()
    scene.failure = UnreachableError("hackatime.example cannot be reached", "Check the network.")
    scene.deliverer.adds = 60
    scene.live(2 * MINUTE)
    assert scene.status().state is State.OFFLINE
    assert scene.number().total_seconds == 7560
    assert Flag.ESTIMATE in scene.status().flags
    assert scene.deliverer.account == ACCOUNT
    scene.failure = None
    scene.live(10 * MINUTE)
    assert scene.number().total_seconds == 7500
    assert Flag.ESTIMATE not in scene.status().flags


def test_what_waits_and_what_was_refused_are_in_the_status(scene: Delivering) -> None:
    fares = DeliveryStatus(12, 1, Problem("home: the key is refused", "Copy it anew.", 104))
    scene.deliverer.fares = fares
    scene.resident.part_changed()
    scene.attend()
    assert scene.status().delivery == fares
    assert {Flag.WAITING, Flag.DEAD} <= set(scene.status().flags)


def test_it_ends_delivery_after_the_file_monitor(scene: Delivering) -> None:
    scene.resident.start()
    scene.resident.stop()
    assert scene.watcher.stopped
    assert scene.called()[-1] == "stop"


def test_a_goal_of_ones_own_is_reached_by_the_estimate(scene: Delivering) -> None:
    scene.files.settings = scene.settings()._replace(goal_seconds=7530)
    scene.attend()
    assert not scene.status().goal_reached
    scene.failure = UnreachableError("hackatime.example cannot be reached")
    scene.deliverer.adds = 60
    scene.live(2 * MINUTE)
    assert scene.status().goal_reached
