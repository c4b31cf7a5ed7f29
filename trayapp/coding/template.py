"""A person's own words for today's time, such as `{hours}:{minutes:02} {project}`.

A field is a name and perhaps a format spec as Python's format() takes it. There is nothing else: no
attributes, no indexes, no conversions, so that a template can reach nothing but the fields. The
cheap commands use this module, so it imports nothing but the formatter.
"""

from __future__ import annotations

from trayapp.coding.duration import (
    ESTIMATE_SIGN,
    NOT_KNOWN,
    format_goal,
    hours_and_minutes,
)
from trayapp.coding.printable import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

NUMBERS = ("hours", "minutes", "total_seconds", "percent")
"""The fields that take a format spec of numbers."""

TEXTS = (
    "text",
    "sign",
    "as_of",
    "project",
    "language",
    "editor",
    "goal",
    "account",
    "date",
    "state",
    "flags",
)

LONGEST_WIDTH = 3
"""In digits: what stands in a bar is not wider."""

Piece = tuple[str, str, str]
"""Text as it is, the field after it, and that field's spec."""


class TemplateError(ValueError):
    """Say what is wrong with a template, and what would be right."""

    def __init__(self, title: str, hint: str) -> None:
        super().__init__(title)
        self.title = title
        self.hint = hint


def parse_template(template: str) -> tuple[Piece, ...]:
    """Take a template apart; raises TemplateError. `{{` and `}}` stand for one brace each."""
    pieces, text, at = [], "", 0
    while at < len(template):
        sign = template[at]
        if sign in "{}" and template[at : at + 2] == sign * 2:
            text += sign
            at += 2
        elif sign == "{":
            field, closed, _rest = template[at + 1 :].partition("}")
            if not closed:
                raise TemplateError("A { has no }", "Write {{ for a brace.")
            name, _, spec = field.partition(":")
            _check(name, spec)
            pieces.append((text, name, spec))
            text = ""
            at += len(field) + 2
        elif sign == "}":
            raise TemplateError("A } has no {", "Write }} for a brace.")
        elif sign in "\r\n":
            raise TemplateError("A template is one line", "Leave the line break out.")
        else:
            text += sign
            at += 1
    return (*pieces, (text, "", ""))


def fill(
    pieces: tuple[Piece, ...],
    document: dict[str, Any],
    as_of: str,
    escape: Callable[[str], str] = str,
) -> str:
    """Put a document's values into a template; what is not known is a dash.

    `as_of` says from when a number is that is not fresh. `escape` is for the values; what stands
    between them may be markup.
    """
    values = _values(document)
    values["as_of"] = as_of
    filled = []
    for text, name, spec in pieces:
        filled.append(text)
        if name:
            value = values[name]
            shown = NOT_KNOWN if value is None else format(value, spec)
            filled.append(escape(shown))
    return "".join(filled)


def _check(name: str, spec: str) -> None:
    if name not in NUMBERS + TEXTS:
        fields = ", ".join(NUMBERS + TEXTS)
        raise TemplateError(f"There is no field {name!r}", f"There are: {fields}.")
    digits = "".join(sign if sign.isdigit() else " " for sign in spec).split()
    try:
        if any(len(run) > LONGEST_WIDTH for run in digits):
            raise ValueError("too wide")  # noqa: TRY301 -- as what format() says of others
        if name in NUMBERS and spec.endswith("c"):
            raise ValueError("c makes a character of a number")  # noqa: TRY301 -- as above
        format(0 if name in NUMBERS else "", spec)
    except ValueError as error:
        example = "{minutes:02}" if name in NUMBERS else "{project:.20}"
        raise TemplateError(
            f"{{{name}:{spec}}} cannot be formatted ({error})", f"Example: {example}"
        ) from error


def _values(document: dict[str, Any]) -> dict[str, Any]:
    seconds, goal = document["total_seconds"], document["goal"]
    hours, minutes = (None, None) if seconds is None else hours_and_minutes(seconds)
    return {
        "hours": hours,
        "minutes": minutes,
        "total_seconds": None if seconds is None else int(seconds),
        "percent": int(goal["percent"]) if goal else None,
        "text": document["text"],
        "sign": ESTIMATE_SIGN if document["source"] == "estimate" else "",
        "project": _largest(document["projects"]),
        "language": _largest(document["languages"]),
        "editor": _largest(document["editors"]),
        "goal": format_goal(goal["target_seconds"]) if goal else None,
        "account": printable(document["account"] or "") or None,
        "date": document["date"],
        "state": document["state"],
        "flags": " ".join(document["flags"]),
    }


def _largest(breakdown: list[dict[str, Any]] | None) -> str | None:
    """Name what most of the time went to."""
    if not breakdown:
        return None
    largest = max(breakdown, key=lambda share: float(share["total_seconds"]))
    return printable(largest["name"]) or None
