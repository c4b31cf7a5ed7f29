"""The one account that a test server has, and what its day looks like."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Literal, TypedDict
from zoneinfo import ZoneInfo

from tests.server.past import Past

if TYPE_CHECKING:
    from collections.abc import Mapping

    Seconds = Mapping[str, float]
    """Seconds by name, in the order in which they are answered."""


@dataclass(frozen=True)
class Today:
    """What `statusbar/today` tells, each dialect as much of it as it can.

    `text` replaces the dialect's own wording, as Hackatime's settings can. `goal_tracked_seconds`
    is for Hackatime, where it may be less than the total; None means the total. `cold` is
    WakaTime's empty cache: True leaves date, start and end out of the range as documented,
    "blank" sends them as empty strings, and no `cached_at`, as seen from the live server in 2026.
    `counted` replaces the total by what the stored heartbeats of the server's day come to.
    """

    total_seconds: float = 0
    text: str | None = None
    goal_seconds: int | None = None
    goal_tracked_seconds: int | None = None
    categories: Seconds = field(default_factory=dict)
    dependencies: Seconds = field(default_factory=dict)
    editors: Seconds = field(default_factory=dict)
    languages: Seconds = field(default_factory=dict)
    machines: Seconds = field(default_factory=dict)
    operating_systems: Seconds = field(default_factory=dict)
    projects: Seconds = field(default_factory=dict)
    cold: bool | Literal["blank"] = False
    counted: bool = False


class TodayChanges(TypedDict, total=False):
    """The fields of Today, each of them optional."""

    total_seconds: float
    text: str | None
    goal_seconds: int | None
    goal_tracked_seconds: int | None
    categories: Seconds
    dependencies: Seconds
    editors: Seconds
    languages: Seconds
    machines: Seconds
    operating_systems: Seconds
    projects: Seconds
    cold: bool | Literal["blank"]
    counted: bool


@dataclass(frozen=True)
class Person:
    """Who the account's owner is to Hackatime, and the key of its administrators.

    Who is red may send, but not read with the key.
    """

    user_id: int = 4207
    email: str = "ada@example.test"
    slack_uid: str = "U0ADA"
    trust: Literal["blue", "red", "green", "yellow"] = "blue"
    public_stats: bool = True
    streak_days: int = 3
    administrator_key: str = field(default=f"hka_{'5eed' * 16}", repr=False)


class PersonChanges(TypedDict, total=False):
    """The fields of Person, each of them optional."""

    user_id: int
    email: str
    slack_uid: str
    trust: Literal["blue", "red", "green", "yellow"]
    public_stats: bool
    streak_days: int
    administrator_key: str


@dataclass(frozen=True)
class Account:
    """Everything that an answer depends on, beside the request and the time.

    `timezone` is the profile's; wakapi's may be empty, which stands for `server_timezone`. With
    `users_current` False the profile is missing, as on Hackatime before 2026-08-16. wakapi rejects
    heartbeats that are more than `max_age_seconds` old.
    """

    key: str = field(repr=False)
    timezone: str = "UTC"
    server_timezone: str = "UTC"
    username: str = "ada"
    users_current: bool = True
    max_age_seconds: float = 168 * 3600.0
    today: Today = field(default_factory=Today)
    past: Past = field(default_factory=Past)
    person: Person = field(default_factory=Person)

    @property
    def zone(self) -> str:
        """The zone in which a day is today."""
        return self.timezone or self.server_timezone


def day_bounds(moment: float, timezone: str) -> tuple[datetime, datetime]:
    """Give the first moment of the day and of the next one, in that zone."""
    zone = ZoneInfo(timezone)
    date = datetime.fromtimestamp(moment, zone).date()
    return (
        datetime.combine(date, time.min, zone),
        datetime.combine(date + timedelta(days=1), time.min, zone),
    )


def clock_parts(seconds: float) -> tuple[int, int, int]:
    """Split into whole hours, minutes and seconds."""
    minutes, rest = divmod(int(seconds), 60)
    return minutes // 60, minutes % 60, rest


def percent_of(seconds: float, total: float) -> float:
    """Give a share in percent, rounded to hundredths; 0 of nothing."""
    return round(100 * seconds / total, 2) if total else 0.0
