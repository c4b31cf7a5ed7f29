"""What was coded on days gone by: totals with their breakdowns, and a day as spans of time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date

from trayapp.coding.day import Day
from trayapp.coding.number import Breakdown, Share

TOUCHING_SECONDS = 1.0
"""Spans of one project that are no further apart are one: some servers cut to whole seconds."""


@dataclass(frozen=True)
class Stats:
    """How long was coded from `start` to `end`, both included, and at what.

    `start` and `end` are None where the server does not say, as for all time. The daily average is
    of the days on which something was coded, `active_days`. `note` says where the server's days
    are not those asked for. `is_up_to_date` is False while the server is still counting.
    `breakdowns` is as in Number.
    """

    total_seconds: float
    period: str
    start: date | None = None
    end: date | None = None
    timezone: str | None = None
    daily_average_seconds: float | None = None
    active_days: int | None = None
    breakdowns: dict[str, Breakdown] = field(default_factory=dict)
    note: str = ""
    is_up_to_date: bool = True
    user: str | None = None

    @property
    def days(self) -> int | None:
        """How many days that is."""
        if self.start is None or self.end is None:
            return None
        return (self.end - self.start).days + 1


@dataclass(frozen=True)
class Span:
    """Coding without a break; epoch seconds, `project` None where the server does not say."""

    start: float
    end: float
    project: str | None = None

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.end - self.start


@dataclass(frozen=True)
class Timeline:
    """The spans of one day, in order of time."""

    day: Day
    spans: tuple[Span, ...]

    @property
    def total_seconds(self) -> float:
        """How long was coded; what two spans share counts once."""
        total, reached = 0.0, self.day.starts_at
        for span in self.spans:
            total += max(0.0, span.end - max(span.start, reached))
            reached = max(reached, span.end)
        return total


@dataclass(frozen=True)
class RecordedHeartbeat:
    """A heartbeat as a server has it; `time` in epoch seconds, texts empty where it has none."""

    time: float
    entity: str
    type: str = ""
    category: str = ""
    project: str = ""
    branch: str = ""
    language: str = ""
    editor: str = ""
    is_write: bool = False


@dataclass(frozen=True)
class NewestHeartbeats:
    """The newest heartbeats of some days, in order of time.

    `left_out` is how many older ones the days from `asked_from` on have; those before it were not
    asked for.
    """

    heartbeats: tuple[RecordedHeartbeat, ...]
    left_out: int
    asked_from: date


@dataclass(frozen=True)
class ServerGoal:
    """A goal that is set on a server, and how far it is reached in its current day or week.

    `delta` is day or week, `status` the server's word: success, fail, pending or ignored. Of an
    inverse goal one does less. What the server does not say of both seconds is None.
    """

    title: str
    delta: str
    target_seconds: float | None
    tracked_seconds: float | None
    status: str
    is_inverse: bool = False


def timeline_of(day: Day, spans: Iterable[Span]) -> Timeline:
    """Make a timeline of spans in any order: cut to the day, the empty ones left out.

    Spans of one project that touch become one.
    """
    joined: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, span.end)):
        start, end = max(span.start, day.starts_at), min(span.end, day.ends_at)
        if end <= start:
            continue
        last = joined[-1] if joined else None
        if last and last.project == span.project and start <= last.end + TOUCHING_SECONDS:
            joined[-1] = replace(last, end=max(last.end, end))
        else:
            joined.append(Span(start, end, span.project))
    return Timeline(day, tuple(joined))


def spans_of_heartbeats(
    heartbeats: Iterable[tuple[float, str | None]], longest_gap: float
) -> list[Span]:
    """Make spans of heartbeats (epoch seconds, project), as wakapi counts them.

    A gap under `longest_gap` counts for the project of the heartbeat before it, any other is a
    break.
    """
    spans = []
    before: tuple[float, str | None] | None = None
    for heartbeat in sorted(heartbeats, key=lambda heartbeat: heartbeat[0]):
        if before is not None and 0 < heartbeat[0] - before[0] < longest_gap:
            spans.append(Span(before[0], heartbeat[0], before[1]))
        before = heartbeat
    return spans


def add_breakdowns(breakdowns: Iterable[Breakdown]) -> Breakdown:
    """Add breakdowns up by name, the longest first; None where none of them is known."""
    sums: dict[str, float] = {}
    is_known = False
    for breakdown in breakdowns:
        if breakdown is None:
            continue
        is_known = True
        for share in breakdown:
            sums[share.name] = sums.get(share.name, 0.0) + share.total_seconds
    if not is_known:
        return None
    return by_length(Share(name, seconds) for name, seconds in sums.items())


def by_length(shares: Iterable[Share]) -> tuple[Share, ...]:
    """Order shares, the longest first; what took no time is left out."""
    kept = (share for share in shares if share.total_seconds > 0)
    return tuple(sorted(kept, key=lambda share: (-share.total_seconds, share.name)))
