"""What cannot be written is kept, told, and written later."""

from __future__ import annotations

from collections.abc import Sequence

from tests.delivery.samples import recording
from trayapp.delivery.recorder import RETRY_SECONDS, Recorder, RecordingProblem
from trayapp.delivery.rows import Recording
from trayapp.errors import QueueError, QueueFullError


class FakeQueue:
    """It fails as long as `error` is set."""

    def __init__(self) -> None:
        self.error: QueueError | None = None
        self.recorded: list[Recording] = []
        self.attempts = 0

    def record(self, recordings: Sequence[Recording]) -> None:
        self.attempts += 1
        if self.error is not None:
            raise self.error
        self.recorded.extend(recordings)


class Scene:
    def __init__(self, most_kept: int = 10) -> None:
        self.queue = FakeQueue()
        self.now = 100.0
        self.changes: list[RecordingProblem | None] = []
        self.recorder = Recorder(self.queue, self._changed, lambda: self.now, most_kept)

    def _changed(self) -> None:
        self.changes.append(self.recorder.problem)

    def fill_the_disk(self) -> None:
        self.queue.error = QueueFullError("The disk is full", "Make room.")


def kept(count: int, lost: int = 0) -> RecordingProblem:
    return RecordingProblem("The disk is full", "Make room.", count, lost)


def test_a_recording_goes_to_the_queue_once() -> None:
    scene = Scene()

    assert scene.recorder.record(recording(1))
    assert scene.recorder.record(recording(2))

    assert scene.queue.recorded == [recording(1), recording(2)]
    assert scene.changes == []


def test_what_the_disk_does_not_take_is_told_and_written_in_order_later() -> None:
    scene = Scene()
    scene.fill_the_disk()
    assert not scene.recorder.record(recording(1))
    assert not scene.recorder.record(recording(2))
    assert scene.changes == [kept(1), kept(2)]

    scene.queue.error = None
    scene.now += RETRY_SECONDS
    assert scene.recorder.record(recording(3))

    assert scene.queue.recorded == [recording(1), recording(2), recording(3)]
    assert scene.changes[-1] is None


def test_it_is_written_when_there_is_room_though_nobody_saves() -> None:
    scene = Scene()
    scene.fill_the_disk()
    scene.recorder.record(recording(1))
    assert not scene.recorder.flush()

    scene.queue.error = None

    assert scene.recorder.flush()
    assert scene.queue.recorded == [recording(1)]
    assert scene.recorder.problem is None


def test_nothing_kept_means_nothing_written() -> None:
    scene = Scene()

    assert scene.recorder.flush()

    assert scene.queue.attempts == 0


def test_a_save_does_not_wait_again_at_once_for_a_queue_that_is_held() -> None:
    scene = Scene()
    scene.fill_the_disk()
    for number in range(5):
        scene.recorder.record(recording(number))

    assert scene.queue.attempts == 1


def test_beyond_the_bound_the_oldest_go_and_it_is_told() -> None:
    scene = Scene(most_kept=3)
    scene.fill_the_disk()
    for number in range(5):
        scene.recorder.record(recording(number))
    assert scene.recorder.problem == kept(3, lost=2)

    scene.queue.error = None
    scene.recorder.flush()

    assert scene.queue.recorded == [recording(2), recording(3), recording(4)]


def test_at_the_bound_nothing_goes_once_there_is_room() -> None:
    scene = Scene(most_kept=3)
    scene.fill_the_disk()
    for number in range(3):
        scene.recorder.record(recording(number))
    scene.queue.error = None
    scene.now += RETRY_SECONDS
    assert scene.recorder.record(recording(3))

    assert scene.queue.recorded == [recording(number) for number in range(4)]


def test_who_is_told_may_ask_and_record() -> None:
    queue = FakeQueue()
    queue.error = QueueFullError("The disk is full", "Make room.")
    asked: list[RecordingProblem | None] = []

    def changed() -> None:
        asked.append(recorder.problem)
        if len(asked) == 1:
            recorder.record(recording(2))

    recorder = Recorder(queue, changed)
    recorder.record(recording(1))

    assert [problem.kept for problem in asked if problem is not None] == [1, 2]
