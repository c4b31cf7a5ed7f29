"""The number: how long somebody coded on one day, and what else the server says of that day."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from trayapp.coding.day import Day

LONGEST_DAY_SECONDS = 25 * 3600
"""The longest a day can be, when clocks go back; more coding than that is no sensible number."""

Source: TypeAlias = Literal["server", "estimate"]


@dataclass(frozen=True)
class Goal:
    """A daily goal as the server counts it; seconds, and `percent` as it says (0 and up)."""

    target_seconds: float
    tracked_seconds: float
    percent: float
    complete: bool


@dataclass(frozen=True)
class Share:
    """One line of a breakdown."""

    name: str
    total_seconds: float


Breakdown: TypeAlias = tuple[Share, ...] | None
"""None where the server does not say, empty where it says none."""


@dataclass(frozen=True)
class Number:
    """How long was coded on `day`; seconds, `fetched_at` in epoch seconds.

    `breakdowns` has one entry for each of trayapp.coding.document.BREAKDOWN_NAMES. Of an estimate
    `server_seconds` is the server's number that it adds to, None where there was none.
    """

    total_seconds: float
    day: Day
    fetched_at: float
    source: Source = "server"
    goal: Goal | None = None
    breakdowns: dict[str, Breakdown] = field(default_factory=dict)
    server_seconds: float | None = field(default=None, compare=False)
