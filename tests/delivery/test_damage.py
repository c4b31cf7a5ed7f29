"""The queue's files damaged at random: 60 rounds, or 1,000 with TRAYAPP_SOAK=1."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
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
    heartbeat,
    recording,
    sql,
)
from trayapp.coding.heartbeat import to_json
from trayapp.delivery.queue import HeartbeatQueue
from trayapp.delivery.rows import Outcome, Recording
from trayapp.delivery.schema import PAGE_SIZE

ROUNDS = 1000 if os.environ.get("TRAYAPP_SOAK") else 60
ROWS = 240
UNFINISHED = 200

RECEIVERS = (HERE, THERE)


@dataclass(frozen=True)
class Template:
    """A queue that was left in the middle of a transaction, and what must come out of it.

    `pages` are those on which a row lies, with the transaction or without, `changed` those that the
    transaction wrote.
    """

    folder: Path
    waiting: dict[str, set[bytes]]
    known: set[bytes]
    pages: dict[bytes, set[int]]
    changed: set[int]


def numbered(number: int) -> Recording:
    # Some are longer than a page.
    entity = f"/home/{number}/" + f"long{number}/" * (2000 if number % 20 == 0 else 0)
    return Recording(heartbeat(number, entity=entity), RECEIVERS)


def body(number: int) -> bytes:
    return to_json(numbered(number).heartbeat)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    folder = tmp_path_factory.mktemp("template")
    path = folder / "queue.db"
    queue = HeartbeatQueue(path)
    queue.record([numbered(number) for number in range(ROWS)])
    rows = all_waiting(queue)
    queue.mark(HERE, done(rows[:150]), LATER)
    queue.mark(THERE, done(rows[:80]), LATER)
    queue.mark(THERE, [Outcome(row.id, "dead", "no") for row in rows[80:90]], LATER)
    waiting = {name: {row.body for row in all_waiting(queue, name)} for name in RECEIVERS}
    queue.close()
    known = {body(number) for number in range(ROWS + UNFINISHED)}
    whole = path.read_bytes()
    leave_unfinished(path)
    left = path.read_bytes()
    # Of the first 80 both receivers have all.
    pages = {
        body(number): pages_of(whole, number) | pages_of(left, number) for number in range(80, ROWS)
    }
    changed = {
        place // PAGE_SIZE
        for place in range(0, len(left), PAGE_SIZE)
        if left[place : place + PAGE_SIZE] != whole[place : place + PAGE_SIZE]
    }
    assert path.with_name("queue.db-journal").stat().st_size > PAGE_SIZE
    assert len(changed) > 5
    return Template(folder, waiting, known, pages, changed)


def leave_unfinished(path: Path) -> None:
    """Leave the files as a process does that is killed in the middle of a transaction."""
    copies = [path.with_name(f"{name}.copy") for name in ("queue.db", "queue.db-journal")]
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA cache_size = 5")
        connection.execute("BEGIN IMMEDIATE")
        for number in range(ROWS, ROWS + UNFINISHED):
            connection.execute(
                "INSERT INTO heartbeats (body, time, receivers, seal) VALUES (?, ?, '[]', x'')",
                (body(number), NOW),
            )
            connection.execute(
                "INSERT INTO deliveries VALUES (last_insert_rowid(), ?, 'waiting', 0, 0.0, '')",
                (HERE,),
            )
        for copy in copies:
            shutil.copy(path.with_name(copy.name.removesuffix(".copy")), copy)
        connection.execute("ROLLBACK")
    for copy in copies:
        copy.replace(copy.with_suffix(""))


def pages_of(data: bytes, number: int) -> set[int]:
    """Find the pages on which the parts of a row lie."""
    marks = (f"/home/{number}/".encode(), f"/long{number}/".encode())
    found = {
        place // PAGE_SIZE
        for place in range(0, len(data), PAGE_SIZE)
        if any(mark in data[place : place + PAGE_SIZE] for mark in marks)
    }
    assert len(found) > 3 if number % 20 == 0 else len(found) == 1
    return found


def scribble(data: bytearray, chance: random.Random) -> None:
    place = chance.randrange(len(data))
    junk = chance.randbytes(chance.choice([1, 4, 64, 5000]))
    data[place : place + len(junk)] = junk


def flip_a_bit(data: bytearray, chance: random.Random) -> None:
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def wipe_a_page(data: bytearray, chance: random.Random) -> None:
    place = chance.randrange(len(data)) // PAGE_SIZE * PAGE_SIZE
    data[place : place + PAGE_SIZE] = bytes(len(data[place : place + PAGE_SIZE]))


def swap_pages(data: bytearray, chance: random.Random) -> None:
    one, other = (chance.randrange(len(data) // PAGE_SIZE) * PAGE_SIZE for _ in range(2))
    copy = data[one : one + PAGE_SIZE]
    data[one : one + PAGE_SIZE] = data[other : other + PAGE_SIZE]
    data[other : other + PAGE_SIZE] = copy


def cut(data: bytearray, chance: random.Random) -> None:
    del data[chance.randrange(len(data)) :]


def scribble_over_the_header(data: bytearray, chance: random.Random) -> None:
    place = chance.randrange(108)
    data[place : place + chance.choice([1, 4])] = chance.randbytes(1)


def scribble_over_a_page_header(data: bytearray, chance: random.Random) -> None:
    place = chance.randrange(len(data) // PAGE_SIZE) * PAGE_SIZE + chance.randrange(12)
    data[place] = chance.randrange(256)


HARM: list[Callable[[bytearray, random.Random], None]] = [
    scribble,
    flip_a_bit,
    wipe_a_page,
    swap_pages,
    cut,
    scribble_over_the_header,
    scribble_over_a_page_header,
]


def harm(data: bytearray, chance: random.Random) -> None:
    for _ in range(chance.choice([1, 1, 3])):
        if len(data) > PAGE_SIZE:
            chance.choice(HARM)(data, chance)


def touched(before: bytes, after: bytes | bytearray) -> Iterator[int]:
    """Number the pages that are not as they were."""
    for place in range(0, len(before), PAGE_SIZE):
        if before[place : place + PAGE_SIZE] != after[place : place + PAGE_SIZE]:
            yield place // PAGE_SIZE


@pytest.mark.timeout(60 if ROUNDS < 100 else 1800)
def test_nothing_readable_is_lost_and_nothing_damaged_is_given(
    template: Template, tmp_path: Path
) -> None:
    mended = 0
    for number in range(ROUNDS):
        chance = random.Random(number)
        folder = tmp_path / str(number)
        shutil.copytree(template.folder, folder)
        path, journal = folder / "queue.db", folder / "queue.db-journal"
        unfinished = number % 4 == 0
        if not unfinished:
            # To look at it undoes the transaction.
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("SELECT count(*) FROM heartbeats").fetchone()
            assert not journal.exists()
        target = chance.choice([path, path, journal]) if unfinished else path
        before = target.read_bytes()
        data = bytearray(before)
        harm(data, chance)
        target.write_bytes(data)

        harmed = set(touched(before, data)) if target == path else set()
        if target == journal:
            harmed |= template.changed
        told: list[str] = []
        try:
            assert_good(template, path, harmed, told)
        except BaseException as error:
            error.add_note(f"round {number}, {target.name}, pages {sorted(harmed)}, told {told}")
            raise
        mended += bool(told)
        shutil.rmtree(folder)
    assert mended > ROUNDS / 3


def assert_good(template: Template, path: Path, harmed: set[int], told: list[str]) -> None:
    queue = HeartbeatQueue(path, told.append)
    queue.check()
    for name, bodies in template.waiting.items():
        given = {row.body for row in all_waiting(queue, name)}
        assert given <= template.known, "a damaged body was given"
        needed = {one for one in bodies if not template.pages[one] & harmed}
        missing = needed - given
        assert not missing, f"{len(missing)} readable rows were lost: {min(missing)[:60]!r}"
        queue.mark(name, done(all_waiting(queue, name)), LATER)
    queue.record([recording(9999)])
    assert [row.body for row in all_waiting(queue)] == [to_json(heartbeat(9999))]
    count = len(told)
    queue.check()
    assert len(told) == count, "it stays damaged"
    queue.close()


@pytest.mark.timeout(60 if ROUNDS < 100 else 1800)
def test_a_file_that_breaks_while_in_use_is_no_crash(template: Template, tmp_path: Path) -> None:
    """Without the check of a start nobody looks for what is lost, but nothing damaged is given."""
    for number in range(ROUNDS // 2):
        chance = random.Random(-1 - number)
        folder = tmp_path / str(number)
        shutil.copytree(template.folder, folder)
        path = folder / "queue.db"
        queue = HeartbeatQueue(path, lambda _: None)
        all_waiting(queue)
        data = bytearray(path.read_bytes())
        harm(data, chance)
        # The file that the queue has open.
        with path.open("r+b") as stream:
            stream.write(data)
            stream.truncate()
        try:
            queue.record([recording(9999)])
            for name in RECEIVERS:
                rows = all_waiting(queue, name)
                assert {row.body for row in rows} <= template.known | {to_json(heartbeat(9999))}
                queue.mark(name, done(rows), LATER)
            queue.counts(HERE)
            queue.dead()
            queue.times(0, LATER)
            queue.tidy(LATER, 0)
            queue.close()
        except BaseException as error:
            error.add_note(f"round {number}")
            raise
        shutil.rmtree(folder)


@pytest.mark.timeout(60 if ROUNDS < 100 else 1800)
def test_one_bit_costs_at_most_the_row_on_which_it_lies(tmp_path: Path) -> None:
    whole = tmp_path / "whole" / "queue.db"
    queue = HeartbeatQueue(whole)
    queue.record([recording(number, *RECEIVERS) for number in range(30)])
    rows = all_waiting(queue)
    queue.mark(HERE, done(rows[::2]), LATER)
    queue.mark(THERE, done(rows[1::3]), LATER)
    queue.mark(THERE, [Outcome(row.id, "dead", "no") for row in rows[2::9]], LATER)
    waiting = {name: all_waiting(queue, name) for name in RECEIVERS}
    queue.close()
    data = whole.read_bytes()
    # A row begins some bytes before its body, and ends with its seal.
    cells = {
        body: range(data.index(body) - 20, data.index(seal) + len(seal))
        for body, seal in sql(whole, "SELECT body, seal FROM heartbeats WHERE body IS NOT NULL")
        if isinstance(body, bytes) and isinstance(seal, bytes)
    }
    places = [place for place, byte in enumerate(data) if byte]
    for number in range(ROUNDS * 3):
        chance = random.Random(number)
        place, bit = chance.choice(places), 1 << chance.randrange(8)
        path = tmp_path / str(number) / "queue.db"
        path.parent.mkdir()
        path.write_bytes(data)
        damage(path, place, bytes([data[place] ^ bit]))
        queue = HeartbeatQueue(path, lambda _: None)
        queue.check()
        for name in RECEIVERS:
            given = [row.body for row in all_waiting(queue, name)]
            needed = {row.body for row in waiting[name] if place not in cells[row.body]}
            assert len(set(given)) == len(given), f"round {number}: one is doubled"
            assert set(given) <= {row.body for row in rows}, f"round {number}"
            assert needed <= set(given), f"round {number}: a readable row is lost"
        queue.close()
        shutil.rmtree(path.parent)
