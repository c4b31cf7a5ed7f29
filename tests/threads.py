"""How often the threads of a process have gone to sleep so far, as Linux counts it."""

from __future__ import annotations

import os
import time
from collections.abc import Collection
from pathlib import Path


def sleeps(process: int, but: Collection[int] = ()) -> dict[int, int]:
    """Give the number of each thread, by its id; not of those which the test itself keeps busy."""
    threads = {int(task.name) for task in Path(f"/proc/{process}/task").iterdir()}
    return {thread: sleeps_of(process, thread) for thread in threads.difference(but)}


def sleeps_of(process: int, thread: int | None) -> int:
    """Give the number of one thread."""
    status = Path(f"/proc/{process}/task/{thread}/status").read_text()
    return int(status.split("\nvoluntary_ctxt_switches:")[1].split()[0])


def rests(process: int, seconds: float, but: Collection[int] = ()) -> bool:
    """Tell whether all threads sleep that long: for each that wakes the number rises."""
    before = sleeps(process, but)
    time.sleep(seconds)
    return sleeps(process, but) == before


def others_rest(seconds: float) -> bool:
    """Tell whether all threads of this process but its first sleep that long."""
    return rests(os.getpid(), seconds, {os.getpid()})
