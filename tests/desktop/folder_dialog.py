"""A folder dialog's window, used by keys."""

from __future__ import annotations

import subprocess
from pathlib import Path

from trayapp.desktop.folder_chooser import TITLE

from .harness import Desktop
from .processes import wait_for


def windows(desktop: Desktop) -> bytes:
    """Give the ids of the dialogs that show, a line each."""
    return subprocess.run(
        ["xdotool", "search", "--onlyvisible", "--name", TITLE],
        env=desktop.environ,
        stdout=subprocess.PIPE,
        timeout=10,
        check=False,
    ).stdout


def window_shows(desktop: Desktop) -> None:
    """Wait for a dialog, and have it take the keys."""
    window = wait_for(lambda: windows(desktop), "the dialog is there").split()[0].decode()
    desktop.run(["xdotool", "windowfocus", "--sync", window])
    desktop.settled()


def type_folder(desktop: Desktop, folder: Path) -> None:
    """Type a folder's path into a dialog of GTK's."""
    # The first letter opens the line for the others, and what comes too soon is lost.
    for text in ("/", str(folder).removeprefix("/")):
        desktop.run(["xdotool", "type", "--delay", "20", text])
        desktop.settled()
