"""Turn a glob of a .gitignore into a regular expression that matches what git's wildmatch does.

Bytes throughout, as in git: `?` is one byte of a name, whatever its encoding. No glob can make a
match slow: what a star before the last one takes is never taken back (atomic groups), for the
leftmost match leaves the most to the rest.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_SPECIAL = re.compile(rb"[*?\[\\]")

_CLASSES = {
    b"alnum": rb"0-9A-Za-z",
    b"alpha": rb"A-Za-z",
    b"blank": rb" \t",
    b"cntrl": rb"\x00-\x1f\x7f",
    b"digit": rb"0-9",
    b"graph": rb"!-~",
    b"lower": rb"a-z",
    b"print": rb" -~",
    b"punct": rb"!-/:-@\[-`{-~",
    b"space": rb" \t\n\r",
    b"upper": rb"A-Z",
    b"xdigit": rb"0-9A-Fa-f",
}
"""git's own classes: ASCII whatever the locale, and without \\v and \\f among the spaces."""


class _NeverMatchesError(ValueError):
    """The glob is malformed; git lets such a one match nothing."""


class _Token(NamedTuple):
    kind: str
    """one (byte), star, slash, or deep (a `**` that crosses folders, with the slash after it)."""

    regex: bytes = b""


_STAR = _Token("star")
_SLASH = _Token("slash", b"/")


def literal_length(glob: bytes) -> int:
    """Count the bytes before the first one that means anything but itself."""
    special = _SPECIAL.search(glob)
    return special.start() if special else len(glob)


def translate(glob: bytes, *, in_path: bool) -> bytes | None:
    """Give a regular expression for `fullmatch` with re.DOTALL, None for what never matches.

    In a path `*`, `?` and sets stop at slashes. git compares the literal beginning by itself, and
    what follows it counts as a beginning too: in `a/b**/c` the stars cross folders.
    """
    start = literal_length(glob)
    try:
        tokens = _tokens(glob[start:], in_path=in_path)
    except _NeverMatchesError:
        return None
    any_byte = rb"[^/]" if in_path else rb"."
    return re.escape(glob[:start]) + _join(tokens, any_byte)


def _tokens(glob: bytes, *, in_path: bool) -> list[_Token]:
    tokens: list[_Token] = []
    at = 0
    while at < len(glob):
        byte = glob[at : at + 1]
        if byte == b"*":
            token, at = _stars(glob, at, in_path=in_path)
        elif byte == b"[":
            token, at = _set(glob, at + 1, in_path=in_path)
        elif byte == b"?":
            token, at = _Token("one", rb"[^/]" if in_path else rb"."), at + 1
        elif byte == b"/":
            token, at = _SLASH, at + 1
        else:
            member, at = _member(glob, at)
            token = _SLASH if member == ord("/") else _Token("one", re.escape(bytes([member])))
        tokens.append(token)
    return tokens


def _stars(glob: bytes, at: int, *, in_path: bool) -> tuple[_Token, int]:
    end = at
    while glob[end : end + 1] == b"*":
        end += 1
    if end - at > 1 and in_path and (at == 0 or glob[at - 1 : at] == b"/"):
        if end == len(glob):
            return _Token("deep", rb".*"), end
        if glob[end : end + 1] == b"/":
            return _Token("deep", rb"(?:.*/)?"), end + 1
        if glob[end : end + 2] == rb"\/":
            return _Token("deep", rb".*/"), end + 2
    return _STAR, end


def _set(glob: bytes, at: int, *, in_path: bool) -> tuple[_Token, int]:
    """Read a set after its `[`; give it and where the glob goes on."""
    negated = glob[at : at + 1] in {b"!", b"^"}
    if negated:
        at += 1
    allowed: set[int] = set()
    before: int | None = None
    first = True
    while first or glob[at : at + 1] != b"]":
        first = False
        member: int | None
        if glob[at : at + 2] == b"[:" and (end := glob.find(b"]", at + 2)) > 0:
            if end > at + 2 and glob[end - 1 : end] == b":":
                allowed.update(_class(glob[at + 2 : end - 1]))
                before, at = None, end + 1
                continue
            member, at = ord("["), at + 1
        elif glob[at : at + 1] == b"-" and before and glob[at + 1 : at + 2] not in {b"", b"]"}:
            last, at = _member(glob, at + 1)
            allowed.update(range(before, last + 1))
            before = None
            continue
        else:
            member, at = _member(glob, at)
        allowed.add(member)
        before = member
    members = set(range(256)) - allowed if negated else allowed
    if in_path:
        members.discard(ord("/"))
    if not members:
        raise _NeverMatchesError
    written = b"".join(b"\\x%02x" % member for member in sorted(members))
    return _Token("one", b"[" + written + b"]"), at + 1


def _member(glob: bytes, at: int) -> tuple[int, int]:
    if glob[at : at + 1] == b"\\":
        at += 1
    if at >= len(glob):
        raise _NeverMatchesError
    return glob[at], at + 1


def _class(name: bytes) -> list[int]:
    if name not in _CLASSES:
        raise _NeverMatchesError
    members = re.compile(b"[" + _CLASSES[name] + b"]")
    return [byte for byte in range(256) if members.match(bytes([byte]))]


def _join(tokens: list[_Token], any_byte: bytes) -> bytes:
    """Write tokens as one expression, each run between two `**/` atomic but the last."""
    runs: list[list[_Token]] = [[]]
    for token in tokens:
        if token.kind == "deep":
            runs.append([])
        runs[-1].append(token)
    written = [_run(runs[0], any_byte)]
    for run in runs[1:-1]:
        lazy = rb"(?:.*?/)??" if run[0].regex.endswith(b"?") else rb".*?/"
        written.append(b"(?>" + lazy + _run(run[1:], any_byte) + b")")
    if len(runs) > 1:
        written.append(runs[-1][0].regex + _run(runs[-1][1:], any_byte))
    return b"".join(written)


def _run(tokens: list[_Token], any_byte: bytes) -> bytes:
    """Write segments and the slashes between them."""
    written: list[bytes] = []
    segment: list[_Token] = []
    for token in [*tokens, _SLASH]:
        if token is _SLASH:
            written.append(_segment(segment, any_byte))
            segment = []
        else:
            segment.append(token)
    return b"/".join(written)


def _segment(tokens: list[_Token], any_byte: bytes) -> bytes:
    pieces = [b""]
    for token in tokens:
        if token is _STAR:
            pieces.append(b"")
        else:
            pieces[-1] += token.regex
    first, *others = pieces
    if not others:
        return first
    last = others.pop()
    middle = [b"(?>" + any_byte + b"*?" + piece + b")" for piece in others if piece]
    return first + b"".join(middle) + any_byte + b"*" + last
