"""Answers decoded: lenient where nothing hangs on it, strict about the number.

Shapes and their differences: servers.md 1.5 (Hackatime), 2 (WakaTime), 3.4 (wakapi).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from trayapp.coding.document import BREAKDOWN_NAMES
from trayapp.coding.number import LONGEST_DAY_SECONDS, Breakdown, Goal
from trayapp.errors import BadAnswerError
from trayapp.servers import lenient


@dataclass(frozen=True)
class Range:
    """What an answer is about; `start` and `end` carry an offset, `end` is inclusive.

    On WakaTime a day's bounds, on wakapi the first and the last activity of the day.
    """

    start: datetime
    end: datetime | None
    date: str
    timezone: str


@dataclass(frozen=True)
class TodayAnswer:
    """What `statusbar/today` says; `total_seconds` is None for WakaTime's cold answer.

    `range` is None where the answer bounds no time; `has_range` tells whether it has one at all,
    which Hackatime's never has.
    """

    total_seconds: float | None
    range: Range | None
    has_range: bool
    goal: Goal | None
    breakdowns: dict[str, Breakdown]


@dataclass(frozen=True)
class Profile:
    """Who is signed in, as far as `users/current` tells."""

    name: str | None
    timezone: str | None


def decode_json(body: bytes, host: str) -> Any:
    """Parse a body; raises BadAnswerError, which tells a web page from a broken answer."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        if body.lstrip()[:1] == b"<":
            raise BadAnswerError(
                f"{host} answered with a web page",
                "Perhaps a network's login page: open a browser. Else check the account's api_url.",
            ) from error
        raise BadAnswerError(
            f"{host} answered with something that is no JSON", lenient.HINT
        ) from error


def decode_today(document: Any, host: str) -> TodayAnswer:
    """Read `statusbar/today`; raises BadAnswerError where the number is no sensible one."""
    data = lenient.data_of(document, host, "a total")
    total = data.get("grand_total")
    if not isinstance(total, dict):
        raise lenient.missing(host, "a total")
    seconds = lenient.seconds(total.get("total_seconds"))
    if seconds is None or seconds > LONGEST_DAY_SECONDS:
        raise BadAnswerError(
            f"{host} answered with a total that is no time of one day", lenient.HINT
        )
    span = data.get("range")
    cold = total.get("text") == "" and isinstance(span, dict) and not span.get("start")
    return TodayAnswer(
        total_seconds=None if cold else seconds,
        range=decode_range(span),
        has_range=isinstance(span, dict),
        goal=_goal(data.get("goal")),
        breakdowns={name: lenient.breakdown(data.get(name)) for name in BREAKDOWN_NAMES},
    )


def decode_profile(document: Any, host: str) -> Profile:
    """Read `users/current`; raises BadAnswerError where it describes nobody."""
    data = lenient.data_of(document, host, "a profile")
    names = (data.get(key) for key in ("display_name", "full_name", "username", "id"))
    return Profile(
        name=next((str(name) for name in names if isinstance(name, str | int) and name), None),
        timezone=lenient.text(data.get("timezone")) or None,
    )


def _goal(value: object) -> Goal | None:
    if not isinstance(value, dict):
        return None
    target = lenient.seconds(value.get("target_seconds"))
    tracked = lenient.seconds(value.get("tracked_seconds"))
    percent = lenient.seconds(value.get("completion_percent"))
    if not target or tracked is None:
        return None
    if percent is None:
        percent = min(100.0, 100 * tracked // target)
    complete = value.get("complete")
    return Goal(
        target, tracked, percent, complete if isinstance(complete, bool) else tracked >= target
    )


def decode_range(value: object) -> Range | None:
    """Read an answer's range, None where it has no start with an offset."""
    if not isinstance(value, dict):
        return None
    start = lenient.moment(value.get("start"))
    if start is None:
        return None
    return Range(
        start=start,
        end=lenient.moment(value.get("end")),
        date=(lenient.day(value.get("date")) or start.date()).isoformat(),
        timezone=lenient.text(value.get("timezone")),
    )
