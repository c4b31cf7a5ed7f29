"""Waking from sleep, as logind tells it.

Where there is no logind (other systems, containers) nobody tells; the resident then notices by its
clocks within a minute.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jeepney.io.blocking import DBusConnection

log = logging.getLogger(__name__)

AUTHENTICATION_SECONDS = 2.0
STOP_SECONDS = 2.0


class SleepWatcher:
    """Call `woke` on a thread of its own each time the machine wakes.

    org.freedesktop.login1.Manager sends PrepareForSleep(true) before and (false) after a sleep.
    """

    def __init__(self, woke: Callable[[], None]) -> None:
        self._woke = woke
        self._stopping = threading.Event()
        self._connection: DBusConnection | None = None
        self._thread: threading.Thread | None = None
        self.listening = threading.Event()

    def start(self) -> None:
        """Connect and listen, in the background."""
        self._thread = threading.Thread(target=self._run, name="sleep", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop listening."""
        self._stopping.set()
        if self._connection is not None:
            try:
                self._connection.sock.shutdown(socket.SHUT_RDWR)
            except OSError as error:
                log.debug("the system bus was gone already: %s", error)
        if self._thread is not None:
            self._thread.join(STOP_SECONDS)
            self._thread = None

    def _run(self) -> None:
        # Heavy, and of use on Linux only.
        from jeepney import MatchRule, MessageType, message_bus  # noqa: PLC0415
        from jeepney.io.blocking import open_dbus_connection  # noqa: PLC0415

        rule = MatchRule(
            type="signal", interface="org.freedesktop.login1.Manager", member="PrepareForSleep"
        )
        try:
            with open_dbus_connection("SYSTEM", auth_timeout=AUTHENTICATION_SECONDS) as connection:
                self._connection = connection
                connection.send(message_bus.AddMatch(rule))
                while not self._stopping.is_set():
                    message = connection.receive()
                    if message.header.message_type is MessageType.method_return:
                        self.listening.set()
                    elif rule.matches(message) and message.body == (False,):
                        log.info("the machine woke")
                        self._woke()
        except (OSError, KeyError, RuntimeError, ValueError) as error:
            # OSError: no system bus, or it went away; KeyError, RuntimeError: no usable address.
            if not self._stopping.is_set():
                log.info("nobody tells of waking from sleep: %s", error)
