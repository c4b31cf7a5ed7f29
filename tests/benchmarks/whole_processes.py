"""What a whole process costs, beside another that runs in turns with it."""

from __future__ import annotations

import resource
import subprocess
import time
from collections.abc import Sequence

LIMIT = 90.0


def run_once(command: Sequence[str], environment: dict[str, str]) -> tuple[float, float]:
    """Run a command; give its seconds, and those on the processor."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    # The end of its output tells of its end: to wait with a limit alone looks every 50 ms only.
    subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, timeout=LIMIT)
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, spent


def ratios(values: Sequence[float], bases: Sequence[float]) -> list[float]:
    """Divide round by round, so that a machine that slows down slows both."""
    return [value / base for value, base in zip(values, bases, strict=True)]
