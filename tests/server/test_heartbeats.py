"""Each dialect takes heartbeats as its server does: servers.md 1.2-1.4, 2, 3.3 and 4."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.server import Server
from tests.server.asking import HEARTBEATS, ask, basic
from tests.server.posting import (
    HEADERS,
    NOON,
    USER_AGENT,
    heartbeat,
    only_row,
    post,
    post_bytes,
    statuses,
    without,
)

HACKATIME, WAKATIME, WAKAPI = "hackatime", "wakatime", "wakapi"
SINGLE = "/users/current/heartbeats"
DAY = 86400.0


# -- What is answered


def test_bulk_answers_each_by_position(server: Server) -> None:
    reply = post(server, [heartbeat(seconds) for seconds in range(3)])

    assert reply.status == (202 if server.dialect == WAKATIME else 201)
    assert statuses(reply) == [201, 201, 201]
    assert [row["time"] for row in server.heartbeats] == [NOON, NOON + 1, NOON + 2]


def test_an_accepted_one_is_told_by_its_row_its_data_or_nothing(server: Server) -> None:
    reply = post(server, [heartbeat()])

    ((said, _),) = reply.document["responses"]
    row = only_row(server)
    assert (
        said
        == {
            HACKATIME: row,
            WAKATIME: {"data": {name: row.get(name) for name in ("id", "entity", "type", "time")}},
            WAKAPI: {"data": None, "error": None},
        }[server.dialect]
    )


def test_a_refused_one_is_told_in_the_dialects_own_words(server: Server) -> None:
    reply = post(server, [heartbeat(), without("time", 1), heartbeat(2)])

    assert [row["time"] for row in server.heartbeats] == [NOON, NOON + 2]
    assert statuses(reply) == [201, 422 if server.dialect == HACKATIME else 400, 201]
    assert (
        reply.document["responses"][1][0]
        == {
            HACKATIME: {
                "error": "time must be a Unix epoch timestamp or parseable date",
                "type": "HeartbeatIngest::InvalidHeartbeatTime",
            },
            WAKATIME: {"errors": {"time": ["This field is required."]}},
            WAKAPI: {"data": None, "error": "invalid heartbeat object"},
        }[server.dialect]
    )


def test_all_refused_is_a_success_but_for_wakapi(server: Server) -> None:
    reply = post(server, [without("time"), without("time", 1)])

    assert server.heartbeats == ()
    assert reply.status == {HACKATIME: 201, WAKATIME: 202, WAKAPI: 400}[server.dialect]
    if server.dialect == WAKAPI:
        assert reply.content_type == "text/plain"
        assert reply.body == b"no valid heartbeat object given"


def test_a_single_one_gets_202_or_wakapis_bulk_answer(server: Server) -> None:
    reply = post(server, heartbeat(), SINGLE)

    assert len(server.heartbeats) == 1
    if server.dialect == WAKAPI:
        assert (reply.status, statuses(reply)) == (201, [201])
    else:
        assert (reply.status, "responses" in reply.document) == (202, False)


def test_of_an_array_sent_to_the_single_address_hackatime_keeps_only_the_first(
    server: Server,
) -> None:
    reply = post(server, [heartbeat(1), heartbeat(2), heartbeat(3)], SINGLE)

    assert (reply.status, len(server.heartbeats)) == {
        HACKATIME: (202, 1),
        WAKATIME: (400, 0),
        WAKAPI: (201, 3),
    }[server.dialect]
    if server.dialect == HACKATIME:
        assert (reply.document["time"], only_row(server)["time"]) == (NOON + 1, NOON + 1)


@pytest.mark.parametrize(
    ("dialect", "content_type", "body"),
    [
        (HACKATIME, "application/json", b'"error":"Bad Request"'),
        (WAKATIME, "application/json", b'{"error":'),
        (WAKAPI, "text/plain", b"unexpected EOF"),
    ],
)
@pytest.mark.parametrize("sent", [b'[{"time":1', b"", b'[{"time":NaN}]', b"\xff"])
def test_what_is_no_json_is_a_400_to_the_whole_request(
    sent: bytes, dialect: str, content_type: str, body: bytes
) -> None:
    with Server(dialect) as server:
        reply = post_bytes(server, sent)

    assert (reply.status, reply.content_type) == (400, content_type)
    assert body in reply.body


def test_hackatimes_400_is_a_web_page_unless_json_is_accepted(hackatime: Server) -> None:
    reply = post_bytes(hackatime, b"[", headers={"Accept": "*/*"})

    assert (reply.status, reply.content_type) == (400, "text/html")


def test_an_empty_array_is_a_400(server: Server) -> None:
    reply = post(server, [])

    assert reply.status == 400
    assert (
        reply.body
        == {
            HACKATIME: b'{"error":"No data provided..."}',
            WAKATIME: b'{"error":"Bad request"}',
            WAKAPI: b"no valid heartbeat object given",
        }[server.dialect]
    )


def test_nobody_else_stores_anything(server: Server) -> None:
    reply = post(server, [heartbeat()], headers={"Authorization": "Basic AAAA"})

    assert reply.status == 401
    assert server.heartbeats == ()


def test_heartbeats_are_posted_and_nothing_else(server: Server) -> None:
    reply = ask(server.api_url + HEARTBEATS, basic(server.key))

    assert reply.status == (405 if server.dialect == WAKAPI else 404)


@pytest.mark.parametrize(
    "path",
    [
        "/api/heartbeat",
        "/api/heartbeats",
        "/api/users/ada/heartbeats",
        "/api/users/current/heartbeats.bulk",
        "/api/v1/users/current/heartbeats.bulk",
        "/api/compat/wakatime/v1/users/current/heartbeats.bulk",
    ],
)
def test_wakapi_takes_them_at_many_addresses(wakapi: Server, path: str) -> None:
    sent = {**basic(wakapi.key), **HEADERS}
    body = json.dumps([heartbeat(1), heartbeat(2)]).encode()

    assert ask(wakapi.origin + path, sent, method="POST", body=body).status == 201
    assert len(wakapi.heartbeats) == 2


# -- How many


def test_hackatime_refuses_more_than_100_as_a_whole(hackatime: Server) -> None:
    assert post(hackatime, [heartbeat(seconds) for seconds in range(100)]).status == 201
    reply = post(hackatime, [heartbeat(seconds) for seconds in range(101)])

    assert reply.status == 400
    assert reply.document == {"error": "Too many heartbeats in a single request (max 100)"}
    assert len(hackatime.heartbeats) == 100


def test_wakatime_answers_429_to_each_above_25(wakatime: Server) -> None:
    reply = post(wakatime, [heartbeat(seconds) for seconds in range(27)])

    assert statuses(reply) == [201] * 25 + [429] * 2
    assert reply.document["responses"][-1][0] == {"error": "Too many heartbeats"}
    assert len(wakatime.heartbeats) == 25


def test_wakapi_takes_any_number(wakapi: Server) -> None:
    assert statuses(post(wakapi, [heartbeat(seconds) for seconds in range(300)])) == [201] * 300


# -- Which is the same as another

CHANGES: list[tuple[str, dict[str, Any], dict[str, str], frozenset[str]]] = [
    ("nothing", {}, {}, frozenset()),
    ("time", {"time": NOON + 0.5}, {}, frozenset({HACKATIME, WAKATIME, WAKAPI})),
    ("time by less than 1 ms", {"time": NOON + 0.0004}, {}, frozenset({HACKATIME, WAKATIME})),
    ("entity", {"entity": "/other.py"}, {}, frozenset({HACKATIME, WAKATIME, WAKAPI})),
    ("type", {"type": "app"}, {}, frozenset({HACKATIME, WAKATIME, WAKAPI})),
    ("project", {"project": "other"}, {}, frozenset({HACKATIME, WAKATIME, WAKAPI})),
    ("branch", {"branch": "other"}, {}, frozenset({HACKATIME, WAKATIME, WAKAPI})),
    ("language", {"language": "Go"}, {}, frozenset({HACKATIME, WAKATIME, WAKAPI})),
    ("category", {"category": "debugging"}, {}, frozenset({HACKATIME, WAKAPI})),
    ("is_write", {"is_write": False}, {}, frozenset({HACKATIME, WAKAPI})),
    ("lines", {"lines": 301}, {}, frozenset({HACKATIME})),
    (
        "user agent",
        {"user_agent": USER_AGENT.replace("1.0", "1.1")},
        {},
        frozenset({HACKATIME}),
    ),
    ("machine name", {}, {"X-Machine-Name": "other"}, frozenset({HACKATIME})),
]


@pytest.mark.parametrize(
    ("changes", "headers", "another_for"),
    [case[1:] for case in CHANGES],
    ids=[case[0] for case in CHANGES],
)
def test_a_repeat_is_stored_once_by_the_dialects_own_rule(
    server: Server, changes: dict[str, Any], headers: dict[str, str], another_for: frozenset[str]
) -> None:
    post(server, [heartbeat()])
    reply = post(server, [heartbeat(**changes)], headers=headers)

    assert statuses(reply) == [201]
    assert len(server.heartbeats) == (2 if server.dialect in another_for else 1)


def test_a_repeat_within_one_request_is_stored_once(server: Server) -> None:
    assert statuses(post(server, [heartbeat(), heartbeat()])) == [201, 201]
    assert len(server.heartbeats) == 1


@pytest.mark.parametrize("dialect", [HACKATIME, WAKATIME])
def test_a_repeat_is_answered_with_the_row_that_is_there(dialect: str) -> None:
    with Server(dialect) as server:
        server.set_time(NOON)
        first = post(server, [heartbeat()])
        server.set_time(NOON + 3600)
        again = post(server, [heartbeat()])

    assert again.document == first.document


# -- When

TIMES: list[tuple[str, Any, dict[str, int]]] = [
    ("an hour ahead", NOON + 3600, {HACKATIME: 201, WAKATIME: 201, WAKAPI: 400}),
    ("59 minutes ahead", NOON + 3540, {HACKATIME: 201, WAKATIME: 201, WAKAPI: 201}),
    ("a year ahead", NOON + 365 * DAY, {HACKATIME: 201, WAKATIME: 201, WAKAPI: 400}),
    ("6 days old", NOON - 6 * DAY, {HACKATIME: 201, WAKATIME: 201, WAKAPI: 201}),
    ("8 days old", NOON - 8 * DAY, {HACKATIME: 201, WAKATIME: 201, WAKAPI: 400}),
    ("181 days old", NOON - 181 * DAY, {HACKATIME: 201, WAKATIME: 400, WAKAPI: 400}),
    ("1970", 3600, {HACKATIME: 422, WAKATIME: 400, WAKAPI: 400}),
    ("2033", 2e9, {HACKATIME: 422, WAKATIME: 201, WAKAPI: 400}),
    ("in milliseconds", NOON * 1e3, {HACKATIME: 201, WAKATIME: 400, WAKAPI: 400}),
    ("in nanoseconds", NOON * 1e9, {HACKATIME: 201, WAKATIME: 400, WAKAPI: 400}),
    ("as text", str(NOON), {HACKATIME: 201, WAKATIME: 400, WAKAPI: 201}),
    ("as a date", "2026-08-22T12:00:00Z", {HACKATIME: 201, WAKATIME: 400, WAKAPI: 400}),
    ("true", True, {HACKATIME: 422, WAKATIME: 400, WAKAPI: 400}),
    ("null", None, {HACKATIME: 422, WAKATIME: 400, WAKAPI: 400}),
    ("zero", 0, {HACKATIME: 422, WAKATIME: 400, WAKAPI: 400}),
]


@pytest.mark.parametrize(
    ("moment", "expected"), [case[1:] for case in TIMES], ids=[case[0] for case in TIMES]
)
def test_too_old_future_and_odd_times(
    server: Server, moment: object, expected: dict[str, int]
) -> None:
    reply = post(server, [heartbeat(time=moment)])

    status = reply.status if server.dialect == WAKAPI else statuses(reply)[0]
    assert status == expected[server.dialect]
    assert len(server.heartbeats) == (status == 201)


def test_hackatime_repairs_milliseconds(hackatime: Server) -> None:
    post(hackatime, [heartbeat(time=NOON * 1e3)])

    assert only_row(hackatime)["time"] == NOON


def test_wakapi_keeps_a_time_to_the_millisecond(wakapi: Server) -> None:
    post(wakapi, [heartbeat(0.12345)])

    assert only_row(wakapi)["time"] == NOON + 0.123


def test_how_old_one_may_be_is_a_setting_of_wakapi() -> None:
    with Server(WAKAPI, max_age_seconds=4320 * 3600) as server:
        server.set_time(NOON)

        assert post(server, [heartbeat(-179 * DAY)]).status == 201
        assert post(server, [heartbeat(-181 * DAY)]).status == 400


# -- Types


@pytest.mark.parametrize(
    "changes",
    [
        {"lines": "300"},
        {"lines": 300.0},
        {"lines": True},
        {"lines": 2**63},
        {"project": ["engine"]},
        {"project": 5},
        {"is_write": "true"},
        {"time": None},
        {"time": "noon"},
    ],
    ids=str,
)
def test_one_wrong_json_type_and_wakapi_refuses_the_whole_batch_in_gos_words(
    wakapi: Server, changes: dict[str, Any]
) -> None:
    reply = post(wakapi, [heartbeat(), heartbeat(1, **changes)])

    assert (reply.status, reply.content_type) == (400, "text/plain")
    assert reply.body == b"json: cannot unmarshal array into Go value of type models.Heartbeat"
    assert wakapi.heartbeats == ()


def test_wakapi_names_the_field_of_a_single_one(wakapi: Server) -> None:
    words = post(wakapi, heartbeat(lines="300"), SINGLE).body.decode()

    assert words == (
        "json: cannot unmarshal string into Go struct field Heartbeat.lines of type int"
    )


def test_wakapi_takes_null_for_texts_and_numbers(wakapi: Server) -> None:
    post(wakapi, [heartbeat(project=None, lines=None, is_write=None)])

    row = only_row(wakapi)
    assert (row["project"], row["lines"], row["is_write"]) == ("", 0, False)


def test_one_integer_over_31_bits_fails_everything_that_hackatime_writes_with_it(
    hackatime: Server,
) -> None:
    reply = post(hackatime, [heartbeat(), heartbeat(1, lines=2**31), without("time", 2)])

    assert reply.status == 201
    assert [said["type"] for said, _ in reply.document["responses"]] == [
        "ActiveModel::RangeError",
        "ActiveModel::RangeError",
        "HeartbeatIngest::InvalidHeartbeatTime",
    ]
    assert hackatime.heartbeats == ()


def test_wakatime_condemns_only_the_one_with_a_number_out_of_range(wakatime: Server) -> None:
    reply = post(wakatime, [heartbeat(lineno=0), heartbeat(lineno=1), heartbeat(lineno=2**31)])

    assert statuses(reply) == [400, 201, 400]
    assert reply.document["responses"][0][0] == {
        "errors": {"lineno": ["Number must be between 1 and 2147483647."]}
    }


@pytest.mark.parametrize("odd", ["not-a-heartbeat", 7, None, []], ids=repr)
def test_what_is_no_object_gets_its_own_answer_but_for_wakapi(server: Server, odd: object) -> None:
    reply = post(server, [heartbeat(), odd])

    if server.dialect == WAKAPI and odd is not None:
        assert reply.status == 400
    else:
        assert statuses(reply) == [201, 422 if server.dialect == HACKATIME else 400]
        assert len(server.heartbeats) == 1


def test_hackatime_drops_dependencies_that_are_no_list_and_takes_out_nul(hackatime: Server) -> None:
    post(hackatime, [heartbeat(dependencies="a,b", branch="ma\0in", project=" en\tgine\n")])

    row = only_row(hackatime)
    assert (row["dependencies"], row["branch"], row["project"]) == ([], "main", "engine")
