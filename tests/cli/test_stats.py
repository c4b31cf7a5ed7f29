from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from rich.cells import cell_len

from tests.cli.past import (
    EVIL_NAME,
    WIDE_NAME,
    ZONE,
    altered,
    assert_golden,
    at_terminal,
    past_server,
    send,
    sign_in,
)
from tests.cli.person import Person
from tests.server import DIALECTS, Server, misbehaviours

WEEK = "2026-08-16..2026-08-22"
ESCAPE = "\x1b"


@pytest.fixture
def known(person: Person, past: Server) -> Person:
    sign_in(person, past)
    return person


def without_colours(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


@pytest.mark.parametrize("width", [40, 80, 200])
def test_bars_are_as_wide_as_the_terminal_and_no_wider(known: Person, width: int) -> None:
    shown = at_terminal(known, "stats", WEEK, width=width)
    plain = known.run("stats", WEEK, "--account", "work")

    assert_golden(f"stats-{width}.txt", shown)
    assert max(cell_len(line) for line in without_colours(shown).splitlines()) <= width
    assert plain.returncode == 0
    if width == 80:
        assert without_colours(shown) == plain.stdout


@pytest.mark.parametrize(
    ("variables", "name"),
    [({"NO_COLOR": "1"}, "stats-no-color.txt"), ({"TERM": "dumb"}, "stats-dumb.txt")],
)
def test_colour_goes_where_it_is_not_wanted(
    known: Person, variables: dict[str, str], name: str
) -> None:
    shown = at_terminal(known, "stats", WEEK, width=40, variables=variables)

    assert_golden(name, shown)
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", shown)
    assert without_colours(shown) == without_colours(at_terminal(known, "stats", WEEK, width=40))
    if "TERM" in variables:
        assert ESCAPE not in shown


def test_a_pipe_gets_plain_text_as_wide_as_columns_says(known: Person) -> None:
    known.variables["COLUMNS"] = "40"

    result = known.run("stats", WEEK)

    assert_golden("stats-piped.txt", result.stdout)
    assert (result.returncode, result.stderr) == (0, "")
    assert ESCAPE not in result.stdout


def test_where_blocks_cannot_be_written_there_are_number_signs(known: Person) -> None:
    known.variables |= {"PYTHONIOENCODING": "ascii", "COLUMNS": "40"}

    result = known.run("stats", WEEK)

    assert_golden("stats-ascii.txt", result.stdout)
    assert (result.returncode, result.stderr) == (0, "")


def test_a_name_moves_no_cursor(known: Person) -> None:
    shown = at_terminal(known, "stats", WEEK, width=80)

    assert "evil[2J name" in shown
    assert not {"\u202e", "\x1b[2J"} & {shown[i : i + n] for n in (1, 4) for i in range(len(shown))}


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_days_come_to_what_the_server_counts(dialect: str, person: Person) -> None:
    with past_server(dialect) as server:
        sign_in(person, server)

        result = person.run("stats", WEEK, "--json")

        document = json.loads(result.stdout)
        days = [datetime(2026, 8, day, tzinfo=ZoneInfo(ZONE)).date() for day in range(16, 23)]
        assert document["total_seconds"] == sum(map(server.total, days))
    active = sum(server.total(day) > 0 for day in days)
    assert (active, document["active_days"]) == (5, 5)
    assert document["daily_average_seconds"] == document["total_seconds"] / 5
    assert (document["start"], document["end"]) == ("2026-08-16", "2026-08-22")
    assert (document["timezone"], document["account"]) == (ZONE, "work")
    assert [line["name"] for line in document["languages"]][:2] == ["Python", "Rust"]
    assert {line["name"] for line in document["projects"]} >= {"trayapp", "engine", WIDE_NAME}
    assert EVIL_NAME.replace("\x1b", "") in {
        line["name"].replace("\x1b", "") for line in document["projects"]
    }
    assert (document["editors"] is None) == (dialect == "hackatime")
    assert (document["up_to_date"], document["note"]) == (True, "")


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/New_York"])
def test_today_is_the_accounts_own_day_with_languages_and_projects(
    dialect: str, zone: str, person: Person
) -> None:
    with Server(dialect, timezone=zone, max_age_seconds=1e9) as server:
        sign_in(person, server)
        midnight = datetime.now(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
        send(server, midnight.timestamp() - 600, 9, project="late", language="Rust")
        send(server, midnight.timestamp(), 3, project="early", language="Python")

        document = json.loads(person.run("stats", "today", "--json").stdout)
        before = json.loads(person.run("stats", "yesterday", "--json").stdout)

    assert document["start"] == document["end"] == midnight.date().isoformat()
    assert [(line["name"], line["total_seconds"]) for line in document["projects"]] == [
        ("early", 120)
    ]
    assert [line["name"] for line in document["languages"]] == ["Python"]
    assert (document["total_seconds"], document["timezone"]) == (120, zone)
    assert [(line["name"], line["total_seconds"]) for line in before["projects"]] == [("late", 480)]


def test_hackatimes_week_of_eight_days_is_told(person: Person) -> None:
    with Server("hackatime", timezone="UTC") as server:
        sign_in(person, server)
        now = datetime.now(ZoneInfo("UTC"))
        today = now.replace(hour=0, minute=0, second=0, microsecond=0)
        week_ago = (today - timedelta(days=7)).timestamp()
        send(server, week_ago, 11)

        result = person.run("stats")
        document = json.loads(person.run("stats", "last_7_days", "--json").stdout)

    assert document["total_seconds"] == 600
    assert document["start"] == (today - timedelta(days=7)).date().isoformat()
    assert "The server counts 8 days as last_7_days" in document["note"]
    assert "The server counts 8 days as last_7_days" in " ".join(result.stdout.split())
    assert [line["total_seconds"] for line in document["editors"]] == [600]
    assert document["active_days"] == 1


@pytest.mark.parametrize("dialect", ["wakatime", "wakapi"])
def test_other_servers_last_7_days_are_seven(dialect: str, person: Person) -> None:
    with Server(dialect, timezone="UTC", max_age_seconds=1e9) as server:
        sign_in(person, server)
        now = datetime.now(ZoneInfo("UTC"))
        today = now.replace(hour=0, minute=0, second=0, microsecond=0)
        send(server, (today - timedelta(days=7)).timestamp(), 11)
        send(server, (today - timedelta(days=6)).timestamp(), 6)

        document = json.loads(person.run("stats", "--json").stdout)

    assert (document["total_seconds"], document["note"]) == (300, "")
    assert document["start"] == (today - timedelta(days=6)).date().isoformat()


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_all_time_is_everything(dialect: str, person: Person) -> None:
    with past_server(dialect) as server:
        server.set_time(datetime.now(ZoneInfo(ZONE)))
        sign_in(person, server)

        document = json.loads(person.run("stats", "all_time", "--json").stdout)
        shown = person.run("stats", "all_time")

    assert document["period"] == "all_time"
    assert 7 * 3600 < document["total_seconds"] < 9 * 3600
    assert document["languages"][0]["name"] == document["projects"][0]["name"].replace(
        "trayapp", "Python"
    )
    assert shown.stdout.startswith("All time")


def test_a_total_is_shown_while_wakatime_is_still_counting(person: Person) -> None:
    with past_server("wakatime") as server:
        sign_in(person, server)
        server.set_time(datetime.now(ZoneInfo(ZONE)))
        server.past(calculated=40)

        result = person.run("stats", "all_time")
        document = json.loads(person.run("stats", "all_time", "--json").stdout)

    assert (result.returncode, result.stderr) == (0, "")
    assert "still counting" in result.stdout
    assert document["up_to_date"] is False


def test_what_is_beyond_wakatimes_free_plan_is_told_as_far_as_it_is_not(person: Person) -> None:
    with past_server("wakatime") as server:
        sign_in(person, server)
        server.past(plan_days=7)
        server.set_time(datetime.now(ZoneInfo(ZONE)))
        today = datetime.now(ZoneInfo(ZONE)).replace(hour=0, minute=0, second=0, microsecond=0)
        send(server, (today - timedelta(days=1)).timestamp(), 11)

        document = json.loads(person.run("stats", "last_30_days", "--json").stdout)
        refused = person.run("stats", WEEK)

    assert document["total_seconds"] == 600
    assert document["end"] == (today - timedelta(days=1)).date().isoformat()
    assert "The server counts 30 days as last_30_days" in document["note"]
    assert (refused.returncode, refused.stdout) == (102, "")
    assert "beyond the free plan" in refused.stderr


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_many_days_are_asked_for_in_parts(dialect: str, person: Person) -> None:
    """Each part would be too large if it were much longer."""

    def padded(document: Any) -> object:
        return document | {"padding": "x" * 45_000 * len(document["data"])}

    with past_server(dialect) as server:
        server.misbehave(altered(padded), path="/summaries")
        sign_in(person, server)

        document = json.loads(person.run("stats", "2025-08-22..2026-08-22", "--json").stdout)
        asked = [request for request in server.requests if request.path.endswith("/summaries")]

    assert document["total_seconds"] > 7 * 3600
    assert (len(asked), document["note"]) == (4, "")


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_days_that_the_server_leaves_out_are_told(dialect: str, person: Person) -> None:
    with past_server(dialect) as server:
        server.misbehave(
            altered(lambda document: document | {"data": document["data"][-2:]}), path="/summaries"
        )
        sign_in(person, server)

        document = json.loads(person.run("stats", WEEK, "--json").stdout)
        shown = person.run("stats", WEEK)

    note = "The server tells of 2 of 7 days, from 2026-08-21 to 2026-08-22."
    assert document["note"] == note
    assert note in shown.stdout


def test_an_older_hackatime_tells_what_it_can(person: Person) -> None:
    with past_server("hackatime", users_current=False) as server:
        server.misbehave(misbehaviours.status(404), path="/summaries")
        sign_in(person, server)
        person.variables["TZ"] = ZONE

        document = json.loads(person.run("stats", WEEK, "--json").stdout)

    assert document["total_seconds"] > 7 * 3600
    assert document["timezone"] == ZONE
    assert document["daily_average_seconds"] is None
    assert document["languages"][0]["name"] == "Python"


def test_somebody_elses_time_is_shown_where_it_is_public(person: Person) -> None:
    with past_server("hackatime") as server:
        sign_in(person, server)
        public = person.run("stats", WEEK, "--user", "ada")
        document = json.loads(person.run("stats", WEEK, "--user", "ada", "--json").stdout)
        nobody = person.run("stats", WEEK, "--user", "nobody")

    assert public.stdout.startswith("ada: 2026-08-16 to 2026-08-22")
    assert (document["user"], document["languages"][0]["name"]) == ("ada", "Python")
    assert (nobody.returncode, nobody.stdout) == (102, "")
    assert nobody.stderr.count("\n") == 1


def test_only_hackatime_tells_of_others(known: Person) -> None:
    result = known.run("stats", WEEK, "--user", "ada")

    assert (result.returncode, result.stdout) == (102, "")
    assert "Only Hackatime tells of other users" in result.stderr


@pytest.mark.parametrize(
    ("period", "words"),
    [
        ("last_8_days", "is no period"),
        ("2026-08-22..2026-08-16", "is after"),
        ("2026-02-30", "is no day"),
        ("2999-01-01", "is yet to come"),
        ("2026-08-16..2999-01-01", "is yet to come"),
        ("1999-01-01..today", "is before 2001"),
    ],
)
def test_a_wrong_period_is_wrong_usage_and_asks_nobody(
    known: Person, past: Server, period: str, words: str
) -> None:
    seen = len(past.requests)

    result = known.run("stats", period)

    assert (result.returncode, result.stdout) == (2, "")
    assert words in result.stderr
    assert result.stderr.count("\n") == 1
    assert len(past.requests) == seen


def test_tomorrow_elsewhere_is_yet_to_come_here(person: Person) -> None:
    """The date that Kiritimati has already may be none of this account's."""
    with Server("hackatime", timezone="Pacific/Pago_Pago") as server:
        sign_in(person, server)
        tomorrow = datetime.now(ZoneInfo("Pacific/Pago_Pago")).date() + timedelta(days=1)

        result = person.run("stats", str(tomorrow))

    assert result.returncode == 2
    assert "is yet to come" in result.stderr


def test_without_an_account_it_says_how_to_sign_in(person: Person) -> None:
    result = person.run("stats")

    assert (result.returncode, result.stdout) == (104, "")
    assert "trayapp login" in result.stderr


def test_an_account_that_does_not_exist_is_wrong_usage(known: Person) -> None:
    result = known.run("stats", "--account", "home")

    assert result.returncode == 2
    assert "'home'" in result.stderr


def test_a_refused_key_says_where_it_is_corrected(known: Person) -> None:
    known.variables["WAKATIME_API_KEY"] = "waka_99999999-9999-4999-8999-999999999999"

    result = known.run("stats", WEEK)

    assert (result.returncode, result.stdout) == (104, "")
    assert "WAKATIME_API_KEY" in result.stderr
