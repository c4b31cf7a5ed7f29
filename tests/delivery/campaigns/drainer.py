"""A process that records while its server is down, and drains once it is told that it is up.

    python -m tests.delivery.campaigns.drainer FOLDER COUNT API_URL KEY DIALECT

A process of its own, so that its figures have no server in them. It prints one JSON line once all
is recorded, waits for a line, and prints another once all is delivered.
"""

from __future__ import annotations

import json
import logging
import random
import resource
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.delivery.campaigns.machine import Address, Machine
from tests.delivery.samples import heartbeat
from tests.server.posting import NOON
from tests.servers.clients import Options
from trayapp.coding.day import day_at
from trayapp.coding.number import Number
from trayapp.delivery.rows import Recording
from trayapp.resident.estimating import estimated
from trayapp.servers.client import Client
from trayapp.servers.dialects import Dialect
from trayapp.servers.transport import HttpTransport
from trayapp.servers.zones import local_zone
from trayapp.settings.accounts import Account
from trayapp.settings.key import Key

MIDNIGHT = NOON - 12 * 3600
MORE = 60
MORE_EVERY_SECONDS = 11.0
"""What is recorded from halfway on, so that rounds follow one another after the long one."""


@dataclass(frozen=True)
class Recorded:
    """What was recorded while the server was down; seconds are real ones, of the processor."""

    estimate: float
    attempts: int
    record_seconds: float


@dataclass(frozen=True)
class Drained:
    """How it was delivered; `posts` are moments of the injected clock.

    `peak` is how many bytes of memory more it took than before.
    """

    count: int
    posts: list[float]
    estimate: float
    halfway: tuple[float, float]
    """The estimate from the server's number and what it lacks, and that of all heartbeats."""

    processor_seconds: float
    real_seconds: float
    peak: int


class Drainer:
    """One machine, its account and its day."""

    def __init__(self, folder: Path, address: Address) -> None:
        self.address = address
        self.machine = Machine(folder, [address], MIDNIGHT + 600)
        self.account = Account(address.dialect, address.api_url, dialect=address.dialect)
        self.chance = random.Random(1)
        self.count = 0

    def record(self) -> None:
        one = heartbeat(self.count, self.machine.clock.time())
        self.machine.queue.record([Recording(one, (self.address.receiver,))])
        self.count += 1

    def estimate(self, number: Number | None = None) -> float:
        clock = self.machine.clock
        found = estimated(self.machine.queue, number, self.account, clock.time())
        assert found is not None
        return found.total_seconds

    def record_all(self, count: int) -> Recorded:
        """Record through a day, and try to send."""
        spent = 0.0
        for _ in range(count):
            before = time.process_time()
            self.record()
            spent += time.process_time() - before
            kinds = [(0.5, 4.0), (10.0, 30.0), (120.0, 200.0), (590.0, 1000.0)]
            (least, most), *_ = self.chance.choices(kinds, [90, 8, 1, 0.2])
            self.machine.live(self.chance.uniform(least, most))
        posts = self.machine.posts[self.address.receiver]
        assert self.machine.waiting() == count
        attempts = len(posts)
        posts.clear()
        return Recorded(self.estimate(), attempts, spent)

    def drain(self) -> Drained:
        """Deliver all, and what is recorded from halfway on."""
        begun, spent = time.monotonic(), time.process_time()
        before = peak = _resident_bytes()
        count = self.count
        posts = self.machine.posts[self.address.receiver]
        halfway: tuple[float, float] | None = None
        while self.machine.waiting() or self.count < count + MORE:
            if halfway is not None and self.count < count + MORE:
                self.record()
            self.machine.live(MORE_EVERY_SECONDS)
            # The system's own peak is that of recording too.
            peak = max(peak, _resident_bytes())
            if halfway is None and self.machine.waiting() < count / 2:
                halfway = self.estimate(self.ask()), self.estimate()
        assert halfway is not None
        return Drained(
            self.count,
            posts,
            self.estimate(),
            halfway,
            time.process_time() - spent,
            time.monotonic() - begun,
            peak - before,
        )

    def ask(self) -> Number:
        """Ask the server for its number, as the poller does."""
        address, clock = self.address, self.machine.clock
        transport = HttpTransport(Options(), "trayapp/test")
        client = Client(address.api_url, Key(address.key), transport, Dialect(address.dialect))
        total = client.today().answer.total_seconds
        client.close()
        assert total is not None
        return Number(total, day_at(clock.time(), *local_zone()), clock.time())


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def _say(figures: Recorded | Drained) -> None:
    print(json.dumps(asdict(figures)), flush=True)  # noqa: T201 -- this is what the test reads


def main(folder: str, count: str, api_url: str, key: str, dialect: str) -> None:
    # That servers fail is meant; mistakes are errors and are shown.
    logging.disable(logging.WARNING)
    drainer = Drainer(Path(folder), Address(api_url, key, dialect))
    _say(drainer.record_all(int(count)))
    sys.stdin.readline()
    _say(drainer.drain())


if __name__ == "__main__":
    main(*sys.argv[1:])
