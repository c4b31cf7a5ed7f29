"""The estimate: the server's last number, and what this machine recorded since."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from trayapp.coding.counting import (
    HACKATIME_RULE,
    WAKAPI_RULE,
    WAKATIME_RULE,
    CountingRule,
    Recorded,
    estimate,
)
from trayapp.coding.day import day_at
from trayapp.coding.goal import with_added
from trayapp.coding.number import Number
from trayapp.errors import QueueError
from trayapp.servers.dialects import Dialect, dialect_from_url
from trayapp.servers.zones import local_zone
from trayapp.settings.accounts import Account

RULES = {
    Dialect.HACKATIME: HACKATIME_RULE,
    Dialect.WAKATIME: WAKATIME_RULE,
    Dialect.WAKAPI: WAKAPI_RULE,
}


LOCAL_SECONDS = 7 * 86_400.0
"""For so long after the last heartbeat a day without any has no time, and not an unknown one."""


class Times(Protocol):
    """What is asked of the queue (trayapp.delivery.queue)."""

    def times(
        self, start: float, end: float, receiver: str | None = None
    ) -> list[tuple[float, float | None]]:
        """Give when heartbeats were made and delivered; raises QueueError."""


def estimated(
    queue: Times, number: Number | None, account: Account | None, now: float
) -> Number | None:
    """Add to a number of today what the account's server had not when it was fetched.

    Without a number all of today's heartbeats count, by the local day; None where there are none,
    but 0 where there is no account that could know of others and some were recorded lately.
    A number to which nothing is to be added comes back as it is, and so does any while the queue
    cannot be read.
    """
    day = day_at(now, *local_zone()) if number is None else number.day
    receiver = None if account is None else account.receiver
    try:
        times = queue.times(day.starts_at, day.ends_at, receiver)
        is_known = times or (
            account is None and queue.times(day.starts_at - LOCAL_SECONDS, day.starts_at)
        )
    except QueueError:
        # The queue's own trouble is told where it is looked after.
        return number
    heartbeats = [Recorded(at, delivered_at) for at, delivered_at in times]
    rule = _rule(account)
    if number is None:
        total = estimate(heartbeats, rule, None)
        return Number(total, day, fetched_at=now, source="estimate") if is_known else None
    total = estimate(heartbeats, rule, (number.total_seconds, number.fetched_at))
    if total == number.total_seconds:
        return number
    return replace(
        number,
        total_seconds=total,
        source="estimate",
        server_seconds=number.total_seconds,
        goal=with_added(number.goal, total - number.total_seconds),
    )


def _rule(account: Account | None) -> CountingRule:
    if account is None:
        return HACKATIME_RULE
    dialect = Dialect(account.dialect) if account.dialect else dialect_from_url(account.api_url)
    return RULES.get(dialect, HACKATIME_RULE) if dialect else HACKATIME_RULE
