"""Bursts: more files at once than a person saves.

More than ten files within one second, in one repository, are a machine's: a formatter, a generator,
hg, svn, jj. Ten are "save all". A file among them is still a person's if it stands alone: nothing
else was written for a fifth of a second before and after, or it was written in a way of its own
(saved in place while an archive unpacks, with a backup while a formatter runs).

What cannot be told apart: an update by hg, svn or jj, a generator or a formatter that writes ten
files or fewer, or fewer than eleven in any one second; a person's save in the very rhythm and way
of a burst, or of several files within it; a burst's straggler that stands alone counts as a save.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from trayapp.watching.freshness import Way
from trayapp.watching.project import Project

BURST_SECONDS = 1.0
MOST_FILES_OF_A_PERSON = 10
ALONE_SECONDS = 0.2
_TRIMMED_AT_ONCE = 1024


@dataclass(slots=True, eq=False)
class Candidate:
    """A write that may be a save: when it came by the wall clock, and by ours, and how."""

    path: str
    at: float
    moment: float
    way: Way
    root: str
    serial: int = 0
    merged: bool = False
    """Its file was renamed over another candidate's."""

    project: Project | None = None
    """Found when it came, under the path that it has; None where nobody looked yet."""


class Bursts:
    """Remembers the candidates of the last seconds by repository, in their order."""

    def __init__(self) -> None:
        self._groups: dict[str, list[Candidate]] = {}
        self._trimmed: dict[str, int] = {}

    def add(self, candidate: Candidate) -> None:
        """Remember a candidate; none may be older than the one before."""
        group = self._groups.setdefault(candidate.root, [])
        candidate.serial = self._trimmed.setdefault(candidate.root, 0) + len(group)
        group.append(candidate)

    def is_full(self, root: str, moment: float) -> bool:
        """Tell whether one more candidate at this moment makes a burst, whatever follows."""
        group = self._groups.get(root, [])[-MOST_FILES_OF_A_PERSON:]
        return len(group) == MOST_FILES_OF_A_PERSON and moment - group[0].moment <= BURST_SECONDS

    def holds(self, candidate: Candidate) -> bool:
        """Tell whether a candidate is part of a burst, once the second after it is over.

        Asked in the order of the candidates: what is too old for this one is forgotten.
        """
        group = self._groups[candidate.root]
        self._trim(candidate.root, candidate.moment - BURST_SECONDS)
        place = candidate.serial - self._trimmed[candidate.root]
        return _is_dense(group, place) and not (
            _stands_alone(group, place) or _is_the_only_one_of_its_way(group, place)
        )

    def clear(self) -> None:
        """Forget every candidate."""
        self._groups.clear()
        self._trimmed.clear()

    def _trim(self, root: str, oldest: float) -> None:
        group = self._groups[root]
        if len(group) > _TRIMMED_AT_ONCE and group[_TRIMMED_AT_ONCE].moment < oldest:
            del group[:_TRIMMED_AT_ONCE]
            self._trimmed[root] += _TRIMMED_AT_ONCE


def _is_dense(group: list[Candidate], place: int) -> bool:
    return any(
        group[first + MOST_FILES_OF_A_PERSON].moment - group[first].moment <= BURST_SECONDS
        for first in range(max(place - MOST_FILES_OF_A_PERSON, 0), place + 1)
        if first + MOST_FILES_OF_A_PERSON < len(group)
    )


def _stands_alone(group: list[Candidate], place: int) -> bool:
    neighbours = group[max(place - 1, 0) : place] + group[place + 1 : place + 2]
    return all(abs(one.moment - group[place].moment) >= ALONE_SECONDS for one in neighbours)


def _is_the_only_one_of_its_way(group: list[Candidate], place: int) -> bool:
    before = (group[i] for i in range(place - 1, -1, -1))
    after = (group[i] for i in range(place + 1, len(group)))
    return not (_has_the_way(before, group[place]) or _has_the_way(after, group[place]))


def _has_the_way(others: Iterable[Candidate], candidate: Candidate) -> bool:
    for other in others:
        if abs(other.moment - candidate.moment) > BURST_SECONDS:
            return False
        if other.way is candidate.way:
            return True
    return False
