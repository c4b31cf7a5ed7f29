"""What makes a dialect: a place for its API, its keys, its answers and its errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server.account import Account
    from tests.server.counting import Counts
    from tests.server.messages import Answer, Request
    from tests.server.storing import HeartbeatStore


@dataclass(frozen=True)
class Dialect:
    """One kind of server.

    An `answer` depends on nothing but request, account, time (epoch seconds) and stored heartbeats,
    and changes nothing but these. `error` is how this kind of server words a status, `counts` how
    it makes time of heartbeats.
    """

    name: str
    api_path: str
    key_prefix: str
    answer: Callable[[Request, Account, float, HeartbeatStore], Answer]
    error: Callable[[Request, int], Answer]
    counts: Counts
