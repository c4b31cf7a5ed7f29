"""wakapi as of 2026-08-21 (muety/wakapi 2ed2e3fa)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tests.server.account import clock_parts, day_bounds
from tests.server.counting import dropped_from
from tests.server.dialect import Dialect
from tests.server.messages import Answer, json_answer, read_json, strict_base64, text_answer
from tests.server.wakapi_heartbeats import NONE_VALID, DecodeError, items_of, store_items
from tests.server.wakapi_past import answer_past
from tests.server.wakapi_wording import BREAKDOWNS, lines, rfc3339, text_of

if TYPE_CHECKING:
    from tests.server.account import Account
    from tests.server.messages import Request
    from tests.server.storing import HeartbeatStore

_COMPAT = "/api/compat/wakatime/v1"
_TODAY = re.compile(rf"(?:/api|/api/v1|{_COMPAT})/users/(?P<user>[^/]+)/statusbar/today/?")
_PROFILE = re.compile(rf"{_COMPAT}/users/(?P<user>[^/]+)/?")
_HEARTBEATS = re.compile(
    rf"/api/heartbeats?/?|(?:/api|/api/v1|{_COMPAT})/users/(?P<user>[^/]+)/heartbeats(?:\.bulk)?/?"
)
_PAST = re.compile(
    rf"{_COMPAT}/users/(?P<user>[^/]+)/"
    r"(?P<what>summaries|all_time_since_today|projects|heartbeats)/?"
)
_STATS = re.compile(
    rf"(?:/api/v1|{_COMPAT})/users/(?P<user>[^/]+)/(?P<what>stats)(?:/(?P<which>[^/]+))?/?"
)
_HEALTH = re.compile(r"/api/health/?")
_ERRORS = {400: "400 bad request", 401: "401 unauthorized", 403: "403 forbidden"}


def _answer(request: Request, account: Account, now: float, store: HeartbeatStore) -> Answer:
    heartbeats = _HEARTBEATS.fullmatch(request.path)
    past = _PAST.fullmatch(request.path) or _STATS.fullmatch(request.path)
    if heartbeats is not None and not (past and request.method in ("GET", "HEAD")):
        if request.method != "POST":
            return Answer(405, b"", (("Allow", "POST"),))
        if not _is_let_in(request, account.key) or not _is_self(heartbeats["user"], account):
            return _error(request, 401)
        return _take(request, account, now, store)
    health, today, profile = (
        route.fullmatch(request.path) for route in (_HEALTH, _TODAY, _PROFILE)
    )
    route = health or today or past or (profile if account.users_current else None)
    if route is None:
        return _error(request, 404)
    if request.method not in ("GET", "HEAD"):
        return Answer(405, b"", (("Allow", "GET"),))
    if health:
        return _health(request)
    # Somebody else's name gets the same answer as no key, so that names cannot be tried out.
    if not _is_let_in(request, account.key) or not _is_self(route["user"], account):
        return _error(request, 401)
    if past:
        return answer_past(past.groupdict(), request, account, now, store.counted_rows)
    return json_answer(200, _today(account, now) if today else {"data": _profile(account, now)})


def _take(request: Request, account: Account, now: float, store: HeartbeatStore) -> Answer:
    try:
        items = items_of(read_json(request.body))
    except DecodeError as error:
        return text_answer(400, str(error))
    except ValueError:
        # One of the things that Go may say.
        return text_answer(400, "unexpected EOF")
    results = store_items(items, request.headers, now, store, account.max_age_seconds)
    if all(status != 201 for _, status in results):
        return text_answer(400, NONE_VALID)
    return json_answer(201, {"responses": results})


def _is_self(user: str | None, account: Account) -> bool:
    return user in (None, "current", account.username)


def _is_let_in(request: Request, key: str) -> bool:
    scheme, *rest = (request.authorization or "").split(" ")
    # Both schemes carry base64; whatever else the header says, the query is tried after it.
    if scheme in ("Basic", "Bearer") and len(rest) == 1:
        token = strict_base64(rest[0])
        if token is not None and token.strip() == key:
            return True
    return request.query_key.strip() == key


def _health(request: Request) -> Answer:
    if "application/json" in request.headers.get("content-type", ""):
        return json_answer(200, {"app": 1, "db": 1})
    return text_answer(200, "app=1\ndb=1")


def _today(account: Account, now: float) -> dict[str, Any]:
    today = account.today
    end = datetime.fromtimestamp(now, ZoneInfo(account.zone))
    start = day_bounds(now, account.zone)[0]
    if today.total_seconds:
        # From the first activity to the last, not from midnight to midnight.
        start = max(start, end - timedelta(seconds=today.total_seconds))
    server = datetime.fromtimestamp(now, ZoneInfo(account.server_timezone))
    hours, minutes, _ = clock_parts(today.total_seconds)
    return {
        "cached_at": rfc3339(server, "microseconds"),
        "data": {
            **{name: lines(getattr(today, name)) for name in BREAKDOWNS},
            "dependencies": [],
            "branches": None,
            "entities": None,
            "grand_total": {
                "digital": f"{hours}:{minutes}",
                "hours": hours,
                "minutes": minutes,
                "text": text_of(today.total_seconds) if today.text is None else today.text,
                "total_seconds": int(today.total_seconds),
            },
            "range": {
                "date": rfc3339(server),
                "end": rfc3339(end, "microseconds"),
                "start": rfc3339(start),
                "text": "",
                "timezone": server.tzname(),
            },
        },
    }


def _profile(account: Account, now: float) -> dict[str, Any]:
    server = datetime.fromtimestamp(now, ZoneInfo(account.server_timezone))
    return {
        "id": account.username,
        "display_name": account.username,
        "full_name": "",
        "email": "",
        "is_email_public": False,
        "is_email_confirmed": False,
        "timezone": account.timezone or server.tzname(),
        "last_heartbeat_at": "0001-01-01T00:00:00Z",
        "last_project": "",
        "last_plugin_name": "",
        "username": account.username,
        "website": "",
        "created_at": "2024-05-01T12:00:00Z",
        "modified_at": "2024-05-01T12:00:00Z",
        "photo": f"http://localhost:3000/api/avatar/{account.username}.svg",
    }


def _error(request: Request, status: int) -> Answer:
    del request  # The form does not depend on it.
    if status == 404:
        return text_answer(404, "404 page not found\n", ("X-Content-Type-Options", "nosniff"))
    return text_answer(status, _ERRORS.get(status, f"{status} error"))


WAKAPI = Dialect("wakapi", "/api", "", _answer, _error, dropped_from(600))
