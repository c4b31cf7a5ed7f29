"""Desktop entries as text: how a command is written into one, and how one is read.

Source: the Desktop Entry Specification 1.5, "The Exec key" and "Possible value types".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

GROUP = "Desktop Entry"

_RESERVED = re.compile(r"""[\s"'\\><~|&;$*?#()`]""")
_QUOTED_SPECIAL = re.compile(r'(["`$\\])')

DETOUR = ("nice", "-n", "0")
"""Starts a program with what only an argument may have in its path: an equals sign, which the
specification forbids; a per cent sign, with which GLib (2.74) and systemd (252) look for the
program before they have read what that means; a quote or a control character, which systemd
refuses."""
THROUGH_SHELL = ("/bin/sh", "-c", 'exec "$0" "$@"')
"""Was that detour before; systemd reads no such entry, but starts a unit that has it."""
_ONLY_IN_ARGUMENTS = re.compile(r"""[=%"'\x00-\x1f\x7f]""")

_BLANKS = " \t\r\v\f"
"""What is blank around a key and a value: a path may end with what only Unicode calls so."""

_ESCAPES = {"s": " ", "n": "\n", "t": "\t", "r": "\r", "\\": "\\"}
_UNESCAPES = {"\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def exec_value(arguments: Sequence[str]) -> str:
    """Write a command as the value of Exec, whatever its path."""
    words = [*DETOUR, *arguments] if _ONLY_IN_ARGUMENTS.search(arguments[0]) else arguments
    return escaped(" ".join(_quoted(word) for word in words))


def exec_arguments(value: str) -> tuple[str, ...] | None:
    """Read the command back from Exec's value as the file has it, None where it is none."""
    words = exec_words(value)
    return (words[3:] if words[:3] in (DETOUR, THROUGH_SHELL) else words) or None


def exec_words(value: str) -> tuple[str, ...]:
    """Read the words of Exec's value, the detour too; none where they are not well-formed.

    Field codes are left out: a program that starts at login is given no files.
    """
    text = unescaped(value)
    arguments: list[str] = []
    rest = text.strip(" ")
    while rest:
        found = re.match(r'"((?:[^"\\]|\\.)*)"|([^\s"]+)', rest, re.DOTALL)
        if found is None:
            return ()
        quoted, plain = found.groups()
        argument = plain if quoted is None else re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL)
        if not (quoted is None and re.fullmatch(r"%[a-zA-Z]", argument)):
            arguments.append(argument.replace("%%", "%"))
        rest = rest[found.end() :].lstrip(" ")
    return tuple(arguments)


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
