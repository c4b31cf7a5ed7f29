"""Opening a page in the person's browser."""

from __future__ import annotations

import logging
import threading

log = logging.getLogger(__name__)


def open_page(url: str) -> None:
    """Open a page without waiting: some browsers named in BROWSER run until they are closed."""
    threading.Thread(target=_open, args=(url,), name="browser", daemon=True).start()


def _open(url: str) -> None:
    import webbrowser  # noqa: PLC0415 -- for a click only

    try:
        opened = webbrowser.open(url)
    except webbrowser.Error as error:
        log.warning("%s could not be opened: %s", url, error)
    else:
        if not opened:
            log.warning("%s could not be opened: no browser was found", url)
