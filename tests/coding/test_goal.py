from __future__ import annotations

import pytest

from tests.coding.samples import a_number
from trayapp.coding.duration import format_goal
from trayapp.coding.goal import parse_goal, with_added, with_goal
from trayapp.coding.number import Goal

SERVERS = Goal(7200, 7000, 97, complete=False)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("3h", 10_800),
        ("2h 30m", 9000),
        ("2h30m", 9000),
        (" 90m ", 5400),
        ("1 H 5 M", 3900),
        ("0h 1m", 60),
        ("24h", 86_400),
    ],
)
def test_a_goal_is_read_as_a_person_writes_it(text: str, seconds: float) -> None:
    assert parse_goal(text) == seconds


@pytest.mark.parametrize(
    ("seconds", "goal"),
    [
        (0, SERVERS),
        (100, Goal(7200, 7100, 98, complete=False)),
        (200, Goal(7200, 7200, 100, complete=True)),
        (9000, Goal(7200, 16_000, 100, complete=True)),
        (-8000, Goal(7200, 0, 0, complete=False)),
    ],
)
def test_what_an_estimate_adds_counts_towards_the_servers_goal(seconds: float, goal: Goal) -> None:
    assert with_added(SERVERS, seconds) == goal
    assert with_added(None, seconds) is None


@pytest.mark.parametrize("text", ["", "h", "3", "3:00", "-3h", "3h 2h", "m90", "1.5h", "3h\n5"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="such as"):
        parse_goal(text)


@pytest.mark.parametrize("text", ["0h", "0h 0m", "25h", "99h"])
def test_a_goal_that_no_day_can_hold_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="less than a day"):
        parse_goal(text)


@pytest.mark.parametrize(("seconds", "text"), [(10_800, "3h"), (9000, "2h 30m"), (2700, "45m")])
def test_a_goal_is_said_without_needless_minutes(seconds: float, text: str) -> None:
    assert format_goal(seconds) == text
    assert parse_goal(text) == seconds


@pytest.mark.parametrize(
    ("seconds", "percent", "complete"),
    [
        (0, 0, False),
        (7499, 69, False),
        (10_799, 99, False),
        (10_800, 100, True),
        (14_400, 133, True),
    ],
)
def test_a_goal_of_ones_own_takes_the_servers_place(
    seconds: float, percent: float, complete: bool
) -> None:
    number = with_goal(a_number(seconds, goal=SERVERS), 10_800)

    assert number.goal == Goal(10_800, seconds, percent, complete)


def test_without_one_the_servers_goal_stays() -> None:
    assert with_goal(a_number(goal=SERVERS), None).goal == SERVERS
