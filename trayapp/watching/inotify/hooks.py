"""What is handed in: which folders to leave out, and whom to tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from .reports import Report

MARKER = ".git"
"""The name of an entry that makes its folder one to be asked about with `extra_watches`."""


def _no_extra_watches(_path: str) -> Iterable[str]:
    return ()


@dataclass(frozen=True)
class Hooks:
    """Functions that the reader's thread calls; none may block.

    `is_pruned` is asked about each folder before it is watched, never about the root.
    `extra_watches` is asked about the root and about each folder with an entry named MARKER, again
    when that entry changes. It names folders, in the tree or outside, to be watched without what is
    below them. `on_report` is told what happened to a root. A folder with a file of a name in
    `deletions_of` tells what is deleted in it; the others do not, which halves a checkout's events.
    """

    is_pruned: Callable[[str], bool]
    on_report: Callable[[Report], object]
    extra_watches: Callable[[str], Iterable[str]] = _no_extra_watches
    deletions_of: frozenset[str] = frozenset()
