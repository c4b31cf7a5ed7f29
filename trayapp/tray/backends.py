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

from trayapp.desktop.current_desktop import is_desktop
from trayapp.errors import NoDesktopError
from trayapp.tray.drawing import Artwork

if TYPE_CHECKING:
    from PIL.Image import Image

    from trayapp.tray.statusnotifier import Probe

ICON_NAME = "trayapp"


@dataclass(frozen=True)
class Item:
    """One line of a native menu.

    `activate` is None where a click does nothing. `checked` is None for a line without a mark; with
    `radio` the mark is one of several, of which one is set. The `default` item is what a click on
    the icon itself does, where that does not open the menu.
    """

    text: str
    activate: Callable[[], None] | None = None
    separator: bool = False
    checked: bool | None = None
    radio: bool = False
    default: bool = False
    children: tuple[Item, ...] = ()


@dataclass(frozen=True)
class Appearance:
    """What a tray icon shows: one image for each size, a tooltip, the menu's lines.

    `label` is text beside the icon, for panels that can; empty for none. With `attention` the panel
    is asked to bring the icon forward.
    """

    images: tuple[Image, ...]
    tooltip: str
    items: tuple[Item, ...]
    label: str = ""
    attention: bool = False


class Backend(Protocol):
    """A tray icon; every method but `run` may be called from any thread."""

    artwork: Artwork
    """What its images are to be like."""

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
    if sys.platform == "darwin":
        from trayapp.tray.macos import MacOSBackend  # noqa: PLC0415 -- here only

        return MacOSBackend()
    if sys.platform == "win32":
        from trayapp.tray.windows import WindowsBackend  # noqa: PLC0415 -- here only

        return WindowsBackend()
    if not has_session_bus(environment) and not has_display(environment):
        raise NoDesktopError(
            "There is no desktop here: neither a session bus nor a display",
            "For the number alone use trayapp today, in a terminal or a status bar. (On GNOME the "
            "icon needs the extension AppIndicator and KStatusNotifierItem Support.)",
        )
    from trayapp.tray.linux import StatusNotifierBackend  # noqa: PLC0415 -- on Linux only

    return StatusNotifierBackend(environment)


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
    """Which backend serves here and why, why each other does not, what to do where no icon shows.

    `serves` is empty where none does. Reasons are clauses, without a capital and a full stop.
    """

    serves: str
    reason: str = ""
    passed_over: tuple[tuple[str, str], ...] = ()
    advice: str = ""

    @property
    def shows(self) -> bool:
        """Whether an icon shows."""
        return bool(self.serves)

    @property
    def found(self) -> str:
        """Say all but the advice in one line."""
        served = ": ".join(filter(None, (self.serves or "none", self.reason)))
        passed_over = (f"not {name}: {reason}" for name, reason in self.passed_over)
        return f"{'; '.join((served, *passed_over))}."


def describe_tray(environment: Mapping[str, str]) -> TrayDescription:
    """Find out, within a few seconds, whether an icon shows on this desktop."""
    if sys.platform in ("darwin", "win32"):
        return TrayDescription("pystray's own backend", "the system's only tray")
    if not has_session_bus(environment) and not has_display(environment):
        return TrayDescription(
            "",
            "no session bus and no display",
            advice="Here trayapp today shows the number; the icon needs a desktop.",
        )
    from trayapp.tray.statusnotifier import probe  # noqa: PLC0415 -- jeepney, on Linux only
    from trayapp.tray.xembed import find_tray  # noqa: PLC0415 -- on Linux only

    result = probe(environ=environment)
    xembed = (False, "only without a watcher, it has no menu")
    if not result.watcher:
        display = environment.get("DISPLAY")
        xembed = find_tray(display) if display else (False, "there is no X display")
    return _choose_tray(result, *xembed, gnome=is_desktop(environment, "GNOME"))


def _choose_tray(item: Probe, has_xembed: bool, xembed: str, *, gnome: bool) -> TrayDescription:
    """Describe what serves, from what was found for StatusNotifierItem and for XEmbed."""
    item_reason = item.reason[:1].lower() + item.reason[1:].rstrip(".")
    not_item, not_xembed = ("StatusNotifierItem", item_reason), ("XEmbed", xembed)
    never = ("pystray's appindicator and gtk", "need PyGObject and GTK")
    if item.host:
        return TrayDescription(*not_item, (not_xembed, never))
    if has_xembed:
        why = f"{xembed}, a click opens the dashboard"
        return TrayDescription("XEmbed", why, (not_item, never))
    return TrayDescription(
        "",
        passed_over=(not_item, not_xembed, never),
        advice="Install the GNOME extension AppIndicator and KStatusNotifierItem Support."
        if gnome
        else "Add a tray to your panel; the icon appears as soon as one is there.",
    )
