"""Starting programs for a test, and ending them in order."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from importlib.util import find_spec
from typing import IO, TYPE_CHECKING, Any, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

T = TypeVar("T")

TERMINATE_LIMIT = 5.0
"""Seconds that a program has to end when asked, before it is killed."""


def require_programs(*names: str) -> None:
    """Skip the test where a program is missing; with CI set in the environment, fail."""
    _require(names, lambda name: shutil.which(name) is not None)


def require_modules(*names: str) -> None:
    """Do the same where a module is missing."""
    _require(names, lambda name: find_spec(name) is not None)


def _require(names: Sequence[str], is_there: Callable[[str], bool]) -> None:
    missing = [name for name in names if not is_there(name)]
    if missing:
        message = f"not installed: {', '.join(missing)}"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)


def wait_for(condition: Callable[[], T | None], what: str, limit: float = 10.0) -> T:
    """Return the condition's first true value; fail with `what` when none comes in time."""
    deadline = time.monotonic() + limit
    while True:
        if value := condition():
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"within {limit:g} s it did not happen that {what}")
        time.sleep(0.02)


class Processes:
    """Programs that belong together; each leads a process group, ended with its children."""

    def __init__(self) -> None:
        self._running: list[subprocess.Popen[bytes]] = []

    def start(
        self,
        command: Sequence[str],
        environ: Mapping[str, str],
        *,
        log: IO[bytes] | int = subprocess.DEVNULL,
        **options: Any,
    ) -> subprocess.Popen[bytes]:
        """Start a program whose errors, and output if it is not piped, go to `log`."""
        process = subprocess.Popen(
            command,
            env=dict(environ),
            start_new_session=True,
            stdin=options.pop("stdin", subprocess.DEVNULL),
            stdout=options.pop("stdout", log),
            stderr=log,
            **options,
        )
        self._running.append(process)
        return process

    def end(self, process: subprocess.Popen[bytes], how: signal.Signals = signal.SIGTERM) -> int:
        """End a program and what is left of its group; return its exit status."""
        with suppress(ProcessLookupError):
            process.send_signal(how)
        try:
            process.wait(TERMINATE_LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(TERMINATE_LIMIT)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()
        if process in self._running:
            self._running.remove(process)
        return process.returncode

    def end_all(self) -> None:
        """End what still runs, the last started first."""
        for process in reversed(self._running.copy()):
            self.end(process)
