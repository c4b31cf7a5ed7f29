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
from .objects import PROPERTIES

if TYPE_CHECKING:
    from collections.abc import Callable

    from .interface import Signal
    from .objects import ObjectTree

logger = logging.getLogger(__name__)

WATCHER_NAME = "org.kde.StatusNotifierWatcher"
WATCHER_PATH = "/StatusNotifierWatcher"
HOST_REGISTERED = "StatusNotifierHostRegistered"

FIRST_DELAY = 1.0
LONGEST_DELAY = 60.0
"""Seconds between attempts to connect; each is twice the one before."""

HOST_DELAY = 5.0
"""Seconds that a watcher is given to get a host before the item registers anyhow."""

_BUS_NAME = "org.freedesktop.DBus"
_ABSENT = {f"{_BUS_NAME}.Error.{kind}" for kind in ("ServiceUnknown", "NameHasNoOwner", "NoReply")}
"""How the bus says that nobody is there, or that who was there has gone."""


def delay_after(failures: int) -> float:
    """Return how long to wait after so many attempts in a row have failed, in seconds."""
    return min(FIRST_DELAY * 2.0 ** min(failures - 1, 10), LONGEST_DELAY)


class Presence:
    """Keep objects on the session bus, and the item registered while a watcher is there.

    Nothing it is asked raises BusError: without a bus it waits for one. Used by the loop's thread
    only, but `hosted` may be read from any. `on_hosted` hears when it changes, and when it is first
    known to be False, but not of close().
    """

    def __init__(
        self,
        objects: ObjectTree,
        *,
        on_hosted: Callable[[bool], object] = lambda _hosted: None,
        connect: Callable[[], Connection] = open_session_bus,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.hosted = False
        """Whether the watcher accepted the item and is still there."""
        self._told: bool | None = None
        self._on_hosted = on_hosted
        self._objects = objects
        self._connect = connect
        self._clock = clock
        self._connection: Connection | None = None
        self._failures = 0
        self._retry_at = clock()
        self._register_at: float | None = None
        self._wanted = False

    def fileno(self) -> int | None:
        """Return the descriptor to wait on, None while there is no connection."""
        return None if self._connection is None else self._connection.fileno()

    def due_at(self) -> float | None:
        """Return when advance() is to be called next, None while there is nothing to wait for."""
        if self._connection is None:
            return self._retry_at
        due = (self._connection.next_deadline(), self._register_at)
        return min((moment for moment in due if moment is not None), default=None)

    def advance(self) -> None:
        """Do what is due: connect, register, or give up on a reply."""
        now = self._clock()
        if self._connection is not None:
            self._connection.expire(now)
            if self._register_at is not None and now >= self._register_at:
                self._register_now()
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

        First the watcher is asked for its host. Waybar's loses an item that registers between its
        first look at the list and its listening for more, and the watcher does not tell of that
        item a second time.
        """
        self._wanted = True
        if self._connection is None:
            return
        self._register_at = self._clock() + HOST_DELAY
        self._call_watcher(
            PROPERTIES, "Get", "ss", (WATCHER_NAME, "IsStatusNotifierHostRegistered"), self._asked
        )

    def _asked(self, reply: Message | None) -> None:
        if reply is not None and reply.body == (("b", False),):
            logger.info("a tray is there, but nothing shows it yet")
        else:
            self._register_now()

    def _register_now(self) -> None:
        """Register; the reply is not waited for: Plasma calls back before it gives one."""
        if self._register_at is None:
            return
        self._register_at = None
        # A path stands for this connection's own name: none is to be claimed.
        self._call_watcher(
            WATCHER_NAME, "RegisterStatusNotifierItem", "s", (ITEM_PATH,), self._registered
        )

    def _call_watcher(
        self,
        interface: str,
        member: str,
        signature: str,
        body: tuple[str, ...],
        answered: Callable[[Message | None], None],
    ) -> None:
        if self._connection is None:
            return
        call = call_message(WATCHER_NAME, WATCHER_PATH, interface, member, signature, body)
        try:
            self._connection.call(call, answered)
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
        self._disconnect()
        self.hosted = False
        self._told = None

    def _open(self) -> None:
        try:
            connection = self._connect()
        except BusUnavailableError as unavailable:
            self._failures += 1
            self._retry_at = self._clock() + delay_after(self._failures)
            if self._failures == 1:
                logger.warning("no session bus yet: %s", unavailable)
            self._set_hosted(False)
            return
        self._failures = 0
        self._connection = connection
        logger.info("on the session bus as %s", connection.unique_name)
        owners = MatchRule(
            type="signal", sender=_BUS_NAME, interface=_BUS_NAME, member="NameOwnerChanged"
        )
        owners.add_arg_condition(0, WATCHER_NAME)
        hosts = MatchRule(
            type="signal", sender=WATCHER_NAME, interface=WATCHER_NAME, member=HOST_REGISTERED
        )
        try:
            for rule in (owners, hosts):
                connection.call(message_bus.AddMatch(rule), self._matched)
        except BusLostError as lost:
            self._lose(lost)
        # After the match, so that a watcher that comes between the two is not missed.
        if self._wanted:
            self.register()

    def _lose(self, lost: BusLostError) -> None:
        logger.warning("the session bus is lost: %s", lost)
        self._disconnect()
        self._failures += 1
        self._retry_at = self._clock() + delay_after(self._failures)
        self._set_hosted(False)

    def _disconnect(self) -> None:
        self._register_at = None
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _set_hosted(self, hosted: bool) -> None:
        self.hosted = hosted
        if hosted is not self._told:
            self._told = hosted
            self._on_hosted(hosted)

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
                self._register_at = None
                self._set_hosted(False)
        elif _is_host_signal(message):
            self._register_now()

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
        accepted = reply is not None and reply.header.message_type is MessageType.method_return
        if reply is None:
            logger.warning("the tray did not answer when the icon was registered")
        elif accepted:
            logger.info("the icon is registered with the tray")
        elif reply.header.fields.get(HeaderFields.error_name) in _ABSENT:
            logger.info("there is no tray yet; the icon waits for one")
        else:
            logger.warning("the tray refused the icon: %s", error_text(reply))
        self._set_hosted(accepted)


def _is_host_signal(message: Message) -> bool:
    """Return whether a watcher says that it has a host now."""
    fields = message.header.fields
    return (
        message.header.message_type is MessageType.signal
        and fields.get(HeaderFields.interface) == WATCHER_NAME
        and fields.get(HeaderFields.member) == HOST_REGISTERED
    )


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
