"""Waking from sleep, as logind tells it.

Where there is no logind (other systems, containers) nobody tells; the resident then notices by its
clocks within a minute.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from typing import Any

from trayapp.desktop.bus_messages import SignalRule
from trayapp.desktop.session_bus import MessageBus, system_bus_address

log = logging.getLogger(__name__)

PREPARE_FOR_SLEEP = SignalRule("org.freedesktop.login1.Manager", "PrepareForSleep", "b")
"""Sent with true before a sleep, and with false after it."""


class SleepWatcher:
    """Call `woke` on a thread of its own each time the machine wakes.

    A system bus that cannot be had, or goes away, is not tried again: it lives as long as the
    machine.
    """

    def __init__(self, woke: Callable[[], None]) -> None:
        self._woke = woke
        self._bus = MessageBus(system_bus_address(os.environ), "sleep", reconnects=False)
        self.listening = threading.Event()

    def start(self) -> None:
        """Connect and listen, in the background."""
        self._bus.subscribe(PREPARE_FOR_SLEEP, self._prepare_for_sleep, self.listening.set)
        self._bus.start()

    def stop(self) -> None:
        """Stop listening."""
        self._bus.stop()

    def _prepare_for_sleep(self, body: tuple[Any, ...]) -> None:
        if body == (False,):
            log.info("the machine woke")
            self._woke()
