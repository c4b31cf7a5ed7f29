"""The org.kde.StatusNotifierItem interface.

https://www.freedesktop.org/wiki/Specifications/StatusNotifierItem/ tells what it means; panels
agree on the org.kde names. They re-read properties when a New… signal comes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .interface import PROPERTIES_CHANGED, Interface, Method, Property, Reply, Signal
from .objects import PROPERTIES

if TYPE_CHECKING:
    from collections.abc import Callable

    from .pixmap import Pixmap

ITEM_PATH = "/StatusNotifierItem"
MENU_PATH = "/StatusNotifierItem/Menu"
ITEM_INTERFACE = "org.kde.StatusNotifierItem"

STATUSES = ("Passive", "Active", "NeedsAttention")
"""Passive items are hidden by most panels."""

PIXMAPS = "a(iiay)"


@dataclass(frozen=True, slots=True)
class ItemState:
    """What a panel shows of the item."""

    id: str
    title: str = ""
    label: str = ""
    status: str = "Passive"
    pixmaps: tuple[Pixmap, ...] = ()


def changed_signals(before: ItemState, after: ItemState) -> frozenset[str]:
    """Return the signals that tell panels of a change."""
    signals = set()
    attention = after.status == "NeedsAttention"
    if before.pixmaps != after.pixmaps:
        signals.add("NewIcon")
        if attention:
            signals.add("NewAttentionIcon")
    if before.title != after.title:
        signals |= {"NewTitle", "NewToolTip"}
        # The description for screen readers has no signal of its own; it is read with the icon.
        signals.add("NewIcon")
    if before.label != after.label:
        signals.add("XAyatanaNewLabel")
        if after.label:
            # GNOME's extension (46) fails on XAyatanaNewLabel for a property that was not there at
            # first. This adds it, and goes out before: signals go in the order of their names.
            signals.add("PropertiesChanged")
    if before.status != after.status:
        signals.add("NewStatus")
        if attention:
            signals.add("NewAttentionIcon")
    return frozenset(signals)


class Item:
    """The item as an object on the bus, read from `state` at every call.

    With `is_menu` it has no Activate, and answers it with UnknownMethod: this is what makes a left
    click open the menu at once, on GNOME and on Plasma before 6.4 too. LXQt and MATE open nothing
    by a left click, whatever they are told; without `is_menu` it is handed to `on_activate`, as
    the middle click (SecondaryActivate) always is.
    """

    def __init__(
        self,
        state: Callable[[], ItemState],
        on_activate: Callable[[], object],
        *,
        is_menu: bool = True,
    ) -> None:
        def constant(signature: str, value: Any) -> Property:
            return Property(signature, lambda: value)

        def label() -> Property:
            # Not even an empty one when there is no label: panels would keep room for it.
            return Property("s", lambda: state().label, lambda: bool(state().label))

        activate = Method(lambda _x, _y: Reply((), on_activate), (("x", "i"), ("y", "i")))
        self._state = state
        self.interface = Interface(
            ITEM_INTERFACE,
            methods={
                **({} if is_menu else {"Activate": activate}),
                "SecondaryActivate": activate,
                "Scroll": Method(
                    lambda _delta, _orientation: Reply(), (("delta", "i"), ("orientation", "s"))
                ),
            },
            properties={
                "Category": constant("s", "ApplicationStatus"),
                "Id": Property("s", lambda: state().id),
                "Title": Property("s", lambda: state().title),
                "Status": Property("s", lambda: state().status),
                "WindowId": constant("i", 0),
                # A name would win over the pixmaps.
                "IconName": constant("s", ""),
                "IconThemePath": constant("s", ""),
                "IconPixmap": Property(PIXMAPS, self._pixmaps),
                "IconAccessibleDesc": Property("s", lambda: state().title),
                "OverlayIconName": constant("s", ""),
                "OverlayIconPixmap": constant(PIXMAPS, []),
                "AttentionIconName": constant("s", ""),
                # GNOME shows nothing while an item that needs attention has no icon for it.
                "AttentionIconPixmap": Property(PIXMAPS, self._pixmaps),
                # XFCE shows a description that differs from the tooltip as well, and as markup.
                "AttentionAccessibleDesc": Property("s", lambda: state().title),
                "AttentionMovieName": constant("s", ""),
                "ToolTip": Property(f"(s{PIXMAPS}ss)", lambda: ("", [], state().title, "")),
                "ItemIsMenu": constant("b", is_menu),
                "Menu": constant("o", MENU_PATH),
                "XAyatanaLabel": label(),
                "XAyatanaLabelGuide": label(),
            },
            signals={
                "NewTitle": (),
                "NewIcon": (),
                "NewAttentionIcon": (),
                "NewOverlayIcon": (),
                "NewToolTip": (),
                "NewStatus": (("status", "s"),),
                "XAyatanaNewLabel": (("label", "s"), ("guide", "s")),
            },
        )

    def signal(self, name: str) -> Signal:
        """Return one of the New… signals as it is to be sent now."""
        state = self._state()
        if name == "PropertiesChanged":
            changed = {"XAyatanaLabel": ("s", state.label)}
            properties = Interface(PROPERTIES, signals=PROPERTIES_CHANGED)
            return Signal(ITEM_PATH, properties, name, (ITEM_INTERFACE, changed, []))
        bodies = {
            "NewStatus": (state.status,),
            # The guide is the widest text to expect. Both are empty when the label goes away.
            "XAyatanaNewLabel": (state.label, state.label),
        }
        return Signal(ITEM_PATH, self.interface, name, bodies.get(name, ()))

    def _pixmaps(self) -> list[tuple[int, int, bytes]]:
        return [(one.width, one.height, one.data) for one in self._state().pixmaps]
