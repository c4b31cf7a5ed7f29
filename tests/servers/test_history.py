from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.servers.documents import JSON, use, wrong
from trayapp.coding.day import day_on
from trayapp.coding.number import Share
from trayapp.coding.periods import PERIOD_NAMES, parse_period
from trayapp.errors import TrayappError
from trayapp.servers.client import Client
from trayapp.servers.dialects import Dialect
from trayapp.servers.goals import ask_goals
from trayapp.servers.history import History
from trayapp.servers.transport import FunctionTransport, Response
from trayapp.settings.key import Key

ZONE = "America/New_York"
TODAY = date(2026, 11, 22)
DAY = day_on(TODAY, ZoneInfo(ZONE), ZONE)
LINES = [{"name": "engine", "total_seconds": 60}]
MOMENT = "2026-11-22T10:00:00Z"

PROPER: dict[str, Any] = {
    "summaries": {
        "data": [
            {
                "grand_total": {"total_seconds": 60},
                "languages": LINES,
                "projects": LINES,
                "range": {"date": "2026-11-22", "start": MOMENT, "end": MOMENT, "timezone": ZONE},
            }
        ],
        "cumulative_total": {"seconds": 60},
    },
    "stats": {
        "data": {
            "total_seconds": 60,
            "daily_average": 60,
            "start": MOMENT,
            "end": MOMENT,
            "days_including_holidays": 1,
            "languages": LINES,
            "projects": LINES,
        },
        "trust_factor": {"trust_level": "blue", "trust_value": 0},
    },
    "all_time_since_today": {
        "data": {"total_seconds": 60, "range": {"start_date": "2026-11-01", "end_date": MOMENT}}
    },
    "durations": {"data": [{"project": "engine", "time": DAY.starts_at, "duration": 60}]},
    "spans": {
        "spans": [{"start_time": DAY.starts_at, "end_time": DAY.starts_at + 60, "duration": 60}]
    },
    "heartbeats": {
        "data": [{"time": DAY.starts_at + n, "entity": "a.py", "project": "p"} for n in (0, 60)],
        "heartbeats": [{"time": DAY.starts_at, "entity": "a.py"}],
        "start": MOMENT,
        "timezone": ZONE,
    },
    "goals": {
        "data": [
            {
                "title": "Code",
                "delta": "day",
                "chart_data": [{"actual_seconds": 5, "goal_seconds": 60, "range_status": "x"}],
            }
        ]
    },
    "today": {
        "data": {
            "grand_total": {"total_seconds": 60},
            "goal": {"target_seconds": 60, "tracked_seconds": 5},
        }
    },
}

ASKED: dict[str, Callable[[Client], object]] = {
    **{
        name: lambda client, name=name: days_of(client).stats(parse_period(name, TODAY))  # type: ignore[misc]
        for name in (*PERIOD_NAMES, "2024-01-01..2026-11-22")
    },
    "timeline": lambda client: days_of(client).timeline(DAY),
    "heartbeats": lambda client: days_of(client).heartbeats(TODAY, TODAY, 5),
    "goals": ask_goals,
}

URLS = {
    Dialect.HACKATIME: "https://hackatime.test/api/hackatime/v1",
    Dialect.WAKATIME: "https://wakatime.test/api/v1",
    Dialect.WAKAPI: "https://wakapi.test/api",
}


def days_of(client: Client) -> History:
    return History(client, ZoneInfo(ZONE), ZONE)


def history_of(dialect: Dialect, answer: Callable[[str], object]) -> History:
    return days_of(client_of(dialect, answer))


def client_of(dialect: Dialect, answer: Callable[[str], object]) -> Client:
    """Give the client of a server that is a function, which takes the last step of a path."""

    def respond(url: str, _: object) -> Response:
        path = url.partition("?")[0]
        step = path.rpartition("/")[2]
        document = answer("stats" if "/stats" in path else step)
        return Response(200, {}, json.dumps(document).encode())

    key = Key("0f2a1e2c-6b8e-4a49-9d0f-5c1f3b7a9e21")
    return Client(URLS[dialect], key, FunctionTransport(respond), dialect)


@pytest.mark.parametrize("dialect", Dialect)
@pytest.mark.parametrize("asked", ASKED)
def test_proper_answers_are_put_together(dialect: Dialect, asked: str) -> None:
    client = client_of(dialect, PROPER.__getitem__)
    if (dialect, asked) == (Dialect.WAKAPI, "goals"):
        return

    use(ASKED[asked](client))


@given(JSON, st.sampled_from(list(Dialect)), st.sampled_from(sorted(ASKED)))
def test_no_json_makes_it_raise_anything_but_our_own_error(
    document: Any, dialect: Dialect, asked: str
) -> None:
    with suppress(TrayappError):
        use(ASKED[asked](client_of(dialect, lambda _: document)))


@given(st.data(), st.sampled_from(list(Dialect)), st.sampled_from(sorted(ASKED)))
def test_no_answer_that_is_nearly_right_does_either(
    data: st.DataObject, dialect: Dialect, asked: str
) -> None:
    documents = {name: data.draw(wrong(document), name) for name, document in PROPER.items()}

    with suppress(TrayappError):
        use(ASKED[asked](client_of(dialect, documents.__getitem__)))


def test_a_server_that_tells_no_bounds_is_believed_the_days_that_were_asked_for() -> None:
    documents = PROPER | {"stats": {"data": {"total_seconds": 60}}}

    stats = history_of(Dialect.HACKATIME, documents.__getitem__).stats(
        parse_period("last_7_days", TODAY)
    )

    assert (stats.start, stats.end, stats.note) == (date(2026, 11, 16), TODAY, "")


def test_a_total_is_given_where_its_breakdowns_are_not_known() -> None:
    documents = PROPER | {"stats": {"data": None}}

    stats = history_of(Dialect.WAKATIME, documents.__getitem__).stats(
        parse_period("all_time", TODAY)
    )

    assert stats.total_seconds == 60
    assert stats.breakdowns.get("languages") is None


def test_moments_are_sent_with_the_offset_of_the_account(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def respond(url: str, _: object) -> Response:
        asked.append(url)
        return Response(200, {}, json.dumps(PROPER["spans"]).encode())

    monkeypatch.setattr(FunctionTransport, "get", lambda _, *given: respond(*given))
    history_of(Dialect.HACKATIME, PROPER.__getitem__).timeline(DAY)

    begins = datetime(2026, 11, 22, 5, tzinfo=UTC).astimezone(ZoneInfo(ZONE)).isoformat()
    assert f"start_date={begins.replace(':', '%3A')}" in asked[0]
    assert "end_date=2026-11-23T00%3A00%3A00-05%3A00" in asked[0]


@pytest.mark.parametrize("period", ["last_7_days", "all_time"])
def test_shares_are_told_the_longest_first_and_those_of_no_time_not_at_all(period: str) -> None:
    lines = [
        {"name": name, "total_seconds": seconds} for name, seconds in (("a", 0), ("b", 1), ("c", 2))
    ]
    documents = PROPER | {"stats": {"data": {"total_seconds": 3, "projects": lines}}}
    dialect = Dialect.HACKATIME if period == "last_7_days" else Dialect.WAKAPI

    stats = history_of(dialect, documents.__getitem__).stats(parse_period(period, TODAY))

    assert stats.breakdowns["projects"] == (Share("c", 2), Share("b", 1))


def test_what_is_not_yet_counted_of_all_time_is_said_to_be_so() -> None:
    documents = PROPER | {"stats": {"data": {"status": "pending_update"}}}

    stats = history_of(Dialect.WAKATIME, documents.__getitem__).stats(
        parse_period("all_time", TODAY)
    )

    assert (stats.total_seconds, stats.is_up_to_date) == (60, False)


def test_hackatimes_days_are_those_of_its_own_zone() -> None:
    """An older server does not tell the profile's zone, which here is UTC."""
    bounds = {"start": "2026-11-15T00:00:00Z", "end": "2026-11-22T23:59:59Z"}
    documents = PROPER | {"stats": {"data": {"total_seconds": 3, **bounds}}}

    stats = history_of(Dialect.HACKATIME, documents.__getitem__).stats(
        parse_period("last_7_days", TODAY)
    )

    assert (stats.start, stats.end) == (date(2026, 11, 15), TODAY)
