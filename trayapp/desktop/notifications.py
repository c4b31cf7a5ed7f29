"""Notifications: short messages that the desktop shows for a while.

https://specifications.freedesktop.org/notification-spec/latest/
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from typing import Any, Protocol, TypeAlias

from trayapp.desktop.bus_messages import MethodCall, SignalRule, owner_changes
from trayapp.desktop.session_bus import Answer, MessageBus
from trayapp.errors import BusError

log = logging.getLogger(__name__)

NOTIFY_LIMIT = 10.0
"""Seconds for each of a notification's two calls: its server may have to be started first."""

APP_NAME = "trayapp"
DESKTOP_ENTRY = "trayapp"
"""The name of our desktop file, by which desktops group notifications."""

SERVER = "org.freedesktop.Notifications"
SERVER_PATH = "/org/freedesktop/Notifications"

SERVER_DECIDES = -1
"""When a notification goes away by itself."""

Action: TypeAlias = tuple[str, Callable[[], None]]


class Urgency(IntEnum):
    """How much a notification may disturb; the numbers are the specification's."""

    LOW = 0
    NORMAL = 1
    CRITICAL = 2


@dataclass(frozen=True)
class Pixels:
    """A picture: rows from the top, each pixel as red, green, blue, alpha, not premultiplied."""

    width: int
    height: int
    rgba: bytes


@dataclass(frozen=True)
class Notification:
    """What to tell. It takes the place of the one of its kind that still shows.

    `actions` are buttons, where the desktop has them. `icon` is a name of the icon theme;
    `pixels` are shown instead where there are some.
    """

    kind: str
    title: str
    body: str = ""
    actions: tuple[Action, ...] = ()
    urgency: Urgency = Urgency.NORMAL
    icon: str = ""
    pixels: Pixels | None = None


class Notifier(Protocol):
    """Whatever shows notifications."""

    def notify(self, notification: Notification) -> None:
        """Show it soon, without waiting; a failure is logged and never raised."""


class RememberingNotifier:
    """A notifier that shows nothing and keeps everything."""

    def __init__(self) -> None:
        self.notifications: list[Notification] = []

    def notify(self, notification: Notification) -> None:
        """Keep it."""
        self.notifications.append(notification)


@dataclass
class _Kind:
    """Where the notification of one kind stands; an id of 0 is none that shows."""

    id: int = 0
    actions: tuple[Action, ...] = ()
    being_sent: bool = False
    waiting: Notification | None = None


class DesktopNotifier:
    """Show notifications through the session's org.freedesktop.Notifications.

    Its actions are called on threads of their own, one for each click.
    """

    def __init__(self, bus: MessageBus) -> None:
        self._bus = bus
        self._kinds: dict[str, _Kind] = {}
        self._lock = threading.Lock()

    def start(self) -> None:
        """Follow what becomes of notifications from now on, or from the bus's start."""
        invoked = SignalRule(SERVER, "ActionInvoked", "us", sender=SERVER)
        closed = SignalRule(SERVER, "NotificationClosed", "uu", sender=SERVER)
        self._bus.subscribe(invoked, self._invoked)
        self._bus.subscribe(closed, self._closed)
        self._bus.subscribe(owner_changes(SERVER), lambda _body: self._forget(), self._forget)

    def notify(self, notification: Notification) -> None:
        """Show it soon, without waiting; a failure is logged and never raised."""
        with self._lock:
            kind = self._kinds.setdefault(notification.kind, _Kind())
            if kind.being_sent:
                # Until the reply tells its id, the one before cannot be replaced.
                kind.waiting = notification
                return
            kind.being_sent = True
        self._send(notification)

    def _send(self, notification: Notification) -> None:
        # Asked each time: notifications are rare, and another server may have come.
        call = MethodCall(SERVER, SERVER_PATH, SERVER, "GetCapabilities")
        self._bus.send(call, "as", partial(self._answered, notification), NOTIFY_LIMIT)

    def _answered(self, notification: Notification, answer: Answer) -> None:
        if isinstance(answer, BusError):
            self._sent(notification, answer)
            return
        with self._lock:
            replaces = self._kinds[notification.kind].id
        call = notify_call(notification, answer[0], replaces)
        self._bus.send(call, "u", partial(self._sent, notification), NOTIFY_LIMIT)

    def _sent(self, notification: Notification, answer: Answer) -> None:
        if isinstance(answer, BusError):
            log.warning("the notification %r was not shown: %s", notification.title, answer)
        with self._lock:
            kind = self._kinds[notification.kind]
            if not isinstance(answer, BusError):
                kind.id, kind.actions = answer[0], notification.actions
            waiting, kind.waiting = kind.waiting, None
            kind.being_sent = waiting is not None
        if waiting is not None:
            self._send(waiting)

    def _invoked(self, body: tuple[Any, ...]) -> None:
        id_, key = body
        for kind in self._of_id(id_):
            for number, (text, act) in enumerate(kind.actions):
                if key == str(number):
                    log.info("%r was chosen in a notification", text)
                    thread = threading.Thread(
                        target=_run, args=(text, act), name="notification", daemon=True
                    )
                    thread.start()

    def _closed(self, body: tuple[Any, ...]) -> None:
        id_, _reason = body
        for kind in self._of_id(id_):
            kind.id, kind.actions = 0, ()

    def _forget(self) -> None:
        # A new server, or one on a new bus, counts anew: an old id may be another program's there.
        with self._lock:
            for kind in self._kinds.values():
                kind.id, kind.actions = 0, ()

    def _of_id(self, id_: int) -> list[_Kind]:
        with self._lock:
            return [kind for kind in self._kinds.values() if kind.id == id_ != 0]


def notify_call(
    notification: Notification, capabilities: list[str], replaces: int = 0
) -> MethodCall:
    """Build the call that shows a notification on a server with these capabilities."""
    actions: list[str] = []
    if "actions" in capabilities:
        for number, (text, _act) in enumerate(notification.actions):
            actions += [str(number), _clean(text)]
    body = _clean(notification.body)
    if "body-markup" in capabilities:
        body = body.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    hints: dict[str, tuple[str, Any]] = {
        "desktop-entry": ("s", DESKTOP_ENTRY),
        "urgency": ("y", int(notification.urgency)),
    }
    if (pixels := notification.pixels) is not None:
        has_alpha, bits, channels = True, 8, 4
        hints["image-data"] = (
            "(iiibiiay)",
            (
                pixels.width,
                pixels.height,
                pixels.width * channels,
                has_alpha,
                bits,
                channels,
                pixels.rgba,
            ),
        )
    return MethodCall(
        SERVER,
        SERVER_PATH,
        SERVER,
        "Notify",
        "susssasa{sv}i",
        (
            APP_NAME,
            replaces,
            notification.icon,
            _clean(notification.title),
            body,
            actions,
            hints,
            SERVER_DECIDES,
        ),
    )


def _clean(text: str) -> str:
    """Leave out what the bus would end the connection for: NUL, and half of a surrogate pair."""
    return text.replace("\0", "").encode(errors="replace").decode()


def _run(text: str, act: Callable[[], None]) -> None:
    try:
        act()
    except Exception:
        log.exception("%r, chosen in a notification, failed", text)
