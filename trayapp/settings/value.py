"""One setting as `doctor` shows it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Value:
    """What counts, and where it comes from. Never a secret."""

    name: str
    shown: str
    source: str
