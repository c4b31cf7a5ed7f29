from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.coding.samples import NOON, a_day, a_number, a_status
from trayapp.coding.number import Goal
from trayapp.coding.status import State, next_change, status_at
from trayapp.errors import (
    BadAnswerError,
    CertificateError,
    ConfigError,
    KeyHostError,
    KeyRefusedError,
    KeyringLockedError,
    SignedOutError,
    ThrottledError,
    TimedOutError,
    TrayappError,
    UnreachableError,
)

NUMBER = a_number()
OLD = a_number(fetched_at=NOON - 601)
YESTERDAYS = a_number(fetched_at=NOON - 24 * 3600)

EVERY_ERROR: list[type[TrayappError]] = [
    BadAnswerError,
    CertificateError,
    ConfigError,
    KeyHostError,
    KeyRefusedError,
    KeyringLockedError,
    SignedOutError,
    ThrottledError,
    TimedOutError,
    UnreachableError,
]


@pytest.mark.parametrize(
    ("number", "error", "state"),
    [
        (None, None, State.STARTING),
        (NUMBER, None, State.FRESH),
        (OLD, None, State.STALE),
        (YESTERDAYS, None, State.STARTING),
        (NUMBER, BadAnswerError("500"), State.STALE),
        (None, BadAnswerError("500"), State.OFFLINE),
        (YESTERDAYS, BadAnswerError("500"), State.OFFLINE),
        (NUMBER, ThrottledError("429"), State.STALE),
        (NUMBER, UnreachableError("refused"), State.OFFLINE),
        (None, UnreachableError("refused"), State.OFFLINE),
        (NUMBER, TimedOutError("late"), State.OFFLINE),
        (NUMBER, CertificateError("untrusted"), State.OFFLINE),
        (NUMBER, KeyRefusedError("401"), State.REFUSED),
        (None, KeyRefusedError("401"), State.REFUSED),
        (NUMBER, SignedOutError("no key"), State.SIGNED_OUT),
        (NUMBER, KeyHostError("not for this host"), State.SIGNED_OUT),
        (NUMBER, KeyringLockedError("locked"), State.STALE),
        (None, KeyringLockedError("locked"), State.SIGNED_OUT),
        (NUMBER, ConfigError("line 3"), State.STALE),
        (None, TrayappError("a mistake of ours"), State.STARTING),
    ],
)
def test_the_state_follows_from_the_last_number_and_the_last_attempt(
    number: object, error: TrayappError | None, state: State
) -> None:
    status = a_status(number, error)  # type: ignore[arg-type] # a table of mixed rows

    assert status.state is state
    assert (status.problem is None) == (error is None)


def test_without_an_account_the_state_is_local_and_no_number_shows() -> None:
    status = status_at(
        NOON, account=None, api_url=None, dashboard_url=None, number=NUMBER, error=None
    )

    assert (status.state, status.number) == (State.LOCAL, None)


def test_when_signed_out_the_number_is_not_shown() -> None:
    assert a_status(NUMBER, SignedOutError("no key")).number is None


@given(
    st.floats(-3 * 86_400, 3 * 86_400),
    st.sampled_from([None, *EVERY_ERROR]),
)
def test_no_number_is_ever_shown_on_another_day_than_its_own(
    offset: float, kind: type[TrayappError] | None
) -> None:
    now = NOON + offset

    status = a_status(NUMBER, kind("it failed") if kind else None, now=now)

    assert status.number is None or a_day(now).date == NUMBER.day.date
    if status.state is State.FRESH:
        assert kind is None
        assert now - NUMBER.fetched_at <= 600


def test_an_estimate_is_never_fresh() -> None:
    assert a_status(replace(NUMBER, source="estimate")).state is State.STALE


def test_the_goal_is_reached_when_the_server_says_so() -> None:
    goal = Goal(3600, 7500, 100, complete=True)

    assert a_status(a_number(goal=goal)).goal_reached
    assert not a_status(a_number(goal=replace(goal, complete=False))).goal_reached
    assert not a_status(NUMBER).goal_reached
    assert not a_status(None).goal_reached


def test_time_alone_changes_the_faces_when_the_number_grows_old_and_when_its_day_ends() -> None:
    assert next_change(None, NOON) is None
    assert next_change(NUMBER, NOON) == NOON + 601
    assert next_change(NUMBER, NOON + 700) == NUMBER.day.ends_at
    assert next_change(NUMBER, NUMBER.day.ends_at) is None
