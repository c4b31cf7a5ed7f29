"""Hackatime's endpoints about the past for WakaTime's programs (servers.md 1.1, 1.6)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tests.server.account import clock_parts, percent_of
from tests.server.counting import capped_at, seconds_of
from tests.server.past import COLUMNS, date_at, day_of, days_between, parameters

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.server.account import Account
    from tests.server.messages import Request
    from tests.server.storing import Row

MOST_DAYS = 366
_COUNTS = capped_at(120)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_EMPTY = (
    "branches",
    "categories",
    "dependencies",
    "editors",
    "entities",
    "languages",
    "machines",
    "operating_systems",
)


def summaries(request: Request, account: Account, rows: Sequence[Row]) -> tuple[int, Any]:
    """Answer `summaries`: status and document."""
    query = parameters(request)
    first, last = (_date(query.get(name, "")) for name in ("start", "end"))
    if first is None or last is None:
        return _bad("start and end must be valid dates in YYYY-MM-DD format")
    if last < first:
        return _bad("end must not be before start")
    if (last - first).days >= MOST_DAYS:
        return _bad(f"date range cannot exceed {MOST_DAYS} days")
    zone = query.get("timezone") or account.timezone
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        return _bad("Invalid timezone")
    project = query.get("project")
    kept = [row for row in rows if project in (None, row["project"])]
    days = [_summary(kept, day, zone) for day in days_between(first, last)]
    seconds = sum(day["grand_total"]["total_seconds"] for day in days)
    active = sum(day["grand_total"]["total_seconds"] > 0 for day in days)
    average = seconds // len(days)
    cumulative = _duration(seconds)
    cumulative["seconds"] = cumulative.pop("total_seconds")
    return 200, {
        "data": days,
        "cumulative_total": cumulative,
        "daily_average": {
            "holidays": len(days) - active,
            "days_including_holidays": len(days),
            "days_minus_holidays": active,
            "seconds": average,
            "seconds_including_other_language": average,
            "text": _duration(average)["text"],
            "text_including_other_language": _duration(average)["text"],
        },
        # Bare dates here, where WakaTime has moments.
        "start": first.isoformat(),
        "end": last.isoformat(),
    }


def last_7_days(account: Account, now: float, rows: Sequence[Row]) -> tuple[int, Any]:
    """Answer `stats/last_7_days`, which has eight days, today included."""
    zone = account.timezone
    today = date_at(now, zone)
    first = today - timedelta(days=7)
    kept = [row for row in rows if first <= day_of(row, zone) <= today]
    seconds = int(seconds_of((row["time"] for row in kept), _COUNTS))
    active = len({day_of(row, zone) for row in kept})
    average = round(seconds / active, 1) if active else 0
    breakdowns = ("editors", "languages", "machines", "projects", "operating_systems")
    return 200, {
        "data": {
            "username": None,
            "user_id": None,
            "start": _midnight(first, zone).isoformat(),
            "end": (_midnight(today, zone, 1) - timedelta(seconds=1)).isoformat(),
            "status": "ok",
            "total_seconds": seconds,
            "daily_average": average,
            "days_including_holidays": active,
            "range": "last_7_days",
            "human_readable_range": "Last 7 Days",
            "human_readable_total": _hours(seconds),
            "human_readable_daily_average": _hours(int(average)),
            "is_coding_activity_visible": True,
            "is_other_usage_visible": True,
            **{name: _grouped(kept, COLUMNS[name]) for name in breakdowns},
            # Whatever they were.
            "categories": [_line("coding", seconds, seconds)],
        }
    }


def _summary(rows: Sequence[Row], day: date, zone: str) -> dict[str, Any]:
    kept = sorted((row for row in rows if day_of(row, zone) == day), key=lambda row: row["time"])
    # The time between two heartbeats is the first one's.
    projects: dict[str, float] = {}
    for before, after in pairwise(kept):
        name = before["project"] or "Other"
        projects[name] = projects.get(name, 0) + min(after["time"] - before["time"], 120)
    seconds = sum(projects.values())
    start, end = _midnight(day, zone), _midnight(day, zone, 1) - timedelta(seconds=1)
    return {
        "grand_total": _duration(seconds),
        **{name: [] for name in _EMPTY},
        "projects": [
            {**_duration(share), "name": name, "percent": percent_of(share, seconds)}
            for name, share in sorted(projects.items(), key=lambda item: (-item[1], item[0]))
            if share > 0
        ],
        "range": {
            "date": day.isoformat(),
            "start": _utc(start),
            "end": _utc(end),
            "text": f"{day:%A, %B %d, %Y}",
            "timezone": zone,
        },
    }


def _grouped(rows: Sequence[Row], column: str) -> list[dict[str, Any]]:
    times: dict[str, list[float]] = {}
    for row in rows:
        times.setdefault(row[column] or "unknown", []).append(row["time"])
    seconds = {name: int(seconds_of(each, _COUNTS)) for name, each in times.items()}
    whole = sum(seconds.values())
    found = sorted(seconds.items(), key=lambda item: -item[1])
    return [_line(name, share, whole) for name, share in found if share > 0]


def _line(name: str, share: int, whole: int) -> dict[str, Any]:
    hours, minutes, seconds = clock_parts(share)
    return {
        "name": name,
        "total_seconds": share,
        "percent": percent_of(share, whole),
        "digital": f"{hours}:{minutes:02}:{seconds:02}",
        "text": _hours(share),
        "hours": hours,
        "minutes": minutes,
        "seconds": seconds,
    }


def _duration(total_seconds: float) -> dict[str, Any]:
    whole = int(total_seconds)
    hours, minutes, seconds = clock_parts(whole)
    parts: Mapping[str, int] = {"h": hours, "m": minutes, "s": seconds}
    return {
        "total_seconds": whole,
        "hours": hours,
        "minutes": minutes,
        "seconds": seconds,
        "digital": f"{hours:02}:{minutes:02}:{seconds:02}",
        "decimal": f"{whole / 3600:.2f}",
        "text": " ".join(f"{part}{unit}" for unit, part in parts.items() if part) or "0s",
    }


def _hours(seconds: int) -> str:
    hours, minutes, _ = clock_parts(seconds)
    return f"{hours} hrs {minutes} mins"


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None


def _midnight(day: date, zone: str, later: int = 0) -> datetime:
    return datetime.combine(day + timedelta(days=later), time.min, ZoneInfo(zone))


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _bad(error: str) -> tuple[int, Any]:
    return 400, {"error": error}
