"""What status bars are given by `trayapp today`, cheaply and otherwise."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest

from tests.cli.person import Person
from tests.coding.samples import a_number, a_status
from tests.server import Server
from trayapp.coding.bars import FORMATS
from trayapp.coding.file_monitor import FileMonitorStatus
from trayapp.coding.status import DeliveryStatus
from trayapp.desktop.single_instance import InstanceLock
from trayapp.errors import UnreachableError
from trayapp.resident.snapshot_store import SnapshotStore

TEMPLATE = "{sign}{hours}:{minutes:02} {project}{as_of}"


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_says_the_same_cheaply_as_when_the_server_was_asked(
    form: str, known: Person
) -> None:
    asked = known.run("today", "--format", form)
    cached = known.run("today", "--cached", "--format", form)
    recent = known.run("today", "--max-age", "60", f"--format={form}")
    # "-v" is nothing that the cheap path knows.
    ordinary = known.run("-v", "today", "--cached", "--format", form)

    assert "2h 5m" in asked.stdout
    assert asked.stdout == cached.stdout == recent.stdout == ordinary.stdout
    assert [each.returncode for each in (asked, cached, recent, ordinary)] == [0] * 4
    assert asked.stderr == cached.stderr == recent.stderr == ""


@pytest.mark.parametrize("route", [["--cached"], ["--cached", "-v"], [], ["--max-age", "60"]])
def test_a_template_is_filled(route: list[str], known: Person) -> None:
    known.run("today")

    result = known.run("today", *route, "--template", TEMPLATE)

    assert (result.stdout, result.returncode) == ("2:05 -\n", 0)


def test_a_template_and_a_bars_format_go_together(known: Person) -> None:
    known.run("today")

    for route in (["--cached"], []):
        result = known.run("today", *route, "--format", "waybar", "--template", "<b>{text}</b>")

        assert json.loads(result.stdout)["text"] == "<b>2h 5m</b>"


@pytest.mark.parametrize("route", [["--cached"], [], ["--max-age", "60"], ["--follow"]])
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--template", "{hour}"], "There is no field 'hour'. There are: hours, minutes,"),
        (["--template", "{hours.real}"], "There is no field 'hours.real'"),
        (["--template", "{minutes:02q}"], "{minutes:02q} cannot be formatted"),
        (["--template", "{hours"], "A { has no }"),
        (["--template", "{hours}", "--format", "json"], "--format json is none"),
        (["--format", "xml"], "'xml'"),
        (["--max-age", "soon"], "soon"),
        (["--max-age", "-1"], "-1"),
        (["--max-age"], "--max-age"),
    ],
)
def test_wrong_usage_is_said_whichever_way_it_goes(
    route: list[str], arguments: list[str], words: str, person: Person
) -> None:
    result = person.run("today", *route, *arguments)

    assert result.returncode == 2
    assert words in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["--cached", "--max-age", "5"],
        ["--cached", "--follow"],
        ["--follow", "--max-age", "5"],
        ["--output", "file"],
        ["--cached", "--output", "file"],
    ],
)
def test_what_does_not_go_together_is_wrong_usage(arguments: list[str], person: Person) -> None:
    assert person.run("today", *arguments).returncode == 2


@pytest.mark.parametrize("form", FORMATS)
def test_a_bar_is_told_quietly_that_nothing_is_known(form: str, person: Person) -> None:
    """Waybar hides a module, and i3blocks calls it failed, whose exit code is not 0."""
    cached = person.run("today", "--cached", "--format", form)
    asked = person.run("today", "--format", form)

    for result in (cached, asked):
        assert (result.returncode, result.stderr) == (0, "")
        assert "-" in result.stdout


def test_a_bar_is_told_quietly_what_failed(known: Person, server: Server) -> None:
    known.run("today")
    server.stop()

    waybar = known.run("today", "--format", "waybar")
    template = known.run("today", "--template", TEMPLATE)

    assert (waybar.returncode, waybar.stderr) == (template.returncode, template.stderr) == (0, "")
    module = json.loads(waybar.stdout)
    assert module["class"] == ["offline"]
    assert "cannot be reached" in module["tooltip"]
    assert template.stdout.startswith("2:05 - as of ")


def requests_of(server: Server, person: Person, *arguments: str) -> int:
    before = len(server.requests)
    assert person.run("today", *arguments).stdout.startswith("2h 5m")
    return len(server.requests) - before


def age(person: Person, seconds: float) -> None:
    """Let what is stored grow older, without leaving its day."""
    path = person.locations.snapshot_file
    snapshot = json.loads(path.read_text())
    entry = snapshot["accounts"]["wakatime.cfg"]
    for key in ("at", "fetched_at", "day_starts_at"):
        entry[key] -= seconds
    path.write_text(json.dumps(snapshot))


def test_the_server_is_asked_only_when_the_stored_number_is_older(
    known: Person, server: Server
) -> None:
    assert requests_of(server, known, "--max-age", "3600") >= 1
    assert requests_of(server, known, "--max-age", "3600") == 0
    age(known, 100)
    assert requests_of(server, known, "--max-age=120") == 0
    assert requests_of(server, known, "--max-age=120", "-v") == 0
    assert requests_of(server, known, "--max-age=90") == 1
    assert requests_of(server, known, "--max-age=0") == 1
    age(known, -100)
    assert requests_of(server, known, "--max-age=3600") == 1


def test_a_server_that_fails_is_asked_again_after_a_minute_at_the_latest(
    known: Person, server: Server
) -> None:
    known.run("today")
    age(known, 1000)
    server.stop()
    failed = known.run("today", "--max-age", "900")
    assert failed.returncode == 102

    before = len(server.requests)
    again = known.run("today", "--max-age", "900")

    assert (again.stdout, again.returncode) == (failed.stdout, failed.returncode)
    assert len(server.requests) == before
    with Server("hackatime", timezone="UTC", key=server.key) as other:
        known.write_cfg({"api_url": other.api_url, "api_key": other.key})
        other.today(total_seconds=7500)
        age(known, 61)
        assert known.run("today", "--max-age", "900").stdout == "2h 5m\n"


@pytest.mark.parametrize(
    "arguments", [["--format", form] for form in FORMATS] + [["--template", TEMPLATE]]
)
def test_every_format_is_cheap(arguments: list[str], known: Person) -> None:
    known.run("today")
    for route in (["--cached"], ["--max-age", "60"]):
        _, loaded = known.imports("today", *route, *arguments)
        assert not loaded & {
            "argparse",
            "dataclasses",
            "httpx",
            "inspect",
            "logging",
            "pathlib",
            "string",
            "typing",
        }
        ours = {name for name in loaded if name.startswith("trayapp.")}
        allowed = {"bars", "counted", "document", "duration", "printable", "template"}
        assert ours <= {
            "trayapp.cli",
            "trayapp.cli.cached",
            "trayapp.coding",
            *(f"trayapp.coding.{name}" for name in allowed),
        }


def test_a_name_that_the_terminals_encoding_lacks_is_no_traceback(known: Person) -> None:
    known.run("today")
    known.variables["PYTHONIOENCODING"] = "ascii"

    result = known.run("today", "--cached", "--template", "\u00e9 {text}")

    assert (result.stdout, result.stderr) == ("? 2h 5m\n", "")


def test_what_the_running_trayapp_knows_is_kept_when_somebody_asks_beside_it(
    known: Person, server: Server
) -> None:
    store = SnapshotStore(known.locations.snapshot_file)
    now = time.time()
    status = replace(
        a_status(a_number(fetched_at=now), UnreachableError("x"), now=now),
        account="wakatime.cfg",
        api_url=server.api_url,
        delivery=DeliveryStatus(waiting=3, dead=1),
        monitor=FileMonitorStatus(enabled=True, paused_until=now + 3600),
    )
    store.save(status, show=True)

    with InstanceLock(known.locations.lock_file) as lock:
        assert lock.acquire()
        beside = known.today()
    alone = known.today()

    assert (beside["state"], beside["flags"]) == ("fresh", ["dead", "paused", "waiting"])
    assert (beside["waiting"], beside["dead"]) == (3, 1)
    assert (alone["flags"], alone["waiting"], alone["dead"]) == ([], 0, 0)


def test_a_snapshot_of_an_earlier_trayapp_has_no_flags(known: Person) -> None:
    known.run("today")
    path = known.locations.snapshot_file
    snapshot = json.loads(path.read_text())
    entry = snapshot["accounts"]["wakatime.cfg"]
    for key in ("at", "paused_until"):
        del entry[key]
    for key in ("flags", "waiting", "dead"):
        del entry["document"][key]
    path.write_text(json.dumps(snapshot))

    result = known.run("today", "--cached", "--format", "waybar")

    assert json.loads(result.stdout)["class"] == ["fresh"]
    assert known.run("today", "--max-age", "60").stdout == "2h 5m\n"


def test_a_state_folder_that_cannot_be_is_no_reason_to_print_nothing(known: Person) -> None:
    (known.home / "file").write_text("in the way")
    known.variables["XDG_STATE_HOME"] = str(known.home / "file")

    assert known.run("today", "--format", "plain").stdout == "2h 5m\n"
    follows = known.run("today", "--follow")
    assert (follows.returncode, follows.stdout) == (1, "")
    assert "cannot be written" in follows.stderr
