"""What makes a dialect: a place for its API, its keys, its answers and its errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server.account import Account
    from tests.server.messages import Answer, Request


@dataclass(frozen=True)
class Dialect:
    """One kind of server.

    `answer` and `error` are pure: the same request, account and time (epoch seconds) give the
    same answer. `error` is how this kind of server words a status.
    """

    name: str
    api_path: str
    key_prefix: str
    answer: Callable[[Request, Account, float], Answer]
    error: Callable[[Request, int], Answer]
