from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from jeepney import (
    DBusAddress,
    HeaderFields,
    Message,
    new_error,
    new_method_call,
    new_method_return,
    new_signal,
)
from jeepney.low_level import Parser

from trayapp.desktop import bus_stream, session_bus
from trayapp.desktop.bus_messages import MethodCall, SignalRule, owner_changes
from trayapp.desktop.bus_stream import unix_sockets
from trayapp.desktop.session_bus import (
    Answer,
    MessageBus,
    SessionBus,
    delay_after,
    session_bus_address,
    system_bus_address,
    wait_readable,
)
from trayapp.errors import BusError

from .bus import PrivateBus
from .bus_service import BusService, returns, silent
from .processes import wait_for

pytestmark = pytest.mark.desktop

ECHO = "org.example.Echo"
PATH = "/org/example"
CHANGED = SignalRule(ECHO, "Changed", "s")
BACK_LIMIT = 20.0


def ask(member: str = "Say", signature: str = "", *body: Any, name: str = ECHO) -> MethodCall:
    return MethodCall(name, PATH, ECHO, member, signature, body)


@contextmanager
def started(bus: MessageBus) -> Iterator[MessageBus]:
    bus.start()
    try:
        yield bus
    finally:
        bus.stop()
    assert bus._thread is not None
    assert not bus._thread.is_alive()


@pytest.fixture
def ours(bus: PrivateBus) -> Iterator[MessageBus]:
    with started(SessionBus({"DBUS_SESSION_BUS_ADDRESS": bus.address})) as ours:
        yield ours


class TestCall:
    def test_gives_the_reply_to_each_of_many_threads(
        self, bus: PrivateBus, ours: MessageBus
    ) -> None:
        def echo(call: Message) -> Message:
            return new_method_return(call, "s", call.body)

        with BusService(bus, ECHO, echo), ThreadPoolExecutor(8) as threads:
            said = [f"word {number}" for number in range(200)]
            heard = threads.map(lambda word: ours.call(ask("Say", "s", word), "s"), said)

            assert [(word,) for word in said] == list(heard)

    def test_raises_the_error_that_came_with_its_name(
        self, bus: PrivateBus, ours: MessageBus
    ) -> None:
        with (
            BusService(bus, ECHO, lambda call: new_error(call, "org.example.No", "s", ("never",))),
            pytest.raises(BusError, match=r"refuses Say.*never") as caught,
        ):
            ours.call(ask(), "s")

        assert caught.value.name == "org.example.No"

    def test_raises_when_nobody_has_the_name(self, ours: MessageBus) -> None:
        with pytest.raises(BusError) as caught:
            ours.call(ask(), "s")

        assert caught.value.name == "org.freedesktop.DBus.Error.ServiceUnknown"

    @pytest.mark.parametrize("answer", [returns("u", 1), returns(""), returns("ss", "a", "b")])
    def test_raises_when_the_reply_is_of_another_type(
        self, bus: PrivateBus, ours: MessageBus, answer: Any
    ) -> None:
        with BusService(bus, ECHO, answer), pytest.raises(BusError, match="answers Say with"):
            ours.call(ask(), "s")

    def test_raises_when_its_time_is_over(self, bus: PrivateBus, ours: MessageBus) -> None:
        with BusService(bus, ECHO, silent), pytest.raises(BusError, match="does not answer"):
            ours.call(ask(), "s", limit=0.1)

    def test_raises_for_a_body_that_does_not_fit_and_stays_connected(
        self, bus: PrivateBus, ours: MessageBus
    ) -> None:
        with pytest.raises(BusError, match="signature"):
            ours.call(ask("Say", "s", 5), "s")

        with BusService(bus, ECHO, returns("s", "well")):
            assert ours.call(ask(), "s") == ("well",)

    def test_raises_at_once_without_a_bus(self, tmp_path: Path) -> None:
        address = {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={tmp_path / 'nothing'}"}
        for environment in (address, {"DBUS_SESSION_BUS_ADDRESS": "tcp:host=localhost"}, {}):
            ours = SessionBus(environment)
            with pytest.raises(BusError, match="no session bus"):
                ours.call(ask(), "s", limit=3600)
            with started(ours), pytest.raises(BusError, match="no session bus"):
                ours.call(ask(), "s", limit=3600)
            with pytest.raises(BusError, match="no session bus"):
                ours.call(ask(), "s", limit=3600)


class TestSend:
    def test_tells_the_reply_or_the_error_later(self, bus: PrivateBus, ours: MessageBus) -> None:
        answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()

        with BusService(bus, ECHO, returns("s", "well")):
            ours.send(ask(), "s", answers.put)
            assert answers.get(timeout=10) == ("well",)
        ours.send(ask(), "s", answers.put)

        assert isinstance(answers.get(timeout=10), BusError)

    def test_tells_what_waits_when_the_bus_is_left(self, bus: PrivateBus, ours: MessageBus) -> None:
        answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        with BusService(bus, ECHO, silent) as service:
            ours.send(ask(), "s", answers.put, limit=3600)
            wait_for(lambda: service.calls, "the call came")

            ours.stop()

            assert isinstance(answers.get(timeout=10), BusError)

    def test_survives_an_answer_that_cannot_be_borne(
        self, bus: PrivateBus, ours: MessageBus, caplog: pytest.LogCaptureFixture
    ) -> None:
        def fail(_answer: Answer) -> None:
            raise LookupError("on purpose")

        with BusService(bus, ECHO, returns("s", "well")):
            ours.send(ask(), "s", fail)
            assert ours.call(ask(), "s") == ("well",)

        assert "on purpose" in caplog.text


class TestSubscribe:
    def test_hands_on_the_signals_that_fit(self, bus: PrivateBus, ours: MessageBus) -> None:
        heard: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        ready = threading.Event()
        rule = SignalRule(ECHO, "Changed", "sv", sender=ECHO, first_argument="this")
        ours.subscribe(rule, heard.put, ready.set)
        assert ready.wait(10)

        with BusService(bus, ECHO, silent) as service:
            for member, signature, body in (
                ("Changed", "s", ("this",)),
                ("Changed", "sv", ("that", ("u", 1))),
                ("Other", "sv", ("this", ("u", 2))),
                ("Changed", "sv", ("this", ("u", 3))),
            ):
                service.emit(PATH, ECHO, member, signature, *body)

            assert heard.get(timeout=10) == ("this", ("u", 3))
        assert heard.empty()

    def test_tells_paths_apart(self, bus: PrivateBus, ours: MessageBus) -> None:
        heard: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        ready = threading.Event()
        ours.subscribe(CHANGED._replace(path="/other"), print)
        ours.subscribe(CHANGED._replace(path=PATH), heard.put, ready.set)
        assert ready.wait(10)

        with BusService(bus, ECHO, silent) as service:
            service.emit("/other", ECHO, "Changed", "s", "theirs")
            service.emit(PATH, ECHO, "Changed", "s", "ours")

            assert heard.get(timeout=10) == ("ours",)
        assert heard.empty()

    def test_survives_a_handler_that_fails(self, bus: PrivateBus, ours: MessageBus) -> None:
        heard: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        ready = threading.Event()

        def fail(_body: tuple[Any, ...]) -> None:
            raise LookupError("on purpose")

        ours.subscribe(CHANGED, fail)
        ours.subscribe(CHANGED, heard.put, ready.set)
        assert ready.wait(10)
        with BusService(bus, ECHO, silent) as service:
            service.emit(PATH, ECHO, "Changed", "s", "well")

            assert heard.get(timeout=10) == ("well",)

    def test_tells_who_comes_and_goes(self, bus: PrivateBus, ours: MessageBus) -> None:
        changes: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        ready = threading.Event()
        ours.subscribe(owner_changes(ECHO), changes.put, ready.set)
        assert ready.wait(10)

        with BusService(bus, ECHO, silent), BusService(bus, "org.example.Another", silent):
            name, old, new = changes.get(timeout=10)
            assert (name, old, bool(new)) == (ECHO, "", True)

        assert changes.get(timeout=10) == (ECHO, new, "")
        assert changes.empty()


class TestTheBus:
    def test_may_be_killed_and_come_back(self, bus: PrivateBus, ours: MessageBus) -> None:
        answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        heard: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        ready = threading.Semaphore(0)
        ours.subscribe(CHANGED, heard.put, ready.release)
        assert ready.acquire(timeout=10)
        for _time in range(2):
            with BusService(bus, ECHO, silent):
                ours.send(ask(), "s", answers.put, limit=3600)
                bus.stop()
            assert isinstance(answers.get(timeout=10), BusError)

            bus.start()

            assert ready.acquire(timeout=BACK_LIMIT), "the rule was not renewed"
            with BusService(bus, ECHO, returns("s", "well")) as service:
                assert ours.call(ask(), "s") == ("well",)
                service.emit(PATH, ECHO, "Changed", "s", "again")
                assert heard.get(timeout=10) == ("again",)

    def test_may_come_late(self, tmp_path: Path) -> None:
        bus = PrivateBus(tmp_path)
        ready = threading.Event()
        ours = SessionBus({"XDG_RUNTIME_DIR": str(tmp_path)})
        ours.subscribe(CHANGED, lambda _body: None, ready.set)

        with started(ours):
            with pytest.raises(BusError, match="no session bus"):
                ours.call(ask(), "s")
            bus.start()

            assert ready.wait(BACK_LIMIT)
        bus.stop()

    def test_is_waited_for_without_a_look_at_the_clock(self, bus: PrivateBus) -> None:
        waits: list[float | None] = []

        def wait(descriptors: Sequence[int], seconds: float | None) -> Collection[int]:
            waits.append(seconds)
            return wait_readable(descriptors, seconds)

        ready = threading.Event()
        ours = MessageBus(bus.address, "session bus", wait=wait)
        ours.subscribe(CHANGED, lambda _body: None, ready.set)
        with started(ours), BusService(bus, ECHO, returns("s", "well")):
            assert ready.wait(10)
            assert ours.call(ask(), "s") == ("well",)

            assert wait_for(lambda: waits[-1] is None, "it sleeps until something comes")

    def test_is_left_with_every_descriptor_closed(self, bus: PrivateBus) -> None:
        def descriptors() -> int:
            return len(list(Path("/proc/self/fd").iterdir()))

        before = descriptors()
        for _time in range(5):
            with (
                started(MessageBus(bus.address, "session bus")) as ours,
                pytest.raises(BusError),
            ):
                ours.call(ask(), "s")

        assert descriptors() == before

    def test_may_ask_us_and_is_told_that_we_know_nothing(
        self, bus: PrivateBus, ours: MessageBus
    ) -> None:
        with pytest.raises(BusError):
            ours.call(ask(), "s")
        with bus.client() as client:
            names = [name for name in client.bus("ListNames") if name.startswith(":")]
            (name,) = (name for name in names if name != client.name)
            address = DBusAddress(PATH, bus_name=name, interface=ECHO)

            reply = client.connection.send_and_get_reply(
                new_method_call(address, "Introspect"), timeout=10
            )

        error = reply.header.fields[HeaderFields.error_name]
        assert error == "org.freedesktop.DBus.Error.UnknownMethod"


class HostileBus:
    """Takes connections and authenticates them; what it sends then is the test's."""

    def __init__(self, path: Path) -> None:
        self.address = f"unix:path={path}"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._listener.settimeout(BACK_LIMIT)

    def close(self) -> None:
        self._listener.close()

    def accept(self) -> socket.socket:
        connection, _ = self._listener.accept()
        connection.settimeout(10)
        return connection

    def welcome(self) -> tuple[socket.socket, Parser]:
        """Authenticate whoever comes next."""
        connection = self.accept()
        data = b""
        while b"AUTH EXTERNAL" not in data or not data.endswith(b"\r\n"):
            data += connection.recv(4096)
        connection.sendall(b"OK 0123456789abcdef0123456789abcdef\r\n")
        data = b""
        while b"BEGIN\r\n" not in data:
            data += connection.recv(4096)
        parser = Parser()
        parser.add_data(data.partition(b"BEGIN\r\n")[2])
        return connection, parser


def next_call(connection: socket.socket, parser: Parser) -> Message:
    while (message := parser.get_next_message()) is None:
        parser.add_data(connection.recv(4096))
    return message


@pytest.fixture
def hostile(tmp_path: Path) -> Iterator[HostileBus]:
    with closing(HostileBus(tmp_path / "hostile")) as hostile:
        yield hostile


class TestAHostileBus:
    @pytest.mark.parametrize(
        "garbage",
        [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"l" + b"\xff" * 64],
        ids=["another protocol", "an endless message"],
    )
    def test_that_talks_nonsense_is_left_and_tried_again(
        self, hostile: HostileBus, garbage: bytes
    ) -> None:
        with started(MessageBus(hostile.address, "session bus")):
            first, _parser = hostile.welcome()
            first.sendall(garbage)
            second, _parser = hostile.welcome()
            first.close()
            second.close()

    def test_that_does_not_say_hello_is_left_and_tried_again(
        self, hostile: HostileBus, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(session_bus, "HELLO_LIMIT", 0.1)
        with started(MessageBus(hostile.address, "session bus")):
            first, _parser = hostile.welcome()
            second, _parser = hostile.welcome()
            first.close()
            second.close()

    def test_that_never_authenticates_holds_nobody_up(
        self, hostile: HostileBus, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bus_stream, "CONNECT_LIMIT", 0.1)
        with started(MessageBus(hostile.address, "session bus")) as ours:
            connection = hostile.accept()
            with pytest.raises(BusError, match="no session bus"):
                ours.call(ask(), "s", limit=3600)
            connection.close()

    def test_that_sends_what_cannot_be_read_stays_in_step(self, hostile: HostileBus) -> None:
        heard: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        ours = MessageBus(hostile.address, "session bus")
        ours.subscribe(CHANGED, heard.put)
        with started(ours):
            connection, parser = hostile.welcome()
            hello = next_call(connection, parser)
            connection.sendall(new_method_return(hello, "s", (":1.1",)).serialise(serial=1))
            emitter = DBusAddress(PATH, interface=ECHO)
            good = new_signal(emitter, "Changed", "s", ("well",)).serialise(serial=2)
            unreadable = good.replace(b"\x01s\x00", b"\x01Z\x00")  # no type has this letter
            assert unreadable != good

            connection.sendall(unreadable + good)

            assert heard.get(timeout=10) == ("well",)
            connection.close()


@pytest.mark.parametrize(
    ("environment", "address"),
    [
        ({"DBUS_SESSION_BUS_ADDRESS": "unix:path=/a", "XDG_RUNTIME_DIR": "/r"}, "unix:path=/a"),
        ({"DBUS_SESSION_BUS_ADDRESS": "", "XDG_RUNTIME_DIR": "/r"}, "unix:path=/r/bus"),
        ({"XDG_RUNTIME_DIR": "/a,b"}, "unix:path=/a%2Cb/bus"),
        ({}, ""),
    ],
)
def test_the_session_bus_is_where_the_environment_says(
    environment: dict[str, str], address: str
) -> None:
    assert session_bus_address(environment) == address


def test_the_system_bus_has_a_place_of_its_own() -> None:
    assert system_bus_address({}) == "unix:path=/var/run/dbus/system_bus_socket"
    assert system_bus_address({"DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/a"}) == "unix:path=/a"


@pytest.mark.parametrize(
    ("address", "sockets"),
    [
        ("unix:path=/run/user/1000/bus", [b"/run/user/1000/bus"]),
        ("unix:path=/tmp/a,guid=0123", [b"/tmp/a"]),
        ("unix:abstract=/tmp/dbus-x", [b"\0/tmp/dbus-x"]),
        ("tcp:host=localhost;unix:path=/b", [b"/b"]),
        ("unix:path=/caf%c3%a9%2c", ["/café,".encode()]),
        ("autolaunch:", []),
        ("nonsense", []),
        ("", []),
    ],
)
def test_an_address_may_name_several_sockets(address: str, sockets: list[bytes]) -> None:
    assert list(unix_sockets(address)) == sockets


def test_attempts_to_connect_grow_rarer() -> None:
    assert [delay_after(failures) for failures in (1, 2, 3, 7, 10_000)] == [1, 2, 4, 60, 60]
