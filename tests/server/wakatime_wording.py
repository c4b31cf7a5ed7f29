"""How WakaTime words times, breakdowns and moments."""

from __future__ import annotations

import uuid
from datetime import UTC
from typing import TYPE_CHECKING, Any

from tests.server.account import clock_parts, percent_of

if TYPE_CHECKING:
    from datetime import datetime

    from tests.server.account import Seconds

BREAKDOWNS = (
    "categories",
    "dependencies",
    "editors",
    "languages",
    "machines",
    "operating_systems",
    "projects",
)


def lines(breakdown: str, seconds: Seconds) -> list[dict[str, Any]]:
    """Give the lines of a breakdown."""
    total = sum(seconds.values())
    lines = [
        {"name": name, **time_of(share), "percent": percent_of(share, total)}
        for name, share in seconds.items()
    ]
    if breakdown == "machines":
        for line in lines:
            line["machine_name_id"] = str(uuid.uuid5(uuid.NAMESPACE_DNS, line["name"]))
    return lines


def time_of(total_seconds: float) -> dict[str, Any]:
    """Say a number of seconds in every way."""
    hours, minutes, seconds = clock_parts(total_seconds)
    return {
        "total_seconds": float(total_seconds),
        "digital": f"{hours}:{minutes:02}:{seconds:02}",
        "decimal": f"{hours + int(minutes / 60 * 100) / 100:.2f}",
        "text": _text(hours, minutes, seconds),
        "hours": hours,
        "minutes": minutes,
        "seconds": seconds,
    }


def _text(hours: int, minutes: int, seconds: int) -> str:
    if not hours and not minutes:
        return _counted(seconds, "sec")
    parts = [_counted(hours, "hr")] * bool(hours) + [_counted(minutes, "min")] * bool(minutes)
    return " ".join(parts)


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def utc(moment: datetime) -> str:
    """Write a moment as one of UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
