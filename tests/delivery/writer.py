"""One process of several that record: python -m tests.delivery.writer QUEUE NAME COUNT [KEY].

It prints the number of each recording once `record` has returned.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.delivery.samples import HERE, NOW, heartbeat
from trayapp.delivery.queue import HeartbeatQueue
from trayapp.delivery.rows import Recording


def main(path: str, name: str, count: str, key: str = "") -> None:
    queue = HeartbeatQueue(Path(path))
    for number in range(int(count)):
        one = heartbeat(number, NOW + number, entity=f"/{name}/{number}")
        queue.record([Recording(one, (HERE,), key.encode() or None)])
        print(number, flush=True)  # noqa: T201 -- this is what the test reads


if __name__ == "__main__":
    main(*sys.argv[1:])
