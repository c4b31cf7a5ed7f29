"""Being on the bus, with the bus played by the test."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from jeepney import (
    DBusAddress,
    HeaderFields,
    Message,
    MessageType,
    Parser,
    new_method_call,
    new_method_return,
    new_signal,
)

from tests.desktop.bus import member
from trayapp.tray.statusnotifier.connection import (
    REPLY_LIMIT,
    BusUnavailableError,
    Connection,
)
from trayapp.tray.statusnotifier.interface import Interface, Method, Property, Reply, Signal
from trayapp.tray.statusnotifier.objects import PROPERTIES, ObjectTree
from trayapp.tray.statusnotifier.presence import HOST_DELAY, WATCHER_NAME, Presence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NAME = "org.example.A"


@dataclass
class Bus:
    """The other end of the connection."""

    stream: socket.socket
    time: float = 1000.0

    def __post_init__(self) -> None:
        self._parser = Parser()
        self._received: list[Message] = []

    def received(self) -> list[Message]:
        """Return all that was sent so far."""
        self.stream.setblocking(False)
        try:
            while data := self.stream.recv(65536):
                self._received += self._parser.feed(data)
        except BlockingIOError:
            pass
        return self._received

    def call(self, interface: str, method: str, signature: str = "", *body: object) -> None:
        address = DBusAddress("/a", bus_name=NAME, interface=interface)
        call = new_method_call(address, method, signature or None, body)
        self.stream.sendall(call.serialise(7))


@pytest.fixture
def bus() -> Iterator[Bus]:
    ours, theirs = socket.socketpair()
    one = Bus(theirs)
    one.connection = Connection(ours, clock=lambda: one.time)  # type: ignore[attr-defined]
    yield one
    ours.close()
    theirs.close()


def present(
    bus: Bus,
    afterwards: Callable[[], object] | None = None,
    on_hosted: Callable[[bool], object] = lambda _hosted: None,
) -> Presence:
    """Return a presence that is on the bus, with an object that does all sorts of things."""

    def fail() -> Reply:
        raise RuntimeError("a bug")

    interface = Interface(
        NAME,
        methods={
            "Do": Method(lambda: Reply((), afterwards)),
            "Fail": Method(fail),
            "Lie": Method(lambda: Reply(("text",)), (), (("number", "u"),)),
        },
        properties={"Wrong": Property("u", lambda: "text")},
        signals={"Said": (("number", "u"),)},
    )
    connection = bus.connection  # type: ignore[attr-defined]
    presence = Presence(
        ObjectTree({"/a": (interface,)}),
        on_hosted=on_hosted,
        connect=lambda: connection,
        clock=lambda: bus.time,
    )
    presence.advance()
    presence.emit(Signal("/a", interface, "Said", (1,)))
    return presence


def replies(bus: Bus) -> list[tuple[MessageType, str]]:
    return [
        (one.header.message_type, one.header.fields.get(HeaderFields.error_name, ""))
        for one in bus.received()
        if HeaderFields.reply_serial in one.header.fields
    ]


def test_the_reply_is_sent_before_anything_else_is_done(bus: Bus) -> None:
    seen: list[list[tuple[MessageType, str]]] = []
    presence = present(bus, lambda: seen.append(replies(bus)))
    bus.call(NAME, "Do")
    presence.read()

    assert seen == [[(MessageType.method_return, "")]]


@pytest.mark.parametrize(
    ("interface", "method", "signature", "body"),
    [
        (NAME, "Fail", "", ()),
        (NAME, "Lie", "", ()),
        (PROPERTIES, "Get", "ss", (NAME, "Wrong")),
        (PROPERTIES, "GetAll", "s", (NAME,)),
    ],
)
def test_our_own_mistakes_are_logged_and_answered(
    bus: Bus,
    interface: str,
    method: str,
    signature: str,
    body: tuple[str, ...],
    caplog: pytest.LogCaptureFixture,
) -> None:
    presence = present(bus)
    bus.call(interface, method, signature, *body)
    bus.call(NAME, "Do")
    presence.read()

    assert replies(bus) == [
        (MessageType.error, "org.freedesktop.DBus.Error.Failed"),
        (MessageType.method_return, ""),
    ]
    assert caplog.records[-1].exc_info


def test_a_signal_of_the_wrong_type_is_logged_and_not_sent(
    bus: Bus, caplog: pytest.LogCaptureFixture
) -> None:
    presence = present(bus)
    interface = Interface(NAME, signals={"Said": (("number", "u"),)})
    presence.emit(Signal("/a", interface, "Said", ("text",)))

    assert [member(one) for one in bus.received()] == ["AddMatch", "AddMatch", "Said"]
    assert "Said could not be sent" in caplog.text


def answer(bus: Bus, signature: str, *body: object) -> None:
    """Answer the last call that was sent."""
    (*_, call) = bus.received()
    reply = new_method_return(call, signature, body)
    reply.header.fields[HeaderFields.sender] = ":1.5"
    bus.stream.sendall(reply.serialise(99))


def has_registered(bus: Bus) -> bool:
    return "RegisterStatusNotifierItem" in [member(one) for one in bus.received()]


def test_it_listens_for_watchers_before_it_looks_for_one(bus: Bus) -> None:
    presence = present(bus)
    presence.register()

    sent = [member(one) for one in bus.received()]
    assert sent == ["AddMatch", "AddMatch", "Said", "Get"]


@pytest.mark.parametrize("host", [("b", True), ("s", "garbage")])
def test_a_watcher_with_a_host_gets_the_item_at_once(bus: Bus, host: tuple[str, object]) -> None:
    presence = present(bus)
    presence.register()

    answer(bus, "v", host)
    presence.read()

    assert has_registered(bus)


def test_a_watcher_whose_host_is_about_to_come_gets_the_item_then(bus: Bus) -> None:
    """Waybar's host loses an item that registers before it listens."""
    presence = present(bus)
    presence.register()
    answer(bus, "v", ("b", False))
    presence.read()
    assert not has_registered(bus)

    came = new_signal(
        DBusAddress("/StatusNotifierWatcher", interface=WATCHER_NAME),
        "StatusNotifierHostRegistered",
    )
    bus.stream.sendall(came.serialise(1))
    presence.read()

    assert has_registered(bus)
    assert presence.due_at() == bus.time + REPLY_LIMIT


@pytest.mark.parametrize("silent", [True, False])
def test_a_watcher_that_tells_of_no_host_gets_the_item_a_little_later(
    bus: Bus, silent: bool
) -> None:
    presence = present(bus)
    presence.register()
    if not silent:
        answer(bus, "v", ("b", False))
        presence.read()
    assert presence.due_at() == bus.time + HOST_DELAY
    presence.advance()
    assert not has_registered(bus)

    bus.time += HOST_DELAY
    presence.advance()

    assert has_registered(bus)


def test_answers_that_never_come_are_given_up(bus: Bus, caplog: pytest.LogCaptureFixture) -> None:
    heard: list[bool] = []
    presence = present(bus, on_hosted=heard.append)
    presence.register()
    bus.time += HOST_DELAY
    presence.advance()
    assert heard == []

    bus.time += REPLY_LIMIT
    presence.advance()

    assert presence.due_at() is None
    assert heard == [False]
    assert "did not answer" in caplog.text


def test_a_bus_that_goes_is_left_and_tried_again_later(bus: Bus) -> None:
    presence = present(bus)
    bus.stream.close()
    presence.read()

    assert presence.fileno() is None
    assert presence.due_at() == bus.time + 1


def test_a_bus_that_goes_while_it_is_answered_is_left(bus: Bus) -> None:
    presence = present(bus)
    for _ in range(3):
        bus.call(NAME, "Do")
    bus.stream.shutdown(socket.SHUT_RD)
    presence.read()

    assert presence.fileno() is None
    assert presence.due_at() == bus.time + 1


def test_a_bus_that_goes_while_the_icon_registers_is_left_once(bus: Bus) -> None:
    presence = present(bus)
    presence.register()
    came = new_signal(
        DBusAddress("/org/freedesktop/DBus", interface="org.freedesktop.DBus"),
        "NameOwnerChanged",
        "sss",
        (WATCHER_NAME, "", ":1.5"),
    )
    came.header.fields[HeaderFields.sender] = "org.freedesktop.DBus"
    bus.stream.sendall(came.serialise(1))
    bus.call(NAME, "Do")
    bus.stream.shutdown(socket.SHUT_RD)
    presence.read()

    assert presence.fileno() is None
    assert presence.due_at() == bus.time + 1


def test_attempts_are_made_only_when_they_are_due(bus: Bus) -> None:
    attempts: list[float] = []

    def connect() -> Connection:
        attempts.append(bus.time)
        raise BusUnavailableError("nobody there")

    presence = Presence(ObjectTree({}), connect=connect, clock=lambda: bus.time)
    for _ in range(200):
        presence.advance()
        bus.time += 1

    offsets = [at - attempts[0] for at in attempts]
    assert offsets == [0, 1, 3, 7, 15, 31, 63, 123, 183]
