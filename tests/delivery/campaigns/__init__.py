"""Campaigns: long series of real faults, and what a person is promised of each.

`make test` runs a short one of each, TRAYAPP_SOAK=1 (`make soak`) the full number. With -s each
prints its counts and figures.
"""

from __future__ import annotations

import os

IS_FULL = bool(os.environ.get("TRAYAPP_SOAK"))


def number(full: int, short: int) -> int:
    """Give how many this run makes."""
    return full if IS_FULL else short
