"""The day that a number belongs to.

A day is a date in a zone, from one midnight to the next, which is not always 24 hours.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo


@dataclass(frozen=True)
class Day:
    """A date in a zone.

    `date` is ISO 8601, `timezone` the zone's name as far as it is known, `starts_at` (the day's
    first instant) and `ends_at` (the next day's) are epoch seconds.
    """

    date: str
    timezone: str
    starts_at: float
    ends_at: float

    def contains(self, moment: float) -> bool:
        """Tell whether `moment` (epoch seconds) lies on this day."""
        return self.starts_at <= moment < self.ends_at


def day_at(moment: float, zone: tzinfo, name: str) -> Day:
    """Find the day on which `moment` (epoch seconds) falls in `zone`, called `name`."""
    today = datetime.fromtimestamp(moment, UTC).astimezone(zone).date()
    return Day(
        today.isoformat(),
        name,
        starts_at=_midnight(today, zone),
        ends_at=_midnight(today + timedelta(days=1), zone),
    )


def _midnight(day: date, zone: tzinfo) -> float:
    # Where clocks skip midnight, the day begins at the skip: fold=0 reads a missing time with the
    # offset from before it (PEP 495).
    return datetime.combine(day, time.min, tzinfo=zone).timestamp()
