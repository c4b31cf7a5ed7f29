"""One round of sending to one account: what to send next, and what became of it.

A heartbeat that a server will never take must not hold up the others, and a server in trouble must
not cost a single good one. What tells the two apart is whether others are accepted meanwhile:

- A refused batch is halved until one heartbeat stands alone. That one is a suspect, and is put off.
- A suspect is condemned when it fails alone, at its third failure at the earliest, and only if the
  server has accepted others in this round since a request that failed for no other: all else in it
  was accepted. A proxy that refuses everything from some moment on condemns nothing so.
- Three different ones that fail alone, with none accepted between, are the server's trouble.
- An answer that decides on none of a batch, or asks for a pause, is the server's trouble too. The
  next round then starts with a single heartbeat and doubles with each accepted batch, which finds
  the one in a batch that brings the server down.
- Suspects are sent again alone, when nothing else is left.

Nothing here knows the time, the network or the disk.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from trayapp.delivery.outcomes import LARGEST_BATCH, SMALLER_BATCH, Fate, Kind, Verdict
from trayapp.delivery.rows import Outcome, Row, State
from trayapp.servers.dialects import Dialect

FAILURES_OF_A_POISON = 3
FAILURES_OF_A_DOUBTED = 5
"""A database that is down gives 422 too."""

MOST_FAILING_ALONE = 3

NextRows = Callable[[int, int], Sequence[Row]]
"""Give the oldest rows that wait: at most so many (first), with ids above that one (second)."""


@dataclass(frozen=True)
class Batch:
    """What goes into one request: rows of one machine and one user agent."""

    rows: tuple[Row, ...]

    @property
    def body(self) -> bytes:
        """A JSON array of the very bytes that were recorded."""
        return b"[" + b",".join(row.body for row in self.rows) + b"]"


class Ending(Enum):
    """How a round ended."""

    SENT = auto()
    SUSPECTS = auto()
    """Only suspects are left."""

    TROUBLE = auto()
    REFUSED = auto()


@dataclass
class Suspicion:
    """What is remembered of one account from round to round.

    `failures` are those of each suspect by id, the latest to fail last. `alone` are those that
    failed alone since one was accepted. `cautious` says that the next round starts with one
    heartbeat.
    """

    failures: dict[int, int] = field(default_factory=dict)
    alone: set[int] = field(default_factory=set)
    cautious: bool = False


class Round:
    """Ask for a batch, send it, tell the verdict, and so on until there is no other.

    `accepted` counts the batches of which something was; `failure` is the last answer that decided
    on nothing.
    """

    def __init__(self, dialect: Dialect, suspicion: Suspicion, next_rows: NextRows) -> None:
        self.dialect = dialect
        self._suspicion = suspicion
        self._next_rows = next_rows
        self._largest = LARGEST_BATCH[dialect]
        self._limit = 1 if suspicion.cautious else self._largest
        self._pending: list[tuple[Row, ...]] = []
        self._read_up_to = 0
        self._suspects: list[Row] = []
        self._seen: set[int] = set()
        self._failures: dict[int, int] = dict(suspicion.failures)
        # Requests that failed, each with the number of batches that were accepted before.
        self._failed: list[tuple[frozenset[int], int]] = [
            (frozenset({one}), 0) for one, failures in suspicion.failures.items() if failures
        ]
        self._done: set[int] = set()
        # How many batches were accepted before a suspect was put off in this round.
        self._put_off: dict[int, int] = {}
        self._is_first = True
        self.accepted = 0
        self.ending: Ending | None = None
        self.failure: Verdict | None = None

    def next_batch(self) -> Batch | None:
        """Give what to send now, None when the round is over: `ending` then says how."""
        if self.ending is not None:
            return None
        rows = self._pending.pop() if self._pending else self._read()
        if len(rows) > self._limit:
            self._pending.append(rows[self._limit :])
            rows = rows[: self._limit]
        rows = rows or self._next_suspect()
        if not rows:
            self._forget_all_but_seen()
            self.ending = Ending.SUSPECTS if self._suspicion.failures else Ending.SENT
            return None
        return Batch(rows)

    def settle(self, batch: Batch, verdict: Verdict) -> list[Outcome]:
        """Learn from the answer to a batch; give what is to be marked as done or dead."""
        rows = batch.rows
        outcomes: list[Outcome] = []
        if verdict.kind is not Kind.DECIDED:
            self.failure = verdict
        if verdict.crowded or verdict.kind is Kind.REJECTED:
            self._allow_at_most(SMALLER_BATCH[self.dialect])
        match verdict.kind:
            case Kind.DECIDED:
                outcomes = self._settle_items(rows, verdict)
            case Kind.FAILED:
                self.ending = Ending.TROUBLE
            case Kind.REFUSED:
                self.ending = Ending.REFUSED
            case _ if len(rows) == 1:
                outcomes = self._failed_alone(rows[0], verdict)
            case kind if kind is Kind.UNDECIDED or verdict.retry_after:
                self._suspicion.cautious = True
                self.ending = Ending.TROUBLE
            case _:
                self._halve(rows, verdict)
        self._is_first = False
        return outcomes

    def _settle_items(self, rows: Sequence[Row], verdict: Verdict) -> list[Outcome]:
        outcomes: list[Outcome] = []
        kept: list[Row] = []
        for row, item in zip(rows, verdict.items, strict=True):
            if item.fate in (Fate.DONE, Fate.DEAD):
                state: State = "done" if item.fate is Fate.DONE else "dead"
                outcomes.append(Outcome(row.id, state, item.reason))
                self._suspicion.failures.pop(row.id, None)
            elif item.fate is Fate.DOUBTED:
                self._count_failure((row,))
                self._suspect(row)
                self._suspects.append(row)
            else:
                kept.append(row)
        if kept:
            self._pending.append(tuple(kept))
        done = {outcome.id for outcome in outcomes if outcome.state == "done"}
        self._done |= done
        if done:
            self.accepted += 1
            self._suspicion.alone.clear()
            self._suspicion.cautious = False
            self._limit = min(2 * self._limit, self._largest)
        return outcomes

    def _halve(self, rows: tuple[Row, ...], verdict: Verdict) -> None:
        middle = len(rows) // 2
        self._pending += [rows[middle:], rows[:middle]]
        if verdict.kind is Kind.TOO_LARGE:
            self._allow_at_most(len(rows) - middle)
        else:
            self._count_failure(rows)

    def _failed_alone(self, row: Row, verdict: Verdict) -> list[Outcome]:
        """Suspect a heartbeat, condemn it, or see that the server is in trouble."""
        suspicion = self._suspicion
        known = row.id in suspicion.failures
        suspicion.alone.add(row.id)
        crowd = len(suspicion.alone) >= MOST_FAILING_ALONE
        # A server that has no time for a heartbeat says nothing against it.
        against = verdict.kind is not Kind.UNDECIDED or verdict.doubted
        if against:
            enough = FAILURES_OF_A_DOUBTED if verdict.doubted else FAILURES_OF_A_POISON
            if self._is_charged(row) and not crowd:
                if self._failures.get(row.id, 0) + 1 >= enough:
                    suspicion.failures.pop(row.id, None)
                    return [Outcome(row.id, "dead", verdict.reason, enough)]
                self._suspects.append(row)
            elif not known:
                self._suspects.append(row)
            self._count_failure((row,))
        self._suspect(row)
        # Whether it may be the heartbeat's own fault, so that another can be tried at once.
        own = verdict.kind is not Kind.UNDECIDED or (verdict.doubted and self.accepted > 0)
        if not known and (crowd or not own):
            suspicion.cautious = True
            # The next round starts behind all that was refused in this one.
            for other in (each for rows in self._pending for each in rows):
                if self._failures.pop(other.id, 0):
                    self._suspect(other)
        if suspicion.cautious or verdict.retry_after:
            self.ending = Ending.TROUBLE
        elif not against:
            self.ending = Ending.SUSPECTS
        return []

    def _read(self) -> tuple[Row, ...]:
        """Read the next rows that go together, and put suspects aside."""
        together: list[Row] = []
        while not together:
            rows = self._next_rows(self._limit, self._read_up_to)
            if not rows:
                break
            for row in rows:
                if row.id in self._suspicion.failures:
                    self._seen.add(row.id)
                    self._suspects.append(row)
                elif together and _sender(row) != _sender(together[0]):
                    break
                else:
                    together.append(row)
                self._read_up_to = row.id
        return tuple(together)

    def _next_suspect(self) -> tuple[Row, ...]:
        """Pick a suspect that may be sent again: the one that has not failed for longest."""
        place = {suspect: place for place, suspect in enumerate(self._suspicion.failures)}
        for row in sorted(self._suspects, key=lambda row: place[row.id]):
            crowd = self._suspicion.alone | {row.id}
            is_well = self._is_charged(row) or self.accepted > self._put_off.get(row.id, 0)
            if (is_well and len(crowd) < MOST_FAILING_ALONE) or self._is_first:
                self._suspects.remove(row)
                return (row,)
        return ()

    def _is_charged(self, row: Row) -> bool:
        """Tell whether others were accepted since a request that failed for this row alone."""
        return any(
            accepted < self.accepted and ids - self._done == {row.id}
            for ids, accepted in self._failed
        )

    def _count_failure(self, rows: Sequence[Row]) -> None:
        self._failed.append((frozenset(row.id for row in rows), self.accepted))
        for row in rows:
            self._failures[row.id] = self._failures.get(row.id, 0) + 1

    def _suspect(self, row: Row) -> None:
        self._suspicion.failures.pop(row.id, None)
        self._suspicion.failures[row.id] = self._failures.get(row.id, 0)
        self._put_off[row.id] = self.accepted
        self._seen.add(row.id)

    def _forget_all_but_seen(self) -> None:
        """Forget suspects that wait no longer: somebody may have dropped them."""
        for gone in self._suspicion.failures.keys() - self._seen:
            del self._suspicion.failures[gone]

    def _allow_at_most(self, count: int) -> None:
        self._largest = min(self._largest, count)
        self._limit = min(self._limit, self._largest)


def _sender(row: Row) -> tuple[str, str]:
    return row.machine, row.user_agent
