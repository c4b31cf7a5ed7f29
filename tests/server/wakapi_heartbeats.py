"""How wakapi takes heartbeats (servers.md 3.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.server.inferring import program_as_wakapi

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.server.storing import HeartbeatStore, Row

FUTURE_SECONDS = 3600.0
NONE_VALID = "no valid heartbeat object given"

_TEXTS = (
    "entity",
    "type",
    "category",
    "project",
    "branch",
    "language",
    "editor",
    "operating_system",
    "machine",
    "user_agent",
)
_INTEGERS = (
    "lines",
    "lineno",
    "cursorpos",
    "line_deletions",
    "line_additions",
    "project_root_count",
)
_KINDS: dict[str, tuple[str, type]] = {
    **dict.fromkeys(_TEXTS, ("string", str)),
    **dict.fromkeys(_INTEGERS, ("int", int)),
    "is_write": ("bool", bool),
}
_HASHED = ("entity", "type", "category", "project", "branch", "language", "is_write", "time")
_LAST = {
    "project": "<<LAST_PROJECT>>",
    "language": "<<LAST_LANGUAGE>>",
    "branch": "<<LAST_BRANCH>>",
}
_LARGEST_INTEGER = 2**63 - 1


class DecodeError(ValueError):
    """What Go says of JSON that does not fit, which becomes the answer to the whole request."""


def items_of(document: Any) -> list[Any]:
    """Give the items of an array, or the one that stands alone; raises DecodeError."""
    if document is None:
        return []
    if isinstance(document, list):
        if all(item is None or _flaw(item) is None for item in document):
            return document
        # After an array that does not fit one item is tried, and that error is the one told.
        raise DecodeError("json: cannot unmarshal array into Go value of type models.Heartbeat")
    flaw = _flaw(document)
    if flaw is not None:
        raise DecodeError(flaw)
    return [document]


def store_items(
    items: Sequence[Any],
    headers: Mapping[str, str],
    now: float,
    store: HeartbeatStore,
    max_age: float,
) -> list[tuple[Any, int]]:
    """Store what can be stored; give each item's part of the answer and its status.

    `max_age` is in seconds, as HEARTBEAT_MAX_AGE sets it.
    """
    return [_store(item, headers, now, store, max_age) for item in items]


def _store(
    item: Any, headers: Mapping[str, str], now: float, store: HeartbeatStore, max_age: float
) -> tuple[Any, int]:
    moment = round(float((item or {}).get("time") or 0), 3)
    if not (moment and now - moment <= max_age and moment - now < FUTURE_SECONDS):
        return {"data": None, "error": "invalid heartbeat object"}, 400
    row = _row(item, moment, headers, store)
    key = tuple(row[name] for name in _HASHED)
    # Only now, as the category is put in once a heartbeat is read again.
    row["category"] = row["category"] or _category(row)
    row["created_at"] = now
    store.add(key, row)
    return {"data": None, "error": None}, 201


def _row(item: Mapping[str, Any], moment: float, headers: Mapping[str, str], store: Any) -> Row:
    row: Row = {"id": None, **{name: item.get(name) or "" for name in _TEXTS}}
    row |= {name: item.get(name) or 0 for name in _INTEGERS}
    row["is_write"] = item.get("is_write") or False
    row["time"] = moment
    _fill_placeholders(row, store)
    # Of the body's editor and operating_system nothing is kept; its machine beats the header.
    header = program_as_wakapi(headers.get("user-agent", ""))
    body = program_as_wakapi(row["user_agent"])
    row["editor"] = body.editor or header.editor
    row["operating_system"] = body.system or header.system
    row["user_agent"] = row["user_agent"] or headers.get("user-agent", "")
    row["machine"] = row["machine"] or headers.get("x-machine-name", "")
    return row


def _fill_placeholders(row: Row, store: HeartbeatStore) -> None:
    if row["type"] not in ("url", "domain"):
        if row["project"] == _LAST["project"]:
            newest = store.latest(lambda _: True)
            row["project"] = newest["project"] if newest else ""
        for name in ("language", "branch"):
            if row[name] == _LAST[name]:
                newest = store.latest(lambda other: bool(other["project"] == row["project"]))
                row[name] = newest[name] if newest else ""
    for name, placeholder in _LAST.items():
        if row[name] == placeholder:
            row[name] = ""


def _category(row: Row) -> str:
    if row["type"] in ("url", "domain"):
        return "browsing"
    return "coding" if row["type"] == "file" and row["language"] else ""


def _flaw(item: Any) -> str | None:
    """Give what Go says of an item with a wrong type in it, None when there is none."""
    if not isinstance(item, dict):
        return f"json: cannot unmarshal {_go_name(item)} into Go value of type models.Heartbeat"
    for name, value in item.items():
        if name in ("time", "created_at"):
            # These alone read their own text, of which null is none.
            if not _is_numeric(value):
                return f'strconv.ParseFloat: parsing "{value}": invalid syntax'
        elif value is not None and name in _KINDS and not _is_of(value, _KINDS[name][1]):
            return (
                f"json: cannot unmarshal {_go_name(value)} into Go struct field "
                f"Heartbeat.{name} of type {_KINDS[name][0]}"
            )
    return None


def _is_of(value: Any, kind: type) -> bool:
    # 3.0 is no integer in Go, and true is none either.
    if kind is int:
        return type(value) is int and abs(value) <= _LARGEST_INTEGER
    return isinstance(value, kind)


def _is_numeric(value: Any) -> bool:
    if isinstance(value, bool) or value is None:
        return False
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _go_name(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return f"number {value}"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"
