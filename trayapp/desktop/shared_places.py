"""Files of ours in folders where others may have put theirs under the same name."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from trayapp.errors import AutostartError

_LARGEST_FILE_BYTES = 1024 * 1024


def user_folder(environment: Mapping[str, str], variable: str, default: Path) -> Path:
    """Give the folder that a variable names; a relative path counts as unset.

    Source: https://specifications.freedesktop.org/basedir-spec
    """
    given = Path(environment.get(variable, ""))
    return given if given.is_absolute() else default


def read_file(path: Path) -> bytes | None:
    """Read a file, None where there is none; raises AutostartError.

    What is no ordinary file reads as an empty one, as a link to /dev/null does.
    """
    try:
        with open(path, "rb", opener=_open_at_once) as stream:
            is_ordinary = stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
            return stream.read(_LARGEST_FILE_BYTES) if is_ordinary else b""
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise AutostartError(
            f"{path} cannot be read ({error.strerror})", "Look at what lies there."
        ) from error


def remove_link(path: Path) -> None:
    """Remove a link that somebody else put there, for what is written would replace its target.

    Raises AutostartError.
    """
    if path.is_symlink():
        try:
            path.unlink()
        except OSError as error:
            raise not_writable(path, error) from error


def not_writable(path: Path, error: OSError) -> AutostartError:
    """Say that a file can be neither written nor removed."""
    return AutostartError(
        f"{path} cannot be written ({error.strerror})", "Make that folder writable for yourself."
    )


def _open_at_once(path: str, flags: int) -> int:
    # Without O_NONBLOCK the opening of a named pipe waits for its writer.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
