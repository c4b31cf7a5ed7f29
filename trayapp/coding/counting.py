"""Counting: how much time each server makes of the heartbeats it has.

A gap between two heartbeats that follow one another counts as the rule says; the first heartbeat
of a day adds nothing, so what lies across midnight belongs to neither day. Sources: servers.md 1.6
(Hackatime's heartbeatable.rb), 2 (WakaTime's keystroke timeout), 3.5 (wakapi's duration.go). The
timeouts of WakaTime and wakapi are their defaults, which a person may change there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class CountingRule:
    """How a gap counts: up to `longest` seconds of it, and nothing from `timeout` seconds on."""

    longest: float = float("inf")
    timeout: float = float("inf")

    def seconds(self, gap: float) -> float:
        """Give the seconds that a gap counts."""
        return min(gap, self.longest) if 0 <= gap < self.timeout else 0.0


HACKATIME_RULE = CountingRule(longest=120.0)
WAKATIME_RULE = CountingRule(timeout=900.0)
WAKAPI_RULE = CountingRule(timeout=600.0)


@dataclass(frozen=True)
class Recorded:
    """When a heartbeat was made, and when the server took it, None while it has not."""

    at: float
    delivered_at: float | None = None


def total(times: Iterable[float], rule: CountingRule) -> float:
    """Give the seconds that a rule makes of one day's heartbeats (epoch seconds, any order)."""
    return sum(rule.seconds(later - earlier) for earlier, later in pairwise(sorted(times)))


def estimate(
    heartbeats: Sequence[Recorded], rule: CountingRule, number: tuple[float, float] | None
) -> float:
    """Give today's seconds with what the server had not when it was asked.

    `heartbeats` are all of today that this machine recorded; `number` is the server's total and
    when it was fetched, None where there is none. Each heartbeat that was not delivered by then
    adds the gap from the one recorded before it.
    """
    if number is None:
        return total((one.at for one in heartbeats), rule)
    seconds, fetched_at = number
    for before, one in pairwise(sorted(heartbeats, key=lambda heartbeat: heartbeat.at)):
        if one.delivered_at is None or one.delivered_at > fetched_at:
            seconds += rule.seconds(one.at - before.at)
    return seconds
