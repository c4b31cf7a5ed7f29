"""What becomes of each candidate, and of each run of machine's writes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

QUIET_SECONDS = 2.0
"""A run of suppressed writes is over, and told, after so long without another."""


class Reason(Enum):
    """Why a candidate is a save, or none; the values are for people."""

    SAVE = "saved by a person"
    SAME_SAVE = "part of the save before"
    NOT_CODE = "not a name of code"
    TEMPORARY = "an editor's temporary file"
    LOCK = "a package manager's lock file"
    RENAMED = "renamed, not written"
    GONE = "gone again"
    NOT_REGULAR = "not an ordinary file"
    TOO_LARGE = "too large"
    EMPTY = "new and still empty"
    UNWRITTEN = "opened, not written"
    TOUCHED = "touched, not written"
    OLDER_TIMES = "brought with an older time"
    GIT = "written by git"
    BURST = "one of many files at once"
    IDLE = "nobody was at the desktop"
    OVERFLOW = "events were lost"
    IGNORED = "ignored by git or by you"


MACHINES = frozenset({Reason.OLDER_TIMES, Reason.GIT, Reason.BURST, Reason.IDLE, Reason.OVERFLOW})
"""Those that come in runs and are told as Suppressed."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One candidate and what was found; `reason` is SAVE exactly when accepted."""

    path: str
    reason: Reason

    @property
    def accepted(self) -> bool:
        """Whether it is a save."""
        return self.reason is Reason.SAVE


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A run of writes that were no person's: why, how many, one of them, when the first came.

    A file that is written, or told, more than once counts as often.
    """

    reason: Reason
    count: int
    example: str
    at: float


@dataclass(slots=True)
class _Run:
    example: str
    at: float
    count: int = 0
    last: float = 0.0


class Suppressions:
    """Gathers suppressed writes to runs, one for each reason and repository."""

    def __init__(self) -> None:
        self._runs: dict[tuple[Reason, str], _Run] = {}

    def add(self, reason: Reason, root: str, path: str, at: float, moment: float) -> None:
        """Count a write; `moment` is when, on the clock that `ended` is asked by."""
        run = self._runs.get((reason, root))
        if run is None:
            run = self._runs[reason, root] = _Run(path, at)
        run.count += 1
        run.last = moment

    @property
    def next_end(self) -> float | None:
        """The moment when the next run ends, should nothing more be suppressed."""
        return min((run.last + QUIET_SECONDS for run in self._runs.values()), default=None)

    def ended(self, moment: float) -> list[Suppressed]:
        """Take the runs that are over."""
        over = [
            (reason, root, run)
            for (reason, root), run in self._runs.items()
            if run.last + QUIET_SECONDS <= moment
        ]
        for reason, root, _ in over:
            del self._runs[reason, root]
        return [Suppressed(reason, run.count, run.example, run.at) for reason, _, run in over]
