"""The observer as watchdog's, its thread, and what it leaves behind."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from watchdog.events import FileClosedEvent
from watchdog.observers.api import BaseObserver

from tests.watching.inotify.scene import LIMIT, Recorder, Scene
from trayapp.watching.inotify import Condition, Hooks, PrunedObserver
from trayapp.watching.inotify.kernel import Inotify, Record
from trayapp.watching.inotify.observer import PrunedEmitter
from trayapp.watching.inotify.root import GATHERING


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_it_is_one_of_watchdogs_with_one_thread_for_all_roots(scene: Scene) -> None:
    before = threading.active_count()
    scene.start()
    assert scene.observer is not None
    for name in ("one", "two"):
        (scene.root.parent / name).mkdir()
        scene.observer.schedule(scene.recorder, str(scene.root.parent / name), recursive=True)
    scene.wait_for_report(Condition.WATCHED, 3)

    assert isinstance(scene.observer, BaseObserver)
    # The dispatcher of watchdog's and the reader.
    assert threading.active_count() == before + 2


def test_no_thread_and_no_descriptor_is_left(scene: Scene) -> None:
    for lost in (False, True):
        before = descriptors(), threading.active_count()
        with Scene(scene.root) as one:
            one.start()
            if lost:
                one.root.rename(one.root.parent / "away")
                one.wait_for_report(Condition.RENAMED)
        assert (descriptors(), threading.active_count()) == before


def test_an_observer_that_was_never_started_leaves_nothing(scene: Scene) -> None:
    before = descriptors()
    observer = PrunedObserver(Hooks(lambda _path: False, lambda _report: None))
    observer.schedule(Recorder(), str(scene.root), recursive=True)
    observer.unschedule_all()
    observer.stop()

    assert descriptors() == before


def test_an_unscheduled_root_is_silent_and_may_be_scheduled_again(scene: Scene) -> None:
    scene.start()
    assert scene.observer is not None
    (watch,) = scene.observer._watches
    before = descriptors()
    for count in (2, 3):
        scene.observer.unschedule(watch)
        (scene.root / "src/kept.py").write_text("2")
        assert scene.watched() == set()
        assert scene.recorder.take() == []
        watch = scene.observer.schedule(scene.recorder, str(scene.root), recursive=True)
        scene.wait_for_report(Condition.WATCHED, count)

    assert ("closed", "src/kept.py", "") not in scene.settle()
    assert descriptors() == before


def test_what_is_read_after_a_root_was_unscheduled_is_told_to_nobody(scene: Scene) -> None:
    scene.start()
    assert scene.observer is not None
    (emitter,) = scene.observer.emitters
    assert isinstance(emitter, PrunedEmitter)

    scene.observer.unschedule(emitter.watch)
    # As the reader does that has not yet taken note.
    emitter.queue_batch([FileClosedEvent(str(scene.root / "src/late.py"))])
    scene.observer.schedule(scene.recorder, str(scene.root), recursive=True)
    scene.wait_for_report(Condition.WATCHED, 2)

    assert scene.settle() == []


def test_it_can_be_stopped_from_a_hook_and_during_a_scan(scene: Scene) -> None:
    asked = scene.pruned
    seen: list[str] = []

    def stop(path: str) -> bool:
        assert scene.observer is not None
        seen.append(path)
        scene.observer.stop()
        return asked(path)

    scene.pruned = stop
    for number in range(100):
        (scene.root / f"src/{number}/inner").mkdir(parents=True)
    observer = scene.observer = PrunedObserver(scene.hooks())
    observer.schedule(scene.recorder, str(scene.root), recursive=True)
    observer.start()
    observer.join(LIMIT)

    assert not observer.is_alive()
    assert not any("src/" in path for path in seen)
    assert scene.reports == []


def test_an_event_filter_holds(scene: Scene) -> None:
    scene.observer = PrunedObserver(scene.hooks())
    scene.observer.schedule(
        scene.recorder, str(scene.root), recursive=True, event_filter=[FileClosedEvent]
    )
    scene.observer.start()
    scene.wait_for_report(Condition.WATCHED)
    (scene.root / "src/new.py").write_text("1")

    assert scene.settle() == [("closed", "src/new.py", "")]


def test_a_storm_is_read_in_few_turns_and_told_in_its_order(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[int] = []
    read = Inotify.read

    def counting(inotify: Inotify) -> list[Record]:
        records = read(inotify)
        reads.append(len(records))
        return records

    scene.start()
    monkeypatch.setattr(Inotify, "read", counting)
    start = time.monotonic()
    for number in range(2000):
        (scene.root / f"src/{number}.py").write_text("1")
    heard = scene.settle()

    assert len(reads) <= (time.monotonic() - start) / GATHERING + 2
    assert heard == [
        (what, f"src/{number}.py", "") for number in range(2000) for what in ("created", "closed")
    ]
    assert sum(reads) >= 4000


IDLE = """
import sys, threading
from pathlib import Path
from tests.desktop.processes import wait_for
from tests.threads import others_rest
from tests.watching.inotify.scene import Scene

with Scene(Path(sys.argv[1])) as scene:
    scene.start()
    scene.settle()
    wait_for(lambda: others_rest(float(sys.argv[2])), "nothing wakes", 30)
    print(threading.active_count() - 1)
"""


def test_nothing_wakes_while_nothing_happens(scene: Scene) -> None:
    """watchfiles wakes twenty times a second; a timer of any kind would show here."""
    seconds = os.environ.get("TRAYAPP_IDLE_SECONDS", "3")

    done = subprocess.run(
        [sys.executable, "-c", IDLE, str(scene.root), seconds],
        capture_output=True,
        text=True,
        timeout=float(seconds) + 40,
        check=False,
    )

    assert (done.stdout, done.returncode) == ("2\n", 0), done.stderr


def test_no_content_is_ever_opened(scene: Scene) -> None:
    """A FIFO without a writer would hold whoever opens it."""
    scene.start()
    with scene.held():
        (scene.root / "new").mkdir()
        os.mkfifo(scene.root / "new/pipe")
        (scene.root / "new/secret").write_text("1")
        (scene.root / "new/secret").chmod(0)

    assert [old for what, old, _new in scene.settle() if what == "closed"] == ["new/secret"]
