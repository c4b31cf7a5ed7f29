"""Desktop entries as text: how a command is written into one, and how one is read.

Source: the Desktop Entry Specification 1.5, "The Exec key" and "Possible value types".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

GROUP = "Desktop Entry"

_RESERVED = re.compile(r"""[\s"'\\><~|&;$*?#()`]""")
_QUOTED_SPECIAL = re.compile(r'(["`$\\])')
THROUGH_SHELL = ("/bin/sh", "-c", 'exec "$0" "$@"')
"""Starts a program whose path has an equals sign, which the specification forbids, or a per cent
sign, with which GLib looks for the program before it has read what that means (2.74)."""

_BLANKS = " \t\r\v\f"
"""What is blank around a key and a value: a path may end with what only Unicode calls so."""

_ESCAPES = {"s": " ", "n": "\n", "t": "\t", "r": "\r", "\\": "\\"}
_UNESCAPES = {"\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def exec_value(arguments: Sequence[str]) -> str:
    """Write a command as the value of Exec, whatever its path."""
    words = [*THROUGH_SHELL, *arguments] if set(arguments[0]) & set("=%") else arguments
    return escaped(" ".join(_quoted(word) for word in words))


def exec_arguments(value: str) -> tuple[str, ...] | None:
    """Read the command back from Exec's value as the file has it, None where it is none.

    Field codes are left out: a program that starts at login is given no files.
    """
    text = unescaped(value)
    arguments: list[str] = []
    rest = text.strip(" ")
    while rest:
        found = re.match(r'"((?:[^"\\]|\\.)*)"|([^\s"]+)', rest, re.DOTALL)
        if found is None:
            return None
        quoted, plain = found.groups()
        argument = plain if quoted is None else re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL)
        if not (quoted is None and re.fullmatch(r"%[a-zA-Z]", argument)):
            arguments.append(argument.replace("%%", "%"))
        rest = rest[found.end() :].lstrip(" ")
    if tuple(arguments[:3]) == THROUGH_SHELL:
        del arguments[:3]
    return tuple(arguments) or None


def entry_text(values: Mapping[str, str], comment: str = "") -> str:
    """Write an entry of these keys, whose values are escaped already."""
    lines = [f"# {comment}"] if comment else []
    lines += [f"[{GROUP}]", *(f"{key}={value}" for key, value in values.items())]
    return "\n".join(lines) + "\n"


def read_entry(text: str) -> dict[str, str] | None:
    """Read the values of the main group, as they are written; None where there is no such group.

    The last of several values of one key counts, as in GLib.
    """
    values: dict[str, str] | None = None
    in_group = False
    # Only this ends a line: for Python many others do, which a path may have.
    for line in text.split("\n"):
        stripped = line.strip(_BLANKS)
        if stripped.startswith("[") and stripped.endswith("]"):
            in_group = stripped == f"[{GROUP}]"
            values = values or {} if in_group else values
        elif in_group and values is not None and not stripped.startswith("#"):
            key, equals, value = line.partition("=")
            if equals:
                values[key.strip(_BLANKS)] = value.strip(_BLANKS)
    return values


def is_true(value: str | None) -> bool:
    """Read a boolean, as old desktops wrote them too."""
    return value in ("true", "1")


def names(value: str | None) -> list[str]:
    """Read a list of names, each ended by a semicolon."""
    return [unescaped(name) for name in (value or "").split(";") if name]


def escaped(text: str) -> str:
    """Write a text as a value of type string."""
    return "".join(_UNESCAPES.get(letter, letter) for letter in text)


def unescaped(value: str) -> str:
    r"""Read a value of type string; an escape that is none stays as it is."""
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[0]), value, flags=re.DOTALL)


def list_value(values: Iterable[str]) -> str:
    """Write a list of strings."""
    return "".join(f"{escaped(value).replace(';', chr(92) + ';')};" for value in values)


def _quoted(argument: str) -> str:
    text = argument.replace("%", "%%")
    if text and not _RESERVED.search(text):
        return text
    return '"' + _QUOTED_SPECIAL.sub(r"\\\1", text) + '"'
