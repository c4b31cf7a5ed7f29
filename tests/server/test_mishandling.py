"""Every mishandling of heartbeats does what it says."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING

import pytest

from tests.desktop.processes import wait_for
from tests.server import misbehaviours, mishandling
from tests.server.asking import TODAY, Reply, ask, basic
from tests.server.posting import heartbeat, post, statuses

if TYPE_CHECKING:
    from tests.server import Misbehaviour, Server

BATCH = [heartbeat(seconds, entity=f"{seconds}.py") for seconds in range(11)]
NO_ANSWER = (OSError, http.client.HTTPException)


def stored(server: Server) -> list[str]:
    return [row["entity"] for row in server.heartbeats]


def entities(*numbers: int) -> list[str]:
    return [f"{number}.py" for number in numbers]


@pytest.mark.parametrize("misbehaviour", mishandling.NAMED.values(), ids=mishandling.NAMED)
def test_none_of_them_answers_like_a_server_that_behaves(
    server: Server, misbehaviour: Misbehaviour
) -> None:
    server.misbehave(misbehaviour)
    url = server.api_url + TODAY
    asked = ask(url, basic(server.key))
    answer: object
    try:
        answer = post(server, BATCH, timeout=0.3)
    except NO_ANSWER as error:
        answer = error
    server.behave()
    proper = post(server, BATCH)

    assert asked.status == 200
    assert statuses(proper) == [201] * 11
    assert stored(server) == entities(*range(11))
    assert not isinstance(answer, Reply) or answer.body != proper.body


def test_each_is_found_by_its_name_which_no_other_has() -> None:
    for name, misbehaviour in mishandling.NAMED.items():
        assert misbehaviour.name == name
        assert misbehaviour.summary
    assert not mishandling.NAMED.keys() & misbehaviours.NAMED.keys()


@pytest.mark.parametrize("code", [500, 502, 429, 401])
def test_stored_and_answered_with_a_failure(server: Server, code: int) -> None:
    server.misbehave(mishandling.stored_but_fails(code), times=1)

    assert post(server, BATCH[:2]).status == code
    assert stored(server) == entities(0, 1)


@pytest.mark.parametrize("reset", [True, False])
def test_stored_and_cut(server: Server, reset: bool) -> None:
    server.misbehave(mishandling.stored_but_cut(reset=reset), times=1)

    with pytest.raises(NO_ANSWER):
        post(server, BATCH[:2])
    assert stored(server) == entities(0, 1)


def test_stored_and_never_answered(server: Server) -> None:
    server.misbehave(mishandling.stored_but_late(), times=1)

    with pytest.raises(TimeoutError):
        post(server, BATCH[:2], timeout=0.3)
    # Under load the client may give up before the server has begun.
    wait_for(lambda: stored(server) == entities(0, 1), "both were stored")


def test_stored_and_answered_late(server: Server) -> None:
    server.misbehave(mishandling.stored_but_late(0.2), times=1)

    with pytest.raises(TimeoutError):
        post(server, BATCH[:1], timeout=0.05)
    server.misbehave(mishandling.stored_but_late(0.2), times=1)
    assert statuses(post(server, BATCH[:1])) == [201]
    assert stored(server) == entities(0)


@pytest.mark.parametrize(
    ("count", "told", "kept"), [(4, 2, 2), (5, 2, 2), (1, 0, 0)], ids=["even", "odd", "one"]
)
def test_short_responses_lose_the_rest(server: Server, count: int, told: int, kept: int) -> None:
    server.misbehave(mishandling.short_responses(), times=1)

    assert statuses(post(server, BATCH[:count])) == [201] * told
    assert stored(server) == entities(*range(kept))


def test_short_responses_may_have_stored_the_rest(server: Server) -> None:
    server.misbehave(mishandling.short_responses(stored=True), times=1)

    assert statuses(post(server, BATCH[:5])) == [201, 201]
    assert stored(server) == entities(*range(5))


def test_items_above_a_number_are_throttled(server: Server) -> None:
    server.misbehave(mishandling.throttled_items(2), times=1)

    assert statuses(post(server, BATCH[:4])) == [201, 201, 429, 429]
    assert stored(server) == entities(0, 1)


def test_a_request_with_too_many_is_refused_as_a_whole(server: Server) -> None:
    server.misbehave(mishandling.at_most(10))

    assert post(server, BATCH).status == 413
    assert stored(server) == []
    assert statuses(post(server, BATCH[:10])) == [201] * 10


def test_a_database_that_is_down_is_422_for_every_item_or_500(server: Server) -> None:
    server.misbehave(mishandling.database_down(), times=1)
    reply = post(server, BATCH[:2])

    assert stored(server) == []
    if server.dialect == "hackatime":
        assert (reply.status, statuses(reply)) == (201, [422, 422])
        assert {said["type"] for said, _ in reply.document["responses"]} == {
            "ActiveRecord::ConnectionNotEstablished"
        }
    else:
        assert reply.status == 500


def test_poison_may_spoil_the_whole_request(server: Server) -> None:
    server.misbehave(mishandling.poisoned(r"^[37]\.py"))

    assert post(server, BATCH).status == 400
    assert post(server, BATCH[3:4]).status == 400
    assert stored(server) == []
    assert statuses(post(server, BATCH[:3])) == [201] * 3


def test_poison_may_be_condemned_item_by_item(server: Server) -> None:
    server.misbehave(mishandling.poisoned(r"^1\.py", whole=False))
    refused = 422 if server.dialect == "hackatime" else 400

    assert statuses(post(server, BATCH[:3])) == [201, refused, 201]
    assert stored(server) == entities(0, 2)


def test_a_proxy_answers_everything_with_its_page(server: Server) -> None:
    server.misbehave(mishandling.proxy_refuses(), times=1)
    reply = post(server, BATCH[:1])

    assert (reply.status, reply.content_type) == (400, "text/html")
    assert stored(server) == []


@pytest.mark.parametrize(
    ("misbehaviour", "kept"),
    [
        (misbehaviours.status(413), False),
        (misbehaviours.status(402), False),
        (misbehaviours.throttled(), False),
        (misbehaviours.throttled_by_redirect(), False),
        (misbehaviours.captive_portal(), False),
        (misbehaviours.closes(reset=True), False),
        (misbehaviours.cut_json(), True),
        (misbehaviours.truncated(), True),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_the_other_misbehaviours_store_before_they_break_an_answer(
    server: Server, misbehaviour: Misbehaviour, kept: bool
) -> None:
    server.misbehave(misbehaviour, times=1)
    try:
        post(server, BATCH[:1])
    except NO_ANSWER:
        assert misbehaviour.name in ("resets", "truncated")

    assert stored(server) == (entities(0) if kept else [])
