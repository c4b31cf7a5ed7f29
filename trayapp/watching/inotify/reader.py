"""The one thread that reads all roots, asleep in poll(2) while nothing happens."""

from __future__ import annotations

import logging
import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable
from functools import partial
from math import ceil
from typing import Generic, Protocol, TypeVar

from .failures import log_failure

log = logging.getLogger(__name__)

MOUNTS = "/proc/self/mountinfo"
"""poll(2) tells when it changes: proc_pid_mountinfo(5)."""

RESCAN_PAUSE = 0.25
"""Seconds between two rescans; what is asked for meanwhile is done together. A clone asks tens of
times, and each may walk the whole tree."""


class Served(Protocol):
    """What the thread serves: a root, or another that has an inotify instance."""

    @property
    def retry_at(self) -> float | None:
        """Give when to call `retry`, on the monotonic clock; None for never."""

    def fileno(self) -> int | None:
        """Give the descriptor to poll, None where there is none."""

    def start(self) -> None:
        """Begin."""

    def serve(self) -> None:
        """Handle what has happened."""

    def retry(self) -> None:
        """Try again what was not possible."""

    def rescan(self, paths: Collection[str]) -> None:
        """Ask the rules again below these folders."""

    def mounts_changed(self, *, fewer: bool) -> None:
        """Take note that file systems were mounted, or unmounted."""

    def fail(self) -> None:
        """Give up for now, after a mistake."""

    def close(self) -> None:
        """End all watches; nothing is told."""


S = TypeVar("S", bound=Served)


class Reader(Generic[S]):
    """Run jobs and serve roots on one thread; every root belongs to that thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: deque[Callable[[], object]] = deque()
        self._roots: list[S] = []
        self._wakeup = -1
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._mounts = -1
        self._mount_count = 0
        self._stale: set[str] = set()
        self._rescanned = float("-inf")

    def start(self) -> None:
        """Start the thread."""
        self._wakeup = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        # A daemon, so that a file system that never answers cannot hold the process.
        self._thread = threading.Thread(target=self._run, name="inotify", daemon=True)
        self._thread.start()

    def stop(self, limit: float) -> bool:
        """End all watches and the thread; return whether it ended within `limit` seconds.

        Called on the thread itself it does not wait.
        """
        self._stopping = True
        self._wake()
        if self._thread is None or self._thread is threading.current_thread():
            return True
        self._thread.join(limit)
        return not self._thread.is_alive()

    def submit(self, job: Callable[[], object]) -> None:
        """Run a job on the thread, after those submitted before."""
        self._jobs.append(job)
        self._wake()

    def add(self, root: S) -> None:
        """Watch a root; returns at once, and the root reports."""

        def start() -> None:
            self._roots.append(root)
            self._guard(root, root.start)

        self.submit(start)

    def remove(self, root: S) -> None:
        """Watch a root no longer; returns at once."""

        def close() -> None:
            if root in self._roots:
                self._roots.remove(root)
                root.close()

        self.submit(close)

    def rescan(self, paths: Iterable[str]) -> None:
        """Ask the rules again below these folders, in all roots; returns at once."""
        with self._lock:
            self._stale.update(paths)
        self._wake()

    def roots(self) -> list[S]:
        """Give what is served now; any thread may ask."""
        return self._roots.copy()

    def is_stopping(self) -> bool:
        """Say whether the thread is to end; long work asks."""
        return self._stopping

    def _wake(self) -> None:
        with self._lock:
            if self._wakeup >= 0:
                os.eventfd_write(self._wakeup, 1)

    def _run(self) -> None:
        try:
            self._open_mounts()
            while not self._stopping:
                self._turn()
        finally:
            for root in self._roots:
                root.close()
            with self._lock:
                wakeup, self._wakeup = self._wakeup, -1
            for descriptor in (wakeup, self._mounts):
                if descriptor >= 0:
                    os.close(descriptor)

    def _turn(self) -> None:
        ready = self._wait()
        if self._wakeup in ready:
            os.eventfd_read(self._wakeup)
        for root in self._roots.copy():
            if root.fileno() in ready:
                self._guard(root, root.serve)
        if self._mounts in ready:
            self._look_at_mounts()
        while self._jobs and not self._stopping:
            job = self._jobs.popleft()
            try:
                job()
            except Exception as error:  # noqa: BLE001 -- logged without its text
                log_failure(log, "a job of the inotify thread failed", error)
        now = time.monotonic()
        for root in self._roots:
            if root.retry_at is not None and root.retry_at <= now:
                self._guard(root, root.retry)
        if self._stale and now - self._rescanned >= RESCAN_PAUSE:
            self._rescan()

    def _wait(self) -> set[int]:
        """Sleep until something happens, and give which descriptors tell of it."""
        poll = select.poll()
        poll.register(self._wakeup, select.POLLIN)
        if self._mounts >= 0:
            poll.register(self._mounts, select.POLLPRI)
        for root in self._roots:
            if (descriptor := root.fileno()) is not None:
                poll.register(descriptor, select.POLLIN)
        dues = [root.retry_at for root in self._roots if root.retry_at is not None]
        if self._stale:
            dues.append(self._rescanned + RESCAN_PAUSE)
        # Rounded up, as poll(2) counts milliseconds and would else return too early.
        limit = ceil(max(0.0, min(dues) - time.monotonic()) * 1000) if dues else None
        return {descriptor for descriptor, _event in poll.poll(limit)}

    def _rescan(self) -> None:
        with self._lock:
            stale, self._stale = self._stale, set()
        for root in self._roots:
            self._guard(root, partial(root.rescan, stale))
        self._rescanned = time.monotonic()

    def _guard(self, root: S, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as error:  # noqa: BLE001 -- logged without its text
            log_failure(log, "a folder is watched no longer", error)
            root.fail()

    def _open_mounts(self) -> None:
        try:
            self._mounts = os.open(MOUNTS, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            log.info("mounts are not noticed: %s", error)
            return
        self._mount_count = self._count_mounts(self._mounts)

    def _look_at_mounts(self) -> None:
        before, self._mount_count = self._mount_count, self._count_mounts(self._mounts)
        fewer = self._mount_count < before
        for root in self._roots:
            self._guard(root, partial(root.mounts_changed, fewer=fewer))

    @staticmethod
    def _count_mounts(descriptor: int) -> int:
        os.lseek(descriptor, 0, os.SEEK_SET)
        count = 0
        while data := os.read(descriptor, 65536):
            count += data.count(b"\n")
        return count
