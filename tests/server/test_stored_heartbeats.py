"""What each dialect makes of heartbeats, and how much time: servers.md 1.2, 1.6, 3.3, 3.5, 4."""

from __future__ import annotations

import json
import threading
import time
from datetime import date
from typing import Any

import pytest

from tests.server import DIALECTS, Server
from tests.server.asking import TODAY, ask, basic
from tests.server.posting import (
    NOON,
    USER_AGENT,
    heartbeat,
    only_row,
    post,
    without,
)

HACKATIME, WAKATIME, WAKAPI = "hackatime", "wakatime", "wakapi"
SINGLE = "/users/current/heartbeats"
DAY = 86400.0


# -- What is made of it


def test_hackatimes_row_tells_editor_system_and_language(hackatime: Server) -> None:
    reply = post(hackatime, [heartbeat(language=None)])

    ((row, _),) = reply.document["responses"]
    assert (row["editor"], row["operating_system"], row["language"]) == (
        "trayapp",
        "linux",
        "Python",
    )


def test_a_missing_language_is_inferred_but_not_by_wakapi(server: Server) -> None:
    post(server, [without("language")])

    assert only_row(server)["language"] == ("" if server.dialect == WAKAPI else "Python")


def test_hackatime_keeps_the_project_placeholder_and_others_resolve_it(server: Server) -> None:
    post(server, [heartbeat(), heartbeat(1, project="<<LAST_PROJECT>>")])

    project = "<<LAST_PROJECT>>" if server.dialect == HACKATIME else "engine"
    assert server.heartbeats[1]["project"] == project


def test_wakapi_clears_the_placeholders_of_a_browser(wakapi: Server) -> None:
    post(wakapi, [heartbeat(), heartbeat(1, type="domain", project="<<LAST_PROJECT>>")])

    assert wakapi.heartbeats[1]["project"] == ""


@pytest.mark.parametrize("name", ["language", "branch"])
def test_other_placeholders_take_the_last_of_the_project(server: Server, name: str) -> None:
    placeholder = f"<<LAST_{name.upper()}>>"
    post(server, [heartbeat(), heartbeat(1, **{name: placeholder})])
    post(server, [heartbeat(2, **{name: placeholder})])

    assert {row[name] for row in server.heartbeats} == {heartbeat()[name]}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {HACKATIME: "coding", WAKATIME: "coding", WAKAPI: "coding"}),
        ({"language": None}, {HACKATIME: "coding", WAKATIME: "coding", WAKAPI: ""}),
        ({"type": "app"}, {HACKATIME: "coding", WAKATIME: "coding", WAKAPI: ""}),
        ({"type": "domain"}, dict.fromkeys(DIALECTS, "browsing")),
    ],
    ids=str,
)
def test_a_missing_category_is_filled_in(
    server: Server, changes: dict[str, Any], expected: dict[str, str]
) -> None:
    post(server, [{**without("category"), **changes}])

    assert only_row(server)["category"] == expected[server.dialect]


def test_the_machine_of_the_header_beats_the_bodys_but_not_for_wakapi(server: Server) -> None:
    post(server, [heartbeat(machine="of-the-body")])

    expected = "of-the-body" if server.dialect == WAKAPI else "Ada%27s+PC"
    assert only_row(server)["machine"] == expected


def test_the_user_agent_of_the_body_beats_the_headers_but_not_for_wakatime(server: Server) -> None:
    post(server, [heartbeat()], headers={"User-Agent": "of-the-header/1.0"})

    expected = "of-the-header/1.0" if server.dialect == WAKATIME else USER_AGENT
    assert only_row(server)["user_agent"] == expected


# -- What time it makes


@pytest.mark.parametrize(
    ("gap", "expected"),
    [
        (30, {HACKATIME: 30, WAKATIME: 30, WAKAPI: 30}),
        (120, {HACKATIME: 120, WAKATIME: 120, WAKAPI: 120}),
        (599, {HACKATIME: 120, WAKATIME: 599, WAKAPI: 599}),
        (600, {HACKATIME: 120, WAKATIME: 600, WAKAPI: 0}),
        (899, {HACKATIME: 120, WAKATIME: 899, WAKAPI: 0}),
        (900, {HACKATIME: 120, WAKATIME: 0, WAKAPI: 0}),
    ],
)
def test_gap_rule(server: Server, gap: float, expected: dict[str, float]) -> None:
    post(server, [heartbeat(gap), heartbeat()])

    assert server.total() == expected[server.dialect]
    assert server.total(date(2026, 8, 22)) == expected[server.dialect]
    assert server.total(date(2026, 8, 21)) == 0


def test_the_gap_across_midnight_belongs_to_neither_day(server: Server) -> None:
    midnight = 12 * 3600
    server.set_time(NOON + midnight)
    post(server, [heartbeat(midnight + seconds) for seconds in (-40, -20, 20, 50)])

    assert server.totals("day") == {(date(2026, 8, 22),): 20, (date(2026, 8, 23),): 30}
    assert server.total() == 90


def test_a_day_is_one_of_the_profiles_zone() -> None:
    with Server(HACKATIME, timezone="Asia/Tokyo") as server:
        server.set_time(NOON + 3 * 3600)
        post(server, [heartbeat(3 * 3600 + seconds) for seconds in (-10, 0, 30)])

        assert server.totals("day") == {(date(2026, 8, 22),): 0, (date(2026, 8, 23),): 30}


def test_each_file_and_branch_counts_for_itself(server: Server) -> None:
    post(
        server,
        [
            heartbeat(0, entity="a.py"),
            heartbeat(10, entity="b.py"),
            heartbeat(25, entity="a.py", branch="fix"),
            heartbeat(45, entity="a.py"),
        ],
    )

    assert server.total() == 45
    assert server.totals("entity") == {("a.py",): 45, ("b.py",): 0}
    assert server.totals("entity", "branch") == {
        ("a.py", "main"): 45,
        ("b.py", "main"): 0,
        ("a.py", "fix"): 0,
    }


def test_the_order_of_arrival_does_not_matter(server: Server) -> None:
    for seconds in (50, 0, 20):
        post(server, [heartbeat(seconds)])

    assert server.total() == 50


def today_of(server: Server) -> float:
    document = ask(server.api_url + TODAY, basic(server.key)).document
    return float(document["data"]["grand_total"]["total_seconds"])


def test_today_is_counted_when_told_to_and_else_as_it_was_set(server: Server) -> None:
    server.today(total_seconds=7500)
    post(server, [heartbeat(-DAY), heartbeat(-100), heartbeat(-40)])

    assert today_of(server) == 7500
    server.today(counted=True)
    assert today_of(server) == 60


def test_late_heartbeats_count_at_once_but_not_in_totals_that_wakapi_has_cached(
    server: Server,
) -> None:
    server.today(counted=True)
    post(server, [heartbeat(-100), heartbeat(-40)])
    if server.dialect == WAKAPI:
        server.regenerate_durations()
    post(server, [heartbeat(-130), heartbeat(-10)])

    assert today_of(server) == (90 if server.dialect == WAKAPI else 120)
    assert server.total() == 120


# -- The store


def test_what_is_stored_outlasts_the_servers_stop(server: Server) -> None:
    post(server, [heartbeat()])
    server.stop()
    server.start()
    post(server, [heartbeat()])

    assert len(server.heartbeats) == 1


def test_several_clients_at_once_store_each_one_once(server: Server) -> None:
    def send(first: int) -> None:
        for start in range(first, first + 100, 10):
            post(server, [heartbeat(seconds) for seconds in range(start, start + 20)])

    threads = [threading.Thread(target=send, args=(first,)) for first in (0, 50, 100, 150)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted(row["time"] - NOON for row in server.heartbeats) == list(range(260))


def test_only_the_last_requests_are_remembered_if_so_told() -> None:
    with Server(remember=2) as server:
        server.set_time(NOON)
        for seconds in range(3):
            post(server, [heartbeat(seconds)])

        bodies = [json.loads(request.body) for request in server.requests]
        assert bodies == [[heartbeat(1)], [heartbeat(2)]]
        assert len(server.heartbeats) == 3


def test_it_is_quick_enough_for_campaigns_of_tens_of_thousands(server: Server) -> None:
    batches = [[heartbeat(25 * batch + each) for each in range(25)] for batch in range(40)]
    before = time.process_time()
    for batch in batches:
        post(server, batch)
    spent = time.process_time() - before

    assert len(server.heartbeats) == 1000
    # Processor time, client and new connections included; seen: 3 ms a request at most.
    assert spent / len(batches) < 0.05
