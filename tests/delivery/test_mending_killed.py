"""Mending that is killed at any of its lines: all is there, once, and the owner's alone."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.delivery.samples import (
    HERE,
    LATER,
    NOW,
    THERE,
    all_waiting,
    damage,
    done,
    first_page,
    recording,
)
from tests.delivery.test_damage import leave_unfinished
from trayapp.delivery.queue import HeartbeatQueue
from trayapp.delivery.rows import Outcome
from trayapp.delivery.salvage import damaged_files
from trayapp.delivery.schema import PAGE_SIZE

LIMIT_SECONDS = 50.0

ROWS = 20


def break_header(path: Path) -> None:
    damage(path, 0, bytes(16))


def break_a_page_and_leave_a_journal(path: Path) -> None:
    place = first_page(path)
    leave_unfinished(path)
    assert path.with_name("queue.db-journal").stat().st_size > PAGE_SIZE
    damage(path, place, b"\0")


def state(queue: HeartbeatQueue) -> list[object]:
    asked: list[Callable[[str], object]] = [
        lambda name: all_waiting(queue, name),
        queue.counts,
        queue.dead,
        queue.newest_accepted,
        lambda name: queue.times(0, LATER, name),
    ]
    return [ask(name) for name in (HERE, THERE) for ask in asked]


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
@pytest.mark.parametrize(
    ("harm", "links"),
    [
        (break_header, "yes"),
        (break_header, "no"),
        (break_a_page_and_leave_a_journal, "yes"),
    ],
    ids=["header", "no hard links", "page and journal"],
)
def test_mending_may_be_killed_at_any_line(
    tmp_path: Path, harm: Callable[[Path], None], links: str
) -> None:
    template = tmp_path / "template"
    queue = HeartbeatQueue(template / "queue.db")
    queue.record([recording(number, HERE, THERE) for number in range(ROWS)])
    queue.mark(HERE, done(all_waiting(queue)[:15]), NOW + ROWS)
    queue.mark(THERE, [Outcome(1, "done"), Outcome(2, "dead", "no")], NOW + ROWS)
    before = state(queue)
    queue.close()
    harm(template / "queue.db")
    command = [sys.executable, "-m", "tests.delivery.killed_mender"]

    made = subprocess.run(
        [*command, str(template), str(tmp_path), links],
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=True,
    )

    kills = [json.loads(line) for line in made.stdout.splitlines()]
    assert len(kills) > 2 * ROWS, made.stderr
    for kill in kills:
        assert "queue.db" in kill["modes"], "at no moment is there none"
        assert set(kill["modes"].values()) == {0o600}, kill["modes"]
        folder = Path(kill["folder"])
        queue = HeartbeatQueue(folder / "queue.db", lambda _: None)
        queue.check()
        assert state(queue) == before, folder.name
        queue.close()
        aside = {file.name for file in damaged_files(folder / "queue.db")}
        assert aside
        left = {file.name for file in folder.iterdir()} - aside
        assert left <= {"queue.db", "queue.db.lock", "queue.db.lock-journal"}
