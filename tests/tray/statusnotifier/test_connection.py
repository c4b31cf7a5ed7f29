"""The socket: framing, limits, and a bus that does not behave."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from jeepney import DBusAddress, Message, new_method_call, new_method_return, new_signal

from trayapp.tray.statusnotifier import connection as module
from trayapp.tray.statusnotifier.connection import (
    BusError,
    BusLostError,
    BusUnavailableError,
    Connection,
    UnsendableError,
    body_of,
    open_session_bus,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.desktop.bus import PrivateBus

EMITTER = DBusAddress("/a", interface="org.example.A")
PEER = DBusAddress("/a", bus_name="org.example.A", interface="org.example.A")


@pytest.fixture
def pair() -> Iterator[tuple[Connection, socket.socket]]:
    ours, theirs = socket.socketpair()
    connection = Connection(ours)
    yield connection, theirs
    connection.close()
    theirs.close()


def signal(number: int = 1) -> bytes:
    data: bytes = new_signal(EMITTER, "Said", "s", (f"number {number}",)).serialise(number)
    return data


class TestReceiving:
    def test_messages_come_out_whole_however_they_are_cut(
        self, pair: tuple[Connection, socket.socket]
    ) -> None:
        connection, theirs = pair
        stream = signal(1) + signal(2) + signal(3)
        received: list[Message] = []
        for start in range(0, len(stream), 7):
            theirs.sendall(stream[start : start + 7])
            received += connection.receive()

        assert [message.body for message in received] == [
            ("number 1",),
            ("number 2",),
            ("number 3",),
        ]

    def test_nothing_there_is_no_message(self, pair: tuple[Connection, socket.socket]) -> None:
        assert pair[0].receive() == []

    def test_an_unreadable_body_comes_as_none_and_the_next_message_is_read(
        self, pair: tuple[Connection, socket.socket]
    ) -> None:
        """A descriptor index without descriptors, which any client can send."""
        connection, theirs = pair
        broken: bytes = new_method_call(PEER, "Take", "u", (0,)).serialise(9)
        theirs.sendall(broken.replace(b"\x01g\0\x01u\0", b"\x01g\0\x01h\0") + signal(2))

        messages = connection.receive()

        assert [message.body for message in messages] == [None, ("number 2",)]
        assert messages[0].header.serial == 9

    def test_an_unknown_message_type_is_passed_over(
        self, pair: tuple[Connection, socket.socket]
    ) -> None:
        connection, theirs = pair
        strange = bytearray(signal(1))
        strange[1] = 77
        theirs.sendall(bytes(strange) + signal(2))

        assert [message.body for message in connection.receive()] == [("number 2",)]

    @pytest.mark.parametrize(
        "rubbish", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"l\1\0\1" + b"\xff" * 12]
    )
    def test_what_is_not_dbus_ends_the_connection(
        self, pair: tuple[Connection, socket.socket], rubbish: bytes
    ) -> None:
        connection, theirs = pair
        theirs.sendall(rubbish)

        with pytest.raises(BusLostError):
            connection.receive()

    def test_the_end_of_the_bus_is_told(self, pair: tuple[Connection, socket.socket]) -> None:
        connection, theirs = pair
        theirs.close()

        with pytest.raises(BusLostError):
            connection.receive()


class TestSending:
    def test_a_message_that_does_not_fit_its_signature_is_not_sent(
        self, pair: tuple[Connection, socket.socket]
    ) -> None:
        connection, theirs = pair
        with pytest.raises(UnsendableError):
            connection.send(new_signal(EMITTER, "Said", "u", ("text",)))
        with pytest.raises(UnsendableError):
            connection.send(new_signal(EMITTER, "Said", "s", ("\ud800",)))

        theirs.setblocking(False)
        with pytest.raises(BlockingIOError):
            theirs.recv(1)

    def test_a_bus_that_does_not_read_is_given_up(
        self, pair: tuple[Connection, socket.socket], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "SEND_LIMIT", 0.1)
        connection, _theirs = pair
        started = time.monotonic()

        with pytest.raises(BusLostError, match="does not read"):
            connection.send(new_signal(EMITTER, "Said", "ay", (bytes(10_000_000),)))

        assert time.monotonic() - started < 5

    def test_serials_begin_again_after_the_largest(
        self, pair: tuple[Connection, socket.socket], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "LARGEST_SERIAL", 3)

        assert [pair[0].send(new_signal(EMITTER, "Said")) for _ in range(4)] == [1, 2, 3, 1]

    def test_sending_to_a_closed_bus_is_told(self, pair: tuple[Connection, socket.socket]) -> None:
        connection, theirs = pair
        theirs.close()

        with pytest.raises(BusLostError):
            connection.send(new_signal(EMITTER, "Said"))


class TestReplies:
    def test_a_reply_goes_to_its_call_and_once_only(
        self, pair: tuple[Connection, socket.socket]
    ) -> None:
        connection, theirs = pair
        replies: list[tuple[str, Message | None]] = []
        first, second = new_method_call(PEER, "One"), new_method_call(PEER, "Two")
        connection.call(first, lambda reply: replies.append(("one", reply)))
        connection.call(second, lambda reply: replies.append(("two", reply)))
        first.header.serial, second.header.serial = 1, 2
        answer: bytes = new_method_return(second, "s", ("2",)).serialise(1)
        theirs.sendall(answer + answer)

        for message in connection.receive():
            assert connection.settle(message)

        assert [(name, reply.body) for name, reply in replies if reply] == [("two", ("2",))]
        connection.expire(time.monotonic() + 1000)
        assert replies[1] == ("one", None)
        assert connection.next_deadline() is None

    def test_a_reply_of_another_type_is_an_error(self) -> None:
        call = new_method_call(PEER, "One")
        call.header.serial = 1

        with pytest.raises(BusError, match="not of the type"):
            body_of(new_method_return(call, "s", ("x",)), "u")


@contextmanager
def listening(path: Path, serve: Callable[[socket.socket], object]) -> Iterator[dict[str, str]]:
    """Listen at a socket with a handler for one connection; yields the environment naming it."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def accept() -> None:
            stream, _address = server.accept()
            with stream:
                serve(stream)

        thread = threading.Thread(target=accept)
        thread.start()
        yield {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={path}"}
        thread.join(5)
        assert not thread.is_alive()


def read_until_closed(stream: socket.socket) -> None:
    while stream.recv(4096):
        pass


def authenticate(stream: socket.socket) -> None:
    received = b""
    while b"\r\n" not in received:
        received += stream.recv(4096)
    stream.sendall(b"OK 0123456789abcdef0123456789abcdef\r\n")


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


class TestOpening:
    def test_a_bus_gives_a_name(self, bus: PrivateBus) -> None:
        connection = open_session_bus({"DBUS_SESSION_BUS_ADDRESS": bus.address})
        try:
            assert connection.unique_name.startswith(":")
        finally:
            connection.close()

    def test_without_an_address_the_runtime_directory_is_tried(self, bus: PrivateBus) -> None:
        connection = open_session_bus({"XDG_RUNTIME_DIR": str(bus.directory)})
        connection.close()

        assert connection.unique_name

    def test_the_next_address_is_tried(self, bus: PrivateBus, tmp_path: Path) -> None:
        address = f"unix:path={tmp_path / 'nobody'};{bus.address}"
        connection = open_session_bus({"DBUS_SESSION_BUS_ADDRESS": address})
        connection.close()

        assert connection.unique_name

    def test_no_address_is_unavailable(self) -> None:
        with pytest.raises(BusUnavailableError, match="DBUS_SESSION_BUS_ADDRESS"):
            open_session_bus({})

    @pytest.mark.parametrize("name", ["missing", "\udcff", "a%00b", "x" * 200])
    def test_no_socket_is_unavailable(self, tmp_path: Path, name: str) -> None:
        address = f"unix:path={tmp_path}/{name}"
        with pytest.raises(BusUnavailableError):
            open_session_bus({"DBUS_SESSION_BUS_ADDRESS": address})

    @pytest.mark.parametrize("authenticates", [False, True])
    def test_a_bus_that_never_answers_costs_no_more_than_the_limit(
        self, tmp_path: Path, *, authenticates: bool
    ) -> None:
        def serve(stream: socket.socket) -> None:
            if authenticates:
                authenticate(stream)
            read_until_closed(stream)

        with listening(tmp_path / "bus", serve) as environ:
            started = time.monotonic()
            with pytest.raises(BusUnavailableError):
                open_session_bus(environ, limit=0.3)

        assert 0.2 < time.monotonic() - started < 3

    @pytest.mark.parametrize(
        "rubbish", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"REJECTED EXTERNAL\r\n"]
    )
    def test_what_is_no_bus_is_unavailable(self, tmp_path: Path, rubbish: bytes) -> None:
        def serve(stream: socket.socket) -> None:
            stream.recv(4096)
            stream.sendall(rubbish)

        with (
            listening(tmp_path / "bus", serve) as environ,
            pytest.raises(BusUnavailableError),
        ):
            open_session_bus(environ, limit=1)

    def test_a_failure_leaves_no_descriptor(self, tmp_path: Path) -> None:
        def serve(stream: socket.socket) -> None:
            authenticate(stream)
            stream.sendall(b"rubbish" * 10)

        before = open_descriptors()
        with (
            listening(tmp_path / "bus", serve) as environ,
            pytest.raises(BusUnavailableError),
        ):
            open_session_bus(environ, limit=1)

        assert open_descriptors() == before
