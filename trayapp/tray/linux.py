"""The icon on Linux desktops: our own StatusNotifierItem, driven by an Appearance."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from trayapp.tray.backends import ICON_NAME, Appearance

if TYPE_CHECKING:
    from trayapp.tray.statusnotifier import Icon
    from trayapp.tray.statusnotifier.pystray_base import MenuItem


class StatusNotifierBackend:
    """A Backend for every panel that speaks StatusNotifierItem, on X11 and Wayland."""

    def __init__(self) -> None:
        self._icon: Icon | None = None
        self._appearance: Appearance | None = None
        self._stopped = threading.Event()

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
        icon = Icon(ICON_NAME, appearance.images, appearance.tooltip, Menu(self._items))
        icon.on_menu_open = menu_opened
        self._icon = icon
        if not self._stopped.is_set():
            icon.run(setup=partial(_set_up, shown))

    def show(self, appearance: Appearance) -> None:
        """Change what is shown; an open menu stays open."""
        self._appearance = appearance
        if self._icon is not None:
            self._icon.icon = appearance.images
            self._icon.title = appearance.tooltip
            self._icon.update_menu()

    def announce(self) -> None:
        """Register the icon with the panel once more, in case it was lost there."""
        if self._icon is not None:
            self._icon.announce()

    def stop(self) -> None:
        """Let `run` return."""
        self._stopped.set()
        if self._icon is not None:
            self._icon.stop()

    def _items(self) -> Iterator[MenuItem]:
        from trayapp.tray.statusnotifier.pystray_base import Menu, MenuItem  # noqa: PLC0415

        if self._appearance is not None:
            for item in self._appearance.items:
                if item.separator:
                    yield Menu.SEPARATOR
                else:
                    yield MenuItem(item.text, item.activate, enabled=item.activate is not None)


def _set_up(shown: Callable[[], None], icon: Icon) -> None:
    icon.visible = True
    shown()
