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
    return day_on(datetime.fromtimestamp(moment, UTC).astimezone(zone).date(), zone, name)


def day_on(day: date, zone: tzinfo, name: str) -> Day:
    """Give the day of a date in `zone`, called `name`.

    It is empty where the zone skipped it, as Samoa did 2011-12-30.
    """
    return Day(
        day.isoformat(),
        name,
        starts_at=midnight(day, zone),
        ends_at=midnight(day + timedelta(days=1), zone),
    )


def midnight(day: date, zone: tzinfo) -> float:
    """Give the first instant of a date, in epoch seconds."""
    # Where clocks skip midnight, the day begins at the skip: fold=0 reads a missing time with the
    # offset from before it (PEP 495).
    return datetime.combine(day, time.min, tzinfo=zone).timestamp()
