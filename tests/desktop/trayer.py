"""trayer 1.1 on a desktop: a panel that is an XEmbed tray and nothing else."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from trayapp.tray.xembed import find_tray

from .processes import require_programs, wait_for
from .screen import Box

if TYPE_CHECKING:
    import subprocess

    from .harness import Desktop

START_LIMIT = 15.0


class Trayer:
    """A tray at the right end of the screen's top edge."""

    def __init__(self, desktop: Desktop, *, size: int = 24, tint: str = "0x303030") -> None:
        require_programs("trayer")
        self._desktop = desktop
        self._size = size
        self._tint = tint
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def below(self) -> Box:
        """The screen without the tray."""
        screen = self._desktop.screen
        return Box(0, self._size + 1, screen.right, screen.bottom)

    def start(self) -> None:
        """Start it, and return once it takes icons."""
        place = "--edge top --align right --widthtype request --transparent true --alpha 0"
        look = f"--tint {self._tint} --heighttype pixel --height {self._size}"
        self._process = self._desktop.start(["trayer", *place.split(), *look.split()])
        wait_for(self._is_there, "trayer takes icons", START_LIMIT)

    def kill(self) -> None:
        """End it as a crash would."""
        self.stop(signal.SIGKILL)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it, if it runs, and return once its tray has gone."""
        if self._process is None:
            return
        self._desktop.end(self._process, how)
        self._process = None
        wait_for(lambda: not self._is_there(), "the tray has gone")

    def _is_there(self) -> bool:
        return find_tray(self._desktop.environ["DISPLAY"])[0]
