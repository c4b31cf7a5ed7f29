"""The secret from which the pseudonyms of hidden projects are made.

It never leaves this machine: who has it can try names until one gives a known pseudonym. Every
process must use the same one, so it is made once and never replaced.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from trayapp.errors import ConfigError
from trayapp.settings.locations import make_private_folder
from trayapp.settings.reading import read_settings_file

SECRET_BYTES = 32
FILE_NAME = "hiding-secret"


def read_hiding_secret(state_dir: Path) -> bytes:
    """Give the secret, made on first use as a file that only its owner can read.

    Raises ConfigError where it cannot be read or made.
    """
    path = state_dir / FILE_NAME
    data = read_settings_file(path)
    if data is None:
        try:
            _make(path)
        except OSError as error:
            raise ConfigError(
                f"{path} cannot be made: {error.strerror}",
                f"Hidden projects need it. Make {state_dir} writable for your user.",
            ) from error
        # Perhaps another process was first.
        data = read_settings_file(path) or b""
    text = data.decode("ascii", errors="replace").strip()
    if not re.fullmatch(f"[0-9a-f]{{{2 * SECRET_BYTES}}}", text):
        raise ConfigError(
            f"{path} is damaged",
            "Bring it back from a backup, or remove it: hidden projects then get new names.",
        )
    return bytes.fromhex(text)


def _make(path: Path) -> None:
    """Write the whole file under another name and link it, which fails where there is one."""
    import secrets  # noqa: PLC0415 -- seldom made
    import tempfile  # noqa: PLC0415

    make_private_folder(path.parent)
    # mkstemp makes it 0600.
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(f"{secrets.token_hex(SECRET_BYTES)}\n")
            stream.flush()
            os.fsync(stream.fileno())
        with suppress(FileExistsError):
            os.link(name, path)
    finally:
        Path(name).unlink(missing_ok=True)
