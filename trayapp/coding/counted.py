"""Numbers of things, in words."""

from __future__ import annotations


def counted(number: int, thing: str) -> str:
    """Say how many there are, such as `1 folder` or `2 folders`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
