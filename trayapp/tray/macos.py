"""The icon on macOS: what is decided, beside macos_icon.py, which calls AppKit."""

from __future__ import annotations

import logging
import subprocess
import threading
from collections.abc import Callable
from typing import Any

from trayapp.tray.backends import ICON_NAME, Appearance
from trayapp.tray.drawing import Artwork
from trayapp.tray.native import NativeBackend, NativeIcon
from trayapp.tray.statusnotifier.text import clean

log = logging.getLogger(__name__)

OSASCRIPT = "/usr/bin/osascript"

OSASCRIPT_LIMIT = 10.0
"""Seconds for a notification to be handed over."""

_SCRIPT = (
    "on run argv",
    "display notification (item 2 of argv) with title (item 1 of argv)",
    "end run",
)


class MacOSBackend(NativeBackend):
    """A Backend in the menu bar, where a click on the icon opens the menu."""

    artwork = Artwork.TEMPLATE
    opens_menu_only = True

    def notify(self, title: str, body: str) -> None:
        """Show a notification, without waiting for it; one that fails is a logged warning.

        AppKit takes notifications from signed bundles only, so a program of the system shows it.
        """
        command = notification_command(title, body)
        threading.Thread(target=_run, args=(command,), name="notification", daemon=True).start()

    def _make_icon(
        self, appearance: Appearance, menu: Any, menu_opened: Callable[[], object]
    ) -> NativeIcon:
        from trayapp.tray.macos_icon import MacOSIcon  # noqa: PLC0415 -- on macOS only

        return MacOSIcon(appearance, menu, menu_opened)


def notification_command(title: str, body: str) -> list[str]:
    """Give the command that shows a notification; the texts are arguments, so never script."""
    script = [part for line in _SCRIPT for part in ("-e", line)]
    return [OSASCRIPT, *script, clean(title) or ICON_NAME, clean(body)]


def beside_icon(label: str) -> str:
    """Write the text beside the icon: away from it, and nothing at all where there is none."""
    return f" {clean(label)}" if label else ""


def _run(command: list[str]) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=OSASCRIPT_LIMIT)  # noqa: S603 -- ours
    except (OSError, subprocess.SubprocessError) as error:
        log.warning("a notification could not be shown: %s", error)
