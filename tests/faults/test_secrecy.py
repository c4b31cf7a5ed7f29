"""The key is nowhere: not logged, printed, stored, in a URL or passed as an argument."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.cli.person import Person
from tests.desktop.bus import PrivateBus
from tests.desktop.processes import Processes, wait_for
from tests.faults.failures import FAILURES, SLOW_FAILURES
from tests.server import Server
from trayapp.desktop import control
from trayapp.errors import ControlError

pytestmark = pytest.mark.desktop


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    """Somebody on a session bus without a panel, which is all that the app needs to run."""
    bus = PrivateBus(tmp_path)
    bus.start()
    variables = {"DBUS_SESSION_BUS_ADDRESS": bus.address}
    yield Person(tmp_path / "home", variables)
    bus.stop()


def forms(key: str) -> list[bytes]:
    """Give every form in which a key may lie about."""
    spelled = [key, quote(key, safe=""), key.upper(), key.replace("-", "")]
    encoded = [base64.b64encode(text.encode()).decode().rstrip("=") for text in (key, f"{key}:")]
    return [form.encode() for form in (*spelled, *encoded)]


# Every failure in turn, with three that last a second each.
@pytest.mark.timeout(180)
def test_the_key_is_nowhere_after_every_failure_at_debug_level(
    person: Person, tmp_path: Path
) -> None:
    with Server("hackatime") as server:
        person.write_cfg({"api_url": server.api_url, "api_key": server.key, "timeout": "1"})
        output = tmp_path / "output"
        processes = Processes()
        with output.open("wb") as log:
            process = processes.start(
                [sys.executable, "-m", "trayapp", "--verbose"], person.environment, log=log
            )
            arguments = Path(f"/proc/{process.pid}/cmdline")
            wait_for(lambda: ask_quietly(person, "status"), "the app answers", 15)
            failures = [*FAILURES, *SLOW_FAILURES]
            failures = [failure for failure in failures if server.dialect in failure.dialects]
            for number, failure in enumerate(failures, start=1):
                server.misbehave(failure.misbehaviour(), times=1)
                control.ask(person.locations.control_address, "reload")
                went_through = partial(failures_logged, person, number)
                wait_for(went_through, f"it went through {failure.name}", 10)
                tells = partial(last_error_has, person, failure.words)
                wait_for(tells, f"it tells {failure.words!r}", 10)
            command_line = arguments.read_bytes()
            assert person.run("--verbose", "today").returncode in (0, 102)
            assert processes.end(process) == 0

    written = {path: path.read_bytes() for path in ours(person, output)}
    log_file = person.locations.log_dir / "trayapp.log"
    assert b"DEBUG" in written[log_file]
    assert written[log_file].count(b"caused by") >= len(failures)
    requested = "".join(f"{each.path}?{each.query}{each.body!r}" for each in server.requests)
    for form in forms(server.key):
        assert form not in command_line
        assert form not in requested.encode()
        assert [path for path, content in written.items() if form in content] == []


def ask_quietly(person: Person, command: str) -> dict[str, object] | None:
    """Ask over the control channel, None while nobody answers."""
    try:
        return control.ask(person.locations.control_address, command)
    except ControlError:
        return None


def failures_logged(person: Person, number: int) -> bool:
    """Tell whether so many attempts have failed."""
    log = person.locations.log_dir / "trayapp.log"
    return log.read_bytes().count(b"caused by") >= number


def last_error_has(person: Person, words: str) -> bool:
    """Tell whether what the app says is wrong has these words."""
    error = control.ask(person.locations.control_address, "status")["status"]["error"]
    return error is not None and words in error["title"]


def ours(person: Person, output: Path) -> list[Path]:
    """Give every file that trayapp wrote; ~/.wakatime.cfg is the person's own."""
    files = [path for path in person.home.rglob("*") if path.is_file()]
    return [output, *(path for path in files if path.name != ".wakatime.cfg")]


def test_wrong_use_of_the_command_line_does_not_repeat_a_key(person: Person) -> None:
    """A key typed where none belongs stands in the shell's history already, but not in ours."""
    key = "33333333-4444-4555-8666-777777777777"
    for arguments in (["login", "--api-url", f"https://{key}@x.example/api"], ["login", key]):
        result = subprocess.run(
            [sys.executable, "-m", "trayapp", *arguments],
            env=person.environment,
            capture_output=True,
            text=True,
            input="",
            timeout=30,
            check=False,
        )
        assert result.returncode == 2
        assert key not in result.stdout + result.stderr
