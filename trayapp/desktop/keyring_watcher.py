"""Whether the keyring may give now what it kept back: the Secret Service tells on the session bus.

https://specifications.freedesktop.org/secret-service/latest/
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trayapp.desktop.bus_messages import SignalRule, owner_changes
from trayapp.desktop.session_bus import MessageBus

SECRETS = "org.freedesktop.secrets"
SECRETS_PATH = "/org/freedesktop/secrets"
SERVICE = "org.freedesktop.Secret.Service"


class KeyringWatcher:
    """Call `changed` on the bus's thread when a collection was unlocked or locked, or one came."""

    def __init__(self, bus: MessageBus, changed: Callable[[], None]) -> None:
        self._bus = bus
        self._changed = changed

    def start(self) -> None:
        """Follow the service from now on, or from the bus's start; it is never started for this."""
        for member in ("CollectionChanged", "CollectionCreated"):
            rule = SignalRule(SERVICE, member, "o", sender=SECRETS, path=SECRETS_PATH)
            self._bus.subscribe(rule, self._told)
        self._bus.subscribe(owner_changes(SECRETS), self._owner_changed)

    def _told(self, _body: tuple[Any, ...]) -> None:
        self._changed()

    def _owner_changed(self, body: tuple[Any, ...]) -> None:
        _name, _old_owner, new_owner = body
        if new_owner:
            self._changed()
