"""Real processes on one queue: several at once, and killed at random moments.

20 times, or 200 with TRAYAPP_SOAK=1.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from tests.delivery.samples import (
    HERE,
    LATER,
    NOW,
    all_waiting,
    damage,
    entities,
    first_page,
    queue_of,
)
from trayapp.coding.coalescing import WINDOW_SECONDS
from trayapp.delivery.queue import HeartbeatQueue
from trayapp.delivery.salvage import damaged_files

KILLS = 200 if os.environ.get("TRAYAPP_SOAK") else 20

PROCESSES = 4
EACH = 500

LIMIT_SECONDS = 300.0
"""For the slowest disk: each recording waits for it."""


@contextmanager
def writer(path: Path, name: str, count: int, *more: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.delivery.writer", str(path), name, str(count), *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.timeout(LIMIT_SECONDS)
def test_four_processes_write_500_each(tmp_path: Path) -> None:
    path = tmp_path / "queue.db"
    names = [f"writer{number}" for number in range(PROCESSES)]
    commands = [
        [sys.executable, "-m", "tests.delivery.writer", str(path), name, str(EACH)]
        for name in names
    ]
    # They begin at once, with no file there yet.
    processes = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for command in commands
    ]
    outputs = [process.communicate(timeout=LIMIT_SECONDS) for process in processes]

    assert [
        (process.returncode, errors)
        for process, (_, errors) in zip(processes, outputs, strict=True)
    ] == [(0, "")] * PROCESSES
    rows = all_waiting(HeartbeatQueue(path))
    assert Counter(entities(rows)) == {f"/{name}/{one}": 1 for name in names for one in range(EACH)}
    HeartbeatQueue(path, pytest.fail).check()


@pytest.mark.timeout(60 if KILLS < 100 else 900)
@pytest.mark.parametrize("key", ["", "k"], ids=["each", "coalesced"])
def test_what_was_acknowledged_survives_any_kill(tmp_path: Path, key: str) -> None:
    path = tmp_path / "queue.db"
    queue = HeartbeatQueue(path, pytest.fail)
    chance = random.Random(1)
    for number in range(KILLS):
        name = f"run{number}"
        with writer(path, name, 100_000, key) as process:
            assert process.stdout is not None
            acknowledged = [int(process.stdout.readline())]
            # Not a wait for something: the moment of the kill is to be random.
            time.sleep(chance.random() * 0.1)
            process.send_signal(signal.SIGKILL)
            acknowledged += [int(line) for line in process.stdout.read().split()]
        queue.check()
        queue.close_window()
        rows = all_waiting(queue)
        times = [
            row.time - NOW
            for row, entity in zip(rows, entities(rows), strict=True)
            if entity.startswith(f"/{name}/")
        ]
        assert times == sorted(set(times))
        last = acknowledged[-1]
        # The one that was being recorded may be there, or have taken the place of the last.
        assert times[-1] in (last, last + 1)
        if key:
            assert times[0] == 0
            assert max(b - a for a, b in pairwise(times)) < WINDOW_SECONDS if last > 0 else True
        else:
            assert times[: last + 1] == list(range(last + 1))


@pytest.mark.timeout(120)
def test_a_file_is_mended_while_others_write(tmp_path: Path) -> None:
    """The file breaks under three writers: what any of them acknowledged is there in the end."""
    path = tmp_path / "queue.db"
    queue_of(path, 300).close()
    queue = HeartbeatQueue(path)
    chance = random.Random(2)
    acknowledged: set[str] = set()
    for number in range(5):
        names = [f"writer{number}-{one}" for one in range(3)]
        with (
            writer(path, names[0], 40) as one,
            writer(path, names[1], 40) as other,
            writer(path, names[2], 40) as third,
        ):
            processes = (one, other, third)
            for process in processes:
                assert process.stdout is not None
                process.stdout.readline()
            # Each commit writes the whole header again, and none the page of the first rows.
            place = 0 if number % 2 else first_page(path)
            damage(path, place, chance.randbytes(16))
            queue.check()
            for name, process in zip(names, processes, strict=True):
                assert process.stdout is not None
                lines = process.stdout.read().split()
                assert process.wait(60) == 0
                acknowledged |= {f"/{name}/{line}" for line in ("0", *lines)}
        acknowledged |= {f"/home/a/code/{one}.py" for one in range(300)}
        times = Counter(entities(all_waiting(queue)))
        assert acknowledged <= times.keys()
        assert set(times.values()) == {1}
    assert len(damaged_files(path)) >= 3
    assert queue.waiting(HERE, LATER, 1)
