"""What comes out of a damaged file, and in which order things happen."""

from __future__ import annotations

import os
import random
import re
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from errno import ENOSPC
from functools import partial
from itertools import combinations
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
    entities,
    heartbeat,
    queue_of,
    recording,
    sql,
)
from trayapp.delivery import leaf_pages, locks, salvage
from trayapp.delivery.queue import HeartbeatQueue
from trayapp.delivery.rows import Counts, Outcome, Recording
from trayapp.delivery.schema import PAGE_SIZE
from trayapp.errors import QueueBusyError, QueueFullError


def refuse(*_: object) -> None:
    raise OSError("no links here")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "queue.db"


def break_header(path: Path) -> None:
    damage(path, 0, bytes(16))


def files(path: Path) -> set[str]:
    return {file.name for file in path.parent.iterdir()}


def checked(path: Path) -> HeartbeatQueue:
    queue = HeartbeatQueue(path)
    queue.check()
    return queue


def test_the_person_is_told_and_the_damaged_file_kept(path: Path) -> None:
    queue_of(path, 3).close()
    break_header(path)
    broken = path.read_bytes()
    told: list[str] = []

    HeartbeatQueue(path, told.append).check()

    (aside,) = salvage.damaged_files(path)
    assert told == [f"The queue was damaged: 3 recordings were saved. It is now {aside}"]
    assert aside.read_bytes() == broken
    assert aside.stat().st_mode & 0o777 == path.stat().st_mode & 0o777 == 0o600
    assert aside.name.startswith("queue-damaged-20")


def test_what_could_not_be_read_is_counted(path: Path) -> None:
    queue_of(path, 100).close()
    page = path.read_bytes().index(b"code/50.py") // PAGE_SIZE
    damage(path, page * PAGE_SIZE, bytes(PAGE_SIZE))
    told: list[str] = []
    queue = HeartbeatQueue(path, told.append)

    queue.check()

    rows = all_waiting(queue)
    assert 80 < len(rows) < 100
    assert f"{len(rows)} recordings were saved, {100 - len(rows)} could not be" in told[0]


def test_a_sound_file_is_left_alone(path: Path) -> None:
    queue = queue_of(path, 3)
    before = path.read_bytes(), path.stat().st_ino

    queue.check()

    assert (path.read_bytes(), path.stat().st_ino) == before
    assert files(path) == {"queue.db", "queue.db.lock"}


def test_ids_states_history_and_the_window_are_kept(path: Path) -> None:
    queue = queue_of(path, 4, HERE, THERE)
    queue.mark(HERE, [Outcome(1, "done"), Outcome(2, "dead", "no")], LATER)
    queue.mark(
        THERE, [Outcome(1, "done"), Outcome(3, "done"), Outcome(4, "waiting", "?", 2)], LATER
    )
    queue.record([recording(number, key=b"k") for number in (10, 11)])
    asked = (
        lambda: [all_waiting(queue, name, NOW + 12) for name in (HERE, THERE)],
        lambda: [queue.counts(name) for name in (HERE, THERE)],
        queue.dead,
        lambda: [queue.times(0, LATER, name) for name in (HERE, THERE, None)],
        lambda: [queue.newest_accepted(name) for name in (HERE, THERE)],
        lambda: queue.next_due(HERE, NOW + 12),
    )
    before = [ask() for ask in asked]
    queue.close()
    # The part of the header by which SQLite finds free pages: all else can be read.
    damage(path, 36, b"\xff")

    queue.check()

    assert len(salvage.damaged_files(path)) == 1
    assert [ask() for ask in asked] == before
    queue.record([recording(12, key=b"k")])
    assert [row.time - NOW for row in all_waiting(queue)][-1] == 12


def test_an_id_that_was_lost_is_not_given_again(path: Path) -> None:
    queue = queue_of(path, 100)
    queue.close()
    with path.open("r+b") as stream:
        stream.truncate(PAGE_SIZE * 5)
    queue.check()

    queue.record([recording(1)])

    assert all_waiting(queue)[-1].id > 100


def test_where_deliveries_are_lost_it_goes_to_all_its_receivers(path: Path) -> None:
    queue_of(path, 2, HERE, THERE).close()
    sql(path, "DELETE FROM deliveries WHERE heartbeat = 1")
    queue = HeartbeatQueue(path)

    queue.check()

    assert [row.id for row in all_waiting(queue, HERE)] == [1, 2]
    assert [row.id for row in all_waiting(queue, THERE)] == [1, 2]


@pytest.mark.parametrize("state", ["sent", "", "Waiting"])
def test_a_state_that_nobody_wrote_is_damage(path: Path, state: str) -> None:
    queue_of(path, 2).close()
    sql(path, "PRAGMA ignore_check_constraints = ON", f"UPDATE deliveries SET state = '{state}'")
    queue = HeartbeatQueue(path)

    queue.check()

    assert queue.counts(HERE) == Counts(waiting=2)


def test_a_delivery_without_its_heartbeat_is_damage(path: Path) -> None:
    queue_of(path, 2).close()
    sql(path, "DELETE FROM heartbeats WHERE id = 1")
    queue = HeartbeatQueue(path)

    queue.check()

    assert queue.counts(HERE) == Counts(waiting=1)


def test_an_index_that_says_something_else_is_damage(path: Path) -> None:
    """A wrong time would be counted, and quick_check finds nothing."""
    queue = queue_of(path, 50)
    times = queue.times(NOW, NOW + 50)
    queue.close()
    data = path.read_bytes()
    asked = ("SELECT id, time FROM heartbeats NOT INDEXED ORDER BY id", "PRAGMA quick_check")
    before = [sql(path, one) for one in asked]
    # A whole number is stored as such, in the rows and in the index.
    for found in re.finditer(re.escape(int(NOW + 20).to_bytes(4, "big")), data):
        damage(path, found.start(), b"\x01")
        if [sql(path, one) for one in asked] == before:
            break
        path.write_bytes(data)
    assert queue.times(NOW, NOW + 50) != times

    queue.check()

    assert queue.times(NOW, NOW + 50) == times


def test_where_the_order_of_rows_is_broken_nothing_is_taken_for_done(path: Path) -> None:
    queue = queue_of(path, 150, HERE, THERE)
    queue.mark(HERE, done(all_waiting(queue)[:75]), LATER)
    queue.close()
    data = path.read_bytes()
    # Leaves of the deliveries and of the indexes.
    pages = [
        place
        for place in range(PAGE_SIZE, len(data), PAGE_SIZE)
        if data[place] == 0x0A and HERE.encode() in data[place : place + PAGE_SIZE]
    ]
    assert len(pages) > 5
    for one, other in combinations(pages, 2):
        swapped = bytearray(data)
        swapped[one : one + PAGE_SIZE] = data[other : other + PAGE_SIZE]
        swapped[other : other + PAGE_SIZE] = data[one : one + PAGE_SIZE]
        with closing(salvage._sql_of(bytes(swapped))) as readable:
            found = salvage.Salvage(bytes(swapped), readable)
        states = {identity: set(rows) for identity, rows in found.deliveries.items()}
        assert all(
            (name, "waiting", 0, 0.0, "") in states[identity]
            for name, first in ((HERE, 76), (THERE, 1))
            for identity in range(first, 151)
        )


def test_ids_beyond_all_bounds_are_damage(path: Path) -> None:
    queue_of(path, 2).close()
    sql(path, f"UPDATE sqlite_sequence SET seq = {2**63 - 1}")
    queue = HeartbeatQueue(path)

    queue.check()
    queue.record([recording(3)])

    assert len(all_waiting(queue)) == 3


def test_a_file_that_calls_itself_read_only_is_damage(path: Path) -> None:
    queue_of(path, 2).close()
    damage(path, 18, b"\x07")
    queue = HeartbeatQueue(path)

    queue.record([recording(3)])

    assert len(all_waiting(queue)) == 3


def test_a_file_that_calls_itself_a_wal_is_used_as_it_is(path: Path) -> None:
    queue_of(path, 2).close()
    damage(path, 18, b"\x02\x02")
    queue = HeartbeatQueue(path)

    queue.record([recording(3)])

    assert len(all_waiting(queue)) == 3
    assert files(path) == {"queue.db", "queue.db.lock"}


@pytest.mark.parametrize("other", ["waiting", "done"])
def test_of_rows_that_claim_one_id_all_that_wait_are_kept(path: Path, other: str) -> None:
    """One bit makes 151 out of 150, which waits; what is known of 151 is not said of it."""
    queue = queue_of(path, 200)
    if other == "done":
        queue.mark(HERE, [Outcome(151, "done"), Outcome(200, "done")], LATER)
    before = entities(all_waiting(queue))
    queue.close()
    data = path.read_bytes()
    # The last cell of a page begins the row that was stored last: two bytes of size, the id.
    rows = dict(leaf_pages.rows(data, PAGE_SIZE))
    where = data.index(rows[150][1]) if isinstance(rows[150][1], bytes) else 0
    start = data.rindex(b"\x81\x16", 0, where)
    assert start > where - 60, "the id, as SQLite writes 150"
    damage(path, start, b"\x81\x17")
    told: list[str] = []
    queue = HeartbeatQueue(path, told.append)

    queue.check()

    assert set(before) <= set(entities(all_waiting(queue)))
    assert "could not be" not in told[0]


@pytest.mark.parametrize(("damaged", "other"), [(6, 5), (4, 5)], ids=["after", "before"])
def test_a_heartbeat_of_which_two_things_are_said_waits(
    path: Path, damaged: int, other: int
) -> None:
    """Another's delivery, which is done, is taken for its own when one bit says so."""
    queue = queue_of(path, 9)
    queue.mark(HERE, [Outcome(damaged, "done"), Outcome(9, "done")], LATER)
    queue.close()
    delivery = f"{HERE}done".encode()
    damage(path, path.read_bytes().index(bytes([damaged]) + delivery), bytes([other]))

    queue.check()

    assert f"/home/a/code/{other - 1}.py" in entities(all_waiting(queue))


@pytest.mark.parametrize(
    ("offset", "junk"),
    [(0, b"\x00"), (0, b"\x05"), (0, b"\x0a"), (3, b"\0\1"), (4, b"\xff"), (5, b"\xff\xff")],
)
def test_rows_of_a_page_are_read_whatever_is_said_of_it(
    path: Path, offset: int, junk: bytes
) -> None:
    queue_of(path, 100).close()
    page = path.read_bytes().index(b"code/50.py") // PAGE_SIZE
    damage(path, page * PAGE_SIZE + offset, junk)

    assert len(all_waiting(checked(path))) == 100


@pytest.mark.parametrize("bit", [0x01, 0x10, 0x80])
def test_rows_are_read_to_which_nothing_points(path: Path, bit: int) -> None:
    queue = queue_of(path, 100)
    queue.record(
        [Recording(heartbeat(100 + end, entity="/long" * 5000), (HERE,)) for end in (0, 1)]
    )
    queue.close()
    data = bytearray(path.read_bytes())
    for page in range(PAGE_SIZE, len(data), PAGE_SIZE):
        if data[page] == 0x0D:
            for place in range(page + 9, page + 9 + 2 * data[page + 4], 4):
                data[place] ^= bit
    path.write_bytes(data)

    assert len(all_waiting(checked(path))) == 102


def test_a_definition_that_is_no_text_is_damage(path: Path) -> None:
    """SQLite quotes it when it complains, and that cannot be decoded."""
    queue_of(path, 3).close()
    damage(path, path.read_bytes().index(b"CREATE TABLE deliveries"), b"\xc3")

    assert len(all_waiting(HeartbeatQueue(path))) == 3


def test_rows_of_a_page_that_was_cut_are_read(path: Path) -> None:
    queue_of(path, 100).close()
    data = path.read_bytes()
    page = data.index(b"code/50.py") // PAGE_SIZE * PAGE_SIZE
    # SQLite fills a page from its end: of this one the row that came last is whole.
    newest = max(
        number for number in range(100) if f"code/{number}.py".encode() in data[page:][:PAGE_SIZE]
    )
    cut = data.index(f"code/{newest - 1}.py".encode())
    assert page < data.index(f"code/{newest}.py".encode()) < cut < page + PAGE_SIZE
    path.write_bytes(data[:cut])

    assert f"/home/a/code/{newest}.py" in entities(all_waiting(checked(path)))


def test_a_journal_is_undone_first_and_does_not_touch_the_new_file(path: Path) -> None:
    queue_of(path, 50).close()
    copy = path.with_name("copy.db")
    journal = path.with_name("queue.db-journal")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("DELETE FROM heartbeats")
        copy.write_bytes(path.read_bytes())
        kept = journal.read_bytes()
        connection.execute("ROLLBACK")
    copy.replace(path)
    journal.write_bytes(kept)
    assert b"code/7.py" not in path.read_bytes()

    queue = HeartbeatQueue(path)
    queue.check()

    assert len(all_waiting(queue)) == 50
    assert not journal.exists()


def test_who_has_the_old_file_open_writes_into_the_new_one(path: Path) -> None:
    """Another process mends it between this one's transactions, or even within one."""
    told: list[str] = []
    one, other = queue_of(path, 3), HeartbeatQueue(path, told.append)
    other.counts(HERE)
    salvage.mend(path)

    one.record([recording(3)])
    other.record([recording(4)])

    assert len(all_waiting(one)) == 5
    assert told == []


def test_what_is_committed_into_a_file_that_was_just_set_aside_is_written_again(path: Path) -> None:
    queue = queue_of(path, 3)
    replaced: list[bool] = []

    def replace_it(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE deliveries SET reason = 'written'")
        if not replaced:
            new = path.with_name("new.db")
            new.write_bytes(path.read_bytes())
            new.replace(path)
            replaced.append(True)

    queue._database.write(replace_it)

    assert sql(path, "SELECT DISTINCT reason FROM deliveries") == [("written",)]


@pytest.mark.parametrize("offset", [0, 16, 18, 100], ids=str)
def test_nobody_uses_a_file_while_it_is_mended(
    path: Path, monkeypatch: pytest.MonkeyPatch, offset: int
) -> None:
    """Who has read a file whose header breaks later could write it still."""
    monkeypatch.setattr(locks, "BUSY_SECONDS", 0.05)
    late = queue_of(path, 3)
    damage(path, offset, b"\x07\x07")
    keep = salvage._keep
    refused: list[QueueBusyError] = []

    def use_late(*arguments: object) -> None:
        keep(*arguments)  # type: ignore[arg-type]
        for use in (lambda: late.record([recording(3)]), lambda: late.counts(HERE)):
            with pytest.raises(QueueBusyError) as caught:
                use()
            refused.append(caught.value)

    monkeypatch.setattr(salvage, "_keep", use_late)
    HeartbeatQueue(path).check()

    assert len(refused) == 2
    late.record([recording(3)])
    assert len(all_waiting(late)) == 4


def test_what_was_committed_before_another_mends_is_not_written_twice(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = queue_of(path, 3)
    gate = queue._database._gate
    shared = gate.shared

    @contextmanager
    def left_and_mended() -> Iterator[None]:
        with shared():
            yield
        monkeypatch.undo()
        damage(path, 0, bytes(16))
        HeartbeatQueue(path).check()

    monkeypatch.setattr(gate, "shared", left_and_mended)
    queue.record([recording(3)])

    assert salvage.damaged_files(path)
    assert entities(all_waiting(queue)) == [f"/home/a/code/{number}.py" for number in range(4)]


@pytest.mark.parametrize("first", [0, 1])
def test_a_gate_that_was_removed_is_noticed(
    path: Path, monkeypatch: pytest.MonkeyPatch, first: int
) -> None:
    monkeypatch.setattr(locks, "BUSY_SECONDS", 0.05)
    monkeypatch.setattr(locks, "MENDING_SECONDS", 0.05)
    old, new = locks.Gate(path), locks.Gate(path)
    with old.shared():
        path.with_name("queue.db.lock").unlink()
    one, other = (old, new) if first == 0 else (new, old)

    with one.shared(), pytest.raises(sqlite3.OperationalError, match="locked"), other.alone():
        pytest.fail("both are inside")
    with one.alone(), pytest.raises(sqlite3.OperationalError, match="locked"), other.shared():
        pytest.fail("both are inside")


def test_a_gate_that_cannot_be_written_lets_nobody_be_alone(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite takes BEGIN EXCLUSIVE for BEGIN on a read-only file."""
    gate = locks.Gate(path)
    with gate.shared():
        pass
    uri = f"{path.with_name('queue.db.lock').as_uri()}?mode=ro"
    read_only = partial(sqlite3.connect, uri, uri=True, isolation_level=None)
    monkeypatch.setattr(locks, "opened", lambda _: read_only())

    with pytest.raises(sqlite3.OperationalError, match="readonly"), gate.alone():
        pytest.fail("it is alone")


def test_a_check_reads_the_disk_and_not_what_was_read_before(path: Path) -> None:
    queue = queue_of(path, 3)
    all_waiting(queue)
    damage(path, PAGE_SIZE, b"\x07\x07")

    queue.check()

    assert salvage.damaged_files(path)


TRANSACTION = """
import sys
from pathlib import Path
from trayapp.delivery.database import Database

def work(connection):
    connection.execute("UPDATE deliveries SET tries = 5")
    print("begun", flush=True)
    input()

Database(Path(sys.argv[1]), print).write(work)
"""


@pytest.mark.parametrize("offset", [0, PAGE_SIZE], ids=["header", "page"])
def test_mending_waits_for_a_transaction_that_has_begun(
    path: Path, monkeypatch: pytest.MonkeyPatch, offset: int
) -> None:
    queue_of(path, 3).close()
    opened = locks.opened
    tried = threading.Semaphore(0)

    def traced(path: Path) -> sqlite3.Connection:
        connection = opened(path)
        connection.set_trace_callback(
            lambda sql: tried.release() if sql == "BEGIN EXCLUSIVE" else None
        )
        return connection

    monkeypatch.setattr(locks, "opened", traced)
    command = [sys.executable, "-c", TRANSACTION, str(path)]
    pipe = subprocess.PIPE
    with (
        subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as other,
        ThreadPoolExecutor(1) as mender,
    ):
        assert other.stdout
        assert other.stdout.readline() == "begun\n"
        damage(path, offset, b"\x07\x07")
        checked = mender.submit(HeartbeatQueue(path).check)
        for _ in range(2):
            assert tried.acquire(timeout=5)
        assert not salvage.damaged_files(path)
        other.communicate("\n", timeout=10)

        assert other.returncode == 0
        checked.result(timeout=10)
    assert sql(path, "SELECT tries FROM deliveries") == [(5,)] * 3


def test_a_file_to_lock_that_holds_anything_keeps_nobody_from_mending(path: Path) -> None:
    queue_of(path, 3).close()
    break_header(path)
    path.with_name("queue.db.lock").write_bytes(bytes(PAGE_SIZE))

    assert len(all_waiting(HeartbeatQueue(path))) == 3


def test_a_mended_file_that_was_left_half_written_is_in_nobodys_way(path: Path) -> None:
    queue_of(path, 3).close()
    path.with_name("queue.db.new").write_bytes(b"half")
    path.with_name("queue.db.new-journal").write_bytes(b"half")
    break_header(path)

    assert len(all_waiting(HeartbeatQueue(path))) == 3
    assert not path.with_name("queue.db.new").exists()


def test_nothing_is_set_aside_where_the_new_file_cannot_be_written(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue_of(path, 3).close()
    break_header(path)
    broken = path.read_bytes()

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(salvage.Salvage, "write", full)
    with pytest.raises(Exception, match="queue"):
        HeartbeatQueue(path).check()

    assert path.read_bytes() == broken
    assert salvage.damaged_files(path) == []
    monkeypatch.undo()
    assert len(all_waiting(HeartbeatQueue(path))) == 3


def test_without_hard_links_the_damaged_file_is_copied(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue_of(path, 3).close()
    break_header(path)
    broken = path.read_bytes()

    monkeypatch.setattr(os, "link", refuse)
    HeartbeatQueue(path).check()

    (aside,) = salvage.damaged_files(path)
    assert aside.read_bytes() == broken
    assert aside.stat().st_mode & 0o777 == 0o600


def test_a_copy_for_which_there_is_no_room_is_removed(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every attempt would leave another."""
    queue_of(path, 3).close()
    break_header(path)
    write_bytes = Path.write_bytes

    def half(file: Path, data: bytes) -> int:
        write_bytes(file, data[:100])
        raise OSError(ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(QueueFullError, match="No space"):
        HeartbeatQueue(path).check()

    assert salvage.damaged_files(path) == []
    monkeypatch.undo()
    assert len(all_waiting(checked(path))) == 3


def test_files_set_aside_within_a_second_have_names_of_their_own(path: Path) -> None:
    for _ in range(3):
        queue_of(path, 1).close()
        break_header(path)

    HeartbeatQueue(path).check()

    assert len(salvage.damaged_files(path)) == 3


class TestLeafPages:
    def test_they_give_what_sqlite_gives(self, tmp_path: Path) -> None:
        path = tmp_path / "some.db"
        chance = random.Random(3)
        values = [
            (
                chance.randbytes(chance.choice([0, 1, 100, 4000, 4061, 4062, 5000, 30_000])),
                chance.choice([None, "", "text", "ü" * 50, "long" * 2000]),
                chance.choice([0, 1, -1, 127, -32768, 2**23, 2**31, 2**40, -(2**62)]),
                chance.choice([0.5, -1e300, NOW + 0.1]),
            )
            for _ in range(300)
        ]
        sql(path, f"PRAGMA page_size = {PAGE_SIZE}", "CREATE TABLE some (a, b, c, d)")
        with closing(sqlite3.connect(path)) as connection:
            connection.executemany("INSERT INTO some VALUES (?, ?, ?, ?)", values)
            connection.commit()

        read = leaf_pages.rows(path.read_bytes(), PAGE_SIZE)
        # What is no leaf gives something too.
        found = {identity: row for identity, row in read if len(row) == len(values[0])}

        assert [tuple(found[number + 1]) for number in range(1, 300)] == values[1:]

    def test_they_read_any_bytes_without_a_crash(self) -> None:
        chance = random.Random(4)
        for _ in range(300):
            data = chance.randbytes(4 * PAGE_SIZE + chance.randrange(50))
            list(leaf_pages.rows(data, PAGE_SIZE))

    def test_a_chain_that_leads_back_to_itself_ends(self, path: Path) -> None:
        queue_of(path, 1).close()
        queue = HeartbeatQueue(path)
        queue.record([Recording(heartbeat(entity="/long" * 5000), (HERE,))])
        queue.close()
        data = bytearray(path.read_bytes())
        for page in range(0, len(data), PAGE_SIZE):
            if b"/long/long" in data[page : page + 50]:
                data[page : page + 4] = (page // PAGE_SIZE + 1).to_bytes(4, "big")

        assert len(list(leaf_pages.rows(bytes(data), PAGE_SIZE))) >= 2


@pytest.mark.parametrize("offset", [0, 16, 18, 20, 21, 28, 36, 44, 52, 56, 60, 92])
def test_a_broken_header_costs_nothing(path: Path, offset: int) -> None:
    queue = queue_of(path, 100, HERE, THERE)
    queue.mark(HERE, done(all_waiting(queue)[:90]), LATER)
    queue.mark(THERE, [Outcome(1, "done"), Outcome(2, "dead", "no")], LATER)
    before = [queue.counts(name) for name in (HERE, THERE)]
    queue.close()
    damage(path, offset, b"\xfe\xfd\xfe\xfd")

    queue.check()

    assert [queue.counts(name) for name in (HERE, THERE)] == before
    assert [at for _, at in queue.times(0, LATER, HERE)] == [LATER] * 90 + [None] * 10
    queue.record([recording()])
