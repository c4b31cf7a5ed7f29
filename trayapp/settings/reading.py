"""Read a settings file that a person may have damaged or replaced by something else."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from trayapp.errors import ConfigError

LARGEST_FILE_BYTES = 1024 * 1024


def read_settings_file(path: Path) -> bytes | None:
    """Give the file's bytes, None when there is none; raises ConfigError."""
    try:
        # Without O_NONBLOCK the opening of a named pipe waits for its writer.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        descriptor = os.open(path, flags)
        with os.fdopen(descriptor, "rb") as stream:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise ConfigError(f"{path} is no ordinary file", "Put a text file in its place.")
            data = stream.read(LARGEST_FILE_BYTES + 1)
    except FileNotFoundError:
        return None
    except IsADirectoryError as error:
        raise ConfigError(f"{path} is a folder", "Put a text file in its place.") from error
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read: {error.strerror}", "Make it readable for your user."
        ) from error
    if len(data) > LARGEST_FILE_BYTES:
        raise ConfigError(f"{path} is larger than 1 MiB", "Is it the right file?")
    return data
