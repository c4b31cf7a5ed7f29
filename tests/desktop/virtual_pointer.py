"""A mouse for a Wayland compositor that has none.

Speaks the little of the wire protocol that it takes to hold one device of
zwlr_virtual_pointer_manager_v1; wlroots' compositors (sway) offer it. Without a device the seat has
no pointer, and `swaymsg seat - cursor` reaches nobody.
"""

from __future__ import annotations

import itertools
import socket
import struct
import time
from pathlib import Path

REPLY_LIMIT = 10.0

BUTTONS = {1: 0x110, 2: 0x112, 3: 0x111}
"""Linux's codes of the left, middle and right button, by X's numbers."""

_DISPLAY = 1
_MANAGER = "zwlr_virtual_pointer_manager_v1"


class VirtualPointer:
    """A pointer on a screen of a given size, there from connect() to close()."""

    def __init__(self, display: Path, width: int, height: int) -> None:
        self._display = display
        self._extent = width, height
        self._ids = itertools.count(_DISPLAY + 1)
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(REPLY_LIMIT)

    def connect(self) -> None:
        """Make the device."""
        self._socket.connect(str(self._display))
        self._pointer = self._create()

    def close(self) -> None:
        """Take the device away."""
        self._socket.close()

    def move(self, x: int, y: int) -> None:
        """Move to a point of the screen."""
        self._send(self._pointer, 1, struct.pack("=5I", _now(), x, y, *self._extent))
        self._frame()

    def click(self, button: int) -> None:
        """Press and release a button: 1 is the left, 2 the middle, 3 the right."""
        for pressed in (1, 0):
            self._send(self._pointer, 2, struct.pack("=3I", _now(), BUTTONS[button], pressed))
            self._frame()

    def _create(self) -> int:
        # The compositor wants new ids in order.
        registry = next(self._ids)
        self._send(_DISPLAY, 1, struct.pack("=I", registry))
        offered = {}
        for sender, opcode, body in self._round_trip():
            if (sender, opcode) == (registry, 0):
                name, length = struct.unpack_from("=2I", body)
                offered[body[8 : 7 + length].decode()] = name
        assert _MANAGER in offered, f"the compositor has no {_MANAGER}"
        manager, pointer = next(self._ids), next(self._ids)
        bind = struct.pack("=I", offered[_MANAGER]) + _string(_MANAGER)
        self._send(registry, 0, bind + struct.pack("=2I", 1, manager))
        self._send(manager, 0, struct.pack("=2I", 0, pointer))  # 0: the only seat
        self._round_trip()
        return pointer

    def _frame(self) -> None:
        """Have what was sent take effect, and wait until the compositor has seen it."""
        self._send(self._pointer, 4)
        self._round_trip()

    def _round_trip(self) -> list[tuple[int, int, bytes]]:
        """Wait until the compositor has done what was asked; return the events until then."""
        callback = next(self._ids)
        self._send(_DISPLAY, 0, struct.pack("=I", callback))
        events: list[tuple[int, int, bytes]] = []
        while True:
            sender, opcode, body = self._receive()
            if sender == callback:
                return events
            assert (sender, opcode) != (_DISPLAY, 0), f"the compositor objects: {body!r}"
            events.append((sender, opcode, body))

    def _send(self, target: int, opcode: int, body: bytes = b"") -> None:
        self._socket.sendall(struct.pack("=2I", target, (8 + len(body)) << 16 | opcode) + body)

    def _receive(self) -> tuple[int, int, bytes]:
        sender, size_and_opcode = struct.unpack("=2I", self._read(8))
        return sender, size_and_opcode & 0xFFFF, self._read((size_and_opcode >> 16) - 8)

    def _read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            part = self._socket.recv(size - len(data))
            assert part, "the compositor hung up"
            data += part
        return data


def _now() -> int:
    """Return the time as events carry it, in milliseconds."""
    return time.monotonic_ns() // 1_000_000 & 0xFFFFFFFF


def _string(text: str) -> bytes:
    """Write a string as the wire has it: length with the NUL, padded to four bytes."""
    data = text.encode() + b"\0"
    return struct.pack("=I", len(data)) + data + b"\0" * (-len(data) % 4)
