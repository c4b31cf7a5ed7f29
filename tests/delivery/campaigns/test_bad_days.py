"""Days on which something is wrong from the morning to the night, on a clock that is not real."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from tests.delivery.campaigns.machine import Address, Machine
from tests.delivery.sending_scene import folder_in_memory, heartbeat
from tests.server import DIALECTS, Server
from tests.server.counting import totals_by
from tests.server.posting import NOON
from trayapp.coding.heartbeat import Heartbeat
from trayapp.delivery.account_sender import SECONDS_BETWEEN_POSTS, SECONDS_BETWEEN_ROUNDS
from trayapp.delivery.rows import Recording

DAY_SECONDS = 86_400.0
YEAR_SECONDS = 365 * DAY_SECONDS
NAMES = sorted(DIALECTS)


@pytest.fixture
def folder() -> Iterator[Path]:
    with folder_in_memory() as folder:
        yield folder


@pytest.mark.parametrize(("up", "down"), list(zip(NAMES, NAMES[1:] + NAMES[:1], strict=True)))
def test_an_account_that_is_down_for_a_day_delays_no_other_and_gets_all(
    folder: Path, up: str, down: str
) -> None:
    chance = random.Random(1)
    with Server(up) as one, Server(down) as other:
        machine = Machine(folder, [Address.of(one), Address.of(other)], NOON)
        one.clock = other.clock = machine.clock.time
        other.stop()
        times: list[float] = []
        while machine.clock.now < NOON + DAY_SECONDS:
            times.append(machine.clock.now)
            machine.queue.record([Recording(heartbeat(times[-1]), machine.names)])
            # A round begins at most half a minute after the one before.
            machine.live(SECONDS_BETWEEN_ROUNDS + SECONDS_BETWEEN_POSTS)
            assert len(one.heartbeats) == len(times)
            machine.live(chance.choice([1, 30, 300, 1800]))
        attempts = machine.posts[machine.names[1]]
        assert min(later - earlier for earlier, later in pairwise(attempts)) > 1
        # Ten minutes is the longest that it is left alone.
        assert max(later - earlier for earlier, later in pairwise(attempts)) < 700
        attempts_down = len(attempts)

        other.start()
        machine.live(700)

        for server in (one, other):
            assert [row["time"] for row in server.heartbeats] == pytest.approx(times, abs=0.001)
        assert machine.waiting() == 0
        print(  # noqa: T201 -- the campaign's figures
            f"\n{up} up, {down} down for a day: {len(times)} heartbeats,"
            f" {attempts_down} attempts while it was down,"
            f" {len(attempts) - attempts_down} POSTs after"
        )
        machine.sender.follow(())
        machine.queue.close()


@pytest.mark.parametrize("dialect", NAMES)
def test_a_clock_that_goes_a_year_ahead_and_back_loses_and_holds_up_nothing(
    folder: Path, dialect: str
) -> None:
    chance = random.Random(1)
    with Server(dialect) as server:
        machine = Machine(folder, [Address.of(server)], NOON)
        ahead = 0.0
        server.clock = lambda: machine.clock.now - ahead
        made: list[Heartbeat] = []

        def code(saves: int) -> None:
            for _ in range(saves):
                name = chance.choice(["/work/a.py", "/work/a.py", "/work/b.py"])
                made.append(replace(heartbeat(machine.clock.now), entity=name))
                recording = Recording(made[-1], machine.names, name.encode())
                machine.queue.record([recording])
                machine.live(chance.choice([0.5, 5, 12, 12, 40]))

        for step in (0.0, YEAR_SECONDS, -YEAR_SECONDS, YEAR_SECONDS, -YEAR_SECONDS):
            ahead += step
            machine.clock.sleep(step)
            # What it does once an hour; by a clock like that all history is old.
            machine.queue.tidy(machine.clock.now, machine.clock.now - 30 * DAY_SECONDS)
            code(60)
        # The last window, and one round.
        machine.live(31 + SECONDS_BETWEEN_ROUNDS)

        assert machine.waiting() == 0
        dead = {letter.time for letter in machine.queue.dead()}
        # wakapi takes nothing of the future.
        assert bool(dead) is (dialect == "wakapi")
        assert all(time > NOON + YEAR_SECONDS / 2 for time in dead)
        stored = Counter((row["entity"], row["time"]) for row in server.heartbeats)
        assert set(stored.values()) == {1}
        expected = [
            {"entity": one.entity, "time": one.time}
            for one in made
            if not dead or one.time < NOON + YEAR_SECONDS / 2
        ]
        totals = totals_by(expected, ("day", "entity"), DIALECTS[dialect].counts, "UTC")
        assert server.totals("day", "entity") == pytest.approx(totals, abs=0.05)
        gaps = [later - earlier for earlier, later in pairwise(machine.posts[machine.names[0]])]
        assert min(gaps) >= SECONDS_BETWEEN_POSTS
        assert max(gaps) < 120
        print(  # noqa: T201 -- the campaign's figures
            f"\n{dialect}, a year ahead and back twice: {len(made)} saves, {len(stored)} heartbeats"
            f" stored once, {len(dead)} of the year ahead refused"
        )
        machine.sender.follow(())
        machine.queue.close()
