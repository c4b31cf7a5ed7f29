"""400 or 5,000 requests to each kind of server, most of which go wrong, each in another way.

The full run takes another seed each time, and prints it: TRAYAPP_SEED=... runs it again.
"""

from __future__ import annotations

import os
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.delivery.campaigns import IS_FULL, number
from tests.delivery.campaigns.machine import Address, Machine
from tests.delivery.sending_scene import folder_in_memory, heartbeat
from tests.server import DIALECTS, Misbehaviour, Server, misbehaviours, mishandling
from tests.server.exchange import Exchange
from tests.server.posting import NOON
from trayapp.delivery.rows import Recording
from trayapp.resident.clock import ManualClock

REQUESTS = number(full=5_000, short=400)
SEED = int(os.environ.get("TRAYAPP_SEED", random.randrange(10**6) if IS_FULL else 0))
STORM = 200
"""So many requests between two spells of good weather."""

PATIENCE_SECONDS = 1.0
"""Real ones; an answer that comes later is none."""

GOOD_WEATHER_SECONDS = 7200.0
"""Longer than any wait of ours: Retry-After is honoured up to an hour."""

FOR_A_MOMENT: list[Misbehaviour] = [
    misbehaviours.server_error(),
    misbehaviours.status(503),
    misbehaviours.throttled(45),
    misbehaviours.throttled(600, as_date=True),
    misbehaviours.throttled(None),
    misbehaviours.throttled_by_redirect(),
    misbehaviours.redirect("https://elsewhere.invalid"),
    misbehaviours.status(402),
    misbehaviours.status(404),
    misbehaviours.forbidden_page(),
    misbehaviours.captive_portal(),
    misbehaviours.truncated(),
    misbehaviours.cut_json(),
    misbehaviours.nested_json(),
    misbehaviours.closes(reset=True),
    mishandling.stored_but_fails(500),
    mishandling.stored_but_fails(429),
    mishandling.stored_but_cut(),
    mishandling.stored_but_cut(reset=False),
    mishandling.stored_but_late(0.02),
    mishandling.short_responses(),
    mishandling.short_responses(stored=True),
    mishandling.throttled_items(),
    mishandling.at_most(3),
    mishandling.at_most(1),
    mishandling.proxy_refuses(400),
]
SELDOM = [mishandling.stored_but_late(1.5 * PATIENCE_SECONDS)]
FOR_LONG: list[tuple[Misbehaviour, float]] = [
    (misbehaviours.status(401), 5400.0),
    (misbehaviours.status(402), 1800.0),
    (mishandling.proxy_refuses(400), 3600.0),
    (mishandling.database_down(), 3600.0),
    (misbehaviours.closes(reset=True), 3600.0),
]

GOOD = mishandling.poisoned("poison-batch", whole=True)
"""A server that works; what it condemns item by item is too old for any of them."""

BEFORE_ALL_TIMES = 5.0


class Weather:
    """What goes wrong now: one fault after another, for some requests or a stretch of time."""

    def __init__(self, chance: random.Random, clock: ManualClock) -> None:
        self.is_good = False
        self.requests = 0
        self.played = Counter[str]()
        self._chance = chance
        self._clock = clock
        self._fault = GOOD
        self._left = 0
        self._until = 0.0

    def play(self, exchange: Exchange) -> None:
        if self._left <= 0 and self._clock.elapsed >= self._until:
            self._turn()
        self._left -= 1
        self.requests += 1
        fault = GOOD if self.is_good else self._fault
        self.played[fault.name] += 1
        fault.play(exchange)

    def _turn(self) -> None:
        dice = self._chance.random()
        self._left = self._chance.choice([1, 1, 2, 5])
        if dice < 0.5:
            self._fault = GOOD
        elif dice < 0.95:
            self._fault = self._chance.choice(FOR_A_MOMENT)
        elif dice < 0.955:
            self._fault = self._chance.choice(SELDOM)
        else:
            self._fault, seconds = self._chance.choice(FOR_LONG)
            self._until = self._clock.elapsed + seconds


class Campaign:
    """One account, its server in any weather, and all that was recorded for it."""

    def __init__(self, machine: Machine, server: Server, chance: random.Random) -> None:
        self.machine = machine
        self.server = server
        self.chance = chance
        self.weather = Weather(chance, machine.clock)
        self.recorded: list[str] = []
        self.restarts = 0
        server.clock = machine.clock.time
        server.misbehave(Misbehaviour("weather", "any", self.weather.play))

    def record(self, count: int, name: str = "main") -> None:
        recordings = []
        for _ in range(count):
            entity = f"/work/{name}-{len(self.recorded)}.py"
            self.recorded.append(entity)
            at = BEFORE_ALL_TIMES if name == "poison-item" else self.machine.clock.now
            beat = replace(heartbeat(at), entity=entity)
            recordings.append(Recording(beat, self.machine.names))
        self.machine.queue.record(recordings)

    def storm(self) -> None:
        """Save, and let things go wrong."""
        end = self.weather.requests + STORM
        while self.weather.requests < end:
            self.record(self.chance.choice([1, 1, 1, 5, 40, 150]))
            if self.chance.random() < 0.1:
                self.record(1, self.chance.choice(["poison-item", "poison-batch"]))
            self.machine.live(self.chance.choice([5, 60, 700]))
            if self.chance.random() < 0.03:
                self.restarts += 1
                self.machine.restart()

    def clear_up(self) -> None:
        """Have good weather, for longer than anything may be held up."""
        self.weather.is_good = True
        self.machine.live(GOOD_WEATHER_SECONDS)
        self.weather.is_good = False

    def stored(self) -> Counter[str]:
        return Counter(row["entity"] for row in self.server.heartbeats)

    def dead(self) -> set[str]:
        return {letter.entity for letter in self.machine.queue.dead()}

    def good(self) -> set[str]:
        return {entity for entity in self.recorded if "poison" not in entity}

    def poison(self) -> set[str]:
        return set(self.recorded) - self.good()


@pytest.fixture(params=sorted(DIALECTS))
def campaign(request: pytest.FixtureRequest) -> Iterator[Campaign]:
    with folder_in_memory() as folder, Server(request.param, remember=1) as server:
        address = Address.of(server)
        machine = Machine(folder, [address], NOON, timeout_seconds=PATIENCE_SECONDS)
        yield Campaign(machine, server, random.Random(SEED))
        machine.sender.follow(())
        machine.queue.close()


@pytest.mark.timeout(60 if REQUESTS < 1000 else 1200)
def test_whatever_goes_wrong_all_arrives_once_and_only_poison_is_dead(campaign: Campaign) -> None:
    print(f"\n{campaign.server.dialect}: TRAYAPP_SEED={SEED}", file=sys.stderr)  # noqa: T201 -- to run it again
    while campaign.weather.requests < REQUESTS:
        campaign.storm()
        campaign.clear_up()
        stored = campaign.stored()
        assert campaign.good() <= stored.keys()
        assert set(stored.values()) == {1}
        assert campaign.dead() <= campaign.poison()
    campaign.weather.is_good = True
    for _ in range(24):
        # A heartbeat is condemned beside one that is taken.
        campaign.record(1)
        campaign.machine.live(3600)

    stored = campaign.stored()
    assert set(stored.values()) == {1}
    assert campaign.machine.waiting() == 0
    dead = campaign.dead()
    # A fault that stores all may have stored a whole batch's poison too.
    assert campaign.poison() - stored.keys() <= dead <= campaign.poison()
    print(  # noqa: T201 -- the campaign's figures
        f"\n{campaign.server.dialect}, seed {SEED}: {campaign.weather.requests} requests,"
        f" {campaign.weather.played[GOOD.name]} of them answered properly,"
        f" {len(campaign.weather.played) - 1} kinds of faults; {len(stored)} heartbeats stored"
        f" once, {len(dead)} of {len(campaign.poison())} poison ones dead,"
        f" {campaign.restarts} restarts, {campaign.machine.clock.elapsed / 3600:.0f} h"
        " on the injected clock"
    )
