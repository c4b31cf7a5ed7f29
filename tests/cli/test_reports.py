"""What scripts and plugins report, read in wakatime-cli's form."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.cli.reports import EARLIEST, Report, read_extra, read_time
from trayapp.errors import UsageError

NOW = 1_790_000_000.0

PLACE = "heartbeat 1 of standard input"


def extra(*beats: Any) -> list[Report]:
    return read_extra(json.dumps(beats).encode(), NOW)


def test_every_name_of_wakatime_cli_is_read() -> None:
    beat = {
        "entity": "/a/b.py",
        "entity_type": "app",
        "timestamp": "1790000000.25",
        "category": "debugging",
        "is_write": "true",
        "is_unsaved_entity": True,
        "project": "p",
        "branch": "b",
        "language": "l",
        "lines": "12",
        "alternate_project": "ap",
        "alternate_branch": "ab",
        "alternate_language": "al",
        "lineno": 3,
        "cursorpos": "4",
        "never_heard_of": [{}],
    }

    assert extra(beat) == [
        Report(
            place=PLACE,
            entity="/a/b.py",
            time=1790000000.25,
            type="app",
            category="debugging",
            is_write=True,
            is_unsaved=True,
            project="p",
            branch="b",
            language="l",
            lines=12,
            alternate_project="ap",
            alternate_branch="ab",
            alternate_language="al",
        )
    ]


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_what_is_null_or_blank_is_as_if_it_were_not_there(nothing: str | None) -> None:
    names = ("type", "category", "project", "branch", "language", "alternate_project")

    found = extra({"entity": "a.py", "time": NOW, "lines": None, **dict.fromkeys(names, nothing)})

    assert found == [Report(PLACE, "a.py", NOW)]


def test_the_first_of_two_spellings_counts() -> None:
    (found,) = extra(
        {"entity": "a", "type": "app", "entity_type": "file", "time": NOW, "timestamp": 1}
    )

    assert (found.type, found.time) == ("app", NOW)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"entity": None}, "entity of {} is missing"),
        ({"entity": " "}, "entity of {} is missing"),
        ({"entity": 5}, "entity of {} is no text"),
        ({"type": "url"}, "type of {} must be one of file, app, domain"),
        ({"type": 1}, "type of {} is no text"),
        ({"time": None}, "time of {} is missing"),
        ({"time": "soon"}, "time of {} is no number"),
        ({"time": True}, "time of {} is no number"),
        ({"time": [1]}, "time of {} is no number"),
        ({"time": 5}, "time of {} is before 2001"),
        ({"time": NOW + 3601}, "time of {} is more than an hour ahead"),
        ({"project": ["p"]}, "project of {} is no text"),
        ({"is_write": "perhaps"}, "is_write of {} is neither true nor false"),
        ({"is_write": 1}, "is_write of {} is neither true nor false"),
        ({"lines": -1}, "lines of {} is no number of lines"),
        ({"lines": 1.5}, "lines of {} is no number of lines"),
        ({"lines": "many"}, "lines of {} is no number of lines"),
        ({"lines": 2**31}, "lines of {} is no number of lines"),
        ({"lines": False}, "lines of {} is no number of lines"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(change: dict[str, Any], reason: str) -> None:
    good = {"entity": "a.py", "time": NOW}

    with pytest.raises(UsageError) as caught:
        extra(good, good | change)

    assert caught.value.title == reason.format("heartbeat 2 of standard input")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "holds no JSON"),
        (b"[{", "holds no JSON"),
        (b"[\xff]", "holds no JSON"),
        (b'[{"entity": "a.py", "time": NaN}]', "holds no JSON"),
        (b"[" * 100_000, "holds no JSON"),
        (b'{"entity": "a.py", "time": 1790000000}', "holds no JSON array"),
        (b"null", "holds no JSON array"),
        (b"[]", "holds no heartbeat"),
        (b"[5]", "is no object"),
        (b" " * (16 * 1024 * 1024 + 1), "holds more than 16 MiB"),
    ],
)
def test_input_that_is_no_array_of_heartbeats_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_extra(data, NOW)

    assert caught.value.title.endswith(reason)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists))
def test_any_value_is_read_or_refused(value: Any) -> None:
    names = ("time", "type", "category", "lines", "is_write", "project")
    for name in names:
        try:
            extra({"entity": "a.py", "time": NOW, name: value})
        except UsageError:
            continue


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("1790000000", 1790000000.0),
        (" 1790000000.125 ", 1790000000.125),
        ("1.79e9", 1790000000.0),
        (NOW + 3600, NOW + 3600),
        (EARLIEST, EARLIEST),
    ],
)
def test_a_time_is_seconds_since_1970(value: object, seconds: float) -> None:
    assert read_time(value, NOW) == seconds


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "--time is no number"),
        ("yesterday", "--time is no number"),
        ("nan", "--time is no number"),
        ("inf", "--time is no number"),
        ("1e999", "--time is no number"),
        ("1_790_000_000", "--time is no number"),
        ("١٧٩٠٠٠٠٠٠٠", "--time is no number"),
        (10**400, "--time is no number"),
        (EARLIEST - 1, "--time is before 2001"),
        ("-1", "--time is before 2001"),
        (NOW + 3600.5, "--time is more than an hour ahead"),
    ],
)
def test_a_time_that_cannot_be_is_refused(value: object, reason: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_time(value, NOW)

    assert caught.value.title == reason


def test_milliseconds_are_recognised() -> None:
    with pytest.raises(UsageError, match="milliseconds"):
        read_time(NOW * 1000, NOW)
