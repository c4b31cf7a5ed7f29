"""The icon on Linux desktops: our own StatusNotifierItem, else pystray's in an XEmbed tray."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

from trayapp.desktop.current_desktop import is_desktop
from trayapp.tray.backends import ICON_NAME, Appearance, Item
from trayapp.tray.drawing import Artwork
from trayapp.tray.xembed import GRACE, XEmbedFallback

if TYPE_CHECKING:
    from trayapp.tray.statusnotifier import Icon
    from trayapp.tray.statusnotifier.pystray_base import MenuItem


LEFT_CLICK_ACTIVATES = ("LXQt", "MATE")
"""Desktops, as in $XDG_CURRENT_DESKTOP, whose panels open no menu by a left click."""


class StatusNotifierBackend:
    """A Backend for every panel that speaks StatusNotifierItem, on X11 and Wayland.

    The item waits for such a panel as long as it takes. An XEmbed tray serves after `grace` seconds
    without one.
    """

    artwork = Artwork.PANEL

    def __init__(self, environment: Mapping[str, str], grace: float = GRACE) -> None:
        self._environment = environment
        self._grace = grace
        self._icon: Icon | None = None
        self._fallback: XEmbedFallback | None = None
        self._appearance: Appearance | None = None
        # No Event: its lock is not re-entrant, and a signal may interrupt `stop` to call it again.
        self._stopped = False

    def run(
        self,
        appearance: Appearance,
        shown: Callable[[], None],
        menu_opened: Callable[[], None],
    ) -> None:
        """Show the icon and serve it on the calling thread until `stop`."""
        from trayapp.tray.statusnotifier import Icon  # noqa: PLC0415 -- PIL and jeepney
        from trayapp.tray.statusnotifier.pystray_base import Menu  # noqa: PLC0415

        self._appearance = appearance
        menu = Menu(self._items)
        is_menu = not is_desktop(self._environment, *LEFT_CLICK_ACTIVATES)
        icon = Icon(ICON_NAME, appearance.images, appearance.tooltip, menu, is_menu=is_menu)
        icon.on_menu_open = menu_opened
        self._icon = icon
        with ExitStack() as parts:
            # Without it, on Wayland, nothing is attempted.
            if display := self._environment.get("DISPLAY"):
                self._fallback = XEmbedFallback(display, appearance.images, menu, grace=self._grace)
                icon.on_hosted = self._fallback.set_hosted
                parts.callback(self._fallback.stop)
            self._show(self._appearance)
            if not self._stopped:
                icon.run(setup=partial(_set_up, shown))

    def show(self, appearance: Appearance) -> None:
        """Change what is shown; an open menu stays open."""
        self._appearance = appearance
        self._show(appearance)

    def announce(self) -> None:
        """Register the icon with the panel once more, in case it was lost there."""
        if self._icon is not None:
            self._icon.announce()

    def stop(self) -> None:
        """Let `run` return."""
        self._stopped = True
        if self._icon is not None:
            self._icon.stop()

    def _show(self, appearance: Appearance) -> None:
        if self._fallback is not None:
            self._fallback.show(appearance.images)
        if self._icon is not None:
            self._icon.icon = appearance.images
            self._icon.title = appearance.tooltip
            self._icon.label = appearance.label
            self._icon.status = "NeedsAttention" if appearance.attention else "Active"
            self._icon.update_menu()

    def _items(self) -> Iterator[MenuItem]:
        if self._appearance is not None:
            yield from map(menu_item, self._appearance.items)


def menu_item(item: Item) -> MenuItem:
    """Make pystray's item of ours."""
    from trayapp.tray.statusnotifier.pystray_base import Menu, MenuItem  # noqa: PLC0415

    if item.separator:
        return Menu.SEPARATOR
    return MenuItem(
        item.text,
        Menu(*map(menu_item, item.children)) if item.children else _action(item.activate),
        checked=None if item.checked is None else lambda _item: bool(item.checked),
        radio=item.radio,
        default=item.default,
        enabled=bool(item.children) or item.activate is not None,
    )


def _action(activate: Callable[[], None] | None) -> Callable[[], None] | None:
    # pystray gives arguments to whatever has no code of its own, such as a partial.
    return None if activate is None else lambda *_arguments: activate()


def _set_up(shown: Callable[[], None], icon: Icon) -> None:
    icon.visible = True
    shown()
