"""When to ask the server again.

All of it is arithmetic on what the last attempt ended in; `chance` is a random number in [0, 1)
handed in by the caller, so that many clients do not ask in step.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto

POLL_SECONDS = 60.0
IDLE_POLL_SECONDS = 300.0
IDLE_AFTER_SECONDS = 1800.0
COLD_SECONDS = 15.0
"""WakaTime fills its cache meanwhile (servers.md, statusbar/today)."""

MENU_AGE_SECONDS = 15.0
FIRST_BACK_OFF_SECONDS = 15.0
LONGEST_BACK_OFF_SECONDS = 600.0
LONGEST_RETRY_AFTER_SECONDS = 3600.0
REFUSED_SECONDS = 1800.0
JITTER = 0.1


class Outcome(Enum):
    """What an attempt ended in, as far as pacing cares."""

    ANSWERED = auto()
    COLD = auto()
    FAILED = auto()
    REFUSED = auto()
    NO_KEY = auto()


class Reason(Enum):
    """Why somebody wants an attempt before it is due."""

    PERSON = auto()
    """Refresh now."""

    MENU = auto()
    """The menu is being opened."""

    WAKE = auto()
    """The machine woke, its clock was set, or it came onto a network."""

    SETTINGS = auto()
    """Settings or keys changed."""

    KEYRING = auto()
    """The keyring was unlocked, or came."""

    DELIVERED = auto()
    """The server took heartbeats, so its number has changed."""


@dataclass(frozen=True)
class Pace:
    """What is remembered between two attempts; moments are on the monotonic clock, in seconds."""

    attempted_at: float | None = None
    changed_at: float = 0.0
    total_seconds: float | None = None
    failures: int = 0
    outcome: Outcome | None = None
    not_before: float = 0.0
    """What the server asked for with Retry-After; binds a person too."""

    def after_answer(self, moment: float, total_seconds: float) -> Pace:
        """Remember an answer."""
        changed = total_seconds != self.total_seconds
        return Pace(
            attempted_at=moment,
            changed_at=moment if changed else self.changed_at,
            total_seconds=total_seconds,
            outcome=Outcome.ANSWERED,
        )

    def after_failure(
        self, moment: float, outcome: Outcome, retry_after: float | None = None
    ) -> Pace:
        """Remember an attempt that brought no number."""
        wait = min(max(retry_after or 0.0, 0.0), LONGEST_RETRY_AFTER_SECONDS)
        return replace(
            self,
            attempted_at=moment,
            failures=self.failures + 1 if outcome is Outcome.FAILED else 0,
            outcome=outcome,
            not_before=moment + wait,
        )


def sooner(due_at: float, moment: float) -> float:
    """Give when to ask next once somebody codes again, who would else be seen much later."""
    return min(due_at, moment + POLL_SECONDS)


def next_delay(pace: Pace, moment: float, until_midnight: float | None, chance: float) -> float:
    """Give the seconds from `moment`, that of the last attempt, to the next.

    `until_midnight` is how long the account's day still lasts, None where no day is known.
    """
    match pace.outcome:
        case None:
            return 0.0
        case Outcome.COLD:
            delay = COLD_SECONDS
        case Outcome.REFUSED:
            delay = _jittered(REFUSED_SECONDS, chance)
        case Outcome.FAILED:
            delay = max(back_off(pace.failures, chance), pace.not_before - moment)
        case Outcome.NO_KEY:
            delay = _jittered(POLL_SECONDS, chance)
        case Outcome.ANSWERED:
            idle = moment - pace.changed_at >= IDLE_AFTER_SECONDS
            delay = _jittered(IDLE_POLL_SECONDS if idle else POLL_SECONDS, chance)
            if until_midnight is not None and until_midnight <= 0:
                # The day is over here, but the server still answers with it: its clock is behind.
                delay = min(delay, COLD_SECONDS)
            elif until_midnight is not None:
                # A second late rather than early: the server's clock decides which day it is.
                delay = min(delay, until_midnight + 1.0 + chance)
    return delay


def back_off(failures: int, chance: float) -> float:
    """Give the wait after the given number of failures in a row: doubling, jittered, bounded."""
    longest = min(
        FIRST_BACK_OFF_SECONDS * 2.0 ** min(max(failures - 1, 0), 10), LONGEST_BACK_OFF_SECONDS
    )
    return longest * (0.5 + chance / 2)


def may_ask_now(pace: Pace, moment: float, reason: Reason) -> bool:
    """Decide whether an attempt may go ahead of its time.

    Retry-After binds everybody but a change of settings, which may mean another server. Opening
    the menu asks only when the last attempt is old enough; neither that nor what was delivered
    repeats a refused key. The keyring matters only where the last attempt had no key.
    """
    if reason is Reason.SETTINGS:
        return True
    if moment < pace.not_before:
        return False
    if reason is Reason.MENU:
        recent = pace.attempted_at is not None and moment - pace.attempted_at <= MENU_AGE_SECONDS
        return not recent and pace.outcome is not Outcome.REFUSED
    if reason is Reason.KEYRING:
        return pace.outcome is Outcome.NO_KEY
    return reason is not Reason.DELIVERED or pace.outcome is not Outcome.REFUSED


def _jittered(seconds: float, chance: float) -> float:
    return seconds * (1 - JITTER + 2 * JITTER * chance)
