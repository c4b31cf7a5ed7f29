"""The menu as data, laid out from a Status, the same on every platform."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from unicodedata import bidirectional

from trayapp.coding.counted import counted
from trayapp.coding.duration import (
    ESTIMATE_SIGN,
    NOT_KNOWN,
    format_duration,
    format_goal,
)
from trayapp.coding.file_monitor import FileMonitorStatus, WatchedFolder, with_home_sign
from trayapp.coding.number import Share
from trayapp.coding.status import DeliveryStatus, Flag, State, Status

LONGEST_LINE = 90

_STEERING = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"

LONGEST_NAME = 50

MOST_SHARES = 10
"""How many projects or languages a submenu names."""

UNTIL_TOMORROW = "tomorrow"

MIDNIGHT = "00:00"

PAUSES = {"900": "15 minutes", "3600": "1 hour", UNTIL_TOMORROW: "Until tomorrow"}
"""Seconds, or until when."""

BREAKDOWNS = {"projects": "Projects", "languages": "Languages"}


class Action(Enum):
    """What a click on a line does."""

    REFRESH = auto()
    TELL = auto()
    OPEN_DASHBOARD = auto()
    SHOW_ACCOUNT = auto()
    SIGN_OUT = auto()
    SWITCH_MONITOR = auto()
    PAUSE = auto()
    RESUME = auto()
    ADD_FOLDER = auto()
    OPEN_FOLDER = auto()
    REMOVE_FOLDER = auto()
    TELL_FOLDER = auto()
    SWITCH_LOGIN = auto()
    SEND_NOW = auto()
    TELL_REFUSED = auto()
    TELL_DELIVERY = auto()
    QUIT = auto()


@dataclass(frozen=True)
class Line:
    """One line of the menu; one without an action has children, or tells something.

    `argument` says what the action is about: the account's name, a folder, how long. A line that
    is `chosen` or not is one of several, of which one is chosen; one that is `on` or not is a
    switch; None for any other line. The `default` line is what a click on the icon does, where that
    does not open the menu.
    """

    text: str
    action: Action | None = None
    argument: str = ""
    chosen: bool | None = None
    on: bool | None = None
    default: bool = False
    children: tuple[Line, ...] = ()


SEPARATOR = Line("---")


def lay_out(
    status: Status, fetched: str, home: str = "", *, starts_at_login: bool | None = None
) -> tuple[Line, ...]:
    """Lay out the menu; `fetched` is the number's time of day, such as `14:02`.

    Paths in the folder `home` are shown with a ~. That it starts at login can be switched where it
    is known.
    """
    groups = (
        _what_is_known(status, fetched),
        _breakdowns(status),
        _monitor(status.monitor, home),
        _actions(status, starts_at_login),
        (Line("Quit", Action.QUIT),),
    )
    lines = [line for group in groups if group for line in (SEPARATOR, *group)]
    return tuple(lines[1:])


def _what_is_known(status: Status, fetched: str) -> tuple[Line, ...]:
    """Say the time, the goal, the state, and what a person has to do.

    The state is said even when all is well, so that an open menu need not change its lines for it:
    LXQt closes one that does. No line is for reading only: many panels draw those too faint.
    """
    click = _opens(status)
    lines = [Line(time_in_words(status, fetched), click, default=True)]
    if status.number is not None and status.number.goal is not None:
        goal = status.number.goal
        text = f"Goal  {int(goal.percent)} % of {format_goal(goal.target_seconds)}"
        lines.append(Line(text, click))
    lines.append(Line(state_in_words(status), Action.REFRESH))
    if status.problem and status.state in (State.REFUSED, State.SIGNED_OUT, State.LOCAL):
        lines.append(Line(_cut(status.problem.hint), Action.REFRESH))
    if status.notice:
        lines.append(Line(_cut(status.notice), Action.REFRESH))
    return (*lines, *_delivery(status.delivery))


def _delivery(delivery: DeliveryStatus) -> Iterator[Line]:
    """Say what is late and why, and what was refused; nothing while all arrives."""
    if delivery.waiting:
        yield Line(f"{counted(delivery.waiting, 'heartbeat')} waiting", Action.SEND_NOW)
    if delivery.dead:
        yield Line(f"{counted(delivery.dead, 'heartbeat')} refused", Action.TELL_REFUSED)
    if delivery.problem is not None:
        yield Line(_cut(delivery.problem.title), Action.TELL_DELIVERY)


def _opens(status: Status) -> Action:
    """Say what a click on what is known does: there may be no page that shows more."""
    return Action.TELL if status.dashboard_url is None else Action.OPEN_DASHBOARD


def _breakdowns(status: Status) -> tuple[Line, ...]:
    """Make a submenu of each breakdown that the server told, and that is not empty."""
    breakdowns = status.number.breakdowns if status.number else {}
    return tuple(
        Line(title, children=tuple(_shares(shares, _opens(status))))
        for name, title in BREAKDOWNS.items()
        if (shares := breakdowns.get(name))
    )


def _shares(shares: tuple[Share, ...], click: Action) -> Iterator[Line]:
    ordered = sorted(shares, key=lambda share: -share.total_seconds)
    for share in ordered[:MOST_SHARES]:
        name = isolated(_cut(share.name, LONGEST_NAME))
        yield Line(f"{name}  {format_duration(share.total_seconds)}", click)
    if len(ordered) > MOST_SHARES:
        yield Line(f"and {len(ordered) - MOST_SHARES} more", click)


def _monitor(monitor: FileMonitorStatus, home: str) -> tuple[Line, ...]:
    """Switch the file monitor, and say which folders it has; without any there is none to switch.

    What is wrong with a folder stands in the menu itself, where nobody has to look for it.
    """
    add = Line("Add folder…", Action.ADD_FOLDER)
    if not monitor.folders:
        return (add,)
    lines = [Line("File monitor", Action.SWITCH_MONITOR, on=monitor.enabled)]
    if monitor.enabled:
        lines.append(_pause(monitor.paused_until))
        lines += [
            Line(_cut(f"{_folder_name(each, home)}: {each.problem}"), Action.TELL_FOLDER, each.path)
            for each in monitor.folders
            if each.problem
        ]
    folders = tuple(
        Line(
            _folder_name(each, home),
            children=(
                Line("Open", Action.OPEN_FOLDER, each.path),
                Line("Watch no longer", Action.REMOVE_FOLDER, each.path),
            ),
        )
        for each in monitor.folders
    )
    return (*lines, Line(counted(len(folders), "folder"), children=(*folders, SEPARATOR, add)))


def _pause(until: float | None) -> Line:
    if until is not None:
        end = clock_time(until)
        end = "tomorrow" if end == MIDNIGHT else end
        return Line(f"Paused until {end}: go on", Action.RESUME)
    return Line(
        "Pause", children=tuple(Line(text, Action.PAUSE, each) for each, text in PAUSES.items())
    )


def _folder_name(folder: WatchedFolder, home: str) -> str:
    """Give the end of a folder's path, which tells more than its beginning."""
    path = with_home_sign(folder.path, home)
    # Cut first: what isolates a name stands at both of its ends.
    return isolated(path if len(path) <= LONGEST_NAME else f"…{path[-LONGEST_NAME + 1 :]}")


def clock_time(at: float) -> str:
    """Give a moment's time of day here."""
    return time.strftime("%H:%M", time.localtime(at))


def isolated(name: str) -> str:
    """Keep a name from turning round what stands beside it, such as a time.

    Characters that steer the direction of writing are left out (Unicode's UAX #9); a name that is
    written from right to left is put between a pair of them that ends with it.
    """
    kept = "".join(letter for letter in name if letter not in _STEERING).strip() or "unknown"
    if any(bidirectional(letter) in ("R", "AL", "AN") for letter in kept):
        return f"\u2068{kept}\u2069"
    return kept


def _actions(status: Status, starts_at_login: bool | None) -> tuple[Line, ...]:
    lines = [Line("Refresh now", Action.REFRESH)]
    if starts_at_login is not None:
        lines.append(Line("Start at login", Action.SWITCH_LOGIN, on=starts_at_login))
    if status.dashboard_url is not None:
        lines.insert(0, Line("Open dashboard", Action.OPEN_DASHBOARD))
    if accounts := _accounts(status):
        lines.insert(0, Line("Account", children=accounts))
    return tuple(lines)


def _accounts(status: Status) -> tuple[Line, ...]:
    """Let one be chosen of several, and a key be removed; with neither there is no submenu."""
    if len(status.accounts) < 2 and not status.can_sign_out:
        return ()
    lines = tuple(
        Line(_cut(name, LONGEST_NAME), Action.SHOW_ACCOUNT, name, chosen=name == status.account)
        for name in status.accounts
    )
    if not status.can_sign_out:
        return lines
    name = str(status.account)
    return (
        *lines,
        SEPARATOR,
        Line(f"Sign out of {_cut(name, LONGEST_NAME)}", Action.SIGN_OUT, name),
    )


def time_in_words(status: Status, fetched: str) -> str:
    """Say the time, and its age when it is not fresh: `Today  2h 5m  (as of 14:02)`."""
    text = f"Today  {_time(status)}"
    as_of_now = status.number is None or status.state in (State.FRESH, State.LOCAL)
    return text if as_of_now else f"{text}  (as of {fetched})"


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
    parts = [time_in_words(status, fetched)]
    if status.state is not State.FRESH:
        parts.append(state_in_words(status))
    delivery = status.delivery
    counts = {Flag.WAITING: f" ({delivery.waiting})", Flag.DEAD: f" ({delivery.dead})"}
    flags = ", ".join(f"{flag}{counts.get(flag, '')}" for flag in status.flags)
    return "  ".join([*parts, flags] if flags else parts)


def label(status: Status) -> str:
    """Say the time in the few letters that stand beside an icon; a state that is not fresh, too."""
    text = _time(status)
    return text if status.state is State.FRESH else f"{text} ({status.state})"


def _time(status: Status) -> str:
    if status.number is None:
        return NOT_KNOWN
    estimate = ESTIMATE_SIGN if Flag.ESTIMATE in status.flags else ""
    return estimate + format_duration(status.number.total_seconds)


def _cut(text: str, longest: int = LONGEST_LINE) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
