"""What the tests want of a panel, and the common part of those that are one program."""

from __future__ import annotations

import signal
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar, Protocol

from jeepney import DBusErrorResponse

from .processes import require_programs, wait_for
from .screen import Box

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Sequence

    from .harness import Desktop

WATCHER = "org.kde.StatusNotifierWatcher"
START_LIMIT = 30.0
STOP_LIMIT = 15.0


class Panel(Protocol):
    """Something that shows tray icons, and may come late, crash and come back."""

    @property
    def below(self) -> Box:
        """Where menus open."""
        ...

    def start(self) -> None:
        """Start it, and return once it takes tray icons."""
        ...

    def kill(self) -> None:
        """End it as a crash would."""
        ...

    def stop(self) -> None:
        """End it, if it runs, and return once its tray has gone."""
        ...


class PanelProcess:
    """A panel along the top of the screen, with the tray at its right end."""

    name: ClassVar[str]
    program: ClassVar[str]

    menu_button: ClassVar[int]
    """The first mouse button that opens the menu."""

    size = 32
    """How high the panel is."""

    icon_size = 24

    def __init__(self, desktop: Desktop) -> None:
        require_programs(self.program)
        self.desktop = desktop
        self._process: subprocess.Popen[bytes] | None = None

    def command(self) -> Sequence[str]:
        """Return what starts it."""
        return [self.program]

    @property
    def below(self) -> Box:
        """The screen without the panel, where menus open."""
        screen = self.desktop.screen
        return Box(0, self.size + 1, screen.right, screen.bottom)

    def start(self) -> None:
        """Start the panel, and return once it takes tray icons."""
        self._process = self.desktop.start(self.command())
        wait_for(self._shows_icons, "the panel takes icons", START_LIMIT)

    def _shows_icons(self) -> bool:
        """Return whether somebody takes icons, and somebody shows them."""
        with self.desktop.bus.client() as client, suppress(DBusErrorResponse):
            property_ = "IsStatusNotifierHostRegistered"
            return bool(client.get(WATCHER, "/StatusNotifierWatcher", WATCHER, property_)[1])
        return False

    def kill(self) -> None:
        """End the panel as a crash would."""
        self.stop(signal.SIGKILL)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the panel, if it runs, and return once its tray has gone."""
        if self._process is None:
            return
        self.desktop.end(self._process, how)
        self._process = None
        wait_for(
            lambda: not self.desktop.bus.has_owner(WATCHER), "the panel's tray has gone", STOP_LIMIT
        )
