"""What every question has in common: where it goes, what it carries, what its status means."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from urllib.parse import parse_qs

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.server import DIALECTS, Server, misbehaviours
from tests.servers.clients import Options, client_of
from trayapp.errors import (
    AdministratorKeyError,
    BadAnswerError,
    BeyondPlanError,
    KeyRefusedError,
    KeyRefusedHereError,
    NoSuchEndpointError,
    RedirectError,
    ServerError,
    StillComputingError,
    TrayappError,
    UsageError,
    UserNotShownError,
)
from trayapp.servers.client import Client
from trayapp.servers.dialects import Dialect, join_path, origin_of
from trayapp.servers.outcomes import error_of
from trayapp.servers.transport import FunctionTransport, HttpTransport, Response
from trayapp.settings.key import Key

NATIVE = "/api/v1/users/my/stats"


@pytest.fixture(params=sorted(DIALECTS))
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with Server(request.param) as server:
        server.today(total_seconds=7500)
        yield server


@pytest.fixture
def hackatime() -> Iterator[Server]:
    with Server("hackatime") as server:
        yield server


def test_a_path_is_asked_under_the_api_url_with_the_key_in_basic(server: Server) -> None:
    client = client_of(server)

    answer = client.ask("users/current/statusbar/today")

    (request,) = server.requests
    token = base64.b64encode(server.key.encode()).decode()
    assert f"{server.origin}{request.path}" == f"{server.api_url}/users/current/statusbar/today"
    assert request.authorization == f"Basic {token}"
    assert request.headers["accept"] == "application/json"
    assert answer.document["data"]["grand_total"]["total_seconds"] == 7500
    assert answer.response.status == 200
    client.close()


def test_only_hackatime_gets_the_plain_key_and_only_where_it_is_asked_for(server: Server) -> None:
    client = client_of(server)

    if server.dialect != "hackatime":
        with pytest.raises(NoSuchEndpointError, match="only that has /api/v1/users/my/stats"):
            client.ask(NATIVE, bearer=True, from_origin=True)
        assert server.requests == ()
        return
    client.ask(NATIVE, bearer=True, from_origin=True)

    (request,) = server.requests
    assert request.path == NATIVE
    assert request.authorization == f"Bearer {server.key}"
    assert server.key not in request.target
    client.close()


def test_an_unknown_dialect_is_found_out_before_the_plain_key_is_sent() -> None:
    with Server("wakatime") as server:
        client = Client(server.api_url, Key(server.key), HttpTransport(Options(), "trayapp/test"))

        with pytest.raises(NoSuchEndpointError, match="is no Hackatime"):
            client.ask(NATIVE, bearer=True, from_origin=True)

        assert server.requests
        assert all("Bearer" not in (each.authorization or "") for each in server.requests)
        client.close()


def test_a_query_is_encoded_so_that_a_plus_stays_one(hackatime: Server) -> None:
    client = client_of(hackatime)
    query = {"start_date": "2026-11-22T00:00:00+01:00", "project": "a&b=c #?ü/.."}

    client.ask(NATIVE, query, bearer=True, from_origin=True)

    (request,) = hackatime.requests
    assert "%2B01" in request.query
    assert parse_qs(request.query) == {name: [value] for name, value in query.items()}
    client.close()


@pytest.mark.parametrize("bearer", [False, True])
def test_a_redirect_is_never_followed(hackatime: Server, bearer: bool) -> None:
    with Server("hackatime") as other:
        client = client_of(hackatime)
        for code in (301, 302, 303, 307, 308):
            hackatime.misbehave(misbehaviours.redirect(other.origin, code), times=1)
            with pytest.raises(RedirectError):
                client.ask(NATIVE, bearer=bearer, from_origin=True)

        assert other.requests == ()
        client.close()


WRONG_PATHS = [
    "https://evil.example/x",
    "http:evil.example",
    "//evil.example/x",
    "/\\evil.example",
    "x\\y",
    "..",
    "../x",
    "/../x",
    "users/../../x",
    "users/./x",
    "users/%2e%2e/x",
    "users/%2E./x",
    "users/..%2fx",
    "users/..%5cx",
    "%2f%2fevil.example",
    "users//x",
    "users?x=y",
    "users#x",
    "users/a b",
    "users/a\nHost: evil.example",
    "users/\0",
    "users/ü",
    "users/%zz",
    "@evil.example\n",
]


@pytest.mark.parametrize("from_origin", [False, True])
@pytest.mark.parametrize("path", WRONG_PATHS)
def test_a_path_that_leads_elsewhere_is_not_asked(path: str, from_origin: bool) -> None:
    asked: list[str] = []

    def answer(url: str, _: object) -> Response:
        asked.append(url)
        return Response(200, {}, b"{}")

    client = Client(
        "https://a.example/api/hackatime/v1", Key("a-test-key"), FunctionTransport(answer)
    )

    with pytest.raises(UsageError, match="is no path on a") as caught:
        client.ask(path, from_origin=from_origin)

    assert caught.value.exit_code == 2
    assert asked == []


PIECES = st.sampled_from(
    ["/", "..", ".", "%2e", "%2f", "\\", ":", "@", "?", "#", "//", "a", "%", " "]
)


@given(st.lists(PIECES | st.text(max_size=3), max_size=8).map("".join))
def test_no_path_whatever_leads_off_the_server(path: str) -> None:
    base = "https://a.example:8443/hack/api/v1"

    try:
        url = httpx.URL(join_path(base, path))
    except UsageError:
        return

    assert (url.scheme, url.host, url.port, url.userinfo) == ("https", "a.example", 8443, b"")
    assert url.path.startswith("/hack/api/v1/")
    assert not url.query
    assert not url.fragment


@pytest.mark.parametrize(
    ("api_url", "origin"),
    [
        ("https://hackatime.hackclub.com/api/hackatime/v1", "https://hackatime.hackclub.com"),
        ("https://api.wakatime.com/api/v1", "https://api.wakatime.com"),
        ("https://waka.example/api", "https://waka.example"),
        ("https://home.example/w/api/compat/wakatime/v1", "https://home.example/w"),
        ("http://localhost:3000/hack/api/hackatime/v1/", "http://localhost:3000/hack"),
        ("https://else.example/v1", "https://else.example"),
        ("https://else.example", "https://else.example"),
        ("https://else.example/apis/v1", "https://else.example"),
    ],
)
def test_the_origin_keeps_what_precedes_the_api(api_url: str, origin: str) -> None:
    assert origin_of(api_url) == origin


def test_the_key_is_refused_a_place_in_an_address(server: Server) -> None:
    client = client_of(server)
    plain, encoded = server.key, "".join(f"%{ord(letter):02x}" for letter in server.key)
    questions: list[tuple[str, dict[str, str]]] = [
        (f"users/{plain}", {}),
        (f"users/{encoded}", {}),
        (f"users?key={plain}", {}),
        ("users/current", {"user": plain}),
        ("users/current", {plain: "x"}),
        ("users/current", {"api_key": "another"}),
    ]

    for path, query in questions:
        with pytest.raises(UsageError, match="no place in an address") as caught:
            client.ask(path, query)
        assert server.key not in str(caught.value)

    assert server.requests == ()
    client.close()


@pytest.mark.parametrize(
    ("status", "kind"), [(202, StillComputingError), (402, BeyondPlanError), (500, BadAnswerError)]
)
def test_a_status_is_an_error_unless_it_is_accepted(status: int, kind: type[TrayappError]) -> None:
    body = b'{"data": 1}'
    transport = FunctionTransport(lambda *_: Response(status, {}, body))
    client = Client("https://a.example/api/v1", Key("a-test-key"), transport, Dialect.WAKATIME)

    with pytest.raises(kind):
        client.ask("users/current/stats")

    answer = client.ask("users/current/stats", accept_status=frozenset({200, status}))
    assert answer.document == {"data": 1}


def test_what_is_no_json_is_a_bad_answer(server: Server) -> None:
    client = client_of(server)
    server.misbehave(misbehaviours.captive_portal(), times=1)

    with pytest.raises(BadAnswerError, match="web page"):
        client.ask("users/current/statusbar/today")
    client.close()


HACKATIME, WAKATIME, WAKAPI = Dialect.HACKATIME, Dialect.WAKATIME, Dialect.WAKAPI


@pytest.mark.parametrize(
    ("dialect", "path", "status", "body", "kind", "words"),
    [
        (HACKATIME, "stats", 401, '{"error":"Unauthorized"}', AdministratorKeyError, "an admin"),
        (HACKATIME, "users/lookup_email/a%40b", 401, "{}", AdministratorKeyError, "an admin"),
        (HACKATIME, "users/lookup_slack_uid/U", 403, '{"error":"x"}', AdministratorKeyError, "key"),
        (HACKATIME, "stats", 403, "<html>", BadAnswerError, "blocked from here"),
        (WAKATIME, "stats", 401, '{"error":"Unauthorized"}', KeyRefusedError, "does not accept"),
        (HACKATIME, "my/heartbeats", 401, '{"error":"Unauthorized"}', KeyRefusedHereError, "here"),
        (HACKATIME, "users/my/stats", 404, '{"error":"User not found"}', KeyRefusedHereError, ""),
        (
            HACKATIME,
            "users/my/trust_factor",
            404,
            '{"error":"User not found"}',
            UserNotShownError,
            "",
        ),
        (
            HACKATIME,
            "users/ada/stats",
            404,
            '{"error":"User not found"}',
            UserNotShownError,
            "knows",
        ),
        (
            HACKATIME,
            "users/ada/stats",
            404,
            '{"error":"Page Not Found"}',
            NoSuchEndpointError,
            "know",
        ),
        (HACKATIME, "users/ada/stats", 404, "[" * 100_000, NoSuchEndpointError, "does not know"),
        (
            HACKATIME,
            "users/ada/stats",
            403,
            '{"error":"user has disabled public stats"}',
            UserNotShownError,
            "is not public",
        ),
        (
            HACKATIME,
            "users/my/stats",
            422,
            '{"error":"Invalid start_date"}',
            BadAnswerError,
            "date",
        ),
        (HACKATIME, "users/my/stats", 422, '{"error":"else"}', BadAnswerError, "error 422"),
        (WAKAPI, "stats", 401, "401 unauthorized", KeyRefusedError, "does not accept"),
        (WAKAPI, "stats", 404, "user not found", UserNotShownError, "knows no such user"),
        (WAKAPI, "stats", 404, "404 page not found", NoSuchEndpointError, "does not know"),
        (WAKAPI, "stats", 403, "requested time range too broad", BadAnswerError, "as long as that"),
        (WAKAPI, "stats", 400, "invalid range", BadAnswerError, "error 400"),
        (WAKATIME, "stats", 402, '{"error":"Upgrade"}', BeyondPlanError, "beyond the free plan"),
        (WAKATIME, "stats", 202, "{}", StillComputingError, "still adding it up"),
    ],
)
def test_a_server_is_understood_in_its_own_words(
    dialect: Dialect, path: str, status: int, body: str, kind: type[TrayappError], words: str
) -> None:
    response = Response(status, {}, body.encode())

    error = error_of(response, f"https://a.example/api/v1/{path}?range=x", dialect)

    assert type(error) is kind
    assert words in error.title
    assert error.hint


@pytest.mark.parametrize("query", ["", "?range=x"])
def test_a_question_that_is_not_understood_says_what_to_check_where_something_was_asked(
    query: str,
) -> None:
    error = error_of(Response(400, {}, b"invalid range"), f"https://a.example/x{query}", WAKAPI)

    assert isinstance(error, ServerError)
    assert ("dates and names" in error.hint) == bool(query)
