"""What an exported D-Bus interface is made of.

The same tables answer calls, check types, send signals and are written out as introspection XML,
so that what is promised and what is done cannot differ.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Arguments = tuple[tuple[str, str], ...]
"""Pairs of a name and a D-Bus signature."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a method returns, and what is to happen once that has been sent."""

    body: tuple[Any, ...] = ()
    afterwards: Callable[[], object] | None = None


@dataclass(frozen=True, slots=True)
class Method:
    """A method: `call` gets its arguments by position."""

    call: Callable[..., Reply]
    takes: Arguments = ()
    gives: Arguments = ()


@dataclass(frozen=True, slots=True)
class Property:
    """A property that can be read, while it is there."""

    signature: str
    read: Callable[[], Any]
    is_there: Callable[[], bool] = lambda: True


@dataclass(frozen=True, slots=True)
class Interface:
    """One interface of an object."""

    name: str
    methods: Mapping[str, Method] = field(default_factory=dict)
    properties: Mapping[str, Property] = field(default_factory=dict)
    signals: Mapping[str, Arguments] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Signal:
    """A signal to be sent."""

    path: str
    interface: Interface
    name: str
    body: tuple[Any, ...] = ()

    @property
    def signature(self) -> str:
        """The signature that the interface promises for it."""
        return signature(self.interface.signals[self.name])


PROPERTIES_CHANGED = {
    "PropertiesChanged": (
        ("interface_name", "s"),
        ("changed_properties", "a{sv}"),
        ("invalidated_properties", "as"),
    )
}
"""The one signal of org.freedesktop.DBus.Properties."""


class Refusal(Exception):  # noqa: N818 - D-Bus's own word, error, would say less here
    """A call that is answered with a D-Bus error."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


def refuse(kind: str, message: str) -> Refusal:
    """Return a refusal with one of the errors that the D-Bus specification names."""
    return Refusal(f"org.freedesktop.DBus.Error.{kind}", message)


def signature(arguments: Arguments) -> str:
    """Return the signature of arguments in a row."""
    return "".join(one for _name, one in arguments)
