from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

from trayapp.tray.statusnotifier.worker import WAITING_LIMIT, Worker

if TYPE_CHECKING:
    import pytest

LIMIT = 5.0


def test_jobs_run_in_order_on_one_thread() -> None:
    worker = Worker("test")
    ran: list[tuple[int, int]] = []
    done = threading.Event()
    for number in range(5):
        worker.submit(lambda number=number: ran.append((number, threading.get_ident())))  # type: ignore[misc]
    worker.submit(done.set)

    assert done.wait(LIMIT)
    assert worker.close(LIMIT)
    assert [number for number, _thread in ran] == [0, 1, 2, 3, 4]
    assert len({thread for _number, thread in ran}) == 1


def test_a_job_that_raises_is_logged_and_told_and_the_next_one_runs(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail() -> None:
        raise RuntimeError("no such folder")

    def tell(error: Exception) -> None:
        told.append(str(error))
        raise RuntimeError("nobody listens")

    told: list[str] = []
    worker = Worker("test", tell)
    done = threading.Event()
    worker.submit(fail)
    worker.submit(done.set)

    assert done.wait(LIMIT)
    assert worker.close(LIMIT)
    assert told == ["no such folder"]
    assert "no such folder" in caplog.text
    assert "nobody listens" in caplog.text


def test_a_job_may_not_end_the_thread(caplog: pytest.LogCaptureFixture) -> None:
    worker = Worker("test")
    done = threading.Event()
    worker.submit(sys.exit)
    worker.submit(done.set)

    assert done.wait(LIMIT)
    assert worker.close(LIMIT)
    assert "sys.exit" in caplog.text


def test_a_flood_is_cut_and_told_once(caplog: pytest.LogCaptureFixture) -> None:
    worker = Worker("test")
    started, held = threading.Event(), threading.Event()
    ran: list[int] = []

    def hold() -> None:
        started.set()
        held.wait(LIMIT)

    worker.submit(hold)
    assert started.wait(LIMIT)

    taken = [worker.submit(lambda: ran.append(1)) for _ in range(WAITING_LIMIT + 50)]
    held.set()
    done = threading.Event()
    while not worker.submit(done.set):  # until there is room again
        pass
    assert done.wait(LIMIT)
    assert worker.close(LIMIT)
    assert taken == [True] * WAITING_LIMIT + [False] * 50
    assert len(ran) == WAITING_LIMIT
    assert caplog.text.count("dropped") == 1


def test_a_job_wanted_once_waits_only_once() -> None:
    worker = Worker("test")
    started, held, done = threading.Event(), threading.Event(), threading.Event()
    ran: list[str] = []

    def hold() -> None:
        started.set()
        held.wait(LIMIT)

    def opened() -> None:
        ran.append("opened")

    worker.submit(hold)
    assert started.wait(LIMIT)
    taken = [worker.submit(opened, once=True) for _ in range(3)]
    worker.submit(done.set)
    held.set()

    assert done.wait(LIMIT)
    assert worker.close(LIMIT)
    assert taken == [True, False, False]
    assert ran == ["opened"]


def test_closing_drops_what_waits_and_does_not_wait_for_ever() -> None:
    worker = Worker("test")
    started, held = threading.Event(), threading.Event()
    ran: list[int] = []

    def hold() -> None:
        started.set()
        held.wait(LIMIT)

    worker.submit(hold)
    worker.submit(lambda: ran.append(1))
    assert started.wait(LIMIT)

    assert not worker.close(0.05)
    assert not worker.submit(lambda: ran.append(2))
    held.set()
    assert worker.close(LIMIT)
    assert ran == []


def test_a_job_may_close_its_own_worker() -> None:
    worker = Worker("test")
    answers: list[bool] = []
    worker.submit(lambda: answers.append(worker.close(LIMIT)))
    worker._thread.join(LIMIT)

    assert answers == [True]
