"""What goes out with heartbeats, and that every answer comes back as it was given."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Iterator

import pytest

from tests.server import DIALECTS, Server, misbehaviours, refused_port
from tests.servers.clients import Options, client_of
from trayapp.errors import BadAnswerError, ServerError, TimedOutError, UnreachableError
from trayapp.servers.client import Client
from trayapp.servers.transport import FunctionTransport, HttpTransport, Response
from trayapp.settings.key import Key

BODY = b'[ {"entity":"/home/ada/\\u00e4.py", "time":1787400000.25} ,{"lines":1e2}]\n'
"""Spaced as no encoder does it: whoever decodes it on the way gives other bytes."""
MACHINE = "Ada%27s+PC"
USER_AGENT = "wakatime/1.0 (linux-6.8-x86_64) python3.12.1 trayapp/1.0 trayapp-wakatime/1.0"


@pytest.fixture(params=sorted(DIALECTS))
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with Server(request.param) as server:
        yield server


def send(client: Client) -> Response:
    return client.send_heartbeats(BODY, MACHINE, USER_AGENT)


def test_the_very_bytes_arrive_at_the_bulk_address(server: Server) -> None:
    client = client_of(server)

    send(client)

    (request,) = server.requests
    assert (request.method, request.body) == ("POST", BODY)
    assert server.origin + request.path == server.api_url + "/users/current/heartbeats.bulk"
    client.close()


def test_the_headers_name_machine_user_agent_and_json_once_each(server: Server) -> None:
    client = client_of(server)

    send(client)
    client.today()

    posted, asked = (request.headers for request in server.requests)
    token = base64.b64encode(server.key.encode()).decode()
    assert posted["authorization"] == f"Basic {token}"
    assert posted["content-type"] == posted["accept"] == "application/json"
    assert posted["x-machine-name"] == MACHINE
    assert posted["user-agent"] == USER_AGENT
    assert asked["user-agent"] == "trayapp/test"
    assert "x-machine-name" not in asked
    client.close()


def test_the_key_is_in_no_url(server: Server) -> None:
    client = client_of(server)

    send(client)

    (request,) = server.requests
    assert server.key not in request.target
    assert not request.query
    client.close()


@pytest.mark.parametrize("code", [400, 401, 402, 403, 404, 413, 422, 429, 500, 503])
def test_every_status_is_an_answer_and_no_error(server: Server, code: int) -> None:
    client = client_of(server)
    server.misbehave(misbehaviours.status(code), times=1)

    assert send(client).status == code
    client.close()


def test_an_answer_comes_with_its_headers_and_its_body(server: Server) -> None:
    client = client_of(server)
    server.misbehave(misbehaviours.throttled(90), times=1)

    answer = send(client)

    assert answer.headers["retry-after"] == "90"
    assert answer.body == b'{"error":"Rate limit exceeded","message":"way too fast"}'
    assert answer.sent_at <= answer.received_at
    client.close()


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_given_back_and_nothing_goes_elsewhere(server: Server, code: int) -> None:
    with Server(server.dialect) as other:
        client = client_of(server)
        server.misbehave(misbehaviours.redirect(other.origin, code), times=1)

        assert send(client).status == code
        assert other.requests == ()
        assert len(server.requests) == 1
        client.close()


def test_one_connection_serves_heartbeats_and_questions(server: Server) -> None:
    client = client_of(server)

    for _ in range(3):
        send(client)
        client.today()

    assert {request.connection for request in server.requests} == {1}
    client.close()


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
@pytest.mark.parametrize(
    "slow", [misbehaviours.never_answers(), misbehaviours.drip(0.3)], ids=lambda slow: slow.name
)
def test_a_server_that_is_too_slow_is_given_up_in_time(
    slow: misbehaviours.Misbehaviour, tls: bool
) -> None:
    with Server(tls=tls) as server:
        client = client_of(server, options=Options(timeout_seconds=1.0, verify=not tls))
        server.misbehave(slow, times=1)
        before = time.monotonic()

        with pytest.raises(TimedOutError, match="did not answer within 1 s"):
            send(client)

        assert time.monotonic() - before < 10
        assert send(client).status != 0
        client.close()


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_another_thread_can_cut_it_short(tls: bool) -> None:
    with Server(tls=tls) as server:
        client = client_of(server, options=Options(verify=not tls))
        server.misbehave(misbehaviours.never_answers(), times=1)
        raised: list[ServerError] = []

        def ask() -> None:
            try:
                send(client)
            except ServerError as error:
                raised.append(error)

        thread = threading.Thread(target=ask)
        thread.start()
        server.wait_for_requests(1)
        client.cut()
        thread.join(4)

        assert not thread.is_alive()
        assert len(raised) == 1
        client.close()


@pytest.mark.parametrize(
    "broken",
    [misbehaviours.truncated(), misbehaviours.closes(), misbehaviours.closes(reset=True)],
    ids=lambda broken: broken.name,
)
def test_no_whole_answer_is_an_error_and_nothing_is_sent_again_by_itself(
    server: Server, broken: misbehaviours.Misbehaviour
) -> None:
    client = client_of(server)
    server.misbehave(broken, times=1)

    with pytest.raises((BadAnswerError, UnreachableError)):
        send(client)

    assert len(server.requests) == 1
    client.close()


def test_a_refused_connection_says_that_the_server_cannot_be_reached() -> None:
    with refused_port() as origin:
        client = Client(f"{origin}/api", Key("a-test-key"), HttpTransport(Options(), "trayapp"))

        with pytest.raises(UnreachableError, match="cannot be reached"):
            send(client)


def test_plain_http_goes_through_no_proxy_elsewhere(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server() as environment:
        monkeypatch.setenv("http_proxy", environment.origin)
        client = client_of(server, options=Options(proxy="http://proxy.invalid:3128"))

        send(client)

        assert len(server.requests) == 1
        assert environment.requests == ()
        client.close()


def test_plain_http_may_go_through_a_proxy_on_this_machine(server: Server) -> None:
    with Server() as proxy:
        client = client_of(server, options=Options(proxy=proxy.origin))

        send(client)

        assert server.requests == ()
        (request,) = proxy.requests
        assert request.target == server.api_url + "/users/current/heartbeats.bulk"
        client.close()


def test_a_function_takes_what_is_posted() -> None:
    taken: list[tuple[str, bytes]] = []

    def take(url: str, headers: object, body: bytes) -> Response:
        del headers
        taken.append((url, body))
        return Response(201, {}, b"{}")

    transport = FunctionTransport(lambda *_: Response(500, {}, b""), take)
    client = Client("https://x.example/api/v1", Key("a-test-key"), transport)

    assert send(client).status == 201
    assert taken == [("https://x.example/api/v1/users/current/heartbeats.bulk", BODY)]
