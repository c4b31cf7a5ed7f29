"""A client that calls ten thousand times a second, and everybody else."""

from __future__ import annotations

import socket
import struct
import sys
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, Self

from jeepney import DBusAddress, MessageType, new_method_call
from jeepney.low_level import calc_msg_size

from tests.desktop.bus import Client, member
from tests.desktop.processes import wait_for

from .busy_process import BusyProcess

if TYPE_CHECKING:
    from tests.desktop.bus import PrivateBus

    from .fake_watcher import FakeWatcher

ITEM = ("/StatusNotifierItem", "org.kde.StatusNotifierItem")
MENU = ("/StatusNotifierItem/Menu", "com.canonical.dbusmenu")
PROPERTIES = "org.freedesktop.DBus.Properties"

CALLS_A_SECOND = 10_000
SECONDS = 2
STEP = 0.01

CALLS: list[tuple[str, str, str, str, tuple[Any, ...]]] = [
    (*MENU, "Event", "isvu", (999, "clicked", ("i", 0), 0)),
    (*MENU, "Event", "sss", ("a", "b", "c")),
    (*MENU, "AboutToShow", "i", (0,)),
    (*MENU, "GetLayout", "iias", (0, 2**31 - 1, [])),
    (*MENU, "GetGroupProperties", "aias", (list(range(-50, 50)), ["label"])),
    (*MENU, "GetProperty", "is", (1, "smell")),
    (*ITEM, "Scroll", "is", (1, "vertical")),
    (*ITEM, "Activate", "ii", (1, 2)),
    (ITEM[0], PROPERTIES, "Get", "ss", (ITEM[1], "ToolTip")),
    (ITEM[0], "org.example.Nothing", "Nothing", "", ()),
]

STILL_LIMIT = 30.0
"""Seconds without an answer after which none is to be expected; a slow machine takes its time."""

SLACK = 1024
"""KiB."""

REPLIES = (MessageType.method_return.value, MessageType.error.value)

HEADER = 16
"""Bytes that tell how long a message is."""


class Flood:
    """Sends the calls, at its pace, while its with block runs, and counts the answers.

    What it sends is made beforehand, and what comes is not read, so that it is not the slow one.
    """

    def __init__(self, bus: PrivateBus, name: str) -> None:
        self.sent = 0
        self.answered = 0
        self._client = Client(bus.address)
        calls = [
            new_method_call(
                DBusAddress(path, bus_name=name, interface=interface), method, signature, body
            ).serialise(serial=1)
            for path, interface, method, signature, body in CALLS
        ]
        # Serials of their own: the bus itself refuses one that still waits for its reply.
        messages = [
            call[:8] + struct.pack("<I", serial) + call[12:]
            for serial, call in enumerate(calls * (SECONDS * CALLS_A_SECOND // len(calls)), 2)
        ]
        step = int(CALLS_A_SECOND * STEP)
        self._steps = [messages[at : at + step] for at in range(0, len(messages), step)]
        self._threads = [threading.Thread(target=self._send), threading.Thread(target=self._count)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._threads[0].join()
        try:
            while (before := self.answered) < self.sent:
                wait_for(lambda: self.answered > before, "one more call is answered", STILL_LIMIT)
        finally:
            self._client.connection.sock.shutdown(socket.SHUT_RDWR)
            self._threads[1].join()
            self._client.close()

    @property
    def sending(self) -> bool:
        """Whether it has more to send."""
        return self._threads[0].is_alive()

    def _send(self) -> None:
        start = time.monotonic()
        for number, messages in enumerate(self._steps):
            time.sleep(max(0.0, start + number * STEP - time.monotonic()))
            self._client.connection.sock.sendall(b"".join(messages))
            self.sent += len(messages)

    def _count(self) -> None:
        buffer = bytearray()
        while data := self._client.connection.sock.recv(1 << 20):
            buffer += data
            begin = 0
            while len(buffer) - begin >= HEADER:
                size = calc_msg_size(bytes(buffer[begin : begin + HEADER]))
                if len(buffer) - begin < size:
                    break
                # Not the bus's signal that greets a connection.
                self.answered += buffer[begin + 1] in REPLIES
                begin += size
            del buffer[:begin]


def test_a_flood_costs_no_memory_and_nobody_else_waits(
    bus: PrivateBus, watcher: FakeWatcher, client: Client
) -> None:
    with BusyProcess(bus, watcher) as busy:
        client.listen(busy.name)
        with Flood(bus, busy.name):
            pass  # the first makes everything as large as it gets
        memory, descriptors = busy.memory(), busy.descriptors()
        waits = []
        with Flood(bus, busy.name) as flood:
            busy.change(SECONDS * 10, 0.1)
            client.signals.clear()
            while flood.sending:
                before = time.monotonic()
                client.call(busy.name, *MENU, "GetLayout", "iias", 0, -1, [])
                waits.append(time.monotonic() - before)
                time.sleep(0.02)
            signals = Counter(map(member, client.signals))
        memory_after, descriptors_after = busy.memory(), busy.descriptors()

    sys.stdout.write(
        f"\n{flood.sent} calls; others waited {max(waits) * 1000:.0f} ms at most; "
        f"{memory} KiB, then {memory_after}; {signals}\n"
    )
    assert waits, "each of others' calls was answered, which has a limit of its own"
    assert signals["NewIcon"] >= SECONDS * 2
    assert signals["ItemsPropertiesUpdated"] >= SECONDS * 2
    assert memory_after <= memory + SLACK
    assert descriptors_after == descriptors
