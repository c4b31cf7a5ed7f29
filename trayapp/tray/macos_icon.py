"""pystray's icon for macOS, with a template image, text beside it and a menu that can be read.

Written from pystray 0.19.5's source (desktop.md 1.7); can be imported on macOS only.
"""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable
from io import BytesIO
from typing import Any

import AppKit
import Foundation
from PyObjCTools import AppHelper, MachSignals
from pystray._darwin import Icon as DarwinIcon

from trayapp.tray.backends import ICON_NAME, Appearance
from trayapp.tray.macos import beside_icon
from trayapp.tray.statusnotifier.text import clean

log = logging.getLogger(__name__)

PIXELS_PER_POINT = 2
"""Images are drawn for Retina displays; on others AppKit halves them."""


class MacOSIcon(DarwinIcon):  # type: ignore[misc]  # pystray has no types
    """An icon in the menu bar; all but `call_soon` is for the main thread only."""

    icon: Any
    _icon_image: Any

    def __init__(
        self, appearance: Appearance, menu: Any, menu_opened: Callable[[], object]
    ) -> None:
        self.menu_opened = menu_opened
        self._menu_handle: Any = None
        # No options: pystray would look for them by the name of this module, and drop them.
        super().__init__(ICON_NAME, appearance.images[-1], clean(appearance.tooltip), menu)
        # No icon in the Dock, no menu of the application.
        self._app.setActivationPolicy_(AppKit.NSApplicationActivationPolicyAccessory)
        self._status_item.button().setImagePosition_(AppKit.NSImageLeft)
        # The menu does not hold its delegate.
        self._menu_delegate = MenuDelegate.alloc().init()
        self._menu_delegate.icon = self

    def call_soon(self, function: Callable[[], object]) -> None:
        """Have the main thread call a function; what it raises would end the run loop."""

        def call() -> None:
            try:
                function()
            except Exception:
                log.exception("the icon could not be changed")

        AppHelper.callAfter(call)

    def change(self, appearance: Appearance) -> None:
        """Show another image, tooltip and text beside the icon."""
        if self.icon != appearance.images[-1]:
            self.icon = appearance.images[-1]
        self.title = clean(appearance.tooltip)
        self._status_item.button().setTitle_(beside_icon(appearance.label))

    def announce(self) -> None:
        """Show the icon once more."""
        if self.visible:
            self._show()

    def fill_menu(self) -> None:
        """Put the current items into the menu."""
        nsmenu, _callbacks = self._menu_handle
        callbacks: list[Callable[..., object]] = []
        nsmenu.removeAllItems()
        for descriptor in self.menu:
            # pystray's tags are the places in this list; a submenu's items come before it.
            nsmenu.addItem_(self._create_menu_item(descriptor, callbacks))
            callbacks.append(self._handler(descriptor))
        self._menu_handle = (nsmenu, callbacks)

    # What pystray calls.

    def _update_menu(self) -> None:
        """Make the menu; later it is filled when it is about to open.

        pystray's makes another each time, and a click in the one still open would find the actions
        of the new.
        """
        if self._menu_handle is None:
            nsmenu = AppKit.NSMenu.alloc().initWithTitle_(self.name)
            nsmenu.setAutoenablesItems_(False)
            self._menu_handle = (nsmenu, [])
            self.fill_menu()
            nsmenu.setDelegate_(self._menu_delegate)
            self._status_item.setMenu_(nsmenu)

    def _update_title(self) -> None:
        super()._update_title()
        # For VoiceOver: the button's own text is empty or a bare number.
        self._status_item.button().setAccessibilityLabel_(self.title)

    def _assert_image(self) -> None:
        if self._icon_image is not None:
            return
        stream = BytesIO()
        self.icon.save(stream, "PNG")
        data = Foundation.NSData.dataWithBytes_length_(stream.getvalue(), stream.tell())
        self._icon_image = AppKit.NSImage.alloc().initWithData_(data)
        self._icon_image.setSize_(tuple(side / PIXELS_PER_POINT for side in self.icon.size))
        self._icon_image.setTemplate_(True)
        self._status_item.button().setImage_(self._icon_image)

    def _run(self) -> None:
        # pystray's lets SIGINT end the process at once, without an orderly stop.
        self._mark_ready()
        try:
            hand_signals_to_run_loop()
            self._app.run()
        finally:
            # Else pystray's __del__ would do it, on whatever thread that comes.
            self.visible = False
            self._status_bar.removeStatusItem_(self._status_item)


class MenuDelegate(Foundation.NSObject):  # type: ignore[misc]  # PyObjC has no types
    """Hear from AppKit what becomes of the icon's menu."""

    def menuNeedsUpdate_(self, _menu: Any) -> None:  # noqa: N802 -- AppKit's name
        """Fill the menu that is about to open."""
        self.icon.fill_menu()

    def menuWillOpen_(self, _menu: Any) -> None:  # noqa: N802 -- AppKit's name
        """Tell that a person looks."""
        self.icon.menu_opened()


def hand_signals_to_run_loop() -> None:
    """Have Python's signal handlers called by the run loop, which waits outside of Python.

    Whoever installed them ends that by installing others.
    """
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name)
        handler = signal.getsignal(number)
        if callable(handler):
            MachSignals.signal(number, _without_frame(handler))


def _without_frame(handler: Callable[[int, None], object]) -> Callable[[int], object]:
    return lambda number: handler(number, None)
