"""What the endpoints about the past say on the wire, and how they refuse."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from tests.server import Server
from tests.server.asking import Reply, ask, basic
from tests.server.posting import NOON, heartbeat, post

if TYPE_CHECKING:
    from collections.abc import Iterator

HACKATIME, WAKATIME, WAKAPI = "hackatime", "wakatime", "wakapi"
COMPAT = "/compat/wakatime/v1/users/current"
BOTH = "start=2026-08-21&end=2026-08-22"


@pytest.fixture
def wakapi() -> Iterator[Server]:
    with Server(WAKAPI, timezone="Europe/Berlin", server_timezone="UTC") as server:
        server.set_time(NOON)
        post(server, [heartbeat(seconds) for seconds in (-86400, -86340, -120, -60)])
        yield server


def get(server: Server, path: str) -> Reply:
    prefix = COMPAT if server.dialect == WAKAPI else "/users/current"
    return ask(f"{server.api_url}{prefix}{path}", basic(server.key))


@pytest.mark.parametrize(
    ("dialect", "path", "status", "words"),
    [
        (HACKATIME, "/summaries", 400, "start and end must be valid dates"),
        (HACKATIME, "/summaries?range=Today", 400, "start and end must be valid dates"),
        (HACKATIME, "/summaries?start=2026-8-1&end=2026-08-22", 400, "must be valid dates"),
        (HACKATIME, "/summaries?start=2026-08-22&end=2026-08-21", 400, "must not be before start"),
        (HACKATIME, "/summaries?start=2025-08-21&end=2026-08-22", 400, "cannot exceed 366 days"),
        (HACKATIME, f"/summaries?{BOTH}&timezone=Mars", 400, "Invalid timezone"),
        (HACKATIME, "/stats/last_30_days", 404, "Page Not Found"),
        (HACKATIME, "/stats", 404, "Page Not Found"),
        (HACKATIME, "/all_time_since_today", 404, "Page Not Found"),
        (WAKAPI, "/summaries", 400, "missing required 'start' parameter"),
        (WAKAPI, "/summaries?start=2026-08-22", 400, "missing required 'end' parameter"),
        (WAKAPI, "/summaries?range=never", 400, "invalid 'range' parameter"),
        (WAKAPI, "/summaries?start=2026-08-22&end=2026-08-20", 400, "must be after 'start'"),
        (WAKAPI, "/stats/never", 400, "invalid range"),
        (WAKAPI, "/heartbeats?date=soon", 400, "bad date"),
        (WAKAPI, "/durations?date=2026-08-22", 404, "404 page not found"),
        (WAKAPI, "/goals", 404, "404 page not found"),
        (WAKATIME, "/summaries", 400, "error"),
        (WAKATIME, "/durations", 400, "error"),
        (WAKATIME, "/stats/never", 404, "error"),
        (WAKATIME, "/goals/none", 404, "error"),
    ],
)
def test_refuses_in_its_own_words(dialect: str, path: str, status: int, words: str) -> None:
    with Server(dialect) as server:
        reply = get(server, path)

        assert reply.status == status
        assert words.encode() in reply.body
        assert (reply.content_type == "text/plain") == (dialect == WAKAPI)


@pytest.mark.parametrize("dialect", [HACKATIME, WAKATIME, WAKAPI])
@pytest.mark.parametrize("path", [f"/summaries?{BOTH}", "/stats/last_7_days"])
def test_nobody_without_the_key_is_told(dialect: str, path: str) -> None:
    with Server(dialect) as server:
        prefix = COMPAT if dialect == WAKAPI else "/users/current"

        assert ask(server.api_url + prefix + path).status == 401


def test_hackatimes_stats_know_no_user_but_the_current_one() -> None:
    with Server(HACKATIME) as server:
        url = f"{server.api_url}/users/ada/stats/last_7_days"

        assert ask(url, basic(server.key)).status == 404


def test_wakapis_days_carry_the_time_of_the_answer_in_place_of_their_date(wakapi: Server) -> None:
    first, second = get(wakapi, f"/summaries?{BOTH}").document["data"]

    assert first["range"]["date"] == second["range"]["date"] == "2026-08-22T12:00:00Z"
    assert first["range"]["start"] == "2026-08-21T00:00:00+02:00"
    assert second["range"]["end"] == "2026-08-22T23:59:58+02:00"
    assert (first["range"]["text"], first["range"]["timezone"]) == ("", "UTC")


def test_wakapi_has_branches_and_entities_of_one_project_only(wakapi: Server) -> None:
    def names(path: str) -> set[str]:
        return set(get(wakapi, path).document["data"][0])

    assert not names(f"/summaries?{BOTH}") & {"branches", "entities"}
    assert names(f"/summaries?{BOTH}&project=engine") >= {"branches", "entities"}


def test_wakapi_takes_west_of_utc_the_day_before() -> None:
    with Server(WAKAPI, timezone="America/New_York") as server:
        document: Any = get(server, "/heartbeats?date=2026-08-22").document

    begins = datetime(2026, 8, 21, tzinfo=ZoneInfo("America/New_York"))
    assert datetime.fromisoformat(document["start"]) == begins
