"""Numbers and statuses that tests start from."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from trayapp.coding.day import Day, day_at
from trayapp.coding.number import Goal, Number, Share
from trayapp.coding.status import Status, status_at
from trayapp.errors import TrayappError

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=BERLIN).timestamp()


def a_day(moment: float = NOON, zone: tzinfo = BERLIN) -> Day:
    return day_at(moment, zone, str(zone))


def a_number(
    seconds: float = 7500.0, *, fetched_at: float = NOON, goal: Goal | None = None
) -> Number:
    return Number(
        total_seconds=seconds,
        day=a_day(fetched_at),
        fetched_at=fetched_at,
        goal=goal,
        breakdowns={"languages": (Share("Python", 7000.0), Share("TOML", 500.0)), "editors": ()},
    )


def a_status(
    number: Number | None = None, error: TrayappError | None = None, *, now: float = NOON
) -> Status:
    return status_at(
        now,
        account="hackatime",
        api_url="https://hackatime.example/api/hackatime/v1",
        dashboard_url="https://hackatime.example/",
        number=number,
        error=error,
    )


def utc(text: str) -> float:
    """Give epoch seconds of an ISO moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
