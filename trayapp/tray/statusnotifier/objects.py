"""Method calls to answers: which object, which interface, which method, which types."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from jeepney import HeaderFields, Message, new_error, new_method_return

from .interface import (
    PROPERTIES_CHANGED,
    Interface,
    Method,
    Property,
    Refusal,
    Reply,
    refuse,
    signature,
)
from .introspection import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

logger = logging.getLogger(__name__)

PEER = "org.freedesktop.DBus.Peer"
INTROSPECTABLE = "org.freedesktop.DBus.Introspectable"
PROPERTIES = "org.freedesktop.DBus.Properties"


class ObjectTree:
    """Objects by path, each with the interfaces that every object has beside its own."""

    def __init__(self, exported: Mapping[str, Sequence[Interface]]) -> None:
        self._objects = {
            path: (*exported.get(path, ()), *_standard(exported, path))
            for path in {"/", *(above for path in exported for above in _upwards(path))}
        }

    def answer(self, call: Message) -> tuple[Message, Callable[[], object] | None]:
        """Return the reply to a method call, and what is to happen once it has been sent.

        A call that cannot be served gets a D-Bus error; nothing is raised.
        """
        try:
            method = self._find(call)
            reply = method.call(*call.body)
        except Refusal as refusal:
            return new_error(call, refusal.name, "s", (str(refusal),)), None
        except Exception:
            logger.exception("%s failed", call.header.fields.get(HeaderFields.member))
            failure = refuse("Failed", "an internal error, which is in the log")
            return new_error(call, failure.name, "s", (str(failure),)), None
        return new_method_return(
            call, signature(method.gives) or None, reply.body
        ), reply.afterwards

    def _find(self, call: Message) -> Method:
        """Return the method that a call is for, its arguments' types checked."""
        fields = call.header.fields
        path, member = fields.get(HeaderFields.path), fields.get(HeaderFields.member)
        wanted = fields.get(HeaderFields.interface)  # may be left out
        interfaces = self._objects.get(path)
        if interfaces is None:
            raise refuse("UnknownObject", f"there is no object {path}")
        candidates = [one for one in interfaces if wanted in {None, one.name}]
        if not candidates:
            raise refuse("UnknownInterface", f"{path} has no interface {wanted}")
        for interface in candidates:
            if (method := interface.methods.get(member)) is not None:
                break
        else:
            raise refuse("UnknownMethod", f"{path} has no method {member}")
        given, expected = fields.get(HeaderFields.signature, ""), signature(method.takes)
        if call.body is None or given != expected:
            raise refuse("InvalidArgs", f"{member} takes {expected!r}, not {given!r}")
        return method


def _upwards(path: str) -> Iterator[str]:
    """Yield a path and all those above it but the root."""
    while path:
        yield path
        path = path.rpartition("/")[0]


def _standard(exported: Mapping[str, Sequence[Interface]], path: str) -> tuple[Interface, ...]:
    own = tuple(exported.get(path, ()))
    below = path.rstrip("/") + "/"
    children = sorted(
        {other[len(below) :].split("/")[0] for other in exported if other.startswith(below)}
    )
    peer = Interface(PEER, {"Ping": Method(Reply)})
    introspectable = Interface(
        INTROSPECTABLE,
        {
            "Introspect": Method(
                lambda: Reply((describe(all_, children),)), (), (("xml_data", "s"),)
            )
        },
    )
    standard = (introspectable, peer, *([_properties(own)] if own else []))
    all_ = (*own, *standard)
    return standard


def _properties(interfaces: tuple[Interface, ...]) -> Interface:
    """Return org.freedesktop.DBus.Properties over an object's own interfaces."""

    def among(name: str) -> dict[str, Property]:
        # The specification lets an empty name stand for any interface.
        chosen = [one for one in interfaces if name in {"", one.name}]
        if not chosen:
            raise refuse("UnknownInterface", f"there is no interface {name} here")
        return {
            key: one
            for interface in chosen
            for key, one in interface.properties.items()
            if one.is_there()
        }

    def variant(one: Property) -> tuple[str, Any]:
        return one.signature, one.read()

    def find(interface: str, name: str) -> Property:
        if (one := among(interface).get(name)) is None:
            raise refuse("UnknownProperty", f"there is no property {name} here")
        return one

    def get(interface: str, name: str) -> Reply:
        return Reply((variant(find(interface, name)),))

    def get_all(interface: str) -> Reply:
        return Reply(({name: variant(one) for name, one in among(interface).items()},))

    def set_(interface: str, name: str, _value: object) -> Reply:
        find(interface, name)
        raise refuse("PropertyReadOnly", f"{name} cannot be set")

    where = ("interface_name", "s")
    which = ("property_name", "s")
    return Interface(
        PROPERTIES,
        {
            "Get": Method(get, (where, which), (("value", "v"),)),
            "GetAll": Method(get_all, (where,), (("properties", "a{sv}"),)),
            "Set": Method(set_, (where, which, ("value", "v"))),
        },
        signals=PROPERTIES_CHANGED,
    )
