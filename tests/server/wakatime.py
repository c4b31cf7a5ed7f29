"""WakaTime's API v1 as its developer page describes it; the server itself is closed source."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.server.account import clock_parts, day_bounds, percent_of
from tests.server.counting import dropped_from
from tests.server.dialect import Dialect
from tests.server.messages import json_answer, read_json, strict_base64
from tests.server.wakatime_heartbeats import store_items

if TYPE_CHECKING:
    from tests.server.account import Account, Seconds
    from tests.server.messages import Answer, Request
    from tests.server.storing import HeartbeatStore

# The page documents status_bar; wakatime-cli and both other servers say statusbar.
_ROUTE = re.compile(r"/api/v1/users/(?P<user>[^/]+)(?P<today>/status_?bar/today)?/?")
_HEARTBEATS = re.compile(r"/api/v1/users/(?P<user>[^/]+)/heartbeats(?P<bulk>\.bulk)?/?")
_ERRORS = {
    400: "Bad request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not found",
    429: "Too many requests",
    500: "Internal server error",
}
_BREAKDOWNS = (
    "categories",
    "dependencies",
    "editors",
    "languages",
    "machines",
    "operating_systems",
    "projects",
)


def _answer(request: Request, account: Account, now: float, store: HeartbeatStore) -> Answer:
    heartbeats = _HEARTBEATS.fullmatch(request.path)
    if heartbeats is not None and request.method == "POST":
        if not _is_let_in(request, account.key):
            return _error(request, 401)
        if heartbeats["user"] not in ("current", account.username):
            return _error(request, 404)
        return _take(request, now, store, bulk=heartbeats["bulk"] is not None)
    route = _ROUTE.fullmatch(request.path)
    if route is None or request.method not in ("GET", "HEAD"):
        return _error(request, 404)
    if not _is_let_in(request, account.key):
        return _error(request, 401)
    is_profile = route["today"] is None
    if route["user"] not in ("current", account.username) or (
        is_profile and not account.users_current
    ):
        return _error(request, 404)
    return json_answer(200, {"data": _profile(account)} if is_profile else _today(account, now))


def _take(request: Request, now: float, store: HeartbeatStore, *, bulk: bool) -> Answer:
    try:
        document = read_json(request.body)
    except ValueError:
        return _error(request, 400)
    # What becomes of an array at the address of a single one is not documented.
    if not document or isinstance(document, list) is not bulk:
        return _error(request, 400)
    if not bulk:
        ((said, status),) = store_items([document], request.headers, now, store)
        return json_answer(202 if status == 201 else status, said)
    return json_answer(202, {"responses": store_items(document, request.headers, now, store)})


def _is_let_in(request: Request, key: str) -> bool:
    # Only what is documented, so that no client comes to lean on anything else: base64 of "key:"
    # is not, and Bearer is for OAuth's tokens.
    scheme, _, token = (request.authorization or "").partition(" ")
    return strict_base64(token) == key if scheme == "Basic" else request.query_key == key


def _today(account: Account, now: float) -> dict[str, Any]:
    today = account.today
    cached_at = _utc(datetime.fromtimestamp(now, UTC))
    if today.cold:
        return _cold(account, cached_at)
    start, end = day_bounds(now, account.timezone)
    total = _time_of(today.total_seconds)
    if today.text is not None:
        total["text"] = today.text
    del total["seconds"]
    total["digital"] = f"{total['hours']}:{total['minutes']:02}"
    return {
        "cached_at": cached_at,
        "data": {
            "grand_total": total,
            **{name: _lines(name, getattr(today, name)) for name in _BREAKDOWNS},
            "range": {
                "date": start.date().isoformat(),
                "start": _utc(start),
                "end": _utc(end - timedelta(seconds=1)),
                "text": "Today",
                "timezone": account.timezone,
            },
        },
        "has_team_features": False,
    }


def _cold(account: Account, cached_at: str) -> dict[str, Any]:
    as_seen = account.today.cold == "blank"
    digits = {"decimal": "", "digital": ""} if as_seen else {"decimal": "0.00", "digital": "0:00"}
    total = {**digits, "hours": 0, "minutes": 0, "text": "", "total_seconds": 0}
    span = {"text": "Today", "timezone": account.timezone}
    if as_seen:
        span = {"date": "", "start": "", "end": "", **span}
    data = {"grand_total": total, **{name: [] for name in _BREAKDOWNS}, "range": span}
    body = {"data": data, "has_team_features": False}
    return body if as_seen else {"cached_at": cached_at, **body}


def _lines(breakdown: str, seconds: Seconds) -> list[dict[str, Any]]:
    total = sum(seconds.values())
    lines = [
        {"name": name, **_time_of(share), "percent": percent_of(share, total)}
        for name, share in seconds.items()
    ]
    if breakdown == "machines":
        for line in lines:
            line["machine_name_id"] = str(uuid.uuid5(uuid.NAMESPACE_DNS, line["name"]))
    return lines


def _time_of(total_seconds: float) -> dict[str, Any]:
    hours, minutes, seconds = clock_parts(total_seconds)
    return {
        "total_seconds": float(total_seconds),
        "digital": f"{hours}:{minutes:02}:{seconds:02}",
        "decimal": f"{hours + int(minutes / 60 * 100) / 100:.2f}",
        "text": _text(hours, minutes, seconds),
        "hours": hours,
        "minutes": minutes,
        "seconds": seconds,
    }


def _text(hours: int, minutes: int, seconds: int) -> str:
    if not hours and not minutes:
        return _counted(seconds, "sec")
    parts = [_counted(hours, "hr")] * bool(hours) + [_counted(minutes, "min")] * bool(minutes)
    return " ".join(parts)


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _profile(account: Account) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid5(uuid.NAMESPACE_DNS, account.username)),
        "display_name": account.username,
        "full_name": None,
        "email": f"{account.username}@example.test",
        "photo": "https://avatars.example.test/ada.png",
        "timezone": account.timezone,
        "last_heartbeat_at": "2026-08-21T17:45:54Z",
        "last_plugin": "wakatime/v1.115.2 (Linux-6.8.0-x86_64) go1.24 vscode/1.90.0",
        "last_plugin_name": "VS Code",
        "last_project": "engine",
        "last_branch": "main",
        "plan": "free",
        "username": account.username,
        "has_premium_features": False,
        "timeout": 15,
        "writes_only": False,
        "created_at": "2023-01-01T12:00:00Z",
        "modified_at": "2026-08-01T12:00:00Z",
    }


def _error(request: Request, status: int) -> Answer:
    del request  # The form does not depend on it.
    return json_answer(status, {"error": _ERRORS.get(status, "Error")})


WAKATIME = Dialect("wakatime", "/api/v1", "waka_", _answer, _error, dropped_from(900))
