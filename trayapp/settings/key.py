"""An API key that does not show itself."""

from __future__ import annotations

import base64
import hmac
import re
from typing import NoReturn, Self
from urllib.parse import quote

from trayapp.errors import KeyProblemError

SHORTEST_KEY = 8
LONGEST_KEY = 256
"""Characters. Keys have 36 or 41; Windows' credential store takes no more than about 1,280."""

MASK = "[key]"


class Key:
    """An API key; only `reveal` gives it away.

    The text must be printable ASCII without blanks, or ValueError says what is wrong with it.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        if not text.isascii() or not text.isprintable() or " " in text:
            raise ValueError("has characters that no API key has")
        if not SHORTEST_KEY <= len(text) <= LONGEST_KEY:
            raise ValueError(f"must have {SHORTEST_KEY} to {LONGEST_KEY} characters")
        self._text = text

    def reveal(self) -> str:
        """Give the key itself."""
        return self._text

    def redact(self, text: str) -> str:
        """Take the key out of a text, in every form in which it travels, and as JSON escapes it."""
        for form in sorted(self._forms(), key=len, reverse=True):
            text = text.replace(form, MASK)
            if "\\u00" in text:
                text = re.sub("".join(map(_as_it_is_or_escaped, form)), MASK, text)
        return text

    def _forms(self) -> set[str]:
        encoded = {
            base64.b64encode(form.encode()).decode().rstrip("=")
            for form in (self._text, f"{self._text}:")
        }
        return {self._text, quote(self._text, safe=""), *encoded}

    def __repr__(self) -> str:
        return f"Key({MASK})"

    def __str__(self) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Key) and hmac.compare_digest(self._text, other._text)

    def __hash__(self) -> int:
        return hash(self._text)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a key is not to be written anywhere")


def _as_it_is_or_escaped(sign: str) -> str:
    return rf"(?:{re.escape(sign)}|\\u00(?i:{ord(sign):02x}))"


def read_key(text: str, source: str) -> Key:
    """Make a key of what a source holds; raises KeyProblemError, which names the source only."""
    try:
        return Key(text.strip())
    except ValueError as error:
        # `error` repeats nothing of the text.
        raise KeyProblemError(
            f"The key from {source} {error}", "Copy the key anew from the server's settings page."
        ) from error
