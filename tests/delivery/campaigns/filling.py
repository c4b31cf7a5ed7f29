"""A disk that fills up while a batch is sent; to run in a mount namespace of its own.

    python -m tests.delivery.campaigns.filling FOLDER DIALECT

What was sent and could not be marked must not be sent again, and nothing may be lost.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from itertools import chain
from pathlib import Path

from tests.delivery.campaigns.machine import Address, Machine
from tests.delivery.samples import heartbeat
from tests.server import Misbehaviour, Server
from tests.server.exchange import Exchange
from tests.server.posting import NOON
from trayapp.delivery.recorder import Recorder
from trayapp.delivery.rows import Recording
from trayapp.errors import QueueFullError

COUNT = 250
MORE = 20
FILLS_AT = 2
"""The request during which the disk fills up."""


def fill(ballast: Path) -> None:
    """Leave no byte free."""
    with ballast.open("ab", buffering=0) as stream:
        for size in (4096, 1):
            try:
                while True:
                    stream.write(bytes(size))
            except OSError:
                pass


def main(folder: str, dialect: str) -> None:
    place = Path(folder)
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "none", folder]
    subprocess.run(command, check=True, timeout=10)
    ballast = place / "ballast"
    sent: list[list[int]] = []

    def play(exchange: Exchange) -> None:
        sent.append([item["lines"] for item in json.loads(exchange.request.body)])
        if len(sent) == FILLS_AT:
            fill(ballast)
        exchange.send(exchange.proper())

    with Server(dialect, remember=1) as server:
        server.misbehave(Misbehaviour("filling", "fills the disk", play))
        machine = Machine(place / "state", [Address.of(server)], NOON)
        server.clock = machine.clock.time
        recorder = Recorder(machine.queue, monotonic=machine.clock.monotonic)

        def record(first: int, last: int) -> bool:
            recordings = [
                Recording(heartbeat(one, NOON + one), machine.names) for one in range(first, last)
            ]
            return {recorder.record(one) for one in recordings} == {True}

        assert record(0, COUNT)
        machine.live(3600)
        # Everything went to the server, whatever the disk says, and no more than once.
        assert list(chain.from_iterable(sent)) == list(range(COUNT))
        (status,) = machine.sender.status()
        assert isinstance(status.problem, QueueFullError), status
        in_file = machine.waiting()
        assert in_file == COUNT - len(sent[0])
        assert status.waiting == 0

        assert not record(COUNT, COUNT + MORE)
        machine.live(3600)
        ballast.unlink()
        assert recorder.flush()
        machine.live(100)

        assert Counter(chain.from_iterable(sent)) == Counter(range(COUNT + MORE))
        (status,) = machine.sender.status()
        assert (status.problem, status.waiting, machine.waiting()) == (None, 0, 0)
        assert machine.queue.counts(machine.names[0]).done == COUNT + MORE
        assert [row["lines"] for row in server.heartbeats] == list(range(COUNT + MORE))
        machine.queue.check()
        print(  # noqa: T201 -- what the test shows
            f"{dialect}: {COUNT + MORE} heartbeats in {len(sent)} POSTs, each sent once;"
            f" {in_file} of them could not be marked for two hours"
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
