"""What goes into the queue and comes out of it."""

from __future__ import annotations

import hashlib
from typing import Literal, NamedTuple

from trayapp.coding.heartbeat import Heartbeat

LOCAL = ""
"""The receiver of what is recorded while there is no account."""

State = Literal["done", "dead", "waiting"]


class Recording(NamedTuple):
    """One heartbeat to record, for receivers named NAME@api_url; for none of them it is local.

    With None it is for nobody, and is history at once.

    `key` is its coalescing key; without one it is a row of its own, whatever was before it.
    """

    heartbeat: Heartbeat
    receivers: tuple[str, ...] | None = ()
    key: bytes | None = None


class Row(NamedTuple):
    """One heartbeat to send: the very bytes, what goes beside them, and how often it was tried."""

    id: int
    body: bytes
    machine: str
    user_agent: str
    time: float
    tries: int = 0


class Outcome(NamedTuple):
    """What became of one row at a receiver; `tries` counts the attempts that were its own fault."""

    id: int
    state: State
    reason: str = ""
    tries: int = 0


class Counts(NamedTuple):
    """How many rows of a receiver are in which state; `done` are those since the day began."""

    waiting: int = 0
    done: int = 0
    dead: int = 0
    set_aside: int = 0


class DeadLetter(NamedTuple):
    """A row that is not sent any more: condemned by the receiver, or damaged here (`set_aside`).

    `entity` is "" where it cannot be read, `at` is when it was given up.
    """

    id: int
    receiver: str
    entity: str
    time: float
    reason: str
    at: float
    set_aside: bool = False


class Content(NamedTuple):
    """A row of the table of heartbeats but for its id; bytes and names are gone in history."""

    body: bytes | None
    machine: str | None
    user_agent: str | None
    time: float
    project: str | None
    language: str | None
    receivers: str
    """A JSON array: whom it goes to, should all else be lost."""

    seal: bytes = b""

    def sealed(self) -> Content:
        """Give it with its right seal."""
        return self._replace(seal=self._digest())

    def is_whole(self) -> bool:
        """Tell whether this is what was stored, to the last bit."""
        return self.seal == self._digest()

    def values(self) -> tuple[object, ...]:
        """Give the values in the order of the table's columns."""
        return tuple(self)

    def history(self) -> Content:
        """Give what stays once all is delivered."""
        return Content(None, None, None, self.time, self.project, self.language, "[]").sealed()

    def _sealed_values(
        self,
    ) -> tuple[bytes | None, str | None, str | None, float, str | None, str | None, str]:
        return (
            self.body,
            self.machine,
            self.user_agent,
            self.time,
            self.project,
            self.language,
            self.receivers,
        )

    def _digest(self) -> bytes:
        # repr keeps values and their types apart, whatever a damaged file holds in their place.
        text = repr(self._sealed_values()).encode("utf-8", errors="backslashreplace")
        return hashlib.blake2b(text, digest_size=16).digest()
