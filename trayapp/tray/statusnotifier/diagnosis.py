"""What this session offers for tray icons, asked once and within a time limit."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jeepney.bus_messages import message_bus

from .connection import BusError, Connection, body_of, call_message, open_session_bus
from .objects import PROPERTIES
from .presence import WATCHER_NAME, WATCHER_PATH

if TYPE_CHECKING:
    from collections.abc import Mapping

PROBE_LIMIT = 3.0
"""Seconds for a probe that is given no other limit."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What was found: each needs the one before. The reason is a sentence for a person."""

    bus: bool
    watcher: bool
    host: bool
    reason: str


def probe(timeout: float = PROBE_LIMIT, environ: Mapping[str, str] | None = None) -> Probe:
    """Ask the session bus whether a panel shows StatusNotifierItems; never raise, never hang."""
    deadline = time.monotonic() + timeout
    try:
        connection = open_session_bus(environ, limit=timeout)
    except BusError as error:
        reason = f"There is no session bus to show an icon on: {error}."
        return Probe(bus=False, watcher=False, host=False, reason=reason)
    try:
        return _ask(connection, deadline)
    finally:
        connection.close()


def _ask(connection: Connection, deadline: float) -> Probe:
    watcher = False
    try:
        present = connection.ask(message_bus.NameHasOwner(WATCHER_NAME), deadline)
        (watcher,) = body_of(present, "b")
        if not watcher:
            reason = f"Nothing on the session bus takes tray icons (no {WATCHER_NAME})."
            return Probe(bus=True, watcher=False, host=False, reason=reason)
        asked = call_message(
            WATCHER_NAME,
            WATCHER_PATH,
            PROPERTIES,
            "Get",
            "ss",
            (WATCHER_NAME, "IsStatusNotifierHostRegistered"),
        )
        ((kind, host),) = body_of(connection.ask(asked, deadline), "v")
    except BusError as error:
        who = "What takes tray icons" if watcher else "The session bus"
        reason = f"{who} does not answer as it should: {error}."
        return Probe(bus=True, watcher=watcher, host=False, reason=reason)
    if kind == "b" and host:
        return Probe(bus=True, watcher=True, host=True, reason="A panel shows tray icons.")
    reason = "Tray icons are accepted, but no panel shows them."
    return Probe(bus=True, watcher=True, host=False, reason=reason)
