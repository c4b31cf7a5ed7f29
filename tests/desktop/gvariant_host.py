"""A panel that trusts nothing: every reply and signal is held to the GVariant type promised.

    /usr/bin/python3 tests/desktop/gvariant_host.py BUS_NAME

Run by the system's Python, because PyGObject has no wheels. It introspects all objects of a
StatusNotifierItem, reads every property and calls every method, and writes "listening". When a line
comes on its standard input it judges the signals that came since its start, and writes a report in
JSON: what it saw of each kind, and what was wrong.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from gi.repository import Gio, GLib

CALL_LIMIT_MS = 5000

PROPERTIES = "org.freedesktop.DBus.Properties"
INTROSPECTABLE = "org.freedesktop.DBus.Introspectable"
PEER = "org.freedesktop.DBus.Peer"
ITEM = "org.kde.StatusNotifierItem"
MENU = "com.canonical.dbusmenu"

NODE = "(ia{sv}av)"

MENU_PROPERTIES = {
    "type": "s",
    "label": "s",
    "enabled": "b",
    "visible": "b",
    "icon-name": "s",
    "icon-data": "ay",
    "shortcut": "aas",
    "toggle-type": "s",
    "toggle-state": "i",
    "children-display": "s",
    "disposition": "s",
}
"""From libdbusmenu's dbus-menu.xml: no interface description tells these types."""

NO_DATA = GLib.Variant("i", 0)

CALLS: dict[tuple[str, str], list[tuple[Any, ...]]] = {
    (ITEM, "SecondaryActivate"): [(1, 2)],
    (ITEM, "Scroll"): [(1, "vertical"), (-(2**31), "")],
    (MENU, "GetLayout"): [
        (0, -1, []),
        (0, 0, []),
        (0, 1, ["label", "smell"]),
        (0, -(2**31), []),
        (0, 2**31 - 1, []),
        (1, -1, []),
    ],
    (MENU, "GetGroupProperties"): [([], []), ([0, 1, 99, -1], ["label"])],
    (MENU, "GetProperty"): [(0, name) for name in MENU_PROPERTIES],
    (MENU, "Event"): [(0, kind, NO_DATA, 0) for kind in ("opened", "closed", "hovered", "x-new")],
    (MENU, "EventGroup"): [
        ([],),
        ([(0, "closed", NO_DATA, 0), (99, "clicked", GLib.Variant("s", ""), 2**32 - 1)],),
    ],
    (MENU, "AboutToShow"): [(0,)],
    (MENU, "AboutToShowGroup"): [([],), ([0, 99],)],
    (PEER, "Ping"): [()],
    (INTROSPECTABLE, "Introspect"): [()],
    (PROPERTIES, "GetAll"): [("",)],
}
"""What each method is called with; the rest of Properties is called for every property."""


class Host:
    """One connection, what it saw and what was wrong."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.seen: Counter[str] = Counter()
        self.problems: list[str] = []
        self.promised: dict[tuple[str, str, str], str] = {}
        self.properties: dict[str, dict[str, str]] = {}
        self.signals: list[tuple[str, str, str, Any]] = []
        flags = Gio.DBusConnectionFlags
        self.connection = Gio.DBusConnection.new_for_address_sync(
            os.environ["DBUS_SESSION_BUS_ADDRESS"],
            flags.AUTHENTICATION_CLIENT | flags.MESSAGE_BUS_CONNECTION,
            None,
            None,
        )
        self.connection.signal_subscribe(
            name, None, None, None, None, Gio.DBusSignalFlags.NONE, self._take_signal
        )

    def examine(self) -> None:
        """Read and call all that there is."""
        for path in self._paths():
            for interface in self._describe(path).interfaces:
                for signal in interface.signals:
                    promised = "(" + "".join(one.signature for one in signal.args) + ")"
                    self.promised[path, interface.name, signal.name] = promised
                self._read(path, interface)
                for method in interface.methods:
                    self._call_method(path, interface.name, method)

    def judge_signals(self) -> None:
        """Hold the signals that came to what introspection promises."""
        self.call("/", PEER, "Ping", None, "()")  # What was sent before the answer has come, too.
        while GLib.MainContext.default().iteration(False):
            pass
        for path, interface, name, body in self.signals:
            self.seen[name] += 1
            promised = self.promised.get((path, interface, name))
            if body.get_type_string() != promised:
                self._object(f"signal {name} is {body.get_type_string()}, promised {promised}")
            elif name == "ItemsPropertiesUpdated":
                for _id, properties in entries(body.get_child_value(0)):
                    self._check_menu_properties(properties)
            elif name == "PropertiesChanged":
                types = self.properties[body.get_child_value(0).get_string()]
                for key, value in entries(body.get_child_value(1)):
                    if types.get(key.get_string()) != value.get_variant().get_type_string():
                        self._object(f"{name} tells of {key} as {value}")

    def call(self, path: str, interface: str, member: str, body: Any, reply: str) -> Any:
        """Call a method whose reply must be of a type."""
        return self.connection.call_sync(
            self.name,
            path,
            interface,
            member,
            body,
            GLib.VariantType.new(reply),
            Gio.DBusCallFlags.NONE,
            CALL_LIMIT_MS,
            None,
        )

    def _object(self, problem: str) -> None:
        self.problems.append(problem)

    def _take_signal(self, *arguments: Any) -> None:
        _connection, _sender, path, interface, name, body = arguments[:6]
        self.signals.append((path, interface, name, body))

    def _describe(self, path: str) -> Any:
        (xml,) = self.call(path, INTROSPECTABLE, "Introspect", None, "(s)").unpack()
        return Gio.DBusNodeInfo.new_for_xml(xml)

    def _paths(self) -> Iterator[str]:
        waiting = ["/"]
        while waiting:
            path = waiting.pop()
            yield path
            waiting += [f"{path.rstrip('/')}/{node.path}" for node in self._describe(path).nodes]

    def _read(self, path: str, interface: Any) -> None:
        """Read every property alone and all together."""
        promised = {one.name: one.signature for one in interface.properties}
        self.properties[interface.name] = promised
        if not promised:
            return
        where = GLib.Variant("(s)", (interface.name,))
        together = self.call(path, PROPERTIES, "GetAll", where, "(a{sv})").get_child_value(0)
        types = {
            name.get_string(): value.get_variant().get_type_string()
            for name, value in entries(together)
        }
        if types != promised:
            self._object(f"GetAll of {interface.name} gives {types}, promised {promised}")
        for name, signature in promised.items():
            self.seen["property"] += 1
            which = GLib.Variant("(ss)", (interface.name, name))
            try:
                value = self.call(path, PROPERTIES, "Get", which, "(v)").get_child_value(0)
            except GLib.Error as error:
                self._object(f"{name} cannot be read: {error.message}")
                continue
            given = value.get_variant().get_type_string()
            if given != signature:
                self._object(f"{name} is {given}, promised {signature}")

    def _call_method(self, path: str, interface: str, method: Any) -> None:
        if interface == PROPERTIES and method.name != "GetAll":
            return
        given = "(" + "".join(one.signature for one in method.in_args) + ")"
        reply = "(" + "".join(one.signature for one in method.out_args) + ")"
        calls = CALLS.get((interface, method.name), [])
        if not calls:
            self._object(f"no call is known for {interface}.{method.name}")
        for arguments in calls:
            self.seen["call"] += 1
            try:
                answer = self.call(
                    path, interface, method.name, GLib.Variant(given, arguments), reply
                )
            except (GLib.Error, TypeError) as error:
                self._object(f"{method.name}{arguments}: {getattr(error, 'message', error)}")
                continue
            if method.name == "GetLayout":
                self._check_node(answer.get_child_value(1))
            elif method.name == "GetGroupProperties":
                for _id, properties in entries(answer.get_child_value(0)):
                    self._check_menu_properties(properties)
            elif method.name == "GetProperty":
                kind = answer.get_child_value(0).get_variant().get_type_string()
                if kind != MENU_PROPERTIES[arguments[1]]:
                    self._object(f"menu property {arguments[1]} is {kind}")

    def _check_node(self, node: Any) -> None:
        """Check an item of a layout and all below it."""
        self.seen["menu item"] += 1
        self._check_menu_properties(node.get_child_value(1))
        children = node.get_child_value(2)
        for index in range(children.n_children()):
            child = children.get_child_value(index).get_variant()
            if child.get_type_string() != NODE:
                self._object(f"a child in a layout is {child.get_type_string()}")
            else:
                self._check_node(child)

    def _check_menu_properties(self, properties: Any) -> None:
        for name, value in entries(properties):
            given = value.get_variant().get_type_string()
            if given != MENU_PROPERTIES.get(name.get_string()):
                self._object(f"menu property {name.get_string()} is {given}")


def entries(container: Any) -> Iterator[Sequence[Any]]:
    """Yield the pairs of a dictionary, or of an array of pairs."""
    for index in range(container.n_children()):
        pair = container.get_child_value(index)
        yield pair.get_child_value(0), pair.get_child_value(1)


def main() -> None:
    """Examine, wait for the word, judge, report."""
    host = Host(sys.argv[1])
    host.examine()
    sys.stdout.write("listening\n")
    sys.stdout.flush()
    sys.stdin.readline()
    host.judge_signals()
    sys.stdout.write(json.dumps({"seen": host.seen, "problems": host.problems}) + "\n")


if __name__ == "__main__":
    main()
