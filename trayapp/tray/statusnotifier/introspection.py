"""Introspection data, written from the interfaces themselves.

https://dbus.freedesktop.org/doc/dbus-specification.html#introspection-format
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .interface import Arguments, Interface

_DOCTYPE = (
    '<!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN"\n'
    ' "http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">'
)


def describe(interfaces: Iterable[Interface], children: Iterable[str]) -> str:
    """Return the XML of an object: its interfaces, and the names of the objects below it."""
    lines = [_DOCTYPE, "<node>"]
    for interface in interfaces:
        lines += [f"  <interface name={quoteattr(interface.name)}>"]
        for name, method in interface.methods.items():
            lines += _member("method", name, method.takes, method.gives)
        for name, arguments in interface.signals.items():
            lines += _member("signal", name, (), arguments)
        lines += [
            f'    <property name={quoteattr(name)} type={quoteattr(one.signature)} access="read"/>'
            for name, one in interface.properties.items()
            if one.is_there()
        ]
        lines += ["  </interface>"]
    lines += [f"  <node name={quoteattr(child)}/>" for child in children]
    return "\n".join([*lines, "</node>", ""])


def _member(kind: str, name: str, takes: Arguments, gives: Arguments) -> Iterator[str]:
    yield f"    <{kind} name={quoteattr(name)}>"
    for direction, arguments in (("in", takes), ("out", gives)):
        # A signal's arguments have no direction but out, which is left unsaid.
        said = f' direction="{direction}"' if kind == "method" else ""
        for argument, signature in arguments:
            yield f"      <arg name={quoteattr(argument)} type={quoteattr(signature)}{said}/>"
    yield f"    </{kind}>"
