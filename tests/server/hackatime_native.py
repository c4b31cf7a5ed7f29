"""Hackatime's own endpoints, beside those that WakaTime has (servers.md 1.1, 1.6).

What they tell of time is made of the stored heartbeats.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from math import inf
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from tests.server.account import clock_parts, percent_of
from tests.server.counting import capped_at, dropped_from, seconds_of
from tests.server.messages import Answer, json_answer, strict_base64, text_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tests.server.account import Account
    from tests.server.messages import Request
    from tests.server.storing import HeartbeatStore, Row

    Query = dict[str, str]

_JSON = "application/json; charset=utf-8"
_USERS = re.compile(
    r"/api/v1/users/(?P<user>[^/.]+)/"
    r"(?P<what>stats|heartbeats/spans|trust_factor|projects|projects/details)/?"
)
_LOOK_UP = re.compile(r"/api/v1/users/lookup_(?P<by>email|slack_uid)/(?P<whom>[^/]+)/?")
_MINE = re.compile(r"/api/v1/my/heartbeats(?P<newest>/most_recent)?/?")
_DASHBOARD = re.compile(r"/api/hackatime/v1/?")
_GAP = 120.0
_TRUST = {"blue": 0, "red": 1, "green": 2}
"""As the world sees it: yellow, who is suspected, is shown as blue."""
_NO_CODING = ("browsing", "meeting", "communicating")


class InvalidMomentError(ValueError):
    """A parameter is no moment."""


def native_answer(
    request: Request, account: Account, now: float, store: HeartbeatStore
) -> Answer | None:
    """Answer a GET of the native API, None where the path is none of its."""
    query = dict(parse_qsl(request.query))
    if _DASHBOARD.fullmatch(request.path):
        host = request.headers.get("host", "localhost")
        return Answer(302, b"", (("Location", f"http://{host}/"), ("Content-Type", "text/html")))
    if request.path.rstrip("/") == "/api/v1/stats":
        return _server_total(request, account, now, store, query)
    if look_up := _LOOK_UP.fullmatch(request.path):
        return _look_up(request, account, look_up["by"], unquote(look_up["whom"]))
    if mine := _MINE.fullmatch(request.path):
        if not _owner(request, account, basic=True):
            return _said(401, {"error": "Unauthorized"})
        answer = _most_recent if mine["newest"] else _heartbeats
        return answer(store.rows, query, now)
    if users := _USERS.fullmatch(request.path):
        return _of_user(request, account, now, store, unquote(users["user"]), users["what"], query)
    return None


def _said(status: int, document: Any) -> Answer:
    return json_answer(status, document, content_type=_JSON)


def _token(request: Request, scheme: str) -> str:
    named, _, token = (request.authorization or "").partition(" ")
    return token.strip() if named.lower() == scheme else ""


def _owner(request: Request, account: Account, *, basic: bool = False) -> bool:
    """Tell whether the key is the account's; who is red is nobody here."""
    token = _token(request, "bearer")
    if basic and not token:
        token = strict_base64(_token(request, "basic")) or ""
    return token == account.key and account.person.trust != "red"


def _is_administrator(request: Request, account: Account) -> bool:
    return _token(request, "bearer") == account.person.administrator_key


# -- For administrators


def _server_total(
    request: Request, account: Account, now: float, store: HeartbeatStore, query: Query
) -> Answer:
    if not _is_administrator(request, account):
        return _said(401, {"error": "Unauthorized"})
    today = datetime.fromtimestamp(now, UTC).date()
    try:
        first = _date(query, "start_date", today.replace(year=today.year - 10))
        last = _date(query, "end_date", today)
    except InvalidMomentError as error:
        return _said(422, {"error": f"Invalid {error}"})
    asked = (query.get("username", account.username), query.get("user_email", account.person.email))
    if asked != (account.username, account.person.email):
        return _said(404, {"error": "User not found"})
    start = datetime.combine(first, time.min, UTC).timestamp()
    end = datetime.combine(last + timedelta(days=1), time.min, UTC).timestamp()
    return text_answer(200, str(_total(_within(store.rows, start, end))))


def _look_up(request: Request, account: Account, by: str, whom: str) -> Answer:
    if not _is_administrator(request, account):
        return _said(401, {"error": "Unauthorized"})
    person = account.person
    if whom != (person.email if by == "email" else person.slack_uid):
        return _said(404, {"error": "User not found", by: whom})
    return _said(200, {"user_id": person.user_id, by: whom})


def _date(query: Query, name: str, default: date) -> date:
    try:
        return date.fromisoformat(query[name]) if query.get(name) else default
    except ValueError:
        raise InvalidMomentError(name) from None


# -- One's own heartbeats


def _heartbeats(rows: Sequence[Row], query: Query, now: float) -> Answer:
    # UTC's day, whatever the profile's zone; a start, end or limit is not read.
    day = datetime.combine(datetime.fromtimestamp(now, UTC), time.min, UTC)
    try:
        start = _moment(query, "start_time", day)
        end = _moment(query, "end_time", day + timedelta(days=1, microseconds=-1))
    except InvalidMomentError:
        return _said(500, {"error": "Internal Server Error", "message": "", "status": 500})
    found = _within(rows, start.timestamp(), end.timestamp(), with_end=True)
    return _said(
        200,
        {
            "start_time": start.isoformat(timespec="milliseconds"),
            "end_time": end.isoformat(timespec="milliseconds"),
            "total_seconds": _total(found),
            "heartbeats": found,
        },
    )


def _most_recent(rows: Sequence[Row], query: Query, now: float) -> Answer:
    def fits(row: Row) -> bool:
        source = query.get("source_type")
        editor = query.get("editor", "").lower()
        return (
            row["source_type"] == source if source else row["source_type"] != "test_entry"
        ) and (not editor or (row["editor"] or "").lower() == editor)

    newest = max(filter(fits, rows), key=lambda row: float(row["time"]), default=None)
    minutes = round((now - newest["time"]) / 60) if newest else 0
    return _said(
        200,
        {
            "has_heartbeat": newest is not None,
            "heartbeat": newest,
            "editor": newest and newest["editor"],
            "time_ago": f"{minutes} minutes ago" if newest else None,
        },
    )


# -- Of a user


def _of_user(
    request: Request,
    account: Account,
    now: float,
    store: HeartbeatStore,
    user: str,
    what: str,
    query: Query,
) -> Answer:
    person = account.person
    is_owner = _owner(request, account)
    known = user in (account.username, person.slack_uid, str(person.user_id))
    if what == "trust_factor":
        return _said(200, _trust(account)) if known else _said(404, {"error": "User not found"})
    if not (is_owner if user == "my" else known):
        return _said(404, {"error": "User not found"})
    if not (person.public_stats or is_owner):
        return _said(403, {"error": "user has disabled public stats"})
    try:
        return _TELLING[what](account, now, store.rows, query)
    except InvalidMomentError as error:
        return _said(422, {"error": f"Invalid {error}"})


def _trust(account: Account) -> dict[str, Any]:
    level = "blue" if account.person.trust == "yellow" else account.person.trust
    return {"trust_level": level, "trust_value": _TRUST[level]}


def _stats(account: Account, now: float, rows: Sequence[Row], query: Query) -> Answer:
    start, end = (moment.timestamp() for moment in _window(query, now))
    projects = _split(query, "filter_by_project")
    kept = [row for row in rows if not projects or row["project"] in projects]
    excluded = ("ai coding",) if query.get("no_ai_coding") == "true" else ()
    if query.get("total_seconds") == "true":
        categories = _split(query, "filter_by_category")
        kept = [row for row in kept if not categories or row["category"] in categories]
        if query.get("boundary_aware") == "true":
            kept = [row for row in kept if row["category"] not in (*_NO_CODING, *excluded)]
            reach = max((row["time"] for row in kept if row["time"] < start), default=start)
            return _said(200, {"total_seconds": _total(_within(kept, reach, end, with_end=True))})
        kept = [row for row in kept if row["category"] not in excluded]
        return _said(200, {"total_seconds": _total(_within(kept, start, end))})
    start, end = int(start), int(end)
    kept = _within([row for row in kept if row["category"] not in excluded], start, end)
    total = _total(kept)
    days = (end - start) // 86400
    data: dict[str, Any] = {
        "username": account.username,
        "user_id": str(account.person.user_id),
        "is_coding_activity_visible": True,
        "is_other_usage_visible": True,
        "status": "ok",
        "start": _utc(start),
        "end": _utc(end),
        "range": "all_time",
        "human_readable_range": "All Time",
        "total_seconds": total,
        "daily_average": total // days if days else 0,
        "human_readable_total": _text(total),
        "human_readable_daily_average": "",
    }
    features = query.get("features", "languages").split(",")
    limit = int(query.get("limit", "0")) or None
    for feature, column in (("languages", "language"), ("projects", "project")):
        if feature in features:
            data[feature] = _shares(kept, column, total)[:limit]
    if "projects" in query.get("features", "") and projects:
        coding = (row["time"] for row in kept if row["category"] == "coding")
        # Here alone a gap over 2 minutes is dropped.
        data["unique_total_seconds"] = int(seconds_of(coding, dropped_from(_GAP + 1e-6)))
    data["streak"] = account.person.streak_days
    return _said(200, {"data": data, "trust_factor": _trust(account)})


def _shares(rows: Sequence[Row], column: str, total: int) -> list[dict[str, Any]]:
    # Each for itself, so that together they may be more than the total.
    groups = {row[column] for row in rows}
    seconds = {each: _total([row for row in rows if row[column] == each]) for each in groups}
    return [
        {
            "name": name or "Other",
            "total_seconds": seconds[name],
            "text": _text(seconds[name]),
            "hours": clock_parts(seconds[name])[0],
            "minutes": clock_parts(seconds[name])[1],
            # Of nothing it is no number, which JSON has as null.
            "percent": percent_of(seconds[name], total) if total else None,
            "digital": "{:02}:{:02}:{:02}".format(*clock_parts(seconds[name])),
            **({"color": "#3572A5"} if column == "language" else {}),
        }
        for name in sorted(groups, key=lambda name: (-seconds[name], name or ""))
    ]


def _spans(_: Account, now: float, rows: Sequence[Row], query: Query) -> Answer:
    start, end = (moment.timestamp() for moment in _window(query, now))
    projects = [query["project"]] if query.get("project") else _split(query, "filter_by_project")
    kept = [row for row in rows if not projects or row["project"] in projects]
    times = [float(row["time"]) for row in _within(kept, start, end, with_end=True)]
    spans: list[tuple[float, float]] = []
    began = times[0] if times else 0.0
    for current, following in pairwise([*times, inf]):
        if following - current > _GAP:
            # What follows a break adds 120 s to the span before it; the last heartbeat adds none.
            spans.append((began, current if following == inf else current + _GAP))
            began = following
    told = [
        {"start_time": first, "end_time": last, "duration": last - first}
        for first, last in spans
        if last > first
    ]
    return _said(200, {"spans": told})


def _projects(_: Account, now: float, rows: Sequence[Row], query: Query) -> Answer:
    found = _within(rows, *_reach(query, now, 30), with_end=True)
    return _said(200, {"projects": sorted({row["project"] for row in found if row["project"]})})


def _project_details(_: Account, now: float, rows: Sequence[Row], query: Query) -> Answer:
    found = _within(rows, *_reach(query, now, 365), with_end=True)
    names = _split(query, "projects") or sorted({row["project"] or "" for row in found} - {""})
    details: list[dict[str, Any]] = []
    for name in names:
        own = [row for row in found if row["project"] == name]
        if not own:
            continue
        details.append(
            {
                "name": name,
                "total_seconds": _total(own),
                "languages": sorted({row["language"] for row in own if row["language"]}),
                "repo_url": None,
                "total_heartbeats": len(own),
                "first_heartbeat": _utc(own[0]["time"]),
                "last_heartbeat": _utc(own[-1]["time"]),
                "most_recent_heartbeat": _utc(own[-1]["time"]),
                "archived": False,
            }
        )
    details.sort(key=lambda row: -row["total_seconds"])
    return _said(200, {"projects": details})


_TELLING: dict[str, Callable[[Account, float, Sequence[Row], Query], Answer]] = {
    "stats": _stats,
    "heartbeats/spans": _spans,
    "projects": _projects,
    "projects/details": _project_details,
}


# -- Their parameters


def _within(rows: Iterable[Row], start: float, end: float, *, with_end: bool = False) -> list[Row]:
    found = (row for row in rows if start <= row["time"] and (row["time"] < end or with_end))
    return sorted((row for row in found if row["time"] <= end), key=lambda row: float(row["time"]))


def _total(rows: Sequence[Row]) -> int:
    return round(seconds_of((row["time"] for row in rows), capped_at(_GAP)))


def _split(query: Query, name: str) -> list[str]:
    return [each for each in query.get(name, "").split(",") if each]


def _moment(query: Query, name: str, default: datetime) -> datetime:
    """Read a moment, UTC's where it has no offset; a blank one is as good as none."""
    if not query.get(name):
        return default
    try:
        moment = datetime.fromisoformat(query[name])
    except ValueError:
        raise InvalidMomentError(name) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _window(query: Query, now: float) -> tuple[datetime, datetime]:
    today = datetime.combine(datetime.fromtimestamp(now, UTC), time.min, UTC)
    return (
        _moment(query, "start_date", today - timedelta(days=3652)),
        _moment(query, "end_date", today + timedelta(days=1, microseconds=-1)),
    )


def _reach(query: Query, now: float, days: int) -> tuple[float, float]:
    """Give the window of projects, whose parameters have more names and are never refused."""
    reach = []
    for names, default in (
        (("start", "start_date"), now - days * 86400),
        (("end", "end_date"), now),
    ):
        seconds = default
        for name in names:
            try:
                seconds = _moment(query, name, datetime.fromtimestamp(default, UTC)).timestamp()
            except InvalidMomentError:
                continue
            if query.get(name):
                break
        reach.append(seconds)
    return reach[0], reach[1]


def _utc(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _text(seconds: int) -> str:
    parts = zip(clock_parts(seconds), "hms", strict=True)
    return " ".join(f"{number}{unit}" for number, unit in parts if number)
