"""The tray's face: each new Status becomes an icon, a tooltip and a menu."""

from __future__ import annotations

import time
from collections.abc import Callable

from trayapp.coding.status import Status
from trayapp.resident.resident import Resident
from trayapp.tray.backends import Appearance, Backend, Item
from trayapp.tray.drawing import SIZES, draw_icon
from trayapp.tray.menu import SEPARATOR, Action, lay_out, tooltip


class Face:
    """Join a resident to a tray icon: Status one way, a person's clicks the other.

    `open_page` opens a URL in the person's browser.
    """

    def __init__(
        self, resident: Resident, backend: Backend, open_page: Callable[[str], None]
    ) -> None:
        self._resident = resident
        self._backend = backend
        self._open_page = open_page

    def run(self, shown: Callable[[], None]) -> None:
        """Show the icon and serve it on the calling thread, the main one, until `stop`.

        `shown` is called from another thread once the icon was handed to the desktop: the icon
        comes first, no network and no keyring may hold it up.
        """
        appearance = self.appearance(self._resident.status)
        self._resident.subscribe(lambda status: self._backend.show(self.appearance(status)))
        self._resident.on_show = self._backend.announce
        self._resident.on_quit = self._backend.stop
        self._backend.run(appearance, shown, self._resident.menu_opened)

    def stop(self) -> None:
        """Let `run` return; may be called from a signal handler."""
        self._backend.stop()

    def appearance(self, status: Status) -> Appearance:
        """Draw a status."""
        fetched_at = status.number.fetched_at if status.number else status.at
        fetched = time.strftime("%H:%M", time.localtime(fetched_at))
        return Appearance(
            images=tuple(draw_icon(status, size) for size in SIZES),
            tooltip=tooltip(status, fetched),
            items=tuple(
                Item(line.text, self._activation(line.action, status), line is SEPARATOR)
                for line in lay_out(status, fetched)
            ),
        )

    def _activation(self, action: Action | None, status: Status) -> Callable[[], None] | None:
        if action is Action.REFRESH:
            return self._resident.refresh
        if action is Action.QUIT:
            return self._resident.quit
        if action is Action.OPEN_DASHBOARD and status.dashboard_url is not None:
            url = status.dashboard_url
            # No partial: pystray counts the arguments of an action by its code.
            return lambda: self._open_page(url)
        return None
