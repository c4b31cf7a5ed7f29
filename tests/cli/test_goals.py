from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.cli.past import altered, at_terminal, sign_in
from tests.cli.person import Person
from tests.server import Server


def test_hackatimes_goal_for_the_day_is_shown(person: Person) -> None:
    with Server("hackatime") as server:
        server.today(total_seconds=5400, goal_seconds=7200)
        sign_in(person, server)

        shown = person.run("goals")
        document = json.loads(person.run("goals", "--json").stdout)

    assert shown.stdout.splitlines()[0] == "Daily goal"
    assert shown.stdout.rstrip().endswith("1h 30m of 2h today, pending")
    assert document["goals"] == [
        {
            "title": "Daily goal",
            "delta": "day",
            "target_seconds": 7200,
            "tracked_seconds": 5400,
            "status": "pending",
            "is_inverse": False,
        }
    ]


def test_wakatimes_goals_are_shown(person: Person) -> None:
    with Server("wakatime") as server:
        server.past(goals={"Code an hour": 3600, "evil\x1b[2J": 60})
        sign_in(person, server)

        shown = person.run("goals")
        document = json.loads(person.run("goals", "--json").stdout)

    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.splitlines()[0::2] == ["Code an hour", "evil[2J"]
    assert [goal["target_seconds"] for goal in document["goals"]] == [3600, 60]


def without_the_newest_seconds(document: Any) -> object:
    document["data"][0]["chart_data"][-1] |= {"actual_seconds": None}
    return document


def without_periods(document: Any) -> object:
    document["data"][0]["chart_data"] = []
    return document


@pytest.mark.parametrize("alter", [without_the_newest_seconds, without_periods])
def test_how_far_a_goal_is_reached_that_is_not_known_is_a_dash(
    alter: Callable[[Any], object], person: Person
) -> None:
    with Server("wakatime") as server:
        server.past(goals={"Code an hour": 3600})
        server.misbehave(altered(alter), path="/goals")
        sign_in(person, server)

        shown = person.run("goals")
        document = json.loads(person.run("goals", "--json").stdout)

    assert shown.stdout == "Code an hour\n  - of 1h today, pending\n"
    assert document["goals"][0]["tracked_seconds"] is None


@pytest.mark.parametrize("dialect", ["hackatime", "wakatime"])
def test_goals_are_one_question_whatever_the_zone(dialect: str, person: Person) -> None:
    with Server(dialect) as server:
        sign_in(person, server)

        result = person.run("goals")

        assert len(server.requests) == 1
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("width", [40, 200])
def test_a_goal_is_no_wider_than_the_terminal(person: Person, width: int) -> None:
    with Server("hackatime") as server:
        server.today(total_seconds=9000, goal_seconds=7200)
        sign_in(person, server)

        shown = at_terminal(person, "goals", width=width, variables={"NO_COLOR": "1"})

    assert max(map(len, shown.replace("\x1b[1m", "").replace("\x1b[0m", "").splitlines())) <= width


@pytest.mark.parametrize("dialect", ["hackatime", "wakatime"])
def test_no_goal_is_told_as_such(dialect: str, person: Person) -> None:
    with Server(dialect) as server:
        sign_in(person, server)

        result = person.run("goals")

    assert (result.stdout, result.returncode) == ("No goal is set on the server.\n", 0)


def test_wakapi_has_none_and_says_who_has(person: Person) -> None:
    with Server("wakapi") as server:
        sign_in(person, server)

        result = person.run("goals")

    assert (result.returncode, result.stdout) == (102, "")
    assert "wakapi has no goals" in result.stderr
    assert "Hackatime" in result.stderr
