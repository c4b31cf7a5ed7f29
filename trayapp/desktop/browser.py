"""Opening a page in the person's browser, and a folder in their file manager."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading

from trayapp.errors import TrayappError

log = logging.getLogger(__name__)


def open_page(url: str) -> None:
    """Open a page without waiting: some browsers named in BROWSER run until they are closed."""
    threading.Thread(target=_open, args=(url,), name="browser", daemon=True).start()


def open_folder(path: str) -> None:
    """Open a folder without waiting, by the system's own opener; raises TrayappError."""
    if sys.platform == "win32":
        os.startfile(path)  # noqa: S606 -- a folder that the person added
        return
    program = "open" if sys.platform == "darwin" else "xdg-open"
    try:
        opener = subprocess.Popen(  # noqa: S603 -- ours
            [program, path],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise TrayappError(
            f"The folder could not be opened: {program} cannot be started", f"It is {path}"
        ) from error
    # Some file managers run as long as their window; somebody must take note of their end.
    threading.Thread(target=opener.wait, name="file-manager", daemon=True).start()


def _open(url: str) -> None:
    import webbrowser  # noqa: PLC0415 -- for a click only

    try:
        opened = webbrowser.open(url)
    except webbrowser.Error as error:
        log.warning("%s could not be opened: %s", url, error)
    else:
        if not opened:
            log.warning("%s could not be opened: no browser was found", url)
