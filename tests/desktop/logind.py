"""A logind of a test's own, on a private bus that plays the system's."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from jeepney import HeaderFields, Message, new_error, new_method_return

from .bus import member
from .bus_service import BusService

if TYPE_CHECKING:
    from .bus import PrivateBus

LOGIND = "org.freedesktop.login1"

Properties = dict[str, tuple[str, Any]]


def a_session(**changed: tuple[str, Any]) -> Properties:
    """Give the properties of a desktop's session as logind has them, with some changed."""
    usual: Properties = {
        "Id": ("s", "2"),
        "Remote": ("b", False),
        "Type": ("s", "wayland"),
        "Class": ("s", "user"),
        "Active": ("b", True),
        "State": ("s", "active"),
        "IdleHint": ("b", False),
        "IdleSinceHint": ("t", 0),
        "IdleSinceHintMonotonic": ("t", 0),
    }
    return usual | changed


class FakeLogind(BusService):
    """Tell of the sessions in `sessions`, all of the user who runs the tests but for `others`."""

    def __init__(self, bus: PrivateBus, *sessions: Properties, others: int = 0) -> None:
        super().__init__(bus, LOGIND, self._answer)
        self.sessions = list(sessions)
        self._others = others

    def _answer(self, call: Message) -> Message:
        if member(call) == "ListSessions":
            listed = [
                (str(number), self._owner(number), "ada", "seat0", f"/session/{number}")
                for number in range(len(self.sessions))
            ]
            return new_method_return(call, "a(susso)", (listed,))
        path: str = call.header.fields[HeaderFields.path]
        if member(call) == "GetAll" and call.body == (f"{LOGIND}.Session",):
            properties = self.sessions[int(path.removeprefix("/session/"))]
            return new_method_return(call, "a{sv}", (properties,))
        return new_error(call, "org.freedesktop.DBus.Error.UnknownMethod")

    def _owner(self, number: int) -> int:
        return os.getuid() + (number < self._others)
