"""The menu as data, laid out from a Status, the same on every platform."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from trayapp.coding.duration import NOT_KNOWN, format_duration
from trayapp.coding.status import State, Status

LONGEST_LINE = 90


class Action(Enum):
    """What a click on a line does."""

    REFRESH = auto()
    OPEN_DASHBOARD = auto()
    QUIT = auto()


@dataclass(frozen=True)
class Line:
    """One line of the menu; without an action it only tells something."""

    text: str
    action: Action | None = None


SEPARATOR = Line("---")


def lay_out(status: Status, fetched: str) -> tuple[Line, ...]:
    """Lay out the menu; `fetched` is the number's time of day, such as `14:02`."""
    lines = [Line(time_in_words(status, fetched)), Line(state_in_words(status))]
    if status.problem and status.state in (State.REFUSED, State.SIGNED_OUT, State.LOCAL):
        lines.append(Line(_cut(status.problem.hint)))
    lines += [SEPARATOR, Line("Refresh now", Action.REFRESH)]
    if status.dashboard_url is not None:
        lines.append(Line("Open dashboard", Action.OPEN_DASHBOARD))
    return (*lines, SEPARATOR, Line("Quit", Action.QUIT))


def time_in_words(status: Status, fetched: str) -> str:
    """Say the time, and its age when it is not fresh: `Today  2h 5m  (as of 14:02)`."""
    if status.number is None:
        return f"Today  {NOT_KNOWN}"
    text = f"Today  {format_duration(status.number.total_seconds)}"
    return text if status.state is State.FRESH else f"{text}  (as of {fetched})"


def state_in_words(status: Status) -> str:
    """Say the state by its own word, and what went wrong."""
    text = str(status.state).capitalize()
    if status.problem is not None:
        text = f"{text}: {status.problem.title}"
    elif status.state is State.STARTING:
        text = f"{text}: no number of today yet"
    return _cut(text)


def tooltip(status: Status, fetched: str) -> str:
    """Say the same in one line, for the tooltip and for screen readers."""
    text = time_in_words(status, fetched)
    return text if status.state is State.FRESH else f"{text}  {state_in_words(status)}"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_LINE else text[: LONGEST_LINE - 1] + "…"
