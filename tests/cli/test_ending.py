"""Every command ends quietly when nobody reads on, and when Ctrl+C is typed."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import IO

import pytest

from tests.cli.examples import arguments_in, commands, examples_of
from tests.cli.person import COMMAND_SECONDS, Person
from tests.desktop.processes import require_programs, wait_for
from tests.server import Server, misbehaviours

STAYING = {"run", "watch"}
"""They go on until Ctrl+C, which is their usual end; they have tests of their own."""

ASKING = {
    "api",
    "doctor",
    "goals",
    "heartbeat",
    "heartbeats",
    "lookup",
    "queue",
    "stats",
    "timeline",
    "today",
    "user",
    "whoami",
}
"""They wait for a server, each at the latest with what is in LONGEST."""

LONGEST = {
    "heartbeat": ["heartbeat", "--entity", "Blender", "--type", "app", "--send"],
    "lookup": ["lookup", "ada@example.org"],
    "queue": ["queue", "send"],
}

COMMANDS = sorted(set(commands()) - STAYING)


def usual(name: str) -> list[str]:
    """Give the arguments of a command's first example."""
    return arguments_in(examples_of(commands()[name])[0])


@contextmanager
def started(
    person: Person, arguments: Sequence[str], stdout: IO[bytes] | int
) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "trayapp", *arguments],
        env=person.environment,
        cwd=person.home,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def assert_quiet(said: bytes) -> None:
    for word in (b"Traceback", b"Exception ignored", b"Error", b"mistake", b"Interrupt"):
        assert word not in said, said.decode()


def with_closed_pipe(person: Person, arguments: Sequence[str]) -> tuple[int, bytes]:
    """Run a command whose output nobody reads; give its exit code and what it complained of."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as output, started(person, arguments, output) as process:
        _, said = process.communicate(timeout=COMMAND_SECONDS)
    return process.returncode, said


@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize("name", COMMANDS)
def test_a_closed_pipe_is_no_traceback(name: str, unbuffered: str, known: Person) -> None:
    known.variables["PYTHONUNBUFFERED"] = unbuffered
    usually = known.run(*usual(name)).returncode

    code, said = with_closed_pipe(known, usual(name))

    assert_quiet(said)
    assert code in (0, usually)


@pytest.mark.parametrize("name", ["", *sorted(commands())])
def test_help_into_a_closed_pipe_is_no_traceback(name: str, person: Person) -> None:
    code, said = with_closed_pipe(person, [*filter(None, [name]), "--help"])

    assert (code, said) == (0, b"")


@pytest.mark.parametrize("name", COMMANDS)
def test_ctrl_c_while_a_server_is_silent_ends_with_130_and_says_nothing(
    name: str, known: Person, server: Server
) -> None:
    # So that `queue send` has something to send.
    known.run("heartbeat", "--entity", "Blender", "--type", "app")
    server.misbehave(misbehaviours.never_answers())
    asks = name in ASKING

    with started(known, LONGEST.get(name) or usual(name), subprocess.PIPE) as process:
        wait_for(
            lambda: server.requests or process.poll() is not None,
            f"{name} asks or ends",
            COMMAND_SECONDS,
        )
        assert bool(server.requests) == asks
        if asks:
            process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=COMMAND_SECONDS)

    assert_quiet(said)
    if asks:
        assert (process.returncode, said) == (130, b"")


@pytest.mark.parametrize(
    "arguments", [["api", "GET", "users/current"], ["stats", "--json"], ["timeline"], ["whoami"]]
)
def test_a_closed_output_leaves_standard_error_to_the_progress(
    arguments: list[str], known: Person
) -> None:
    terminal, end = pty.openpty()

    process = subprocess.Popen(
        ["/bin/sh", "-c", 'exec "$@" >&-', "sh", sys.executable, "-m", "trayapp", *arguments],
        env={**known.environment, "TERM": "xterm"},
        stdin=subprocess.DEVNULL,
        stderr=end,
    )
    os.close(end)
    shown = everything_on(terminal)

    assert process.wait(COMMAND_SECONDS) == 0, shown.decode()
    _progress, cleared, rest = shown.rpartition(b"\x1b[2K")
    assert (cleared, rest) == (b"\x1b[2K", b"")
    assert_quiet(shown)


def test_ctrl_c_typed_on_a_terminal_gives_the_cursor_back(known: Person, server: Server) -> None:
    require_programs("setsid")
    server.misbehave(misbehaviours.never_answers())
    terminal, end = pty.openpty()
    process = subprocess.Popen(
        ["setsid", "--ctty", "--wait", sys.executable, "-m", "trayapp", "api", "GET", "x"],
        env={**known.environment, "TERM": "xterm"},
        stdin=end,
        stdout=end,
        stderr=end,
    )
    os.close(end)
    try:
        server.wait_for_requests(1, timeout=COMMAND_SECONDS)
        os.write(terminal, b"\x03")
        assert process.wait(COMMAND_SECONDS) == 130
    finally:
        process.kill()
        process.wait()
    shown = everything_on(terminal)
    assert_quiet(shown)
    assert b"Asking " in shown
    _, hidden, after = shown.rpartition(b"\x1b[?25l")
    assert hidden
    assert b"\x1b[?25h" in after


def everything_on(terminal: int) -> bytes:
    shown = b""
    # Linux tells with an error that nobody has the other end any more.
    with suppress(OSError):
        while part := os.read(terminal, 65536):
            shown += part
    os.close(terminal)
    return shown
