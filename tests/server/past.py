"""What the past of an account comes to, by day and by anything a heartbeat has."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, TypedDict
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from tests.server.counting import seconds_of
from tests.server.inferring import program_as_hackatime

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.server.counting import Counts
    from tests.server.messages import Request
    from tests.server.storing import Row

COLUMNS = {
    "branches": "branch",
    "categories": "category",
    "editors": "editor",
    "entities": "entity",
    "languages": "language",
    "machines": "machine",
    "operating_systems": "operating_system",
    "projects": "project",
}
"""The column of a stored heartbeat that each breakdown is by."""


@dataclass(frozen=True)
class Past:
    """What WakaTime tells of the past beside the stored heartbeats.

    `calculated` is how many percent of stats it has added up: under 100 it answers 202, at 0
    without a number. A plan of so many days answers 402 for what is older. `goals` are seconds a
    day by title; asked for one by one they are cold, if set so.
    """

    calculated: int = 100
    plan_days: int | None = None
    goals: Mapping[str, float] = field(default_factory=dict)
    goals_cold: bool = False
    projects_per_page: int = 100


class PastChanges(TypedDict, total=False):
    """The fields of Past, each of them optional."""

    calculated: int
    plan_days: int | None
    goals: Mapping[str, float]
    goals_cold: bool
    projects_per_page: int


def parameters(request: Request) -> dict[str, str]:
    """Give what stands in a query, the first of each name."""
    return {name: values[0] for name, values in parse_qs(request.query).items()}


def day_of(row: Row, zone: str) -> date:
    """Give the day of a heartbeat."""
    return date_at(row["time"], zone)


def date_at(moment: float, zone: str) -> date:
    """Give the day of a moment (epoch seconds)."""
    return datetime.fromtimestamp(moment, ZoneInfo(zone)).date()


def days_between(first: date, last: date) -> list[date]:
    """Give the days from first to last, both included."""
    return [first + timedelta(days=each) for each in range((last - first).days + 1)]


def total(rows: Iterable[Row], counts: Counts, zone: str) -> float:
    """Give the seconds of heartbeats, no gap across midnight among them."""
    by_day: dict[date, list[float]] = {}
    for row in rows:
        by_day.setdefault(day_of(row, zone), []).append(row["time"])
    return sum(seconds_of(times, counts) for times in by_day.values())


def shares(
    rows: Iterable[Row], breakdown: str, counts: Counts, zone: str, *, unknown: str
) -> dict[str, float]:
    """Give the seconds by what a breakdown is by, the most first, each as if there were no others.

    What took no time is left out.
    """
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(_value(row, COLUMNS[breakdown]) or unknown, []).append(row)
    seconds = {name: total(group, counts, zone) for name, group in groups.items()}
    return {
        name: seconds[name]
        for name in sorted(seconds, key=lambda name: (-seconds[name], name))
        if seconds[name] > 0
    }


def _value(row: Row, column: str) -> str | None:
    if column in ("editor", "operating_system") and column not in row:
        # WakaTime keeps the user agent only.
        program = program_as_hackatime(row["user_agent"] or "")
        return program.editor if column == "editor" else program.system
    value = row[column]
    return None if value is None else str(value)
