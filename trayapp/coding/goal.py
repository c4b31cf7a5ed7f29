"""A goal of one's own, beside the server's."""

from __future__ import annotations

import re
from dataclasses import replace

from trayapp.coding.number import LONGEST_DAY_SECONDS, Goal, Number

_FORM = re.compile(r"(?:(\d{1,2})\s*h)?\s*(?:(\d{1,4})\s*m)?", re.IGNORECASE)


def parse_goal(text: str) -> float:
    """Read `3h`, `2h 30m` or `90m` as seconds; raises ValueError saying what is wrong with it."""
    found = _FORM.fullmatch(text.strip())
    if found is None or not any(found.groups()):
        raise ValueError('must be a time such as "3h", "2h 30m" or "90m"')
    seconds = int(found[1] or 0) * 3600.0 + int(found[2] or 0) * 60.0
    if not 0 < seconds < LONGEST_DAY_SECONDS:
        raise ValueError("must be more than nothing and less than a day")
    return seconds


def with_added(goal: Goal | None, seconds: float) -> Goal | None:
    """Count what an estimate adds towards the server's goal, too; less than 0 takes it back."""
    if goal is None or not seconds:
        return goal
    tracked = max(0.0, goal.tracked_seconds + seconds)
    percent = min(100.0, float(100 * tracked // goal.target_seconds))
    return Goal(goal.target_seconds, tracked, percent, tracked >= goal.target_seconds)


def with_goal(number: Number, target_seconds: float | None) -> Number:
    """Give the number with a person's own goal in place of the server's; None keeps that."""
    if target_seconds is None:
        return number
    total = number.total_seconds
    percent = float(100 * total // target_seconds)
    return replace(number, goal=Goal(target_seconds, total, percent, total >= target_seconds))
