"""How WakaTime takes heartbeats, as far as it is known (servers.md 2)."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.server.inferring import language_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.server.storing import HeartbeatStore, Row

MOST_AT_ONCE = 25
OLDEST_SECONDS = 180 * 86400.0
LARGEST_INTEGER = 2**31 - 1

_SMALLEST = {
    "lineno": 1,
    "cursorpos": 1,
    "lines": 0,
    "line_additions": 0,
    "line_deletions": 0,
    "project_root_count": 0,
}
_TYPES = ("file", "app", "domain", "url")
_LAST = {
    "project": "<<LAST_PROJECT>>",
    "language": "<<LAST_LANGUAGE>>",
    "branch": "<<LAST_BRANCH>>",
}


def store_items(
    items: Sequence[Any], headers: Mapping[str, str], now: float, store: HeartbeatStore
) -> list[tuple[Any, int]]:
    """Store what can be stored; give each item's part of the answer and its status."""
    return [
        _store(item, headers, now, store)
        if position < MOST_AT_ONCE
        else ({"error": "Too many heartbeats"}, 429)
        for position, item in enumerate(items)
    ]


def _store(
    item: Any, headers: Mapping[str, str], now: float, store: HeartbeatStore
) -> tuple[Any, int]:
    if not isinstance(item, dict):
        return {"error": "Invalid heartbeat"}, 400
    if errors := _errors(item):
        return {"errors": errors}, 400
    if item["time"] < now - OLDEST_SECONDS:
        # That it is rejected is known, how it is worded is not.
        return {"error": "Can not log time older than 180 days."}, 400
    row = _row(item, headers, now, store)
    key = tuple(row[name] for name in ("entity", "type", "project", "branch", "language", "time"))
    stored = store.add(key, row)
    return {"data": {name: stored[name] for name in ("id", "entity", "type", "time")}}, 201


def _errors(item: Mapping[str, Any]) -> dict[str, list[str]]:
    errors = {
        name: ["This field is required."]
        for name in ("entity", "type", "time")
        if item.get(name) in (None, "")
    }
    if "type" not in errors and item["type"] not in _TYPES:
        errors["type"] = ["Not a valid choice."]
    # Milliseconds are not repaired: what they would be is a time in no known year.
    if "time" not in errors and not _is_between(1, item["time"], 1e11):
        errors["time"] = ["Not a valid time."]
    for name, smallest in _SMALLEST.items():
        value = item.get(name)
        if value is not None and not _is_between(smallest, value, LARGEST_INTEGER):
            errors[name] = [f"Number must be between {smallest} and {LARGEST_INTEGER}."]
    return errors


def _is_between(smallest: float, value: Any, largest: float) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and smallest <= value <= largest


def _row(
    item: Mapping[str, Any], headers: Mapping[str, str], now: float, store: HeartbeatStore
) -> Row:
    known = {name: item.get(name) for name in ("project", "branch", "language")}
    for name, placeholder in _LAST.items():
        if known[name] == placeholder:
            known[name] = _last(name, store)
    browsing = item["type"] in ("domain", "url")
    return {
        "id": str(uuid.uuid4()),
        "entity": item["entity"],
        "type": item["type"],
        "time": float(item["time"]),
        "project": known["project"],
        "branch": known["branch"],
        "language": known["language"] or language_of(item["entity"]),
        "category": item.get("category") or ("browsing" if browsing else "coding"),
        "is_write": item.get("is_write"),
        "dependencies": item.get("dependencies"),
        **{name: item.get(name) for name in _SMALLEST},
        # "Editor and OS are detected from the User-Agent header": the body's is not read.
        "user_agent": headers.get("user-agent"),
        "machine": headers.get("x-machine-name"),
        "created_at": f"{datetime.fromtimestamp(now, UTC):%Y-%m-%dT%H:%M:%SZ}",
    }


def _last(name: str, store: HeartbeatStore) -> str | None:
    newest = store.latest(lambda row: bool(row[name]))
    return None if newest is None else str(newest[name])
