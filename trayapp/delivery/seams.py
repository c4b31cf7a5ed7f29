"""What sending works with, and what it tells."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from trayapp.delivery.rows import Counts, Outcome, Row
from trayapp.errors import TrayappError
from trayapp.servers.dialects import Dialect
from trayapp.servers.transport import Response


class Clock(Protocol):
    """Tells the time and waits."""

    def time(self) -> float:
        """Give the wall clock in epoch seconds."""

    def monotonic(self) -> float:
        """Give seconds that never go back; they may stand still while the machine sleeps."""

    def wait(self, wakeup: threading.Event, seconds: float) -> None:
        """Wait until `wakeup` is set, at most `seconds`."""


class Queue(Protocol):
    """What a sender needs of trayapp.delivery.queue; any call may raise QueueError."""

    def waiting(self, receiver: str, now: float, limit: int, after_id: int = 0) -> list[Row]:
        """Give what is to be sent, the oldest first."""

    def mark(self, receiver: str, outcomes: Sequence[Outcome], at: float) -> None:
        """Store what became of rows."""

    def counts(self, receiver: str, day_start: float | None) -> Counts:
        """Count a receiver's rows; with None for the start of the day not what was done."""

    def next_due(self, receiver: str, now: float) -> float | None:
        """Give the moment at which a row is held no longer."""


class PostClient(Protocol):
    """A connection to an account's server (trayapp.servers.client.Client)."""

    @property
    def api_url(self) -> str:
        """What all its addresses begin with."""

    def find_dialect(self) -> Dialect:
        """Say which kind of server it is, which may have to be asked; raises TrayappError."""

    def send_heartbeats(self, body: bytes, machine: str, user_agent: str) -> Response:
        """POST them; raises TrayappError where no answer came."""

    def cut(self) -> None:
        """End the request under way, from another thread."""

    def close(self) -> None:
        """Let go of the connection."""


class SenderLock(Protocol):
    """One sender for each data directory (trayapp.desktop.single_instance.InstanceLock)."""

    def acquire(self, *, wait: bool = False) -> bool:
        """Take it, False when another process has it; with `wait` once it is free."""

    def holder(self) -> str:
        """Say who has it."""

    def release(self) -> None:
        """Let go of it."""


@dataclass(frozen=True)
class Receiver:
    """An account that receives, named NAME@api_url as in the queue.

    `connect` reads its key, and may raise TrayappError. Another one of the same name says that key
    or settings have changed.
    """

    name: str
    connect: Callable[[], PostClient]


class Trouble(StrEnum):
    """What keeps an account's heartbeats here; the faces use these words."""

    NONE = ""
    OFFLINE = "offline"
    REFUSED = "refused"
    BACKING_OFF = "backing off"


@dataclass(frozen=True)
class ReceiverStatus:
    """How sending to one account fares; `problem` is its last one, while it lasts."""

    name: str
    waiting: int = 0
    dead: int = 0
    trouble: Trouble = Trouble.NONE
    problem: TrayappError | None = None


@dataclass(frozen=True)
class Listeners:
    """Whom a sender tells, from its threads.

    `changed`: the status may have. `delivered`: a round in which this receiver took something is
    over. `began` and `ended`: this process sends, for as long as it has the lock.
    """

    changed: Callable[[], None]
    delivered: Callable[[str], None]
    began: Callable[[], None] = lambda: None
    ended: Callable[[], None] = lambda: None
