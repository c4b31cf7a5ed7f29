"""Hackatime as of 2026-08-22 (hackclub/hackatime 62542c2d)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.server.account import clock_parts
from tests.server.counting import capped_at
from tests.server.dialect import Dialect
from tests.server.hackatime_heartbeats import MOST_AT_ONCE, store_items
from tests.server.hackatime_native import native_answer
from tests.server.hackatime_past import last_7_days, summaries
from tests.server.messages import json_answer, page_answer, read_json, strict_base64

if TYPE_CHECKING:
    from tests.server.account import Account, Today
    from tests.server.messages import Answer, Request
    from tests.server.storing import HeartbeatStore

_JSON = "application/json; charset=utf-8"
_NO_STORE = ("Cache-Control", "no-store")
_TODAY = re.compile(r"/api/hackatime/v1/users/[^/.]+/statusbar/today/?")
_PROFILE = re.compile(r"/api/hackatime/v1/users/[^/.]+/?")
_SUMMARIES = re.compile(r"/api/hackatime/v1/users/[^/.]+/summaries/?")
_STATS = re.compile(r"/api/hackatime/v1/users/current/stats/last_7_days/?")
_HEARTBEATS = re.compile(r"/api/hackatime/v1/users/[^/.]+/heartbeats(?P<bulk>\.bulk)?/?")
# Rails takes an Accept header with "*/*" beside something else for a browser's.
_BROWSER = re.compile(r",\s*\*/\*|\*/\*\s*,")

_OWN_ERRORS = {401: "Unauthorized", 403: "Account pending deletion"}
"""Answered by the API itself, as JSON whatever is accepted."""

_FRAMEWORK_ERRORS = {
    400: ("Bad Request", "The server cannot process your request due to invalid syntax."),
    404: ("Page Not Found", "The page you were looking for doesn't exist."),
    500: ("Internal Server Error", "Something went wrong on our end."),
    503: ("Service Unavailable", "The service is temporarily unavailable."),
}
"""Answered by Rails, as a web page unless JSON is accepted; the wording is shortened."""


def _answer(request: Request, account: Account, now: float, store: HeartbeatStore) -> Answer:
    heartbeats = _HEARTBEATS.fullmatch(request.path)
    if heartbeats is not None and request.method == "POST":
        if not _is_let_in(request, account.key):
            return _error(request, 401)
        return _take(request, now, store, bulk=heartbeats["bulk"] is not None)
    if request.method in ("GET", "HEAD"):
        native = native_answer(request, account, now, store)
        if native is not None:
            return native
    is_today = _TODAY.fullmatch(request.path) is not None
    is_profile = account.users_current and _PROFILE.fullmatch(request.path) is not None
    is_stats = _STATS.fullmatch(request.path) is not None
    # As new as the profile.
    is_summaries = account.users_current and _SUMMARIES.fullmatch(request.path) is not None
    known = is_today or is_profile or is_stats or is_summaries
    if request.method not in ("GET", "HEAD") or not known:
        return _error(request, 404)
    if not _is_let_in(request, account.key):
        return _error(request, 401)
    if is_stats:
        return _own_answer(*last_7_days(account, now, store.rows))
    if is_summaries:
        return _own_answer(*summaries(request, account, store.rows))
    data = _today(account.today) if is_today else _profile(account)
    return _own_answer(200, {"data": data})


def _take(request: Request, now: float, store: HeartbeatStore, *, bulk: bool) -> Answer:
    content_type = request.headers.get("content-type", "")
    if "json" not in content_type and "text/plain" not in content_type:
        return _error(request, 400)
    try:
        document = read_json(request.body)
    except ValueError:
        return _error(request, 400)
    if bulk and isinstance(document, dict):
        document = document.get("heartbeats")
    items = document if isinstance(document, list) else [] if bulk else [document]
    if not items or items == [{}]:
        return _own_answer(400, {"error": "No data provided..."})
    if not bulk:
        # Of an array only the first is stored; of the others nothing is said.
        ((said, status),) = store_items(items[:1], request.headers, now, store)
        return _own_answer(202 if status == 201 else status, said)
    if len(items) > MOST_AT_ONCE:
        error = f"Too many heartbeats in a single request (max {MOST_AT_ONCE})"
        return _own_answer(400, {"error": error})
    return _own_answer(201, {"responses": store_items(items, request.headers, now, store)})


def _own_answer(status: int, document: Any) -> Answer:
    return json_answer(status, document, _NO_STORE, content_type=_JSON)


def _is_let_in(request: Request, key: str) -> bool:
    scheme, _, token = (request.authorization or "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip() == key
    if scheme.lower() == "basic":
        return strict_base64(token.strip()) == key
    # Only without a header of these two schemes; a malformed one never falls through to it.
    return request.query_key == key


def _today(today: Today) -> dict[str, Any]:
    seconds = int(today.total_seconds)
    text = today.text if today.text is not None else _text(seconds)
    data: dict[str, Any] = {"grand_total": {"text": text, "total_seconds": seconds}}
    target = today.goal_seconds
    if target is not None:
        if today.text is None:
            data["grand_total"]["text"] += f" / {_short(target)} goal"
        tracked = seconds if today.goal_tracked_seconds is None else today.goal_tracked_seconds
        data["goal"] = {
            "target_seconds": target,
            "tracked_seconds": tracked,
            "completion_percent": min(int(100 * tracked / target + 0.5), 100),
            "complete": tracked >= target,
        }
    return data


def _profile(account: Account) -> dict[str, Any]:
    return {
        "id": "4207",
        "username": account.username,
        "display_name": account.username,
        "full_name": account.username,
        "photo": "https://avatars.example.test/4207.png",
        "timezone": account.timezone,
        "created_at": "2025-01-07T10:00:00Z",
        "modified_at": "2026-08-01T10:00:00Z",
        "plan": "free",
    }


def _text(seconds: int) -> str:
    return _short(seconds) if seconds else "Start coding!"


def _short(seconds: int) -> str:
    hours, minutes, _ = clock_parts(seconds)
    parts = [f"{hours}h"] * bool(hours) + [f"{minutes}m"] * bool(minutes)
    return " ".join(parts) or "0m"


def _error(request: Request, status: int) -> Answer:
    if status in _OWN_ERRORS:
        return _own_answer(status, {"error": _OWN_ERRORS[status]})
    title, message = _FRAMEWORK_ERRORS.get(status, ("Error", "Something went wrong."))
    if _wants_page(request.accept):
        return page_answer(status, title, message)
    return json_answer(
        status, {"error": title, "message": message, "status": status}, content_type=_JSON
    )


def _wants_page(accept: str) -> bool:
    first = accept.partition(",")[0].partition(";")[0].strip()
    return first in ("", "*/*", "text/html") or _BROWSER.search(accept) is not None


HACKATIME = Dialect("hackatime", "/api/hackatime/v1", "", _answer, _error, capped_at(120))
