"""A log that costs nothing until it is written to.

For what `trayapp heartbeat` runs: to import logging takes half as long as to start Python.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging


def late_log(name: str) -> logging.Logger:
    """Give the logger of a module."""
    import logging  # noqa: PLC0415 -- the point of it

    keep_quiet()
    return logging.getLogger(name)


def keep_quiet() -> None:
    """Let logging print nothing, unless somebody asked for a log."""
    import logging  # noqa: PLC0415

    if not logging.getLogger().handlers:
        # Else it would print warnings by itself.
        logging.getLogger().addHandler(logging.NullHandler())
