from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from base64 import b64encode
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cli.past import sign_in
from tests.cli.person import COMMAND_SECONDS, Person
from tests.faults.failures import FAILURES, SLOW_FAILURES, Failure
from tests.server import DIALECTS, Answer, Misbehaviour, Server, misbehaviours
from trayapp.cli.api import as_json, for_people, read_request
from trayapp.errors import BadAnswerError, TrayappError, UsageError
from trayapp.servers.client import Client
from trayapp.servers.dialects import Dialect
from trayapp.servers.transport import FunctionTransport, Response
from trayapp.settings.key import Key

TODAY = "users/current/statusbar/today"
NATIVE = "/api/v1/my/heartbeats"

ELSEWHERE = [
    "",
    "//elsewhere.example/x",
    "https://elsewhere.example/x",
    "https:/x",
    "file:///etc/passwd",
    "users:current",
    "@elsewhere.example/x",
    "me:secret@elsewhere.example/x",
    "/..",
    "/api/../x",
    "../x",
    "users/..",
    "users/./current",
    "users/..;/current",
    "%2e%2e/x",
    "users/%2E%2e/x",
    "users/.%2e/x",
    "users/%252e%252e/x",
    "users/%25252e./x",
    "users%2f..%2fx",
    "/%2felsewhere.example/x",
    "users\\..\\x",
    "users%5C..%5Cx",
    "\\\\elsewhere.example\\x",
    "/\\elsewhere.example",
    "users/current#part",
    "users/current?limit=1#part",
    "users/cur\nrent",
    "users/cur%0d%0arent",
    "users/\0",
    "users/%00",
    "users/\x7f",
    "users/\u202ecurrent",
    " //elsewhere.example",
    "\thttps://elsewhere.example",
    "users//current",
    "users/%",
    "users/%zz",
    "users/current?api_key=1",
    "users/current?API_KEY=1",
    "users/current?api%5fkey=1",
    "users/current?limit=1&limit=2",
]


def answering(body: bytes, kind: str = "application/json") -> Misbehaviour:
    """Answer 200 with these bytes."""
    answer = Answer(200, body, (("Content-Type", kind),))
    return Misbehaviour("answers", "bytes of a test", lambda exchange: exchange.send(answer))


def repeating() -> Misbehaviour:
    """Answer 200 with what was sent for the key, in JSON."""
    return Misbehaviour(
        "repeats",
        "the key, and the header that had it",
        lambda exchange: exchange.send(
            Answer(
                200,
                json.dumps(
                    {"key": exchange._account.key, "sent": exchange.request.authorization}
                ).encode(),
                (("Content-Type", "application/json"),),
            )
        ),
    )


@pytest.mark.parametrize("path", ELSEWHERE)
def test_a_path_that_could_lead_elsewhere_is_wrong_usage_and_asks_nobody(path: str) -> None:
    with pytest.raises(UsageError):
        asked_for(path)


@pytest.mark.parametrize(
    ("path", "queries", "wanted"),
    [
        ("users/current", [], "https://host.example/api/v1/users/current"),
        ("users/current/", [], "https://host.example/api/v1/users/current/"),
        ("/", [], "https://host.example/"),
        ("/api/v1/my/heartbeats", [], "https://host.example/api/v1/my/heartbeats"),
        ("/lookup/a@b.example", [], "https://host.example/lookup/a@b.example"),
        ("users/Ada Lovelace", [], "https://host.example/api/v1/users/Ada%20Lovelace"),
        ("users/Zoë", [], "https://host.example/api/v1/users/Zo%C3%AB"),
        ("users/a%2Fb", [], "https://host.example/api/v1/users/a%2Fb"),
        ("users/a..b", [], "https://host.example/api/v1/users/a..b"),
        ("x", ["a=b c", "d=e=f&g"], "https://host.example/api/v1/x?a=b+c&d=e%3Df%26g"),
        ("x?a=b&empty=", ["c=d"], "https://host.example/api/v1/x?a=b&empty=&c=d"),
        ("x", ["a="], "https://host.example/api/v1/x?a="),
    ],
)
def test_a_path_goes_under_the_api_url_and_with_a_slash_under_the_server(
    path: str, queries: list[str], wanted: str
) -> None:
    assert asked_for(path, queries) == wanted


@pytest.mark.parametrize("query", ["limit", "=10", "", "api_key=1", "Api_Key[]=1"])
def test_a_query_needs_a_name_and_is_never_the_key(query: str) -> None:
    with pytest.raises(UsageError):
        read_request("users/current", [query])


def asked_for(path: str, queries: list[str] | None = None) -> str:
    """Give the address that is asked for a path."""
    asked: list[str] = []

    def answer(url: str, _headers: object) -> Response:
        asked.append(url)
        return Response(200, {}, b"1")

    client = Client(
        "https://host.example/api/v1",
        Key("0123456789abcdef"),
        FunctionTransport(answer),
        Dialect.WAKATIME,
    )
    path, query = read_request(path, queries or [])
    client.get(path, query, from_origin=path.startswith("/"))
    return asked[0]


@given(
    st.lists(
        st.sampled_from(
            ["/", "\\", ".", "..", "%2e", "%2f", "%5c", "%25", "@", ":", "?", "#", ";", "a", "é"]
        )
        | st.characters(),
        max_size=8,
    ).map("".join)
)
def test_no_path_whatever_leads_off_the_server_or_out_of_the_api_url(path: str) -> None:
    try:
        url = asked_for(path)
    except UsageError:
        return
    # As httpx, which sends it, understands it.
    parsed = httpx.URL(url)
    assert (parsed.scheme, parsed.host, parsed.userinfo) == ("https", "host.example", b"")
    below = "/" if path.startswith("/") else "/api/v1/"
    assert parsed.raw_path.decode().startswith(below)
    assert parsed.raw_path.decode() == url.removeprefix("https://host.example")


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_the_answer_of_each_dialect_stands_as_it_came(dialect: str, person: Person) -> None:
    with Server(dialect) as server:
        person.write_cfg({"api_url": server.api_url, "api_key": server.key})

        below = person.run("api", "GET", TODAY)
        whole = person.run("api", "GET", f"{urlsplit(server.api_url).path}/{TODAY}")
        requests = server.wait_for_requests(2, path="today")

    for result in (below, whole):
        assert (result.returncode, result.stderr) == (0, "")
        assert json.loads(result.stdout)["data"]["grand_total"]
    assert {request.path for request in requests} == {f"{urlsplit(server.api_url).path}/{TODAY}"}
    assert {request.authorization for request in requests} == {basic(server.key)}


@pytest.mark.parametrize(
    ("dialect", "scheme"), [("hackatime", "Bearer"), ("wakatime", "Basic"), ("wakapi", "Basic")]
)
def test_only_hackatimes_own_paths_get_a_bearer_key(
    dialect: str, scheme: str, person: Person
) -> None:
    with Server(dialect) as server:
        server.misbehave(answering(b"[]"), path=NATIVE)
        person.write_cfg({"api_url": server.api_url, "api_key": server.key})

        result = person.run("api", "GET", NATIVE, "--query", "limit=3", "--query", "a=b c")
        (request,) = server.wait_for_requests(1, path=NATIVE)

    assert (result.stdout, result.stderr, result.returncode) == ("[]\n", "", 0)
    assert request.query == "limit=3&a=b+c"
    wanted = f"Bearer {server.key}" if scheme == "Bearer" else basic(server.key)
    assert request.authorization == wanted


def basic(key: str) -> str:
    return f"Basic {b64encode(key.encode()).decode()}"


def test_the_account_that_is_named_is_asked(person: Person, server: Server) -> None:
    with Server("wakatime") as other:
        sign_in(person, other, two=server)

        result = person.run("api", "GET", TODAY, "--account", "two")

        assert result.returncode == 0
        assert json.loads(result.stdout)["data"]["grand_total"]["total_seconds"] == 7500
        assert not other.requests


@pytest.mark.parametrize("path", ["//127.0.0.1/x", "https://127.0.0.1/x", "../x", "x?api_key=1"])
def test_wrong_usage_is_one_line_and_2(path: str, known: Person, server: Server) -> None:
    result = known.run("api", "GET", path)

    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    assert not server.requests


def test_only_get_is_done(known: Person, server: Server) -> None:
    result = known.run("api", "POST", "users/current/heartbeats")

    assert result.returncode == 2
    assert "'POST' (choose from 'GET')" in result.stderr
    assert not server.requests


def test_the_key_itself_is_refused_in_a_path_and_not_repeated(
    known: Person, server: Server
) -> None:
    result = known.run("api", "GET", "users/current", "--query", f"token={server.key}")

    assert result.returncode == 2
    assert server.key not in result.stderr
    assert not server.requests


ABOUT_A_TOTAL = ("no time", "without a total")


@pytest.mark.parametrize(
    "failure",
    [each for each in FAILURES if not each.words.startswith(ABOUT_A_TOTAL)],
    ids=lambda failure: failure.name,
)
def test_each_failure_has_its_exit_code_and_its_sentence(failure: Failure, person: Person) -> None:
    with Server(failure.dialects[0]) as server:
        sign_in(person, server)
        server.misbehave(failure.misbehaviour(), times=1)

        result = person.run("api", "GET", TODAY)

        assert len(server.requests) == 1
    assert (result.returncode, result.stdout) == (failure.exit_code, "")
    assert failure.words in result.stderr
    assert result.stderr.count("\n") == 1
    assert server.key not in result.stderr


@pytest.mark.parametrize("failure", SLOW_FAILURES, ids=lambda failure: failure.name)
def test_a_slow_server_is_given_up(failure: Failure, person: Person) -> None:
    with Server("hackatime") as server:
        person.write_cfg({"api_url": server.api_url, "api_key": server.key, "timeout": "1"})
        server.misbehave(failure.misbehaviour())

        result = person.run("api", "GET", TODAY)

    assert result.returncode == 102
    assert "did not answer within 1 s" in result.stderr


def test_the_key_goes_along_to_no_other_server(known: Person, server: Server) -> None:
    with Server("hackatime") as other:
        server.misbehave(misbehaviours.redirect(other.api_url.rpartition("/api")[0]))

        result = known.run("api", "GET", TODAY)

        assert result.returncode == 102
        assert "points to another address" in result.stderr
        assert not other.requests


def test_a_key_that_the_server_repeats_is_masked(known: Person, server: Server) -> None:
    server.misbehave(repeating())

    result = known.run("api", "GET", "users/current")

    assert json.loads(result.stdout) == {"key": "[key]", "sent": "Basic [key]"}
    escaped = server.key.replace("-", r"\u002d")
    server.misbehave(answering(f'["{escaped}"]'.encode()))
    assert json.loads(known.run("api", "GET", "users/current").stdout) == ["[key]"]


@pytest.mark.parametrize(
    ("body", "kind", "printed"),
    [
        (b'{ "a":1.0,\n"b": [ ] }', "application/json", '{ "a":1.0,\n"b": [ ] }\n'),
        (b"[1]\n", "application/json; charset=utf-8", "[1]\n"),
        (b"\xef\xbb\xbf[]", "application/json", "[]\n"),
        (b"123456", "text/plain; charset=utf-8", "123456\n"),
        (b"user not found", "text/plain", '"user not found"\n'),
        ("Zoë \x1b[31m".encode(), "text/plain", '"Zo\\u00eb \\u001b[31m"\n'),
        (b"", "", '""\n'),
        (b"NaN", "text/plain", '"NaN"\n'),
    ],
)
def test_in_a_pipe_json_stands_as_it_came_and_a_text_as_a_json_string(
    body: bytes, kind: str, printed: str, known: Person, server: Server
) -> None:
    server.misbehave(answering(body, kind))

    assert known.run("api", "GET", "x").stdout == printed


@pytest.mark.parametrize("kind", ["dumb", "xterm"])
def test_on_a_terminal_it_is_laid_out_and_moves_no_cursor(
    known: Person, server: Server, kind: str
) -> None:
    text = "Zo\u00eb \x1b[2J\x9b2J \u202e \ud83d\ude00".encode("utf-16", "surrogatepass")
    document = {"name": text.decode("utf-16"), "list": [1]}
    server.misbehave(answering(json.dumps(document, ensure_ascii=False).encode()))
    terminal, end = pty.openpty()

    # On an xterm standard error shows the progress, on lines of its own.
    done = subprocess.run(
        [sys.executable, "-m", "trayapp", "api", "GET", "x"],
        env={**known.environment, "TERM": kind},
        stdin=end,
        stdout=end,
        stderr=subprocess.PIPE if kind == "dumb" else end,
        timeout=COMMAND_SECONDS,
        check=False,
    )
    os.close(end)
    shown = os.read(terminal, 65536).decode()
    os.close(terminal)

    assert done.returncode == 0, shown
    shown = shown[shown.index("{\r\n") : shown.rindex("}") + 1]
    assert json.loads(shown) == document
    assert shown.splitlines()[1] == r'  "name": "Zoë \u001b[2J\u009b2J \u202e 😀",'


@given(st.binary(max_size=60), st.sampled_from(["", "application/json", "text/plain"]))
def test_whatever_comes_is_json_or_our_own_error(body: bytes, kind: str) -> None:
    try:
        text = as_json(Response(200, {"content-type": kind}, body), "host.example")
    except TrayappError:
        assert kind == "application/json"
        return
    json.loads(text)
    assert repr(json.loads(for_people(text, ascii_only=False))) == repr(json.loads(text))


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('"\\ud800"', '"\\ud800"'),
        ("[]", "[]"),
        (nested(900), nested(900)),
    ],
)
def test_a_terminal_can_be_sent_what_is_shown(text: str, shown: str) -> None:
    laid_out = for_people(text, ascii_only=False)

    assert "".join(laid_out.split()) == shown
    laid_out.encode()


def test_an_answer_without_content_is_null() -> None:
    nothing = Response(204, {"content-type": "application/json"}, b"")

    assert as_json(nothing, "host.example") == "null"


@pytest.mark.parametrize(
    "body", [b"<html>", b'{"a": ', nested(100_000).encode(), b'{"a": NaN}', b"[-Infinity]"]
)
def test_what_says_it_were_json_and_is_not_is_no_answer(body: bytes) -> None:
    with pytest.raises(BadAnswerError):
        as_json(Response(200, {"content-type": "application/json"}, body), "host.example")


@pytest.mark.parametrize(("dialect", "status"), [("wakatime", 403), ("hackatime", 401)])
def test_a_path_that_the_key_may_not_use_is_no_reason_to_correct_it(
    dialect: str, status: int, person: Person
) -> None:
    with Server(dialect) as server:
        server.misbehave(misbehaviours.status(status))
        sign_in(person, server)

        result = person.run("api", "GET", "/api/v1/authenticated/me")

    assert (result.returncode, result.stdout) == (104, "")
    assert "does not accept the API key here" in result.stderr
    assert "not be allowed this" in result.stderr
    assert "WAKATIME_API_KEY" not in result.stderr
