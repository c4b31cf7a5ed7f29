from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.coding.pacing import (
    FIRST_BACK_OFF_SECONDS,
    LONGEST_BACK_OFF_SECONDS,
    Outcome,
    Pace,
    Reason,
    back_off,
    may_ask_now,
    next_delay,
)

CHANCES = st.floats(0, 1, exclude_max=True)
DAY = 86_400.0


def answered(moment: float, *, changed_at: float = 0.0) -> Pace:
    return Pace(changed_at=changed_at, total_seconds=60).after_answer(moment, 60)


@pytest.mark.parametrize(
    ("pace", "moment", "until_midnight", "least", "most"),
    [
        (Pace(), 0, None, 0, 0),
        (answered(100), 100, DAY, 54, 66),
        (answered(1799), 1799, DAY, 54, 66),
        (answered(1800), 1800, DAY, 270, 330),
        (answered(1800, changed_at=1700), 1800, DAY, 54, 66),
        (answered(1800), 1800, 20, 21, 22),
        (answered(1800), 1800, -5, 15, 15),
        (Pace().after_failure(0, Outcome.COLD), 0, DAY, 15, 15),
        (Pace().after_failure(0, Outcome.REFUSED), 0, DAY, 1620, 1980),
        (Pace().after_failure(0, Outcome.NO_KEY), 0, None, 54, 66),
        (Pace().after_failure(0, Outcome.FAILED), 0, DAY, 7.5, 15),
        (Pace().after_failure(0, Outcome.FAILED, 120), 0, DAY, 120, 120),
        (Pace().after_failure(0, Outcome.FAILED, 1e9), 0, DAY, 3600, 3600),
        (Pace().after_failure(0, Outcome.FAILED, -5), 0, DAY, 7.5, 15),
    ],
)
@given(chance=CHANCES)
def test_the_next_attempt_comes_when_the_last_outcome_says(
    pace: Pace,
    moment: float,
    until_midnight: float | None,
    least: float,
    most: float,
    chance: float,
) -> None:
    assert least <= next_delay(pace, moment, until_midnight, chance) <= most + 1e-6


@pytest.mark.parametrize(
    "pace", [answered(100), answered(1800), Pace().after_failure(0, Outcome.FAILED)]
)
def test_many_clients_do_not_ask_in_step(pace: Pace) -> None:
    delays = {next_delay(pace, 1800, None, chance) for chance in (0.0, 0.3, 0.6, 0.9)}

    assert len(delays) == 4


@given(st.integers(1, 10_000), CHANCES)
def test_backing_off_doubles_with_jitter_up_to_ten_minutes(failures: int, chance: float) -> None:
    delay = back_off(failures, chance)
    full = min(FIRST_BACK_OFF_SECONDS * 2 ** min(failures - 1, 10), LONGEST_BACK_OFF_SECONDS)

    assert full / 2 <= delay <= full


def test_failures_in_a_row_count_up_and_an_answer_ends_the_row() -> None:
    pace = Pace()
    for moment in range(3):
        pace = pace.after_failure(moment, Outcome.FAILED)

    assert pace.failures == 3
    assert pace.after_answer(4, 1).failures == 0
    assert pace.after_failure(4, Outcome.COLD).failures == 0


def test_a_changed_total_counts_as_activity_and_the_same_one_does_not() -> None:
    pace = Pace().after_answer(10, 60).after_answer(20, 60)

    assert pace.changed_at == 10
    assert pace.after_answer(30, 61).changed_at == 30


@pytest.mark.parametrize(
    ("pace", "moment", "reason", "may"),
    [
        (answered(100), 101, Reason.PERSON, True),
        (answered(100), 101, Reason.WAKE, True),
        (answered(100), 101, Reason.SETTINGS, True),
        (answered(100), 115, Reason.MENU, False),
        (answered(100), 115.1, Reason.MENU, True),
        (Pace(), 0, Reason.MENU, True),
        (Pace().after_failure(0, Outcome.FAILED), 20, Reason.MENU, True),
        (Pace().after_failure(0, Outcome.REFUSED), 20, Reason.MENU, False),
        (Pace().after_failure(0, Outcome.REFUSED), 20, Reason.PERSON, True),
        (Pace().after_failure(0, Outcome.FAILED, 60), 59, Reason.PERSON, False),
        (Pace().after_failure(0, Outcome.FAILED, 60), 59, Reason.WAKE, False),
        (Pace().after_failure(0, Outcome.FAILED, 60), 59, Reason.SETTINGS, True),
        (Pace().after_failure(0, Outcome.FAILED, 60), 60, Reason.PERSON, True),
        (Pace().after_failure(0, Outcome.NO_KEY), 1, Reason.KEYRING, True),
        (answered(0), 1000, Reason.KEYRING, False),
        (Pace().after_failure(0, Outcome.REFUSED), 1000, Reason.KEYRING, False),
        (Pace().after_failure(0, Outcome.FAILED), 1000, Reason.KEYRING, False),
    ],
)
def test_who_may_have_the_server_asked_before_it_is_due(
    pace: Pace, moment: float, reason: Reason, may: bool
) -> None:
    assert may_ask_now(pace, moment, reason) is may
