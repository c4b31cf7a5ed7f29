from __future__ import annotations

import ast
import json
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import trayapp
from trayapp.coding.heartbeat import Heartbeat, from_json, machine_name, to_json, user_agent

FULL = Heartbeat(
    entity="/home/a/code/x.py",
    time=1700000000.1234567,
    project="x",
    branch="main",
    language="Python",
    lines=12,
    project_root_count=4,
    user_agent="wakatime/1",
    machine="box",
)

BARE = replace(FULL, project=None, branch=None, language=None, lines=None, project_root_count=None)


def test_these_are_the_very_bytes() -> None:
    assert to_json(FULL) == (
        b'{"entity":"/home/a/code/x.py","type":"file","category":"coding",'
        b'"time":1700000000.1234567,"project":"x","branch":"main","language":"Python",'
        b'"lines":12,"project_root_count":4,"is_write":true,"user_agent":"wakatime/1"}'
    )


def test_what_is_not_known_is_left_out() -> None:
    assert to_json(BARE) == (
        b'{"entity":"/home/a/code/x.py","type":"file","category":"coding",'
        b'"time":1700000000.1234567,"is_write":true,"user_agent":"wakatime/1"}'
    )


def test_the_machine_is_no_part_of_it() -> None:
    assert to_json(replace(FULL, machine="another")) == to_json(FULL)


texts = st.text(st.characters(exclude_categories=()))
heartbeats = st.builds(
    Heartbeat,
    entity=texts,
    time=st.floats(allow_nan=False, allow_infinity=False),
    project=st.none() | texts,
    branch=st.none() | texts,
    language=st.none() | texts,
    lines=st.none() | st.integers(0, 2**31 - 1),
    project_root_count=st.none() | st.integers(0, 2**31 - 1),
    user_agent=texts,
    machine=texts,
    is_write=st.booleans(),
)


@given(heartbeats)
def test_what_was_stored_is_read_as_it_was_and_gives_the_same_bytes(heartbeat: Heartbeat) -> None:
    body = to_json(heartbeat)

    again = from_json(body, heartbeat.machine)

    assert again == heartbeat
    assert to_json(again) == body


@given(heartbeats)
def test_every_text_is_one_that_servers_take(heartbeat: Heartbeat) -> None:
    body = to_json(heartbeat)

    assert body.isascii()
    for value in json.loads(body).values():
        if isinstance(value, str):
            assert "\0" not in value
            value.encode("utf-8")


def test_a_file_name_that_is_not_utf8_keeps_what_can_be_read() -> None:
    assert (
        replace(FULL, entity="/h/b\udcfcro/\ud800x\0.py").entity == "/h/b\ufffdro/\ufffdx\ufffd.py"
    )
    assert replace(FULL, entity="/h/büro/\U0001f600.py").entity == "/h/büro/\U0001f600.py"


@given(st.floats(1e9, 2e9))
def test_a_time_is_the_same_float_for_the_server(time: float) -> None:
    assert json.loads(to_json(replace(FULL, time=time)))["time"] == time


@pytest.mark.parametrize("time", [math.nan, math.inf, -math.inf])
def test_a_time_that_is_no_json_is_an_error(time: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        to_json(replace(FULL, time=time))


@pytest.mark.parametrize(
    "change",
    [
        {"entity": None},
        {"entity": 5},
        {"time": "1700000000"},
        {"time": True},
        {"lines": 1.5},
        {"lines": True},
        {"is_write": 1},
        {"user_agent": None},
        {"project": ["secret"]},
    ],
)
def test_a_stored_body_that_is_none_is_an_error_that_repeats_nothing(
    change: dict[str, Any],
) -> None:
    body = json.loads(to_json(replace(FULL, project="secret"))) | change

    with pytest.raises(ValueError, match=f"{next(iter(change))} is missing") as caught:
        from_json(json.dumps(body).encode(), "box")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "body", [b"", b"secret", b"[]", b'"secret"', b'{"entity":"secret', b"\xff"]
)
def test_what_is_no_body_at_all_is_an_error_that_repeats_nothing(body: bytes) -> None:
    with pytest.raises(ValueError, match="a stored heartbeat") as caught:
        from_json(body, "box")
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert "secret" not in str(caught.value)


def test_a_name_from_a_newer_version_is_left_out() -> None:
    body = to_json(FULL)[:-1] + b',"mood":"good"}'

    assert from_json(body, "box") == FULL


def test_only_hide_makes_heartbeats() -> None:
    """Whoever made one elsewhere could tell what is hidden."""
    folder = Path(trayapp.__file__).parent
    makers = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "Heartbeat"
    }

    assert makers == {"coding/heartbeat.py", "coding/hiding.py"}


# What the servers take a user agent apart with.
# Hackatime, app/services/wakatime_user_agent_parser.rb, parse, runtime_product?, plugin_product?
# and normalize_os.
HACKATIME = re.compile(r"\Awakatime/\S*\s+\(([^)]+)\)(?:\s+(.*))?\Z", re.IGNORECASE)
HACKATIME_RUNTIME = re.compile(r"\A(?:go|java|node|python)(?:\d|\Z)", re.IGNORECASE)
HACKATIME_PLUGIN = re.compile(r"[-_](?:waka|hacka)time\Z", re.IGNORECASE)
HACKATIME_SYSTEM = re.compile(r"[\s)_-]")
# wakapi, utils/http.go at 2026-08: ParseUserAgent splits at blanks and skips these.
WAKAPI_RUNTIME = re.compile(r"(python|go)(\d.*)?", re.IGNORECASE)
# WakaTime shows Unknown for a version that is not numeric (wakatime-cli#1044).
NUMERIC = re.compile(r"[0-9]+(\.[0-9]+)*")


def hackatime_reads(text: str) -> tuple[str, str]:
    """Give the system and the editor that Hackatime shows."""
    found = HACKATIME.match(text)
    assert found is not None
    products = found[2].split()
    if "/" not in products[0] and HACKATIME_RUNTIME.match(products[0]):
        products.pop(0)
    editor, plugin = (product.split("/")[0].lower() for product in products)
    assert HACKATIME_PLUGIN.sub("", plugin) == editor
    system = "wsl" if "-wsl2-" in text.lower() else HACKATIME_SYSTEM.split(found[1])[0].lower()
    return {"darwin": "macos", "win": "windows"}.get(system, system), editor


def wakapi_reads(text: str) -> tuple[str, str, str]:
    """Give the system, the editor and the AI model that wakapi shows."""
    parts = text.split()
    system = parts[1].removeprefix("(").split(")")[0].split("-")[0].split("_")[0]
    products = [
        name
        for name in (part.split("/")[0] for part in parts[1:] if "/" in part)
        if name.lower() != "wakatime"
        and not WAKAPI_RUNTIME.fullmatch(name)
        and not name.lower().endswith("-wakatime")
    ]
    system = {"darwin": "macos", "win": "windows"}.get(system, system)
    system = "WSL" if "-WSL2-" in text else system.capitalize()
    return system, products[0], products[0] if len(products) > 1 else ""


@pytest.mark.parametrize(
    ("system", "release", "machine", "hackatime", "wakapi"),
    [
        ("Linux", "6.1.0-18-amd64", "x86_64", "linux", "Linux"),
        ("Linux", "5.15.167.4-microsoft-standard-WSL2", "x86_64", "wsl", "WSL"),
        ("Linux", "6.1 (odd) version", "x86_64", "linux", "Linux"),
        ("Darwin", "23.4.0", "arm64", "macos", "Macos"),
        ("Windows", "10", "AMD64", "windows", "Windows"),
        ("", "", "", "unknown", "Unknown"),
    ],
)
def test_the_servers_show_trayapp_as_the_editor(
    system: str, release: str, machine: str, hackatime: str, wakapi: str
) -> None:
    text = user_agent("0.3.0", system, release, machine, "3.11.2")

    assert hackatime_reads(text) == (hackatime, "trayapp")
    assert wakapi_reads(text) == (wakapi, "trayapp", "")


def test_the_user_agent_in_full() -> None:
    assert user_agent("0.3.0", "Linux", "6.1.0-18-amd64", "x86_64", "3.11.2") == (
        "wakatime/0.3.0 (linux-6.1.0-18-amd64-x86_64) python3.11.2 "
        "trayapp/0.3.0 trayapp-wakatime/0.3.0"
    )


@given(
    st.from_regex(r"[0-9]+\.[0-9]+(\.dev1|rc2|\+local)?", fullmatch=True),
    texts,
    texts,
    texts,
    texts,
)
def test_whatever_the_platform_says_the_editor_is_found(
    version: str, system: str, release: str, machine: str, python: str
) -> None:
    text = user_agent(version, system, release, machine, python)

    assert text.isascii()
    assert text.isprintable()
    assert hackatime_reads(text)[1] == "trayapp"
    assert wakapi_reads(text)[1:] == ("trayapp", "")
    wakatime, place, runtime, *products = text.split(" ")
    assert place.startswith("(")
    assert place.endswith(")")
    named = [product.split("/") for product in (wakatime, *products)]
    assert [name for name, _ in named] == ["wakatime", "trayapp", "trayapp-wakatime"]
    for number in (runtime.removeprefix("python"), *(number for _, number in named)):
        assert NUMERIC.fullmatch(number)


@pytest.mark.parametrize(
    ("hostname", "expected"),
    [
        ("box", "box"),
        ("My PC", "My+PC"),
        ("a-b.c_d~e", "a-b.c_d~e"),
        ("büro/1", "b%C3%BCro%2F1"),
        ("b\udcfcro", "b%3Fro"),
        ("a\nb", "a%0Ab"),
    ],
)
def test_a_machine_is_named_as_wakatime_cli_names_it(hostname: str, expected: str) -> None:
    # url.QueryEscape, https://pkg.go.dev/net/url#QueryEscape
    assert machine_name(hostname) == expected


@pytest.mark.parametrize(
    ("lines", "wanted"), [(2**31, 2**31 - 1), (2**31 - 1, 2**31 - 1), (-1, 0), (7, 7)]
)
def test_no_integer_is_one_that_a_server_cannot_store(lines: int, wanted: int) -> None:
    assert replace(FULL, lines=lines, project_root_count=lines).lines == wanted
    assert replace(FULL, project_root_count=lines).project_root_count == wanted
