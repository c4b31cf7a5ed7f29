"""Heartbeats as a script or a plugin reports them: options, or wakatime-cli's JSON array.

The form of the array is that of wakatime-cli's --extra-heartbeats (pkg/heartbeat/heartbeat.go and
cmd/heartbeat): numbers may be texts, some names have two spellings, and names that are not known
are skipped. Lines and columns of a cursor are among these: trayapp's heartbeats have none.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, NamedTuple, NoReturn

from trayapp.errors import UsageError

EARLIEST = 978_307_200.0
"""The year 2001, in epoch seconds: what is earlier was never a time."""

MOST_AHEAD_SECONDS = 3600.0
"""As far ahead a clock may be; no server takes more."""

MOST_LINES = 2**31 - 1
"""More is no server's integer."""

LARGEST_INPUT_BYTES = 16 * 1024 * 1024

TYPES = ("file", "app", "domain")

STANDARD_INPUT = "standard input"

_EXAMPLE = 'Example: [{"entity": "/home/ada/a.py", "time": 1700000000.5, "is_write": true}]'


class Report(NamedTuple):
    """One heartbeat as it is reported; what is None is found out.

    `place` names it in messages. The alternatives count where nothing is found. `is_unsaved` says
    that there need be no file.
    """

    place: str
    entity: str
    time: float
    type: str = "file"
    category: str = "coding"
    is_write: bool = False
    is_unsaved: bool = False
    project: str | None = None
    branch: str | None = None
    language: str | None = None
    lines: int | None = None
    alternate_project: str | None = None
    alternate_branch: str | None = None
    alternate_language: str | None = None


def read_time(value: object, now: float, place: str = "--time") -> float:
    """Read a time in epoch seconds; `place` names it in the UsageError."""
    seconds = _number(value)
    if seconds is None:
        raise UsageError(f"{place} is no number", "Give the seconds since 1970, as date +%s does.")
    if seconds < EARLIEST:
        raise UsageError(f"{place} is before 2001", "Give the seconds since 1970.")
    if seconds > now + MOST_AHEAD_SECONDS:
        hint = "Give the seconds since 1970."
        if EARLIEST <= seconds / 1000 <= now + MOST_AHEAD_SECONDS:
            hint = "It looks like milliseconds: give seconds."
        raise UsageError(f"{place} is more than an hour ahead", hint)
    return seconds


def read_extra(data: bytes, now: float) -> list[Report]:
    """Read a JSON array of heartbeats; raises UsageError, also where there are none."""
    if len(data) > LARGEST_INPUT_BYTES:
        raise UsageError(f"{STANDARD_INPUT} holds more than 16 MiB", "Give it in parts.")
    try:
        found = json.loads(data, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{STANDARD_INPUT} holds no JSON", _EXAMPLE) from error
    if not isinstance(found, list):
        raise UsageError(f"{STANDARD_INPUT} holds no JSON array", _EXAMPLE)
    if not found:
        raise UsageError(f"{STANDARD_INPUT} holds no heartbeat", _EXAMPLE)
    return [_read_one(one, number, now) for number, one in enumerate(found, start=1)]


def _read_one(found: object, number: int, now: float) -> Report:
    place = f"heartbeat {number} of {STANDARD_INPUT}"
    if not isinstance(found, dict):
        raise UsageError(f"{place} is no object", _EXAMPLE)
    reader = _Reader(found, place)
    entity = reader.text("entity")
    if entity is None:
        reader.fail("entity", "is missing")
    kind = reader.text("type", "entity_type") or "file"
    if kind not in TYPES:
        reader.fail("type", f"must be one of {', '.join(TYPES)}")
    time = reader.first("time", "timestamp")
    if time is None:
        reader.fail("time", "is missing")
    return Report(
        place=place,
        entity=entity,
        time=read_time(time, now, reader.place("time")),
        type=kind,
        category=reader.text("category") or "coding",
        is_write=reader.flag("is_write"),
        is_unsaved=reader.flag("is_unsaved_entity"),
        project=reader.text("project"),
        branch=reader.text("branch"),
        language=reader.text("language"),
        lines=reader.lines(),
        alternate_project=reader.text("alternate_project"),
        alternate_branch=reader.text("alternate_branch"),
        alternate_language=reader.text("alternate_language"),
    )


class _Reader:
    """Takes values out of one heartbeat, and says which one is wrong."""

    def __init__(self, found: Mapping[str, Any], place: str) -> None:
        self._found = found
        self._place = place

    def first(self, *names: str) -> object:
        """Give the value of the first of these names that has one."""
        values = map(self._found.get, names)
        return next((value for value in values if value is not None), None)

    def text(self, *names: str) -> str | None:
        """Give a text, None for one of blanks only."""
        value = self.first(*names)
        if value is not None and not isinstance(value, str):
            self.fail(names[0], "is no text")
        # A file's name may end with blanks, but not be blank.
        return value if value and value.strip() else None

    def flag(self, name: str) -> bool:
        value = self.first(name)
        if isinstance(value, str):
            value = {"true": True, "false": False}.get(value.lower(), value)
        if value is not None and not isinstance(value, bool):
            self.fail(name, "is neither true nor false")
        return bool(value)

    def lines(self) -> int | None:
        value = self.first("lines")
        number = _number(value)
        if value is None or value == "":
            return None
        if number is None or number != int(number) or not 0 <= number <= MOST_LINES:
            self.fail("lines", "is no number of lines")
        return int(number)

    def place(self, name: str) -> str:
        return f"{name} of {self._place}"

    def fail(self, name: str, reason: str) -> NoReturn:
        raise UsageError(f"{self.place(name)} {reason}", _EXAMPLE)


def _number(value: object) -> float | None:
    """Read a number, or a text of one; None for anything else, such as NaN, true or 1_000."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    if isinstance(value, str) and (not value.isascii() or "_" in value):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)
