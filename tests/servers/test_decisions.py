"""Dialects, zones, outcomes and the map of foreign exceptions: decisions by table."""

from __future__ import annotations

import inspect
import ssl
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.errors import (
    BadAnswerError,
    BeyondPlanError,
    ConfigError,
    KeyRefusedError,
    NoSuchEndpointError,
    RedirectError,
    ServerError,
    StillComputingError,
    ThrottledError,
    TimedOutError,
    TrayappError,
    UnreachableError,
)
from trayapp.servers.decoding import Range, decode_today
from trayapp.servers.dialects import Dialect, dashboard_url, dialect_from_url, profile_url
from trayapp.servers.outcomes import error_of, retry_after
from trayapp.servers.transport import Response, map_error
from trayapp.servers.zones import day_of_range, load_told_zone, load_zone, local_zone


@pytest.mark.parametrize(
    ("api_url", "dialect", "dashboard", "profile"),
    [
        (
            "https://hackatime.hackclub.com/api/hackatime/v1",
            Dialect.HACKATIME,
            "https://hackatime.hackclub.com/",
            "https://hackatime.hackclub.com/api/hackatime/v1/users/current",
        ),
        (
            "https://api.wakatime.com/api/v1",
            Dialect.WAKATIME,
            "https://wakatime.com/dashboard",
            "https://api.wakatime.com/api/v1/users/current",
        ),
        (
            "https://wakatime.com/api/v1",
            Dialect.WAKATIME,
            "https://wakatime.com/dashboard",
            "https://wakatime.com/api/v1/users/current",
        ),
        (
            "https://waka.example/api",
            Dialect.WAKAPI,
            "https://waka.example/summary",
            "https://waka.example/api/compat/wakatime/v1/users/current",
        ),
        (
            "https://home.example/wakapi/api/compat/wakatime/v1",
            Dialect.WAKAPI,
            "https://home.example/wakapi/summary",
            "https://home.example/wakapi/api/compat/wakatime/v1/users/current",
        ),
        (
            "http://localhost:3000/hack/api/hackatime/v1",
            Dialect.HACKATIME,
            "http://localhost:3000/hack/",
            "http://localhost:3000/hack/api/hackatime/v1/users/current",
        ),
        (
            "https://else.example/api/v1",
            None,
            "https://else.example/",
            "https://else.example/api/v1/users/current",
        ),
        (
            "https://wakatime.com.evil.example/api/v1",
            None,
            "https://wakatime.com.evil.example/",
            "https://wakatime.com.evil.example/api/v1/users/current",
        ),
    ],
)
def test_an_api_url_tells_dialect_dashboard_and_profile(
    api_url: str, dialect: Dialect | None, dashboard: str, profile: str
) -> None:
    assert dialect_from_url(api_url) is dialect
    assert dashboard_url(api_url, dialect) == dashboard
    assert profile_url(api_url, dialect) == profile


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("60", 60),
        (" 60 ", 60),
        ("0", 0),
        ("99999999999999", 999_999_999),
        ("Sat, 21 Nov 2026 12:01:30 GMT", 90),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("", None),
        ("٦٠", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(value: str, seconds: float | None) -> None:
    now = datetime(2026, 11, 21, 12, 0, tzinfo=UTC).timestamp()

    assert retry_after({"retry-after": value}, now) == seconds


@given(st.integers(100, 599), st.binary(max_size=50), st.sampled_from([None, *Dialect]))
def test_every_status_but_200_is_an_error_with_something_to_do(
    status: int, body: bytes, dialect: Dialect | None
) -> None:
    response = Response(status, {"location": body.decode("latin-1")}, body)

    error = error_of(response, "https://server.example/users/current", dialect)

    assert (error is None) == (status == 200)
    if error is not None:
        assert error.hint
        assert error.exit_code in (102, 104)


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (202, StillComputingError, "still adding it up"),
        (301, RedirectError, "another address"),
        (400, BadAnswerError, "error 400"),
        (401, KeyRefusedError, "does not accept"),
        (402, BeyondPlanError, "beyond the free plan"),
        (403, BadAnswerError, "blocked"),
        (404, NoSuchEndpointError, "does not know /users/current"),
        (407, UnreachableError, "The proxy wants"),
        (429, ThrottledError, "left alone"),
        (503, BadAnswerError, "error 503"),
    ],
)
def test_a_status_has_its_own_error_and_words(
    status: int, kind: type[TrayappError], words: str
) -> None:
    error = error_of(Response(status, {}, b""), "https://server.example/users/current", None)

    assert type(error) is kind
    assert words in error.title


def test_the_body_of_an_error_is_never_repeated() -> None:
    secret = b'{"error": "no such key: very-secret"}'
    headers = {"location": "https://very-secret@other.example/very-secret?very-secret"}
    for status in (302, 307, 400, 401, 403, 404, 429, 500):
        error = error_of(Response(status, headers, secret), "https://server.example/x", None)
        assert error is not None
        assert "very-secret" not in f"{error}{error.__cause__}"


@pytest.mark.parametrize(
    ("span", "date", "timezone", "starts", "hours"),
    [
        (  # WakaTime: a zone's name, bounds in UTC
            {
                "start": "2026-11-21T05:00:00Z",
                "end": "2026-11-22T04:59:59Z",
                "date": "2026-11-21",
                "timezone": "America/New_York",
            },
            "2026-11-21",
            "America/New_York",
            "2026-11-21T05:00:00+00:00",
            24,
        ),
        (  # a day of 25 hours
            {
                "start": "2026-10-25T00:00:00+02:00",
                "end": "2026-10-25T23:59:59+01:00",
                "date": "2026-10-25",
                "timezone": "Europe/Berlin",
            },
            "2026-10-25",
            "Europe/Berlin",
            "2026-10-24T22:00:00+00:00",
            25,
        ),
        (  # a day of 25 hours in a zone that this machine does not know
            {
                "start": "2026-10-25T00:00:00+02:00",
                "end": "2026-10-25T23:59:59+01:00",
                "date": "2026-10-25",
                "timezone": "Moon/Tranquility",
            },
            "2026-10-25",
            "Moon/Tranquility",
            "2026-10-24T22:00:00+00:00",
            25,
        ),
        (  # a zone that this machine does not know
            {
                "start": "2026-07-01T00:00:00+02:00",
                "end": "2026-07-01T23:59:59+02:00",
                "date": "2026-07-01",
                "timezone": "Moon/Tranquility",
            },
            "2026-07-01",
            "Moon/Tranquility",
            "2026-06-30T22:00:00+00:00",
            24,
        ),
    ],
)
def test_the_day_is_the_one_that_the_answers_range_names(
    span: dict[str, Any], date: str, timezone: str, starts: str, hours: float
) -> None:
    answer = decode_today(
        {"data": {"grand_total": {"total_seconds": 1, "text": "1 sec"}, "range": span}}, "host"
    )
    assert isinstance(answer.range, Range)

    day = day_of_range(answer.range)

    assert day is not None
    assert (day.date, day.timezone) == (date, timezone)
    assert datetime.fromtimestamp(day.starts_at, UTC).isoformat() == starts
    assert day.ends_at - day.starts_at == hours * 3600


@pytest.mark.parametrize(
    ("start", "end", "timezone"),
    [
        # wakapi's first and last activity; its zone an abbreviation that is none, or is another's
        ("2026-07-01T09:12:44+02:00", "2026-07-01T17:30:00+02:00", "CEST"),
        ("2026-07-01T09:12:44+02:00", "2026-07-01T17:30:00+02:00", "CET"),
        ("2026-07-01T00:00:00+10:00", "2026-07-01T23:59:59+10:00", "EST"),
        ("2026-07-01T00:00:00+00:00", "", "../../etc/passwd"),
    ],
)
def test_a_range_whose_bounds_are_no_days_names_no_day(start: str, end: str, timezone: str) -> None:
    span = {"start": start, "end": end, "timezone": timezone}
    answer = decode_today(
        {"data": {"grand_total": {"total_seconds": 1, "text": "1 sec"}, "range": span}}, "host"
    )
    assert answer.range is not None

    assert day_of_range(answer.range) is None


@pytest.mark.parametrize("name", ["Nowhere/Land", "", None, "Europe", "../UTC", "a" * 500, "\0"])
def test_a_zone_that_does_not_exist_is_none(name: str | None) -> None:
    assert load_zone(name) is None


@pytest.mark.parametrize(
    ("name", "is_known"),
    [
        ("Europe/London", True),
        ("UTC", True),
        ("CET", True),
        ("GMT", False),
        ("EST", False),
        ("MST", False),
        ("HST", False),
        ("BST", False),
    ],
)
def test_what_a_zone_is_called_in_winter_is_not_taken_for_a_zone(name: str, is_known: bool) -> None:
    assert (load_told_zone(name) is not None) == is_known


def test_the_local_zone_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    assert local_zone()[1] == "Asia/Kolkata"

    monkeypatch.setenv("TZ", "Europe/Berlin")
    assert local_zone()[1] == "Europe/Berlin"


def test_a_local_zone_that_names_nothing_leaves_the_clocks_own_offset(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TZ", "Nowhere/Land")

    zone, name = local_zone()

    assert zone.utcoffset(datetime.now(UTC)) is not None
    assert name


def every_httpx_error() -> list[type[Exception]]:
    kinds = [kind for _, kind in inspect.getmembers(httpx, inspect.isclass)]
    return [kind for kind in kinds if issubclass(kind, Exception)]


@pytest.mark.parametrize("kind", every_httpx_error(), ids=lambda kind: kind.__name__)
def test_every_error_of_httpx_has_a_place_in_our_tree(kind: type[Exception]) -> None:
    foreign = kind.__new__(kind)
    Exception.__init__(foreign, "very-secret")

    error = map_error(foreign, "server.example", 30, late=False)

    assert isinstance(error, ServerError | ConfigError)
    assert error.hint
    assert "very-secret" not in str(error)


@pytest.mark.parametrize(
    "foreign", [OSError("x"), ValueError("x"), ssl.SSLError("x"), KeyError("x")]
)
def test_what_else_a_request_may_raise_has_a_place_too(foreign: Exception) -> None:
    assert isinstance(map_error(foreign, "server.example", 30, late=False), TrayappError)


def test_a_server_that_speaks_no_https_is_told_from_one_that_is_not_there() -> None:
    foreign = httpx.ConnectError("[SSL: WRONG_VERSION_NUMBER] wrong version number")
    foreign.__cause__ = ssl.SSLError(1, "wrong version number")

    error = map_error(foreign, "server.example", 30, late=False)

    assert "does not speak https" in error.title


def test_a_connection_that_is_not_made_names_its_own_limit() -> None:
    error = map_error(httpx.ConnectTimeout("x"), "server.example", 30, late=False)

    assert isinstance(error, TimedOutError)
    assert "10 s" in error.title


def test_whatever_breaks_after_our_own_timer_is_a_time_out() -> None:
    error = map_error(httpx.ReadError("cut"), "server.example", 30, late=True)

    assert isinstance(error, TimedOutError)
    assert "30 s" in error.title
