"""The parts of an answer, read leniently: what is not as it should be is None or empty."""

from __future__ import annotations

import json
from datetime import MAXYEAR, MINYEAR, date, datetime
from typing import Any

from trayapp.coding.number import Breakdown, Share
from trayapp.errors import BadAnswerError

HINT = "Check the account's api_url; if it is right, the server is at fault and this may pass."

_MOST_SECONDS = 1e12
_LAST_EPOCH = 2.5e11
"""In the year 9892: every calendar still has days on both sides of it."""


def missing(host: str, what: str) -> BadAnswerError:
    """Make the error for an answer that has not what it was asked for."""
    return BadAnswerError(f"{host} answered without {what}", HINT)


def data_of(document: Any, host: str, what: str) -> dict[str, Any]:
    """Give the object under `data`; raises BadAnswerError, "host answered without `what`"."""
    data = mapping(document).get("data")
    if not isinstance(data, dict):
        raise missing(host, what)
    return data


def rows_of(document: Any, host: str, what: str) -> list[dict[str, Any]]:
    """Give the objects in the list under `data`, none for null; raises as `data_of`."""
    data = mapping(document).get("data", 0)
    if data is not None and not isinstance(data, list):
        raise missing(host, what)
    return rows(data)


def parse_json(body: bytes) -> Any:
    """Parse a body as JSON, None where it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def mapping(value: object) -> dict[str, Any]:
    """Accept an object, else give an empty one."""
    return value if isinstance(value, dict) else {}


def rows(value: object) -> list[dict[str, Any]]:
    """Accept the objects in a list, null as none."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def names(value: object) -> tuple[str, ...]:
    """Accept the texts in a list, null as none."""
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def seconds(value: object) -> float | None:
    """Accept a finite number of seconds, 0 or more; no string, no bool, no NaN."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= _MOST_SECONDS else None


def whole(value: object) -> int | None:
    """Accept a whole number, 0 or more, as `seconds` does."""
    number = seconds(value)
    return None if number is None else int(number)


def flag(value: object) -> bool | None:
    """Accept true and false."""
    return value if isinstance(value, bool) else None


def text(value: object) -> str:
    """Accept a text, else give an empty one."""
    return value if isinstance(value, str) else ""


def identifier(value: object) -> str:
    """Accept a name or a number that stands for somebody or something, else give an empty text."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def epoch(value: object) -> float | None:
    """Accept a time in epoch seconds that any calendar can show."""
    number = seconds(value)
    return number if number is not None and number <= _LAST_EPOCH else None


def moment(value: object) -> datetime | None:
    """Accept a date and time with an offset, as ISO 8601 writes it.

    The year 1 is Go's way to say never.
    """
    try:
        parsed = datetime.fromisoformat(text(value))
    except ValueError:
        return None
    return parsed if parsed.tzinfo is not None and MINYEAR < parsed.year < MAXYEAR else None


def day(value: object) -> date | None:
    """Accept a date as ISO 8601 writes it; of what follows, as wakapi has it, nothing is read.

    The year 1 is never, as in `moment`.
    """
    try:
        parsed = date.fromisoformat(text(value)[:10])
    except ValueError:
        return None
    return parsed if parsed.year > MINYEAR else None


def breakdown(value: object) -> Breakdown:
    """Accept a list of names with seconds, else give None; lines without seconds are left out."""
    if not isinstance(value, list):
        return None
    shares = (
        Share(text(line.get("name")) or "unknown", total)
        for line in rows(value)
        if (total := seconds(line.get("total_seconds"))) is not None
    )
    return tuple(shares)
