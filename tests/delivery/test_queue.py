"""The queue as its callers see it."""

from __future__ import annotations

import hashlib
import sqlite3
import stat
import threading
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
from trayapp.coding.heartbeat import to_json
from trayapp.delivery import salvage
from trayapp.delivery.queue import DAMAGED, HeartbeatQueue
from trayapp.delivery.rows import LOCAL, Counts, DeadLetter, Outcome, Recording, Row
from trayapp.delivery.schema import PAGE_SIZE, TABLES, VERSION, Found, fault, look
from trayapp.errors import QueueBusyError, QueueError, QueueFullError, QueueVersionError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "queue.db"


def assert_sound(queue: HeartbeatQueue) -> None:
    assert queue._database.read(fault) is None


class TestRecording:
    def test_the_very_bytes_come_out_again(self, path: Path) -> None:
        queue_of(path, 1).close()

        expected = Row(1, to_json(heartbeat(0)), "box", "wakatime/1 trayapp/1", NOW)
        assert all_waiting(HeartbeatQueue(path)) == [expected]

    def test_recordings_come_in_their_order_and_in_portions(self, path: Path) -> None:
        queue = queue_of(path, 5)

        first = queue.waiting(HERE, LATER, 2)
        rest = queue.waiting(HERE, LATER, 10, after_id=first[-1].id)

        assert [row.time - NOW for row in (*first, *rest)] == [0, 1, 2, 3, 4]

    def test_each_receiver_gets_it_at_its_own_pace(self, path: Path) -> None:
        queue = queue_of(path, 3, HERE, THERE)

        queue.mark(HERE, done(all_waiting(queue)), LATER)

        assert all_waiting(queue) == []
        assert len(all_waiting(queue, THERE)) == 3
        assert queue.receivers() == [HERE, THERE]

    def test_all_or_none_is_recorded(self, path: Path) -> None:
        queue = queue_of(path, 1)
        broken = heartbeat(2, float("nan"))

        with pytest.raises(ValueError, match="JSON"):
            queue.record([recording(1), Recording(broken, (HERE,))])

        assert len(all_waiting(queue)) == 1

    def test_files_are_the_owners_alone(self, path: Path) -> None:
        queue = queue_of(path, 1)
        modes: dict[str, int] = {}

        def look(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM heartbeats")
            for file in path.parent.iterdir():
                modes[file.name] = stat.S_IMODE(file.stat().st_mode)

        queue._database.write(look)

        assert modes == dict.fromkeys(("queue.db", "queue.db-journal", "queue.db.lock"), 0o600)
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700

    def test_files_that_others_could_read_are_closed_to_them(self, path: Path) -> None:
        queue_of(path, 1).close()
        path.chmod(0o644)
        path.parent.chmod(0o755)

        assert len(all_waiting(HeartbeatQueue(path))) == 1

        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700

    def test_a_commit_is_on_the_disk_itself_and_deleted_bytes_are_zeroed(self, path: Path) -> None:
        pragmas = ("journal_mode", "synchronous", "secure_delete", "page_size")
        found = queue_of(path, 1)._database.read(
            lambda connection: [
                connection.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas
            ]
        )

        assert found == ["delete", 2, 1, PAGE_SIZE]

    def test_a_queue_that_was_removed_is_made_anew(self, path: Path) -> None:
        queue = queue_of(path, 1)
        path.unlink()

        queue.record([recording(7)])

        assert entities(all_waiting(queue)) == ["/home/a/code/7.py"]

    def test_threads_may_share_it(self, path: Path) -> None:
        queue = HeartbeatQueue(path)

        def record(name: int) -> None:
            for number in range(25):
                queue.record([recording(name * 100 + number)])

        threads = [threading.Thread(target=record, args=(name,)) for name in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(set(entities(all_waiting(queue)))) == 100


class TestSchema:
    def test_a_newer_one_is_told_and_not_touched(self, path: Path) -> None:
        queue_of(path, 1).close()
        sql(
            path,
            "ALTER TABLE heartbeats ADD COLUMN more TEXT",
            f"PRAGMA user_version = {VERSION + 1}",
        )
        before = path.read_bytes()

        for act in (HeartbeatQueue(path).check, lambda: HeartbeatQueue(path).record([recording()])):
            with pytest.raises(QueueVersionError, match="newer trayapp"):
                act()

        assert path.read_bytes() == before
        assert not salvage.damaged_files(path)

    def test_a_newer_number_on_our_tables_is_damage(self, path: Path) -> None:
        queue_of(path, 3).close()
        sql(path, f"PRAGMA user_version = {VERSION + 1}")

        assert len(all_waiting(HeartbeatQueue(path))) == 3

    def test_what_another_process_creates_is_seen_whole_or_not_at_all(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Its tables without its version would look like damage."""
        seen: list[bool] = []

        def look_closely(connection: sqlite3.Connection) -> Found:
            seen.append(connection.in_transaction)
            return look(connection)

        monkeypatch.setattr("trayapp.delivery.database.look", look_closely)
        queue_of(path, 1)

        assert seen == [True]

    def test_the_tables_of_version_1(self) -> None:
        """Who changes the tables raises VERSION, and says what becomes of older files."""
        digest = hashlib.sha256("\n".join(TABLES).encode()).hexdigest()

        assert (VERSION, digest[:16]) == (1, "ca1324bb5a0f866f")


class TestWindow:
    def test_of_saves_within_a_window_the_first_and_the_last_are_kept(self, path: Path) -> None:
        queue = HeartbeatQueue(path)
        for number in range(6):
            queue.record([recording(number, key=b"k")])

        assert [row.time - NOW for row in all_waiting(queue, now=NOW + 6)] == [0]
        assert [row.time - NOW for row in all_waiting(queue, now=NOW + 31)] == [0, 5]

    def test_two_processes_share_one_window(self, path: Path) -> None:
        one, other = HeartbeatQueue(path), HeartbeatQueue(path)
        for number in range(6):
            (one, other)[number % 2].record([recording(number, key=b"k")])

        assert [row.time - NOW for row in all_waiting(one, now=NOW + 31)] == [0, 5]

    def test_what_is_held_goes_to_whom_the_last_save_was_for(self, path: Path) -> None:
        queue = HeartbeatQueue(path)
        queue.record([recording(0, HERE, key=b"k"), recording(1, HERE, key=b"k")])
        queue.record([recording(2, THERE, key=b"k")])

        assert len(all_waiting(queue, HERE)) == 1
        assert len(all_waiting(queue, THERE)) == 1

    def test_another_key_ends_it(self, path: Path) -> None:
        queue = HeartbeatQueue(path)
        for number, key in enumerate([b"k", b"k", b"l", b"k"]):
            queue.record([recording(number, key=key)])

        assert [row.time - NOW for row in all_waiting(queue, now=NOW + 4)] == [0, 1, 2, 3]

    def test_a_recording_without_a_key_ends_it_and_is_never_replaced(self, path: Path) -> None:
        queue = HeartbeatQueue(path)
        for number, key in enumerate([b"k", b"k", None, None, b"k"]):
            queue.record([recording(number, key=key)])

        assert len(all_waiting(queue, now=NOW + 4)) == 5

    def test_the_app_ends_it(self, path: Path) -> None:
        queue = HeartbeatQueue(path)
        queue.record([recording(number, key=b"k") for number in range(3)])

        queue.close_window()

        assert len(all_waiting(queue, now=NOW + 3)) == 2

    def test_a_row_that_was_given_is_not_replaced_any_more(self, path: Path) -> None:
        queue = HeartbeatQueue(path)
        queue.record([recording(number, key=b"k") for number in range(3)])
        given = all_waiting(queue, now=NOW + 31)

        # A save that was made within the window and is recorded late.
        queue.record([recording(4, key=b"k")])
        queue.mark(HERE, done(given), NOW + 32)

        assert [row.time - NOW for row in all_waiting(queue)] == [4]

    def test_it_says_when_it_ends(self, path: Path) -> None:
        queue = HeartbeatQueue(path)
        queue.record([recording(0, key=b"k")])
        assert queue.next_due(HERE, NOW + 1) is None

        queue.record([recording(1, key=b"k")])

        assert queue.next_due(HERE, NOW + 2) == NOW + 30
        assert queue.next_due(HERE, NOW + 40) == NOW + 40
        assert queue.next_due(THERE, NOW + 2) is None


class TestOutcomes:
    def test_counts_say_what_is_where(self, path: Path) -> None:
        queue = queue_of(path, 6)
        rows = all_waiting(queue)
        queue.mark(HERE, done(rows[:1]), NOW - 1)
        queue.mark(HERE, done(rows[1:3]), NOW)
        queue.mark(HERE, [Outcome(rows[3].id, "dead", "too old")], NOW)

        assert queue.counts(HERE, NOW) == Counts(waiting=2, done=2, dead=1)
        assert queue.counts(THERE, NOW) == Counts()

    def test_what_waits_again_remembers_its_tries(self, path: Path) -> None:
        queue = queue_of(path, 1)

        queue.mark(HERE, [Outcome(1, "waiting", "422", 2)], NOW)

        assert [row.tries for row in all_waiting(queue)] == [2]

    def test_what_waits_no_more_is_not_changed(self, path: Path) -> None:
        queue = queue_of(path, 1)
        queue.mark(HERE, [Outcome(1, "done")], NOW)

        queue.mark(HERE, [Outcome(1, "dead", "late"), Outcome(99, "done")], NOW)

        assert queue.counts(HERE) == Counts(done=1)

    def test_dead_letters_say_why_and_wait_again_or_go(self, path: Path) -> None:
        queue = queue_of(path, 3, HERE, THERE)
        for receiver in (HERE, THERE):
            queue.mark(receiver, [Outcome(2, "dead", "too old"), Outcome(3, "dead", "?")], LATER)

        letter = DeadLetter(2, HERE, "/home/a/code/1.py", NOW + 1, "too old", LATER)
        assert queue.dead(HERE)[0] == letter
        assert len(queue.dead()) == 4

        assert queue.retry([2], HERE) == 1
        assert queue.drop(receiver=HERE) == 1

        assert [row.id for row in all_waiting(queue)] == [1, 2]
        assert [letter.receiver for letter in queue.dead()] == [THERE, THERE]
        assert queue.drop() == 2
        assert queue.dead() == []

    def test_dropping_the_last_erases_the_bytes(self, path: Path) -> None:
        queue = queue_of(path, 1)
        queue.mark(HERE, [Outcome(1, "dead", "too old")], NOW)
        assert b"/home/a/code" in path.read_bytes()

        queue.drop()

        assert b"/home/a/code" not in path.read_bytes()
        assert_sound(queue)


class TestAccounts:
    def test_what_is_local_is_addressed_later(self, path: Path) -> None:
        queue = HeartbeatQueue(path)
        queue.record([Recording(heartbeat(number)) for number in range(3)])
        assert queue.counts(LOCAL) == Counts(waiting=3)
        assert queue.receivers() == []

        assert queue.address_local([HERE, THERE]) == 3

        assert len(all_waiting(queue, HERE)) == len(all_waiting(queue, THERE)) == 3
        assert queue.counts(LOCAL) == Counts()
        assert_sound(queue)

    def test_what_is_held_is_addressed_too(self, path: Path) -> None:
        queue = HeartbeatQueue(path)
        queue.record([Recording(heartbeat(number), key=b"k") for number in range(3)])

        assert queue.address_local([HERE]) == 2
        queue.record([recording(4, HERE, key=b"k")])

        assert [row.time - NOW for row in all_waiting(queue)] == [0, 4]

    def test_an_account_that_is_removed_leaves_nothing(self, path: Path) -> None:
        queue = queue_of(path, 3, HERE)
        queue.record([recording(3, HERE, THERE)])
        queue.mark(HERE, [Outcome(1, "done"), Outcome(2, "dead", "no")], NOW)

        assert queue.remove_receiver(HERE) == 2

        assert queue.receivers() == [THERE]
        assert queue.newest_accepted(HERE) is None
        assert entities(all_waiting(queue, THERE)) == ["/home/a/code/3.py"]
        assert b"code/0.py" not in path.read_bytes()
        assert b"code/2.py" not in path.read_bytes()
        assert_sound(queue)

    def test_an_account_that_comes_back_begins_afresh(self, path: Path) -> None:
        queue = queue_of(path, 2)
        queue.remove_receiver(HERE)

        queue.record([recording(5)])

        assert entities(all_waiting(queue)) == ["/home/a/code/5.py"]

    def test_what_is_for_nobody_is_history_at_once(self, path: Path) -> None:
        queue = HeartbeatQueue(path)
        queue.record([Recording(heartbeat(number), None, b"k") for number in (0, 5, 12)])
        queue.record([recording(20)])

        assert b"code/12.py" not in path.read_bytes()
        assert queue.counts(LOCAL) == Counts()
        assert [at - NOW for at, _ in queue.times(0, LATER)] == [0, 12, 20]
        assert_sound(queue)
        queue.tidy(LATER, NOW + 1000)
        assert [at - NOW for at, _ in queue.times(0, LATER)] == [20]

    def test_what_is_held_for_nobody_may_be_for_somebody_with_the_next_save(
        self, path: Path
    ) -> None:
        queue = HeartbeatQueue(path)
        queue.record([Recording(heartbeat(number), None, b"k") for number in (0, 5)])

        queue.record([recording(12, key=b"k")])

        assert [row.time - NOW for row in all_waiting(queue)] == [12]
        assert_sound(queue)

    def test_what_is_local_can_be_forgotten(self, path: Path) -> None:
        queue = HeartbeatQueue(path)
        queue.record([Recording(heartbeat())])

        assert queue.remove_receiver(LOCAL) == 1

        assert queue.counts(LOCAL) == Counts()
        assert queue.times(0, LATER) == [(NOW, None)]


class TestHistory:
    def test_no_trace_of_a_delivered_path_stays_in_the_files(self, path: Path) -> None:
        queue = queue_of(path, 60)
        long = "/home/" + "deep/" * 2000
        queue.record([Recording(heartbeat(60, entity=f"{long}{end}"), (HERE,)) for end in "ab"])
        queue.record([recording(61)])

        queue.mark(HERE, done(all_waiting(queue)), LATER)

        left = b"".join(file.read_bytes() for file in path.parent.iterdir())
        assert left.count(b"/home/") == 1, "the newest that was accepted"
        assert b"deep/" not in left
        assert b'"entity":"/home/a/code/61.py"' in left

    def test_it_stays_until_every_receiver_has_it(self, path: Path) -> None:
        queue = queue_of(path, 3, HERE, THERE)
        queue.mark(HERE, done(all_waiting(queue)), LATER)
        assert path.read_bytes().count(b"/home/") == 3

        queue.mark(THERE, done(all_waiting(queue, THERE)), LATER)

        assert path.read_bytes().count(b"/home/") == 1

    def test_the_newest_that_each_receiver_took_stays(self, path: Path) -> None:
        queue = queue_of(path, 4, HERE, THERE)
        queue.mark(HERE, [Outcome(number, "done") for number in (1, 2, 3, 4)], LATER)
        queue.mark(THERE, [Outcome(1, "done"), Outcome(2, "done")], LATER)
        queue.mark(THERE, [Outcome(3, "dead"), Outcome(4, "dead")], LATER)
        queue.drop()

        newest = {name: queue.newest_accepted(name) for name in (HERE, THERE)}

        assert newest[HERE] == Row(4, to_json(heartbeat(3)), "box", "wakatime/1 trayapp/1", NOW + 3)
        assert newest[THERE] == Row(
            2, to_json(heartbeat(1)), "box", "wakatime/1 trayapp/1", NOW + 1
        )
        assert path.read_bytes().count(b"/home/") == 2

    def test_nothing_delivered_means_no_newest(self, path: Path) -> None:
        assert queue_of(path, 1).newest_accepted(HERE) is None

    def test_times_say_what_was_delivered_when(self, path: Path) -> None:
        queue = queue_of(path, 4)
        queue.record([recording(9, THERE)])
        queue.mark(HERE, [Outcome(1, "done"), Outcome(2, "dead")], LATER)

        assert queue.times(NOW, NOW + 3, HERE) == [(NOW, LATER), (NOW + 2, None)]
        assert [at - NOW for at, _ in queue.times(NOW, LATER)] == [0, 1, 2, 3, 9]

    def test_times_projects_and_languages_stay_as_history(self, path: Path) -> None:
        queue = queue_of(path, 2)
        queue.mark(HERE, done(all_waiting(queue)), LATER)

        kept = sql(path, "SELECT body, machine, time, project, language FROM heartbeats")

        assert kept[0] == (None, None, NOW, "code", "Python")

    def test_old_history_goes(self, path: Path) -> None:
        queue = queue_of(path, 4)
        queue.mark(HERE, done(all_waiting(queue)[:3]), NOW)
        far = NOW + 40 * 86400

        queue.tidy(far, NOW + 1)

        assert [at - NOW for at, _ in queue.times(0, LATER)] == [1, 2, 3]
        # Two days later nobody asks any more when it was delivered, but for the newest.
        kept = sql(path, "SELECT heartbeat, state FROM deliveries ORDER BY heartbeat")
        assert kept == [(3, "done"), (4, "waiting")]
        assert queue.newest_accepted(HERE) is not None
        assert len(all_waiting(queue)) == 1
        assert_sound(queue)

    def test_what_is_forgotten_leaves_no_trace_and_the_rest_waits(self, path: Path) -> None:
        queue = queue_of(path, 5)
        queue.mark(HERE, done(all_waiting(queue)[:3]), NOW)
        queue.mark(HERE, [Outcome(4, "dead")], NOW)
        aside = path.with_name("queue-damaged-20270101T000000Z.db")
        aside.write_bytes(b"/home/secret")

        queue.forget()

        assert [at - NOW for at, _ in queue.times(0, LATER)] == [3, 4]
        assert [row.id for row in all_waiting(queue)] == [5]
        assert len(queue.dead()) == 1
        assert not aside.exists()
        left = path.read_bytes()
        assert [f"code/{number}.py".encode() in left for number in range(5)] == [
            False,
            False,
            False,
            True,
            True,
        ]
        assert_sound(queue)


class TestDamagedRows:
    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("body", b'{"entity":"/home/a/code/0.pz"}'),
            ("body", None),
            ("body", "text"),
            ("machine", "bax"),
            ("user_agent", 7),
            ("time", NOW + 1),
            ("time", "soon"),
            ("project", "other"),
            ("receivers", "[]"),
            ("receivers", f'["{THERE}"]'),
            ("seal", b""),
        ],
    )
    def test_one_is_set_aside_and_told_and_never_given(
        self, path: Path, column: str, value: object
    ) -> None:
        queue_of(path, 3).close()
        sql(path, f"UPDATE heartbeats SET {column} = ? WHERE id = 1", values=(value,))
        told: list[str] = []
        queue = HeartbeatQueue(path, told.append)

        assert [row.id for row in queue.waiting(HERE, LATER, 1)] == [2]
        assert [row.id for row in all_waiting(queue)] == [2, 3]

        assert told == ["A heartbeat in the queue cannot be read any more and will not be sent"]
        assert queue.counts(HERE) == Counts(waiting=2, set_aside=1)
        (letter,) = queue.dead()
        assert (letter.id, letter.set_aside, letter.reason) == (1, True, DAMAGED)
        assert queue.retry() == 0
        assert queue.drop() == 1

    def test_a_flipped_bit_in_the_file_is_noticed(self, path: Path) -> None:
        queue_of(path, 3).close()
        offset = path.read_bytes().index(b"code/1.py")
        damage(path, offset, b"k")
        queue = HeartbeatQueue(path)
        queue.check()

        assert entities(all_waiting(queue)) == ["/home/a/code/0.py", "/home/a/code/2.py"]

    def test_an_index_that_says_that_it_waits_is_no_endless_matter(self, path: Path) -> None:
        """A disk may lose a write: a page is as it was, and the others are not."""
        queue = queue_of(path, 3)
        ((root,),) = sql(
            path, "SELECT rootpage - 1 FROM sqlite_master WHERE name = 'deliveries_by_state'"
        )
        place = int(str(root)) * PAGE_SIZE
        stale = path.read_bytes()[place : place + PAGE_SIZE]
        queue.mark(HERE, done(all_waiting(queue)), LATER)
        queue.close()
        damage(path, place, stale)
        told: list[str] = []
        queue = HeartbeatQueue(path, told.append)

        assert all_waiting(queue) == []

        assert len(told) == 1
        assert "The queue was damaged" in told[0]
        assert queue.counts(HERE) == Counts(done=3)

    def test_what_has_no_seal_may_be_anything(self, path: Path) -> None:
        queue = queue_of(path, 3)
        queue.mark(HERE, [Outcome(2, "dead", "no")], LATER)
        queue.mark(HERE, [Outcome(3, "done")], LATER)
        queue.close()
        for junk in ("soon", b"\xff"):
            sql(
                path,
                "PRAGMA ignore_check_constraints = ON",
                "UPDATE deliveries SET tries = ?1, at = ?1, reason = ?1",
                values=(junk,),
            )

            assert [row.tries for row in all_waiting(queue)] == [0]
            assert queue.times(NOW, LATER, HERE) == [(NOW, None), (NOW + 2, 0.0)]
            (letter,) = queue.dead()
            assert (letter.at, type(letter.reason)) == (0.0, str)


class TestErrors:
    def test_a_file_that_is_held_is_told_as_such(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        queue = queue_of(path, 1)
        queue.close()
        monkeypatch.setattr("trayapp.delivery.locks.BUSY_SECONDS", 0.05)

        def held(_: object) -> None:
            with pytest.raises(QueueBusyError, match="held by another program"):
                queue.record([recording()])

        HeartbeatQueue(path)._database.write(held)
        queue.record([recording()])

    def test_a_folder_in_its_place_is_told(self, path: Path) -> None:
        path.mkdir(parents=True)

        with pytest.raises(QueueFullError, match=r"queue\.db cannot be written"):
            HeartbeatQueue(path).record([recording()])

    def test_a_file_where_its_folder_should_be_is_told(self, path: Path) -> None:
        path.parent.write_text("")

        with pytest.raises(QueueFullError, match="cannot be written"):
            HeartbeatQueue(path).check()

    @pytest.mark.ordinary_user
    def test_a_folder_of_others_is_told(self, path: Path) -> None:
        path.parent.mkdir(mode=0o500)

        with pytest.raises(QueueFullError, match="cannot be written"):
            HeartbeatQueue(path).record([recording()])

    def test_errors_say_what_to_do(self, path: Path) -> None:
        path.mkdir(parents=True)

        with pytest.raises(QueueError) as caught:
            HeartbeatQueue(path).check()

        assert caught.value.hint
        assert caught.value.__cause__ is not None
