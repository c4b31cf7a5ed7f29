"""The busy icon in a process of its own, whose memory and descriptors can be counted."""

from __future__ import annotations

import select
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tests.desktop.processes import Processes, wait_for

if TYPE_CHECKING:
    from tests.desktop.bus import PrivateBus

    from .fake_watcher import FakeWatcher

ROOT = Path(__file__).parents[3]


class BusyProcess:
    """Runs the icon while its with block runs, registered with a watcher; it may log no error."""

    def __init__(self, bus: PrivateBus, watcher: FakeWatcher) -> None:
        self._bus = bus
        self._watcher = watcher
        self._processes = Processes()
        self._log = (bus.directory / "busy-icon.log").open("w+b")

    def __enter__(self) -> Self:
        self._process = self._processes.start(
            [sys.executable, "-m", "tests.tray.statusnotifier.busy_icon"],
            {"DBUS_SESSION_BUS_ADDRESS": self._bus.address, "PATH": "/usr/bin:/bin"},
            cwd=ROOT,
            log=self._log,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        wait_for(lambda: self._watcher.registrations, "the icon is registered")
        self.name = self._watcher.registrations[-1][0]
        return self

    def __exit__(self, *_error: object) -> None:
        self._processes.end_all()
        with self._log:
            self._log.seek(0)
            logged = self._log.read().decode()
        assert not logged, logged

    def change(self, count: int, pause: float) -> None:
        """Have so many changes made; does not wait."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{count} {pause}\n".encode())
        self._process.stdin.flush()

    def has_done(self, within: float = 0.0) -> bool:
        """Return whether the changes asked for have been made; wait so many seconds for that."""
        output = self._process.stdout
        assert output is not None
        if not select.select([output], [], [], within)[0]:
            return False
        assert output.readline() == b"done\n"
        return True

    def memory(self) -> int:
        """Return the resident memory in KiB."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0])

    def descriptors(self) -> int:
        """Return how many files are open."""
        return len(list(Path(f"/proc/{self._process.pid}/fd").iterdir()))
