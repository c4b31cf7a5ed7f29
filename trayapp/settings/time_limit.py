"""Give up on a call that may never return."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future

T = TypeVar("T")


def call_with_limit(work: Callable[[], T], seconds: float, name: str) -> Future[T]:
    """Do some work on a thread called `name`, for at most so many seconds.

    Gives a future that is done; raises TimeoutError after the limit. The thread is then left to
    itself: it is a daemon, so that it does not hold up the end of the process.
    """
    from concurrent.futures import Future  # noqa: PLC0415 -- many commands need no limit

    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 -- Rust's panics are no Exceptions
            future.set_exception(error)

    threading.Thread(target=run, name=name, daemon=True).start()
    future.exception(seconds)
    return future
