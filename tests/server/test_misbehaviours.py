"""Every misbehaviour does what it says, as seen by a client that hides nothing."""

from __future__ import annotations

import email.utils
import gzip
import http.client
import json
import socket
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.server import DIALECTS, Misbehaviour, Server, misbehaviours
from tests.server.asking import PROFILE, TODAY, Reply, ask, basic

if TYPE_CHECKING:
    from collections.abc import Iterator

NOON = datetime(2026, 8, 22, 12, 0, tzinfo=UTC)
SHORT_SECONDS = 0.3
"""How long a client waits that expects no answer."""


@contextmanager
def misbehaving(misbehaviour: Misbehaviour, dialect: str = "hackatime") -> Iterator[Server]:
    with Server(dialect) as server:
        server.set_time(NOON)
        server.today(total_seconds=7500)
        server.misbehave(misbehaviour)
        yield server


def ask_today(server: Server, *, timeout: float = 10.0) -> Reply:
    return ask(server.api_url + TODAY, basic(server.key), timeout=timeout)


def reply_to(misbehaviour: Misbehaviour, dialect: str = "hackatime") -> Reply:
    with misbehaving(misbehaviour, dialect) as server:
        return ask_today(server)


def total_of(misbehaviour: Misbehaviour) -> Any:
    return reply_to(misbehaviour).document["data"]["grand_total"]["total_seconds"]


# -- The table


@pytest.mark.parametrize("misbehaviour", misbehaviours.NAMED.values(), ids=misbehaviours.NAMED)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_none_of_them_answers_like_a_server_that_behaves(
    dialect: str, misbehaviour: Misbehaviour
) -> None:
    path = PROFILE if misbehaviour.name == "no-users-current" else TODAY
    prefix = "/api/compat/wakatime/v1" if dialect == "wakapi" else DIALECTS[dialect].api_path
    with misbehaving(misbehaviour, dialect) as server:
        url = server.origin + prefix + path
        answer: object
        try:
            answer = ask(url, basic(server.key), timeout=SHORT_SECONDS)
        except (OSError, http.client.HTTPException) as error:
            answer = error
        server.behave()
        proper = ask(url, basic(server.key))

    assert proper.status == 200
    assert not isinstance(answer, Reply) or answer.body != proper.body


def test_each_is_found_by_the_name_that_its_repr_shows() -> None:
    for name, misbehaviour in misbehaviours.NAMED.items():
        assert misbehaviour.name == name
        assert repr(misbehaviour) == f"Misbehaviour(name='{name}')"
        assert misbehaviour.summary


def test_a_script_may_have_proper_answers_in_it() -> None:
    with Server() as server:
        failing, proper = misbehaviours.status(500), misbehaviours.behaves()
        server.misbehave(failing, proper, failing, times=1)

        assert [ask_today(server).status for _ in range(4)] == [500, 200, 500, 200]


# -- Statuses


@pytest.mark.parametrize(
    ("dialect", "content_type", "body"),
    [
        ("hackatime", "application/json", b'{"error":"Account pending deletion"}'),
        ("wakatime", "application/json", b'{"error":"Forbidden"}'),
        ("wakapi", "text/plain", b"403 forbidden"),
    ],
)
def test_403_is_in_the_dialects_own_words(dialect: str, content_type: str, body: bytes) -> None:
    reply = reply_to(misbehaviours.status(403), dialect)

    assert (reply.status, reply.content_type, reply.body) == (403, content_type, body)


@pytest.mark.parametrize("code", [400, 401, 404, 500, 503])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_any_status_can_be_asked_for(dialect: str, code: int) -> None:
    assert reply_to(misbehaviours.status(code), dialect).status == code


@pytest.mark.parametrize(
    ("misbehaviour", "code"),
    [
        (misbehaviours.forbidden_page(), 403),
        (misbehaviours.server_error(), 500),
        (misbehaviours.captive_portal(), 200),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_pages_are_pages_even_where_json_is_accepted(misbehaviour: Misbehaviour, code: int) -> None:
    reply = reply_to(misbehaviour)

    assert (reply.status, reply.content_type) == (code, "text/html")
    assert reply.body.startswith(b"<!DOCTYPE html>")


def test_429_says_how_long_in_seconds() -> None:
    reply = reply_to(misbehaviours.throttled(90))

    assert (reply.status, reply.headers["retry-after"]) == (429, "90")


def test_429_says_until_when_by_the_servers_clock() -> None:
    reply = reply_to(misbehaviours.throttled(90, as_date=True))

    until = email.utils.parsedate_to_datetime(reply.headers["retry-after"])
    assert (reply.status, (until - NOON).total_seconds()) == (429, 90)


def test_429_may_say_nothing() -> None:
    reply = reply_to(misbehaviours.throttled(None))

    assert reply.status == 429
    assert "retry-after" not in reply.headers


def test_302_in_place_of_429_stays_on_the_same_server() -> None:
    reply = reply_to(misbehaviours.throttled_by_redirect(), "wakatime")

    assert (reply.status, reply.headers["location"]) == (302, "/")


@pytest.mark.parametrize("code", [301, 302, 307, 308])
def test_a_redirect_leads_to_another_server_which_hears_of_it_only_when_followed(code: int) -> None:
    with Server() as elsewhere, misbehaving(misbehaviours.redirect(elsewhere.origin, code)) as here:
        reply = ask(here.api_url + TODAY + "?day=today", basic(here.key))
        unfollowed = elsewhere.requests
        ask(reply.headers["location"], basic(here.key))

        assert (reply.status, unfollowed) == (code, ())
        (followed,) = elsewhere.requests
        assert (followed.path, followed.query) == (urlsplit(here.api_url).path + TODAY, "day=today")
        assert followed.authorization == basic(here.key)["Authorization"]


def test_without_users_current_the_rest_is_still_there() -> None:
    with misbehaving(misbehaviours.no_users_current()) as server:
        assert ask(server.api_url + PROFILE, basic(server.key)).status == 404
        assert ask_today(server).status == 200


# -- Documents


def test_a_total_can_be_of_any_wrong_kind() -> None:
    named = misbehaviours.NAMED

    assert total_of(named["string-total"]) == "7500"
    assert total_of(named["null-total"]) is None
    assert total_of(named["boolean-total"]) is True
    assert total_of(named["negative-total"]) == -1
    assert str(total_of(named["nan-total"])) == "nan"
    assert total_of(named["infinite-total"]) == float("inf")
    assert total_of(named["overflowing-total"]) == float("inf")
    assert total_of(named["over-25-hours"]) == 25 * 3600 + 1
    assert total_of(misbehaviours.wrong_total('{"hours":2}')) == {"hours": 2}


def test_nan_and_infinity_come_as_the_words_that_json_does_not_have() -> None:
    assert b'"total_seconds": NaN}' in reply_to(misbehaviours.NAMED["nan-total"]).body
    assert b'"total_seconds": Infinity}' in reply_to(misbehaviours.NAMED["infinite-total"]).body
    assert b'"total_seconds": 1e999}' in reply_to(misbehaviours.NAMED["overflowing-total"]).body


def test_an_endless_total_is_too_long_for_pythons_parser() -> None:
    reply = reply_to(misbehaviours.NAMED["endless-total"])

    with pytest.raises(ValueError, match="integer string conversion"):
        json.loads(reply.body)


def test_a_wrong_total_leaves_other_answers_alone() -> None:
    with misbehaving(misbehaviours.wrong_total("-1")) as server:
        profile = ask(server.api_url + PROFILE, basic(server.key))
        refused = ask(server.api_url + TODAY)

    assert profile.document["data"]["username"] == "ada"
    assert refused.document == {"error": "Unauthorized"}


def test_objects_can_be_missing_or_of_the_wrong_kind() -> None:
    total = {"grand_total": {"text": "2h 5m", "total_seconds": 7500}}

    assert reply_to(misbehaviours.null_data()).document == {"data": None}
    assert reply_to(misbehaviours.list_data()).document == {"data": [total]}
    assert reply_to(misbehaviours.bare_list()).document == [{"data": total}]
    assert reply_to(misbehaviours.no_grand_total()).document == {"data": {}}


def test_nested_json_is_too_deep_for_pythons_parser() -> None:
    reply = reply_to(misbehaviours.nested_json())

    with pytest.raises(RecursionError):
        json.loads(reply.body)


def test_cut_json_has_the_length_that_it_announces() -> None:
    with misbehaving(misbehaviours.cut_json()) as server:
        cut = ask_today(server)
        server.behave()
        whole = ask_today(server)

    assert int(cut.headers["content-length"]) == len(cut.body) == len(whole.body) // 2
    with pytest.raises(json.JSONDecodeError):
        json.loads(cut.body)


@pytest.mark.parametrize("code", [401, 500])
def test_echo_repeats_key_and_header_in_every_place(code: int) -> None:
    with misbehaving(misbehaviours.echo(code)) as server:
        reply = ask_today(server)
        header = basic(server.key)["Authorization"]

    assert reply.status == code
    for place in (reply.reason, reply.headers["x-error"], reply.document["error"]):
        assert server.key in place
        assert header in place


@pytest.mark.parametrize("key", ["schlüssel", "plain", "two\nlines"])
def test_echo_repeats_whatever_was_sent(key: str) -> None:
    with misbehaving(misbehaviours.echo()) as server:
        for headers in (basic(key), {"Authorization": f"Bearer {key.encode().hex()}"}):
            reply = ask(server.api_url + TODAY, headers)

            assert headers["Authorization"] in reply.document["error"]
            assert reply.status == 401


# -- Bytes


def test_truncated_announces_more_than_it_sends() -> None:
    with (
        misbehaving(misbehaviours.truncated()) as server,
        pytest.raises(http.client.IncompleteRead) as broken,
    ):
        ask_today(server)

    assert broken.value.partial
    assert broken.value.expected


def test_huge_is_sound_json_of_the_size_asked_for() -> None:
    reply = reply_to(misbehaviours.huge(3_000_001))

    assert len(reply.body) == 3_000_001
    assert reply.document["data"]["grand_total"]["total_seconds"] == 7500
    assert "content-length" not in reply.headers


def test_huge_is_fifty_mebibytes_by_default() -> None:
    assert len(reply_to(misbehaviours.huge()).body) == 50 * 1024 * 1024


def test_huge_ends_when_the_client_goes() -> None:
    with misbehaving(misbehaviours.huge()) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        connection.request("GET", urlsplit(server.api_url).path + TODAY)
        with connection.getresponse() as response:
            response.read(1000)
        connection.close()
        server.behave()

        assert ask_today(server).status == 200


def test_compressed_it_is_small_until_unpacked() -> None:
    reply = reply_to(misbehaviours.huge(5_000_000, compressed=True))

    assert reply.headers["content-encoding"] == "gzip"
    assert len(reply.body) < 20_000
    assert len(gzip.decompress(reply.body)) == 5_000_000


def test_never_answers_reads_the_request_and_keeps_the_connection() -> None:
    with misbehaving(misbehaviours.never_answers()) as server:
        with pytest.raises(TimeoutError):
            ask_today(server, timeout=SHORT_SECONDS)

        assert len(server.requests) == 1


@pytest.mark.parametrize("body_only", [False, True])
def test_drip_sends_one_byte_at_a_time(body_only: bool) -> None:
    interval = 0.1
    with (
        misbehaving(misbehaviours.drip(interval, body_only=body_only)) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=10) as client,
    ):
        target = f"{urlsplit(server.api_url).path}{TODAY}?api_key={server.key}"
        began = time.monotonic()
        client.sendall(f"GET {target} HTTP/1.1\r\n\r\n".encode())
        said = b""
        while body_only and not said.endswith(b"\r\n\r\n"):
            said += client.recv(1)
        head_took = time.monotonic() - began
        dripped = b"".join(client.recv(1) for _ in range(4))
        took = time.monotonic() - began

    assert dripped == (b'{"da' if body_only else b"HTTP")
    # The first byte comes at once, each of the others an interval later.
    assert took >= 3 * interval
    if body_only:
        assert head_took < len(said) * interval


def test_drip_gives_the_whole_answer_in_the_end() -> None:
    with misbehaving(misbehaviours.drip(0.0001)) as server:
        dripped = ask_today(server)
        server.behave()

        assert dripped.body == ask_today(server).body


def test_closes_ends_the_connection_without_a_byte() -> None:
    with (
        misbehaving(misbehaviours.closes()) as server,
        pytest.raises(http.client.RemoteDisconnected),
    ):
        ask_today(server)


def test_resets_breaks_the_connection() -> None:
    with misbehaving(misbehaviours.closes(reset=True)) as server:
        with pytest.raises(ConnectionResetError) as broken:
            ask_today(server)

        assert not isinstance(broken.value, http.client.RemoteDisconnected)


# -- When and where


def statuses(server: Server, count: int) -> list[int]:
    return [ask_today(server).status for _ in range(count)]


def test_only_the_next_requests_may_go_wrong() -> None:
    with Server() as server:
        server.misbehave(misbehaviours.status(500), times=2)

        assert statuses(server, 4) == [500, 500, 200, 200]


def test_a_script_is_played_in_order() -> None:
    with Server() as server:
        server.misbehave(misbehaviours.status(500), misbehaviours.status(404), times=1)

        assert statuses(server, 3) == [500, 404, 200]


def test_a_script_may_be_played_for_ever() -> None:
    with Server() as server:
        server.misbehave(misbehaviours.status(500), misbehaviours.status(404))

        assert statuses(server, 5) == [500, 404, 500, 404, 500]


def test_a_new_script_replaces_the_old_one() -> None:
    with Server() as server:
        server.misbehave(misbehaviours.status(500))
        server.misbehave(misbehaviours.status(404), times=1)

        assert statuses(server, 2) == [404, 200]


def test_behave_ends_it_all() -> None:
    with Server() as server:
        server.misbehave(misbehaviours.status(500))
        server.misbehave(misbehaviours.status(404), path="statusbar")
        server.behave()

        assert statuses(server, 1) == [200]


def test_a_script_may_be_for_one_path_only() -> None:
    with Server() as server:
        server.misbehave(misbehaviours.status(500), path="statusbar")
        server.misbehave(misbehaviours.status(503), path="users/current$")

        assert statuses(server, 1) == [500]
        assert ask(server.api_url + PROFILE, basic(server.key)).status == 503
        assert ask(server.api_url + "/nothing", basic(server.key)).status == 404


def test_of_two_scripts_that_fit_the_last_one_counts_until_it_ends() -> None:
    with Server() as server:
        server.misbehave(misbehaviours.status(500), path="statusbar")
        server.misbehave(misbehaviours.status(503), times=1)

        assert statuses(server, 2) == [503, 500]
