from __future__ import annotations

import json
import time
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from rich.cells import cell_len

from tests.cli.past import ZONE, altered, assert_golden, at_terminal, past_server, send, sign_in
from tests.cli.person import Person
from tests.server import DIALECTS, Server


@pytest.fixture
def known(person: Person, past: Server) -> Person:
    sign_in(person, past)
    return person


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/New_York"])
def test_the_heartbeats_of_whole_days_are_listed_in_order(
    dialect: str, zone: str, person: Person
) -> None:
    with past_server(dialect, zone) as server:
        sign_in(person, server)
        days = ("--from", "2026-08-17", "--to", "2026-08-18")

        document = json.loads(person.run("heartbeats", *days, "--json").stdout)

    rows = document["heartbeats"]
    assert len(rows) == 121 + 46 + 16
    assert rows[0]["at"] == datetime(2026, 8, 17, 9, tzinfo=ZoneInfo(zone)).isoformat()
    assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)
    assert {row["project"] for row in rows} >= {"trayapp", "engine"}
    assert (rows[0]["language"], rows[0]["is_write"]) == ("Python", True)
    assert (document["start"], document["end"]) == ("2026-08-17", "2026-08-18")
    assert (rows[0]["editor"] is None) == (dialect != "hackatime")
    assert "ip_address" not in rows[0]


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_only_the_newest_are_listed_where_a_limit_is_set(dialect: str, person: Person) -> None:
    with past_server(dialect) as server:
        sign_in(person, server)
        days = ("--from", "2026-08-16", "--to", "2026-08-18")

        document = json.loads(person.run("heartbeats", *days, "--limit", "3", "--json").stdout)
        shown = person.run("heartbeats", *days, "--limit", "3")
        asked = [request for request in server.requests if "heartbeats" in request.target]

    assert [row["at"][11:16] for row in document["heartbeats"]] == ["10:28", "10:29", "10:30"]
    assert (document["left_out"], document["asked_from"]) == (None, "2026-08-18")
    assert "left out: 13 heartbeats and any before 2026-08-18." in shown.stdout
    # The newest day had enough.
    assert len([request for request in asked if request.method == "GET"]) == 2


@pytest.mark.parametrize(
    ("limit", "left_out", "asked_from", "note"),
    [
        ("3", None, "2026-08-21", "1 heartbeat and any before 2026-08-21."),
        # As many as the newest day has.
        ("4", None, "2026-08-21", "any before 2026-08-21."),
        ("5", 250, "2026-08-20", "250 heartbeats."),
        ("255", 0, "2026-08-20", ""),
        ("256", 0, "2026-08-20", ""),
    ],
)
def test_what_a_limit_leaves_out_is_told(
    limit: str, left_out: int | None, asked_from: str, note: str, known: Person
) -> None:
    arguments = ("heartbeats", "--from", "2026-08-20", "--to", "2026-08-21", "--limit", limit)

    document = json.loads(known.run(*arguments, "--json").stdout)
    shown = known.run(*arguments).stdout.splitlines()

    assert (document["left_out"], document["asked_from"]) == (left_out, asked_from)
    assert [line.partition(": ")[2] for line in shown if "Earlier" in line] == [note][: bool(note)]


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_a_heartbeat_at_midnight_is_of_one_day(dialect: str, person: Person) -> None:
    with past_server(dialect) as server:
        sign_in(person, server)
        days = ("--from", "2026-08-19", "--to", "2026-08-20")

        document = json.loads(person.run("heartbeats", *days, "--json").stdout)

    times = [row["at"][:16] for row in document["heartbeats"]]
    assert times[0] == "2026-08-20T00:00"
    assert len(times) == len(set(times)) == 11 + 241 - 1


def test_a_day_that_is_too_large_is_asked_of_hackatime_in_halves(person: Person) -> None:
    def padded(document: Any) -> object:
        return document | {"padding": "x" * 100_000 * len(document["heartbeats"])}

    with past_server("hackatime") as server:
        sign_in(person, server)
        days = ("--from", "2026-08-20", "--to", "2026-08-20", "--json")
        at_once = json.loads(person.run("heartbeats", *days).stdout)
        server.misbehave(altered(padded), path="/my/heartbeats")

        in_halves = json.loads(person.run("heartbeats", *days).stdout)
        asked = [request for request in server.requests if "/my/heartbeats" in request.target]

    assert in_halves == at_once
    assert len(at_once["heartbeats"]) == 251
    assert len(asked) > 10


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_what_is_too_large_however_short_is_not_to_be_asked_for_in_parts(
    dialect: str, person: Person
) -> None:
    with past_server(dialect) as server:
        server.misbehave(
            altered(lambda document: document | {"padding": "x" * 5_000_000}), path="/heartbeats"
        )
        sign_in(person, server)

        result = person.run("heartbeats", "--to", "2026-08-20")

    assert (result.returncode, result.stdout) == (102, "")
    assert "answered with more than 4 MiB" in result.stderr
    assert "Ask for less" not in result.stderr
    assert "Less cannot be asked for" in result.stderr


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_line_is_no_wider_than_the_terminal(person: Person, width: int) -> None:
    with past_server("hackatime") as server:
        sign_in(person, server)
        person.variables["COLUMNS"] = str(width)

        result = person.run("heartbeats", "--to", "2026-08-20", "--from", "2026-08-18", "--limit=4")

    assert_golden(f"heartbeats-{width}.txt", result.stdout)
    assert max(map(cell_len, result.stdout.splitlines())) <= width
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("by", ["the terminal", "COLUMNS"])
def test_a_path_has_all_the_room_that_there_is(person: Person, by: str) -> None:
    path = f"/home/ada/{'folder/' * 17}main.py"
    with Server("hackatime", timezone="UTC") as server:
        sign_in(person, server)
        send(server, time.time() - 30, 1, entity=path)

        if by == "COLUMNS":
            person.variables["COLUMNS"] = "200"
            printed = person.run("heartbeats", "--from", "yesterday").stdout
        else:
            printed = at_terminal(person, "heartbeats", "--from", "yesterday", width=200)

    assert path in printed


def test_in_a_pipe_a_path_is_whole(person: Person) -> None:
    path = f"/home/ada/{'folder/' * 30}main.py"
    with Server("hackatime", timezone="UTC") as server:
        sign_in(person, server)
        send(server, time.time() - 30, 1, entity=path)

        printed = person.run("heartbeats", "--from", "yesterday").stdout

    assert printed.endswith(f" {path}\n")


def test_without_days_it_is_the_accounts_today(person: Person) -> None:
    zone = ZoneInfo("Pacific/Kiritimati")
    with Server("hackatime", timezone=zone.key) as server:
        sign_in(person, server)
        nothing = person.run("heartbeats")
        midnight = datetime.now(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        send(server, midnight.timestamp() - 60, 2)

        document = json.loads(person.run("heartbeats", "--json").stdout)

    assert nothing.stdout == "There are none.\n"
    assert [row["at"] for row in document["heartbeats"]] == [midnight.isoformat()]
    assert document["timezone"] == zone.key


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--limit", "0"], "less than 1"),
        (["--limit", "many"], "--limit"),
        (["--from", "noon"], "is no day"),
        (["--to", "2999-01-01"], "is yet to come"),
        (["--from", "2026-08-18", "--to", "2026-08-17"], "is after"),
        (["--from", "2026-01-01", "--to", "2026-08-17"], "Ask for 31 days at most"),
    ],
)
def test_what_cannot_be_is_wrong_usage(person: Person, arguments: list[str], words: str) -> None:
    with Server("hackatime", timezone=ZONE) as server:
        sign_in(person, server)
        result = person.run("heartbeats", *arguments)
        asked = [request for request in server.requests if "heartbeats" in request.path]

    assert (result.returncode, result.stdout) == (2, "")
    assert words in result.stderr
    assert result.stderr.count("\n") == 1
    assert asked == []
