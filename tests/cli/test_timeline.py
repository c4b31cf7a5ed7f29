from __future__ import annotations

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from rich.cells import cell_len

from tests.cli.past import WIDE_NAME, assert_golden, at_terminal, past_server, send, sign_in
from tests.cli.person import Person
from tests.server import DIALECTS, Server


@pytest.fixture
def known(person: Person, past: Server) -> Person:
    sign_in(person, past)
    return person


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_day_is_a_band_as_wide_as_the_terminal(known: Person, width: int) -> None:
    shown = at_terminal(known, "timeline", "2026-08-17", width=width, variables={"NO_COLOR": "1"})

    assert_golden(f"timeline-{width}.txt", shown)
    lines = shown.replace("\x1b[1m", "").replace("\x1b[2m", "").replace("\x1b[0m", "").splitlines()
    assert max(map(cell_len, lines)) <= width


def test_a_pipe_gets_plain_text(known: Person) -> None:
    result = known.run("timeline", "2026-08-17")

    assert_golden("timeline-piped.txt", result.stdout)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/New_York"])
def test_every_dialect_tells_the_same_day(dialect: str, zone: str, person: Person) -> None:
    with past_server(dialect, zone) as server:
        sign_in(person, server)

        document = json.loads(person.run("timeline", "2026-08-17", "--json").stdout)
        before = json.loads(person.run("timeline", "2026-08-16", "--json").stdout)

    zoned = datetime(2026, 8, 17, tzinfo=ZoneInfo(zone))
    assert document["start"] == zoned.isoformat()
    assert document["end"] == (zoned + timedelta(days=1)).isoformat()
    assert (document["timezone"], document["date"]) == (zone, "2026-08-17")
    spans = [(span["start"][11:16], span["project"]) for span in document["spans"]]
    projects = (None, None) if dialect == "hackatime" else ("trayapp", "engine")
    assert spans == [("09:00", projects[0]), ("14:30", projects[1])]
    # Hackatime counts two minutes after the last heartbeat before a break.
    longer = 120 if dialect == "hackatime" else 0
    assert [span["total_seconds"] for span in document["spans"]] == [7200 + longer, 2700]
    assert document["total_seconds"] == 9900 + longer
    assert [span["start"][11:16] for span in before["spans"]] == ["23:10"]


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2025-10-26", 25),
        ("America/New_York", "2026-03-08", 23),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
    ],
)
def test_a_day_with_a_change_of_clocks_is_whole(
    dialect: str, zone: str, day: str, hours: float, person: Person
) -> None:
    """Coding in its first and in its last minutes is on it, what is beside it is not."""
    with Server(dialect, timezone=zone, max_age_seconds=1e9) as server:
        sign_in(person, server)
        midnight = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone))
        ends = (midnight + timedelta(days=1)).timestamp()
        server.set_time(ends + 86_400)
        for begin in (midnight.timestamp() - 600, midnight.timestamp(), ends - 540, ends + 60):
            send(server, begin, 9)

        document = json.loads(person.run("timeline", day, "--json").stdout)

    start, end = (datetime.fromisoformat(document[name]) for name in ("start", "end"))
    assert (end - start).total_seconds() == hours * 3600
    assert [span["start"] for span in document["spans"]] == [
        start.isoformat(),
        datetime.fromtimestamp(ends - 540, ZoneInfo(zone)).isoformat(),
    ]


def test_a_day_that_the_calendar_skipped_is_wrong_usage(person: Person) -> None:
    with Server("hackatime", timezone="Pacific/Apia") as server:
        sign_in(person, server)

        result = person.run("timeline", "2011-12-30")

    assert (result.returncode, result.stdout) == (2, "")
    assert "Pacific/Apia had no 2011-12-30" in result.stderr


def test_a_day_without_coding_says_so(known: Person) -> None:
    result = known.run("timeline", "2026-08-22")
    document = json.loads(known.run("timeline", "2026-08-22", "--json").stdout)

    assert result.stdout == "Saturday 2026-08-22 (Europe/Berlin)\nNothing was coded.\n"
    assert (document["spans"], document["total_seconds"]) == ([], 0)


def test_a_wide_name_is_told_in_full_where_there_is_room(known: Person) -> None:
    known.variables["COLUMNS"] = "100"

    assert WIDE_NAME in known.run("timeline", "2026-08-18").stdout


@pytest.mark.parametrize("day", ["last_7_days", "2999-01-01", "2026-08-16..2026-08-17", "noon"])
def test_a_wrong_day_is_wrong_usage_and_asks_nobody(known: Person, past: Server, day: str) -> None:
    seen = len(past.requests)

    result = known.run("timeline", day)

    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    assert len(past.requests) == seen
