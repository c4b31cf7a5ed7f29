"""Asking on a message bus now and then, without a connection in between."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, TypeAlias

from trayapp.desktop.bus_messages import MethodCall
from trayapp.desktop.session_bus import MessageBus

Ask: TypeAlias = Callable[[MethodCall, str, float], tuple[Any, ...]]
"""MessageBus.call: what to ask, the signature of its answer, seconds; raises BusError."""

STOP_LIMIT = 0.1
"""Seconds; a thread that is still connecting ends by itself."""


def seconds_until(until: float) -> float:
    """Give the seconds left until a moment on time.monotonic(), 0 when it has passed."""
    return max(until - time.monotonic(), 0)


def brief_bus(address: str) -> Ask:
    """Give what asks on a connection of its own each time, within the limit and a little more."""

    def ask(call: MethodCall, returns: str, limit: float) -> tuple[Any, ...]:
        bus = MessageBus(address, "brief bus", reconnects=False, lost=logging.DEBUG)
        bus.start()
        try:
            return bus.call(call, returns, limit)
        finally:
            bus.stop(STOP_LIMIT)

    return ask
