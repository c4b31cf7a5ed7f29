"""The log: a file for the resident, standard error for whoever says --verbose; never a key."""

from __future__ import annotations

import logging
import logging.handlers
import os
import re
import sys
import threading
import traceback
from io import TextIOWrapper
from pathlib import Path
from typing import Any

LARGEST_LOG_BYTES = 1_000_000
LOG_FILES = 3

_FORMAT = "%(asctime)s %(levelname)-7s %(threadName)s %(name)s: %(message)s"

# No key is ever handed to the log; should a library or a server's text bring one along, this is
# the last door: keys as the three servers make them, and Authorization values.
_SECRETS = re.compile(
    r"(?:waka_(?:tok_)?|hka_)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|hka_[0-9a-f]+|(?<=basic )[a-z0-9+/=]{8,}|(?<=bearer )\S{8,}",
    re.IGNORECASE,
)


class RedactingFormatter(logging.Formatter):
    """Format a record, exceptions included, with anything that looks like a key masked."""

    def format(self, record: logging.LogRecord) -> str:
        """Format a record as text."""
        return redact(super().format(record))


class PrivateFileHandler(logging.handlers.RotatingFileHandler):
    """Rotate files that only their owner can read, the first of them and every later one."""

    def _open(self) -> TextIOWrapper:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        stream = os.fdopen(os.open(self.baseFilename, flags, 0o600), "ab")
        return TextIOWrapper(
            stream, encoding=self.encoding, errors=self.errors, line_buffering=True
        )


class TerminalFormatter(RedactingFormatter):
    """The same for people, who are shown where an exception arose and no traceback."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 -- logging's own name
        """Format an exception as one line: its type, its text and the lines it came through."""
        kind, error, trace = ei
        frames = traceback.extract_tb(trace)[-3:]
        lines = ", ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
        return f"{kind.__name__}: {error} ({lines})"


def redact(text: str) -> str:
    """Mask whatever looks like a key."""
    return _SECRETS.sub("[key]", text)


def log_to_file(folder: Path, *, verbose: bool) -> Path:
    """Log to a file of LARGEST_LOG_BYTES, of which LOG_FILES are kept; gives its path."""
    path = folder / "trayapp.log"
    handler = PrivateFileHandler(
        path,
        maxBytes=LARGEST_LOG_BYTES,
        backupCount=LOG_FILES - 1,
        encoding="utf-8",
        errors="backslashreplace",
    )
    handler.setFormatter(RedactingFormatter(_FORMAT))
    _add(handler, verbose=verbose)
    # A full disk must not print a traceback for each line that finds no room.
    logging.raiseExceptions = False
    threading.excepthook = _log_thread_failure
    return path


def log_to_terminal() -> None:
    """Log everything to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(TerminalFormatter(_FORMAT))
    _add(handler, verbose=True)


def _add(handler: logging.Handler, *, verbose: bool) -> None:
    ours = logging.getLogger("trayapp")
    ours.addHandler(handler)
    ours.setLevel(logging.DEBUG if verbose else logging.INFO)
    # Libraries tell at DEBUG what they send; their warnings are enough.
    others = logging.getLogger()
    others.addHandler(handler)
    others.setLevel(logging.WARNING)
    ours.propagate = False


def _log_thread_failure(failure: threading.ExceptHookArgs) -> None:
    name = failure.thread.name if failure.thread else "?"
    if failure.exc_value is not None:
        logging.getLogger("trayapp").critical(
            "thread %s ended by a mistake", name, exc_info=failure.exc_value
        )
