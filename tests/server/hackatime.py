"""Hackatime as of 2026-08-22 (hackclub/hackatime 62542c2d)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.server.account import clock_parts
from tests.server.dialect import Dialect
from tests.server.messages import json_answer, page_answer, strict_base64

if TYPE_CHECKING:
    from tests.server.account import Account, Today
    from tests.server.messages import Answer, Request

_JSON = "application/json; charset=utf-8"
_NO_STORE = ("Cache-Control", "no-store")
_TODAY = re.compile(r"/api/hackatime/v1/users/[^/.]+/statusbar/today/?")
_PROFILE = re.compile(r"/api/hackatime/v1/users/[^/.]+/?")
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


def _answer(request: Request, account: Account, now: float) -> Answer:
    del now  # Hackatime names no day.
    is_today = _TODAY.fullmatch(request.path) is not None
    is_profile = account.users_current and _PROFILE.fullmatch(request.path) is not None
    if request.method not in ("GET", "HEAD") or not (is_today or is_profile):
        return _error(request, 404)
    if not _is_let_in(request, account.key):
        return _error(request, 401)
    data = _today(account.today) if is_today else _profile(account)
    return json_answer(200, {"data": data}, _NO_STORE, content_type=_JSON)


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
        return json_answer(status, {"error": _OWN_ERRORS[status]}, _NO_STORE, content_type=_JSON)
    title, message = _FRAMEWORK_ERRORS.get(status, ("Error", "Something went wrong."))
    if _wants_page(request.accept):
        return page_answer(status, title, message)
    return json_answer(
        status, {"error": title, "message": message, "status": status}, content_type=_JSON
    )


def _wants_page(accept: str) -> bool:
    first = accept.partition(",")[0].partition(";")[0].strip()
    return first in ("", "*/*", "text/html") or _BROWSER.search(accept) is not None


HACKATIME = Dialect("hackatime", "/api/hackatime/v1", "", _answer, _error)
