from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.coding.periods import (
    PERIOD_NAMES,
    Period,
    days_between,
    missing_note,
    parse_day,
    parse_period,
    split_days,
    window_note,
)
from trayapp.errors import UsageError

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("text", "name", "first", "last"),
    [
        ("today", "today", "2026-11-22", "2026-11-22"),
        ("yesterday", "yesterday", "2026-11-21", "2026-11-21"),
        ("last_7_days", "last_7_days", "2026-11-16", "2026-11-22"),
        ("LAST_7_DAYS ", "last_7_days", "2026-11-16", "2026-11-22"),
        ("last_30_days", "last_30_days", "2026-10-24", "2026-11-22"),
        ("2026-11-01..2026-11-14", "2026-11-01..2026-11-14", "2026-11-01", "2026-11-14"),
        ("2026-11-22..2026-11-22", "2026-11-22..2026-11-22", "2026-11-22", "2026-11-22"),
        ("2026-11-01..today", "2026-11-01..2026-11-22", "2026-11-01", "2026-11-22"),
        ("2026-11-01", "2026-11-01", "2026-11-01", "2026-11-01"),
        ("2024-02-29", "2024-02-29", "2024-02-29", "2024-02-29"),
    ],
)
def test_a_period_is_the_days_that_its_name_says(
    text: str, name: str, first: str, last: str
) -> None:
    assert parse_period(text, TODAY) == Period(
        name, date.fromisoformat(first), date.fromisoformat(last)
    )


def test_all_time_has_no_bounds() -> None:
    assert parse_period("all_time", TODAY) == Period("all_time", None, None)


def test_every_name_is_a_period() -> None:
    assert [parse_period(name, TODAY).name for name in PERIOD_NAMES] == list(PERIOD_NAMES)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("last_8_days", "is no period"),
        ("", "is no period"),
        ("..", "is no day"),
        ("2026-11-01..", "is no day"),
        ("2026-11-01..2026-11-02..2026-11-03", "is no day"),
        ("2026-02-29", "is no day"),
        ("2026-11-01..2026-11-31", "is no day"),
        ("2026-W47-1..today", "is no day"),
        ("20261101..today", "is no day"),
        ("٢٠٢٦-11-01..today", "is no day"),
        ("2026-11-22..2026-11-23", "is yet to come"),
        ("2026-11-23", "is yet to come"),
        ("9999-12-31", "is yet to come"),
        ("2026-11-14..2026-11-01", "is after"),
        ("today..yesterday", "is after"),
        ("0001-01-01..today", "before 2001"),
    ],
)
def test_what_is_no_period_is_wrong_usage(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as raised:
        parse_period(text, TODAY)

    assert raised.value.exit_code == 2
    assert raised.value.hint


@given(st.text(max_size=30))
def test_any_text_is_a_period_or_wrong_usage(text: str) -> None:
    try:
        period = parse_period(text, TODAY)
    except UsageError:
        return

    assert period.first is None or period.last is None or period.first <= period.last <= TODAY


@pytest.mark.parametrize("text", ["all_time", "last_7_days", "2026-11-01..2026-11-02", "noon"])
def test_a_day_is_one_day(text: str) -> None:
    assert parse_day("yesterday", TODAY) == date(2026, 11, 21)
    with pytest.raises(UsageError, match="is no day"):
        parse_day(text, TODAY)


@given(st.dates(date(2001, 1, 1), TODAY), st.integers(0, 3000), st.integers(1, 400))
def test_parts_of_a_stretch_are_short_enough_and_have_each_day_once(
    first: date, length: int, longest: int
) -> None:
    last = min(TODAY, date.fromordinal(first.toordinal() + length))

    parts = split_days(first, last, longest)

    assert all((end - begin).days < longest for begin, end in parts)
    days = [day for part in parts for day in days_between(*part)]
    assert days == days_between(first, last)


@pytest.mark.parametrize(
    ("asked", "first", "last", "note"),
    [
        ("last_7_days", "2026-11-16", "2026-11-22", ""),
        (
            "last_7_days",
            "2026-11-15",
            "2026-11-22",
            "The server counts 8 days as last_7_days, from 2026-11-15 to 2026-11-22.",
        ),
        (
            "last_7_days",
            "2026-11-15",
            "2026-11-21",
            "The server counts 7 days as last_7_days, from 2026-11-15 to 2026-11-21.",
        ),
        (
            "today",
            "2026-11-21",
            "2026-11-21",
            "The server counts 1 day as today, from 2026-11-21 to 2026-11-21.",
        ),
        ("last_7_days", None, "2026-11-22", ""),
        ("all_time", "2020-01-01", "2026-11-22", ""),
    ],
)
def test_a_note_says_which_days_were_told_instead(
    asked: str, first: str | None, last: str | None, note: str
) -> None:
    begin, end = (date.fromisoformat(each) if each else None for each in (first, last))

    assert window_note(parse_period(asked, TODAY), begin, end) == note


@pytest.mark.parametrize(
    ("asked", "told", "note"),
    [
        (2, [date(2026, 8, 1), date(2026, 8, 2)], ""),
        (1, [date(2026, 8, 1), date(2026, 8, 2)], ""),
        (1, [], "The server tells of 0 of 1 day."),
        (3, [None], "The server tells of 1 of 3 days."),
        (
            3,
            [date(2026, 8, 1), date(2026, 8, 2)],
            "The server tells of 2 of 3 days, from 2026-08-01 to 2026-08-02.",
        ),
    ],
)
def test_days_that_are_missing_are_told(asked: int, told: list[date | None], note: str) -> None:
    assert missing_note(asked, told) == note
