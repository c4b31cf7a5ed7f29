"""How WakaTime tells of a goal (servers.md 2)."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from tests.server.wakatime_wording import time_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def goal_of(
    title: str, wanted: float, days: Sequence[tuple[Mapping[str, str], float]]
) -> dict[str, Any]:
    """Give a goal of so many seconds a day; of each day its range and its seconds, today last."""
    chart = [_day(span, actual, wanted) for span, actual in days]
    if chart[-1]["range_status"] == "fail":
        chart[-1]["range_status"] = "pending"
    return {
        "id": str(uuid.uuid5(uuid.NAMESPACE_DNS, title)),
        "title": title,
        "type": "coding",
        "delta": "day",
        "seconds": int(wanted),
        "status": chart[-1]["range_status"],
        "cumulative_status": "pending",
        "chart_data": chart,
        "is_enabled": True,
        "is_inverse": False,
        "is_snoozed": False,
        "languages": [],
        "projects": [],
        "editors": [],
    }


def _day(span: Mapping[str, str], actual: float, wanted: float) -> dict[str, Any]:
    return {
        "actual_seconds": actual,
        "actual_seconds_text": time_of(actual)["text"],
        "goal_seconds": int(wanted),
        "goal_seconds_text": time_of(wanted)["text"],
        "range": span,
        "range_status": "success" if actual >= wanted else "fail",
        "range_status_reason": f"coded {time_of(actual)['text']}",
    }
