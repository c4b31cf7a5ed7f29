"""A pystray menu as a dbusmenu layout, and what changed between two layouts.

Nothing here knows the bus: reading a menu, giving its items numbers that stay, and telling two
layouts apart are functions of their arguments.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from . import pystray_base
from .text import label

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Hashable, Iterable, Iterator, Mapping, Sequence

Variant = tuple[str, Any]
"""A D-Bus value: its signature and itself."""

ROOT_ID = 0
LARGEST_ID = 2**31 - 1

DEPTH_LIMIT = 16
"""Levels of submenus that are sent. Each costs three of the 64 containers that may be nested in
a D-Bus message, and the bus cuts off whoever sends more."""

SUBMENU: Mapping[str, Variant] = {"children-display": ("s", "submenu")}
HIDDEN: Mapping[str, Variant] = {"visible": ("b", False)}
SEPARATOR: Mapping[str, Variant] = {"type": ("s", "separator")}

DEFAULTS: Mapping[str, Variant] = {
    "type": ("s", "standard"),
    "label": ("s", ""),
    "enabled": ("b", True),
    "visible": ("b", True),
    "icon-name": ("s", ""),
    "icon-data": ("ay", b""),
    "shortcut": ("aas", []),
    "toggle-type": ("s", ""),
    "toggle-state": ("i", -1),
    "children-display": ("s", ""),
    "disposition": ("s", "normal"),
}
"""What a property is where it is not sent."""

_SEPARATOR_ITEM = pystray_base.Menu.SEPARATOR

_FIXED = ("type", "toggle-type", "children-display")


class MenuItem(Protocol):
    """The part of pystray.MenuItem that is read."""

    @property
    def text(self) -> Any: ...  # noqa: D102 - pystray's own names
    @property
    def enabled(self) -> Any: ...  # noqa: D102
    @property
    def visible(self) -> Any: ...  # noqa: D102
    @property
    def checked(self) -> Any: ...  # noqa: D102
    @property
    def radio(self) -> Any: ...  # noqa: D102
    @property
    def default(self) -> Any: ...  # noqa: D102
    @property
    def submenu(self) -> Any: ...  # noqa: D102
    def __call__(self, icon: Any) -> Any: ...  # noqa: D102


class Menu(Protocol):
    """The part of pystray.Menu that is read."""

    @property
    def items(self) -> Iterable[MenuItem]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Entry:
    """What one item of a menu says at one moment, and the items below it."""

    properties: Mapping[str, Variant]
    children: tuple[Entry, ...] = ()
    source: MenuItem | None = field(default=None, compare=False)

    @property
    def kind(self) -> Hashable:
        """The properties that may not change under one id: Plasma reads them only once."""
        return tuple(self.properties.get(name) for name in _FIXED)


@dataclass(frozen=True, slots=True)
class Node(Entry):
    """An entry in a layout, with the id that panels know it by."""

    id: int = ROOT_ID
    children: tuple[Node, ...] = ()

    @property
    def clickable(self) -> bool:
        """Whether a click on it means anything."""
        said = self.properties
        return self.source is not None and not (
            "enabled" in said or "visible" in said or "type" in said or "children-display" in said
        )

    def walk(self) -> Iterator[Node]:
        """Yield the node and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()


EMPTY = Node(SUBMENU)


@dataclass(frozen=True, slots=True)
class Changes:
    """What a panel must be told to get from one layout to another.

    `updated` and `removed` are about items in both; `layout` is the parent whose children are to be
    read again, the root where there are several, None where there is none.
    """

    updated: tuple[tuple[int, Mapping[str, Variant]], ...] = ()
    removed: tuple[tuple[int, tuple[str, ...]], ...] = ()
    layout: int | None = None


def read_menu(menu: Menu | None) -> Entry:
    """Ask every item of a pystray menu what it says now.

    Hidden items are asked for nothing else, as in pystray; they stay in the layout, so that one
    which comes and goes does not change the menu's structure.
    """
    return Entry(SUBMENU, () if menu is None else _read_items(menu, DEPTH_LIMIT))


def find_default(menu: Menu | None) -> MenuItem | None:
    """Return the first item that is the menu's default and can be chosen."""
    for item in () if menu is None else menu.items:
        if item.visible and item.default:
            return item if item.enabled else None
    return None


def place(entry: Entry, before: Node, new_ids: Iterator[int]) -> Node:
    """Turn what a menu says into a layout, keeping the ids of the items that are the same.

    `before` is the layout's node in that place so far; ids for new items come from `new_ids`.
    """
    matches = match(entry.children, before.children)
    children = tuple(
        place(child, Node({}, id=next(new_ids)) if known is None else known, new_ids)
        for child, known in zip(entry.children, matches, strict=True)
    )
    return Node(entry.properties, children, entry.source, id=before.id)


def match(entries: Sequence[Entry], nodes: Sequence[Node]) -> list[Node | None]:
    """Find for each entry the node that stands for the same item.

    The same is: the same MenuItem; else the same kind and label; else the same kind in the same
    place among what is left. Where that is ambiguous the item counts as new, because an id that
    changed its meaning would send a click that is on its way to another action.
    """
    found: list[Node | None] = [None] * len(entries)

    def pair(key: Callable[[Entry, int], Hashable]) -> None:
        """Pair what has the same key, where as many entries as nodes have it."""
        taken = {node.id for node in found if node is not None}
        groups: dict[Hashable, tuple[list[int], list[Node]]] = defaultdict(lambda: ([], []))
        last = ROOT_ID  # the id of the nearest paired item above
        for index, (entry, node) in enumerate(zip(entries, found, strict=True)):
            if node is None:
                groups[key(entry, last)][0].append(index)
            else:
                last = node.id
        last = ROOT_ID
        for node in nodes:
            if node.id in taken:
                last = node.id
            else:
                groups[key(node, last)][1].append(node)
        for indices, free in groups.values():
            if len(indices) == len(free):
                for index, node in zip(indices, free, strict=True):
                    found[index] = node

    pair(lambda one, _last: (id(one.source), one.kind))
    pair(lambda one, _last: (one.properties.get("label"), one.kind))
    pair(lambda one, last: (last, one.kind))
    return found


def compare(before: Node, after: Node) -> Changes:
    """Tell two layouts apart."""
    known = {node.id: node for node in before.walk()}
    updated, removed, changed = [], [], []
    for node in after.walk():
        if (old := known.get(node.id)) is None:
            continue
        news = {
            name: value
            for name, value in node.properties.items()
            if old.properties.get(name) != value
        }
        gone = tuple(name for name in old.properties if name not in node.properties)
        if news:
            updated.append((node.id, news))
        if gone:
            removed.append((node.id, gone))
        if [child.id for child in old.children] != [child.id for child in node.children]:
            changed.append(node.id)
    layout = None if not changed else changed[0] if len(changed) == 1 else ROOT_ID
    return Changes(tuple(updated), tuple(removed), layout)


def fresh_ids(in_use: Callable[[], Container[int]]) -> Iterator[int]:
    """Yield ids that are not in use, one after another, beginning again after the largest."""
    number = ROOT_ID
    while True:
        number = number % LARGEST_ID + 1
        if number not in in_use():
            yield number


def _read_items(menu: Menu, depth: int) -> tuple[Entry, ...]:
    items = list(menu.items)
    visible = _visible(items)
    return tuple(_read(item, shown, depth) for item, shown in zip(items, visible, strict=True))


def _visible(items: Sequence[MenuItem]) -> list[bool]:
    """Return which items show: those that say so, without separators that separate nothing."""
    shown = [item is _SEPARATOR_ITEM or bool(item.visible) for item in items]
    pending = None  # a separator that waits for an item on its other side
    above = False
    for index, item in enumerate(items):
        if item is _SEPARATOR_ITEM:
            shown[index] = False
            pending = index if above and pending is None else pending
        elif shown[index]:
            if pending is not None:
                shown[pending] = True
            above, pending = True, None
    return shown


def _read(item: MenuItem, shown: bool, depth: int) -> Entry:
    if item is _SEPARATOR_ITEM:
        return Entry(SEPARATOR if shown else {**SEPARATOR, **HIDDEN}, source=item)
    submenu = item.submenu
    properties = dict(SUBMENU) if submenu is not None else {}
    if not shown:
        return Entry({**properties, **HIDDEN}, source=item)
    properties["label"] = ("s", label(item.text))
    if not item.enabled:
        properties["enabled"] = ("b", False)
    checked = item.checked
    if checked is not None:
        properties["toggle-type"] = ("s", "radio" if item.radio else "checkmark")
        properties["toggle-state"] = ("i", int(bool(checked)))
    children = _read_items(submenu, depth - 1) if submenu is not None and depth > 1 else ()
    return Entry(properties, children, item)
