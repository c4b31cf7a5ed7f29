"""A running `trayapp watch`, and what it says."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any

from tests.desktop.processes import wait_for

LINE_LIMIT = 20.0
END_LIMIT = 10.0

NO_VARIABLES: Mapping[str, str] = MappingProxyType({})


class Watching:
    """A running `trayapp watch`, its home folder below `folder`."""

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        name: str = "errors",
        output: IO[bytes] | int = subprocess.PIPE,
        variables: Mapping[str, str] = NO_VARIABLES,
        dry: bool = True,
        command: Sequence[str] = (),
    ) -> None:
        self.home = folder / "home"
        self.home.mkdir(exist_ok=True)
        self.errors = folder / name
        self.environment = {
            "HOME": str(self.home),
            "PATH": os.environ["PATH"],
            "PYTHONWARNINGS": "error",
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "XDG_STATE_HOME": str(self.home / "state"),
            **variables,
        }
        with self.errors.open("ab") as errors:
            self.process = subprocess.Popen(
                command
                or [sys.executable, "-m", "trayapp", "watch", *["--dry-run"] * dry, *arguments],
                env=self.environment,
                stdout=output,
                stderr=errors,
            )

    def wait_until(self, words: str) -> None:
        """Wait until it has said this beside its output."""
        wait_for(lambda: words in self.said(), f"it says {words!r}", LINE_LIMIT)

    def said(self) -> str:
        return self.errors.read_text()

    def heartbeat(self) -> dict[str, Any]:
        """Give the next heartbeat that it prints."""
        assert self.process.stdout is not None
        assert select.select([self.process.stdout], [], [], LINE_LIMIT)[0], self.said()
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
        return found

    def end(self, how: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """End it; give its exit code and what it still printed."""
        self.process.send_signal(how)
        output, _ = self.process.communicate(timeout=END_LIMIT)
        return self.process.returncode, output.decode()


@contextmanager
def watching(
    folder: Path,
    *arguments: str,
    name: str = "errors",
    output: IO[bytes] | int = subprocess.PIPE,
    variables: Mapping[str, str] = NO_VARIABLES,
    dry: bool = True,
    command: Sequence[str] = (),
) -> Iterator[Watching]:
    """Run it while the block lasts; `command` runs it in another way."""
    one = Watching(
        folder,
        *arguments,
        name=name,
        output=output,
        variables=variables,
        dry=dry,
        command=command,
    )
    try:
        yield one
    finally:
        if one.process.poll() is None:
            one.process.kill()
        one.process.communicate()
