r"""Patterns: the regexes of ~/.wakatime.cfg, read as wakatime-cli reads them.

They ignore case and are searched for anywhere in a text. wakatime-cli compiles them with Go's
regexp and, where that refuses, with regexp2. Python's re reads nearly all of both alike.
`compile_pattern` mends what it reads otherwise without a word ([[:alpha:]]) and some of what it
does not know (\z, (?<name>x), \Q.\E, (?i) in the middle). What is left: \w, \d, \s and \b know
every script here and only ASCII in Go; $ also matches before a line break at the end; \pL, other
flags in the middle and lookbehind of no fixed width do not compile; and re tries all ways, so that
one such as (a+)+$ may never come to an end on a path of 40 letters, where Go's takes no time.

Nothing here ever shows a pattern: a list of hidden names is as secret as the names.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from typing import NamedTuple

_TOKEN = re.compile(
    r"""
    \\Q (?P<literal> .*? ) (?: \\E | \Z )
    | (?P<end> \\z )
    | \\ .
    | (?P<ignore_case> \(\?i\) )
    | (?P<group> \(\?< ) (?! [=!] )
    | \[ (?P<members> \^? \]? (?: \\. | \[: \^? [a-z]+ :\] | [^\]\\] )*+ ) \]
    """,
    re.VERBOSE | re.DOTALL,
)
_MEMBER = re.compile(r"\[:(?P<posix>\^?[a-z]+):\]|\\.", re.DOTALL)

_POSIX = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7f",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-\~",
    "space": r"\t-\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}


class Patterns(NamedTuple):
    """A setting that is true, false or a list of regexes.

    `given` tells `false` from nothing: wakatime-cli hides branches with their file unless
    hide_branch_names was given.
    """

    regexes: tuple[re.Pattern[str], ...] = ()
    everything: bool = False
    given: bool = False

    def __repr__(self) -> str:
        return f"Patterns(everything={self.everything}, given={self.given})"

    def match(self, *texts: str | None) -> bool:
        """Tell whether a regex is found in one of the texts; None is no text."""
        known = [text for text in texts if text is not None]
        if self.everything:
            return bool(known)
        return any(regex.search(text) for regex in self.regexes for text in known)


def read_patterns(
    value: bool | Sequence[str], *, broken: bool = True
) -> tuple[Patterns, tuple[int, ...]]:
    """Read a setting; give it with the positions, from 1, of the regexes that do not compile.

    Those match everything if `broken`, else nothing.
    """
    if isinstance(value, bool):
        return Patterns(everything=value, given=True), ()
    compiled = [compile_pattern(text) for text in value]
    faults = tuple(number for number, regex in enumerate(compiled, start=1) if regex is None)
    regexes = tuple(regex for regex in compiled if regex is not None)
    return Patterns(regexes, everything=broken and bool(faults), given=bool(compiled)), faults


def compile_pattern(text: str) -> re.Pattern[str] | None:
    """Compile one regex, None where that cannot be done."""
    try:
        with warnings.catch_warnings():
            # That [a&&b] may mean something else one day.
            warnings.simplefilter("ignore", FutureWarning)
            return re.compile(_TOKEN.sub(_translate, text), re.IGNORECASE)
    except (re.error, LookupError, OverflowError, RecursionError):
        return None


def _translate(token: re.Match[str]) -> str:
    if token["literal"] is not None:
        return re.escape(token["literal"])
    if token["members"] is not None:
        return f"[{_MEMBER.sub(_translate_member, token['members'])}]"
    if token["end"]:
        return r"\Z"
    if token["group"]:
        return "(?P<"
    return "" if token["ignore_case"] else token[0]


def _translate_member(member: re.Match[str]) -> str:
    return _POSIX[member["posix"]] if member["posix"] else member[0]
