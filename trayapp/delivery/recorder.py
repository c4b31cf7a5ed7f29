"""Record whatever the disk says: what cannot be written now is kept in memory and written later."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from trayapp.delivery.rows import Recording
from trayapp.errors import QueueError

MOST_KEPT = 10_000
"""Recordings in memory, some ten megabytes: days of saves. Beyond that the oldest go."""

RETRY_SECONDS = 10.0
"""A queue that another program holds makes each attempt wait for seconds."""


class Disk(Protocol):
    """What Recorder needs of a HeartbeatQueue."""

    def record(self, recordings: Sequence[Recording]) -> None:
        """Record all of these or none; raises QueueError."""


@dataclass(frozen=True)
class RecordingProblem:
    """Why recordings are kept in memory, for a person; how many, and how many had to go."""

    title: str
    hint: str
    kept: int
    lost: int


class Recorder:
    """Hand recordings to the queue, in their order; any thread may.

    `changed` is called, on that thread, whenever `problem` has changed. `monotonic` is in seconds.
    """

    def __init__(
        self,
        queue: Disk,
        changed: Callable[[], None] = lambda: None,
        monotonic: Callable[[], float] = time.monotonic,
        most_kept: int = MOST_KEPT,
    ) -> None:
        self._queue = queue
        self._changed = changed
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._most_kept = most_kept
        self._kept: deque[Recording] = deque()
        self._lost = 0
        self._next_attempt = 0.0
        self._problem: RecordingProblem | None = None

    @property
    def problem(self) -> RecordingProblem | None:
        """What is wrong now; None while all is on disk."""
        return self._problem

    def record(self, recording: Recording) -> bool:
        """Take one recording; tell whether it is on disk."""
        with self._lock:
            self._kept.append(recording)
            before = self._problem
            if before is None or self._monotonic() >= self._next_attempt:
                self._write()
            else:
                self._tell(before.title, before.hint)
        self._changed_from(before)
        return self._problem is None

    def flush(self) -> bool:
        """Write what is kept, if there is room now; tell whether nothing is kept any more."""
        with self._lock:
            before = self._problem
            if self._kept:
                self._write()
        self._changed_from(before)
        return self._problem is None

    def _write(self) -> None:
        try:
            self._queue.record(list(self._kept))
        except QueueError as error:
            self._next_attempt = self._monotonic() + RETRY_SECONDS
            self._tell(error.title, error.hint)
        else:
            self._kept.clear()
            self._lost = 0
            self._problem = None

    def _tell(self, title: str, hint: str) -> None:
        """Remember why these stay in memory, as many as may."""
        while len(self._kept) > self._most_kept:
            self._kept.popleft()
            self._lost += 1
        self._problem = RecordingProblem(title, hint, len(self._kept), self._lost)

    def _changed_from(self, before: RecordingProblem | None) -> None:
        # Outside of the lock: who is called may ask something of this object.
        if self._problem != before:
            self._changed()
