from __future__ import annotations

import json
import logging
import threading
from collections import Counter
from pathlib import Path

import pytest

from tests.coding.samples import NOON, a_day
from tests.resident.scene import ACCOUNT, KEY, USER, Scene
from trayapp.coding.document import document_at
from trayapp.coding.number import Goal
from trayapp.coding.preferences import IconFace, Preferences, Scheme
from trayapp.coding.status import Flag, State
from trayapp.errors import (
    BadAnswerError,
    ConfigError,
    KeyRefusedError,
    ThrottledError,
    TimedOutError,
    TrayappError,
    UnreachableError,
    UsageError,
)
from trayapp.resident.clock import ManualClock
from trayapp.resident.noticing import STILL_SECONDS
from trayapp.resident.resident import Resident
from trayapp.servers.transport import Response
from trayapp.settings.accounts import Account, Settings

MIDNIGHT = a_day().ends_at


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_the_first_turn_shows_the_number(scene: Scene) -> None:
    assert scene.status().state is State.STARTING

    scene.attend()

    assert scene.status().state is State.FRESH
    assert scene.number().total_seconds == 7500
    assert scene.published[-1] == scene.status()


def test_it_asks_every_minute_while_the_number_moves_and_every_five_when_it_rests(
    scene: Scene,
) -> None:
    for minute in range(10):
        scene.total_seconds = minute * 60
        scene.live(60)
    assert len(scene.asked) == pytest.approx(10, abs=1)

    scene.asked.clear()
    scene.live(1800)
    assert len(scene.asked) == pytest.approx(30, abs=2)

    scene.asked.clear()
    scene.live(3600)
    assert len(scene.asked) == pytest.approx(12, abs=1)


def test_it_publishes_only_when_something_but_the_time_has_changed(scene: Scene) -> None:
    scene.date_header = False
    scene.attend()
    seen = len(scene.published)

    scene.attend()

    assert len(scene.published) == seen


def test_when_the_day_ends_no_face_keeps_the_number_and_the_new_one_comes_at_once(
    scene: Scene,
) -> None:
    scene.clock.now = MIDNIGHT - 90
    scene.attend()
    scene.live(89.5)
    assert scene.status().number is not None

    scene.total_seconds = 0
    scene.live(4)

    numbers = [status.number for status in scene.published]
    assert None in numbers
    assert scene.number().total_seconds == 0
    assert scene.number().day.starts_at == MIDNIGHT


def test_at_midnight_an_unreachable_server_leaves_a_dash_and_not_yesterdays_number(
    scene: Scene,
) -> None:
    scene.clock.now = MIDNIGHT - 30
    scene.attend()
    scene.failure = UnreachableError("nothing answers", "wait")
    scene.resident.refresh()
    scene.live(29)
    assert scene.number().total_seconds == 7500

    scene.live(1.5)

    assert scene.published[-1].number is None
    assert scene.status().state is State.OFFLINE


def test_an_answer_on_the_edge_of_two_days_is_asked_for_again(scene: Scene) -> None:
    scene.took = 4.0
    scene.clock.now = MIDNIGHT + 2
    scene.attend()
    assert scene.status().number is None

    scene.live(20)

    assert scene.number().day.starts_at == MIDNIGHT


@pytest.mark.parametrize("offset", [-240, 240])
def test_the_servers_clock_decides_which_day_it_is(scene: Scene, offset: float) -> None:
    """Four minutes off: the number of the server's day is not shown on another day of ours."""
    scene.server_offset = offset
    scene.clock.now = MIDNIGHT + (120 if offset < 0 else -120)

    scene.attend()

    assert scene.status().number is None


def test_a_clock_that_is_a_day_off_is_told(scene: Scene) -> None:
    scene.server_offset = 86_400

    scene.attend()

    assert scene.status().number is None
    assert "1440 minutes apart" in scene.problem().title


def test_without_a_zone_in_the_profile_the_day_is_this_machines(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    scene.timezone = None

    scene.attend()

    assert scene.number().day.timezone == "Asia/Kolkata"


def test_the_profiles_zone_is_asked_for_once_a_day_even_over_a_restart(scene: Scene) -> None:
    scene.live(3600)
    scene.resident = scene.make_resident()
    scene.live(3600)
    assert scene.profiles == 1

    scene.live(24 * 3600)
    assert scene.profiles == 2


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (UnreachableError("nothing answers", "wait"), State.OFFLINE),
        (TimedOutError("too late", "wait"), State.OFFLINE),
        (BadAnswerError("error 500", "wait"), State.STALE),
        (ThrottledError("asked to wait", "wait", retry_after=30), State.STALE),
        (KeyRefusedError("401", "sign in"), State.REFUSED),
    ],
)
def test_a_failure_keeps_todays_number_and_the_next_answer_mends_it(
    scene: Scene, error: TrayappError, state: State
) -> None:
    scene.attend()
    scene.failure = error
    scene.live(61)
    assert scene.status().state is state
    assert scene.status().number is not None
    assert scene.problem().exit_code == error.exit_code

    scene.failure = None
    scene.live(1900)

    assert scene.status().state is State.FRESH
    assert scene.status().problem is None


def test_failures_are_asked_about_less_and_less_often(scene: Scene) -> None:
    scene.failure = UnreachableError("nothing answers", "wait")

    scene.live(4 * 3600)

    gaps = [later - earlier for earlier, later in zip(scene.asked, scene.asked[1:], strict=False)]
    assert gaps[:5] == sorted(gaps[:5])
    assert max(gaps) <= 600
    assert len(scene.asked) < 45


def test_retry_after_is_honoured_even_when_a_person_asks(scene: Scene) -> None:
    scene.failure = ThrottledError("asked to wait", "wait", retry_after=300)
    scene.attend()
    scene.failure = None

    scene.resident.refresh()
    scene.resident.menu_opened()
    scene.live(290)
    assert len(scene.asked) == 1

    scene.live(11)
    assert len(scene.asked) == 2


def test_a_refused_key_is_tried_again_every_half_hour_and_when_a_person_says_so(
    scene: Scene,
) -> None:
    scene.failure = KeyRefusedError("401", "sign in")
    scene.live(3700)
    assert len(scene.asked) == 3

    scene.resident.menu_opened()
    scene.live(1)
    assert len(scene.asked) == 3

    scene.resident.refresh()
    scene.live(1)
    assert len(scene.asked) == 4


def test_opening_the_menu_asks_when_the_number_is_older_than_15_s(scene: Scene) -> None:
    scene.attend()
    scene.clock.advance(10)
    scene.resident.menu_opened()
    scene.attend()
    assert len(scene.asked) == 1

    scene.clock.advance(6)
    scene.resident.menu_opened()
    scene.attend()
    assert len(scene.asked) == 2


def test_after_a_sleep_it_asks_at_once_over_a_new_connection(scene: Scene) -> None:
    scene.attend()
    scene.clock.advance(5)
    scene.attend()
    assert len(scene.asked) == 1

    scene.clock.sleep(3600)
    scene.attend()

    assert len(scene.asked) == 2
    assert scene.transports[0].closed


def test_a_clock_that_is_set_back_asks_at_once(scene: Scene) -> None:
    scene.attend()

    scene.clock.sleep(-3600)
    scene.attend()

    assert len(scene.asked) == 2


def test_after_a_sleep_failures_are_counted_anew(scene: Scene) -> None:
    """The network is often not there yet when a machine wakes; the number is not to wait long."""
    scene.failure = UnreachableError("nothing answers", "wait")
    scene.live(4 * 3600)

    scene.resident.woke()
    scene.attend()
    scene.failure = None
    scene.live(16)

    assert scene.status().state is State.FRESH


def test_a_turn_never_waits_longer_than_a_sleep_may_go_unnoticed(scene: Scene) -> None:
    scene.live(2 * 3600)

    assert scene.attend() <= 60


def test_a_key_that_was_replaced_after_a_refusal_is_read_anew(scene: Scene) -> None:
    scene.failure = KeyRefusedError("401", "sign in")
    scene.attend()
    scene.failure = None

    scene.live(2000)

    assert scene.status().state is State.FRESH
    assert len(scene.transports) == 2


def test_the_same_trouble_is_logged_as_a_warning_once(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.failure = UnreachableError("nothing answers", "wait")

    scene.live(6 * 3600)

    warnings = [each for each in caplog.records if each.levelno == logging.WARNING]
    assert [each.getMessage() for each in warnings] == ["nothing answers. wait"]


def test_the_entry_of_an_account_that_is_no_more_is_dropped(scene: Scene) -> None:
    scene.attend()
    other = ACCOUNT._replace(name="other")
    scene.keys.keys[f"other@{other.api_url}"] = KEY

    scene.edit(Settings(accounts=(other,), show="other"))
    scene.attend()

    stored = json.loads((scene.folder / "today.json").read_text())
    assert list(stored["accounts"]) == ["other"]


def test_a_zone_that_was_noted_in_the_future_is_asked_for_again(scene: Scene) -> None:
    scene.attend()
    scene.clock.sleep(-7 * 86_400)

    scene.attend()

    assert scene.profiles == 2


def test_the_systems_word_of_waking_asks_at_once(scene: Scene) -> None:
    scene.attend()

    scene.resident.woke()
    scene.attend()

    assert len(scene.asked) == 2


def test_an_edit_of_the_settings_is_noticed_before_the_next_poll(scene: Scene) -> None:
    scene.attend()
    other = ACCOUNT._replace(name="other", api_url="https://other.example/api/hackatime/v1")
    scene.keys.keys[f"{other.name}@{other.api_url}"] = KEY

    scene.files.edit(Settings(accounts=(other,), show="other"))
    scene.live(61)
    scene.attend()

    assert (scene.status().account, scene.status().api_url) == ("other", other.api_url)
    assert scene.status().state is State.FRESH


def test_settings_that_an_editor_has_emptied_for_a_moment_are_not_read(scene: Scene) -> None:
    scene.attend()
    before = scene.files.settings
    scene.files.edit(Settings())
    assert scene.attend() <= STILL_SECONDS
    scene.clock.advance(STILL_SECONDS / 2)
    scene.files.edit(before)
    scene.live(120)
    assert {status.account for status in scene.published if status.number} == {ACCOUNT.name}


@pytest.mark.parametrize(
    "error",
    [
        KeyRefusedError("401", "sign in"),
        ThrottledError("asked to wait", "wait", retry_after=3000),
        UnreachableError("nothing answers", "wait"),
    ],
)
def test_an_edit_is_tried_within_a_minute_however_long_the_next_attempt_was_to_wait(
    scene: Scene, error: TrayappError
) -> None:
    scene.failure = error
    scene.live(3 * 3600)
    scene.failure = None

    scene.files.edit(scene.files.settings)
    scene.live(61)

    assert scene.status().state is State.FRESH


def test_another_accounts_number_is_never_shown_as_this_ones(scene: Scene) -> None:
    scene.attend()
    other = ACCOUNT._replace(api_url="https://other.example/api/hackatime/v1")
    scene.keys.keys[f"{other.name}@{other.api_url}"] = KEY
    scene.failure = BadAnswerError("error 500", "wait")

    scene.edit(Settings(accounts=(other,), show=other.name))
    scene.attend()

    assert scene.status().api_url == other.api_url
    assert [status.number for status in scene.published if status.api_url == other.api_url] == [
        None,
        None,
    ]


def test_a_broken_edit_leaves_the_last_good_settings_in_force(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.attend()

    scene.files.edit(ConfigError("config.toml line 3 column 5: no value", "Mend it."))
    scene.resident.reload()
    scene.attend()

    assert scene.status().state is State.FRESH
    assert len(scene.asked) == 2
    assert "line 3 column 5" in caplog.text


def test_broken_settings_at_the_start_are_told_and_mended_by_an_edit(scene: Scene) -> None:
    good = scene.files.settings
    scene.files.settings = ConfigError("config.toml line 3 column 5: no value", "Mend it.")
    scene.attend()
    assert scene.problem().exit_code == 103

    scene.files.edit(good)
    scene.live(70)

    assert scene.status().state is State.FRESH


def test_signing_in_and_out_shows_at_the_next_reload(scene: Scene) -> None:
    del scene.keys.keys[USER]
    scene.attend()
    assert scene.status().state is State.SIGNED_OUT

    scene.keys.keys[USER] = KEY
    scene.resident.reload()
    scene.attend()
    assert scene.status().state is State.FRESH

    del scene.keys.keys[USER]
    scene.resident.reload()
    scene.attend()
    assert scene.status().state is State.SIGNED_OUT
    assert scene.status().number is None


def test_without_any_account_it_is_local_and_asks_nobody(scene: Scene) -> None:
    scene.files.settings = Settings()

    scene.live(3600)

    assert scene.status().state is State.LOCAL
    assert scene.asked == []


def test_a_locked_keyring_is_left_alone_until_a_person_asks(scene: Scene) -> None:
    scene.keys.locked = True
    scene.live(3600)
    assert scene.status().state is State.SIGNED_OUT

    scene.resident.refresh()
    scene.attend()

    assert scene.status().state is State.FRESH


def test_a_mistake_of_ours_does_not_end_the_poller(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.failure = RuntimeError("nobody thought of this")
    scene.attend()
    assert scene.status().problem is not None
    assert "Traceback" in caplog.text

    scene.failure = None
    scene.live(61)

    assert scene.status().state is State.FRESH


def test_a_subscriber_that_raises_does_not_end_the_poller(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(status: object) -> None:
        raise RuntimeError(f"a face fell over {status}")

    scene.resident.subscribe(fail)
    scene.attend()

    assert scene.status().state is State.FRESH
    assert "a face fell over" in caplog.text


def test_a_restart_shows_todays_stored_number_before_the_first_answer(scene: Scene) -> None:
    scene.attend()
    scene.published.clear()
    scene.resident = scene.make_resident()
    scene.failure = UnreachableError("nothing answers", "wait")

    scene.attend()

    assert scene.published[0].state is State.FRESH
    assert scene.status().state is State.OFFLINE
    assert scene.status().number is not None


def test_every_attempt_is_stored_for_the_cheap_commands(scene: Scene) -> None:
    scene.attend()

    path = scene.folder / "today.json"
    snapshot = json.loads(path.read_text())
    document = document_at(snapshot["accounts"][snapshot["show"]], NOON)
    assert (document["text"], document["state"], document["fresh"]) == ("2h 5m", "fresh", True)
    assert path.stat().st_mode & 0o777 == 0o600
    assert KEY.reveal() not in path.read_text()


def test_flush_writes_what_is_known_and_says_that_nothing_waits(scene: Scene) -> None:
    scene.attend()
    (scene.folder / "today.json").unlink()

    assert scene.resident.flush() == 0

    assert (scene.folder / "today.json").exists()


def test_ten_days_of_failures_and_answers_keep_the_number_true(scene: Scene) -> None:
    """A short count of a long campaign."""
    weather = Counter[str]()
    failures: list[Exception | Response | None] = [
        None,
        UnreachableError("nothing answers", "wait"),
        KeyRefusedError("401", "sign in"),
        ThrottledError("wait", "wait", retry_after=1000),
        Response(500, {}, b"<html>", 0, 0),
        Response(200, {}, b"<html>", 0, 0),
    ]
    for hour in range(240):
        scene.failure = failures[hour * 7 % len(failures)]
        scene.total_seconds = 60.0 * (hour % 24)
        if hour % 5 == 0:
            scene.clock.sleep(1800)
        scene.live(3600)
        status = scene.status()
        weather[status.state] += 1
        assert status.number is None or status.number.day.contains(status.at)

    assert set(weather) >= {State.FRESH, State.REFUSED}
    assert len(scene.transports) < 240


class WaitingClock(ManualClock):
    """A clock that stands still, and on which waiting is real."""

    def wait(self, wakeup: threading.Event, seconds: float) -> None:
        wakeup.wait(seconds)


def test_it_starts_and_stops_its_thread(tmp_path: Path) -> None:
    scene = Scene(tmp_path, clock=WaitingClock(now=NOON))
    resident: Resident = scene.resident
    arrived = threading.Event()
    resident.subscribe(lambda status: arrived.set() if status.number else None)

    resident.start()
    assert arrived.wait(5)
    resident.stop()

    assert scene.transports[0].closed
    assert "poller" not in {thread.name for thread in threading.enumerate()}


@pytest.fixture(autouse=True)
def _log_everything(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "trayapp")


OTHER = Account("work", "https://wakapi.example/api")


def test_another_account_is_chosen_in_the_settings_and_shows(scene: Scene) -> None:
    scene.files.edit(Settings(accounts=(ACCOUNT, OTHER), show=ACCOUNT.name))
    scene.keys.set(f"work@{OTHER.api_url}", KEY)
    scene.attend()
    assert scene.status().accounts == ("home", "work")
    assert scene.status().account == "home"

    scene.resident.use_account("work")
    scene.attend()

    assert scene.status().account == "work"
    assert scene.status().state is State.FRESH


def test_choosing_the_account_that_shows_writes_nothing(scene: Scene) -> None:
    scene.attend()

    scene.resident.use_account("home")

    assert scene.files.edits == 0


def test_signing_out_removes_the_key_and_shows_at_the_next_turn(scene: Scene) -> None:
    scene.attend()
    assert scene.status().can_sign_out

    scene.resident.sign_out("home")
    assert scene.keys.get(USER) is None
    scene.attend()

    assert scene.status().state is State.SIGNED_OUT
    assert not scene.status().can_sign_out
    assert scene.status().number is None


def test_a_key_from_elsewhere_cannot_be_signed_out_of(scene: Scene) -> None:
    scene.files.edit(Settings(accounts=(ACCOUNT._replace(key_source="env"),), show=ACCOUNT.name))
    scene.attend()

    assert not scene.status().can_sign_out


def test_only_the_account_that_was_named_is_signed_out(scene: Scene) -> None:
    """The settings may have changed since the menu named it."""
    scene.attend()
    scene.files.edit(Settings(accounts=(ACCOUNT, OTHER), show=OTHER.name))
    scene.keys.set(f"work@{OTHER.api_url}", KEY)

    scene.resident.sign_out("home")
    assert scene.keys.get(USER) is None
    assert scene.keys.get(f"work@{OTHER.api_url}") is not None

    scene.files.edit(Settings())
    with pytest.raises(UsageError):
        scene.resident.sign_out("home")


def test_an_edit_of_the_trays_settings_shows_at_the_next_turn(scene: Scene) -> None:
    scene.attend()
    preferences = Preferences(IconFace.RING, Scheme.LIGHT, label=True)
    settings = Settings(
        accounts=(ACCOUNT,), show=ACCOUNT.name, goal_seconds=7200, preferences=preferences
    )

    scene.edit(settings)
    scene.attend()

    assert scene.status().preferences == preferences
    assert scene.number().goal == Goal(7200, 7500, 104, complete=True)
    assert scene.status().flags == (Flag.GOAL_REACHED,)


def test_an_edit_shows_though_the_server_cannot_be_reached(scene: Scene) -> None:
    scene.attend()
    scene.failure = UnreachableError("x")
    settings = Settings(accounts=(ACCOUNT,), show=ACCOUNT.name)

    scene.edit(settings._replace(goal_seconds=7200))
    scene.attend()
    assert scene.number().goal == Goal(7200, 7500, 104, complete=True)
    scene.edit(settings)
    scene.attend()

    assert scene.number().goal is None


def test_an_edit_shows_before_the_server_has_answered(scene: Scene) -> None:
    scene.attend()
    seen = len(scene.published)
    preferences = Preferences(IconFace.PLAIN)
    scene.total_seconds = 60

    scene.edit(Settings(accounts=(ACCOUNT,), show=ACCOUNT.name, preferences=preferences))
    scene.attend()

    first = scene.published[seen]
    assert (first.preferences, first.number and first.number.total_seconds) == (preferences, 7500)
