"""python -m tests.server, as somebody would run it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pytest

from tests.server import Server
from tests.server.__main__ import MISBEHAVIOURS, main
from tests.server.asking import HEARTBEATS, TODAY, ask, basic
from tests.server.posting import HEADERS, heartbeat

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
END_SECONDS = 10.0
KEY = "0f2a1e2c-6b8e-4a49-9d0f-5c1f3b7a9e21"


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], IO[str], str]]:
    """Give the process, its output after the welcome, and the welcome."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.server", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            welcome = ""
            while not welcome.endswith("connections).\n"):
                line = process.stdout.readline()
                assert line, welcome
                welcome += line
            yield process, process.stdout, welcome
        finally:
            process.kill()


def value_of(name: str, welcome: str) -> str:
    found = re.search(rf"^{name} = (.*)$", welcome, re.MULTILINE)
    assert found is not None
    return found[1]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_tells_what_to_configure_logs_without_the_key_and_ends_quietly() -> None:
    with running("--dialect", "hackatime", "--key", KEY, "--seconds", "60", "--goal", "120") as (
        process,
        output,
        welcome,
    ):
        url, key = value_of("api_url", welcome), value_of("api_key", welcome)
        data = ask(url + TODAY, basic(key)).document["data"]
        ask(url + TODAY + f"?api_key={key}")
        process.send_signal(signal.SIGINT)
        log = output.read()
        code = process.wait(END_SECONDS)

    assert key == KEY
    assert "[settings]\n" in welcome
    assert (data["grand_total"]["total_seconds"], data["goal"]["target_seconds"]) == (60, 120)
    assert code == 130
    lines = log.splitlines()
    assert [line.split(" ", 1)[1] for line in lines] == [
        f"#1 GET /api/hackatime/v1{TODAY} Basic auth: 200",
        f"#2 GET /api/hackatime/v1{TODAY}?... No auth: 200",
    ]
    assert KEY not in log


def test_takes_heartbeats_and_tells_the_time_that_they_make() -> None:
    sent = [heartbeat(time=second) for second in noon_of_today(0, 20, 50)]
    with running("--counted", "--key", KEY) as (_, output, welcome):
        url = value_of("api_url", welcome)
        headers = {**basic(KEY), **HEADERS}
        ask(url + HEARTBEATS, headers, method="POST", body=json.dumps(sent).encode())
        data = ask(url + TODAY, headers).document["data"]
        line = output.readline()

    assert data["grand_total"]["total_seconds"] == 50
    assert line.endswith(f" POST /api/hackatime/v1{HEARTBEATS} Basic auth: 201\n")
    assert "main.py" not in line


def noon_of_today(*seconds: float) -> list[float]:
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    return [noon.timestamp() + each for each in seconds]


def test_misbehaves_by_name() -> None:
    with running("--dialect", "wakapi", "--misbehave", "500-page") as (_, output, welcome):
        reply = ask(value_of("api_url", welcome) + TODAY)
        line = output.readline()

    assert reply.status == 500
    assert line.rstrip().endswith("500-page")


def test_listens_where_it_is_told_to() -> None:
    with Server() as server:
        port = server.port
    with running("--port", str(port), "--timezone", "Asia/Tokyo") as (_, _, welcome):
        assert value_of("api_url", welcome) == f"http://127.0.0.1:{port}/api/hackatime/v1"


def test_says_so_when_the_port_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    with Server() as server:
        code = main(["--port", str(server.port)])

    assert code == 1
    said = capsys.readouterr().err
    assert said.startswith(f"Cannot listen on port {server.port}: ")
    assert said.count("\n") == 1


def test_help_tells_what_every_misbehaviour_does(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])

    shown = capsys.readouterr().out
    assert ended.value.code == 0
    for misbehaviour in MISBEHAVIOURS.values():
        assert re.search(rf"^  {misbehaviour.name} +\S", shown, re.MULTILINE)
        assert misbehaviour.summary in shown


@pytest.mark.parametrize(
    "arguments",
    [["--dialect", "toggl"], ["--misbehave", "nothing"], ["--timezone", "Mars/Olympus"]],
)
def test_wrong_usage_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == 2
    assert arguments[0] in capsys.readouterr().err
