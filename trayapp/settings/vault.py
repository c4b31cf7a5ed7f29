"""Run the command that `api_key_vault_cmd` in ~/.wakatime.cfg names."""

from __future__ import annotations

import os
import queue
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import IO

from trayapp.errors import KeyProblemError

VAULT_SECONDS = 2.0
"""wakatime-cli's own limit."""

LARGEST_OUTPUT_BYTES = 4096

_HINT = "Run the command by hand: within 2 s it must print the key and nothing else."


def run_vault_command(
    command: str, source: str, environment: Mapping[str, str], *, seconds: float = VAULT_SECONDS
) -> str:
    """Give what the command prints, without blanks around it; raises KeyProblemError.

    There is no shell. `source` says where the command stands: no message and no log has the
    command itself, nor what it writes on stderr, since either may hold a secret.
    """
    try:
        process = subprocess.Popen(  # noqa: S603 -- the person's own command, and no shell
            split_command(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(environment),
            # A group of its own, so that the whole of it can be ended.
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError as error:
        # Not chained: the text of the error has the command's first word.
        raise KeyProblemError(
            f"The command of {source} cannot be started: {error.strerror}", _HINT
        ) from None
    assert process.stdout is not None  # noqa: S101 -- for mypy: PIPE was asked for
    deadline = time.monotonic() + seconds
    status: int | None = None
    output: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(
        target=_read, args=(process.stdout, output), name="vault-command", daemon=True
    ).start()
    try:
        data = output.get(timeout=seconds)
        status = process.wait(max(0.0, deadline - time.monotonic()))
    except (queue.Empty, subprocess.TimeoutExpired):
        # Not chained: the latter's text has the command.
        raise KeyProblemError(
            f"The command of {source} did not end within {seconds:g} s", _HINT
        ) from None
    finally:
        if status is None:
            _end_group(process)
    if len(data) > LARGEST_OUTPUT_BYTES:
        raise KeyProblemError(f"The command of {source} printed far too much for a key", _HINT)
    if status != 0:
        raise KeyProblemError(f"The command of {source} failed with exit status {status}", _HINT)
    # Whatever no key can hold, `read_key` refuses.
    return data.decode("ascii", errors="replace").strip()


def split_command(command: str) -> list[str]:
    """Split a command as wakatime-cli does, at blanks, unless that would tear a quotation."""
    words = command.split()
    if any(word.count(mark) % 2 for word in words for mark in "\"'"):
        # A lone apostrophe is no quotation.
        with suppress(ValueError):
            return shlex.split(command, posix=sys.platform != "win32")
    return words


def _read(stream: IO[bytes], output: queue.SimpleQueue[bytes]) -> None:
    with stream:
        output.put(stream.read(LARGEST_OUTPUT_BYTES + 1))


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """Kill the command and what it started."""
    if sys.platform == "win32":
        process.kill()
    else:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
