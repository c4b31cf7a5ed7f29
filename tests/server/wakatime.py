"""WakaTime's API v1 as its developer page describes it; the server itself is closed source."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.server.account import day_bounds
from tests.server.counting import dropped_from
from tests.server.dialect import Dialect
from tests.server.messages import json_answer, read_json, strict_base64
from tests.server.wakatime_heartbeats import store_items
from tests.server.wakatime_past import answer_past
from tests.server.wakatime_wording import BREAKDOWNS, lines, time_of, utc

if TYPE_CHECKING:
    from tests.server.account import Account
    from tests.server.messages import Answer, Request
    from tests.server.storing import HeartbeatStore

# The page documents status_bar; wakatime-cli and both other servers say statusbar.
_ROUTE = re.compile(r"/api/v1/users/(?P<user>[^/]+)(?P<today>/status_?bar/today)?/?")
_HEARTBEATS = re.compile(r"/api/v1/users/(?P<user>[^/]+)/heartbeats(?P<bulk>\.bulk)?/?")
_PAST = re.compile(
    r"/api/v1/users/(?P<user>[^/]+)/"
    r"(?P<what>summaries|durations|stats|all_time_since_today|goals|projects|heartbeats)"
    r"(?:/(?P<which>[^/]+))?/?"
)
_ERRORS = {
    400: "Bad request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not found",
    429: "Too many requests",
    500: "Internal server error",
}


def _answer(request: Request, account: Account, now: float, store: HeartbeatStore) -> Answer:
    heartbeats = _HEARTBEATS.fullmatch(request.path)
    if heartbeats is not None and request.method == "POST":
        if not _is_let_in(request, account.key):
            return _error(request, 401)
        if heartbeats["user"] not in ("current", account.username):
            return _error(request, 404)
        return _take(request, now, store, bulk=heartbeats["bulk"] is not None)
    past = _PAST.fullmatch(request.path)
    route = past or _ROUTE.fullmatch(request.path)
    if route is None or request.method not in ("GET", "HEAD"):
        return _error(request, 404)
    if not _is_let_in(request, account.key):
        return _error(request, 401)
    if route["user"] not in ("current", account.username):
        return _error(request, 404)
    if past is not None:
        answer = answer_past(past["what"], past["which"], request, account, now, store.rows)
        return answer or _error(request, 404)
    is_profile = route["today"] is None
    if is_profile and not account.users_current:
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
    cached_at = utc(datetime.fromtimestamp(now, UTC))
    if today.cold:
        return _cold(account, cached_at)
    start, end = day_bounds(now, account.timezone)
    total = time_of(today.total_seconds)
    if today.text is not None:
        total["text"] = today.text
    del total["seconds"]
    total["digital"] = f"{total['hours']}:{total['minutes']:02}"
    return {
        "cached_at": cached_at,
        "data": {
            "grand_total": total,
            **{name: lines(name, getattr(today, name)) for name in BREAKDOWNS},
            "range": {
                "date": start.date().isoformat(),
                "start": utc(start),
                "end": utc(end - timedelta(seconds=1)),
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
    data = {"grand_total": total, **{name: [] for name in BREAKDOWNS}, "range": span}
    body = {"data": data, "has_team_features": False}
    return body if as_seen else {"cached_at": cached_at, **body}


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
