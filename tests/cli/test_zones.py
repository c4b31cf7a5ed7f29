"""Whose days the commands about the past tell of: those of the account's zone, as far as known."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.cli.past import past_server, send, sign_in
from tests.cli.person import Person
from tests.server import Server, misbehaviours
from tests.server.posting import NOON

PROFILE = "/users/current$"
WINTER = datetime(2026, 1, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["Europe/London", "America/New_York", "Europe/Berlin"])
def test_what_a_zone_is_called_in_winter_moves_no_summers_day(zone: str, person: Person) -> None:
    """wakapi without a location tells GMT, EST or CET."""
    with Server("wakapi", timezone="", server_timezone=zone, max_age_seconds=1e9) as server:
        server.set_time(NOON)
        for clock in ("2025-08-16T23:10", "2025-08-17T00:05", "2025-08-17T23:10"):
            begin = datetime.fromisoformat(clock).replace(tzinfo=ZoneInfo(zone))
            send(server, begin.timestamp(), 40)
        server.set_time(WINTER)
        sign_in(person, server)
        person.variables["TZ"] = zone

        stats = json.loads(person.run("stats", "2025-08-17", "--json").stdout)
        timeline = json.loads(person.run("timeline", "2025-08-17", "--json").stdout)
        days = ("--from", "2025-08-17", "--to", "2025-08-17")
        heartbeats = json.loads(person.run("heartbeats", *days, "--json").stdout)["heartbeats"]

    assert stats["total_seconds"] == 2 * 39 * 60
    assert [span["start"][11:16] for span in timeline["spans"]] == ["00:05", "23:10"]
    assert (len(heartbeats), heartbeats[0]["at"][11:16]) == (80, "00:05")


@pytest.mark.parametrize("command", ["stats", "timeline", "heartbeats --to"])
def test_days_are_not_told_while_the_profile_does_not_tell_whose(
    command: str, person: Person
) -> None:
    with past_server("hackatime", "Pacific/Auckland") as server:
        server.misbehave(misbehaviours.server_error(), path=PROFILE)
        sign_in(person, server)

        failed = person.run(*command.split(), "2026-08-17")
        server.behave()
        told = person.run(*command.split(), "2026-08-17")

    assert (failed.returncode, failed.stdout) == (102, "")
    assert "answered with error 500" in failed.stderr
    assert (told.returncode, told.stderr) == (0, "")


def test_a_zone_that_was_told_before_is_believed_while_the_profile_fails(person: Person) -> None:
    with past_server("hackatime", "Pacific/Auckland") as server:
        sign_in(person, server)
        person.run("today")
        server.misbehave(misbehaviours.server_error(), path=PROFILE)

        document = json.loads(person.run("stats", "2026-08-17", "--json").stdout)

    assert document["timezone"] == "Pacific/Auckland"


def test_a_server_that_does_not_answer_is_waited_for_once(person: Person) -> None:
    with Server("hackatime") as server:
        server.misbehave(misbehaviours.never_answers())
        sign_in(person, server)
        person.write_cfg({"timeout": "1"})

        result = person.run("stats")

        assert len(server.requests) == 1
    assert (result.returncode, result.stdout) == (102, "")
    assert "did not answer within 1 s" in result.stderr


def test_todays_number_is_shown_while_the_profile_fails(person: Person) -> None:
    with Server("hackatime", timezone="UTC") as server:
        server.today(total_seconds=7500)
        server.misbehave(misbehaviours.server_error(), path=PROFILE)
        sign_in(person, server)

        assert person.today()["total_seconds"] == 7500
