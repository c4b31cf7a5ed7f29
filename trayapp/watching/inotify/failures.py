"""Log a mistake without its text, which may have a path in it that a person hides."""

from __future__ import annotations

import logging
import traceback
from pathlib import PurePath


def log_failure(log: logging.Logger, what: str, error: BaseException) -> None:
    """Log what failed, with the error's type and the lines it came through, innermost last."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = " > ".join(f"{PurePath(frame.filename).name}:{frame.lineno}" for frame in frames)
    log.error("%s: %s (%s)", what, type(error).__name__, lines)
