"""Each dialect answers as its server does, or as its documentation says."""

from __future__ import annotations

import http.client
from base64 import b64encode
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.server import DIALECTS, Server
from tests.server.asking import PROFILE, TODAY, Reply, ask, ask_on, basic

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = "waka_0f2a1e2c-6b8e-4a49-9d0f-5c1f3b7a9e21"
"""Of a length whose base64 needs padding."""
OTHER_KEY = "b7c0d9a4-2f65-4e0b-8a3e-7d1c9f4e6a02"
NOON = datetime(2026, 8, 22, 10, 0, tzinfo=UTC)
"""12:00 in Berlin."""


def encoded(text: str) -> str:
    return b64encode(text.encode()).decode()


def ask_today(server: Server) -> Any:
    reply = ask(server.api_url + TODAY, basic(server.key))
    assert reply.status == 200
    return reply.document


# -- Who is let in: servers.md 1.1, 2, 3.1 and the table in 4

HACKATIME, WAKATIME, WAKAPI = "hackatime", "wakatime", "wakapi"
EVERYONE = frozenset({HACKATIME, WAKATIME, WAKAPI})
NOBODY: frozenset[str] = frozenset()
ACCEPTED_BY: list[tuple[str, str | None, str, frozenset[str]]] = [
    ("Basic of the key alone", f"Basic {encoded(KEY)}", "", EVERYONE),
    ("Basic of the key and a colon", f"Basic {encoded(KEY + ':')}", "", NOBODY),
    ("Basic of the key as a password", f"Basic {encoded(':' + KEY)}", "", NOBODY),
    ("Basic without padding", f"Basic {encoded(KEY).rstrip('=')}", "", NOBODY),
    ("Basic of the plain key", f"Basic {KEY}", "", NOBODY),
    ("Basic of another key", f"Basic {encoded(OTHER_KEY)}", "", NOBODY),
    ("Basic of bytes that are no text", "Basic //79", "", NOBODY),
    ("basic in lower case", f"basic {encoded(KEY)}", "", frozenset({HACKATIME})),
    ("Basic and two blanks", f"Basic  {encoded(KEY)}", "", frozenset({HACKATIME})),
    ("Basic of the key and a newline", f"Basic {encoded(KEY + chr(10))}", "", frozenset({WAKAPI})),
    ("Bearer of the plain key", f"Bearer {KEY}", "", frozenset({HACKATIME})),
    ("bearer in lower case", f"bearer {KEY}", "", frozenset({HACKATIME})),
    ("Bearer of base64", f"Bearer {encoded(KEY)}", "", frozenset({WAKAPI})),
    ("the key without a scheme", KEY, "", NOBODY),
    ("the key in the query", None, f"?api_key={KEY}", EVERYONE),
    ("another key in the query", None, f"?api_key={OTHER_KEY}", NOBODY),
    (
        "a wrong header and the key in the query",
        f"Basic {encoded(OTHER_KEY)}",
        f"?api_key={KEY}",
        frozenset({WAKAPI}),
    ),
    ("nothing", None, "", NOBODY),
]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("authorization", "query", "accepted_by"),
    [case[1:] for case in ACCEPTED_BY],
    ids=[case[0] for case in ACCEPTED_BY],
)
def test_lets_in_exactly_whom_the_real_server_lets_in(
    dialect: str, authorization: str | None, query: str, accepted_by: frozenset[str]
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    with Server(dialect, key=KEY) as server:
        reply = ask(server.api_url + TODAY + query, headers)

    assert reply.status == (200 if dialect in accepted_by else 401)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_x_api_key_is_read_nowhere(dialect: str) -> None:
    with Server(dialect, key=KEY) as server:
        assert ask(server.api_url + TODAY, {"X-API-Key": KEY}).status == 401


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_key_that_is_replaced_is_refused_from_then_on(dialect: str) -> None:
    with Server(dialect, key=KEY) as server:
        server.key = OTHER_KEY

        assert ask(server.api_url + TODAY, basic(KEY)).status == 401
        assert ask(server.api_url + TODAY, basic(OTHER_KEY)).status == 200


def test_a_key_has_the_form_of_its_server() -> None:
    assert Server("wakatime").key.startswith("waka_")
    assert len(Server("hackatime").key) == len(Server("wakapi").key) == 36
    assert Server("hackatime").key != Server("hackatime").key


# -- Where the API is


@pytest.mark.parametrize(
    ("dialect", "api_path"),
    [(HACKATIME, "/api/hackatime/v1"), (WAKATIME, "/api/v1"), (WAKAPI, "/api")],
)
def test_the_api_lies_where_a_person_would_say_it_lies(dialect: str, api_path: str) -> None:
    with Server(dialect) as server:
        assert server.api_url == server.origin + api_path
        assert server.origin == f"http://127.0.0.1:{server.port}"


@pytest.mark.parametrize(
    ("dialect", "path", "status"),
    [
        (HACKATIME, "/api/hackatime/v1/users/current/statusbar/today", 200),
        (HACKATIME, "/api/hackatime/v1/users/anybody/statusbar/today", 200),
        (HACKATIME, "/api/hackatime/v1/users/current", 200),
        (HACKATIME, "/api/hackatime/v1/users/current/durations", 404),
        (HACKATIME, "/api/v1/users/current/statusbar/today", 404),
        (HACKATIME, "/api/health", 404),
        (HACKATIME, "/api/hackatime/compat/wakatime/v1/users/current", 404),
        (WAKATIME, "/api/v1/users/current/statusbar/today", 200),
        (WAKATIME, "/api/v1/users/current/status_bar/today", 200),
        (WAKATIME, "/api/v1/users/current", 200),
        (WAKATIME, "/api/v1/users/ada", 200),
        (WAKATIME, "/api/v1/users/charles", 404),
        (WAKATIME, "/api/hackatime/v1/users/current/statusbar/today", 404),
        (WAKATIME, "/api/compat/wakatime/v1/users/current", 404),
        (WAKATIME, "/api/health", 404),
        (WAKAPI, "/api/users/current/statusbar/today", 200),
        (WAKAPI, "/api/v1/users/current/statusbar/today", 200),
        (WAKAPI, "/api/compat/wakatime/v1/users/current/statusbar/today", 200),
        (WAKAPI, "/api/users/ada/statusbar/today", 200),
        (WAKAPI, "/api/users/charles/statusbar/today", 401),
        (WAKAPI, "/api/compat/wakatime/v1/users/current", 200),
        (WAKAPI, "/api/compat/wakatime/v1/users/charles", 401),
        (WAKAPI, "/api/users/current", 404),
        (WAKAPI, "/api/v1/users/current", 404),
        (WAKAPI, "/api/health", 200),
        (WAKAPI, "/api", 404),
    ],
)
def test_has_the_paths_of_its_server_and_no_others(dialect: str, path: str, status: int) -> None:
    with Server(dialect) as server:
        assert ask(server.origin + path, basic(server.key)).status == status


@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_older_server_without_profile_still_tells_the_time(dialect: str) -> None:
    prefix = "/api/compat/wakatime/v1" if dialect == WAKAPI else DIALECTS[dialect].api_path
    with Server(dialect, users_current=False) as server:
        assert ask(server.origin + prefix + PROFILE, basic(server.key)).status == 404
        assert ask(server.origin + prefix + TODAY, basic(server.key)).status == 200


@pytest.mark.parametrize(("dialect", "status"), [(HACKATIME, 404), (WAKATIME, 404), (WAKAPI, 405)])
def test_a_post_where_only_get_is_known_is_refused(dialect: str, status: int) -> None:
    with Server(dialect) as server:
        reply = ask(server.api_url + TODAY, basic(server.key), method="POST")

        assert reply.status == status


def test_wakapi_tells_its_health_to_anybody_in_the_form_of_the_request() -> None:
    with Server(WAKAPI) as server:
        plain = ask(server.origin + "/api/health")
        as_json = ask(server.origin + "/api/health", {"Content-Type": "application/json"})

    assert (plain.content_type, plain.body) == ("text/plain", b"app=1\ndb=1")
    assert as_json.document == {"app": 1, "db": 1}


# -- Errors


def the_error(dialect: str, path: str, accept: str | None = None) -> Reply:
    with Server(dialect) as server:
        return ask(server.api_url + path, {} if accept is None else {"Accept": accept})


def test_hackatimes_401_is_json_whatever_is_accepted() -> None:
    for accept in (None, "text/html", "application/json"):
        reply = the_error(HACKATIME, TODAY, accept)

        assert (reply.status, reply.document) == (401, {"error": "Unauthorized"})


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (None, "text/html"),
        ("*/*", "text/html"),
        ("text/html", "text/html"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html"),
        ("application/json, */*", "text/html"),
        ("application/json", "application/json"),
        ("application/json, text/plain", "application/json"),
    ],
)
def test_hackatimes_404_is_a_page_unless_json_is_accepted(
    accept: str | None, content_type: str
) -> None:
    reply = the_error(HACKATIME, "/users/current/goals", accept)

    assert (reply.status, reply.content_type) == (404, content_type)
    if content_type == "application/json":
        assert reply.document.keys() == {"error", "message", "status"}
        assert reply.document["status"] == 404


def test_wakatimes_errors_are_json() -> None:
    assert the_error(WAKATIME, TODAY).document == {"error": "Unauthorized"}
    assert the_error(WAKATIME, "/nothing").document == {"error": "Not found"}


def test_wakapis_errors_are_plain_text() -> None:
    unauthorized = the_error(WAKAPI, TODAY, "application/json")
    missing = the_error(WAKAPI, PROFILE, "application/json")

    assert (unauthorized.content_type, unauthorized.body) == ("text/plain", b"401 unauthorized")
    assert (missing.content_type, missing.body) == ("text/plain", b"404 page not found\n")


# -- Hackatime's answer: servers.md 1.5


def test_hackatime_tells_only_a_text_and_whole_seconds() -> None:
    with Server(HACKATIME) as server:
        server.today(total_seconds=7500.9, languages={"Python": 7000})

        assert ask_today(server) == {
            "data": {"grand_total": {"text": "2h 5m", "total_seconds": 7500}}
        }


def test_hackatime_tells_a_goal_when_there_is_one() -> None:
    with Server(HACKATIME) as server:
        server.today(total_seconds=7500, goal_seconds=10800, goal_tracked_seconds=5400)
        data = ask_today(server)["data"]

    assert data["grand_total"]["text"] == "2h 5m / 3h goal"
    assert data["goal"] == {
        "target_seconds": 10800,
        "tracked_seconds": 5400,
        "completion_percent": 50,
        "complete": False,
    }


def test_hackatimes_goal_ends_at_a_hundred_percent() -> None:
    with Server(HACKATIME) as server:
        server.today(total_seconds=9000, goal_seconds=3600)
        goal = ask_today(server)["data"]["goal"]

    assert (goal["tracked_seconds"], goal["completion_percent"], goal["complete"]) == (
        9000,
        100,
        True,
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "Start coding!"), (59, "0m"), (300, "5m"), (7200, "2h"), (3900, "1h 5m")],
)
def test_hackatimes_simple_text(seconds: int, text: str) -> None:
    with Server(HACKATIME) as server:
        server.today(total_seconds=seconds)

        assert ask_today(server)["data"]["grand_total"]["text"] == text


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_text_can_be_anything(dialect: str) -> None:
    with Server(dialect) as server:
        server.today(total_seconds=7500, goal_seconds=60, text="🕑 you are doing great")
        total = ask_today(server)["data"]["grand_total"]

    assert (total["text"], total["total_seconds"]) == ("🕑 you are doing great", 7500)


def test_hackatime_forbids_caches() -> None:
    with Server(HACKATIME) as server:
        reply = ask(server.api_url + TODAY, basic(server.key))

    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["content-type"] == "application/json; charset=utf-8"


def test_hackatimes_profile() -> None:
    with Server(HACKATIME, timezone="Europe/Berlin", username="ada") as server:
        data = ask(server.api_url + PROFILE, basic(server.key)).document["data"]

    assert data.keys() == {
        "id",
        "username",
        "display_name",
        "full_name",
        "photo",
        "timezone",
        "created_at",
        "modified_at",
        "plan",
    }
    assert (data["username"], data["timezone"], data["plan"]) == ("ada", "Europe/Berlin", "free")


# -- WakaTime's answer: servers.md 2


def test_wakatime_tells_everything() -> None:
    with Server(WAKATIME, timezone="Europe/Berlin") as server:
        server.set_time(NOON)
        server.today(total_seconds=7500.25, languages={"Python": 5625, "Go": 1875})
        document = ask_today(server)

    data = document["data"]
    assert document.keys() == {"cached_at", "data", "has_team_features"}
    assert document["cached_at"] == "2026-08-22T10:00:00Z"
    assert data["grand_total"] == {
        "decimal": "2.08",
        "digital": "2:05",
        "hours": 2,
        "minutes": 5,
        "text": "2 hrs 5 mins",
        "total_seconds": 7500.25,
    }
    assert data["range"] == {
        "date": "2026-08-22",
        "start": "2026-08-21T22:00:00Z",
        "end": "2026-08-22T21:59:59Z",
        "text": "Today",
        "timezone": "Europe/Berlin",
    }
    assert data["languages"][0] == {
        "name": "Python",
        "total_seconds": 5625.0,
        "percent": 75.0,
        "decimal": "1.55",
        "digital": "1:33:45",
        "text": "1 hr 33 mins",
        "hours": 1,
        "minutes": 33,
        "seconds": 45,
    }
    assert [line["name"] for line in data["languages"]] == ["Python", "Go"]
    empty = {"categories", "dependencies", "editors", "machines", "operating_systems", "projects"}
    assert data.keys() == {"grand_total", "range", "languages", *empty}
    assert all(data[name] == [] for name in empty)


def test_wakatimes_total_is_a_float_even_when_whole() -> None:
    with Server(WAKATIME) as server:
        server.today(total_seconds=7500)

        assert b'"total_seconds":7500.0' in ask(server.api_url + TODAY, basic(server.key)).body


def test_wakatimes_machines_have_ids() -> None:
    with Server(WAKATIME) as server:
        server.today(machines={"laptop": 60})

        assert ask_today(server)["data"]["machines"][0]["machine_name_id"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 secs"),
        (1, "1 sec"),
        (7, "7 secs"),
        (60, "1 min"),
        (2940, "49 mins"),
        (4500, "1 hr 15 mins"),
        (8220, "2 hrs 17 mins"),
    ],
)
def test_wakatimes_text(seconds: int, text: str) -> None:
    with Server(WAKATIME) as server:
        server.today(total_seconds=seconds)

        assert ask_today(server)["data"]["grand_total"]["text"] == text


@pytest.mark.parametrize("cold", [True, "blank"])
def test_wakatimes_cold_answer_names_no_day(cold: Any) -> None:
    with Server(WAKATIME, timezone="Europe/Berlin") as server:
        server.today(total_seconds=7500, projects={"engine": 7500}, cold=cold)
        document = ask_today(server)

    data = document["data"]
    total = data["grand_total"]
    assert total["text"] == ""
    assert total["total_seconds"] == total["hours"] == total["minutes"] == 0
    assert data["projects"] == []
    named = {name: value for name, value in data["range"].items() if value}
    assert named == {"text": "Today", "timezone": "Europe/Berlin"}
    assert ("date" in data["range"]) == (cold == "blank")
    assert ("cached_at" in document) == (cold is True)


@pytest.mark.parametrize(
    ("moment", "zone", "date", "start", "end"),
    [
        # Clocks go forward: 23 hours; and back: 25.
        (datetime(2026, 3, 29, 12, tzinfo=UTC), "Europe/Berlin", "2026-03-29", "28T23", "29T21"),
        (datetime(2026, 10, 25, 12, tzinfo=UTC), "Europe/Berlin", "2026-10-25", "24T22", "25T22"),
        (datetime(2026, 8, 22, 23, tzinfo=UTC), "Asia/Tokyo", "2026-08-23", "22T15", "23T14"),
        (datetime(2026, 8, 22, 3, tzinfo=UTC), "America/New_York", "2026-08-21", "21T04", "22T03"),
    ],
)
def test_wakatimes_day_is_that_of_the_profiles_zone(
    moment: datetime, zone: str, date: str, start: str, end: str
) -> None:
    with Server(WAKATIME, timezone=zone) as server:
        server.set_time(moment)
        span = ask_today(server)["data"]["range"]

    month = moment.strftime("%Y-%m")
    assert (span["date"], span["start"], span["end"]) == (
        date,
        f"{month}-{start}:00:00Z",
        f"{month}-{end}:59:59Z",
    )


def test_wakatimes_profile() -> None:
    with Server(WAKATIME, timezone="Asia/Tokyo") as server:
        data = ask(server.api_url + PROFILE, basic(server.key)).document["data"]

    assert (data["username"], data["timezone"]) == ("ada", "Asia/Tokyo")
    assert data.keys() >= {
        "id",
        "display_name",
        "full_name",
        "email",
        "photo",
        "last_heartbeat_at",
        "last_plugin",
        "last_plugin_name",
        "last_project",
        "last_branch",
        "plan",
        "has_premium_features",
        "created_at",
    }


# -- wakapi's answer: servers.md 3.4


def test_wakapi_differs_from_wakatime() -> None:
    with Server(WAKAPI, timezone="Europe/Berlin", server_timezone="America/New_York") as server:
        server.set_time(NOON)
        server.today(total_seconds=3930, editors={"vscode": 3930})
        document = ask_today(server)

    data = document["data"]
    assert document.keys() == {"cached_at", "data"}
    assert data["grand_total"] == {
        "digital": "1:5",
        "hours": 1,
        "minutes": 5,
        "text": "1 hrs 6 mins",
        "total_seconds": 3930,
    }
    # The date is the server's, the rest the profile's, and the day begins with the activity.
    assert data["range"] == {
        "date": "2026-08-22T06:00:00-04:00",
        "start": "2026-08-22T10:54:30+02:00",
        "end": "2026-08-22T12:00:00.000000+02:00",
        "text": "",
        "timezone": "EDT",
    }
    assert data["editors"] == [
        {
            "name": "vscode",
            "total_seconds": 3930,
            "percent": 100.0,
            "digital": "1:5:30",
            "text": "1 hrs 6 mins",
            "hours": 1,
            "minutes": 5,
            "seconds": 30,
        }
    ]
    assert data["branches"] is data["entities"] is None
    assert data["dependencies"] == []


def test_wakapis_text_is_never_empty_and_its_empty_day_begins_at_midnight() -> None:
    with Server(WAKAPI, timezone="Europe/Berlin") as server:
        server.set_time(NOON)
        data = ask_today(server)["data"]

    assert data["grand_total"]["text"] == "0 hrs 0 mins"
    assert data["range"]["start"] == "2026-08-22T00:00:00+02:00"


def test_wakapi_without_a_zone_in_the_profile_uses_the_servers() -> None:
    with Server(WAKAPI, timezone="", server_timezone="Europe/Berlin") as server:
        server.set_time(NOON)
        today = ask_today(server)["data"]["range"]
        url = server.api_url + "/compat/wakatime/v1" + PROFILE
        profile = ask(url, basic(server.key)).document["data"]

    assert today["start"] == "2026-08-22T00:00:00+02:00"
    assert profile["timezone"] == today["timezone"] == "CEST"
    assert profile["id"] == profile["username"] == "ada"


# -- All of them


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_date_header_is_the_servers_own_clock(dialect: str) -> None:
    with Server(dialect) as server:
        server.set_time(datetime(2020, 2, 29, 23, 59, 59, tzinfo=UTC))
        reply = ask(server.api_url + TODAY)

    assert reply.headers["date"] == "Sat, 29 Feb 2020 23:59:59 GMT"


def a_day_later(clock: Callable[[], float]) -> Callable[[], float]:
    return lambda: clock() + 86400


def test_the_clock_may_be_replaced_while_the_server_runs() -> None:
    with Server(WAKATIME) as server:
        server.set_time(NOON)
        before = ask_today(server)["data"]["range"]["date"]
        server.clock = a_day_later(server.clock)
        after = ask_today(server)["data"]["range"]["date"]

    assert (before, after) == ("2026-08-22", "2026-08-23")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_head_has_the_length_of_the_body_and_no_body(dialect: str) -> None:
    with Server(dialect) as server:
        server.set_time(NOON)
        url, headers = server.api_url + TODAY, basic(server.key)
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        head = ask_on(connection, url, headers, method="HEAD")
        # A body after the head would be taken for the start of this answer.
        whole = ask_on(connection, url, headers)
        connection.close()

    assert (head.status, head.body) == (200, b"")
    assert int(head.headers["content-length"]) == len(whole.body) > 0
