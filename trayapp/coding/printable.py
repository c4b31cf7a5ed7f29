"""Texts of others, such as a project's name, made harmless for a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    """Leave out what would move a cursor, hide or reorder; any blanks become one space each."""
    return "".join(filter(str.isprintable, " ".join(text.split())))
