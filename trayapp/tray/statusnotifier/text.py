"""Strings that D-Bus and a panel can take."""

from __future__ import annotations

import re

TITLE_LIMIT = 1000
LABEL_LIMIT = 250

# D-Bus strings are UTF-8 without NUL; a lone surrogate has no UTF-8 form.
_UNSENDABLE = re.compile("[\0\ud800-\udfff]")
_CONTROL = re.compile("[\x01-\x1f\x7f-\x9f]+")


def clean(text: object, limit: int = TITLE_LIMIT) -> str:
    """Return the text without what D-Bus cannot carry, at most `limit` characters long."""
    kept = _UNSENDABLE.sub("", str(text))
    return kept if len(kept) <= limit else kept[: limit - 1] + "…"


def label(text: object) -> str:
    """Return the text as a dbusmenu label: one line, and every underscore shown as itself.

    A single underscore would mark the next character as the item's access key.
    """
    return clean(_CONTROL.sub(" ", str(text).replace("\0", "")), LABEL_LIMIT).replace("_", "__")
