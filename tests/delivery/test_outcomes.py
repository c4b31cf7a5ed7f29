"""What each server's answers mean for the heartbeats sent (servers.md 4), by table."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.delivery.outcomes import LONGEST_REASON, Fate, Item, Kind, judge, judge_failure
from trayapp.errors import (
    KeyRefusedError,
    RedirectError,
    SignedOutError,
    ThrottledError,
    UnreachableError,
)
from trayapp.servers.dialects import Dialect
from trayapp.servers.transport import Response

URL = "https://host.example/api/v1/users/current/heartbeats.bulk"
HACKATIME, WAKATIME, WAKAPI = Dialect.HACKATIME, Dialect.WAKATIME, Dialect.WAKAPI
KEY = "11111111-2222-4333-8444-555555555555"


def answer(status: int, body: bytes | str | dict[str, Any] | list[Any], **headers: str) -> Response:
    if isinstance(body, dict | list):
        body = json.dumps(body)
    data = body.encode() if isinstance(body, str) else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, named, data, received_at=1_790_000_000.0)


def responses(*items: Any) -> dict[str, Any]:
    return {"responses": list(items)}


ROW = [{"id": 7, "entity": "/a.py", "editor": "trayapp"}, 201]
WAKATIME_OK = [{"data": {"id": "u"}}, 201]
WAKAPI_OK = [{"data": None, "error": None}, 201]
TOO_EARLY = [{"error": "bad time", "type": "HeartbeatIngest::InvalidHeartbeatTime"}, 422]
INVALID = [{"error": "Time can't be blank", "type": "ActiveRecord::RecordInvalid"}, 422]
DATABASE_DOWN = [{"error": "no connection", "type": "ActiveRecord::ConnectionNotEstablished"}, 422]
OUT_OF_RANGE = [{"error": "out of range", "type": "ActiveModel::RangeError"}, 422]
THROTTLED = [{"error": "Too many heartbeats"}, 429]
BAD_LINE = [{"errors": {"lineno": ["Number must be between 1 and 2147483647."]}}, 400]
INVALID_OBJECT = [{"data": None, "error": "invalid heartbeat object"}, 400]

DONE, KEPT, DOUBTED, DEAD = Fate.DONE, Fate.KEPT, Fate.DOUBTED, Fate.DEAD


@pytest.mark.parametrize(
    ("dialect", "items", "count", "fates"),
    [
        (HACKATIME, [ROW, ROW], 2, [DONE, DONE]),
        (HACKATIME, [ROW, TOO_EARLY, ROW], 3, [DONE, DEAD, DONE]),
        (HACKATIME, [INVALID], 1, [DEAD]),
        (HACKATIME, [ROW, OUT_OF_RANGE], 2, [DONE, DOUBTED]),
        (HACKATIME, [ROW, [{"error": "?"}, 422]], 2, [DONE, DOUBTED]),
        (HACKATIME, [ROW, [{"error": "?", "type": ["x"]}, 422]], 2, [DONE, DOUBTED]),
        (WAKATIME, [WAKATIME_OK, [{"data": {}}, 202]], 2, [DONE, DONE]),
        (WAKATIME, [WAKATIME_OK, BAD_LINE, THROTTLED], 3, [DONE, DEAD, KEPT]),
        (WAKATIME, [WAKATIME_OK], 3, [DONE, KEPT, KEPT]),
        (WAKATIME, [WAKATIME_OK, [{"error": "x"}, 500]], 2, [DONE, KEPT]),
        (WAKATIME, [WAKATIME_OK, [{"error": "x"}, 401]], 2, [DONE, KEPT]),
        (WAKAPI, [WAKAPI_OK, INVALID_OBJECT], 2, [DONE, DEAD]),
        # What no server is known to say decides on nothing.
        (WAKAPI, [WAKAPI_OK, None], 2, [DONE, KEPT]),
        (WAKAPI, [WAKAPI_OK, [None, True]], 2, [DONE, KEPT]),
        (WAKAPI, [WAKAPI_OK, [None, "201"]], 2, [DONE, KEPT]),
        (WAKAPI, [WAKAPI_OK, [201]], 2, [DONE, KEPT]),
        (WAKAPI, [WAKAPI_OK, [None, 302]], 2, [DONE, KEPT]),
    ],
)
def test_each_heartbeat_has_the_fate_that_stands_at_its_place(
    dialect: Dialect, items: list[Any], count: int, fates: list[Fate]
) -> None:
    verdict = judge(answer(201, responses(*items)), count, dialect, URL)

    assert verdict.kind is Kind.DECIDED
    assert [item.fate for item in verdict.items] == fates


@pytest.mark.parametrize("status", [200, 201, 202])
def test_each_success_that_has_responses_is_read(status: int) -> None:
    assert judge(answer(status, responses(ROW)), 1, WAKATIME, URL).kind is Kind.DECIDED


def test_an_item_that_is_too_many_tells_that_the_batch_was_crowded() -> None:
    assert judge(answer(202, responses(WAKATIME_OK, THROTTLED)), 2, WAKATIME, URL).crowded
    assert not judge(answer(202, responses(WAKATIME_OK, BAD_LINE)), 2, WAKATIME, URL).crowded


@pytest.mark.parametrize(
    ("items", "doubted"),
    [
        ([DATABASE_DOWN], True),
        ([DATABASE_DOWN, DATABASE_DOWN], True),
        ([THROTTLED, THROTTLED], False),
        ([[{"error": "x"}, 503]], False),
        ([], False),
    ],
)
def test_an_answer_that_decides_on_none_is_no_word_against_them_unless_all_are_422(
    items: list[Any], *, doubted: bool
) -> None:
    verdict = judge(answer(201, responses(*items)), 2 if len(items) != 1 else 1, HACKATIME, URL)

    assert (verdict.kind, verdict.doubted) == (Kind.UNDECIDED, doubted)
    assert verdict.error is not None


@pytest.mark.parametrize("dialect", list(Dialect))
@pytest.mark.parametrize(
    ("response", "kind"),
    [
        # A success that does not say what became of them is none: a login page, half an answer.
        (answer(200, "<html>Log in</html>"), Kind.FAILED),
        (answer(201, ""), Kind.FAILED),
        (answer(204, ""), Kind.FAILED),
        (answer(201, '{"responses": [[{"id": 1'), Kind.FAILED),
        (answer(201, [[ROW]]), Kind.FAILED),
        (answer(201, {"responses": {"0": ROW}}), Kind.FAILED),
        (answer(201, "[" * 100_000), Kind.FAILED),
        # More answers than questions: which is whose cannot be known.
        (answer(201, responses(ROW, ROW)), Kind.FAILED),
        (answer(302, "", location="https://elsewhere.example/"), Kind.FAILED),
        (answer(307, ""), Kind.FAILED),
        (
            answer(400, {"error": "Too many heartbeats in a single request (max 100)"}),
            Kind.REJECTED,
        ),
        (answer(400, "json: cannot unmarshal string into Go struct field"), Kind.REJECTED),
        (answer(400, "<html>Bad Request</html>"), Kind.UNDECIDED),
        (answer(401, {"error": "Unauthorized"}), Kind.REFUSED),
        (answer(401, "401 unauthorized"), Kind.REFUSED),
        (answer(402, {"error": "pay"}), Kind.FAILED),
        (answer(403, {"error": "Account pending deletion"}), Kind.REFUSED),
        (answer(403, "<html>Blocked</html>"), Kind.FAILED),
        (answer(403, ""), Kind.FAILED),
        (answer(404, ""), Kind.FAILED),
        (answer(405, ""), Kind.FAILED),
        (answer(407, ""), Kind.FAILED),
        (answer(408, ""), Kind.FAILED),
        (answer(413, "too large"), Kind.TOO_LARGE),
        (answer(418, ""), Kind.FAILED),
        (answer(422, {"error": "x", "type": "ActiveRecord::RecordInvalid"}), Kind.FAILED),
        (answer(429, {"error": "Consuming heartbeats has been disabled"}), Kind.FAILED),
        (answer(500, "<html>"), Kind.UNDECIDED),
        (answer(502, "<html>"), Kind.FAILED),
        (answer(503, ""), Kind.FAILED),
        (answer(504, ""), Kind.FAILED),
        (answer(101, ""), Kind.FAILED),
    ],
)
def test_a_whole_answer_means_what_its_status_says(
    response: Response, kind: Kind, dialect: Dialect
) -> None:
    verdict = judge(response, 1, dialect, URL)

    assert verdict.kind is kind
    assert verdict.error is not None
    assert not verdict.doubted


@pytest.mark.parametrize(
    "text", ["no valid heartbeat object given\n", '"no valid heartbeat object given"']
)
def test_only_wakapi_condemns_a_whole_batch(text: str) -> None:
    verdict = judge(answer(400, text), 2, WAKAPI, URL)

    dead = Item(Fate.DEAD, "no valid heartbeat object given")
    assert (verdict.kind, verdict.items) == (Kind.DECIDED, (dead, dead))
    assert judge(answer(400, text), 2, HACKATIME, URL).kind is Kind.REJECTED
    assert judge(answer(400, f"<p>{text}"), 2, WAKAPI, URL).kind is Kind.UNDECIDED


def test_wakatime_says_302_where_it_means_429() -> None:
    assert isinstance(judge(answer(302, ""), 1, WAKATIME, URL).error, ThrottledError)
    assert isinstance(judge(answer(302, ""), 1, WAKAPI, URL).error, RedirectError)


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (429, {"retry_after": "120"}, 120),
        (503, {"retry_after": "7"}, 7),
        (500, {"retry_after": "7"}, 7),
        (429, {"retry_after": "86400"}, 3600),
        (429, {}, None),
        (429, {"retry_after": "soon"}, None),
        # By the server's clock, here a year behind ours.
        (
            429,
            {
                "retry_after": "Sun, 21 Sep 2025 13:31:00 GMT",
                "date": "Sun, 21 Sep 2025 13:30:00 GMT",
            },
            60,
        ),
    ],
)
def test_retry_after_is_heeded_up_to_an_hour(
    status: int, headers: dict[str, str], wait: float | None
) -> None:
    assert judge(answer(status, "", **headers), 1, HACKATIME, URL).retry_after == wait


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (UnreachableError("gone"), Kind.FAILED),
        (KeyRefusedError("no"), Kind.REFUSED),
        (SignedOutError("no key"), Kind.FAILED),
    ],
)
def test_without_an_answer_all_stay(error: UnreachableError, kind: Kind) -> None:
    verdict = judge_failure(error)

    assert (verdict.kind, verdict.error, verdict.items) == (kind, error, ())


def test_a_throttled_question_after_the_dialect_is_heeded() -> None:
    assert judge_failure(ThrottledError("slow down", retry_after=40)).retry_after == 40


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (TOO_EARLY, "bad time"),
        (BAD_LINE, "lineno: Number must be between 1 and 2147483647."),
        ([{"errors": {"a": ["x", ["y", "z"]], "b": "w"}}, 400], "a: x, y, z; b: w"),
        ([{"errors": ["x", 3]}, 400], "x"),
        (INVALID_OBJECT, "invalid heartbeat object"),
        ([{"error": {"deep": 1}}, 400], "status 400"),
        ([None, 400], "status 400"),
        ([{"error": "two\n\tlines \x1b[31m \u202e"}, 400], "two lines [31m"),
        ([{"error": f"key {KEY} is odd"}, 400], "key … is odd"),
        ([{"error": "x" * 31 + " " + "y " * 200}, 400], None),
    ],
)
def test_a_reason_is_one_short_line_without_anything_like_a_key(
    item: Any, reason: str | None
) -> None:
    (judged,) = judge(answer(201, responses(item)), 1, WAKAPI, URL).items

    assert judged.fate is Fate.DEAD
    assert reason is None or judged.reason == reason
    assert len(judged.reason) <= LONGEST_REASON


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"error": "bad"}, "bad"),
        ("json: cannot unmarshal string", "json: cannot unmarshal string"),
        ("<html>Bad Request</html>", "status 400"),
        ("", "status 400"),
    ],
)
def test_a_refusal_of_all_has_the_servers_words(body: str | dict[str, Any], reason: str) -> None:
    assert judge(answer(400, body), 1, WAKAPI, URL).reason == reason


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["error", "errors", "type", "responses", "data"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(
    st.integers(100, 599),
    st.binary(max_size=60) | json_values.map(lambda value: json.dumps(value).encode()),
    st.integers(1, 5),
    st.sampled_from(list(Dialect)),
)
def test_no_answer_whatever_makes_it_stumble_or_decide_on_others_than_were_sent(
    status: int, body: bytes, count: int, dialect: Dialect
) -> None:
    verdict = judge(Response(status, {}, body), count, dialect, URL)

    assert len(verdict.items) == (count if verdict.kind is Kind.DECIDED else 0)
    assert verdict.error is not None or verdict.kind is Kind.DECIDED
    if any(item.fate is Fate.DONE for item in verdict.items):
        assert 200 <= status < 300


@given(
    st.lists(json_values | st.sampled_from([ROW, INVALID, DATABASE_DOWN, THROTTLED]), max_size=5)
)
def test_items_are_matched_by_their_place(items: list[Any]) -> None:
    verdict = judge(answer(201, responses(*items)), len(items) + 2, HACKATIME, URL)

    for item, judged in zip(items, verdict.items, strict=False):
        accepted = isinstance(item, list) and len(item) == 2 and item[1] in range(200, 300)
        assert (judged.fate is Fate.DONE) == (accepted and not isinstance(item[1], bool))
