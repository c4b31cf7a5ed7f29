"""What the tray costs while nothing happens: how often it wakes, and its time on the processor.

    python -m tests.benchmarks.at_rest [SECONDS]

On a desktop of its own with a real xfce4-panel it runs the tray part alone and the whole
application with a test server, both over the same time.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.desktop.app import WATCHER, App
from tests.desktop.harness import Desktop
from tests.desktop.processes import wait_for
from tests.desktop.xfce import XfcePanel
from tests.server import Server
from tests.threads import sleeps

SECONDS = 60.0
SETTLE = 5.0
"""Seconds in which what follows the start ends."""

START_LIMIT = 15.0

TARGETS = {"the tray part alone": 1}
"""What was promised, in wake-ups a minute; this program prints and does not judge."""


@dataclass(frozen=True)
class Cost:
    """What a process's threads have spent together so far."""

    wakeups: int
    seconds: float


def cost(process: int) -> Cost:
    """Read how often the threads of a process have waited, and for how long they ran."""
    wakeups = sum(sleeps(process).values())
    files = Path(f"/proc/{process}/task").glob("*/schedstat")
    return Cost(wakeups, sum(int(file.read_text().split()[0]) for file in files) / 1e9)


def icons(desktop: Desktop) -> int:
    """Return how many icons the panel has accepted."""
    with desktop.bus.client() as client:
        registered = "RegisteredStatusNotifierItems"
        _signature, items = client.get(WATCHER, "/StatusNotifierWatcher", WATCHER, registered)
        return len(items)


def measure(seconds: float) -> dict[str, Cost]:
    """Run both, and return what each cost over the time."""
    with (
        tempfile.TemporaryDirectory() as home,
        Server() as server,
        Desktop() as desktop,
    ):
        panel = XfcePanel(desktop)
        panel.start()
        app = App(desktop, panel, server, Path(home))
        app.start()
        tray = desktop.start(
            [sys.executable, "-m", "tests.tray.statusnotifier.busy_icon"],
            stdin=subprocess.PIPE,
        )
        wait_for(lambda: icons(desktop) == 2, "the panel took both icons", START_LIMIT)
        assert app.process is not None
        processes = {"the tray part alone": tray.pid, "the whole application": app.process.pid}
        time.sleep(SETTLE)
        before = {name: cost(process) for name, process in processes.items()}
        time.sleep(seconds)
        after = {name: cost(process) for name, process in processes.items()}
    return {
        name: Cost(
            after[name].wakeups - before[name].wakeups, after[name].seconds - before[name].seconds
        )
        for name in processes
    }


def main() -> None:
    """Measure and print."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    for name, spent in measure(seconds).items():
        target = f"   at most {TARGETS[name]} in 60 s" if name in TARGETS else ""
        print(
            f"{name:<38} {spent.wakeups} voluntary context switches, "
            f"{spent.seconds * 1000:.1f} ms CPU in {seconds:g} s{target}"
        )


if __name__ == "__main__":
    try:
        main()
    except pytest.skip.Exception as missing:
        print(f"at rest: {missing}")
