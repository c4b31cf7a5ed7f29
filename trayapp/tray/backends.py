"""Which kind of tray icon this system gets, and how it is driven.

Linux has our own StatusNotifierItem, macOS and Windows have pystray's. Nothing heavy is imported
before a backend is made.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from trayapp.errors import NoDesktopError

if TYPE_CHECKING:
    from PIL.Image import Image

ICON_NAME = "trayapp"


@dataclass(frozen=True)
class Item:
    """One line of a native menu; `activate` is None where a click does nothing."""

    text: str
    activate: Callable[[], None] | None = None
    separator: bool = False


@dataclass(frozen=True)
class Appearance:
    """What a tray icon shows: one image for each size, a tooltip, the menu's lines."""

    images: tuple[Image, ...]
    tooltip: str
    items: tuple[Item, ...]


class Backend(Protocol):
    """A tray icon; every method but `run` may be called from any thread."""

    def run(
        self,
        appearance: Appearance,
        shown: Callable[[], None],
        menu_opened: Callable[[], None],
    ) -> None:
        """Show the icon and serve it on the calling thread, the main one, until `stop`.

        `shown` is called once the icon was handed to the desktop, from another thread.
        """

    def show(self, appearance: Appearance) -> None:
        """Change what is shown."""

    def announce(self) -> None:
        """Draw attention to the icon."""

    def stop(self) -> None:
        """Let `run` return; may be called from a signal handler."""


def make_backend(environment: Mapping[str, str]) -> Backend:
    """Make this system's backend; raises NoDesktopError where no icon can ever be shown."""
    if sys.platform in ("darwin", "win32"):
        from trayapp.tray.native import NativeBackend  # noqa: PLC0415 -- not on Linux

        return NativeBackend()
    if not has_session_bus(environment) and not has_display(environment):
        raise NoDesktopError(
            "There is no desktop here: neither a session bus nor a display",
            "For the number alone use trayapp today, in a terminal or a status bar. (On GNOME the "
            "icon needs the extension AppIndicator and KStatusNotifierItem Support.)",
        )
    from trayapp.tray.linux import StatusNotifierBackend  # noqa: PLC0415 -- on Linux only

    return StatusNotifierBackend()


def has_session_bus(environment: Mapping[str, str]) -> bool:
    """Tell whether the environment names a session bus or has one at the usual place."""
    if environment.get("DBUS_SESSION_BUS_ADDRESS"):
        return True
    runtime = environment.get("XDG_RUNTIME_DIR")
    return bool(runtime) and os.path.exists(os.path.join(str(runtime), "bus"))  # noqa: PTH110, PTH118


def has_display(environment: Mapping[str, str]) -> bool:
    """Tell whether the environment names an X or Wayland display."""
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


@dataclass(frozen=True)
class TrayDescription:
    """Which backend serves here, why no other, and what to do where no icon shows."""

    shows: bool
    found: str
    advice: str = ""


def describe_tray(environment: Mapping[str, str]) -> TrayDescription:
    """Find out, within a few seconds, whether an icon shows on this desktop."""
    if sys.platform in ("darwin", "win32"):
        return TrayDescription(shows=True, found="pystray's own backend, the system's only tray")
    if not has_session_bus(environment) and not has_display(environment):
        return TrayDescription(
            shows=False,
            found="none: no session bus and no display",
            advice="Here trayapp today shows the number; the icon needs a desktop.",
        )
    from trayapp.tray.statusnotifier import probe  # noqa: PLC0415 -- jeepney, on Linux only

    result = probe(environ=environment)
    why = "pystray's own have no menu without GTK, and nothing on Wayland"
    if result.host:
        return TrayDescription(shows=True, found=f"StatusNotifierItem ({why}). {result.reason}")
    gnome = "GNOME" in environment.get("XDG_CURRENT_DESKTOP", "").upper()
    return TrayDescription(
        shows=False,
        found=f"StatusNotifierItem, waiting. {result.reason}",
        advice="Install the GNOME extension AppIndicator and KStatusNotifierItem Support."
        if gnome
        else "Add a tray to your panel; the icon appears as soon as one is there.",
    )
