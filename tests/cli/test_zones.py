"""Whose days the commands about the past tell of: those of the account's zone, as far as known."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.cli.past import send, sign_in
from tests.cli.person import Person
from tests.server import Server
from tests.server.posting import NOON

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
