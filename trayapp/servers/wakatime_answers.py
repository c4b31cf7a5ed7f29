"""WakaTime's answers about a person and about totals, and their likenesses on other servers.

What a server leaves out is None or empty. Shapes: servers.md 1.1 and 1.6 (Hackatime), 2 (WakaTime),
3.6 (wakapi).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from trayapp.coding.document import BREAKDOWN_NAMES
from trayapp.coding.number import Breakdown
from trayapp.errors import BadAnswerError, StillComputingError
from trayapp.servers import lenient
from trayapp.servers.decoding import Range, decode_profile, decode_range

TOLD_BREAKDOWNS = frozenset(BREAKDOWN_NAMES)


@dataclass(frozen=True)
class User:
    """Who the key belongs to; `name` is the first of the names that is there.

    `timezone` is an IANA name, on wakapi perhaps an abbreviation. WakaTime's `timeout_minutes` is
    the longest gap that counts as coding.
    """

    name: str | None
    id: str
    username: str
    display_name: str
    full_name: str
    email: str
    photo: str
    timezone: str
    plan: str
    has_premium_features: bool | None
    last_heartbeat_at: datetime | None
    last_plugin: str
    last_plugin_name: str
    last_project: str
    last_branch: str
    timeout_minutes: float | None
    writes_only: bool | None
    created_at: datetime | None
    modified_at: datetime | None


@dataclass(frozen=True)
class SummaryDay:
    """One day; `breakdowns` has an entry for each of BREAKDOWN_NAMES.

    `branches` and `entities` are told where one project was asked for.
    """

    date: date | None
    total_seconds: float
    range: Range | None
    breakdowns: dict[str, Breakdown]
    branches: Breakdown
    entities: Breakdown


@dataclass(frozen=True)
class Summaries:
    """Days in a row, the oldest first, and what they come to.

    The daily average is of the days with coding on WakaTime, of all days on Hackatime and wakapi;
    it counts the language "Other" too.
    """

    days: tuple[SummaryDay, ...]
    total_seconds: float
    daily_average_seconds: float | None
    days_including_holidays: int | None
    days_minus_holidays: int | None


@dataclass(frozen=True)
class StatsAnswer:
    """Totals of a range; `end` belongs to it.

    `total_seconds` and the daily average count the language "Other" too. `is_up_to_date` is False
    while WakaTime is still counting, `percent_calculated` of it done. `days_including_holidays`
    has on Hackatime only the days with coding.
    """

    total_seconds: float
    daily_average_seconds: float | None
    start: datetime | None
    end: datetime | None
    timezone: str
    range_name: str
    status: str
    is_up_to_date: bool
    is_stuck: bool
    percent_calculated: float | None
    days_including_holidays: int | None
    days_minus_holidays: int | None
    username: str
    breakdowns: dict[str, Breakdown]


@dataclass(frozen=True)
class AllTime:
    """Everything since the account began; `start` and `end` are days that belong to it."""

    total_seconds: float
    daily_average_seconds: float | None
    start: date | None
    end: date | None
    timezone: str
    is_up_to_date: bool
    percent_calculated: float | None
    timeout_minutes: float | None


def decode_user(document: Any, host: str) -> User:
    """Read `users/current`; raises BadAnswerError where it describes nobody."""
    name = decode_profile(document, host).name
    data = lenient.data_of(document, host, "a profile")
    return User(
        name=name,
        id=lenient.identifier(data.get("id")),
        username=lenient.text(data.get("username")),
        display_name=lenient.text(data.get("display_name")),
        full_name=lenient.text(data.get("full_name")),
        email=lenient.text(data.get("email")),
        photo=lenient.text(data.get("photo")),
        timezone=lenient.text(data.get("timezone")),
        plan=lenient.text(data.get("plan")),
        has_premium_features=lenient.flag(data.get("has_premium_features")),
        last_heartbeat_at=lenient.moment(data.get("last_heartbeat_at")),
        last_plugin=lenient.text(data.get("last_plugin")),
        last_plugin_name=lenient.text(data.get("last_plugin_name")),
        last_project=lenient.text(data.get("last_project")),
        last_branch=lenient.text(data.get("last_branch")),
        timeout_minutes=lenient.seconds(data.get("timeout")),
        writes_only=lenient.flag(data.get("writes_only")),
        created_at=lenient.moment(data.get("created_at")),
        modified_at=lenient.moment(data.get("modified_at")),
    )


def decode_summaries(
    document: Any, host: str, told: Collection[str] = TOLD_BREAKDOWNS
) -> Summaries:
    """Read `summaries`; breakdowns that are not `told` are None, whatever stands there.

    Raises BadAnswerError where there are no days, or one without a total.
    """
    rows = lenient.rows_of(document, host, "days")
    days = tuple(_summary_day(row, host, told) for row in rows)
    total = lenient.mapping(document.get("cumulative_total"))
    average = lenient.mapping(document.get("daily_average"))
    seconds = lenient.seconds(total.get("seconds"))
    return Summaries(
        days=days,
        total_seconds=sum(day.total_seconds for day in days) if seconds is None else seconds,
        daily_average_seconds=_first_seconds(
            average, "seconds_including_other_language", "seconds"
        ),
        days_including_holidays=lenient.whole(average.get("days_including_holidays")),
        days_minus_holidays=lenient.whole(average.get("days_minus_holidays")),
    )


def decode_stats(
    document: Any, host: str, status: int = 200, told: Collection[str] = TOLD_BREAKDOWNS
) -> StatsAnswer:
    """Read `stats/RANGE`, of which HTTP status 202 says that it is not finished; `told` as above.

    Raises StillComputingError where it is not even begun, BadAnswerError where there is no total.
    """
    data = lenient.mapping(lenient.mapping(document).get("data"))
    is_up_to_date = _is_up_to_date(data, status)
    return StatsAnswer(
        total_seconds=_total(
            data, host, is_up_to_date, "total_seconds_including_other_language", "total_seconds"
        ),
        daily_average_seconds=_first_seconds(
            data, "daily_average_including_other_language", "daily_average"
        ),
        start=lenient.moment(data.get("start")),
        end=lenient.moment(data.get("end")),
        timezone=lenient.text(data.get("timezone")),
        range_name=lenient.text(data.get("range")),
        status=lenient.text(data.get("status")),
        is_up_to_date=is_up_to_date,
        is_stuck=lenient.flag(data.get("is_stuck")) or False,
        percent_calculated=lenient.seconds(data.get("percent_calculated")),
        days_including_holidays=lenient.whole(data.get("days_including_holidays")),
        days_minus_holidays=lenient.whole(data.get("days_minus_holidays")),
        username=lenient.text(data.get("username")),
        breakdowns=_breakdowns(data, told),
    )


def decode_all_time(document: Any, host: str, status: int = 200) -> AllTime:
    """Read `all_time_since_today`; status and errors are as in `decode_stats`."""
    data = lenient.mapping(lenient.mapping(document).get("data"))
    span = lenient.mapping(data.get("range"))
    is_up_to_date = _is_up_to_date(data, status)
    return AllTime(
        total_seconds=_total(data, host, is_up_to_date, "total_seconds"),
        daily_average_seconds=lenient.seconds(data.get("daily_average")),
        start=lenient.day(span.get("start_date")) or lenient.day(span.get("start")),
        end=lenient.day(span.get("end_date")) or lenient.day(span.get("end")),
        timezone=lenient.text(span.get("timezone")),
        is_up_to_date=is_up_to_date,
        percent_calculated=lenient.seconds(data.get("percent_calculated")),
        timeout_minutes=lenient.seconds(data.get("timeout")),
    )


def _summary_day(row: dict[str, Any], host: str, told: Collection[str]) -> SummaryDay:
    seconds = lenient.seconds(lenient.mapping(row.get("grand_total")).get("total_seconds"))
    if seconds is None:
        raise BadAnswerError(f"{host} answered with a day without a total", lenient.HINT)
    return SummaryDay(
        date=_date_of(lenient.mapping(row.get("range"))),
        total_seconds=seconds,
        range=decode_range(row.get("range")),
        breakdowns=_breakdowns(row, told),
        branches=lenient.breakdown(row.get("branches")),
        entities=lenient.breakdown(row.get("entities")),
    )


def _date_of(span: dict[str, Any]) -> date | None:
    # wakapi has the time of its answer here, and the day's own in `start` alone, with its offset.
    written = lenient.text(span.get("date"))
    return lenient.day(written if len(written) == len("2026-11-22") else span.get("start"))


def _breakdowns(data: dict[str, Any], told: Collection[str]) -> dict[str, Breakdown]:
    return {
        name: lenient.breakdown(data.get(name)) if name in told else None
        for name in BREAKDOWN_NAMES
    }


def _is_up_to_date(data: dict[str, Any], status: int) -> bool:
    is_pending = lenient.text(data.get("status")).startswith("pending")
    return status != 202 and not is_pending and data.get("is_up_to_date") is not False


def _total(data: dict[str, Any], host: str, is_up_to_date: bool, *names: str) -> float:
    seconds = _first_seconds(data, *names)
    if not seconds and not is_up_to_date:
        raise StillComputingError(f"{host} is still adding it up", "Ask again in a minute.")
    if seconds is None:
        raise lenient.missing(host, "a total")
    return seconds


def _first_seconds(data: dict[str, Any], *names: str) -> float | None:
    return next(
        (each for name in names if (each := lenient.seconds(data.get(name))) is not None), None
    )
