"""The menu as data, laid out from a Status, the same on every platform."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from trayapp.coding.duration import NOT_KNOWN, format_duration
from trayapp.coding.goal import format_goal
from trayapp.coding.number import Share
from trayapp.coding.status import Flag, State, Status

LONGEST_LINE = 90

LONGEST_NAME = 50

MOST_SHARES = 10
"""How many projects or languages a submenu names."""

BREAKDOWNS = {"projects": "Projects", "languages": "Languages"}


class Action(Enum):
    """What a click on a line does."""

    REFRESH = auto()
    OPEN_DASHBOARD = auto()
    SHOW_ACCOUNT = auto()
    SIGN_OUT = auto()
    QUIT = auto()


@dataclass(frozen=True)
class Line:
    """One line of the menu; without an action it only tells something.

    `argument` says what the action is about, the account's name for SHOW_ACCOUNT. A line that is
    `chosen` or not is one of several, of which one is chosen; None for any other line. The
    `default` line is what a click on the icon does, where that does not open the menu.
    """

    text: str
    action: Action | None = None
    argument: str = ""
    chosen: bool | None = None
    default: bool = False
    children: tuple[Line, ...] = ()


SEPARATOR = Line("---")


def lay_out(status: Status, fetched: str) -> tuple[Line, ...]:
    """Lay out the menu; `fetched` is the number's time of day, such as `14:02`."""
    groups = (
        _what_is_known(status, fetched),
        _breakdowns(status),
        _actions(status),
        (Line("Quit", Action.QUIT),),
    )
    lines = [line for group in groups if group for line in (SEPARATOR, *group)]
    return tuple(lines[1:])


def _what_is_known(status: Status, fetched: str) -> tuple[Line, ...]:
    # Not only the headline but also what a click on the icon does where that opens no menu.
    opens = None if status.dashboard_url is None else Action.OPEN_DASHBOARD
    lines = [Line(time_in_words(status, fetched), opens, default=opens is not None)]
    if status.number is not None and status.number.goal is not None:
        goal = status.number.goal
        lines.append(Line(f"Goal  {int(goal.percent)} % of {format_goal(goal.target_seconds)}"))
    if status.state is not State.FRESH:
        lines.append(Line(state_in_words(status)))
        if status.problem and status.state in (State.REFUSED, State.SIGNED_OUT, State.LOCAL):
            lines.append(Line(_cut(status.problem.hint)))
    return tuple(lines)


def _breakdowns(status: Status) -> tuple[Line, ...]:
    """Make a submenu of each breakdown that the server told, and that is not empty."""
    breakdowns = status.number.breakdowns if status.number else {}
    return tuple(
        Line(title, children=tuple(_shares(shares)))
        for name, title in BREAKDOWNS.items()
        if (shares := breakdowns.get(name))
    )


def _shares(shares: tuple[Share, ...]) -> Iterator[Line]:
    ordered = sorted(shares, key=lambda share: -share.total_seconds)
    for share in ordered[:MOST_SHARES]:
        name = _cut(share.name, LONGEST_NAME)
        yield Line(f"{name}  {format_duration(share.total_seconds)}")
    if len(ordered) > MOST_SHARES:
        yield Line(f"and {len(ordered) - MOST_SHARES} more")


def _actions(status: Status) -> tuple[Line, ...]:
    lines = [Line("Refresh now", Action.REFRESH)]
    if status.dashboard_url is not None:
        lines.insert(0, Line("Open dashboard", Action.OPEN_DASHBOARD))
    if accounts := _accounts(status):
        lines.insert(0, Line("Account", children=accounts))
    return tuple(lines)


def _accounts(status: Status) -> tuple[Line, ...]:
    lines = tuple(
        Line(_cut(name, LONGEST_NAME), Action.SHOW_ACCOUNT, name, chosen=name == status.account)
        for name in status.accounts
    )
    return (*lines, SEPARATOR, Line("Sign out", Action.SIGN_OUT)) if status.can_sign_out else lines


def time_in_words(status: Status, fetched: str) -> str:
    """Say the time, and its age when it is not fresh: `Today  2h 5m  (as of 14:02)`."""
    text = f"Today  {_time(status)}"
    known_and_fresh = status.number is None or status.state is State.FRESH
    return text if known_and_fresh else f"{text}  (as of {fetched})"


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


def label(status: Status) -> str:
    """Say the time in the few letters that stand beside an icon; a state that is not fresh, too."""
    text = _time(status)
    return text if status.state is State.FRESH else f"{text} ({status.state})"


def _time(status: Status) -> str:
    if status.number is None:
        return NOT_KNOWN
    estimate = "~" if Flag.ESTIMATE in status.flags else ""
    return estimate + format_duration(status.number.total_seconds)


def _cut(text: str, longest: int = LONGEST_LINE) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
