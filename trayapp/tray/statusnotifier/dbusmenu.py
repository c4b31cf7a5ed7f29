"""The com.canonical.dbusmenu interface.

https://github.com/AyatanaIndicators/libdbusmenu/blob/master/libdbusmenu-glib/dbus-menu.xml tells
what it means. Panels built on libdbusmenu use only the Group methods.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .interface import Interface, Method, Property, Reply, Signal, refuse
from .menu import DEFAULTS, EMPTY, ROOT_ID, Entry, Node, compare, fresh_ids, place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from .menu import Variant

MENU_INTERFACE = "com.canonical.dbusmenu"
VERSION = 3

_ITEMS = "a(ia{sv})"


class DBusMenu:
    """The menu as an object on the bus, used by the loop's thread only.

    `on_click` gets the item that was clicked; `on_open` is called when the menu is about to show,
    which panels may tell more than once for one opening; `on_cut` when `cut` has grown, and
    update() has something to send for it. All after the reply was sent.
    """

    def __init__(
        self,
        path: str,
        on_click: Callable[[Node], object],
        on_open: Callable[[], object],
        on_cut: Callable[[], object],
    ) -> None:
        self.path = path
        self.layout = EMPTY
        self.revision = 1
        self._nodes = {ROOT_ID: EMPTY}
        self._new_ids = fresh_ids(lambda: self._nodes)
        self._on_click = on_click
        self._on_open = on_open
        self._on_cut = on_cut
        self.cut: dict[int, None] = {}
        """The submenus that a panel has seen from outside and is still to be told of.

        Plasma asks for one level at a time. A submenu that it first asks for when the mouse is
        there opens empty, is placed as wide as that, and grows over the edge of the screen.
        """
        # Once for each structure: one that reads the whole menu at each signal would never rest.
        self._told: set[int] = set()
        self.interface = Interface(
            MENU_INTERFACE,
            methods={
                "GetLayout": Method(
                    self._get_layout,
                    (("parentId", "i"), ("recursionDepth", "i"), ("propertyNames", "as")),
                    (("revision", "u"), ("layout", "(ia{sv}av)")),
                ),
                "GetGroupProperties": Method(
                    self._get_group_properties,
                    (("ids", "ai"), ("propertyNames", "as")),
                    (("properties", _ITEMS),),
                ),
                "GetProperty": Method(
                    self._get_property, (("id", "i"), ("name", "s")), (("value", "v"),)
                ),
                "Event": Method(
                    self._event,
                    (("id", "i"), ("eventId", "s"), ("data", "v"), ("timestamp", "u")),
                ),
                "EventGroup": Method(
                    self._event_group, (("events", "a(isvu)"),), (("idErrors", "ai"),)
                ),
                "AboutToShow": Method(self._about_to_show, (("id", "i"),), (("needUpdate", "b"),)),
                "AboutToShowGroup": Method(
                    self._about_to_show_group,
                    (("ids", "ai"),),
                    (("updatesNeeded", "ai"), ("idErrors", "ai")),
                ),
            },
            properties={
                "Version": Property("u", lambda: VERSION),
                "TextDirection": Property("s", lambda: "ltr"),
                "Status": Property("s", lambda: "normal"),
                "IconThemePath": Property("as", list),
            },
            signals={
                "ItemsPropertiesUpdated": (("updatedProps", _ITEMS), ("removedProps", "a(ias)")),
                "LayoutUpdated": (("revision", "u"), ("parent", "i")),
                # Declared because the interface has it; nothing here asks a panel to open a menu.
                "ItemActivationRequested": (("id", "i"), ("timestamp", "u")),
            },
        )

    def update(self, entry: Entry) -> tuple[Signal, ...]:
        """Take what the menu says now, and return the signals that tell panels."""
        before = self.layout
        self.layout = place(entry, before, self._new_ids)
        self._nodes = {node.id: node for node in self.layout.walk()}
        self.cut = {id_: None for id_ in self.cut if id_ in self._nodes}
        changes = compare(before, self.layout)
        signals = []
        if changes.updated or changes.removed:
            body = (
                [(id_, dict(properties)) for id_, properties in changes.updated],
                [(id_, list(names)) for id_, names in changes.removed],
            )
            signals.append(Signal(self.path, self.interface, "ItemsPropertiesUpdated", body))
        if changes.layout is not None:
            self.revision = self.revision % (2**32 - 1) + 1
            self._told.clear()
            structure = (self.revision, changes.layout)
            signals.append(Signal(self.path, self.interface, "LayoutUpdated", structure))
        elif self.cut:
            submenu = next(iter(self.cut))
            del self.cut[submenu]
            self._told.add(submenu)
            structure = (self.revision, submenu)
            signals.append(Signal(self.path, self.interface, "LayoutUpdated", structure))
        return tuple(signals)

    def welcome(self) -> None:
        """Let a panel that has just come be told of submenus like the one before."""
        self._told.clear()

    def _get_layout(self, parent: int, depth: int, names: Sequence[str]) -> Reply:
        node = self._node(parent)
        deep = _cut_off(node, depth) if depth > 0 else ()
        cut = {id_: None for id_ in deep if id_ not in self._told}
        self.cut |= cut
        branch = _branch(node, depth, frozenset(names))
        return Reply((self.revision, branch), self._on_cut if cut else None)

    def _get_group_properties(self, ids: Sequence[int], names: Sequence[str]) -> Reply:
        wanted = frozenset(names)
        nodes = self._nodes
        chosen = (
            [nodes[id_] for id_ in dict.fromkeys(ids) if id_ in nodes] if ids else nodes.values()
        )
        return Reply(([(node.id, _chosen(node.properties, wanted)) for node in chosen],))

    def _get_property(self, id_: int, name: str) -> Reply:
        value = self._node(id_).properties.get(name) or DEFAULTS.get(name)
        if value is None:
            raise refuse("InvalidArgs", f"menu items have no property {name}")
        return Reply((value,))

    def _event(self, id_: int, kind: str, _data: Variant, _timestamp: int) -> Reply:
        self._node(id_)
        return Reply((), self._happen([(id_, kind)]))

    def _event_group(self, events: Sequence[tuple[int, str, Variant, int]]) -> Reply:
        unknown = self._unknown(event[0] for event in events)
        return Reply((unknown,), self._happen([event[:2] for event in events]))

    def _about_to_show(self, id_: int) -> Reply:
        self._node(id_)
        # False always, changes follow as signals: libdbusmenu does not heed the answer.
        return Reply((False,), self._happen([(id_, "opened")]))

    def _about_to_show_group(self, ids: Sequence[int]) -> Reply:
        return Reply(([], self._unknown(ids)), self._happen([(id_, "opened") for id_ in ids]))

    def _node(self, id_: int) -> Node:
        if (node := self._nodes.get(id_)) is None:
            raise refuse("InvalidArgs", f"there is no menu item {id_}")
        return node

    def _unknown(self, ids: Iterable[int]) -> list[int]:
        """Return those ids, if any, that are unknown; refuse when all are."""
        asked = list(ids)
        unknown = [id_ for id_ in asked if id_ not in self._nodes]
        if unknown and len(unknown) == len(asked):
            raise refuse("InvalidArgs", "there is no such menu item")
        return unknown

    def _happen(self, events: Sequence[tuple[int, str]]) -> Callable[[], None]:
        """Return what is to be done about events, with the items as they are now."""
        clicked = [
            self._nodes[id_] for id_, kind in events if kind == "clicked" and id_ in self._nodes
        ]
        opened = (ROOT_ID, "opened") in events

        def act() -> None:
            if opened:
                self._on_open()
            for node in clicked:
                if node.clickable:
                    self._on_click(node)

        return act


def _cut_off(node: Node, depth: int) -> Iterator[int]:
    """Yield the submenus that lie so many levels deep."""
    if depth == 0:
        if node.children:
            yield node.id
        return
    for child in node.children:
        yield from _cut_off(child, depth - 1)


def _branch(
    node: Node, depth: int, names: frozenset[str]
) -> tuple[int, dict[str, Variant], list[Any]]:
    """Return a node as GetLayout's structure, so many levels deep; all when it is negative."""
    children = () if depth == 0 else node.children
    return (
        node.id,
        _chosen(node.properties, names),
        [("(ia{sv}av)", _branch(child, depth - 1, names)) for child in children],
    )


def _chosen(properties: Mapping[str, Variant], names: frozenset[str]) -> dict[str, Variant]:
    """Return the properties of these names, or all where there are no names."""
    return {name: value for name, value in properties.items() if not names or name in names}
