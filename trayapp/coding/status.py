"""Status: the one snapshot that every face draws."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from trayapp.coding.document import FRESH_SECONDS
from trayapp.coding.file_monitor import FileMonitorStatus
from trayapp.coding.number import Number
from trayapp.coding.preferences import Preferences
from trayapp.errors import (
    CertificateError,
    ConfigError,
    KeyHostError,
    KeyProblemError,
    KeyRefusedError,
    ServerError,
    SignedOutError,
    TimedOutError,
    TrayappError,
    UnreachableError,
)


class State(StrEnum):
    """Exactly one holds at a time; icon, menu, JSON, bars and doctor use these words."""

    STARTING = "starting"
    FRESH = "fresh"
    STALE = "stale"
    OFFLINE = "offline"
    REFUSED = "refused"
    SIGNED_OUT = "signed-out"
    LOCAL = "local"


class Flag(StrEnum):
    """What may hold beside the state, any of them; the faces use these words."""

    DEAD = "dead"
    PAUSED = "paused"
    WAITING = "waiting"
    ESTIMATE = "estimate"
    GOAL_REACHED = "goal-reached"


@dataclass(frozen=True)
class Problem:
    """What went wrong last, ready for a person, with the exit code that belongs to it."""

    title: str
    hint: str
    exit_code: int


@dataclass(frozen=True)
class DeliveryStatus:
    """How heartbeats fare: how many are late, how many are dead letters, and what keeps them.

    One that goes with the next round is not late.
    """

    waiting: int = 0
    dead: int = 0
    problem: Problem | None = None


@dataclass(frozen=True)
class Status:
    """What is known at one moment (`at`, epoch seconds).

    `number` is always of the day on which `at` falls, or None for "not known". `accounts` are the
    names of all of them. `notice` says what is wrong with the settings while they serve all the
    same.
    """

    state: State
    at: float
    number: Number | None = None
    account: str | None = None
    api_url: str | None = None
    dashboard_url: str | None = None
    problem: Problem | None = None
    accounts: tuple[str, ...] = ()
    can_sign_out: bool = False
    delivery: DeliveryStatus = field(default_factory=DeliveryStatus)
    notice: str = ""
    monitor: FileMonitorStatus = field(default_factory=FileMonitorStatus)
    preferences: Preferences = field(default_factory=Preferences)

    @property
    def goal_reached(self) -> bool:
        """Tell whether today's goal is reached."""
        return (
            self.number is not None and self.number.goal is not None and self.number.goal.complete
        )

    @property
    def flags(self) -> tuple[Flag, ...]:
        """Give the flags that hold, the most urgent first."""
        holds = {
            Flag.DEAD: self.delivery.dead > 0,
            Flag.PAUSED: self.monitor.paused_until is not None,
            Flag.WAITING: self.delivery.waiting > 0,
            Flag.ESTIMATE: self.number is not None and self.number.source == "estimate",
            Flag.GOAL_REACHED: self.goal_reached,
        }
        return tuple(flag for flag in Flag if holds[flag])


def problem_of(error: TrayappError) -> Problem:
    """Take from an error what the faces show."""
    return Problem(error.title, error.hint, error.exit_code)


def number_of_today(number: Number | None, now: float) -> Number | None:
    """Keep a number only while its day lasts: no number is shown as another day's."""
    return number if number is not None and number.day.contains(now) else None


def is_fresh(number: Number, now: float) -> bool:
    """Tell whether a number came from the server, on this day, at most FRESH_SECONDS ago."""
    return (
        number.source == "server"
        and number.day.contains(now)
        and now - number.fetched_at <= FRESH_SECONDS
    )


def decide_state(
    *, has_account: bool, number: Number | None, error: TrayappError | None, now: float
) -> State:
    """Name the state that follows from the last attempt.

    `number` is the last one known, of whatever day; `error` is what the last attempt ended in. A
    keyring or a server that gives nothing leaves today's number stale; with none of today there is
    nothing to show, which counts as signed out or offline.
    """
    number = number_of_today(number, now)
    if isinstance(error, KeyRefusedError):
        return State.REFUSED
    if isinstance(error, UnreachableError | TimedOutError | CertificateError):
        return State.OFFLINE
    if isinstance(error, KeyHostError):
        return State.SIGNED_OUT
    if not has_account:
        # Settings that cannot be read do not say that there is no account.
        return State.STARTING if isinstance(error, ConfigError) else State.LOCAL
    if isinstance(error, SignedOutError):
        return State.SIGNED_OUT
    if number is not None:
        return State.FRESH if error is None and is_fresh(number, now) else State.STALE
    if isinstance(error, KeyProblemError):
        return State.SIGNED_OUT
    return State.OFFLINE if isinstance(error, ServerError) else State.STARTING


def status_at(
    now: float,
    *,
    account: str | None,
    api_url: str | None,
    dashboard_url: str | None,
    number: Number | None,
    error: TrayappError | None,
) -> Status:
    """Give the status at `now` that follows from the last number known and the last attempt."""
    state = decide_state(has_account=account is not None, number=number, error=error, now=now)
    kept_of_a_server = number is not None and number.source == "server"
    if state is State.SIGNED_OUT or (state is State.LOCAL and kept_of_a_server):
        number = None
    return Status(
        state=state,
        at=now,
        number=number_of_today(number, now),
        account=account,
        api_url=api_url,
        dashboard_url=dashboard_url,
        problem=problem_of(error) if error else None,
    )


def next_change(number: Number | None, now: float) -> float | None:
    """Find the next moment at which time alone changes what a number's faces show."""
    if number is None:
        return None
    moments = (number.fetched_at + FRESH_SECONDS + 1, number.day.ends_at)
    return min((moment for moment in moments if moment > now), default=None)
