"""One private connection to the session bus, for a loop that waits on its descriptor.

jeepney gives authentication and the wire format. Its own connection classes are not used: they
say Hello without a time limit, and one malformed body would put them out of step.
"""

from __future__ import annotations

import logging
import os
import select
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jeepney import (
    DBusAddress,
    HeaderFields,
    Message,
    MessageFlag,
    MessageType,
    new_method_call,
)
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import prep_socket
from jeepney.low_level import Header, calc_msg_size

from .address import ADDRESS_VARIABLE, RUNTIME_VARIABLE, session_bus_sockets

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator, Mapping

logger = logging.getLogger(__name__)

CONNECT_LIMIT = 2.0
"""Seconds for connecting, authentication and Hello together."""

SEND_LIMIT = 5.0
"""Seconds in which the bus must take one message."""

REPLY_LIMIT = 25.0
"""Seconds after which a reply is no longer expected; what libdbus and GDBus use."""

READ_SIZE = 65536
MESSAGE_LIMIT = 2**27
"""The longest message the D-Bus specification allows, in bytes."""

LARGEST_SERIAL = 2**32 - 1


class BusError(Exception):
    """The session bus cannot be used."""


class BusUnavailableError(BusError):
    """No connection could be made."""


class BusLostError(BusError):
    """The connection has ended, or the bus stopped reading."""


class UnsendableError(BusError):
    """A message does not fit its own signature, or is too large; nothing was sent."""


@dataclass(frozen=True, slots=True)
class _Pending:
    deadline: float
    on_reply: Callable[[Message | None], None]


class Connection:
    """Frame, send, and match replies. Used by one thread.

    A message whose body cannot be read comes with the body None.
    """

    def __init__(
        self, stream: socket.socket, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        stream.setblocking(False)
        self.unique_name = ""
        self._stream = stream
        self._clock = clock
        self._buffer = bytearray()
        self._serial = 0
        self._pending: dict[int, _Pending] = {}

    def fileno(self) -> int:
        """Return the descriptor that is readable when messages have come."""
        return self._stream.fileno()

    def close(self) -> None:
        """Leave the bus, which unregisters everything that was registered there."""
        self._stream.close()
        self._pending.clear()

    def send(self, message: Message) -> int:
        """Send a message and return its serial."""
        self._serial = serial = self._serial % LARGEST_SERIAL + 1
        try:
            data = message.serialise(serial=serial)
        except Exception as exc:  # jeepney raises half a dozen kinds here, none of its own
            raise UnsendableError(f"{type(exc).__name__}: {exc}") from exc
        self._write(data)
        return serial

    def call(
        self,
        message: Message,
        on_reply: Callable[[Message | None], None],
        *,
        limit: float = REPLY_LIMIT,
    ) -> None:
        """Send a method call; `on_reply` gets the reply or error, or None when none came."""
        serial = self.send(message)
        self._pending[serial] = _Pending(self._clock() + limit, on_reply)

    def ask(self, message: Message, deadline: float) -> Message:
        """Send a method call and wait for its reply; what else comes meanwhile is dropped."""
        serial = self.send(message)
        while (left := deadline - self._clock()) > 0 and _wait(self._stream, select.POLLIN, left):
            for received in self.receive():
                if received.header.fields.get(HeaderFields.reply_serial) == serial:
                    return received
        raise BusError("no answer came in time")

    def receive(self) -> list[Message]:
        """Return the messages that have come, without waiting."""
        try:
            data = self._stream.recv(READ_SIZE)
        except BlockingIOError:
            return []
        except OSError as exc:
            raise BusLostError(f"reading failed: {exc}") from exc
        if not data:
            raise BusLostError("the session bus closed the connection")
        self._buffer += data
        return list(self._messages())

    def settle(self, message: Message) -> bool:
        """Hand a reply to whoever awaits it; return whether the message was a reply."""
        if message.header.message_type not in {MessageType.method_return, MessageType.error}:
            return False
        serial = message.header.fields.get(HeaderFields.reply_serial)
        if (pending := self._pending.pop(serial, None)) is not None:
            pending.on_reply(message)
        return True

    def next_deadline(self) -> float | None:
        """Return when the first awaited reply is overdue, None when none is awaited."""
        return min((pending.deadline for pending in self._pending.values()), default=None)

    def expire(self, now: float) -> None:
        """Give up on replies that are overdue."""
        overdue = [serial for serial, one in self._pending.items() if one.deadline <= now]
        for serial in overdue:
            self._pending.pop(serial).on_reply(None)

    def _write(self, data: bytes) -> None:
        deadline = self._clock() + SEND_LIMIT
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[self._stream.send(rest) :]
            except BlockingIOError as exc:
                left = deadline - self._clock()
                # Part of the message may be on the wire: the connection is of no use any more.
                if left <= 0 or not _wait(self._stream, select.POLLOUT, left):
                    raise BusLostError("the session bus does not read") from exc
            except OSError as exc:
                raise BusLostError(f"sending failed: {exc}") from exc

    def _messages(self) -> Iterator[Message]:
        while len(self._buffer) >= 16:
            try:
                size = calc_msg_size(bytes(self._buffer[:16]))
            except KeyError as exc:
                raise BusLostError("the session bus sent what is not D-Bus") from exc
            if size > MESSAGE_LIMIT:
                raise BusLostError(f"the session bus announced a message of {size} bytes")
            if len(self._buffer) < size:
                return
            raw = bytes(self._buffer[:size])
            del self._buffer[:size]
            if (message := _parse(raw)) is not None:
                yield message


def open_session_bus(
    environ: Mapping[str, str] | None = None,
    *,
    limit: float = CONNECT_LIMIT,
    clock: Callable[[], float] = time.monotonic,
) -> Connection:
    """Connect to the session bus that the environment names, within `limit` seconds."""
    deadline = clock() + limit
    failure: Exception | None = None
    sockets = session_bus_sockets(os.environ if environ is None else environ)
    for name in sockets:
        try:
            connection = Connection(prep_socket(name, timeout=deadline - clock()), clock=clock)
        except (OSError, ValueError) as exc:  # jeepney's AuthenticationError is a ValueError
            failure = exc
            continue
        try:
            reply = connection.ask(message_bus.Hello(), deadline)
            (connection.unique_name,) = body_of(reply, "s")
        except BusError as exc:
            connection.close()
            failure = exc
            continue
        return connection
    raise BusUnavailableError(
        str(failure) if sockets else f"neither {ADDRESS_VARIABLE} nor {RUNTIME_VARIABLE} names one"
    ) from failure


def call_message(
    name: str,
    path: str,
    interface: str,
    member: str,
    signature: str = "",
    body: tuple[Any, ...] = (),
) -> Message:
    """Build a method call."""
    address = DBusAddress(path, bus_name=name, interface=interface)
    return new_method_call(address, member, signature or None, body)


def body_of(reply: Message, signature: str) -> tuple[Any, ...]:
    """Return the body of a reply that must be of this signature.

    Raise BusError where it is an error or of another type.
    """
    fields = reply.header.fields
    if reply.header.message_type is MessageType.error:
        raise BusError(error_text(reply))
    if fields.get(HeaderFields.signature, "") != signature or reply.body is None:
        raise BusError(f"a reply is not of the type {signature!r}")
    body: tuple[Any, ...] = reply.body
    return body


def error_text(error: Message) -> str:
    """Return an error reply's name and what it says."""
    name = error.header.fields.get(HeaderFields.error_name, "an error without a name")
    said = error.body[0] if error.body and isinstance(error.body[0], str) else ""
    return f"{name}: {said}" if said else str(name)


def expects_reply(call: Message) -> bool:
    """Return whether the caller of a method waits for an answer."""
    return not call.header.flags & MessageFlag.no_reply_expected


def _parse(raw: bytes) -> Message | None:
    # jeepney stumbles over descriptors that were not sent, unknown header fields and more.
    with suppress(Exception):
        return Message.from_buffer(raw)
    with suppress(Exception):
        header, _position = Header.from_buffer(raw)
        return Message(header, None)
    # The specification asks to ignore message types and header fields that are not known.
    logger.debug("a message of %d bytes could not be read", len(raw))
    return None


def _wait(stream: socket.socket, event: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(stream, event)
    return bool(poll.poll(seconds * 1000))
