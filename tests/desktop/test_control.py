from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.desktop import control
from trayapp.desktop.control import ControlListener, ask, reply_to
from trayapp.desktop.single_instance import InstanceLock
from trayapp.errors import ControlError, UsageError


def echo(request: dict[str, Any]) -> dict[str, Any]:
    return {"heard": request}


@pytest.fixture
def address(tmp_path: Path) -> str:
    return str(tmp_path / "control.sock")


@pytest.fixture
def listener(address: str) -> Iterator[ControlListener]:
    listener = ControlListener(address)
    listener.start(echo)
    yield listener
    listener.stop()


@pytest.mark.usefixtures("listener")
def test_a_command_is_answered(address: str) -> None:
    answer = ask(address, "refresh", show=True)

    assert answer["heard"] == {"version": 1, "command": "refresh", "show": True}


@pytest.mark.usefixtures("listener")
def test_the_channel_is_its_owners_alone(address: str) -> None:
    assert Path(address).stat().st_mode & 0o777 == 0o600


def test_nobody_there_is_told_and_does_not_hang(address: str) -> None:
    with pytest.raises(ControlError, match="does not answer"):
        ask(address, "status")


def test_a_listener_that_never_answers_is_given_up(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "ASK_SECONDS", 0.2)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(address)
        silent.listen()

        with pytest.raises(ControlError, match="does not answer"):
            ask(address, "status")


def test_what_a_crash_left_behind_is_replaced(address: str) -> None:
    with socket.socket(socket.AF_UNIX) as left_over:
        left_over.bind(address)
    listener = ControlListener(address)

    listener.start(echo)

    assert ask(address, "status")["ok"]
    listener.stop()
    assert not Path(address).exists()


def test_stopping_ends_the_thread(address: str) -> None:
    listener = ControlListener(address)
    listener.start(echo)

    listener.stop()

    assert "control" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.usefixtures("listener")
def test_somebody_who_sends_nothing_too_much_or_garbage_stops_nobody_else(address: str) -> None:
    for message in (b"", b"garbage\n", b"x" * 200_000, b"\n", b"[" * 60_000 + b"\n"):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(5)
            client.connect(address)
            try:
                client.sendall(message)
                client.shutdown(socket.SHUT_WR)
                client.recv(65536)
            except OSError:
                # The listener hung up before it had read everything.
                continue

    assert ask(address, "status")["ok"]


@pytest.mark.usefixtures("listener")
def test_somebody_who_connects_and_says_nothing_holds_nobody_up(address: str) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.connect(address)

        assert ask(address, "status")["ok"]


@pytest.mark.usefixtures("listener")
def test_a_message_without_an_end_is_not_read_for_ever(address: str) -> None:
    endless = b"x" * 100 * control.LARGEST_MESSAGE_BYTES
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        client.connect(address)

        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            client.sendall(endless)


@pytest.mark.parametrize(
    ("message", "title"),
    [
        (b"{", "That is no JSON"),
        (b"\xff", "That is no JSON"),
        (b"[" * 100_000, "That is no JSON"),
        (b"[]", "A request is an object with a command"),
        (b'{"command": 3, "version": 1}', "A request is an object with a command"),
        (b'{"command": "status"}', "This trayapp speaks version 1 of the control channel"),
        (b'{"command": "status", "version": 2}', "This trayapp speaks version 1"),
    ],
)
def test_a_request_that_cannot_be_followed_is_refused_with_the_reason(
    message: bytes, title: str
) -> None:
    reply = reply_to(message, echo)

    assert reply["ok"] is False
    assert reply["title"].startswith(title)


@given(st.binary(max_size=200))
def test_no_message_makes_the_listener_raise(message: bytes) -> None:
    assert json.dumps(reply_to(message, echo))


def test_an_error_of_ours_is_told_and_a_mistake_too(caplog: pytest.LogCaptureFixture) -> None:
    def refuse(request: dict[str, Any]) -> dict[str, Any]:
        if request["command"] == "dance":
            raise UsageError("There is no command 'dance'", "Known: status.")
        raise RuntimeError("nobody thought of this")

    known = reply_to(b'{"version": 1, "command": "dance"}', refuse)
    mistake = reply_to(b'{"version": 1, "command": "trip"}', refuse)

    assert known["title"] == "There is no command 'dance'"
    assert mistake["title"] == "The running trayapp made a mistake"
    assert "nobody thought of this" in caplog.text


def test_a_refusal_reaches_the_one_who_asked(address: str) -> None:
    def refuse(request: dict[str, Any]) -> dict[str, Any]:
        raise UsageError(f"There is no command {request['command']!r}", "Known: status.")

    listener = ControlListener(address)
    listener.start(refuse)

    with pytest.raises(ControlError, match="There is no command 'dance'"):
        ask(address, "dance")
    listener.stop()


def test_only_one_process_has_the_lock_and_a_killed_one_lets_it_go(tmp_path: Path) -> None:
    path = tmp_path / "resident.lock"
    program = (
        "import sys; from pathlib import Path\n"
        "from trayapp.desktop.single_instance import InstanceLock\n"
        f"print(InstanceLock(Path({str(path)!r})).acquire(), flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"True\n"
        with InstanceLock(path) as lock:
            assert not lock.acquire()
        other.kill()
        other.wait(10)

    with InstanceLock(path) as lock:
        assert lock.acquire()
        assert path.stat().st_mode & 0o777 == 0o600
    with InstanceLock(path) as lock:
        assert lock.acquire()
