"""Being on the bus: connecting, registering with the watcher, answering, and coming back."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from jeepney import (
    DBusAddress,
    HeaderFields,
    MatchRule,
    Message,
    MessageType,
    new_error,
    new_signal,
)
from jeepney.bus_messages import message_bus

from .connection import (
    BusLostError,
    BusUnavailableError,
    Connection,
    UnsendableError,
    call_message,
    error_text,
    expects_reply,
    open_session_bus,
)
from .item import ITEM_PATH

if TYPE_CHECKING:
    from collections.abc import Callable

    from .interface import Signal
    from .objects import ObjectTree

logger = logging.getLogger(__name__)

WATCHER_NAME = "org.kde.StatusNotifierWatcher"
WATCHER_PATH = "/StatusNotifierWatcher"

FIRST_DELAY = 1.0
LONGEST_DELAY = 60.0
"""Seconds between attempts to connect; each is twice the one before."""

_BUS_NAME = "org.freedesktop.DBus"
_ABSENT = {f"{_BUS_NAME}.Error.{kind}" for kind in ("ServiceUnknown", "NameHasNoOwner", "NoReply")}
"""How the bus says that nobody is there, or that who was there has gone."""


def delay_after(failures: int) -> float:
    """Return how long to wait after so many attempts in a row have failed, in seconds."""
    return min(FIRST_DELAY * 2.0 ** min(failures - 1, 10), LONGEST_DELAY)


class Presence:
    """Keep objects on the session bus, and the item registered while a watcher is there.

    Nothing it is asked raises BusError: without a bus it waits for one. Used by the loop's thread
    only, but `hosted` may be read from any.
    """

    def __init__(
        self,
        objects: ObjectTree,
        *,
        connect: Callable[[], Connection] = open_session_bus,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.hosted = False
        """Whether the watcher accepted the item and is still there."""
        self._objects = objects
        self._connect = connect
        self._clock = clock
        self._connection: Connection | None = None
        self._failures = 0
        self._retry_at = clock()
        self._wanted = False

    def fileno(self) -> int | None:
        """Return the descriptor to wait on, None while there is no connection."""
        return None if self._connection is None else self._connection.fileno()

    def due_at(self) -> float | None:
        """Return when advance() is to be called next, None while there is nothing to wait for."""
        return self._retry_at if self._connection is None else self._connection.next_deadline()

    def advance(self) -> None:
        """Do what is due: connect, or give up on a reply."""
        now = self._clock()
        if self._connection is not None:
            self._connection.expire(now)
        elif now >= self._retry_at:
            self._open()

    def read(self) -> None:
        """Take what has come from the bus, and answer it."""
        if (connection := self._connection) is None:
            return
        try:
            for message in connection.receive():
                self._take(connection, message)
                if self._connection is not connection:  # lost while answering
                    return
        except BusLostError as lost:
            self._lose(lost)

    def register(self) -> None:
        """Register the item with the watcher, now and whenever one comes.

        The reply is not waited for: Plasma calls back before it gives one.
        """
        self._wanted = True
        if self._connection is None:
            return
        call = call_message(
            WATCHER_NAME,
            WATCHER_PATH,
            WATCHER_NAME,
            "RegisterStatusNotifierItem",
            "s",
            (ITEM_PATH,),  # a path stands for this connection's own name: none is to be claimed
        )
        try:
            self._connection.call(call, self._registered)
        except BusLostError as lost:
            self._lose(lost)

    def emit(self, signal: Signal) -> None:
        """Send a signal to whoever listens."""
        if self._connection is None:
            return
        emitter = DBusAddress(signal.path, interface=signal.interface.name)
        message = new_signal(emitter, signal.name, signal.signature or None, signal.body)
        try:
            self._connection.send(message)
        except UnsendableError:
            logger.exception("the signal %s could not be sent", signal.name)
        except BusLostError as lost:
            self._lose(lost)

    def close(self) -> None:
        """Leave the bus; the watcher forgets the item with the connection."""
        self.hosted = False
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> None:
        try:
            connection = self._connect()
        except BusUnavailableError as unavailable:
            self._failures += 1
            self._retry_at = self._clock() + delay_after(self._failures)
            if self._failures == 1:
                logger.warning("no session bus yet: %s", unavailable)
            return
        self._failures = 0
        self._connection = connection
        logger.info("on the session bus as %s", connection.unique_name)
        rule = MatchRule(
            type="signal", sender=_BUS_NAME, interface=_BUS_NAME, member="NameOwnerChanged"
        )
        rule.add_arg_condition(0, WATCHER_NAME)
        try:
            connection.call(message_bus.AddMatch(rule), self._matched)
        except BusLostError as lost:
            self._lose(lost)
        # After the match, so that a watcher that comes between the two is not missed.
        if self._wanted:
            self.register()

    def _lose(self, lost: BusLostError) -> None:
        logger.warning("the session bus is lost: %s", lost)
        self.close()
        self._failures += 1
        self._retry_at = self._clock() + delay_after(self._failures)

    def _take(self, connection: Connection, message: Message) -> None:
        if connection.settle(message):
            return
        if message.header.message_type is MessageType.method_call:
            self._answer(connection, message)
        elif (new_owner := _new_watcher(message)) is not None:
            if new_owner:
                logger.info("a tray appeared")
                if self._wanted:
                    self.register()
            else:
                logger.info("the tray went away")
                self.hosted = False

    def _answer(self, connection: Connection, call: Message) -> None:
        reply, afterwards = self._objects.answer(call)
        if expects_reply(call):
            try:
                connection.send(reply)
            except UnsendableError:
                logger.exception("the answer to %s could not be sent", call.header)
                refusal = f"{_BUS_NAME}.Error.Failed"
                connection.send(new_error(call, refusal, "s", ("the answer cannot be sent",)))
        if afterwards is not None:
            afterwards()

    def _matched(self, reply: Message | None) -> None:
        if reply is None or reply.header.message_type is not MessageType.method_return:
            logger.warning("a tray that starts later will not be noticed: AddMatch failed")

    def _registered(self, reply: Message | None) -> None:
        self.hosted = False
        if reply is None:
            logger.warning("the tray did not answer when the icon was registered")
        elif reply.header.message_type is MessageType.method_return:
            self.hosted = True
            logger.info("the icon is registered with the tray")
        elif reply.header.fields.get(HeaderFields.error_name) in _ABSENT:
            logger.info("there is no tray yet; the icon waits for one")
        else:
            logger.warning("the tray refused the icon: %s", error_text(reply))


def _new_watcher(message: Message) -> str | None:
    """Return the watcher's new owner, "" when it left, None for any other message."""
    fields = message.header.fields
    if (
        message.header.message_type is MessageType.signal
        and fields.get(HeaderFields.sender) == _BUS_NAME
        and fields.get(HeaderFields.member) == "NameOwnerChanged"
        and fields.get(HeaderFields.signature) == "sss"
        and message.body[0] == WATCHER_NAME
    ):
        owner: str = message.body[2]
        return owner
    return None
