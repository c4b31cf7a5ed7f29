"""A StatusNotifierWatcher for tests: it may come late, go, and never answer."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from jeepney import HeaderFields, Message, MessageType, new_error, new_method_return

from tests.desktop.bus import Client, member

if TYPE_CHECKING:
    from tests.desktop.bus import PrivateBus

WATCHER = "org.kde.StatusNotifierWatcher"


class FakeWatcher:
    """Owns the watcher's name while its with block runs.

    `registrations` holds who registered and with what argument, in order.
    """

    def __init__(
        self,
        bus: PrivateBus,
        *,
        answers: bool = True,
        refuses: bool = False,
        host: tuple[str, object] = ("b", True),
    ) -> None:
        self._bus = bus
        self._answers = answers
        self._refuses = refuses
        self._host = host
        self.registrations: list[tuple[str, str]] = []

    def __enter__(self) -> Self:
        self._client = Client(self._bus.address)
        self._thread = threading.Thread(target=self._serve, name="fake watcher")
        self._client.bus("RequestName", WATCHER)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        # Wakes the thread's recv, which closing would not.
        self._client.connection.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._client.close()
        assert not self._thread.is_alive()

    def _serve(self) -> None:
        # The end of the with block may come while a message is read, or while it is answered.
        with suppress(ConnectionError):
            while True:
                message = self._client.connection.receive()
                if message.header.message_type is MessageType.method_call:
                    self._take(message)

    def _take(self, call: Message) -> None:
        if member(call) == "RegisterStatusNotifierItem":
            self.registrations.append((call.header.fields[HeaderFields.sender], call.body[0]))
            reply = new_method_return(call)
        else:
            reply = new_method_return(call, "v", (self._host,))
        if self._refuses:
            reply = new_error(call, "org.example.No", "s", ("not today",))
        if self._answers:
            self._client.connection.send(reply)
