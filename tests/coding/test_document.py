from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.coding.samples import NOON, a_number, a_status
from trayapp.coding.document import document_at, exit_code, next_change, reason, text_line
from trayapp.coding.file_monitor import FileMonitorStatus
from trayapp.coding.goal import with_added
from trayapp.coding.number import Goal
from trayapp.coding.snapshot import entry_of, number_of, with_parts_of
from trayapp.coding.status import DeliveryStatus
from trayapp.errors import (
    BadAnswerError,
    KeyRefusedError,
    SignedOutError,
    TrayappError,
    UnreachableError,
)

KEYS = [
    "schema",
    "date",
    "timezone",
    "total_seconds",
    "text",
    "state",
    "account",
    "api_url",
    "fetched_at",
    "age_seconds",
    "fresh",
    "source",
    "goal",
    "languages",
    "projects",
    "editors",
    "machines",
    "operating_systems",
    "categories",
    "flags",
    "waiting",
    "dead",
    "error",
]

OFFLINE = UnreachableError("nothing answers", "Check the network.")


def test_every_key_is_there_with_a_number_and_without() -> None:
    with_number = document_at(entry_of(a_status(a_number()), "2026-11-21T12:00:00+01:00"), NOON)
    without = document_at(entry_of(a_status(), None), NOON)

    assert list(with_number) == KEYS
    assert list(without) == KEYS
    assert (with_number["text"], with_number["total_seconds"]) == ("2h 5m", 7500)
    assert (without["text"], without["total_seconds"]) == ("-", None)


def test_a_breakdown_is_null_where_the_server_does_not_say_and_empty_where_it_says_none() -> None:
    document = document_at(entry_of(a_status(a_number()), None), NOON)

    assert document["languages"][0] == {"name": "Python", "total_seconds": 7000}
    assert document["editors"] == []
    assert document["projects"] is None


@pytest.mark.parametrize(
    ("error", "later", "state", "line", "code"),
    [
        (None, 0, "fresh", "2h 5m", 0),
        (None, 600, "fresh", "2h 5m", 0),
        (None, 601, "stale", "2h 5m as of 12:00", 0),
        (None, 12 * 3600, "starting", "-", 1),
        (None, -12 * 3600 - 1, "starting", "-", 1),
        (OFFLINE, 0, "offline", "2h 5m as of 12:00", 102),
        (OFFLINE, 12 * 3600, "offline", "-", 102),
        (KeyRefusedError("401"), 0, "refused", "2h 5m as of 12:00", 104),
        (SignedOutError("no key"), 0, "signed-out", "-", 104),
        (BadAnswerError("500"), 12 * 3600, "starting", "-", 102),
    ],
)
def test_a_stored_number_is_judged_anew_each_time_it_is_read(
    error: TrayappError | None, later: float, state: str, line: str, code: int
) -> None:
    entry = json.loads(json.dumps(entry_of(a_status(a_number(), error), "noon")))

    document = document_at(entry, NOON + later)

    assert document["state"] == state
    assert text_line(document, "12:00") == line
    assert exit_code(entry, document) == code
    assert document["fresh"] == (state == "fresh")
    assert bool(reason(document)) == (state != "fresh")
    if document["total_seconds"] is None:
        assert document["date"] is document["fetched_at"] is document["age_seconds"] is None


def test_a_clock_that_was_set_back_makes_no_negative_age() -> None:
    document = document_at(entry_of(a_status(a_number()), None), NOON - 60)

    assert (document["age_seconds"], document["total_seconds"]) == (0, 7500)


def test_an_entry_tells_age_and_freshness_of_when_it_was_made() -> None:
    entry = entry_of(a_status(a_number(), OFFLINE, now=NOON + 90), None)

    assert entry["document"]["age_seconds"] == 90
    assert entry["document"]["fresh"] is False


def test_of_an_estimate_the_servers_number_is_read_back_and_not_what_was_added() -> None:
    goal = Goal(10_000, 7500, 75, complete=False)
    number = a_number(goal=goal)
    estimate = replace(
        number,
        total_seconds=9000,
        source="estimate",
        server_seconds=7500.0,
        goal=with_added(goal, 1500),
    )

    found = number_of(entry_of(a_status(estimate), None))

    assert found is not None
    assert (found.total_seconds, found.source, found.day) == (7500, "server", number.day)
    assert found.goal == goal
    assert number_of(entry_of(a_status(replace(number, source="estimate")), None)) is None


def test_an_estimate_is_not_of_the_moment_when_its_number_was_fetched() -> None:
    estimate = replace(a_number(), source="estimate", server_seconds=7200.0)

    offline = document_at(entry_of(a_status(estimate, OFFLINE), "noon"), NOON + 60)
    cold = document_at(entry_of(a_status(estimate), "noon"), NOON + 60)

    assert (text_line(offline, "12:00"), reason(offline)) == (
        "~2h 5m",
        "nothing answers. Check the network.",
    )
    assert (text_line(cold, "12:00"), reason(cold)) == (
        "~2h 5m",
        "This is an estimate: the server has not told its own number yet.",
    )


def test_what_is_stored_is_not_changed_by_reading_it() -> None:
    entry = entry_of(a_status(a_number()), None)
    before = json.dumps(entry)

    document_at(entry, NOON + 86_400)

    assert json.dumps(entry) == before


def test_a_number_comes_back_from_its_entry_as_it_was() -> None:
    number = a_number(goal=Goal(10_800, 7500, 69, complete=False))

    entry = json.loads(json.dumps(entry_of(a_status(number), None)))

    expected = {**dict.fromkeys(KEYS[13:19]), **number.breakdowns}
    found = number_of(entry)
    assert found is not None
    assert found.breakdowns == expected
    assert (found.total_seconds, found.day, found.goal) == (7500, number.day, number.goal)
    assert number_of(entry_of(a_status(), None)) is None


@pytest.mark.parametrize("broken", [{}, {"document": None}, {"document": {"total_seconds": "1"}}])
def test_an_entry_that_is_none_of_ours_raises_what_the_store_expects(
    broken: dict[str, object],
) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        number_of(broken)


def test_time_alone_ends_a_pause_and_the_flags_of_a_number() -> None:
    number = a_number(goal=Goal(7200, 7500, 104, complete=True))
    estimate = replace(number, source="estimate", server_seconds=7200.0)
    status = replace(
        a_status(estimate, OFFLINE),
        delivery=DeliveryStatus(waiting=3),
        monitor=FileMonitorStatus(enabled=True, paused_until=NOON + 60),
    )
    entry = json.loads(json.dumps(entry_of(status, None)))
    at = {later: document_at(entry, NOON + later)["flags"] for later in (0, 59, 60, 12 * 3600)}

    assert at[0] == at[59] == ["paused", "waiting", "estimate", "goal-reached"]
    assert at[60] == ["waiting", "estimate", "goal-reached"]
    assert at[12 * 3600] == ["waiting"]


@pytest.mark.parametrize(
    ("later", "then"),
    [(0, 60), (60, 601), (601, 12 * 3600), (12 * 3600, None), (-13 * 3600, -12 * 3600)],
)
def test_the_next_change_is_when_a_pause_or_freshness_or_the_day_ends(
    later: float, then: float | None
) -> None:
    monitor = FileMonitorStatus(enabled=True, paused_until=NOON + 60)
    entry = entry_of(replace(a_status(a_number()), monitor=monitor), None)

    assert next_change(entry, NOON + later) == (None if then is None else NOON + then)
    assert next_change(entry_of(a_status(), None), NOON) is None


def test_what_is_said_of_delivery_and_the_pause_comes_back_from_an_entry() -> None:
    monitor = FileMonitorStatus(enabled=True, paused_until=NOON + 60)
    told = replace(a_status(), delivery=DeliveryStatus(waiting=3, dead=1), monitor=monitor)

    found = with_parts_of(json.loads(json.dumps(entry_of(told, None))), a_status(a_number()))

    assert found.delivery == told.delivery
    assert found.monitor.paused_until == NOON + 60
    assert found.number == a_number()
