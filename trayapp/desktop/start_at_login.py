"""Start at login as a menu has it: on or off, and mended after an upgrade."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable

from trayapp.desktop.autostart import Autostart
from trayapp.errors import AutostartError

log = logging.getLogger(__name__)


class StartAtLogin:
    """Switch whether trayapp starts at login.

    `find_command` gives what is to be started, or raises NotInstalledError; `exists` finds a
    program.
    """

    def __init__(
        self,
        autostart: Autostart,
        find_command: Callable[[], tuple[str, ...]],
        exists: Callable[[str], bool] = lambda program: shutil.which(program) is not None,
    ) -> None:
        self._autostart = autostart
        self._find_command = find_command
        self._exists = exists

    def starts(self) -> bool | None:
        """Tell whether it starts at login, None where that cannot be read."""
        try:
            return self._autostart.status().starts
        except AutostartError as error:
            log.info("whether trayapp starts at login is not known: %s", error)
            return None

    def switch(self, *, on: bool) -> None:
        """Have it started at login, or no longer; raises AutostartError."""
        if on:
            self._autostart.enable(self._find_command())
        else:
            self._autostart.disable()

    def mend(self) -> bool:
        """Write our entry anew where its program is gone, and tell whether that was so.

        An upgrade may have moved it. While it is there it is left alone, whatever this one is: a
        copy that somebody tries out, perhaps, or the command was changed by hand. So is an entry
        that is off, or not ours, and any by a trayapp that is not installed.
        """
        try:
            status = self._autostart.status()
            if not status.wanted or status.is_foreign:
                return False
            if status.command is not None and self._exists(status.command[0]):
                return False
            command = self._find_command()
            self._autostart.enable(command)
        except AutostartError as error:
            log.info("what starts at login was left as it is: %s", error)
            return False
        log.info("trayapp is started at login by %s now", command[0])
        return True
