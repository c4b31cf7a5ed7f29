"""kill -9 at random moments of capture, coalescing, queueing and sending: 8 times, or 200.

Three accounts, one on each kind of server; each server stores by its own dedupe rule, and counts.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from tests.delivery.campaigns import number
from tests.delivery.campaigns.coder import DAY_SECONDS, DONE, UP, Instructions
from tests.desktop.processes import wait_for
from tests.server import DIALECTS, Server, misbehaviours, mishandling
from tests.server.counting import totals_by
from tests.server.storing import Row

KILLS = number(full=200, short=8)
BEGIN = 1_790_000_000.0
START_SECONDS = 30.0
DRAIN_SECONDS = 60.0
END_SECONDS = 10.0

# Not the product's own constants, against which it is held here.
WINDOW_SECONDS = 30.0
QUARTER_SECONDS = 900.0


@dataclass(frozen=True)
class Made:
    """One save, as the process told it; `acknowledged` once it was recorded."""

    time: float
    entity: str
    branch: str
    acknowledged: bool = True

    @property
    def id(self) -> tuple[float, str]:
        """What it is at each server: wakapi knows milliseconds."""
        return round(self.time, 3), self.entity


class Campaign:
    """A coder who is killed again and again, and the servers."""

    def __init__(self, folder: Path, servers: Sequence[Server]) -> None:
        self.home = folder
        self.servers = servers
        self.files = [
            str(folder / "code" / name) for name in ("a/x.py", "a/y.rs", "b/x.py", "loose.py")
        ]
        for name in ("a", "b"):
            (folder / "code" / name / ".git").mkdir(parents=True)
            (folder / "code" / name / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
        self.output = folder / "output"
        self.now = BEGIN
        self.made: list[Made] = []
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, seed: int, *, drains: bool = False) -> subprocess.Popen[bytes]:
        """Start the coder, who is at it when this returns."""
        self.output.write_bytes(b"")
        accounts = [(one.dialect, one.api_url, one.dialect, one.key) for one in self.servers]
        told = Instructions(str(self.home), accounts, self.files, self.now, seed, drains)
        with self.output.open("ab") as output:
            self.process = process = subprocess.Popen(
                [sys.executable, "-m", "tests.delivery.campaigns.coder", told.text()],
                stdout=output,
            )
        wait_for(lambda: self.output.stat().st_size or process.poll(), "it is up", START_SECONDS)
        return process

    def read(self) -> None:
        """Take in what the last process said."""
        lines = self.output.read_text().splitlines()
        assert lines[0] == UP
        for line, after in pairwise([*lines[1:], ""]):
            if line != DONE:
                at, entity, branch = json.loads(line)
                self.made.append(Made(at, entity, branch or "", after == DONE))
                self.now = at


@pytest.fixture
def campaign(tmp_path: Path) -> Iterator[Campaign]:
    with ExitStack() as stack:
        servers = [
            stack.enter_context(Server(dialect, max_age_seconds=1e9, remember=1))
            for dialect in sorted(DIALECTS)
        ]
        for server in servers:
            # Nothing is of the future, and WakaTime takes what is 180 days old.
            server.set_time(BEGIN + 170 * DAY_SECONDS)
        campaign = Campaign(tmp_path, servers)
        yield campaign
        if campaign.process is not None:
            campaign.process.kill()
            campaign.process.wait(END_SECONDS)


def kill_again_and_again(campaign: Campaign, chance: random.Random) -> None:
    for one in range(KILLS):
        for server in campaign.servers:
            slow = [mishandling.stored_but_late(chance.random() / 10) for _ in range(3)]
            faults = [*slow, misbehaviours.status(503), *[misbehaviours.behaves()] * 6]
            chance.shuffle(faults)
            server.misbehave(*faults, path="heartbeats")
        process = campaign.start(one)
        # Not a wait for something: the moment of the kill is to be random.
        time.sleep(chance.random() * 0.8)
        process.send_signal(signal.SIGKILL)
        assert process.wait(END_SECONDS) == -signal.SIGKILL
        campaign.read()
        # A window that was open may be open still.
        campaign.now += chance.choice([1, 20, 300])


@pytest.mark.timeout(60 if KILLS < 100 else 1800)
def test_what_was_acknowledged_is_stored_once_and_counts_as_all_saves_would(
    campaign: Campaign,
) -> None:
    begun = time.monotonic()
    kill_again_and_again(campaign, random.Random(1))
    for server in campaign.servers:
        server.behave()
    left = campaign.start(0, drains=True)
    assert left.wait(DRAIN_SECONDS) == 0
    assert campaign.output.read_text() == f"{UP}\n"

    stored = [Counter(_id(row) for row in server.heartbeats) for server in campaign.servers]
    recorded = stored[0]
    assert set(recorded.values()) == {1}
    assert stored[1:] == [recorded, recorded]
    # What a kill interrupted was recorded or was not.
    saves = [one for one in campaign.made if one.acknowledged or one.id in recorded]
    assert set(recorded) <= {save.id for save in saves}
    omitted = check_coalescing(saves, recorded.keys())
    for server in campaign.servers:
        check_total(server, saves)
    print(  # noqa: T201 -- the campaign's figures
        f"\n{KILLS} kills: {len(saves)} saves, {sum(not s.acknowledged for s in campaign.made)}"
        f" interrupted, {omitted} coalesced, {len(recorded)} heartbeats stored once by each of"
        f" three servers, in {time.monotonic() - begun:.0f} s"
    )


def check_coalescing(saves: Sequence[Made], stored: Collection[tuple[float, str]]) -> int:
    """Hold each save that is not stored against the rule by which it may be left out."""
    run: list[Made] = []
    omitted = 0
    for save in saves:
        if save.id not in stored:
            assert run, f"{save} is lost"
            omitted += 1
            run.append(save)
            continue
        for left_out in run[1:]:
            assert (left_out.entity, left_out.branch) == (save.entity, save.branch), left_out
        if len(run) > 1:
            first = run[0]
            assert (first.entity, first.branch) == (save.entity, save.branch)
            assert save.time - first.time < WINDOW_SECONDS
            assert first.time // QUARTER_SECONDS == save.time // QUARTER_SECONDS
        run = [save]
    assert len(run) == 1, f"{run[1:]} are lost"
    return omitted


def check_total(server: Server, saves: Sequence[Made]) -> None:
    """Hold the server's totals against those of all saves, each made at whole milliseconds."""
    everything = [
        {"time": round(save.time, 3), "entity": save.entity, "branch": save.branch}
        for save in saves
    ]
    names = ("day", "entity", "branch")
    expected = totals_by(everything, names, DIALECTS[server.dialect].counts, "UTC")
    found = {
        (day, entity, branch or ""): seconds
        for (day, entity, branch), seconds in server.totals(*names).items()
    }
    assert found == pytest.approx(expected, abs=0.1)


def _id(row: Row) -> tuple[float, str]:
    return round(row["time"], 3), row["entity"]
