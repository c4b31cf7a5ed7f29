"""Started at login: one seam for three systems, and what a person is told of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

Write: TypeAlias = Callable[[Path, str], None]
"""Writes a whole file or nothing of it; raises OSError."""


@dataclass(frozen=True)
class AutostartStatus:
    """What will happen at the next login.

    `starts` is what the desktop will do, not whether a file exists; `reason` says what keeps it
    from that. `place` is the file or registry value that decides it, `command` what it names.
    `wanted` tells of an entry that nobody switched off, `is_foreign` of one that trayapp did not
    write.
    """

    starts: bool
    reason: str
    place: str
    command: tuple[str, ...] | None = None
    wanted: bool = False
    is_foreign: bool = False


class Autostart(Protocol):
    """Has one command started at login."""

    def status(self) -> AutostartStatus:
        """Say what the desktop will do; raises AutostartError where that cannot be read."""

    def enable(self, command: tuple[str, ...], *, overwrite: bool = False) -> None:
        """Have the command started; raises AutostartError.

        Of an entry that is not ours it raises ForeignEntryError, unless it may be overwritten.
        """

    def disable(self, *, overwrite: bool = False) -> None:
        """Leave nothing behind; raises as `enable`."""


def make_autostart(environment: Mapping[str, str], home: Path, write: Write) -> Autostart:
    """Give the autostart of this system."""
    if sys.platform == "darwin":
        from trayapp.desktop.autostart_macos import LaunchAgent  # noqa: PLC0415 -- here only

        return LaunchAgent(home, write)
    if sys.platform == "win32":
        from trayapp.desktop.autostart_windows import RunKey  # noqa: PLC0415
        from trayapp.desktop.windows_registry import WindowsRegistry  # noqa: PLC0415

        return RunKey(WindowsRegistry())
    from trayapp.desktop.autostart_xdg import XdgAutostart  # noqa: PLC0415

    return XdgAutostart(environment, home, write)
