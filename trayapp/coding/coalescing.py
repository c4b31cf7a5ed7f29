"""Coalescing: which of the saves of half a minute are recorded.

A window begins with the first save of a key, which is recorded at once. Of the later ones within
the window only the last is kept: it is held as the one open row, each next takes its place, and it
is sent once the window is over. So each save that is left out lies between two recorded ones of its
key that are less than WINDOW_SECONDS apart, with no save of another key and no midnight between
them, and every server counts the same time with it and without it: gaps as short as these count in
full under every rule.

There is one window at a time: a save of another key ends it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from enum import Enum, auto
from typing import NamedTuple

WINDOW_SECONDS = 30.0
"""No setting: the shortest time in which a server counts a gap differently is 60 s."""

QUARTER_SECONDS = 900
"""Every zone's midnight falls on a quarter hour of UTC."""


class Window(NamedTuple):
    """The window that began last: whose, since when, and the time of the save that it holds.

    Both are in epoch seconds; `held_at` is None while nothing is held.
    """

    key: bytes
    started_at: float
    held_at: float | None = None


class Decision(Enum):
    """What becomes of a save."""

    RECORD = auto()
    """A row of its own, which begins a window; a row that was held is held no longer."""

    HOLD = auto()
    """A row that is held until the window is over."""

    REPLACE = auto()
    """It takes the place of the row that is held."""


def decide(window: Window | None, key: bytes, at: float) -> Decision:
    """Say what becomes of a save of a key, made at `at` (epoch seconds)."""
    if window is None or key != window.key or is_over(window, at):
        return Decision.RECORD
    return Decision.HOLD if window.held_at is None else Decision.REPLACE


def is_over(window: Window, now: float) -> bool:
    """Tell whether a window has ended by `now`: in time, at a quarter hour, or by a clock set back.

    A clock that was set back to a moment after what is held changes nothing.
    """
    last = window.started_at if window.held_at is None else window.held_at
    return not last <= now < ends_at(window)


def ends_at(window: Window) -> float:
    """Give the moment at which a window ends by itself, in epoch seconds."""
    quarter = (window.started_at // QUARTER_SECONDS + 1) * QUARTER_SECONDS
    return min(window.started_at + WINDOW_SECONDS, quarter)


def coalescing_key(secret: bytes, *parts: str | None) -> bytes:
    """Make the key of a save from its entity before hiding, project, branch, language, category.

    It lies on disk, and tells nothing of these to anybody who has not the secret.
    """
    text = json.dumps(parts).encode()
    return hmac.new(secret, text, hashlib.sha256).digest()
