"""wakapi's endpoints about the past: WakaTime's, but for their traps (servers.md 3.2, 3.4-3.6)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tests.server.counting import dropped_from
from tests.server.messages import json_answer, text_answer
from tests.server.past import day_of, parameters, shares, total
from tests.server.wakapi_wording import BREAKDOWNS, lines, rfc3339, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tests.server.account import Account
    from tests.server.messages import Answer, Request
    from tests.server.storing import Row

_COUNTS = dropped_from(600)
_UNKNOWN = "unknown"
_DAYS = {
    "7_days": 7,
    "last_7_days": 7,
    "Last 7 Days": 7,
    "14_days": 14,
    "last_14_days": 14,
    "Last 14 Days": 14,
    "30_days": 30,
    "last_30_days": 30,
    "Last 30 Days": 30,
    "6_months": 183,
    "last_6_months": 183,
    "12_months": 365,
    "last_12_months": 365,
    "last_year": 365,
}
"""How far back a range begins, at this time of day."""


def answer_past(
    route: Mapping[str, str | None],
    request: Request,
    account: Account,
    now: float,
    rows: Sequence[Row],
) -> Answer:
    """Answer what the route names."""
    teller = _Teller(account, now, parameters(request), rows)
    if route["what"] == "stats":
        return teller.stats(route["which"] or "last_7_days")
    tellers = {
        "summaries": teller.summaries,
        "all_time_since_today": teller.all_time,
        "projects": teller.projects,
        "heartbeats": teller.heartbeats,
    }
    return tellers[str(route["what"])]()


class _Teller:
    def __init__(
        self, account: Account, now: float, query: Mapping[str, str], rows: Sequence[Row]
    ) -> None:
        self._account = account
        self._query = query
        self._zone = account.zone
        self._info = ZoneInfo(account.zone)
        self._now = datetime.fromtimestamp(now, self._info)
        self._server_now = datetime.fromtimestamp(now, ZoneInfo(account.server_timezone))
        project = query.get("project")
        self._rows = [row for row in rows if project in (None, row["project"])]

    def summaries(self) -> Answer:
        zone = self._query.get("timezone")
        if zone:
            self._zone, self._info = zone, ZoneInfo(zone)
            self._now = self._now.astimezone(self._info)
        start, end = self._query.get("start", ""), self._query.get("end", "")
        named = self._query.get("range") or (start if start == end else "")
        bounds = self._range(named)
        if bounds is None:
            if "range" in self._query:
                return text_answer(400, "invalid 'range' parameter")
            try:
                bounds = self._midnight(date.fromisoformat(start)), self._now
            except ValueError:
                return text_answer(400, "missing required 'start' parameter")
            try:
                bounds = bounds[0], self._midnight(date.fromisoformat(end))
            except ValueError:
                return text_answer(400, "missing required 'end' parameter")
        first, last = bounds[0], self._midnight(bounds[1].date(), 1) - timedelta(microseconds=1)
        if last <= first:
            return text_answer(400, "'end' date must be after 'start' date")
        days = [self._summary(*interval) for interval in self._intervals(first, last)]
        seconds = sum(day["grand_total"]["total_seconds"] for day in days)
        average = int(seconds / len(days))
        return json_answer(
            200,
            {
                "data": days,
                "start": rfc3339(first),
                "end": rfc3339(last - timedelta(seconds=1)),
                "cumulative_total": {
                    "decimal": f"{seconds / 3600:.2f}",
                    "digital": f"{int(seconds // 3600)}:{int(seconds // 60 % 60)}",
                    "seconds": seconds,
                    "text": text_of(seconds),
                },
                "daily_average": {
                    "days_including_holidays": len(days),
                    "days_minus_holidays": len(days),
                    "holidays": 0,
                    "seconds": average,
                    "seconds_including_other_language": average,
                    "text": text_of(average),
                    "text_including_other_language": text_of(average),
                },
            },
        )

    def stats(self, which: str) -> Answer:
        bounds = self._range(which)
        if bounds is None:
            return text_answer(400, "invalid range")
        rows = self._within(*bounds)
        seconds = total(rows, _COUNTS, self._zone)
        days = (bounds[1] - bounds[0]).days
        return json_answer(
            200,
            {
                "data": {
                    "username": self._account.username,
                    "user_id": self._account.username,
                    "start": rfc3339(bounds[0]),
                    "end": rfc3339(bounds[1]),
                    "status": "ok",
                    "timezone": self._zone,
                    "total_seconds": seconds,
                    "daily_average": seconds / days if days else 0,
                    "days_including_holidays": days,
                    "range": which,
                    "human_readable_range": which,
                    "human_readable_total": text_of(seconds),
                    "human_readable_daily_average": text_of(seconds / days) if days else "",
                    "is_coding_activity_visible": True,
                    "is_other_usage_visible": True,
                    **self._breakdowns(rows, BREAKDOWNS),
                }
            },
        )

    def all_time(self) -> Answer:
        seconds = total(self._rows, _COUNTS, self._zone)
        times = [row["time"] for row in self._rows] or [0.0]
        start, end = (datetime.fromtimestamp(each, self._info) for each in (min(times), max(times)))
        return json_answer(
            200,
            {
                "data": {
                    "total_seconds": seconds,
                    "text": text_of(seconds),
                    "is_up_to_date": True,
                    "range": {
                        "end": rfc3339(end),
                        "end_date": end.date().isoformat(),
                        "start": rfc3339(start),
                        "start_date": start.date().isoformat(),
                        "timezone": start.tzname(),
                    },
                }
            },
        )

    def projects(self) -> Answer:
        today = self._midnight(self._now.date()).timestamp()
        times: dict[str, list[float]] = {}
        for row in self._rows:
            if row["time"] < today and row["project"].startswith(self._query.get("q", "")):
                times.setdefault(row["project"], []).append(row["time"])
        data = [
            {
                "id": name,
                "name": name,
                "last_heartbeat_at": rfc3339(datetime.fromtimestamp(max(each), self._info)),
                "human_readable_last_heartbeat_at": "a while ago",
                "urlencoded_name": name,
                "created_at": rfc3339(datetime.fromtimestamp(min(each), self._info)),
            }
            for name, each in times.items()
        ]
        return json_answer(200, {"data": data})

    def heartbeats(self) -> Answer:
        try:
            asked = date.fromisoformat(self._query["date"])
        except (KeyError, ValueError):
            return text_answer(400, "bad date")
        # Midnight of UTC, which is the evening before where clocks are behind it.
        day = datetime.combine(asked, time.min, UTC).astimezone(self._info).date()
        start, end = self._midnight(day), self._midnight(day, 1) - timedelta(microseconds=1)
        return json_answer(
            200,
            {
                "data": [_told(row) for row in self._rows if day_of(row, self._zone) == day],
                "start": rfc3339(start.astimezone(UTC)),
                "end": rfc3339(end.astimezone(UTC)),
                "timezone": self._account.timezone or "Local",
            },
        )

    def _summary(self, start: datetime, end: datetime) -> dict[str, Any]:
        rows = self._within(start, end)
        seconds = total(rows, _COUNTS, self._zone)
        # Without a project they are not there at all; in statusbar/today they are null.
        names = (*BREAKDOWNS, *(("branches", "entities") if "project" in self._query else ()))
        return {
            **self._breakdowns(rows, names),
            "dependencies": [],
            "grand_total": {
                "digital": f"{int(seconds // 3600)}:{int(seconds // 60 % 60)}",
                "hours": int(seconds // 3600),
                "minutes": int(seconds // 60 % 60),
                "text": text_of(seconds),
                "total_seconds": seconds,
            },
            "range": {
                # Not the day's: the time of the answer.
                "date": rfc3339(self._server_now),
                "end": rfc3339(end - timedelta(seconds=1)),
                "start": rfc3339(start),
                "text": "",
                "timezone": self._server_now.tzname(),
            },
        }

    def _breakdowns(self, rows: Sequence[Row], names: Iterable[str]) -> dict[str, Any]:
        return {
            name: lines(shares(rows, name, _COUNTS, self._zone, unknown=_UNKNOWN)) for name in names
        }

    def _range(self, name: str) -> tuple[datetime, datetime] | None:
        today = self._midnight(self._now.date())
        if name in ("today", "Today"):
            return today, self._now
        if name in ("day", "yesterday", "Yesterday"):
            return self._midnight(self._now.date(), -1), today
        if name in ("any", "all_time", "All Time"):
            return datetime.fromtimestamp(0, self._info), self._now
        if name in _DAYS:
            return self._now - timedelta(days=_DAYS[name]), self._now
        return None

    def _intervals(self, first: datetime, last: datetime) -> list[tuple[datetime, datetime]]:
        intervals = []
        start = first
        while start < last:
            end = min(self._midnight(start.date(), 1), last)
            intervals.append((start, end))
            start = end
        return intervals

    def _within(self, start: datetime, end: datetime) -> list[Row]:
        bounds = start.timestamp(), end.timestamp()
        return [row for row in self._rows if bounds[0] <= row["time"] < bounds[1]]

    def _midnight(self, day: date, later: int = 0) -> datetime:
        return datetime.combine(day + timedelta(days=later), time.min, self._info)


def _told(row: Row) -> dict[str, Any]:
    names = ("branch", "category", "entity", "is_write", "language", "project", "type")
    integers = ("lines", "lineno", "cursorpos", "line_additions", "line_deletions")
    return {
        "id": str(row["id"]),
        **{name: row[name] for name in (*names, *integers)},
        "time": int(row["time"]),
        "user_id": "ada",
        "machine_name_id": row["machine"],
        "user_agent_id": row["user_agent"],
        "created_at": rfc3339(datetime.fromtimestamp(row["created_at"], UTC)),
    }
