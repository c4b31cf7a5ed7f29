"""What happened to a path, as any observer can say it."""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple


class Kind(Enum):
    """The kinds of events that tell saves; opening, reading and chmod are not among them."""

    CREATED = auto()
    CLOSED = auto()
    """A file that had been open for writing was closed, whether written or not."""

    MOVED_IN = auto()
    """Renamed from a place that is not watched."""

    MOVED = auto()
    """Renamed from `old_path` to `path`."""

    DELETED = auto()
    """Deleted, or renamed to a place that is not watched."""

    OVERFLOW = auto()
    """Events were lost; has no path."""


class RawEvent(NamedTuple):
    """One event; `at` is the wall clock, in seconds, when it was read.

    `watch` is the watched folder that told it: events of one come in the order in which things
    happened, those of two may not.
    """

    kind: Kind
    path: str
    old_path: str
    is_directory: bool
    at: float
    watch: str = ""
