"""Stretches of days as a person names them: `last_7_days`, `2026-08-01..2026-08-14`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from trayapp.coding.counted import counted
from trayapp.errors import UsageError

PERIOD_NAMES = ("today", "yesterday", "last_7_days", "last_30_days", "all_time")

EARLIEST = date(2001, 1, 1)
"""No heartbeat is older."""

_DAYS = {"today": (0, 0), "yesterday": (1, 1), "last_7_days": (6, 0), "last_30_days": (29, 0)}
"""How many days ago each begins and ends."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DAY_HINT = "Give a day as today, yesterday or 2026-08-14."


@dataclass(frozen=True)
class Period:
    """The days from `first` to `last`, both included; both None for all time."""

    name: str
    first: date | None
    last: date | None


def parse_period(text: str, today: date) -> Period:
    """Read a period's name, a day or FROM..TO; raises UsageError.

    `today` is the date where the account is.
    """
    name = text.strip().lower()
    if name == "all_time":
        return Period(name, None, None)
    if name in _DAYS:
        first, last = (today - timedelta(days=ago) for ago in _DAYS[name])
        return Period(name, first, last)
    begin, dots, end = name.partition("..")
    if not dots and not _DATE.fullmatch(name):
        hint = f"Give {', '.join(PERIOD_NAMES)}, or days as 2026-08-01..2026-08-14."
        raise UsageError(f"{text!r} is no period", hint)
    first = parse_day(begin, today)
    last = parse_day(end, today) if dots else first
    if last < first:
        raise UsageError(f"{first} is after {last}", "Give the earlier day first.")
    return Period(f"{first}..{last}" if dots else str(first), first, last)


def parse_day(text: str, today: date) -> date:
    """Read `today`, `yesterday` or a date in ISO 8601; raises UsageError."""
    name = text.strip().lower()
    if name in ("today", "yesterday"):
        return today - timedelta(days=_DAYS[name][0])
    try:
        # Only the form with dashes: fromisoformat also takes weeks.
        day = date.fromisoformat(name) if _DATE.fullmatch(name) else None
    except ValueError:
        day = None
    if day is None:
        raise UsageError(f"{text!r} is no day", _DAY_HINT)
    if day > today:
        raise UsageError(f"{day} is yet to come", "Name a day that has begun where the account is.")
    if day < EARLIEST:
        raise UsageError(f"{day} is before {EARLIEST.year}", "No server knows of so long ago.")
    return day


def split_days(first: date, last: date, longest: int) -> list[tuple[date, date]]:
    """Cut the days from `first` to `last` into stretches of at most `longest` days."""
    parts = []
    while first <= last:
        end = min(last, first + timedelta(days=longest - 1))
        parts.append((first, end))
        first = end + timedelta(days=1)
    return parts


def days_between(first: date, last: date) -> list[date]:
    """Give each day from `first` to `last`."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def missing_note(asked: int, told: Sequence[date | None]) -> str:
    """Say which days a server told of where they are fewer than asked for; empty where not.

    `told` has their dates in order, None for one without.
    """
    if len(told) >= asked:
        return ""
    dates = [day for day in told if day is not None]
    where = f", from {dates[0]} to {dates[-1]}" if dates else ""
    return f"The server tells of {len(told)} of {counted(asked, 'day')}{where}."


def window_note(asked: Period, first: date | None, last: date | None) -> str:
    """Say where the days that a server told of are not those asked for; empty where they are."""
    if first is None or last is None or asked.first is None:
        return ""
    if (first, last) == (asked.first, asked.last):
        return ""
    days = counted((last - first).days + 1, "day")
    return f"The server counts {days} as {asked.name}, from {first} to {last}."
