"""Strings that D-Bus and a panel can take."""

from __future__ import annotations

import re

TITLE_LIMIT = 1000
LABEL_LIMIT = 120
PANEL_LIMIT = 50
"""Characters of a title, of a menu's line, which XFCE would let grow wider than the screen, and of
text that takes room in the panel itself."""

# D-Bus strings are UTF-8 without NUL; a lone surrogate has no UTF-8 form.
_UNSENDABLE = re.compile("[\0\ud800-\udfff]")
_CONTROL = re.compile("[\x01-\x1f\x7f-\x9f\u2028\u2029]+")

# Waybar and MATE take titles for markup, and show nothing at all when it is broken; XFCE, Plasma
# and LXQt show them as they are, so that `&amp;` would be read as such. Only a text without these
# characters looks the same on all.
_MARKUP = str.maketrans("<>&", "\u2039\u203a+")


def clean(text: object, limit: int = TITLE_LIMIT) -> str:
    """Return the text without what D-Bus cannot carry, at most `limit` characters long."""
    kept = _UNSENDABLE.sub("", str(text))
    return kept if len(kept) <= limit else kept[: limit - 1] + "…"


def title(text: object) -> str:
    """Return the text as a title and tooltip, with look-alikes for what may pass for markup."""
    return clean(text).translate(_MARKUP)


def one_line(text: object, limit: int) -> str:
    """Return the text as one line of at most so many characters."""
    return clean(_CONTROL.sub(" ", str(text).replace("\0", "")), limit)


def label(text: object) -> str:
    """Return the text as a dbusmenu label: one line, and every underscore shown as itself.

    A single underscore would mark the next character as the item's access key.
    """
    return one_line(text, LABEL_LIMIT).replace("_", "__")
