"""How Hackatime takes heartbeats (servers.md 1.2, 1.4)."""

from __future__ import annotations

import hashlib
import json
import math
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.server.inferring import language_of, program_as_hackatime

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.server.storing import HeartbeatStore, Row

MOST_AT_ONCE = 100
SANE_TIMES = (1e9, 2e9)
LARGEST_INTEGER = 2**31 - 1

_TEXTS = (
    "branch",
    "category",
    "editor",
    "entity",
    "language",
    "machine",
    "operating_system",
    "project",
    "type",
    "user_agent",
)
_INTEGERS = (
    "cursorpos",
    "line_additions",
    "line_deletions",
    "lineno",
    "lines",
    "project_root_count",
)
_HASHED = (*_TEXTS, *_INTEGERS, "dependencies", "is_write", "time")
"""Nearly all: a retry under another user agent or machine name is another heartbeat."""
_AI_COLUMNS = (
    "ai_input_tokens",
    "ai_line_changes",
    "ai_model",
    "ai_output_tokens",
    "ai_prompt_length",
    "ai_session",
    "ai_subscription_plan",
    "human_line_changes",
)
"""Known to the server, but not sent by trayapp and not read here."""
_CONTROL = re.compile(r"[\0-\x1f\x7f]")
_LAST_PROJECT = "<<LAST_PROJECT>>"
_LAST = {"language": "<<LAST_LANGUAGE>>", "branch": "<<LAST_BRANCH>>"}


class InvalidTimeError(ValueError):
    """A heartbeat's time is none."""


def store_items(
    items: Sequence[Any], headers: Mapping[str, str], now: float, store: HeartbeatStore
) -> list[tuple[Any, int]]:
    """Store what can be stored; give each item's part of the answer and its status."""
    rows: list[Row] = []
    read: list[Row | str] = []
    for item in items:
        try:
            row = _row(item, headers, now, store, rows)
        except InvalidTimeError as error:
            read.append(str(error))
        else:
            rows.append(row)
            read.append(row)
    # One integer that the database does not take fails all that is written with it.
    outsized = next(filter(None, map(_outsized, rows)), None)

    def answer(row: Row | str) -> tuple[Any, int]:
        if isinstance(row, str):
            return {"error": row, "type": "HeartbeatIngest::InvalidHeartbeatTime"}, 422
        if outsized is not None:
            error = f"{outsized} is out of range for ActiveModel::Type::Integer with limit 4 bytes"
            return {"error": error, "type": "ActiveModel::RangeError"}, 422
        return store.add(row["fields_hash"], row), 201

    return [answer(row) for row in read]


def _outsized(row: Row) -> int | None:
    return next((row[name] for name in _INTEGERS if abs(row[name] or 0) > LARGEST_INTEGER), None)


def _row(
    item: Any, headers: Mapping[str, str], now: float, store: HeartbeatStore, batch: list[Row]
) -> Row:
    given = item if isinstance(item, dict) else {}
    known: Row = {name: _text(given.get(name)) for name in _TEXTS}
    known |= {name: _integer(given.get(name)) for name in _INTEGERS}
    known["time"] = _time(given.get("time"))
    known["is_write"] = None if given.get("is_write") is None else bool(given["is_write"])
    known["dependencies"] = _dependencies(given.get("dependencies"))
    if known["project"] is not None:
        known["project"] = _CONTROL.sub("", known["project"]).strip()
    for name, placeholder in _LAST.items():
        if known[name] == placeholder:
            known[name] = _last(name, known["project"], batch, store)
    entity = known["entity"] or ""
    if (known["language"] or "unknown").lower() == "unknown" or entity.endswith(".luau"):
        known["language"] = language_of(entity) or known["language"]
    browsing = known["type"] in ("url", "domain")
    known["category"] = known["category"] or ("browsing" if browsing else "coding")
    known["user_agent"] = (
        known["user_agent"] or _text(given.get("plugin")) or headers.get("user-agent")
    )
    program = program_as_hackatime(known["user_agent"] or "")
    known["editor"] = program.editor or known["editor"]
    known["operating_system"] = program.system or known["operating_system"]
    # The header beats the body, and is stored as it came, escaped or not.
    known["machine"] = headers.get("x-machine-name") or known["machine"]
    hashed = json.dumps([known[name] for name in _HASHED], separators=(",", ":"))
    moment = f"{datetime.fromtimestamp(now, UTC):%Y-%m-%dT%H:%M:%S.000Z}"
    return {
        "id": None,
        **known,
        **dict.fromkeys(_AI_COLUMNS),
        "user_id": 4207,
        "source_type": "test_entry" if entity == "test.txt" else "direct_entry",
        "fields_hash": hashlib.md5(hashed.encode(), usedforsecurity=False).hexdigest(),
        "ip_address": "127.0.0.1",
        "ja4_id": None,
        "created_at": moment,
        "updated_at": moment,
        "deleted_at": None,
    }


def _text(value: Any) -> str | None:
    # Lists and objects are not let through; NUL characters are taken out.
    if value is None or isinstance(value, list | dict):
        return None
    return value.replace("\0", "") if isinstance(value, str) else str(value)


def _integer(value: Any) -> int | None:
    try:
        return int(float(value))
    except (TypeError, ValueError, OverflowError):
        return None


def _dependencies(value: Any) -> list[str]:
    # Only a list of scalars: a text with commas is dropped.
    if not isinstance(value, list):
        return []
    return [text for text in map(_text, value) if text is not None]


def _time(value: Any) -> float:
    """Give epoch seconds, of milli-, micro- and nanoseconds too; raises InvalidTimeError."""
    try:
        seconds = float(value) if not isinstance(value, bool) else math.nan
    except (TypeError, ValueError):
        seconds = _date(value)
    for scale in (1, 1e3, 1e6, 1e9):
        if SANE_TIMES[0] <= seconds / scale < SANE_TIMES[1]:
            return seconds / scale
    raise InvalidTimeError("time must be Unix epoch seconds between 1000000000 and 1999999999")


def _date(value: Any) -> float:
    try:
        return datetime.fromisoformat(value).timestamp()
    except (TypeError, ValueError):
        raise InvalidTimeError("time must be a Unix epoch timestamp or parseable date") from None


def _last(name: str, project: str | None, batch: list[Row], store: HeartbeatStore) -> str | None:
    """Give the newest value for the same project, of this batch or else of all rows."""
    if project == _LAST_PROJECT:
        named = (row["project"] for row in reversed(batch))
        project = next((each for each in named if each and each != _LAST_PROJECT), None)
    if not project:
        return None

    def fits(row: Row) -> bool:
        return row["project"] == project and bool(row[name])

    newest = next(filter(fits, reversed(batch)), None) or store.latest(fits)
    return None if newest is None else str(newest[name])
