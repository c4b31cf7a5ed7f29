"""Who says on Linux how long the desktop has been idle."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from trayapp.desktop.brief_bus import Ask, brief_bus, seconds_until
from trayapp.desktop.bus_messages import MethodCall
from trayapp.desktop.current_desktop import is_desktop
from trayapp.desktop.idle import IdleGate, IdleSource
from trayapp.desktop.session_bus import MessageBus, session_bus_address, system_bus_address
from trayapp.desktop.sessions import Logind, desktop_session
from trayapp.desktop.terminals import last_typed
from trayapp.desktop.x_display import open_display
from trayapp.errors import BusError

log = logging.getLogger(__name__)

KDE = MethodCall(
    "org.freedesktop.ScreenSaver",
    "/org/freedesktop/ScreenSaver",
    "org.freedesktop.ScreenSaver",
    "GetSessionIdleTime",
    activates=False,
)
"""Milliseconds, in KDE. On Wayland KDE says 0 for ever."""

MUTTER = MethodCall(
    "org.gnome.Mutter.IdleMonitor",
    "/org/gnome/Mutter/IdleMonitor/Core",
    "org.gnome.Mutter.IdleMonitor",
    "GetIdletime",
    activates=False,
)
"""Milliseconds, in GNOME and what else is built on Mutter."""


class IdleCounter:
    """A service of the session that counts the milliseconds since the last input."""

    def __init__(self, name: str, call: MethodCall, returns: str, ask: Ask) -> None:
        self.name = name
        self._call = call
        self._returns = returns
        self._ask = ask

    def idle_seconds(self, until: float) -> float | None:
        """Ask it."""
        try:
            (milliseconds,) = self._ask(self._call, self._returns, seconds_until(until))
        except BusError as error:
            log.debug("%s does not say how long the desktop has been idle: %s", self.name, error)
            return None
        return float(milliseconds) / 1000


class XServer:
    """The X server of a display on this machine (":0"), by its screen saver extension.

    Xlib waits for ever, so each question has a thread; a server that still owes an answer is not
    asked again.
    """

    name = "the X server"

    def __init__(self, display: str) -> None:
        self._display = display
        self._asking: threading.Thread | None = None

    def idle_seconds(self, until: float) -> float | None:
        """Ask it, on a connection of its own, which takes 4 ms."""
        if self._asking is not None and self._asking.is_alive():
            return None
        answers: list[float] = []
        self._asking = threading.Thread(
            target=self._ask, args=(answers,), name="X server", daemon=True
        )
        self._asking.start()
        self._asking.join(seconds_until(until))
        return answers[0] if answers else None

    def _ask(self, answers: list[float]) -> None:
        try:
            # By this name it does not try TCP as well.
            display = open_display(f"unix{self._display}")
            try:
                # A server without the extension has no such method.
                answers.append(display.screen().root.screensaver_query_info().idle / 1000)
            finally:
                display.close()
        except Exception as error:  # noqa: BLE001 -- Xlib raises many kinds
            log.debug("the X server does not say how long the desktop has been idle: %r", error)


class IdleHint:
    """What the desktop told logind: many never do, so that a hint of no idleness says nothing."""

    name = "logind"

    def __init__(self, logind: Logind) -> None:
        self._logind = logind

    def idle_seconds(self, until: float) -> float | None:
        """Ask logind; it counts from when the desktop told it, some time after the last input."""
        try:
            session = desktop_session(self._logind.sessions(until))
        except BusError as error:
            log.debug("logind does not say how long the desktop has been idle: %s", error)
            return None
        if session is None or session.idle_since is None:
            return None
        return time.monotonic() - session.idle_since


def x_display(environment: Mapping[str, str]) -> str:
    """Give the name of the X server that has the session's input, "" where none does.

    An XWayland sees only what goes to its own windows.
    """
    display = environment.get("DISPLAY", "")
    wayland = environment.get("WAYLAND_DISPLAY")
    is_x = environment.get("XDG_SESSION_TYPE", "") in ("", "x11", "tty")
    return display if display.startswith(":") and is_x and not wayland else ""


def idle_sources(environment: Mapping[str, str], ask: Ask, logind: Logind) -> list[IdleSource]:
    """Give all who may know, the cheapest first and logind's hint, which comes late, last."""
    sources: list[IdleSource] = [IdleCounter("Mutter's idle monitor", MUTTER, "t", ask)]
    if is_desktop(environment, "KDE"):
        # Others of this name count in seconds (light-locker), or not at all.
        sources.insert(0, IdleCounter("KDE's screen saver", KDE, "u", ask))
    if display := x_display(environment):
        sources.append(XServer(display))
    return [*sources, IdleHint(logind)]


def linux_gate(environment: Mapping[str, str], session_bus: MessageBus | None) -> IdleGate:
    """Give the gate for a desktop with D-Bus, X or logind."""
    address = session_bus_address(environment)
    ask = session_bus.call if session_bus is not None else brief_bus(address)
    logind = Logind(brief_bus(system_bus_address(environment)))
    typed = partial(last_typed, Path("/dev/pts"), "*")
    return IdleGate(idle_sources(environment, ask, logind), typed, logind.besides)
