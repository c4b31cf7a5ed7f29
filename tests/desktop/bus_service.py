"""A service of a test's own on a bus, which answers as the test likes."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from jeepney import DBusAddress, Message, MessageType, new_method_return, new_signal

from .bus import Client

if TYPE_CHECKING:
    from .bus import PrivateBus

Answer: TypeAlias = Callable[[Message], Message | None]


class BusService:
    """Own a name while its with block runs; `answer` gives None to stay silent.

    `calls` holds the method calls that came, in order.
    """

    def __init__(self, bus: PrivateBus, name: str, answer: Answer) -> None:
        self._bus = bus
        self._name = name
        self.answer = answer
        self.calls: list[Message] = []

    def __enter__(self) -> Self:
        self._client = Client(self._bus.address)
        self._thread = threading.Thread(target=self._serve, name="service")
        self._client.bus("RequestName", self._name)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        # Wakes the thread's recv, which closing would not.
        self._client.connection.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._client.close()
        assert not self._thread.is_alive()

    def emit(self, path: str, interface: str, member: str, signature: str, *body: Any) -> None:
        """Send a signal to whoever listens."""
        emitter = DBusAddress(path, interface=interface)
        self._client.connection.send(new_signal(emitter, member, signature, body))

    def _serve(self) -> None:
        with suppress(ConnectionError):  # The with block, or the bus, has ended.
            while True:
                message = self._client.connection.receive()
                if message.header.message_type is MessageType.method_call:
                    if (reply := self.answer(message)) is not None:
                        self._client.connection.send(reply)
                    # Last, so that what a test does next comes after the answer.
                    self.calls.append(message)


def returns(signature: str, *body: Any) -> Answer:
    """Answer every call with the same values."""
    return lambda call: new_method_return(call, signature or None, body)


def silent(_call: Message) -> None:
    """Answer nothing."""
