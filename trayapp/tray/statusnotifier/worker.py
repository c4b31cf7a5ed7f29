"""The thread that runs a menu's actions."""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

WAITING_LIMIT = 100
"""How many jobs may wait; a person never gets there, a client that floods the menu does."""


class Worker:
    """Run jobs one after another on one thread.

    A job that raises is logged, and handed to `on_error` on the same thread.
    """

    def __init__(
        self, name: str, on_error: Callable[[Exception], object] = lambda _error: None
    ) -> None:
        self._on_error = on_error
        self._waiting: deque[Callable[[], object]] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._full = False
        # A daemon, so that an action that never returns cannot hold the process.
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def submit(self, job: Callable[[], object], *, once: bool = False) -> bool:
        """Queue a job; return whether it was taken.

        With `once`, a job that is waiting already is not queued a second time.
        """
        with self._changed:
            if self._closed or (once and job in self._waiting):
                return False
            if len(self._waiting) >= WAITING_LIMIT:
                if not self._full:
                    logger.warning("%d menu actions wait; more are dropped", WAITING_LIMIT)
                self._full = True
                return False
            self._full = False
            self._waiting.append(job)
            self._changed.notify()
            return True

    def close(self, limit: float) -> bool:
        """Drop what waits, let the running job end; return whether it did within `limit` seconds.

        Called on the worker's own thread it does not wait.
        """
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify()
        if threading.current_thread() is self._thread:
            return True
        self._thread.join(limit)
        return not self._thread.is_alive()

    def _work(self) -> None:
        while (job := self._next()) is not None:
            try:
                job()
            except SystemExit:
                logger.exception("a menu action called sys.exit, which ends nothing here")
            except Exception as error:
                logger.exception("a menu action failed")
                try:
                    self._on_error(error)
                except Exception:
                    logger.exception("the failure could not be told")

    def _next(self) -> Callable[[], object] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            return self._waiting.popleft() if self._waiting else None
