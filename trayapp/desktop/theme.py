"""Dark or light, as the desktop's portal tells it.

https://flatpak.github.io/xdg-desktop-portal/docs/doc-org.freedesktop.portal.Settings.html
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from trayapp.coding.preferences import Scheme
from trayapp.desktop.bus_messages import MethodCall, SignalRule, owner_changes
from trayapp.desktop.current_desktop import is_desktop
from trayapp.desktop.session_bus import Answer, MessageBus
from trayapp.errors import BusError

log = logging.getLogger(__name__)

READ_LIMIT = 10.0
"""Seconds: the portal may have to be started first."""

PORTAL = "org.freedesktop.portal.Desktop"
PORTAL_PATH = "/org/freedesktop/portal/desktop"
SETTINGS = "org.freedesktop.portal.Settings"
APPEARANCE = "org.freedesktop.appearance"
COLOR_SCHEME = "color-scheme"

UNKNOWN_METHOD = "org.freedesktop.DBus.Error.UnknownMethod"

_SCHEMES = {1: Scheme.DARK, 2: Scheme.LIGHT}
"""What color-scheme's numbers mean; 0 is no preference, and so is any other."""


def panel_scheme(portal: Scheme, environment: Mapping[str, str]) -> Scheme:
    """Tell what the icon stands on: GNOME's bar is dark in its light style too."""
    return Scheme.DARK if is_desktop(environment, "GNOME") else portal


def scheme_of(variant: tuple[str, Any]) -> Scheme:
    """Read color-scheme, a variant that may lie in others (the method Read wraps it once more)."""
    signature, value = variant
    while signature == "v":
        signature, value = value
    return _SCHEMES.get(value, Scheme.UNKNOWN) if signature == "u" else Scheme.UNKNOWN


class ThemeWatcher:
    """Call `on_change` with the desktop's colour scheme, on the bus's thread, when it changes.

    It is UNKNOWN until a portal tells another. A portal that goes away is awaited, not started
    again, and what it told last stays.
    """

    def __init__(self, bus: MessageBus, on_change: Callable[[Scheme], None]) -> None:
        self._bus = bus
        self._on_change = on_change
        self._scheme = Scheme.UNKNOWN

    def start(self) -> None:
        """Follow the portal from now on, or from the bus's start."""
        changes = SignalRule(
            SETTINGS, "SettingChanged", "ssv", sender=PORTAL, first_argument=APPEARANCE
        )
        self._bus.subscribe(owner_changes(PORTAL), self._portal_changed)
        # Read after both are in place, so that no change falls between.
        self._bus.subscribe(changes, self._setting_changed, partial(self._read, activates=True))

    def _portal_changed(self, body: tuple[Any, ...]) -> None:
        _name, _old_owner, new_owner = body
        if new_owner:
            self._read(activates=False)

    def _setting_changed(self, body: tuple[Any, ...]) -> None:
        _namespace, key, value = body
        if key == COLOR_SCHEME:
            self._take(scheme_of(value))

    def _read(self, *, activates: bool, method: str = "ReadOne") -> None:
        def answered(answer: Answer) -> None:
            if not isinstance(answer, BusError):
                self._take(scheme_of(answer[0]))
            elif answer.name == UNKNOWN_METHOD and method == "ReadOne":
                # Before version 2 of the interface (xdg-desktop-portal 1.17).
                self._read(activates=activates, method="Read")
            else:
                log.info("the desktop does not tell dark from light: %s", answer)

        call = MethodCall(
            PORTAL, PORTAL_PATH, SETTINGS, method, "ss", (APPEARANCE, COLOR_SCHEME), activates
        )
        self._bus.send(call, "v", answered, READ_LIMIT)

    def _take(self, scheme: Scheme) -> None:
        if scheme is not self._scheme:
            log.info("the desktop is %s", scheme)
            self._scheme = scheme
            self._on_change(scheme)
