"""pystray's icon for Windows, with its menu built on the click and its icon as it was drawn.

Written from pystray 0.19.5's source (desktop.md 1.6); can be imported on Windows only.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from pystray._util import win32
from pystray._win32 import Icon as Win32Icon

from trayapp.tray.backends import ICON_NAME, Appearance
from trayapp.tray.windows import LONGEST_TOOLTIP, cut, ico

SYSTEM_DPI_AWARE = 1
SM_CXSMICON = 49
WM_QUERYENDSESSION = 0x0011
WM_ENDSESSION = 0x0016
WM_CALL = win32.WM_USER + 12
"""Ours, after pystray's two."""


class WindowsIcon(Win32Icon):  # type: ignore[misc]  # pystray has no types
    """An icon in the notification area; `icon` is the picture in every size."""

    icon: Any
    _icon_handle: Any

    def __init__(
        self, appearance: Appearance, menu: Any, menu_opened: Callable[[], object]
    ) -> None:
        # Before any window and any metrics: python.exe does not say it in its manifest.
        win32.windll.shcore.SetProcessDpiAwareness(SYSTEM_DPI_AWARE)
        self._calls: SimpleQueue[Callable[[], object]] = SimpleQueue()
        self._menu_opened = menu_opened
        self._menu_is_open = False
        self._menu_handle: Any = None
        super().__init__(
            ICON_NAME, appearance.images, cut(appearance.tooltip, LONGEST_TOOLTIP), menu
        )
        self._message_handlers |= {
            WM_CALL: self._on_call,
            # pystray answers what it does not know with 0, here: no, Windows may not shut down.
            WM_QUERYENDSESSION: lambda _wparam, _lparam: 1,
            WM_ENDSESSION: self._on_end_session,
        }

    def call_soon(self, function: Callable[[], object]) -> None:
        """Have the loop call a function; before it runs it is kept for the first call after."""
        self._calls.put(function)
        if self._hwnd is not None:
            win32.PostMessage(self._hwnd, WM_CALL, 0, 0)

    def change(self, appearance: Appearance) -> None:
        """Show other images, unless they look the same: each change is written to the disk."""
        if self.icon != appearance.images:
            self.icon = appearance.images
        self.title = cut(appearance.tooltip, LONGEST_TOOLTIP)

    def announce(self) -> None:
        """Add the icon once more; Windows refuses that for one that is there."""
        if self.visible:
            self._show()
        else:
            # Its first picture could not be loaded.
            self.visible: bool = True

    # What pystray calls.

    def _update_menu(self) -> None:
        """Do nothing: pystray's would destroy a menu that may be open."""

    def _on_notify(self, wparam: int, lparam: int) -> None:
        if lparam != win32.WM_RBUTTONUP:
            super()._on_notify(wparam, lparam)
        elif not self._menu_is_open:
            super()._update_menu()
            self._menu_opened()
            self._menu_is_open = True
            try:
                super()._on_notify(wparam, lparam)
            finally:
                self._menu_is_open = False

    def _on_call(self, _wparam: int, _lparam: int) -> None:
        while True:
            try:
                function = self._calls.get_nowait()
            except Empty:
                return
            function()

    def _on_end_session(self, ends: int, _lparam: int) -> None:
        if ends:
            self._stop()

    def _assert_icon_handle(self) -> None:
        if self._icon_handle:
            return
        side = win32.windll.user32.GetSystemMetrics(SM_CXSMICON)
        with tempfile.TemporaryDirectory(prefix=ICON_NAME, ignore_cleanup_errors=True) as folder:
            path = Path(folder) / "icon.ico"
            path.write_bytes(ico(self.icon))
            self._icon_handle = win32.LoadImage(
                None, str(path), win32.IMAGE_ICON, side, side, win32.LR_LOADFROMFILE
            )
