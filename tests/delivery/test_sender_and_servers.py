"""The sender and the three kinds of servers, which go wrong at random: each request another way."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from tests.delivery.sending_scene import MemoryLock, folder_in_memory, heartbeat
from tests.server import DIALECTS, Misbehaviour, Server, misbehaviours, mishandling
from tests.server.posting import NOON
from tests.servers.clients import Options, client_of
from trayapp.delivery.queue import HeartbeatQueue
from trayapp.delivery.rows import Recording
from trayapp.delivery.seams import Listeners, Receiver
from trayapp.delivery.sender import Sender
from trayapp.resident.clock import ManualClock

POISON = re.compile("poison")
FAULTS: list[Misbehaviour] = [
    mishandling.stored_but_fails(500),
    mishandling.stored_but_fails(429),
    mishandling.stored_but_cut(),
    mishandling.stored_but_cut(reset=False),
    mishandling.short_responses(),
    mishandling.short_responses(stored=True),
    mishandling.throttled_items(),
    mishandling.at_most(3),
    misbehaviours.status(401),
    misbehaviours.status(402),
    misbehaviours.status(403),
    misbehaviours.forbidden_page(),
    misbehaviours.status(404),
    misbehaviours.server_error(),
    misbehaviours.throttled(),
    misbehaviours.captive_portal(),
    misbehaviours.redirect("https://elsewhere.invalid"),
]


class Line:
    """One account of a real server, and a sender without threads on a clock of its own."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.server = server
        self.clock = ManualClock(now=NOON)
        server.clock = self.clock.time
        self.queue = HeartbeatQueue(folder / "queue.db")
        options = Options(timeout_seconds=5.0)
        self.receiver = Receiver(f"home@{server.api_url}", lambda: client_of(server, None, options))
        listeners = Listeners(lambda: None, lambda _: None)
        self.sender = Sender(self.queue, self.clock, lambda: 0.5, listeners, MemoryLock())
        self.sender.follow([self.receiver])
        self.recorded: list[str] = []

    def record(self, count: int = 1, name: str = "main") -> None:
        recordings = []
        for _ in range(count):
            entity = f"/work/{name}-{len(self.recorded)}.py"
            self.recorded.append(entity)
            beat = replace(heartbeat(self.clock.now + len(self.recorded) / 1000), entity=entity)
            recordings.append(Recording(beat, (self.receiver.name,)))
        self.queue.record(recordings)

    def live(self, seconds: float) -> None:
        end = self.clock.elapsed + seconds
        while True:
            wait = self.sender.attend()
            left = end - self.clock.elapsed
            if wait is None or wait > left:
                self.clock.advance(max(0.0, left))
                return
            self.clock.advance(wait)

    def stored(self) -> list[str]:
        return [row["entity"] for row in self.server.heartbeats]

    def dead(self) -> set[str]:
        return {letter.entity for letter in self.queue.dead(self.receiver.name)}

    def waiting(self) -> int:
        return self.queue.counts(self.receiver.name).waiting


@pytest.fixture(params=sorted(DIALECTS))
def line(request: pytest.FixtureRequest) -> Iterator[Line]:
    with folder_in_memory() as folder, Server(request.param) as server:
        line = Line(folder, server)
        yield line
        line.sender.follow(())
        line.queue.close()


def test_all_arrive_in_order_each_once(line: Line) -> None:
    line.record(260)
    line.live(60)

    assert line.stored() == line.recorded
    assert line.waiting() == 0


@pytest.mark.parametrize("whole", [True, False])
def test_poison_is_dead_and_all_else_arrives(line: Line, *, whole: bool) -> None:
    line.server.misbehave(mishandling.poisoned(POISON.pattern, whole=whole))
    line.record(5)
    line.record(1, "poison")
    line.record(30)
    line.record(2, "poison")
    line.record(5)
    line.live(200)

    poison = {entity for entity in line.recorded if POISON.search(entity)}
    assert line.dead() == poison
    assert line.stored() == [entity for entity in line.recorded if entity not in poison]
    assert all(letter.reason for letter in line.queue.dead())


def test_what_a_server_of_this_kind_refuses_by_itself_holds_up_nothing(line: Line) -> None:
    beats = [heartbeat(NOON), heartbeat(5.0), heartbeat(NOON + 1)]
    line.queue.record([Recording(beat, (line.receiver.name,)) for beat in beats])
    line.live(100)

    assert [row["time"] for row in line.server.heartbeats] == [NOON, NOON + 1]
    assert [letter.time for letter in line.queue.dead()] == [5.0]


def test_a_number_that_no_database_takes_costs_the_others_nothing_but_time(line: Line) -> None:
    """On Hackatime every heartbeat of such a batch is 422, as with a database that is down."""
    beats = [replace(heartbeat(NOON + one), lines=2**31 if one == 30 else 3) for one in range(60)]
    line.queue.record([Recording(beat, (line.receiver.name,)) for beat in beats])
    for _ in range(20):
        line.live(600)
        line.record()

    times = {row["time"] for row in line.server.heartbeats}
    assert {NOON + one for one in range(60) if one != 30} <= times
    assert [letter.time for letter in line.queue.dead()] == (
        [] if NOON + 30 in times else [NOON + 30]
    )


def test_an_hour_of_a_proxy_that_answers_400_condemns_nothing(line: Line) -> None:
    line.record(60)
    line.server.misbehave(mishandling.proxy_refuses())
    for _ in range(12):
        line.live(300)
        line.record(2)
    assert (line.stored(), line.dead()) == ([], set())

    line.server.behave()
    line.live(1200)

    assert sorted(line.stored()) == sorted(line.recorded)
    assert line.dead() == set()


def test_a_database_that_is_down_for_an_hour_condemns_nothing(line: Line) -> None:
    line.record(60)
    line.server.misbehave(mishandling.database_down())
    for _ in range(12):
        line.live(300)
        line.record(2)
    assert line.dead() == set()

    line.server.behave()
    line.live(1200)

    assert sorted(line.stored()) == sorted(line.recorded)


@pytest.mark.parametrize("seed", range(4))
def test_faults_at_random_lose_nothing_and_condemn_only_poison(line: Line, seed: int) -> None:
    chance = random.Random(seed)
    poison = mishandling.poisoned(POISON.pattern, whole=seed % 2 == 0)

    def script() -> Iterator[Misbehaviour]:
        while True:
            fault = chance.choice(FAULTS)
            yield from [fault] * chance.choice([1, 1, 2, 6])
            yield from [poison] * chance.choice([1, 2, 5])

    line.server.misbehave(*islice(script(), 5000))
    for _ in range(60):
        line.record(chance.choice([1, 1, 5, 40]))
        if chance.random() < 0.1:
            line.record(1, "poison")
        line.live(chance.choice([5, 60, 700]))
    line.server.misbehave(poison)
    for _ in range(30):
        line.record()
        line.live(700)

    bad = {entity for entity in line.recorded if POISON.search(entity)}
    good = [entity for entity in line.recorded if entity not in bad]
    stored = line.stored()
    assert line.dead() <= bad
    assert set(good) <= set(stored)
    assert len(stored) == len(set(stored))
    assert line.waiting() == 0
