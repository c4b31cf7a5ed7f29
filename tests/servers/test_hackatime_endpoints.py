"""Hackatime's own endpoints, asked of the test server; the traps of servers.md 1.1 and 1.6."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.server import Server, misbehaviours
from tests.server.posting import NOON, heartbeat, post
from tests.servers.clients import Options, client_of
from tests.servers.documents import JSON, wrong
from trayapp.coding.history import Span
from trayapp.coding.number import Share
from trayapp.errors import (
    AdministratorKeyError,
    BadAnswerError,
    KeyRefusedError,
    NoSuchEndpointError,
    RedirectError,
    ServerError,
    TrayappError,
    UsageError,
    UserNotShownError,
)
from trayapp.servers.client import Client
from trayapp.servers.dialects import Dialect
from trayapp.servers.hackatime_answers import TrustFactor
from trayapp.servers.hackatime_endpoints import HackatimeEndpoints
from trayapp.servers.transport import FunctionTransport, HttpTransport, Response
from trayapp.settings.key import Key

TOKYO = timezone(timedelta(hours=9))
START = datetime.fromtimestamp(NOON, TOKYO) - timedelta(hours=1)
END = datetime.fromtimestamp(NOON, TOKYO) + timedelta(hours=1)

FOR_ANYBODY: dict[str, Callable[[HackatimeEndpoints], object]] = {
    "stats": lambda asked: asked.stats(),
    "total_seconds": lambda asked: asked.total_seconds(),
    "spans": lambda asked: asked.spans(),
    "trust_factor": lambda asked: asked.trust_factor("ada"),
    "projects": lambda asked: asked.projects(),
    "project_details": lambda asked: asked.project_details(),
    "my_heartbeats": lambda asked: asked.my_heartbeats(limit=2),
    "most_recent": lambda asked: asked.most_recent(),
}
FOR_ADMINISTRATORS: dict[str, Callable[[HackatimeEndpoints], object]] = {
    "server_total": lambda asked: asked.server_total(),
    "lookup_email": lambda asked: asked.lookup_email("ada@example.test"),
    "lookup_slack_uid": lambda asked: asked.lookup_slack_uid("U0ADA"),
}
ALL = FOR_ANYBODY | FOR_ADMINISTRATORS
OTHERS = {
    "stats": "users/current/stats",
    "spans": "durations|heartbeats of a day",
    "projects": "users/current/projects",
    "my_heartbeats": "users/current/heartbeats",
    "trust_factor": "Nothing there",
}


@pytest.fixture
def server() -> Iterator[Server]:
    """At noon UTC; five heartbeats in two projects, 270 s by Hackatime's rule."""
    with Server("hackatime") as server:
        server.set_time(NOON + 1800)
        documentation = {"project": "docs", "language": "Markdown", "entity": "/docs/a.md"}
        post(
            server,
            [
                heartbeat(0),
                heartbeat(60),
                heartbeat(120),
                heartbeat(1000, **documentation, category="ai coding"),
                heartbeat(1030, **documentation, category="ai coding"),
            ],
        )
        yield server


@pytest.fixture
def endpoints(server: Server) -> Iterator[HackatimeEndpoints]:
    client = client_of(server)
    yield HackatimeEndpoints(client)
    client.close()


@pytest.fixture
def administrators(server: Server) -> Iterator[HackatimeEndpoints]:
    client = client_of(server, key=server.administrator_key)
    yield HackatimeEndpoints(client)
    client.close()


# -- What each of them tells


def test_stats_tell_total_breakdowns_streak_and_trust(endpoints: HackatimeEndpoints) -> None:
    stats = endpoints.stats(start=START, end=END)

    assert (stats.username, stats.user_id) == ("ada", "4207")
    assert (stats.start, stats.end) == (START, END)
    assert stats.total_seconds == 270
    # Each counts for itself, so that the break between them belongs to neither.
    assert stats.languages == (Share("Python", 120.0), Share("Markdown", 30.0))
    assert stats.projects == (Share("engine", 120.0), Share("docs", 30.0))
    assert stats.daily_average_seconds == 0
    assert stats.unique_seconds is None
    assert stats.streak_days == 3
    assert stats.trust == TrustFactor("blue", 0)


def test_stats_without_a_window_are_of_all_time(endpoints: HackatimeEndpoints) -> None:
    stats = endpoints.stats()

    assert stats.start is not None
    assert stats.end is not None
    assert stats.total_seconds == 270
    assert stats.end - stats.start > timedelta(days=3650)


def test_a_feature_that_was_not_asked_for_is_not_known(endpoints: HackatimeEndpoints) -> None:
    stats = endpoints.stats(features=["languages"], limit=1)

    assert stats.projects is None
    assert stats.languages == (Share("Python", 120.0),)


def test_stats_of_nothing_have_no_shares_and_no_percentages(endpoints: HackatimeEndpoints) -> None:
    empty = endpoints.stats(start=END)
    single = endpoints.stats(
        start=START, end=datetime.fromtimestamp(NOON + 1, UTC), features=["languages"]
    )

    assert (empty.total_seconds, empty.languages) == (0, ())
    # One heartbeat alone is no time, and its percentage null.
    assert (single.total_seconds, single.languages) == (0, (Share("Python", 0.0),))


def test_projects_asked_for_by_name_leave_out_long_gaps(
    server: Server, endpoints: HackatimeEndpoints
) -> None:
    post(server, [heartbeat(1200), heartbeat(1260)])

    stats = endpoints.stats(projects=["engine", "none"], start=START, end=END)

    assert stats.total_seconds == 300
    assert stats.unique_seconds == 180


def test_a_total_alone_can_leave_out_categories_and_other_projects(
    endpoints: HackatimeEndpoints,
) -> None:
    def total(**options: Any) -> float:
        return endpoints.total_seconds(start=START, end=END, **options)

    assert total() == 270
    assert total(no_ai_coding=True) == 120
    assert total(projects=["docs"]) == 30
    assert total(categories=["coding"]) == 120
    assert endpoints.stats(no_ai_coding=True).total_seconds == 120


def test_a_window_is_blind_to_the_gap_before_it_unless_told(endpoints: HackatimeEndpoints) -> None:
    start = datetime.fromtimestamp(NOON + 100, UTC)

    assert endpoints.total_seconds(start=start, end=END) == 150
    assert endpoints.total_seconds(start=start, end=END, boundary_aware=True) == 210


def test_spans_break_after_120_seconds_and_go_on_for_as_many(endpoints: HackatimeEndpoints) -> None:
    assert endpoints.spans(start=START, end=END) == (
        Span(NOON, NOON + 240),
        Span(NOON + 1000, NOON + 1030),
    )
    assert endpoints.spans(project="docs") == (Span(NOON + 1000, NOON + 1030, "docs"),)
    assert endpoints.spans(start=END) == ()


def test_spans_of_no_length_are_left_out(server: Server, endpoints: HackatimeEndpoints) -> None:
    post(server, [heartbeat(1700)])

    assert endpoints.spans()[-1] == Span(NOON + 1000, NOON + 1150)


def test_trust_is_told_of_anybody_and_suspicion_of_nobody(
    server: Server, endpoints: HackatimeEndpoints
) -> None:
    server.person(public_stats=False)
    for trust, told in (
        ("green", TrustFactor("green", 2)),
        ("yellow", TrustFactor("blue", 0)),
        ("red", TrustFactor("red", 1)),
    ):
        server.person(trust=trust)  # type: ignore[arg-type] # a table of names
        assert endpoints.trust_factor("ada") == told
        assert endpoints.trust_factor("4207") == told


def test_trust_knows_no_my_and_does_not_blame_the_key(endpoints: HackatimeEndpoints) -> None:
    with pytest.raises(UserNotShownError, match="knows no such user"):
        endpoints.trust_factor("my")


def test_projects_are_names_and_details_their_time(endpoints: HackatimeEndpoints) -> None:
    assert endpoints.projects() == ("docs", "engine")
    assert endpoints.projects("ada", start=END) == ()

    engine, docs = endpoints.project_details()
    assert (engine.name, engine.total_seconds, engine.languages) == ("engine", 120, ("Python",))
    assert (engine.total_heartbeats, engine.is_archived, engine.repository_url) == (3, False, "")
    assert engine.first_heartbeat == datetime.fromtimestamp(NOON, UTC)
    assert engine.last_heartbeat == datetime.fromtimestamp(NOON + 120, UTC)
    assert endpoints.project_details(names=["docs", "none"]) == (docs,)


def test_my_heartbeats_are_those_between_two_moments(endpoints: HackatimeEndpoints) -> None:
    mine = endpoints.my_heartbeats(start=START, end=datetime.fromtimestamp(NOON + 120, TOKYO))

    assert [row.time - NOON for row in mine.heartbeats] == [0, 60, 120]
    assert (mine.start, mine.total_seconds, mine.left_out) == (START, 120, 0)
    first = mine.heartbeats[0]
    assert (first.entity, first.project, first.branch) == (
        "/home/ada/engine/main.py",
        "engine",
        "main",
    )
    assert (first.language, first.category, first.type) == ("Python", "coding", "file")
    assert (first.editor, first.operating_system) == ("trayapp", "linux")
    assert (first.machine, first.source_type) == ("Ada%27s+PC", "direct_entry")
    assert (first.lines, first.line_number, first.is_write) == (300, None, True)
    assert not hasattr(first, "ip_address")


def test_my_heartbeats_without_a_window_are_of_utcs_day(
    server: Server, endpoints: HackatimeEndpoints
) -> None:
    post(server, [heartbeat(-12 * 3600 - 1)])

    assert len(endpoints.my_heartbeats().heartbeats) == 5
    assert len(endpoints.my_heartbeats(start=START - timedelta(days=1)).heartbeats) == 6


def test_a_limit_keeps_the_newest_and_says_how_many_it_left_out(
    server: Server, endpoints: HackatimeEndpoints
) -> None:
    mine = endpoints.my_heartbeats(limit=2)

    assert [row.time - NOON for row in mine.heartbeats] == [1000, 1030]
    assert (mine.left_out, mine.total_seconds) == (3, 270)
    assert "limit" not in server.requests[-1].query
    assert endpoints.my_heartbeats(limit=5).left_out == 0


def test_the_most_recent_heartbeat_is_no_test_unless_asked_for(
    server: Server, endpoints: HackatimeEndpoints
) -> None:
    post(server, [heartbeat(1700, entity="test.txt")])

    newest = endpoints.most_recent()
    assert newest.heartbeat is not None
    assert (newest.heartbeat.time - NOON, newest.heartbeat.project) == (1030, "docs")
    assert newest.time_ago.endswith(" ago")
    test = endpoints.most_recent(source_type="test_entry", editor="TrayApp").heartbeat
    assert test is not None
    assert test.entity == "test.txt"
    none = endpoints.most_recent(editor="vim")
    assert (none.heartbeat, none.time_ago) == (None, "")


def test_an_administrator_sees_the_total_of_all_and_who_is_who(
    administrators: HackatimeEndpoints,
) -> None:
    assert administrators.server_total() == 270
    assert administrators.server_total(end=date(2026, 8, 21)) == 0
    assert administrators.server_total(start=date(2026, 8, 22), user="ada") == 270
    assert administrators.lookup_email("ada@example.test").user_id == 4207
    assert administrators.lookup_slack_uid("U0ADA").user_id == 4207
    with pytest.raises(UserNotShownError, match="knows no such user"):
        administrators.lookup_email("eve+x/y@example.test?z")
    with pytest.raises(UserNotShownError):
        administrators.server_total(user="eve")


def test_the_dashboard_is_where_the_api_redirects_to_and_is_not_gone_to(
    server: Server, endpoints: HackatimeEndpoints
) -> None:
    assert endpoints.dashboard() == f"{server.origin}/"
    assert [each.path for each in server.requests[1:]] == ["/api/hackatime/v1/"]


@pytest.mark.parametrize(
    ("location", "address"),
    [
        ("/", "https://a.example/"),
        ("home", "https://a.example/api/hackatime/v1/home"),
        ("https://b.example/x", "https://b.example/x"),
        ("javascript:alert(1)", None),
        ("file:///etc/passwd", None),
        ("https://a.example@evil.example/", None),
        ("https://[evil", None),
        ("http:///x", None),
        ("https://b.example/\x1b[31m", None),
    ],
)
def test_only_an_address_of_the_web_is_a_dashboard(location: str, address: str | None) -> None:
    endpoints = answering(302, b"", {"location": location})

    if address is None:
        with pytest.raises(RedirectError):
            endpoints.dashboard()
    else:
        assert endpoints.dashboard() == address


@pytest.mark.parametrize("status", [200, 302])
def test_an_api_that_does_not_redirect_has_no_dashboard(status: int) -> None:
    with pytest.raises(NoSuchEndpointError, match="does not say where its dashboard is"):
        answering(status, b"<html>").dashboard()


# -- What is sent


def expected_authorization(server: Server, name: str) -> str:
    if name in FOR_ADMINISTRATORS:
        return f"Bearer {server.administrator_key}"
    if name in ("my_heartbeats", "most_recent", "dashboard"):
        return f"Basic {base64.b64encode(server.key.encode()).decode()}"
    return f"Bearer {server.key}"


@pytest.mark.parametrize("name", sorted(ALL))
def test_the_key_goes_to_the_server_alone_and_in_the_form_that_it_takes(
    server: Server,
    endpoints: HackatimeEndpoints,
    administrators: HackatimeEndpoints,
    name: str,
) -> None:
    with Server("hackatime") as other:
        ALL[name](administrators if name in FOR_ADMINISTRATORS else endpoints)
        request = server.requests[-1]

        assert len(server.requests) == 2
        assert request.method == "GET"
        assert request.path.startswith("/api/v1/")
        assert request.authorization == expected_authorization(server, name)
        for key in (server.key, server.administrator_key):
            assert key not in request.target

        server.misbehave(misbehaviours.redirect(other.origin, 307))
        with pytest.raises(RedirectError):
            ALL[name](administrators if name in FOR_ADMINISTRATORS else endpoints)
        assert other.requests == ()


def test_moments_carry_their_offset_and_its_plus_is_encoded(
    server: Server, endpoints: HackatimeEndpoints
) -> None:
    endpoints.my_heartbeats(start=START, end=END)
    endpoints.stats(start=START, end=END, features=["languages"], limit=3)

    mine, stats = server.requests[-2:]
    assert "%2B09" in mine.query
    assert parse_qs(mine.query) == {
        "start_time": ["2026-08-22T20:00:00+09:00"],
        "end_time": ["2026-08-22T22:00:00+09:00"],
    }
    assert parse_qs(stats.query) == {
        "start_date": ["2026-08-22T20:00:00+09:00"],
        "end_date": ["2026-08-22T22:00:00+09:00"],
        "features": ["languages"],
        "limit": ["3"],
    }


def test_a_moment_without_an_offset_is_a_mistake(endpoints: HackatimeEndpoints) -> None:
    with pytest.raises(ValueError, match="no offset"):
        endpoints.spans(start=datetime(2026, 8, 22))  # noqa: DTZ001 -- the very mistake


@pytest.mark.parametrize(
    "name", ["a/b", "a?b=c", "a#b", "ä b", "a%2Fb", "a+b", "a@b.c", "a\\b", "\n"]
)
def test_a_name_stays_one_step_of_the_path(
    server: Server, endpoints: HackatimeEndpoints, name: str
) -> None:
    for ask, path in (
        (endpoints.stats, "/api/v1/users/{}/stats"),
        (endpoints.spans, "/api/v1/users/{}/heartbeats/spans"),
        (endpoints.trust_factor, "/api/v1/users/{}/trust_factor"),
        (endpoints.projects, "/api/v1/users/{}/projects"),
        (endpoints.project_details, "/api/v1/users/{}/projects/details"),
        (endpoints.lookup_email, "/api/v1/users/lookup_email/{}"),
        (endpoints.lookup_slack_uid, "/api/v1/users/lookup_slack_uid/{}"),
    ):
        with pytest.raises((ServerError, AdministratorKeyError)):
            ask(name)

        before, after = path.split("{}")
        asked = server.requests[-1].path
        assert asked.startswith(before)
        assert asked.endswith(after)
        assert "/" not in asked.removeprefix(before).removesuffix(after)


@pytest.mark.parametrize("name", ["", ".", "..", "../admin", "a/../../b", "..\\x", "/etc"])
def test_a_name_that_climbs_out_of_the_path_is_not_asked_for(
    server: Server, endpoints: HackatimeEndpoints, name: str
) -> None:
    before = len(server.requests)

    for ask in (endpoints.stats, endpoints.lookup_email, endpoints.lookup_slack_uid):
        with pytest.raises(UsageError):
            ask(name)

    assert len(server.requests) == before


def test_a_name_with_a_comma_cannot_be_asked_for(endpoints: HackatimeEndpoints) -> None:
    with pytest.raises(UsageError, match="comma"):
        endpoints.stats(projects=["a,b"])
    assert endpoints.spans(project="a,b") == ()


# -- What goes wrong


@pytest.mark.parametrize("dialect", ["wakatime", "wakapi"])
@pytest.mark.parametrize("name", [*sorted(ALL), "dashboard"])
def test_another_dialect_is_not_asked_and_its_own_way_is_named(dialect: str, name: str) -> None:
    with Server(dialect) as server:
        endpoints = HackatimeEndpoints(client_of(server))
        ask = ALL.get(name, HackatimeEndpoints.dashboard)

        with pytest.raises(NoSuchEndpointError, match="is no Hackatime and has no ") as caught:
            ask(endpoints)

        assert caught.value.hint
        words = OTHERS.get(name, "").split("|")
        assert any(each in caught.value.hint for each in words)
        assert server.requests == ()


@pytest.mark.parametrize("name", sorted(FOR_ADMINISTRATORS))
def test_an_ordinary_key_is_told_that_an_administrators_is_needed(
    endpoints: HackatimeEndpoints, name: str
) -> None:
    with pytest.raises(
        AdministratorKeyError, match="This needs an administrator's key on Hackatime"
    ) as caught:
        FOR_ADMINISTRATORS[name](endpoints)

    assert caught.value.exit_code == 104


@pytest.mark.parametrize("name", sorted(set(FOR_ANYBODY) - {"trust_factor"}))
def test_a_wrong_key_and_a_banned_account_are_refused_alike(server: Server, name: str) -> None:
    refused = client_of(server, key="00000000-0000-4000-8000-000000000000")
    with pytest.raises(KeyRefusedError, match="does not accept the API key"):
        FOR_ANYBODY[name](HackatimeEndpoints(refused))
    refused.close()

    server.person(trust="red")
    banned = client_of(server)
    with pytest.raises(KeyRefusedError) as caught:
        FOR_ANYBODY[name](HackatimeEndpoints(banned))
    assert "banned" in caught.value.hint
    assert banned.today().answer.total_seconds is not None
    banned.close()


def test_private_time_is_shown_to_its_owner_only(server: Server) -> None:
    server.person(public_stats=False)
    own, other = client_of(server), client_of(server, key="00000000-0000-4000-8000-000000000000")

    assert HackatimeEndpoints(own).stats().total_seconds == 270
    assert HackatimeEndpoints(own).stats("ada").total_seconds == 270
    asked = HackatimeEndpoints(other)
    for ask in (asked.stats, asked.spans, asked.projects, asked.project_details):
        with pytest.raises(UserNotShownError, match="is not public"):
            ask("ada")
    server.person(public_stats=True)
    assert asked.stats("ada").total_seconds == 270
    own.close()
    other.close()


def test_an_unknown_user_is_told_from_an_older_server(
    server: Server, endpoints: HackatimeEndpoints
) -> None:
    with pytest.raises(UserNotShownError, match="knows no such user"):
        endpoints.stats("eve")
    server.misbehave(misbehaviours.status(404), times=1)
    with pytest.raises(NoSuchEndpointError, match="does not know /api/v1/users/ada/stats"):
        endpoints.stats("ada")


def test_a_date_that_is_none_is_said_to_be_so(server: Server) -> None:
    client = client_of(server)

    with pytest.raises(BadAnswerError, match="takes no such date"):
        client.ask("/api/v1/users/my/stats", {"start_date": "x"}, bearer=True, from_origin=True)
    client.close()


def test_the_basic_form_of_the_key_makes_nobody_of_its_owner(server: Server) -> None:
    client = client_of(server)

    with pytest.raises(KeyRefusedError):
        client.ask("/api/v1/users/my/stats", from_origin=True)
    client.close()


# -- Whatever is answered


def answering(
    status: int, body: bytes, headers: Mapping[str, str] | None = None
) -> HackatimeEndpoints:
    transport = FunctionTransport(lambda *_: Response(status, headers or {}, body))
    return HackatimeEndpoints(
        Client(
            "https://a.example/api/hackatime/v1", Key("a-test-key"), transport, Dialect.HACKATIME
        )
    )


def asked_of(body: bytes, name: str) -> None:
    """Ask; whatever else than an answer or an error of ours comes out fails the test."""
    try:
        ALL[name](answering(200, body))
    except TrayappError as error:
        assert error.hint  # noqa: PT017 -- one of two allowed ends


@pytest.mark.parametrize("name", sorted(ALL))
@given(anything=JSON)
def test_whatever_json_is_answered_is_read_or_refused(name: str, anything: Any) -> None:
    for document in (anything, {"data": anything}, {name: anything, "heartbeats": [anything]}):
        asked_of(json.dumps(document).encode(), name)


@pytest.mark.parametrize("name", sorted(ALL))
@given(body=st.binary(max_size=40))
def test_whatever_bytes_are_answered_are_read_or_refused(name: str, body: bytes) -> None:
    asked_of(body, name)


@pytest.fixture(scope="module")
def proper() -> Mapping[str, Any]:
    """What a server that behaves answers to each, as JSON."""
    documents: dict[str, Any] = {}
    with Server("hackatime") as server:
        server.set_time(NOON + 1800)
        post(server, [heartbeat(0), heartbeat(60), heartbeat(1000, project=None)])
        for name, ask in ALL.items():
            transport = HttpTransport(Options(), "trayapp/test")

            def get(
                url: str,
                headers: Mapping[str, str],
                transport: HttpTransport = transport,
                name: str = name,
            ) -> Response:
                response = transport.get(url, headers)
                documents[name] = json.loads(response.body)
                return response

            key = server.administrator_key if name in FOR_ADMINISTRATORS else server.key
            client = Client(server.api_url, Key(key), FunctionTransport(get), Dialect.HACKATIME)
            ask(HackatimeEndpoints(client))
            transport.close()
    return documents


@pytest.mark.parametrize("name", sorted(ALL))
@given(data=st.data())
def test_a_proper_answer_with_anything_in_one_place_is_read_or_refused(
    name: str, data: st.DataObject, proper: Mapping[str, Any]
) -> None:
    asked_of(json.dumps(data.draw(wrong(proper[name]))).encode(), name)


@pytest.mark.parametrize("name", sorted(ALL))
@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        "x",
        {},
        {
            "data": {},
            "spans": {},
            "projects": "engine",
            "heartbeats": 3,
            "user_id": "4207",
            "trust_level": 1,
            "total_seconds": "270",
        },
    ],
    ids=repr,
)
def test_an_answer_without_what_it_is_asked_for_is_an_error(name: str, document: Any) -> None:
    with pytest.raises(BadAnswerError, match=r"a\.example answered without"):
        ALL[name](answering(200, json.dumps(document).encode()))


def test_numbers_that_are_none_do_not_count() -> None:
    totals: list[Any] = [None, "270", -1, True, [], 1e300, float("nan")]
    for total in totals:
        body = json.dumps({"data": {"total_seconds": total}}).encode()
        with pytest.raises(BadAnswerError, match="without a total"):
            answering(200, body).stats()


def test_rows_that_make_no_sense_are_left_out() -> None:
    spans: list[Any] = [
        {"start_time": 5, "end_time": 5},
        {"start_time": 9, "end_time": 7},
        None,
        {},
    ]
    spans.append({"start_time": 5.5, "end_time": 9})

    assert answering(200, json.dumps({"spans": spans}).encode()).spans() == (Span(5.5, 9.0),)
    rows = json.dumps({"heartbeats": [{"time": 9}, {"time": "8"}, 7, {"time": 6}]}).encode()
    assert [row.time for row in answering(200, rows).my_heartbeats().heartbeats] == [6, 9]
