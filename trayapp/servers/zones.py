"""Zones by name, the local zone, and the day that an answer speaks of."""

from __future__ import annotations

from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from trayapp.coding.day import Day, day_at
from trayapp.servers.decoding import Range

DAY_LENGTHS = tuple(hours * 3600.0 for hours in (23, 23.5, 24, 24.5, 25))
"""How long days are where clocks change by an hour, or by half of one (Lord Howe Island)."""

_WINTERS_ONLY = frozenset({"EST", "GMT", "HST", "MST"})
"""Names of zones without summer time that are also what zones with it are called in winter.

All others that are both (CET, EET, MET, WET) have summer time, but for UTC.
"""


def load_zone(name: str | None) -> tzinfo | None:
    """Find a zone by its IANA name, None where there is none of that name."""
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # OSError: a name such as "Europe" is a folder of the database (python/cpython#85702).
        return None


def load_told_zone(name: str | None) -> tzinfo | None:
    """Find the zone that a server means by a name, None where that is not certain.

    wakapi may tell what its own zone is called at this moment (servers.md 3.6): in winter GMT may
    be London's.
    """
    return None if name in _WINTERS_ONLY else load_zone(name)


def local_zone() -> tuple[tzinfo, str]:
    """Give this machine's zone, as it is set now, and its name."""
    import tzlocal  # noqa: PLC0415 -- only where no server names a zone

    try:
        zone = tzlocal.reload_localzone()
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # TZ and /etc/localtime may contradict each other or name nothing.
        fixed = datetime.now().astimezone()
        return fixed.tzinfo or ZoneInfo("UTC"), fixed.tzname() or "local"
    return zone, str(zone)


def day_of_range(span: Range) -> Day | None:
    """Give the day that an answer's range bounds, None where its bounds are no day's.

    WakaTime's are midnights of the zone it names. wakapi's are the first and the last activity,
    and its zone is an abbreviation of the server's.
    """
    start = span.start.timestamp()
    zone = load_zone(span.timezone)
    if zone is not None:
        try:
            day = day_at(start, zone, span.timezone)
        except (OverflowError, ValueError):
            # A year that no calendar has beside it.
            return None
        return day if day.starts_at == start else None
    if span.end is None:
        return None
    # The end is the day's last second.
    length = (span.end - span.start).total_seconds() + 1
    if length not in DAY_LENGTHS:
        return None
    return Day(span.date, span.timezone, starts_at=start, ends_at=start + length)
