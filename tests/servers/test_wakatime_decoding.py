"""No JSON whatever makes the decoding of WakaTime's API raise anything but one of our errors."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.server import Server
from tests.server.asking import ask, basic
from tests.server.posting import NOON, heartbeat, post
from tests.servers.documents import JSON, ODD, use, wrong
from trayapp.errors import TrayappError
from trayapp.servers import lenient
from trayapp.servers.wakatime_answers import (
    decode_all_time,
    decode_stats,
    decode_summaries,
    decode_user,
)
from trayapp.servers.wakatime_records import (
    decode_durations,
    decode_goal,
    decode_goals,
    decode_heartbeats,
    decode_projects,
)

HOST = "server.example"
WAKAPI_PREFIX = "/compat/wakatime/v1"
DECODERS: dict[str, Callable[[Any], object]] = {
    "": lambda document: decode_user(document, HOST),
    "/summaries?start=2026-08-21&end=2026-08-22": lambda document: decode_summaries(document, HOST),
    "/stats/last_7_days": lambda document: decode_stats(document, HOST),
    "/all_time_since_today": lambda document: decode_all_time(document, HOST),
    "/durations?date=2026-08-22": lambda document: decode_durations(document, HOST, "entity"),
    "/goals": lambda document: decode_goals(document, HOST),
    "/goals/ID": lambda document: decode_goal(document, HOST),
    "/projects": lambda document: decode_projects(document, HOST),
    "/heartbeats?date=2026-08-22": lambda document: decode_heartbeats(document, HOST),
}
WAKATIMES_OWN = ("/durations", "/goals")
HACKATIMES = ("/summaries", "/stats")
ANSWERS = [
    *(("wakatime", path) for path in DECODERS),
    *(("wakapi", path) for path in DECODERS if not path.startswith(WAKATIMES_OWN)),
    *(("hackatime", path) for path in DECODERS if not path or path.startswith(HACKATIMES)),
]


@functools.cache
def proper_answer(dialect: str, path: str) -> Any:
    with Server(dialect) as server:
        server.set_time(NOON)
        server.past(goals={"Code an hour": 3600})
        post(server, [heartbeat(seconds) for seconds in (-86400, -86340, -120, -60)])
        base = server.api_url + (WAKAPI_PREFIX if dialect == "wakapi" else "") + "/users/current"
        if path == "/goals/ID":
            (goal,) = ask(f"{base}/goals", basic(server.key)).document["data"]
            path = f"/goals/{goal['id']}"
        reply = ask(base + path, basic(server.key))
        assert reply.status == 200
        return reply.document


def decode(path: str, document: Any) -> None:
    try:
        answer = DECODERS[path](document)
    except TrayappError as error:
        assert error.hint  # noqa: PT017 -- one of two allowed ends
    else:
        use(answer)


@pytest.mark.parametrize(("dialect", "path"), ANSWERS)
def test_a_proper_answer_is_read(dialect: str, path: str) -> None:
    use(DECODERS[path](proper_answer(dialect, path)))


@pytest.mark.parametrize(("dialect", "path"), ANSWERS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_an_answer_with_one_thing_wrong_is_read_or_refused(
    dialect: str, path: str, data: st.DataObject
) -> None:
    decode(path, data.draw(wrong(proper_answer(dialect, path))))


@pytest.mark.parametrize("path", DECODERS)
@settings(max_examples=60, deadline=None)
@given(anything=JSON)
def test_any_json_at_all_is_read_or_refused(path: str, anything: Any) -> None:
    for document in (anything, {"data": anything}, {"data": [anything]}):
        decode(path, document)


@settings(deadline=None)
@given(value=ODD | JSON)
def test_every_part_of_an_answer_is_of_its_kind_or_empty(value: Any) -> None:
    assert isinstance(lenient.text(value), str)
    assert isinstance(lenient.identifier(value), str)
    assert isinstance(lenient.seconds(value), float | None)
    assert isinstance(lenient.whole(value), int | None)
    assert isinstance(lenient.flag(value), bool | None)
    assert isinstance(lenient.day(value), date | None)
    assert isinstance(lenient.moment(value), datetime | None)
    assert isinstance(lenient.breakdown(value), tuple | None)
    if (epoch := lenient.epoch(value)) is not None:
        assert datetime.fromtimestamp(epoch, UTC).year >= 1970


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-11-22T10:00:00Z", datetime(2026, 11, 22, 10, tzinfo=UTC)),
        ("2026-11-22T11:00:00.123456789+01:00", datetime(2026, 11, 22, 10, 0, 0, 123456, UTC)),
        ("2026-11-22T10:00:00", None),
        ("2026-11-22", None),
        ("0001-01-01T00:00:00Z", None),
        ("soon", None),
        (None, None),
    ],
)
def test_a_moment_has_an_offset_and_is_none_of_gos_nevers(
    written: Any, moment: datetime | None
) -> None:
    assert lenient.moment(written) == moment


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-11-22", date(2026, 11, 22)),
        ("2026-11-22T00:00:00+01:00", date(2026, 11, 22)),
        ("2026-02-30", None),
        ("", None),
        (20261122, None),
        ("0001-01-01", None),
    ],
)
def test_a_day_is_what_stands_first(written: Any, day: date | None) -> None:
    assert lenient.day(written) == day
