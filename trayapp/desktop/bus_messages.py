"""What is said on a message bus (D-Bus), in our own words and without its library.

Named tuples, not dataclasses: these are made at every start, and a dataclass costs 0.5 ms.
"""

from __future__ import annotations

from typing import Any, NamedTuple

BUS = "org.freedesktop.DBus"
BUS_PATH = "/org/freedesktop/DBus"


class MethodCall(NamedTuple):
    """What to ask, and of whom; a service that does not run is started if it `activates`."""

    name: str
    path: str
    interface: str
    member: str
    signature: str = ""
    body: tuple[Any, ...] = ()
    activates: bool = True


class Reply(NamedTuple):
    """What came back for the call with this serial; the body is None when it cannot be read."""

    serial: int
    signature: str
    body: tuple[Any, ...] | None
    error_name: str


class Signal(NamedTuple):
    """What somebody announced."""

    path: str
    interface: str
    member: str
    signature: str
    body: tuple[Any, ...]


class SignalRule(NamedTuple):
    """Which signals to take: of this body's signature, and of a sender or path if one is named."""

    interface: str
    member: str
    signature: str
    sender: str = ""
    first_argument: str = ""
    path: str = ""

    def __str__(self) -> str:
        """Write it as a match rule of the bus."""
        parts = {
            "type": "signal",
            "sender": self.sender,
            "path": self.path,
            "interface": self.interface,
            "member": self.member,
            "arg0": self.first_argument,
        }
        return ",".join(f"{name}='{value}'" for name, value in parts.items() if value)

    def takes(self, signal: Signal) -> bool:
        """Tell whether a signal is meant; the bus has looked at its sender."""
        return (
            (self.interface, self.member) == (signal.interface, signal.member)
            and self.signature == signal.signature
            and self.path in {"", signal.path}
            and (not self.first_argument or self.first_argument == signal.body[0])
        )


def bus_call(member: str, signature: str = "", *body: Any) -> MethodCall:
    """Give a call to the bus itself."""
    return MethodCall(BUS, BUS_PATH, BUS, member, signature, body)


def owner_changes(name: str) -> SignalRule:
    """Give the rule for a name's coming and going; the body is name, old owner, new owner."""
    return SignalRule(BUS, "NameOwnerChanged", "sss", sender=BUS, first_argument=name)
