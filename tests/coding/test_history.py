from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.coding.day import day_at, day_on
from trayapp.coding.history import (
    Span,
    Stats,
    Timeline,
    add_breakdowns,
    spans_of_heartbeats,
    timeline_of,
)
from trayapp.coding.number import Breakdown, Share

DAY = day_on(date(2026, 11, 22), ZoneInfo("UTC"), "UTC")
START = DAY.starts_at


def spans(*bounds: tuple[float, float, str | None]) -> list[Span]:
    return [Span(START + start, START + end, project) for start, end, project in bounds]


@pytest.mark.parametrize(
    ("zone", "day", "starts", "hours"),
    [
        ("Europe/Berlin", "2026-11-22", "2026-11-21T23:00", 24),
        ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00", 23),
        ("Europe/Berlin", "2026-10-25", "2026-10-24T22:00", 25),
        ("America/New_York", "2026-11-22", "2026-11-22T05:00", 24),
        ("America/New_York", "2026-03-08", "2026-03-08T05:00", 23),
        ("America/New_York", "2026-11-01", "2026-11-01T04:00", 25),
        ("Pacific/Apia", "2026-11-22", "2026-11-21T11:00", 24),
        ("Pacific/Apia", "2011-12-29", "2011-12-29T10:00", 24),
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00", 0),
        ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00", 24),
        ("Pacific/Apia", "2021-04-04", "2021-04-03T10:00", 25),
        ("Asia/Kolkata", "2026-11-22", "2026-11-21T18:30", 24),
        ("Australia/Lord_Howe", "2026-10-04", "2026-10-03T13:30", 23.5),
        ("Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00", 24.5),
        ("Africa/Cairo", "2026-04-24", "2026-04-23T22:00", 23),
    ],
)
def test_a_date_is_as_long_as_its_zone_makes_it(
    zone: str, day: str, starts: str, hours: float
) -> None:
    found = day_on(date.fromisoformat(day), ZoneInfo(zone), zone)

    assert found.starts_at == day_at(found.starts_at, ZoneInfo("UTC"), "UTC").starts_at + (
        int(starts[11:13]) * 3600 + int(starts[14:]) * 60
    )
    assert day_at(found.starts_at, ZoneInfo("UTC"), "UTC").date == starts[:10]
    assert found.ends_at - found.starts_at == hours * 3600


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], []),
        # In order, whatever the server's.
        ([(200, 300, "b"), (0, 100, "a")], [(0, 100, "a"), (200, 300, "b")]),
        # Touching ones of a project are one; of two projects they are two.
        ([(0, 100, "a"), (100.5, 200, "a")], [(0, 200, "a")]),
        ([(0, 100, "a"), (100, 200, "b")], [(0, 100, "a"), (100, 200, "b")]),
        ([(0, 100, None), (50, 80, None)], [(0, 100, None)]),
        ([(0, 100, "a"), (102, 200, "a")], [(0, 100, "a"), (102, 200, "a")]),
        # What lies outside the day is cut off, what takes no time left out.
        ([(-500, 100, "a"), (86_000, 99_999, "a")], [(0, 100, "a"), (86_000, 86_400, "a")]),
        ([(-500, 0, "a"), (86_400, 99_999, "a"), (50, 50, "a"), (70, 60, "a")], []),
    ],
)
def test_a_timeline_is_in_order_within_its_day(
    given: list[tuple[float, float, str | None]], expected: list[tuple[float, float, str | None]]
) -> None:
    assert timeline_of(DAY, spans(*given)) == Timeline(DAY, tuple(spans(*expected)))


def test_what_two_spans_share_counts_once() -> None:
    timeline = timeline_of(
        DAY, spans((0, 100, "a"), (50, 150, "b"), (60, 70, "c"), (200, 300, "a"))
    )

    assert timeline.total_seconds == 250


@pytest.mark.parametrize(
    ("heartbeats", "expected"),
    [
        ([], []),
        ([(0, "a")], []),
        ([(0, "a"), (599, "a")], [(0, 599, "a")]),
        ([(0, "a"), (600, "a")], []),
        ([(60, "b"), (0, "a"), (90, "b")], [(0, 60, "a"), (60, 90, "b")]),
        ([(0, "a"), (0, "a"), (30, "a")], [(0, 30, "a")]),
    ],
)
def test_heartbeats_closer_than_the_limit_are_a_span(
    heartbeats: list[tuple[float, str | None]], expected: list[tuple[float, float, str | None]]
) -> None:
    assert [
        (span.start, span.end, span.project) for span in spans_of_heartbeats(heartbeats, 600)
    ] == expected


@given(
    st.lists(
        st.tuples(
            st.floats(-1e5, 2e5), st.floats(-1e5, 2e5), st.sampled_from(["a", "b", "c", None])
        )
    )
)
def test_no_spans_make_more_than_a_day(bounds: list[tuple[float, float, str | None]]) -> None:
    timeline = timeline_of(DAY, spans(*bounds))

    assert 0 <= timeline.total_seconds <= 86_400
    assert all(START <= span.start < span.end <= DAY.ends_at for span in timeline.spans)


@pytest.mark.parametrize(
    ("breakdowns", "expected"),
    [
        ([], None),
        ([None, None], None),
        ([None, ()], ()),
        ([(Share("a", 5), Share("b", 9)), None, (Share("a", 6),)], (Share("a", 11), Share("b", 9))),
        ([(Share("b", 5), Share("a", 5), Share("none", 0))], (Share("a", 5), Share("b", 5))),
    ],
)
def test_breakdowns_add_up_by_name(breakdowns: list[Breakdown], expected: Breakdown) -> None:
    assert add_breakdowns(breakdowns) == expected


def test_stats_know_how_many_days_they_are_of() -> None:
    assert Stats(60, "today", date(2026, 11, 22), date(2026, 11, 22)).days == 1
    assert Stats(60, "last_7_days", date(2026, 11, 15), date(2026, 11, 22)).days == 8
    assert Stats(60, "all_time").days is None
