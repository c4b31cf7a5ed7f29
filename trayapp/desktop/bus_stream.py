"""Messages over one socket of a message bus. Whoever imports this imports jeepney.

jeepney gives authentication and the wire format. Its own connections are not used: they say Hello
without a time limit, and one body that cannot be read puts them out of step.
"""

from __future__ import annotations

import itertools
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import unquote_to_bytes

from jeepney import (
    DBusAddress,
    HeaderFields,
    Message,
    MessageFlag,
    MessageType,
    new_error,
    new_method_call,
)
from jeepney.io.blocking import prep_socket
from jeepney.low_level import Header, calc_msg_size

from trayapp.desktop.bus_messages import MethodCall, Reply, Signal
from trayapp.errors import BusError

log = logging.getLogger(__name__)

CONNECT_LIMIT = 2.0
"""Seconds for connecting to a socket and authentication there."""

SEND_LIMIT = 5.0
"""Seconds in which the bus must take one message."""

READ_SIZE = 65536
SHORTEST_HEADER = 16
LARGEST_MESSAGE = 2**27
"""In bytes, from the D-Bus specification."""


class BusStream:
    """Send method calls and take replies and signals; used by one thread."""

    def __init__(self, connection: socket.socket) -> None:
        connection.settimeout(SEND_LIMIT)
        self._connection = connection
        self._buffer = bytearray()
        self._serials = itertools.count(1)

    def fileno(self) -> int:
        """Give the descriptor that is readable when something has come."""
        return self._connection.fileno()

    def close(self) -> None:
        """Leave the bus."""
        self._connection.close()

    def send(self, call: MethodCall) -> int:
        """Send a call and give its serial.

        Raises OSError when the connection is of no more use, BusError for a body that does not fit
        its signature; then nothing was sent.
        """
        flags = 0 if call.activates else MessageFlag.no_auto_start
        address = DBusAddress(call.path, bus_name=call.name, interface=call.interface)
        message = new_method_call(address, call.member, call.signature or None, call.body)
        message.header.flags = MessageFlag(flags)
        return self._send(message)

    def receive(self) -> list[Reply | Signal]:
        """Give what has come; raises OSError when the connection has ended."""
        data = self._connection.recv(READ_SIZE)
        if not data:
            raise ConnectionResetError("the bus closed the connection")
        self._buffer += data
        return [one for message in self._messages() if (one := self._understand(message))]

    def _understand(self, message: Message) -> Reply | Signal | None:
        kind, fields = message.header.message_type, message.header.fields
        signature = fields.get(HeaderFields.signature, "")
        if kind in {MessageType.method_return, MessageType.error}:
            serial = fields.get(HeaderFields.reply_serial, 0)
            error_name = "" if kind is MessageType.method_return else "an error without a name"
            error_name = fields.get(HeaderFields.error_name, error_name)
            return Reply(serial, signature, message.body, error_name)
        if kind is MessageType.signal and message.body is not None:
            path = fields.get(HeaderFields.path, "")
            interface = fields.get(HeaderFields.interface, "")
            member = fields.get(HeaderFields.member, "")
            return Signal(path, interface, member, signature, message.body)
        if kind is MessageType.method_call and not (
            message.header.flags & MessageFlag.no_reply_expected
        ):
            # Whoever asks must not wait for ever.
            self._send(new_error(message, "org.freedesktop.DBus.Error.UnknownMethod"))
        return None

    def _send(self, message: Message) -> int:
        serial = next(self._serials)
        try:
            data = message.serialise(serial=serial)
        except Exception as error:  # jeepney raises half a dozen kinds here, none of its own.
            raise BusError("A message for the bus does not fit its signature") from error
        self._connection.sendall(data)
        return serial

    def _messages(self) -> Iterator[Message]:
        while len(self._buffer) >= SHORTEST_HEADER:
            try:
                size = calc_msg_size(bytes(self._buffer[:SHORTEST_HEADER]))
            except KeyError as error:
                raise ConnectionAbortedError("the bus sent what is not D-Bus") from error
            if size > LARGEST_MESSAGE:
                raise ConnectionAbortedError(f"the bus announced a message of {size} bytes")
            if len(self._buffer) < size:
                return
            raw = bytes(self._buffer[:size])
            del self._buffer[:size]
            if (message := _parse(raw)) is not None:
                yield message


def open_stream(address: str) -> BusStream:
    """Connect to the first unix socket of an address that takes us; raises OSError.

    The first message to send is Hello.
    """
    failure = OSError(f"no unix socket in the address {address!r}")
    for name in unix_sockets(address):
        try:
            return BusStream(prep_socket(name, timeout=CONNECT_LIMIT))
        except (OSError, ValueError) as error:
            # ValueError: the bus refuses us, or there can be no such path.
            failure = OSError(f"{os.fsdecode(name)}: {error}")
    raise failure


def unix_sockets(address: str) -> Iterator[bytes]:
    """Give the names of an address's unix sockets; abstract ones begin with NUL.

    https://dbus.freedesktop.org/doc/dbus-specification.html#addresses
    """
    for one in address.split(";"):
        transport, _, rest = one.strip().partition(":")
        values = dict(pair.partition("=")[::2] for pair in rest.split(","))
        for key, prefix in (("path", b""), ("abstract", b"\0")):
            if transport == "unix" and values.get(key):
                yield prefix + unquote_to_bytes(os.fsencode(values[key]))


def _parse(raw: bytes) -> Message | None:
    # jeepney stumbles over descriptors that were not sent, unknown header fields and more.
    with suppress(Exception):
        return Message.from_buffer(raw)
    with suppress(Exception):
        return Message(Header.from_buffer(raw)[0], None)
    log.debug("a message of %d bytes could not be read", len(raw))
    return None
