"""The sender's threads, its lock and its end, with the machine's own clock and a real server."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.delivery.sending_scene import HOME, MemoryLock, Scene, folder_in_memory, heartbeat
from tests.desktop.processes import wait_for
from tests.server import Server, mishandling
from tests.server.posting import NOON
from tests.servers.clients import Options, client_of
from trayapp.delivery.account_sender import AccountSender
from trayapp.delivery.queue import HeartbeatQueue
from trayapp.delivery.rows import Recording, Row
from trayapp.delivery.seams import Listeners, Receiver
from trayapp.delivery.sender import STOP_SECONDS, Sender
from trayapp.desktop.single_instance import InstanceLock
from trayapp.errors import TrayappError
from trayapp.resident.clock import SystemClock

MARGIN_SECONDS = 1.5
"""What a loaded machine may add; no promise hangs on it."""


@dataclass
class Office:
    """A sender with threads, one account for each server, and the queue of both."""

    folder: Path
    servers: list[Server]
    delivered: list[str] = field(default_factory=list)
    recorded: int = 0

    def __post_init__(self) -> None:
        self.queue = HeartbeatQueue(self.folder / "queue.db")
        self.receivers = [self.receiver(server) for server in self.servers]
        self.sender = self.make_sender()

    def receiver(self, server: Server) -> Receiver:
        options = Options(timeout_seconds=30.0)
        return Receiver(
            f"{server.dialect}@{server.api_url}", lambda: client_of(server, None, options)
        )

    def make_sender(self) -> Sender:
        listeners = Listeners(lambda: None, self.delivered.append)
        lock = InstanceLock(self.folder / "sender.lock", "trayapp (test)")
        sender = Sender(self.queue, SystemClock(), lambda: 0.5, listeners, lock)
        sender.follow(self.receivers)
        return sender

    def record(self, count: int = 1) -> None:
        names = tuple(receiver.name for receiver in self.receivers)
        self.queue.record(
            [Recording(heartbeat(NOON + self.recorded + one), names) for one in range(count)]
        )
        self.recorded += count

    def waiting(self) -> list[int]:
        return [self.queue.counts(receiver.name).waiting for receiver in self.receivers]

    def wait_until_sent(self) -> None:
        wait_for(lambda: not any(self.waiting()), "all is sent and marked")


def running(dialect: str) -> Iterator[Server]:
    with Server(dialect) as server:
        server.set_time(NOON + 100)
        yield server


@pytest.fixture
def hackatime() -> Iterator[Server]:
    yield from running("hackatime")


@pytest.fixture
def wakapi() -> Iterator[Server]:
    yield from running("wakapi")


@pytest.fixture
def office(hackatime: Server, wakapi: Server) -> Iterator[Office]:
    with folder_in_memory() as folder:
        office = Office(folder, [hackatime, wakapi])
        yield office
        office.sender.stop(0.5)
        office.queue.close()


def posts(server: Server) -> int:
    return sum(request.method == "POST" for request in server.requests)


def test_what_waits_at_the_start_goes_to_every_account(office: Office) -> None:
    office.record(3)
    office.sender.start()

    office.wait_until_sent()
    assert [len(server.heartbeats) for server in office.servers] == [3, 3]
    wait_for(lambda: len(office.delivered) == 2, "both deliveries were told")


def test_what_is_recorded_later_goes_once_the_sender_is_told(office: Office) -> None:
    office.sender.start()
    office.record()
    office.sender.recorded()

    office.wait_until_sent()


def test_at_rest_no_thread_wakes_up(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.record()
    office.sender.follow(office.receivers, 0.0)
    office.sender.start()
    office.wait_until_sent()
    looks: list[str] = []
    waiting = office.queue.waiting

    def look(receiver: str, now: float, limit: int, after_id: int = 0) -> object:
        looks.append(receiver)
        return waiting(receiver, now, limit, after_id)

    assert len(threads()) == 2
    wait_for(lambda: all(map(is_waiting_for_ever, threads())), "all threads are at rest")
    monkeypatch.setattr(office.queue, "waiting", look)
    time.sleep(2.5)

    assert looks == []


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "sender"]


def is_waiting_for_ever(thread: threading.Thread) -> bool:
    frame = sys._current_frames().get(thread.ident or 0)
    while frame is not None:
        if frame.f_code.co_name == "wait" and frame.f_locals.get("timeout", 0) is None:
            return True
        frame = frame.f_back
    return False


def test_what_goes_with_the_next_round_anyhow_wakes_no_thread(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.record()
    office.sender.start()
    office.wait_until_sent()
    wait_for(lambda: len(office.delivered) == 2, "both rounds are over")
    looks: list[str] = []
    waiting = office.queue.waiting

    def look(receiver: str, now: float, limit: int, after_id: int = 0) -> list[Row]:
        looks.append(receiver)
        return waiting(receiver, now, limit, after_id)

    monkeypatch.setattr(office.queue, "waiting", look)
    office.record()
    office.sender.recorded()
    wait_for(lambda: len(looks) >= 2, "each has looked")
    senders = [account.sender for account in office.sender._all()]
    wait_for(lambda: all(sender.waits_for_round for sender in senders), "each waits")
    for _ in range(20):
        office.record()
        office.sender.recorded()
    office.sender.send_now()

    office.wait_until_sent()
    assert len(looks) < 20


def test_the_end_makes_one_request_to_each_account_even_while_it_backs_off(
    office: Office, hackatime: Server
) -> None:
    hackatime.misbehave(mishandling.proxy_refuses(503))
    office.record(300)
    office.sender.start()
    wait_for(lambda: office.sender.status()[0].trouble, "the sender backs off")
    hackatime.behave()
    before = posts(hackatime)

    start = time.monotonic()
    office.sender.stop()
    took = time.monotonic() - start

    assert took < STOP_SECONDS
    assert posts(hackatime) == before + 1
    assert len(hackatime.heartbeats) == 100
    assert office.waiting()[0] == 200


def test_the_end_with_nothing_waiting_asks_nobody(office: Office, hackatime: Server) -> None:
    office.sender.start()
    office.sender.stop()

    assert hackatime.requests == ()


@pytest.mark.parametrize("begun", [False, True])
def test_a_server_that_never_answers_holds_up_the_end_for_3_seconds_at_most(
    office: Office, hackatime: Server, *, begun: bool
) -> None:
    hackatime.misbehave(mishandling.stored_but_late())
    if begun:
        office.record()
        office.sender.start()
        wait_for(lambda: posts(hackatime), "a request is under way")
    else:
        office.sender.start()
        office.record()

    start = time.monotonic()
    office.sender.stop()
    took = time.monotonic() - start

    assert took < STOP_SECONDS + MARGIN_SECONDS
    assert posts(hackatime) == 1
    assert office.waiting() == [1, 0]
    wait_for(lambda: not threads(), "the threads ended")


def test_a_second_sender_waits_until_the_first_ends(office: Office) -> None:
    office.sender.start()
    second = office.make_sender()
    second.start()

    assert second.holder() == "trayapp (test)"
    office.sender.stop()
    wait_for(lambda: not second.holder(), "the second took over")
    office.record()
    second.recorded()
    office.wait_until_sent()
    second.stop()


def test_a_sender_that_ended_while_it_waited_hands_the_lock_on(office: Office) -> None:
    office.sender.start()
    second = office.make_sender()
    second.start()
    second.stop()
    office.sender.stop()

    third = office.make_sender()
    wait_for(third.send_once, "the lock is free")


def test_a_folder_where_no_lock_can_be_made_is_told(office: Office) -> None:
    class NoLock(MemoryLock):
        def acquire(self, *, wait: bool = False) -> bool:
            del wait
            raise PermissionError(13, "Permission denied")

    listeners = Listeners(lambda: None, lambda _: None)
    sender = Sender(office.queue, SystemClock(), lambda: 0.5, listeners, NoLock())

    with pytest.raises(TrayappError, match="Permission denied"):
        sender.start()


def test_accounts_come_and_go_while_it_runs(
    office: Office, hackatime: Server, wakapi: Server
) -> None:
    office.sender.follow(office.receivers[:1])
    office.sender.start()
    office.record()
    office.sender.recorded()
    wait_for(lambda: hackatime.heartbeats, "the first has it")
    assert wakapi.heartbeats == ()

    office.sender.follow(office.receivers[1:])
    wait_for(lambda: wakapi.heartbeats, "the second has it")
    wait_for(lambda: len(threads()) == 1, "the first's thread ended")
    assert [one.name for one in office.sender.status()] == [office.receivers[1].name]


def test_an_account_that_is_removed_in_the_middle_of_a_request_lets_go_at_once(
    office: Office, hackatime: Server
) -> None:
    hackatime.misbehave(mishandling.stored_but_late())
    office.record()
    office.sender.start()
    wait_for(lambda: posts(hackatime), "a request is under way")
    office.sender.follow(office.receivers[1:])

    wait_for(lambda: len(threads()) == 1, "the first's thread ended")
    assert posts(hackatime) == 1


def test_one_round_in_the_foreground_sends_all_that_waits(office: Office) -> None:
    office.record(30)

    assert office.sender.send_once()
    assert office.waiting() == [0, 0]
    assert threads() == []


def test_one_round_in_the_foreground_ends_with_a_server_in_trouble(
    office: Office, hackatime: Server
) -> None:
    hackatime.misbehave(mishandling.database_down())
    office.record(2)

    assert office.sender.send_once()
    assert office.waiting() == [2, 0]
    assert office.sender.status()[0].trouble == "backing off"


def test_one_round_in_the_foreground_sleeps_between_its_requests(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    attends: list[str] = []
    attend = AccountSender.attend

    def count(sender: AccountSender) -> float | None:
        attends.append(sender.name)
        return attend(sender)

    monkeypatch.setattr(AccountSender, "attend", count)
    office.record(30)

    assert office.sender.send_once()
    assert len(attends) < 20


def test_one_round_in_the_foreground_is_left_to_the_sender_that_runs(office: Office) -> None:
    office.sender.start()
    second = office.make_sender()

    assert not second.send_once()


def test_a_mistake_of_ours_does_not_end_sending(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trayapp.delivery.sender.MISTAKE_SECONDS", 0.05)
    failures = iter([RuntimeError("nobody thought of this")])
    waiting = office.queue.waiting

    def fail_once(receiver: str, now: float, limit: int, after_id: int = 0) -> object:
        for failure in failures:
            raise failure
        return waiting(receiver, now, limit, after_id)

    monkeypatch.setattr(office.queue, "waiting", fail_once)
    office.record()
    office.sender.start()

    office.wait_until_sent()


def test_what_is_told_from_other_threads_is_heeded_by_every_account(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    acts: list[Callable[[], None]] = [
        scene.sender.send_now,
        scene.sender.network_changed,
        scene.sender.recorded,
    ]
    for act in acts:
        act()
    scene.record()
    scene.live(1)

    assert scene.counts(HOME).done == 1
