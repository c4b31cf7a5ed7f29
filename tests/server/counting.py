"""How each server makes time of heartbeats.

Written apart from trayapp/coding, so that one can be held against the other. One thing is left out:
Hackatime's today ends at 23:59:59.0, so that what comes in the last second of a day is in no day.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from itertools import pairwise
from math import fsum
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from tests.server.storing import Row

    Counts = Callable[[float], float]
    """How many seconds a gap between two heartbeats adds."""


def capped_at(limit: float) -> Counts:
    """Count every gap, the long ones as `limit`, as Hackatime does."""
    return lambda gap: min(gap, limit)


def dropped_from(limit: float) -> Counts:
    """Count a gap as a whole when it is under `limit`, else not at all."""
    return lambda gap: gap if gap < limit else 0.0


def seconds_of(times: Iterable[float], counts: Counts) -> float:
    """Add up the gaps between neighbours in time; the last heartbeat adds nothing."""
    return fsum(counts(later - earlier) for earlier, later in pairwise(sorted(times)))


def total_of(rows: Iterable[Row], counts: Counts, zone: str, day: date | None = None) -> float:
    """Give the total of a day in that zone, None for all rows as one series.

    No gap across midnight counts for a day.
    """
    times = (row["time"] for row in rows)
    if day is None:
        return seconds_of(times, counts)
    start, end = (
        datetime.combine(midnight, time.min, ZoneInfo(zone)).timestamp()
        for midnight in (day, day + timedelta(days=1))
    )
    return seconds_of((each for each in times if start <= each < end), counts)


def totals_by(
    rows: Iterable[Row], names: tuple[str, ...], counts: Counts, zone: str
) -> dict[tuple[Any, ...], float]:
    """Give a total per group, each counted as if there were no others.

    A name is a row's column, or "day": the date in that zone.
    """
    info = ZoneInfo(zone)
    groups: dict[tuple[Any, ...], list[float]] = {}
    for row in rows:
        key = tuple(
            datetime.fromtimestamp(row["time"], info).date() if name == "day" else row[name]
            for name in names
        )
        groups.setdefault(key, []).append(row["time"])
    return {key: seconds_of(times, counts) for key, times in groups.items()}
