from __future__ import annotations

import base64
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from tests.faults.failures import FAILURES, SLOW_FAILURES, Failure
from tests.server import DIALECTS, Server, misbehaviours, refused_port, silent_port
from tests.servers.clients import Options, client_of
from trayapp.coding import pacing
from trayapp.coding.number import Share
from trayapp.errors import (
    CertificateError,
    ConfigError,
    KeyRefusedError,
    NoSuchEndpointError,
    ServerError,
    TimedOutError,
    UnreachableError,
)
from trayapp.servers import transport
from trayapp.servers.client import Client
from trayapp.servers.dialects import Dialect
from trayapp.servers.transport import HttpTransport
from trayapp.settings.key import Key


@pytest.fixture(params=sorted(DIALECTS))
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with Server(request.param, timezone="Europe/Berlin") as server:
        server.today(total_seconds=7500)
        yield server


def test_each_dialect_tells_the_time_of_today(server: Server) -> None:
    client = client_of(server)

    answer = client.today().answer

    assert answer.total_seconds == 7500
    assert (answer.range is None) == (server.dialect == "hackatime")
    client.close()


def test_each_dialect_tells_who_is_signed_in(server: Server) -> None:
    client = client_of(server)

    profile = client.profile()

    assert profile.name is not None
    client.close()


def test_a_request_carries_the_key_alone_in_basic_and_asks_for_json(server: Server) -> None:
    client = client_of(server)

    client.today()

    (request,) = server.requests
    token = base64.b64encode(server.key.encode()).decode()
    assert request.authorization == f"Basic {token}"
    assert request.headers["accept"] == "application/json"
    assert server.key not in request.path
    assert not request.query
    client.close()


def test_one_connection_serves_every_request(server: Server) -> None:
    client = client_of(server)

    for _ in range(3):
        client.today()

    assert {request.connection for request in server.requests} == {1}
    client.close()


def test_the_connection_is_kept_as_long_as_the_constant_says(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert transport.KEEP_ALIVE_SECONDS > pacing.POLL_SECONDS * (1 + pacing.JITTER)
    monkeypatch.setattr(transport, "KEEP_ALIVE_SECONDS", 0.0)
    client = client_of(server)

    for _ in range(2):
        client.today()

    assert len({request.connection for request in server.requests}) == 2
    client.close()


def test_the_dialect_is_found_by_asking(server: Server) -> None:
    client = Client(server.api_url, Key(server.key), HttpTransport(Options(), "trayapp/test"))

    assert client.find_dialect() == server.dialect
    client.close()


@pytest.mark.parametrize("cold", [True, "blank"])
def test_a_cold_wakatime_is_not_taken_for_a_hackatime(cold: Literal[True, "blank"]) -> None:
    with Server("wakatime") as server:
        server.today(cold=cold)
        client = Client(server.api_url, Key(server.key), HttpTransport(Options(), "trayapp/test"))

        assert client.find_dialect() is Dialect.WAKATIME
        client.close()


def test_a_web_page_under_wakapis_prefix_is_not_taken_for_a_wakapi() -> None:
    with Server("wakatime") as server:
        server.misbehave(misbehaviours.captive_portal(), path="compat")
        client = Client(server.api_url, Key(server.key), HttpTransport(Options(), "trayapp/test"))

        assert client.find_dialect() is Dialect.WAKATIME
        client.close()


def test_a_wrong_key_is_refused(server: Server) -> None:
    client = client_of(server, key="00000000-0000-4000-8000-000000000000")

    with pytest.raises(KeyRefusedError, match="does not accept the API key"):
        client.today()
    client.close()


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.name)
def test_each_failure_becomes_its_error_and_the_next_request_works(failure: Failure) -> None:
    for dialect in failure.dialects:
        with Server(dialect) as server:
            client = client_of(server)
            server.misbehave(failure.misbehaviour(), times=1)

            with pytest.raises(failure.error) as caught:
                client.today()

            assert failure.words in caught.value.title
            assert caught.value.hint
            assert server.key not in str(caught.value)
            assert client.today().answer.total_seconds is not None
            client.close()


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("failure", SLOW_FAILURES, ids=lambda failure: failure.name)
def test_a_server_that_is_too_slow_is_given_up_in_time(failure: Failure, tls: bool) -> None:
    with Server("hackatime", tls=tls) as server:
        options = Options(timeout_seconds=1.0, verify=not tls)
        client = client_of(server, options=options)
        server.misbehave(failure.misbehaviour(), times=1)

        before = time.monotonic()

        with pytest.raises(TimedOutError, match="did not answer within 1 s"):
            client.today()

        assert time.monotonic() - before < 10
        assert client.today().answer.total_seconds is not None
        client.close()


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_another_thread_can_cut_a_request_short(tls: bool) -> None:
    with Server("hackatime", tls=tls) as server:
        client = client_of(server, options=Options(verify=not tls))
        server.misbehave(misbehaviours.never_answers(), times=1)
        raised: list[ServerError] = []

        def ask() -> None:
            try:
                client.today()
            except ServerError as error:
                raised.append(error)

        thread = threading.Thread(target=ask)
        thread.start()
        server.wait_for_requests(1)
        client.cut()
        thread.join(4)

        assert not thread.is_alive()
        assert len(raised) == 1


def test_a_redirect_is_not_followed_and_the_key_goes_nowhere_else() -> None:
    with Server("hackatime") as server, Server("hackatime") as other:
        client = client_of(server)
        for code in (301, 302, 303, 307, 308):
            server.misbehave(misbehaviours.redirect(other.origin, code), times=1)
            with pytest.raises(Exception, match="another address"):
                client.today()

        assert other.requests == ()
        client.close()


def test_a_refused_connection_says_that_the_server_cannot_be_reached() -> None:
    with refused_port() as origin:
        client = Client(f"{origin}/api", Key("a-test-key"), HttpTransport(Options(), "trayapp"))

        with pytest.raises(UnreachableError, match="cannot be reached"):
            client.today()


def test_a_name_that_does_not_exist_says_that_the_server_cannot_be_reached() -> None:
    client = Client(
        "https://no-such-host.invalid/api", Key("a-test-key"), HttpTransport(Options(), "trayapp")
    )

    with pytest.raises(UnreachableError, match=r"no-such-host\.invalid cannot be reached"):
        client.today()


def test_a_connection_that_is_never_made_is_given_up_in_time() -> None:
    with silent_port() as origin:
        options = Options(timeout_seconds=1.0)
        client = Client(f"{origin}/api", Key("a-test-key"), HttpTransport(options, "trayapp"))
        before = time.monotonic()

        with pytest.raises(TimedOutError):
            client.today()

        assert time.monotonic() - before < 10
        client.close()


def test_a_file_that_holds_no_certificates_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("these are none")
    options = Options(certificates_file=str(tmp_path / "empty.pem"))
    client = Client("https://x.invalid/api", Key("a-test-key"), HttpTransport(options, "trayapp"))

    with pytest.raises(ConfigError, match=r"empty\.pem holds no certificates"):
        client.today()


def test_wakatimes_cold_answer_is_no_number() -> None:
    with Server("wakatime") as server:
        server.today(cold=True)
        client = client_of(server)

        assert client.today().answer.total_seconds is None
        client.close()


def test_an_older_hackatime_tells_no_profile() -> None:
    with Server("hackatime", users_current=False) as server:
        client = client_of(server)

        assert client.today().answer.total_seconds is not None
        with pytest.raises(NoSuchEndpointError):
            client.profile()
        client.close()


def test_hackatimes_goal_and_wakatimes_breakdowns_are_read() -> None:
    with Server("hackatime") as hackatime, Server("wakatime") as wakatime:
        hackatime.today(total_seconds=7500, goal_seconds=10_800)
        wakatime.today(total_seconds=7500, languages={"Python": 7000.0}, editors={})

        ours, theirs = client_of(hackatime), client_of(wakatime)
        goal = ours.today().answer.goal
        breakdowns = theirs.today().answer.breakdowns

        assert goal is not None
        assert (goal.target_seconds, goal.percent, goal.complete) == (10_800, 69, False)
        assert breakdowns["languages"] == (Share("Python", 7000.0),)
        assert breakdowns["editors"] == ()
        assert ours.today().answer.breakdowns["languages"] is None
        ours.close()
        theirs.close()


@pytest.mark.parametrize("flaw", ["unknown authority", "wrong host", "expired"])
def test_a_wrong_certificate_is_not_accepted(flaw: str) -> None:
    kind = {"unknown authority": True, "wrong host": "wrong-host", "expired": "expired"}[flaw]
    with Server("hackatime", tls=kind) as server:  # type: ignore[arg-type] # a table of names
        trusted = None if flaw == "unknown authority" else server.ca_file
        client = client_of(server, options=Options(certificates_file=trusted))

        with pytest.raises(CertificateError, match="is not trusted"):
            client.today()

        assert server.requests == ()


def test_a_certificate_of_ones_own_is_accepted_by_file_or_when_nobody_checks() -> None:
    with Server("hackatime", tls=True) as server:
        for options in (Options(certificates_file=server.ca_file), Options(verify=False)):
            client = client_of(server, options=options)
            assert client.today().answer.total_seconds is not None
            client.close()
