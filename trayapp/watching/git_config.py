"""Read what git's config files say, without running git.

Of what they can hold, `[include]` is followed and `[includeIf]` is not.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from trayapp.watching.reading import read_head

DEEPEST_INCLUDE = 10
"""git's own limit."""

SYSTEM_CONFIG = "/etc/gitconfig"

MOST_CONFIG_BYTES = 256 * 1024

_SECTION = re.compile(r'\s*\[\s*([-.\w]+)\s*(?:"((?:[^"\\]|\\.)*)")?\s*\]')
_KEY = re.compile(r"\s*([A-Za-z][-A-Za-z0-9]*)\s*(=?)")
_ESCAPES = {"n": "\n", "t": "\t", "b": "\b", '"': '"', "\\": "\\"}
_TRUE = frozenset({"true", "yes", "on", "1"})


def read_git_config(paths: Iterable[str], *, home: str) -> Mapping[str, str]:
    """Give the last value of each key, as section.key in lower case; later files win."""
    values: dict[str, str] = {}
    for path in paths:
        _read_into(values, path, home, depth=0)
    return values


def is_true(value: str | None) -> bool:
    """Read a boolean; a key without a value has the value "true" here."""
    return value is not None and value.lower() in _TRUE


def expand_home(path: str, home: str) -> str:
    """Replace a leading ~/ as git does."""
    return os.path.join(home, path[2:]) if path.startswith("~/") else path


def _read_into(values: dict[str, str], path: str, home: str, *, depth: int) -> None:
    data = read_head(Path(path), MOST_CONFIG_BYTES)
    if data is None:
        return
    for key, value in parse_git_config(os.fsdecode(data)):
        if key == "include.path" and depth < DEEPEST_INCLUDE:
            included = os.path.join(os.path.dirname(path), expand_home(value, home))
            _read_into(values, included, home, depth=depth + 1)
        else:
            values[key] = value


def parse_git_config(text: str) -> list[tuple[str, str]]:
    """Give the pairs in their order; a line that makes no sense is left out."""
    pairs: list[tuple[str, str]] = []
    section = ""
    lines = iter(text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n"))
    for line in lines:
        rest = line
        if header := _SECTION.match(rest):
            name, subsection = header.groups()
            section = name.lower() + ("" if subsection is None else "." + subsection)
            rest = rest[header.end() :]
        if (key := _KEY.match(rest)) and section:
            name = f"{section}.{key[1].lower()}"
            pairs.append((name, _value(rest[key.end() :], lines) if key[2] else "true"))
    return pairs


def _value(rest: str, lines: Iterator[str]) -> str:
    """Read a value to its end: quotes, escapes, comments, and lines that go on."""
    value = ""
    solid = 0
    quoted = False
    at = 0
    rest = rest.lstrip()
    while at < len(rest):
        character = rest[at]
        at += 1
        if character == "\\":
            if at == len(rest):
                rest, at = next(lines, ""), 0
                continue
            value += _ESCAPES.get(rest[at], rest[at])
            at += 1
            solid = len(value)
        elif character == '"':
            quoted = not quoted
        elif character in "#;" and not quoted:
            break
        else:
            value += character
            if quoted or not character.isspace():
                solid = len(value)
    return value[:solid]
