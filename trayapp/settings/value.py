"""One setting as `doctor` shows it."""

from __future__ import annotations

from typing import NamedTuple


class Value(NamedTuple):
    """What counts, and where it comes from. Never a secret."""

    name: str
    shown: str
    source: str
