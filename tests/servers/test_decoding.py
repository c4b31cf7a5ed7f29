from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from tests.servers.documents import JSON
from trayapp.coding.document import BREAKDOWN_NAMES
from trayapp.coding.number import Goal, Share
from trayapp.errors import BadAnswerError
from trayapp.servers.decoding import Profile, decode_json, decode_profile, decode_today

HOST = "server.example"


def document(total: Any = 7500, **data: Any) -> dict[str, Any]:
    return {"data": {"grand_total": {"total_seconds": total, "text": "2 hrs 5 mins"}, **data}}


@pytest.mark.parametrize(
    ("total", "seconds"), [(0, 0), (7500, 7500), (7500.5, 7500.5), (0.0, 0), (90_000, 90_000)]
)
def test_a_total_is_a_number_of_seconds_of_one_day(total: float, seconds: float) -> None:
    answer = decode_today(document(total), HOST)

    assert answer.total_seconds == seconds
    assert answer.range is None
    assert answer.goal is None
    assert answer.breakdowns == dict.fromkeys(BREAKDOWN_NAMES)


@pytest.mark.parametrize(
    "total",
    ["7500", "", None, True, [], {}, -1, -0.001, 90_000.1, 10**400, float("nan"), float("inf")],
)
def test_a_total_that_is_no_sensible_number_is_an_error(total: Any) -> None:
    with pytest.raises(BadAnswerError, match="no time of one day"):
        decode_today(document(total), HOST)


@pytest.mark.parametrize(
    "wrong", [None, [], "text", 3, {}, {"data": None}, {"data": []}, {"data": {"grand_total": []}}]
)
def test_an_answer_without_a_total_is_an_error(wrong: Any) -> None:
    with pytest.raises(BadAnswerError, match="without a total"):
        decode_today(wrong, HOST)


@given(JSON)
def test_whatever_else_an_answer_holds_is_read_or_refused_and_never_crashes(anything: Any) -> None:
    names = (*BREAKDOWN_NAMES, "range", "goal", "cached_at", "branches")
    everywhere = dict.fromkeys(names, anything)

    assert decode_today(document(60, **everywhere), HOST).total_seconds == 60
    for wrong in (anything, {"data": anything}, {"data": {"grand_total": anything}}):
        try:
            decode_today(wrong, HOST)
        except BadAnswerError as error:
            assert error.hint  # noqa: PT017 -- one of two allowed ends


@pytest.mark.parametrize(
    ("span", "text", "cold"),
    [
        ({"text": "Today", "timezone": "UTC"}, "", True),
        ({"text": "Today", "timezone": "UTC", "start": "", "end": ""}, "", True),
        ({"text": "Today", "timezone": "UTC", "start": None}, "", True),
        ({"start": "2026-11-21T00:00:00Z"}, "", False),
        ({"text": "Today", "timezone": "UTC"}, "0 secs", False),
        (None, "", False),
    ],
)
def test_only_an_empty_text_with_a_range_without_start_is_wakatimes_cold_answer(
    span: Any, text: str, cold: bool
) -> None:
    answer = {"data": {"grand_total": {"total_seconds": 0, "text": text}, "range": span}}

    assert (decode_today(answer, HOST).total_seconds is None) == cold


@pytest.mark.parametrize(
    ("goal", "expected"),
    [
        (
            {
                "target_seconds": 10_800,
                "tracked_seconds": 7500,
                "completion_percent": 69,
                "complete": False,
            },
            Goal(10_800, 7500, 69, complete=False),
        ),
        ({"target_seconds": 3600, "tracked_seconds": 7200}, Goal(3600, 7200, 100, complete=True)),
        ({"target_seconds": 0, "tracked_seconds": 60}, None),
        ({"target_seconds": "3600", "tracked_seconds": 60}, None),
        ({"target_seconds": 3600}, None),
        ([], None),
        (None, None),
    ],
)
def test_a_goal_is_read_where_it_makes_sense(goal: Any, expected: Goal | None) -> None:
    assert decode_today(document(goal=goal), HOST).goal == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (None, None),
        ("text", None),
        ([], ()),
        ([{"name": "Python", "total_seconds": 60.5}], (Share("Python", 60.5),)),
        (
            [{"name": "", "total_seconds": 1}, {"total_seconds": 2}],
            (Share("unknown", 1.0), Share("unknown", 2.0)),
        ),
        ([{"name": "Go"}, None, 3, {"name": "C", "total_seconds": "9"}], ()),
    ],
)
def test_a_breakdown_is_null_empty_or_its_readable_lines(lines: Any, expected: Any) -> None:
    assert decode_today(document(languages=lines), HOST).breakdowns["languages"] == expected


def test_a_range_needs_a_start_with_an_offset() -> None:
    good = {"start": "2026-11-21T00:00:00+01:00", "date": "2026-11-21T00:00:00+01:00"}
    assert (span := decode_today(document(range=good), HOST).range) is not None
    assert (span.date, span.end) == ("2026-11-21", None)
    assert decode_today(document(range={"start": "2026-11-21"}), HOST).range is None
    assert decode_today(document(range={"start": "soon"}), HOST).range is None


@pytest.mark.parametrize("wrong", ["ab\n%{F#f}\x1b", "2026-13-01", "", None, 20261121])
def test_a_ranges_date_that_is_none_is_that_of_its_start(wrong: Any) -> None:
    span = {"start": "2026-11-21T00:00:00+01:00", "date": wrong}

    assert (read := decode_today(document(range=span), HOST).range) is not None
    assert read.date == "2026-11-21"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b" <!DOCTYPE html><p>Sign in", "a web page"),
        (b'{"data": {', "no JSON"),
        (b"", "no JSON"),
        (b"\xff\xfe\x00", "no JSON"),
        (b"[" * 200_000, "no JSON"),
        (b"9" * 5000, "no JSON"),
    ],
)
def test_a_body_that_is_no_json_is_told_from_a_web_page(body: bytes, words: str) -> None:
    with pytest.raises(BadAnswerError, match=words):
        decode_json(body, HOST)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"display_name": "Ada", "timezone": "Europe/Berlin"}, Profile("Ada", "Europe/Berlin")),
        ({"display_name": None, "username": "ada", "timezone": ""}, Profile("ada", None)),
        ({"id": 17}, Profile("17", None)),
        ({}, Profile(None, None)),
        ({"username": [], "timezone": 3}, Profile(None, None)),
    ],
)
def test_a_profile_tells_name_and_zone_as_far_as_it_goes(data: Any, expected: Profile) -> None:
    assert decode_profile(json.loads(json.dumps({"data": data})), HOST) == expected


def test_a_profile_of_nobody_is_an_error() -> None:
    with pytest.raises(BadAnswerError, match="without a profile"):
        decode_profile({"data": None}, HOST)
