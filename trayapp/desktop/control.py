"""The control channel: how one trayapp asks the running one.

A Unix socket with mode 0600 in a private folder, a named pipe on Windows. One JSON object each way
per connection, ended by a newline, at most LARGEST_MESSAGE_BYTES: `{"version": 1, "command":
"refresh"}` is answered with `{"version": 1, "ok": true, ...}`, or with `"ok": false`, a `title`
and a `hint`. Nothing is ever unpickled.
"""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from trayapp.errors import ControlError, TrayappError

log = logging.getLogger(__name__)

VERSION = 1
LARGEST_MESSAGE_BYTES = 64 * 1024
ASK_SECONDS = 5.0
"""How long whoever asks waits for each step of an exchange."""

LISTEN_SECONDS = 1.0
"""How long the listener waits: somebody who connects and says nothing must not hold up others."""

STOP_SECONDS = 2.0

Answer: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]


class Channel(Protocol):
    """One connection: a message each way, each within its side's limit."""

    def send(self, message: bytes) -> None:
        """Send a message; raises OSError."""

    def receive(self) -> bytes:
        """Wait for a message; raises OSError, or ValueError when it is too large."""

    def close(self) -> None:
        """Hang up."""


def ask(address: str, command: str, **details: Any) -> dict[str, Any]:
    """Send a command to the running trayapp and give its answer.

    Raises ControlError when nobody answers there, or when the answer is a refusal.
    """
    request = {"version": VERSION, "command": command, **details}
    try:
        with contextlib.closing(_connect(address)) as channel:
            channel.send(json.dumps(request).encode())
            answer = json.loads(channel.receive())
    except (OSError, ValueError, EOFError) as error:
        raise ControlError(
            "The running trayapp does not answer", "If it hangs, end it and start it again."
        ) from error
    if not isinstance(answer, dict) or answer.get("ok") is not True:
        title, hint = (
            ("", "") if not isinstance(answer, dict) else (answer.get("title"), answer.get("hint"))
        )
        raise ControlError(str(title or "The running trayapp refused"), str(hint or ""))
    return answer


class ControlListener:
    """Answer commands on a thread of its own, one at a time."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._listener: _Listener | None = None
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()

    def start(self, answer: Answer) -> None:
        """Listen; the caller holds the instance lock, so what lies at the address is left over.

        Raises OSError.
        """
        self._listener = _listen(self._address)
        self._thread = threading.Thread(
            target=self._run, args=(self._listener, answer), name="control", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and remove the address."""
        self._stopping.set()
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        if self._thread is not None:
            self._thread.join(STOP_SECONDS)
            self._thread = None

    def _run(self, listener: _Listener, answer: Answer) -> None:
        while not self._stopping.is_set():
            try:
                channel = listener.accept()
            except OSError as error:
                if not self._stopping.is_set():
                    log.warning("the control channel is lost: %s", error)
                return
            with contextlib.closing(channel):
                try:
                    channel.send(json.dumps(reply_to(channel.receive(), answer)).encode())
                except (OSError, EOFError) as error:
                    log.debug("somebody hung up on the control channel: %s", error)
                except ValueError as error:
                    log.warning("the control channel was sent something unusable: %s", error)


def reply_to(message: bytes, answer: Answer) -> dict[str, Any]:
    """Read a request and give the reply to it, a refusal where it cannot be followed."""
    try:
        request = json.loads(message)
    except (ValueError, RecursionError):
        return _refusal("That is no JSON")
    if not isinstance(request, dict) or not isinstance(request.get("command"), str):
        return _refusal("A request is an object with a command")
    if request.get("version") != VERSION:
        return _refusal(
            f"This trayapp speaks version {VERSION} of the control channel",
            "Quit it and start the newer one.",
        )
    try:
        return {"version": VERSION, "ok": True, **answer(request)}
    except TrayappError as error:
        return _refusal(error.title, error.hint)
    except Exception:
        log.exception("command %r failed", request["command"])
        return _refusal("The running trayapp made a mistake", "Its log says more.")


def _refusal(title: str, hint: str = "") -> dict[str, Any]:
    return {"version": VERSION, "ok": False, "title": title, "hint": hint}


class _Listener(Protocol):
    def accept(self) -> Channel: ...
    def close(self) -> None: ...


if sys.platform == "win32":
    from multiprocessing.connection import Client, Connection, Listener, PipeConnection

    class _PipeChannel:
        """A named pipe; only its byte messages are used, never its pickles."""

        def __init__(
            self, connection: Connection[Any, Any] | PipeConnection[Any, Any], seconds: float
        ) -> None:
            self._connection = connection
            self._seconds = seconds

        def send(self, message: bytes) -> None:
            self._connection.send_bytes(message)

        def receive(self) -> bytes:
            if not self._connection.poll(self._seconds):
                raise TimeoutError("no message came in time")
            return self._connection.recv_bytes(LARGEST_MESSAGE_BYTES)

        def close(self) -> None:
            self._connection.close()

    class _PipeListener:
        def __init__(self, address: str) -> None:
            self._listener = Listener(address, family="AF_PIPE")

        def accept(self) -> Channel:
            return _PipeChannel(self._listener.accept(), LISTEN_SECONDS)

        def close(self) -> None:
            self._listener.close()

    def _listen(address: str) -> _Listener:
        return _PipeListener(address)

    def _connect(address: str) -> Channel:
        return _PipeChannel(Client(address, family="AF_PIPE"), ASK_SECONDS)

else:

    class _SocketChannel:
        """A connected Unix socket; a newline ends each message."""

        def __init__(self, connection: socket.socket, seconds: float) -> None:
            self._connection = connection
            self._connection.settimeout(seconds)

        def send(self, message: bytes) -> None:
            self._connection.sendall(message + b"\n")

        def receive(self) -> bytes:
            message = b""
            while not message.endswith(b"\n"):
                if len(message) > LARGEST_MESSAGE_BYTES:
                    raise ValueError("the message is too large")
                part = self._connection.recv(4096)
                if not part:
                    raise EOFError("the other side hung up")
                message += part
            return message

        def close(self) -> None:
            self._connection.close()

    class _SocketListener:
        def __init__(self, path: str) -> None:
            self._path = path
            Path(path).unlink(missing_ok=True)
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                self._socket.bind(path)
                Path(path).chmod(0o600)
                self._socket.listen(8)
            except OSError:
                self._socket.close()
                raise

        def accept(self) -> Channel:
            return _SocketChannel(self._socket.accept()[0], LISTEN_SECONDS)

        def close(self) -> None:
            with contextlib.suppress(OSError):
                # Wakes the thread that waits in accept; close alone does not.
                self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()
            Path(self._path).unlink(missing_ok=True)

    def _listen(address: str) -> _Listener:
        return _SocketListener(address)

    def _connect(address: str) -> Channel:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(ASK_SECONDS)
        try:
            connection.connect(address)
        except OSError:
            connection.close()
            raise
        return _SocketChannel(connection, ASK_SECONDS)
