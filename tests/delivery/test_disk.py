"""A disk that is full, and one that is read-only: real ones, in a mount namespace of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

LIMIT_SECONDS = 50.0

COMMON = """
import subprocess, sys
from pathlib import Path
from tests.delivery.samples import HERE, LATER, all_waiting, done, entities, recording
from trayapp.delivery.queue import HeartbeatQueue
from trayapp.delivery.recorder import Recorder
from trayapp.errors import QueueFullError

place = Path(sys.argv[1])
ballast = place / "ballast"
path = place / "state" / "queue.db"

def mount(options):
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", place], check=True, timeout=10)

def fill():
    with ballast.open("ab", buffering=0) as stream:
        for size in (4096, 1):
            try:
                while True:
                    stream.write(bytes(size))
            except OSError:
                pass

def names(first, last):
    return [f"/home/a/code/{number}.py" for number in range(first, last)]
"""

FULL = """
mount("size=2m")
queue = HeartbeatQueue(path)
recorder = Recorder(queue)
for number in range(50):
    assert recorder.record(recording(number))
fill()
number = 50
while recorder.record(recording(number)):
    number += 1
assert number < 100, number
problem = recorder.problem
assert "cannot be written" in problem.title and "full" in problem.title, problem
assert problem.kept == 1 and problem.lost == 0, problem
for more in range(number + 1, number + 20):
    assert not recorder.record(recording(more))
assert not recorder.flush()
assert recorder.problem.kept == 20

# What is there can be read and sent; that it was sent cannot be stored.
rows = all_waiting(queue)
assert entities(rows) == names(0, number)
try:
    queue.mark(HERE, done(rows), LATER)
except QueueFullError:
    pass
else:
    raise AssertionError("there was room")
assert all_waiting(queue) == rows

ballast.unlink()
queue.mark(HERE, done(rows), LATER)
assert recorder.flush() and recorder.problem is None
assert entities(all_waiting(queue)) == names(number, number + 20)
queue.check()
"""

FULL_FROM_THE_FIRST = """
mount("size=1m")
fill()
recorder = Recorder(HeartbeatQueue(path))
assert not recorder.record(recording(0))
assert "cannot be written" in recorder.problem.title, recorder.problem
ballast.unlink()
assert recorder.flush()
assert entities(all_waiting(HeartbeatQueue(path))) == names(0, 1)
"""

FULL_AND_DAMAGED = """
mount("size=1m")
queue = HeartbeatQueue(path)
queue.record([recording(number) for number in range(100)])
queue.close()
with path.open("r+b") as stream:
    stream.write(bytes(16))
fill()
broken = path.read_bytes()
try:
    queue.check()
except QueueFullError:
    pass
else:
    raise AssertionError("there was room")
assert path.read_bytes() == broken
ballast.unlink()
queue.check()
assert len(all_waiting(queue)) == 100
"""

READ_ONLY = """
mount("size=1m")
queue = HeartbeatQueue(path)
recorder = Recorder(queue)
assert recorder.record(recording(0))
# The kernel refuses this while a file is open for writing.
queue.close()
subprocess.run(["mount", "-o", "remount,bind,ro", place], check=True, timeout=10)
assert not recorder.record(recording(1)) and not recorder.flush()
assert "cannot be written" in recorder.problem.title, recorder.problem
assert entities(all_waiting(queue)) == names(0, 1)
queue.check()
subprocess.run(["mount", "-o", "remount,bind,rw", place], check=True, timeout=10)
assert recorder.flush()
assert entities(all_waiting(queue)) == names(0, 2)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's namespaces")
@pytest.mark.parametrize(
    "code",
    [FULL, FULL_FROM_THE_FIRST, FULL_AND_DAMAGED, READ_ONLY],
    ids=["full", "full from the first", "full and damaged", "read-only"],
)
def test_nothing_is_lost_on_a_disk_that_takes_nothing(tmp_path: Path, code: str) -> None:
    command = ["unshare", "--user", "--map-root-user", "--mount", sys.executable, "-c"]

    done = subprocess.run(
        [*command, COMMON + code, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )

    if "unshare" in done.stderr:
        pytest.skip(f"no namespaces here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
