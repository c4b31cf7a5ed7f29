"""pystray's xorg icon, served by the caller's loop and drawn in whole pixels.

Importing this opens an X connection, as pystray's module does; it raises where there is none.
pystray itself is to be imported before, by statusnotifier/pystray_base.py.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pystray._xorg import Icon as XorgIcon
from Xlib import X
from Xlib.ext import shape

from trayapp.tray.backends import ICON_NAME
from trayapp.tray.xembed import close_display, events, fit, ignore_x_error, opaque_runs

if TYPE_CHECKING:
    from PIL.Image import Image

_UNSORTED = 0


class EmbeddedIcon(XorgIcon):  # type: ignore[misc]  # pystray has no types
    """An icon in the XEmbed tray of the display in $DISPLAY, there as soon as it is made.

    Used by one thread only, which takes the place of pystray's loop: that one ends, and leaves
    every setter waiting for ever, when the connection is lost.
    """

    def __init__(
        self, images: Sequence[Image], menu: Any, submit: Callable[[Callable[[], object]], object]
    ) -> None:
        self.gone = False
        """Whether the icon's window was destroyed, as it is with the tray that holds it."""
        self._submit = submit
        self._thread = threading.current_thread()
        self._icon_data: Image | None = None
        # The title is a window name, by which panels remember an icon: it never changes.
        super().__init__(ICON_NAME, images, ICON_NAME, menu)
        self._display.set_error_handler(ignore_x_error)
        self._message_handlers[X.DestroyNotify] = self._destroyed
        self._window.change_attributes(
            event_mask=X.ExposureMask | X.StructureNotifyMask | X.ButtonPressMask
        )
        self.visible = True

    def __del__(self) -> None:
        """Do nothing: pystray's would close what close() has closed."""

    def fileno(self) -> int:
        """Give the descriptor to wait on."""
        return int(self._display.fileno())

    def read(self) -> None:
        """Take what has come from the X server: a click, another size, a part to be drawn."""
        for event in events(self._display):
            handler = self._message_handlers.get(event.type)
            if handler is not None:
                handler(event)

    def draw(self, images: Sequence[Image]) -> None:
        """Show another picture."""
        if images is not self._icon:
            self.icon = images

    def close(self) -> None:
        """Leave the tray and the X server."""
        close_display(self._display)

    # What pystray calls.

    def _assert_docked(self) -> None:
        # Once: pystray asks the tray again with each picture. The tray may have gone; that is told.
        if self._systray_manager is None:
            self._dock_window()

    def _assert_icon_data(self, width: int, height: int) -> None:
        if self._icon_data is not None and self._icon_data.size == (width, height):
            return
        picture = fit(self._icon, width, height)
        self._icon_data = picture.convert("RGB")
        if self._display.has_extension("SHAPE"):
            # What is transparent is no part of the window: the panel's own ground stays there.
            self._window.shape_rectangles(
                shape.SO.Set, shape.SK.Bounding, _UNSORTED, 0, 0, opaque_runs(picture)
            )

    def _on_button_press(self, event: Any) -> None:
        if event.detail == 1:
            self._submit(self)

    def _destroyed(self, event: Any) -> None:
        if event.window == self._window:
            self.gone = True
