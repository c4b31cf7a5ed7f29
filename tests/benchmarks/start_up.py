"""What the cheap commands cost, as ratios to `python -c pass`, side by side in one run.

    python -m tests.benchmarks.start_up [ROUNDS]

The ratio is taken round by round, so that a machine that slows down slows both; the median counts.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.coding.samples import a_number, a_status
from trayapp.coding.bars import FORMATS
from trayapp.resident.snapshot_store import SnapshotStore
from trayapp.settings.locations import find_locations

ROUNDS = 60

TARGETS = {"trayapp --version": 1.5, "trayapp today --": 2.2}
"""What was promised of commands that begin so; this program prints and does not judge."""


def seconds(command: Sequence[str], environment: dict[str, str]) -> float:
    """Run a command and give how long the whole process took."""
    before = time.perf_counter()
    subprocess.run(command, env=environment, capture_output=True, check=True)
    return time.perf_counter() - before


def measure(rounds: int, environment: dict[str, str]) -> dict[str, list[float]]:
    """Give each command's ratios to `python -c pass`."""
    trayapp = str(Path(sys.executable).with_name("trayapp"))
    lines = [
        "--version",
        "today --cached",
        *(f"today --cached --format {form}" for form in ("json", *FORMATS)),
        "today --cached --template {hours}:{minutes:02}",
        "today --max-age 600",
    ]
    commands = {f"trayapp {line}": [trayapp, *line.split()] for line in lines}
    ratios: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds + 1):
        base = seconds([sys.executable, "-c", "pass"], environment)
        for name, command in commands.items():
            ratios[name].append(seconds(command, environment) / base)
    # The first round warmed the caches.
    return {name: values[1:] for name, values in ratios.items()}


def main() -> None:
    """Store a number of today, measure, and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with tempfile.TemporaryDirectory() as home:
        environment = {"HOME": home, "PATH": os.environ["PATH"]}
        now = time.time()
        store = SnapshotStore(find_locations(environment).snapshot_file)
        store.save(a_status(a_number(fetched_at=now), now=now), show=True)
        for name, ratios in measure(rounds, environment).items():
            low, median, high = min(ratios), statistics.median(ratios), max(ratios)
            target = next(limit for begin, limit in TARGETS.items() if name.startswith(begin))
            spread = f"{low:.2f} to {high:.2f}"
            print(f"{name:<54} {median:.2f} x python -c pass ({spread})   at most {target}")


if __name__ == "__main__":
    main()
