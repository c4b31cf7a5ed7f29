"""The person's sessions on this machine, as logind knows them.

https://www.freedesktop.org/software/systemd/man/latest/org.freedesktop.login1.html
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from trayapp.desktop.brief_bus import Ask, seconds_until
from trayapp.desktop.bus_messages import MethodCall
from trayapp.errors import BusError

LOGIND = "org.freedesktop.login1"
LOGIND_PATH = "/org/freedesktop/login1"
MANAGER = "org.freedesktop.login1.Manager"
SESSION = "org.freedesktop.login1.Session"
PROPERTIES = "org.freedesktop.DBus.Properties"

DESKTOPS = ("x11", "wayland", "mir")
"""The types of session with a desktop; others are tty, web and unspecified."""

NOBODY = ("background", "greeter", "lock-screen", "manager")
"""How the classes of session begin in which nobody works."""


class Session(NamedTuple):
    """A session; `idle_since` is when its desktop said it is idle, on time.monotonic()."""

    type: str
    class_: str = "user"
    state: str = "active"
    remote: bool = False
    idle_since: float | None = None


class Logind:
    """Who is logged in as this user."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def sessions(self, until: float) -> list[Session]:
        """Give this user's sessions, by `until` on time.monotonic(); raises BusError."""
        if sys.platform == "win32":
            return []
        call = MethodCall(LOGIND, LOGIND_PATH, MANAGER, "ListSessions", activates=False)
        (listed,) = self._ask(call, "a(susso)", seconds_until(until))
        return [
            self._read(path, until) for _id, uid, _name, _seat, path in listed if uid == os.getuid()
        ]

    def besides(self, until: float) -> str:
        """Tell why a desktop may not be this user's only active session, "" where it is."""
        try:
            return besides(self.sessions(until))
        except BusError as error:
            # Others keep such lists too (utmp), but not of all sessions.
            return f"nobody can tell who else is logged in: {error}"

    def _read(self, path: str, until: float) -> Session:
        call = MethodCall(LOGIND, path, PROPERTIES, "GetAll", "s", (SESSION,), activates=False)
        (properties,) = self._ask(call, "a{sv}", seconds_until(until))
        return read_session(properties)


def read_session(properties: Mapping[str, tuple[str, Any]]) -> Session:
    """Read a session's properties; what is missing is taken as if somebody worked there."""

    def value(name: str, default: Any) -> Any:
        return properties.get(name, ("", default))[1]

    since = value("IdleSinceHintMonotonic", 0) if value("IdleHint", False) else 0
    return Session(
        type=value("Type", ""),
        class_=value("Class", ""),
        state=value("State", ""),
        remote=value("Remote", True),
        idle_since=since / 1_000_000 or None,
    )


def with_people(sessions: Iterable[Session]) -> list[Session]:
    """Leave out sessions in which nobody works, or no longer."""
    return [one for one in sessions if one.state != "closing" and not one.class_.startswith(NOBODY)]


def desktop_session(sessions: Iterable[Session]) -> Session | None:
    """Give the session with the desktop, None where there is not exactly one."""
    desktops = [one for one in with_people(sessions) if one.type in DESKTOPS]
    return desktops[0] if len(desktops) == 1 else None


def besides(sessions: Iterable[Session]) -> str:
    """Tell why a desktop session may not be the only active one, "" where it is."""
    people = with_people(sessions)
    if any(one.remote for one in people):
        return "there is a remote session"
    if any(one.type not in DESKTOPS for one in people):
        return "there is a session without a desktop"
    if [one.state for one in people] != ["active"]:
        return f"there are {len(people)} sessions, not one that is active"
    return ""
