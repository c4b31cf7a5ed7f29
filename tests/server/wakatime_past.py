"""WakaTime's endpoints about the past (servers.md 2)."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tests.server.account import day_bounds
from tests.server.counting import dropped_from, seconds_of
from tests.server.messages import json_answer
from tests.server.past import date_at, day_of, days_between, parameters, shares, total
from tests.server.wakatime_goals import goal_of
from tests.server.wakatime_wording import BREAKDOWNS, lines, time_of, utc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import TypeAlias

    from tests.server.account import Account
    from tests.server.messages import Answer, Request
    from tests.server.storing import Row

    Told: TypeAlias = Answer | None

_TIMEOUT_MINUTES = 15
_COUNTS = dropped_from(_TIMEOUT_MINUTES * 60)
_OTHER = "Other"
_RANGES: Mapping[str, tuple[int, int]] = {
    "Today": (0, 0),
    "Yesterday": (1, 1),
    "Last 7 Days": (6, 0),
    "Last 7 Days from Yesterday": (7, 1),
    "Last 14 Days": (13, 0),
    "Last 30 Days": (29, 0),
}
"""How many days ago a range begins and ends; weeks and months are left out."""
_STATS_RANGES = {"last_7_days": 7, "last_30_days": 30, "last_6_months": 180, "last_year": 365}


def answer_past(
    what: str,
    which: str | None,
    request: Request,
    account: Account,
    now: float,
    rows: Sequence[Row],
) -> Told:
    """Answer one of them, None where there is no such thing; `which` follows it in the path."""
    teller = _Teller(account, now, parameters(request), rows)
    if which is not None:
        return teller.one(what, which)
    listing: Mapping[str, Callable[[], Told]] = {
        "summaries": teller.summaries,
        "durations": teller.durations,
        "stats": teller.stats,
        "all_time_since_today": teller.all_time,
        "goals": teller.goals,
        "projects": teller.projects,
        "heartbeats": teller.heartbeats,
    }
    return listing[what]()


class _Teller:
    def __init__(
        self, account: Account, now: float, query: Mapping[str, str], rows: Sequence[Row]
    ) -> None:
        self._account = account
        self._query = query
        self._zone = query.get("timezone", account.timezone)
        self._today = date_at(now, self._zone)
        project = query.get("project")
        self._rows = [row for row in rows if project in (None, row["project"])]

    def one(self, what: str, which: str) -> Told:
        if what == "stats":
            return self.stats(which)
        return self._one_goal(which) if what == "goals" else None

    def summaries(self) -> Answer:
        name = self._query.get("range")
        if name is not None and name not in _RANGES:
            return _error(400, "Invalid range.")
        try:
            first, last = (
                (self._today - timedelta(days=ago) for ago in _RANGES[name])
                if name is not None
                else (date.fromisoformat(self._query[each]) for each in ("start", "end"))
            )
        except (KeyError, ValueError):
            return _error(400, "Start and end dates are required.")
        if self._is_beyond_plan(first):
            return _error(402, "Upgrade to see more.")
        days = [self._summary(day) for day in days_between(first, last)]
        seconds = [day["grand_total"]["total_seconds"] for day in days]
        active = sum(each > 0 for each in seconds)
        average = sum(seconds) / (active or 1)
        other = sum(
            share["total_seconds"]
            for day in days
            for share in day["languages"]
            if share["name"] == _OTHER
        )
        without_other = (sum(seconds) - other) / (active or 1)
        start, end = self._bounds(first, last)
        cumulative = time_of(sum(seconds))
        return json_answer(
            200,
            {
                "data": days,
                "cumulative_total": {
                    "seconds": cumulative["total_seconds"],
                    **{name: cumulative[name] for name in ("text", "decimal", "digital")},
                },
                "daily_average": {
                    "holidays": len(days) - active,
                    "days_including_holidays": len(days),
                    "days_minus_holidays": active,
                    "seconds": without_other,
                    "text": time_of(without_other)["text"],
                    "seconds_including_other_language": average,
                    "text_including_other_language": time_of(average)["text"],
                },
                "start": start,
                "end": end,
            },
        )

    def durations(self) -> Answer:
        day = self._day()
        if day is None:
            return _error(400, "Date is required.")
        slice_by = self._query.get("slice_by", "entity")

        def kind(row: Row) -> tuple[str, str]:
            return str(row["project"]), str(row.get(slice_by))

        durations: list[dict[str, Any]] = [
            {
                "project": project,
                slice_by: value,
                "time": times[0],
                "duration": times[-1] - times[0],
            }
            for (project, value), group in groupby(sorted(self._on(day), key=kind), kind)
            for times in _runs(row["time"] for row in group)
        ]
        durations.sort(key=lambda duration: duration["time"])
        return self._listed(durations, day)

    def stats(self, which: str = "last_7_days") -> Told:
        bounds = self._stats_bounds(which)
        if bounds is None:
            return None
        first, last = bounds
        rows = [row for row in self._rows if first <= day_of(row, self._zone) <= last]
        calculated = self._account.past.calculated
        if not calculated:
            rows = []
        breakdowns = {name: self._shares(rows, name) for name in BREAKDOWNS}
        seconds = total(rows, _COUNTS, self._zone)
        without_other = seconds - breakdowns["languages"].get(_OTHER, 0.0)
        active = len({day_of(row, self._zone) for row in rows})
        start, end = self._bounds(first, last)
        data = {
            "id": str(uuid.uuid5(uuid.NAMESPACE_DNS, which)),
            "username": self._account.username,
            "range": which,
            "human_readable_range": which.replace("_", " "),
            "start": start,
            "end": end,
            "timezone": self._zone,
            "timeout": _TIMEOUT_MINUTES,
            "writes_only": False,
            "total_seconds": without_other,
            "total_seconds_including_other_language": seconds,
            "daily_average": without_other / (active or 1),
            "daily_average_including_other_language": seconds / (active or 1),
            "holidays": (last - first).days + 1 - active,
            "days_including_holidays": (last - first).days + 1,
            "days_minus_holidays": active,
            **{name: lines(name, breakdowns[name]) for name in BREAKDOWNS},
            "status": "ok" if calculated == 100 else "pending_update",
            "is_up_to_date": calculated == 100,
            "percent_calculated": calculated,
            "is_stuck": False,
            "is_already_updating": calculated < 100,
        }
        return json_answer(200 if calculated == 100 else 202, {"data": data})

    def all_time(self) -> Answer:
        calculated = self._account.past.calculated
        seconds = total(self._rows, _COUNTS, self._zone) if calculated else 0.0
        days = sorted({day_of(row, self._zone) for row in self._rows}) or [self._today]
        start, end = self._bounds(days[0], self._today)
        told = time_of(seconds)
        data = {
            **{name: told[name] for name in ("total_seconds", "text", "decimal", "digital")},
            "daily_average": seconds / len(days),
            "is_up_to_date": calculated == 100,
            "percent_calculated": calculated,
            "timeout": _TIMEOUT_MINUTES,
            "range": {
                "start": start,
                "start_date": days[0].isoformat(),
                "end": end,
                "end_date": self._today.isoformat(),
                "timezone": self._zone,
            },
        }
        return json_answer(200 if calculated == 100 else 202, {"data": data})

    def goals(self) -> Answer:
        return json_answer(200, {"data": [self._goal(title) for title in self._account.past.goals]})

    def _one_goal(self, which: str) -> Told:
        goals = {goal["id"]: goal for goal in map(self._goal, self._account.past.goals)}
        if which not in goals:
            return None
        # From the cache only.
        cold: dict[str, Any] = {"chart_data": []}
        return json_answer(200, {"data": cold if self._account.past.goals_cold else goals[which]})

    def projects(self) -> Answer:
        search = self._query.get("q", "").lower()
        names = sorted({row["project"] for row in self._rows if row["project"]})
        found = [name for name in names if search in name.lower()]
        size = self._account.past.projects_per_page
        page = int(self._query.get("page", "1"))
        return json_answer(
            200,
            {
                "data": [self._project(name) for name in found[(page - 1) * size : page * size]],
                "page": page,
                "total": len(found),
                "total_pages": -(-len(found) // size) or 1,
            },
        )

    def heartbeats(self) -> Answer:
        day = self._day()
        if day is None:
            return _error(400, "Date is required.")
        hidden = ("machine", "user_agent")
        told = [
            {
                **{name: value for name, value in row.items() if name not in hidden},
                "machine_name_id": _id_of(row["machine"]),
                "user_agent_id": _id_of(row["user_agent"]),
            }
            for row in self._on(day)
        ]
        return self._listed(told, day)

    def _listed(self, data: list[dict[str, Any]], day: date) -> Answer:
        start, end = self._bounds(day, day)
        return json_answer(200, {"data": data, "start": start, "end": end, "timezone": self._zone})

    def _summary(self, day: date) -> dict[str, Any]:
        rows = self._on(day)
        grand_total = time_of(total(rows, _COUNTS, self._zone))
        del grand_total["seconds"]
        # Branches and entities are told of one project only.
        names = (*BREAKDOWNS, *(("branches", "entities") if "project" in self._query else ()))
        return {
            "grand_total": grand_total,
            **{name: lines(name, self._shares(rows, name)) for name in names},
            "range": self._range(day, f"{day:%a %b %d %Y}"),
        }

    def _range(self, day: date, text: str) -> dict[str, str]:
        start, end = self._bounds(day, day)
        span = {"date": day.isoformat(), "start": start, "end": end}
        return {**span, "text": text, "timezone": self._zone}

    def _goal(self, title: str) -> dict[str, Any]:
        days = days_between(self._today - timedelta(days=6), self._today)
        coded = [total(self._on(day), _COUNTS, self._zone) for day in days]
        spans = [self._range(day, f"{day:%a %b %d}") for day in days]
        return goal_of(title, self._account.past.goals[title], list(zip(spans, coded, strict=True)))

    def _project(self, name: str) -> dict[str, Any]:
        times = [row["time"] for row in self._rows if row["project"] == name]
        return {
            "id": _id_of(name),
            "name": name,
            # Documented as a text.
            "repository": {"name": name, "html_url": f"https://git.example.test/ada/{name}"},
            "badge": None,
            "color": None,
            "last_heartbeat_at": utc(_moment(max(times))),
            "human_readable_last_heartbeat_at": "a while ago",
            "url": f"/projects/{name}",
            "urlencoded_name": name,
            "created_at": utc(_moment(min(times))),
        }

    def _shares(self, rows: Iterable[Row], breakdown: str) -> dict[str, float]:
        if breakdown == "dependencies":
            return {}
        unknown = "Unknown Project" if breakdown == "projects" else _OTHER
        return shares(rows, breakdown, _COUNTS, self._zone, unknown=unknown)

    def _stats_bounds(self, which: str) -> tuple[date, date] | None:
        yesterday = self._today - timedelta(days=1)
        if which in _STATS_RANGES:
            return self._today - timedelta(days=_STATS_RANGES[which]), yesterday
        if which == "all_time":
            days = [day_of(row, self._zone) for row in self._rows]
            return min(days, default=yesterday), yesterday
        try:
            first = date.fromisoformat(f"{which}-01" if "-" in which else f"{which}-01-01")
        except ValueError:
            return None
        following = first + timedelta(days=31 if "-" in which else 366)
        following = following.replace(day=1) if "-" in which else date(first.year + 1, 1, 1)
        return first, following - timedelta(days=1)

    def _is_beyond_plan(self, first: date) -> bool:
        days = self._account.past.plan_days
        return days is not None and first < self._today - timedelta(days=days)

    def _on(self, day: date) -> list[Row]:
        return [row for row in self._rows if day_of(row, self._zone) == day]

    def _day(self) -> date | None:
        try:
            return date.fromisoformat(self._query["date"])
        except (KeyError, ValueError):
            return None

    def _bounds(self, first: date, last: date) -> tuple[str, str]:
        start = day_bounds(_noon(first, self._zone), self._zone)[0]
        end = day_bounds(_noon(last, self._zone), self._zone)[1]
        return utc(start), utc(end - timedelta(seconds=1))


def _noon(day: date, zone: str) -> float:
    return datetime.combine(day, datetime.min.time().replace(hour=12), ZoneInfo(zone)).timestamp()


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _runs(times: Iterable[float]) -> list[list[float]]:
    """Split times where nothing is counted between them."""
    runs: list[list[float]] = []
    for moment in sorted(times):
        if runs and seconds_of([runs[-1][-1], moment], _COUNTS) == moment - runs[-1][-1]:
            runs[-1].append(moment)
        else:
            runs.append([moment])
    return runs


def _id_of(name: str | None) -> str | None:
    return None if name is None else str(uuid.uuid5(uuid.NAMESPACE_DNS, name))


def _error(status: int, words: str) -> Answer:
    return json_answer(status, {"error": words})
