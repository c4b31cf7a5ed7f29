"""Signals that end a command in order."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def handled(handler: Callable[[int], None], *names: str) -> Iterator[None]:
    """Hand signals to `handler` by their numbers, those of these names that the system has."""

    def handle(number: int, frame: FrameType | None) -> None:
        del frame
        handler(number)

    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = [(number, signal.signal(number, handle)) for number in numbers]
    try:
        yield
    finally:
        for number, previous in before:
            signal.signal(number, previous)
