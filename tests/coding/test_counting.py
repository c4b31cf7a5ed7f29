"""Time as each server counts it, and the estimate made from it."""

from __future__ import annotations

import pytest

from trayapp.coding.counting import (
    HACKATIME_RULE,
    WAKAPI_RULE,
    WAKATIME_RULE,
    CountingRule,
    Recorded,
    estimate,
    total,
)


@pytest.mark.parametrize(
    ("rule", "gap", "wanted"),
    [
        (HACKATIME_RULE, 30, 30),
        (HACKATIME_RULE, 120, 120),
        (HACKATIME_RULE, 3600, 120),
        (WAKAPI_RULE, 599, 599),
        (WAKAPI_RULE, 600, 0),
        (WAKATIME_RULE, 899, 899),
        (WAKATIME_RULE, 900, 0),
    ],
)
def test_a_gap_counts_as_each_server_says(rule: CountingRule, gap: float, wanted: float) -> None:
    assert total([1000, 1000 + gap], rule) == wanted


def test_heartbeats_count_by_their_times_in_whatever_order_they_came() -> None:
    assert total([300, 0, 60, 90], HACKATIME_RULE) == 60 + 30 + 120


def test_one_heartbeat_is_no_time() -> None:
    assert total([5], HACKATIME_RULE) == 0
    assert total([], HACKATIME_RULE) == 0


def test_without_a_number_the_rule_counts_all_of_today() -> None:
    heartbeats = [Recorded(0, 5), Recorded(60), Recorded(90)]
    assert estimate(heartbeats, HACKATIME_RULE, None) == 90


def test_what_was_delivered_when_the_number_was_fetched_is_in_the_number() -> None:
    heartbeats = [Recorded(0, 5), Recorded(60, 65), Recorded(90, 95)]
    assert estimate(heartbeats, HACKATIME_RULE, (3600, 100)) == 3600


def test_what_was_not_adds_its_gap_from_the_heartbeat_before() -> None:
    heartbeats = [Recorded(0, 5), Recorded(60, 65), Recorded(90, 120), Recorded(300)]
    assert estimate(heartbeats, HACKATIME_RULE, (3600, 100)) == 3600 + 30 + 120


def test_the_first_of_the_day_adds_nothing() -> None:
    assert estimate([Recorded(100)], HACKATIME_RULE, (3600, 50)) == 3600
