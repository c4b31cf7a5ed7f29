"""Delivery with a real queue, a real sender and a server on loopback."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.coding.samples import NOON
from tests.delivery.samples import heartbeat
from tests.desktop.processes import wait_for
from tests.server import Server
from tests.server.misbehaviours import status
from trayapp.cli.parts import connect
from trayapp.coding.status import DeliveryStatus
from trayapp.delivery.queue import HeartbeatQueue
from trayapp.delivery.recorder import Recorder
from trayapp.delivery.rows import LOCAL
from trayapp.desktop.control import ask
from trayapp.errors import ControlError, QueueFullError
from trayapp.resident.clock import SystemClock
from trayapp.resident.delivery import DAY_SECONDS, FLUSH, TIDY_SECONDS, Delivery, DeliveryEars
from trayapp.settings.accounts import Account, Settings
from trayapp.settings.key import Key
from trayapp.settings.keyring_store import MemoryKeyStore
from trayapp.settings.locations import find_locations, make_private_folder

LIMIT = 20.0
YEAR_SECONDS = 365 * DAY_SECONDS


class NoonClock(SystemClock):
    """A clock that goes, and began at noon: no midnight comes between."""

    def __init__(self) -> None:
        self.offset = NOON - time.monotonic()
        self.elapsed = 0.0

    def time(self) -> float:
        return self.monotonic() + self.offset

    def monotonic(self) -> float:
        return time.monotonic() + self.elapsed


class Office:
    """Delivery to one account, and all that it told."""

    def __init__(self, home: Path, server: Server) -> None:
        self.server = server
        self.clock = NoonClock()
        server.clock = self.clock.time
        self.locations = find_locations({"HOME": str(home)})
        make_private_folder(self.locations.state_dir)
        self.account = Account("home", server.api_url, dialect="hackatime")
        self.keys = MemoryKeyStore({self.account.receiver: Key(server.key)})
        self.settings = Settings(accounts=(self.account,), show="home", seconds_between_rounds=0.1)
        self.delivered: list[str] = []
        self.notes: list[str] = []
        self.recorded = threading.Event()
        self.delivery = self.make()

    def make(self) -> Delivery:
        ears = DeliveryEars(
            delivered=self.delivered.append, recorded=self.recorded.set, noted=self.notes.append
        )
        return Delivery(
            self.locations,
            {},
            self.keys,
            connect,
            self.clock,
            lambda: 0.5,
            "trayapp",
            ears,
        )

    def save(self, number: int) -> None:
        at = self.clock.time() - 100 + number
        self.delivery.record(heartbeat(number, at), f"key {number}".encode())

    def stored(self) -> list[str]:
        return [str(row["entity"]).rpartition("/")[2] for row in self.server.heartbeats]

    def wait_until_stored(self, *names: str) -> None:
        wait_for(lambda: self.stored() == list(names), f"{names} are stored", LIMIT)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server("hackatime") as server:
        yield server


@pytest.fixture
def office(tmp_path: Path, server: Server) -> Iterator[Office]:
    office = Office(tmp_path, server)
    yield office
    office.delivery.stop()


def test_what_is_recorded_arrives_and_is_told(office: Office) -> None:
    office.delivery.follow(office.settings)
    office.save(1)
    office.wait_until_stored("1.py")
    wait_for(lambda: office.delivered == [office.account.receiver], "it is told", LIMIT)
    assert office.recorded.is_set()
    assert office.delivery.status().problem is None


def test_a_receiver_that_alone_is_to_have_it_does(office: Office) -> None:
    office.delivery.follow(office.settings)
    office.delivery.record(heartbeat(1), b"key", "[api_urls]:x@https://other.example/api")
    office.save(2)
    office.wait_until_stored("2.py")


def test_without_an_account_all_is_kept_and_estimated(office: Office) -> None:
    office.delivery.follow(Settings())
    for second in (0, 20):
        office.save(second)
    number = office.delivery.estimated(None, None)
    assert number is not None
    assert (round(number.total_seconds), number.source) == (20, "estimate")
    assert office.delivery.status() == DeliveryStatus()


def test_who_waits_to_send_has_the_other_one_send_at_once_and_takes_over(office: Office) -> None:
    office.settings = office.settings._replace(seconds_between_rounds=1000.0)
    office.delivery.follow(office.settings)
    office.save(1)
    office.wait_until_stored("1.py")
    second = office.make()
    second.follow(office.settings)
    office.save(2)
    assert office.stored() == ["1.py"]

    second.send_now()
    office.wait_until_stored("1.py", "2.py")

    office.delivery.stop()
    wait_for(lambda: can_be_asked(office), "the second takes over", LIMIT)
    office.delivery = second


def can_be_asked(office: Office) -> bool:
    try:
        ask(office.locations.sender_address, FLUSH)
    except ControlError:
        return False
    return True


def test_whoever_sends_does_nothing_else_that_it_is_asked(office: Office) -> None:
    office.delivery.follow(office.settings)

    with pytest.raises(ControlError, match="only sends"):
        ask(office.locations.sender_address, "quit")


def test_where_no_account_receives_nothing_waits_and_no_path_is_kept(office: Office) -> None:
    quiet = office.account._replace(receives=False)
    office.delivery.follow(office.settings._replace(accounts=(quiet,)))
    office.save(1)
    office.delivery.stop()
    assert b"1.py" not in office.locations.queue_file.read_bytes()
    queue = HeartbeatQueue(office.locations.queue_file)
    assert queue.counts(LOCAL).waiting == 0
    assert len(queue.times(0, office.clock.time())) == 1
    queue.close()


def test_a_clock_that_jumps_ahead_and_soon_back_erases_no_history(office: Office) -> None:
    queue = HeartbeatQueue(office.locations.queue_file)
    receiver = office.account.receiver
    office.delivery.follow(office.settings)
    office.delivery.attend()
    office.save(1)
    office.save(2)
    wait_for(lambda: queue.counts(receiver).done == 2, "they are delivered", LIMIT)

    def remembered() -> int:
        return len(queue.times(0, NOON + DAY_SECONDS, receiver))

    for step in (YEAR_SECONDS, -YEAR_SECONDS, YEAR_SECONDS, -YEAR_SECONDS):
        # It would be the time to tidy, had it not jumped.
        office.clock.elapsed += TIDY_SECONDS
        office.clock.offset += step
        office.delivery.attend()
    assert remembered() == 2

    office.clock.offset += YEAR_SECONDS
    office.delivery.attend()
    office.clock.elapsed += TIDY_SECONDS
    office.delivery.attend()
    assert remembered() == 1, "a clock that stays is believed; the newest stays anyhow"
    queue.close()


def test_what_only_goes_with_the_next_round_is_not_late(office: Office) -> None:
    slow = office.settings._replace(seconds_between_rounds=3600.0)
    office.delivery.follow(slow)
    office.save(1)
    office.wait_until_stored("1.py")
    wait_for(lambda: bool(office.delivered), "the round is over", LIMIT)
    office.save(2)
    assert office.delivery.waiting() == 1
    assert office.delivery.status().waiting == 0


def test_a_refused_key_keeps_all_says_so_and_a_new_one_sends_it(office: Office) -> None:
    office.keys.set(office.account.receiver, Key("99999999-2222-4333-8444-555555555555"))
    office.delivery.follow(office.settings)
    office.save(1)
    wait_for(lambda: office.delivery.status().problem is not None, "it is told", LIMIT)
    fares = office.delivery.status()
    assert fares.waiting == 1
    assert fares.problem is not None
    assert "does not accept the API key" in fares.problem.title

    office.keys.set(office.account.receiver, Key(office.server.key))
    # The keyring's key is no setting: what tells of it is that the settings are read again.
    office.delivery.follow(office.settings)
    office.wait_until_stored("1.py")
    wait_for(lambda: office.delivery.status().problem is None, "all is well", LIMIT)


def test_one_account_in_trouble_is_named_where_there_are_two(office: Office) -> None:
    office.server.misbehave(status(401), path="heartbeats")
    with Server("wakapi") as second:
        second.clock = office.clock.time
        there = Account("there", second.api_url, dialect="wakapi")
        office.keys.set(there.receiver, Key(second.key))
        office.delivery.follow(office.settings._replace(accounts=(office.account, there)))
        office.save(1)
        wait_for(lambda: len(second.heartbeats) == 1, "the other has it", LIMIT)
        wait_for(lambda: office.delivery.status().problem is not None, "it is told", LIMIT)
        problem = office.delivery.status().problem
        assert problem is not None
        assert problem.title.startswith("home: ")


def test_what_was_recorded_before_a_stop_is_sent_by_the_next_start(office: Office) -> None:
    office.server.misbehave(status(503), path="heartbeats")
    office.delivery.follow(office.settings)
    office.save(1)
    office.delivery.stop()
    office.server.behave()
    assert office.stored() == []

    office.delivery = office.make()
    office.delivery.follow(office.settings)
    office.wait_until_stored("1.py")


def test_a_stop_sends_what_was_held_within_the_window(office: Office) -> None:
    office.delivery.follow(office.settings)
    now = office.clock.time()
    office.delivery.record(heartbeat(1, now - 2), b"key")
    office.wait_until_stored("1.py")
    office.delivery.record(heartbeat(2, now - 1), b"key")
    office.delivery.stop()
    assert office.stored() == ["1.py", "2.py"]


def test_a_damaged_queue_is_told_and_sending_goes_on(office: Office) -> None:
    office.locations.queue_file.write_bytes(b"this is no database" * 500)
    office.delivery.follow(office.settings)
    office.save(1)
    office.wait_until_stored("1.py")
    assert any("damaged" in note for note in office.notes)


def test_what_could_not_be_sent_for_a_full_disk_goes_at_the_end(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as disk:
        disk.setattr(HeartbeatQueue, "check", _raise_full)
        office.delivery.follow(office.settings)
        office.save(1)
        assert office.stored() == []
    office.delivery.stop()
    assert office.stored() == ["1.py"]


def test_what_could_not_be_written_before_the_end_is_not_held_by_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.delivery.follow(Settings())
    with monkeypatch.context() as disk:
        disk.setattr(Recorder, "_write", _keep)
        for number in (1, 2):
            office.delivery.record(heartbeat(number, NOON + number / 100), b"key")
    office.delivery.stop()
    queue = HeartbeatQueue(office.locations.queue_file)
    assert queue.counts(LOCAL).waiting == 2
    assert queue.next_due(LOCAL, NOON) is None
    queue.close()


def _keep(_recorder: Recorder) -> None:
    """Leave what is to be written where it is."""


def _raise_full(_queue: HeartbeatQueue) -> None:
    raise QueueFullError("queue.db cannot be written", "Make room.")
