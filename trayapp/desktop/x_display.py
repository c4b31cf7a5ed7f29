"""Connections to X servers."""

from __future__ import annotations

import logging
from typing import Any

log = logging.getLogger(__name__)


def open_display(name: str) -> Any:
    """Connect to the X server of a display; Xlib waits for ever, and raises many kinds of error."""
    import Xlib.display  # noqa: PLC0415 -- where it is needed only
    from Xlib import xauth  # noqa: PLC0415 -- as above

    # It prints what is wrong with ~/.Xauthority, and what we print may be for a program to read.
    # pystray's own connections come later than one of these.
    xauth.print = log.debug
    return Xlib.display.Display(name)
