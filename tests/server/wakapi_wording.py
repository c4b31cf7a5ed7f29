"""How wakapi words times, breakdowns and moments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.server.account import clock_parts, percent_of

if TYPE_CHECKING:
    from datetime import datetime

    from tests.server.account import Seconds

BREAKDOWNS = ("categories", "editors", "languages", "machines", "operating_systems", "projects")


def lines(seconds: Seconds) -> list[dict[str, Any]]:
    """Give the lines of a breakdown."""
    total = sum(seconds.values())
    return [_line(name, share, total) for name, share in seconds.items()]


def _line(name: str, share: float, total: float) -> dict[str, Any]:
    hours, minutes, seconds = clock_parts(share)
    return {
        "digital": f"{hours}:{minutes}:{seconds}",
        "hours": hours,
        "minutes": minutes,
        "name": name,
        "percent": percent_of(share, total),
        "seconds": seconds,
        "text": text_of(share),
        "total_seconds": int(share),
    }


def text_of(seconds: float) -> str:
    """Say a number of seconds, rounded to the minute."""
    hours, minutes = divmod(int(seconds / 60 + 0.5), 60)
    return f"{hours} hrs {minutes} mins"


def rfc3339(moment: datetime, precision: str = "seconds") -> str:
    """Write a moment with its own offset."""
    text = moment.isoformat(timespec=precision)
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text
