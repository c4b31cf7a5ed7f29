"""The icon on macOS and Windows: pystray's own backends, wrapped where they need care.

Written from pystray 0.19.5's source (desktop.md 1.6, 1.7); not run by this project's tests.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from trayapp.tray.backends import ICON_NAME, Appearance

if TYPE_CHECKING:
    from PIL.Image import Image

LONGEST_TOOLTIP = 127
"""Windows' szTip holds 128 characters with the closing NUL; ctypes raises on more."""


class NativeBackend:
    """A Backend on pystray.Icon; AppKit is touched on the main thread only."""

    def __init__(self) -> None:
        self._icon: Any = None
        self._appearance: Appearance | None = None
        self._stopped = threading.Event()

    def run(
        self,
        appearance: Appearance,
        shown: Callable[[], None],
        menu_opened: Callable[[], None],
    ) -> None:
        """Show the icon and serve it on the calling thread until `stop`.

        Neither backend tells of the menu being opened, so `menu_opened` is never called.
        """
        del menu_opened
        import pystray  # noqa: PLC0415 -- it chooses its backend when imported

        self._appearance = appearance
        self._icon = pystray.Icon(
            ICON_NAME, _largest(appearance), _cut(appearance.tooltip), pystray.Menu(self._items)
        )
        if not self._stopped.is_set():
            self._icon.run(setup=partial(self._set_up, shown))

    def show(self, appearance: Appearance) -> None:
        """Change what is shown."""
        self._appearance = appearance
        _on_main_thread(self._show)

    def announce(self) -> None:
        """Show the icon once more, in case it was lost."""
        _on_main_thread(self._announce)

    def stop(self) -> None:
        """Let `run` return."""
        self._stopped.set()
        if self._icon is not None:
            self._icon.stop()

    def _set_up(self, shown: Callable[[], None], icon: Any) -> None:
        # pystray calls this on a thread of its own, where AppKit must not be touched.
        del icon
        _on_main_thread(self._announce)
        shown()

    def _show(self) -> None:
        if self._icon is not None and self._appearance is not None:
            self._icon.icon = _largest(self._appearance)
            self._icon.title = _cut(self._appearance.tooltip)
            self._icon.update_menu()

    def _announce(self) -> None:
        if self._icon is not None:
            self._icon.visible = False
            self._icon.visible = True

    def _items(self) -> Iterator[Any]:
        import pystray  # noqa: PLC0415 -- as above

        if self._appearance is not None:
            for item in self._appearance.items:
                if item.separator:
                    yield pystray.Menu.SEPARATOR
                else:
                    yield pystray.MenuItem(
                        item.text.replace("&", "&&") if sys.platform == "win32" else item.text,
                        item.activate,
                        enabled=item.activate is not None,
                    )


def _largest(appearance: Appearance) -> Image:
    return appearance.images[-1]


def _cut(text: str) -> str:
    return text[:LONGEST_TOOLTIP]


def _on_main_thread(function: Callable[[], None]) -> None:
    if sys.platform == "darwin":
        from PyObjCTools.AppHelper import callAfter  # noqa: PLC0415 -- macOS only

        callAfter(function)
    else:
        function()
