"""The estimate: which heartbeats count, on which day, by whose rule."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.coding.samples import BERLIN, NOON, a_number
from tests.resident.scene import ACCOUNT
from trayapp.errors import QueueBusyError
from trayapp.resident import estimating
from trayapp.resident.estimating import estimated

HOUR = 3600.0


class Times:
    """A queue that holds these times, each with when it was delivered."""

    def __init__(self, *times: tuple[float, float | None]) -> None:
        self.rows = times
        self.asked: list[str | None] = []

    def times(
        self, start: float, end: float, receiver: str | None = None
    ) -> list[tuple[float, float | None]]:
        self.asked.append(receiver)
        return [(at, delivered) for at, delivered in self.rows if start <= at < end]


class BusyQueue(Times):
    def times(
        self, _start: float, _end: float, _receiver: str | None = None
    ) -> list[tuple[float, float | None]]:
        raise QueueBusyError("queue.db is held by another program")


@pytest.fixture(autouse=True)
def _this_machine_is_in_berlin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimating, "local_zone", lambda: (BERLIN, "Europe/Berlin"))


def test_what_the_server_has_not_is_added_to_its_number() -> None:
    queue = Times((NOON - 200, NOON - 199), (NOON - 100, None), (NOON - 70, None))

    number = estimated(queue, a_number(7500), ACCOUNT, NOON)

    assert number == replace(a_number(7500), total_seconds=7500 + 100 + 30, source="estimate")
    assert queue.asked == [ACCOUNT.receiver]


def test_a_number_that_lacks_nothing_stays_the_servers() -> None:
    number = a_number(7500)
    assert estimated(Times((NOON - 200, NOON - 199)), number, ACCOUNT, NOON) is number


@pytest.mark.parametrize(
    ("api_url", "dialect", "wanted"),
    [
        (ACCOUNT.api_url, None, 120),
        ("https://waka.example/api", None, 500),
        ("https://waka.example/elsewhere", "wakapi", 500),
        ("https://api.wakatime.com/api/v1", None, 500),
        ("https://unknown.example/v1", None, 120),
    ],
)
def test_a_gap_counts_by_the_rule_of_the_accounts_server(
    api_url: str, dialect: str | None, wanted: float
) -> None:
    queue = Times((NOON - 600, NOON - 599), (NOON - 100, None))
    account = ACCOUNT._replace(api_url=api_url, dialect=dialect)

    number = estimated(queue, a_number(0), account, NOON)

    assert number is not None
    assert number.total_seconds == wanted


def test_without_an_account_all_of_the_local_day_counts() -> None:
    yesterday = NOON - 13 * HOUR
    queue = Times((yesterday, None), (NOON - 90, None), (NOON - 60, None))

    number = estimated(queue, None, None, NOON)

    assert number is not None
    assert (number.total_seconds, number.source, number.day.date) == (30, "estimate", "2026-11-21")
    assert queue.asked == [None]


def test_without_an_account_a_day_without_saves_is_0_after_one_with_some() -> None:
    yesterday, long_ago = Times((NOON - 13 * HOUR, None)), Times((NOON - 240 * HOUR, None))

    number = estimated(yesterday, None, None, NOON)

    assert number is not None
    assert (number.total_seconds, number.source) == (0, "estimate")
    assert estimated(yesterday, None, ACCOUNT, NOON) is None
    assert estimated(long_ago, None, None, NOON) is None


def test_where_nothing_was_recorded_there_is_no_number() -> None:
    assert estimated(Times(), None, None, NOON) is None


def test_a_queue_that_cannot_be_read_changes_nothing() -> None:
    number = a_number(7500)
    assert estimated(BusyQueue(), number, ACCOUNT, NOON) is number
    assert estimated(BusyQueue(), None, None, NOON) is None
