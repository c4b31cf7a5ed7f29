"""The server itself: connections, records, TLS, and an end that is quick whatever hangs."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from urllib.parse import urlsplit

import httpx
import pytest

from tests.server import DIALECTS, Server, misbehaviours, refused_port
from tests.server.asking import PROFILE, TODAY, ask, ask_on, basic

QUICK_SECONDS = 1.0


def connect(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=10)


def path_of_today(server: Server) -> str:
    return urlsplit(server.api_url).path + TODAY


# -- Connections


@pytest.mark.parametrize("dialect", DIALECTS)
def test_one_connection_serves_many_requests(dialect: str) -> None:
    with Server(dialect) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        for headers in (basic(server.key), {}, basic(server.key)):
            ask_on(connection, server.api_url + TODAY, headers)
        connection.close()
        ask(server.api_url + TODAY)

        assert [request.connection for request in server.requests] == [1, 1, 1, 2]


def test_httpx_keeps_its_connection() -> None:
    with Server("wakatime") as server, httpx.Client(headers=basic(server.key)) as client:
        for _ in range(3):
            assert client.get(server.api_url + TODAY).status_code == 200

        assert {request.connection for request in server.requests} == {1}


@pytest.mark.parametrize(
    "end", ["GET {} HTTP/1.1\r\nConnection: close\r\n\r\n", "GET {} HTTP/1.0\r\n\r\n"]
)
def test_a_connection_ends_when_the_client_wants_it_to(end: str) -> None:
    with Server() as server, connect(server) as client:
        client.sendall(end.format(path_of_today(server)).encode())
        said = b"".join(iter(lambda: client.recv(4096), b""))

    assert b"\r\nConnection: close\r\n" in said
    assert said.endswith(b'{"error":"Unauthorized"}')


@pytest.mark.parametrize(
    "malformed",
    [b"hello\r\n\r\n", b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
)
def test_what_is_no_request_gets_a_400_and_is_no_record(malformed: bytes) -> None:
    with Server() as server, connect(server) as client:
        client.sendall(malformed)

        assert client.recv(4096).startswith(b"HTTP/1.1 400 ")
        assert server.requests == ()


def test_requests_are_answered_side_by_side() -> None:
    with Server() as server:
        server.misbehave(misbehaviours.never_answers(), times=1)
        with connect(server) as hanging:
            hanging.sendall(f"GET {path_of_today(server)} HTTP/1.1\r\n\r\n".encode())
            server.wait_for_requests(1)

            assert ask(server.api_url + TODAY, basic(server.key)).status == 200


def test_it_serves_as_a_proxy_for_plain_http() -> None:
    with (
        Server() as server,
        httpx.Client(proxy=server.origin, headers=basic(server.key)) as client,
    ):
        url = "http://hackatime.example.test/api/hackatime/v1" + TODAY

        assert client.get(url).status_code == 200
        assert server.requests[0].target == url
        assert server.requests[0].headers["host"] == "hackatime.example.test"


# -- Records


def test_a_record_holds_what_was_sent() -> None:
    with Server() as server:
        server.set_time(1_787_400_000)
        before = time.monotonic()
        ask(
            server.api_url + TODAY + "?api_key=secret",
            {"X-Machine-Name": "My+PC", "Accept": "text/html"},
            method="POST",
        )
        (request,) = server.requests

    assert request.method == "POST"
    assert request.path == "/api/hackatime/v1" + TODAY
    assert (request.query, request.query_key) == ("api_key=secret", "secret")
    assert request.target == request.path + "?api_key=secret"
    assert request.headers["x-machine-name"] == "My+PC"
    assert (request.accept, request.authorization, request.body) == ("text/html", None, b"")
    assert (request.time, request.connection) == (1_787_400_000, 1)
    assert before <= request.monotonic <= time.monotonic()


def test_a_record_holds_the_body() -> None:
    with Server() as server, httpx.Client() as client:
        client.post(server.api_url + TODAY, content=b"[1, 2]")
        client.get(server.api_url + TODAY)

        assert [request.body for request in server.requests] == [b"[1, 2]", b""]


def test_no_repr_shows_a_key() -> None:
    with Server() as server:
        ask(server.api_url + TODAY + f"?api_key={server.key}", basic(server.key))
        shown = f"{server!r} {server.requests!r} {server._account!r}"

    assert server.key not in shown
    assert basic(server.key)["Authorization"] not in shown


def test_waiting_for_requests_ends_as_soon_as_they_are_there() -> None:
    with Server() as server:
        asking = threading.Thread(
            target=lambda: [ask(server.api_url + path) for path in (PROFILE, TODAY, PROFILE)]
        )
        asking.start()
        found = server.wait_for_requests(2, timeout=10, path="users/current$")
        asking.join(10)

    assert [request.path.rpartition("/")[2] for request in found] == ["current", "current"]


def test_waiting_for_requests_ends_in_time() -> None:
    with Server() as server:
        ask(server.api_url + TODAY)
        with pytest.raises(TimeoutError, match="1 of 2 requests came"):
            server.wait_for_requests(2, timeout=0.05)


def test_the_log_has_a_line_per_request_and_no_key() -> None:
    lines: list[str] = []
    other_key = "0f2a1e2c-6b8e-4a49-9d0f-5c1f3b7a9e21"
    with Server(key="a key of no form", log=lines.append) as server:
        ask(server.api_url + TODAY, basic(server.key))
        ask(server.api_url + TODAY, {"Authorization": f"Bearer {other_key}"})
        ask(server.api_url + TODAY + f"?api_key={other_key}")
        ask(server.origin + f"/{other_key}")
        server.misbehave(misbehaviours.status(500))
        ask(server.api_url + TODAY)

    path = "/api/hackatime/v1" + TODAY
    assert lines == [
        f"#1 GET {path} Basic auth: 200",
        f"#2 GET {path} Bearer auth: 401",
        f"#3 GET {path}?... No auth: 401",
        "#4 GET /[...] No auth: 404",
        f"#5 GET {path} No auth: 500",
    ]


def test_the_log_shows_no_key_even_where_it_has_no_business() -> None:
    lines: list[str] = []
    key = "0f2a1e2c-6b8e-4a49-9d0f-5c1f3b7a9e21"
    encoded = basic(key)["Authorization"].partition(" ")[2]
    with Server(key=key, log=lines.append) as server:
        ask(f"{server.origin}/{key}?{encoded}", {"Authorization": key})
        ask(f"{server.origin}/x/{encoded}/y", {"Authorization": encoded})

    assert not any(key in line or encoded in line for line in lines)
    assert all("Odd auth" in line for line in lines)


# -- What is answered changes as a whole


def test_an_answer_never_mixes_two_days() -> None:
    with Server() as server, httpx.Client(headers=basic(server.key)) as client:
        done = threading.Event()

        def change() -> None:
            seconds = 1
            while not done.wait(0.0001):
                seconds += 1
                server.today(total_seconds=seconds, goal_seconds=seconds)

        changing = threading.Thread(target=change)
        server.today(total_seconds=1, goal_seconds=1)
        changing.start()
        try:
            days = [client.get(server.api_url + TODAY).json()["data"] for _ in range(200)]
        finally:
            done.set()
            changing.join(10)

    totals = [day["grand_total"]["total_seconds"] for day in days]
    assert totals == [day["goal"]["target_seconds"] for day in days]
    assert totals[-1] > totals[0]


def test_what_is_not_named_stays_as_it_was() -> None:
    with Server() as server:
        server.today(total_seconds=60, goal_seconds=120)
        server.today(total_seconds=90)
        data = ask(server.api_url + TODAY, basic(server.key)).document["data"]

    assert (data["grand_total"]["total_seconds"], data["goal"]["target_seconds"]) == (90, 120)


# -- The end


@pytest.mark.parametrize("name", ["never-answers", "drip", "huge", None])
def test_the_end_is_quick_and_leaves_no_thread(name: str | None) -> None:
    threads = threading.active_count()
    server = Server()
    server.start()
    if name is not None:
        server.misbehave(misbehaviours.NAMED[name])
    # The client reads nothing: the server hangs in sending, in waiting, or for a next request.
    with connect(server) as client:
        client.sendall(f"GET {path_of_today(server)} HTTP/1.1\r\n\r\n".encode())
        server.wait_for_requests(1)
        began = time.monotonic()
        server.stop()
        took = time.monotonic() - began

    assert took < QUICK_SECONDS
    assert threading.active_count() == threads


def test_stopping_twice_or_before_the_start_does_nothing() -> None:
    server = Server()
    server.stop()
    with server:
        server.stop()
    server.stop()


def test_a_stopped_server_refuses_and_comes_back_where_it_was() -> None:
    server = Server()
    with server:
        ask(server.api_url + TODAY)
        url = server.api_url + TODAY
    with pytest.raises(ConnectionRefusedError):
        ask(url)
    with server:
        assert ask(url, basic(server.key)).status == 200
        assert len(server.requests) == 2


def test_another_server_may_take_the_port_over() -> None:
    with Server() as first:
        ask(first.api_url + TODAY)
    with Server("wakapi", port=first.port) as second:
        assert second.origin == first.origin
        assert ask(second.api_url + TODAY).body == b"401 unauthorized"


def test_a_port_that_is_taken_is_an_error() -> None:
    with Server() as server, pytest.raises(OSError, match="in use"):
        Server(port=server.port).start()


def test_a_refused_port_refuses_for_as_long_as_the_block_lasts() -> None:
    with refused_port() as origin:
        for _ in range(3):
            with pytest.raises(ConnectionRefusedError):
                ask(origin + TODAY)


# -- TLS


def get_securely(server: Server) -> int:
    context = ssl.create_default_context(cafile=server.ca_file)
    with httpx.Client(verify=context, headers=basic(server.key)) as client:
        return client.get(server.api_url + TODAY).status_code


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_tls_is_trusted_by_whoever_trusts_the_authority(host: str) -> None:
    with Server(tls=True, host=host) as server:
        assert server.origin == f"https://{host}:{server.port}"
        assert get_securely(server) == 200


def test_tls_is_not_trusted_by_anybody_else() -> None:
    with Server(tls=True) as server, httpx.Client() as client:
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            client.get(server.api_url + TODAY, headers=basic(server.key))

        assert server.requests == ()


def test_a_certificate_for_another_host_is_not_trusted() -> None:
    with Server(tls="wrong-host") as server:
        with pytest.raises(httpx.ConnectError, match="IP address mismatch"):
            get_securely(server)

        assert server.requests == ()


def test_an_expired_certificate_is_not_trusted() -> None:
    with Server(tls="expired") as server:
        with pytest.raises(httpx.ConnectError, match="certificate has expired"):
            get_securely(server)

        assert server.requests == ()


def test_a_client_that_never_shakes_hands_blocks_neither_others_nor_the_end() -> None:
    threads = threading.active_count()
    server = Server(tls=True)
    server.start()
    with connect(server):
        assert get_securely(server) == 200
        began = time.monotonic()
        server.stop()
        took = time.monotonic() - began

    assert took < QUICK_SECONDS
    assert threading.active_count() == threads


@pytest.mark.parametrize("name", ["never-answers", "drip", "huge"])
def test_the_end_is_quick_with_tls_too(name: str) -> None:
    server = Server(tls=True)
    server.start()
    server.misbehave(misbehaviours.NAMED[name])
    context = ssl.create_default_context(cafile=server.ca_file)
    with connect(server) as raw, context.wrap_socket(raw, server_hostname="127.0.0.1") as client:
        client.sendall(f"GET {path_of_today(server)} HTTP/1.1\r\n\r\n".encode())
        server.wait_for_requests(1)
        began = time.monotonic()
        server.stop()
        took = time.monotonic() - began

    assert took < QUICK_SECONDS


def test_the_authority_lies_in_a_file_while_the_server_runs() -> None:
    server = Server(tls=True)
    with pytest.raises(RuntimeError, match="only a running server with tls"):
        _ = server.ca_file
    with server, open(server.ca_file, encoding="ascii") as file:  # noqa: PTH123 -- a str is given
        assert file.read().startswith("-----BEGIN CERTIFICATE-----")
    with server:
        assert get_securely(server) == 200
