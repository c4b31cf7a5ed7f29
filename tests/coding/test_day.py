from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.coding.day import day_at

ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "Africa/Cairo",  # its clocks skip midnight
    "America/Havana",  # its clocks repeat the hour after midnight
    "Australia/Lord_Howe",  # half an hour
]


@pytest.mark.parametrize(
    ("zone", "moment", "date", "hours"),
    [
        ("Europe/Berlin", "2026-11-21T22:59:59", "2026-11-21", 24),
        ("Europe/Berlin", "2026-11-21T23:00:00", "2026-11-22", 24),
        ("Europe/Berlin", "2026-03-29T12:00:00", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25T12:00:00", "2026-10-25", 25),
        ("America/New_York", "2026-11-22T04:59:59", "2026-11-21", 24),
        ("Africa/Cairo", "2026-04-24T12:00:00", "2026-04-24", 23),
        ("Australia/Lord_Howe", "2026-10-04T01:00:00", "2026-10-04", 23.5),
    ],
)
def test_a_day_has_the_date_and_the_length_that_its_zone_gives_it(
    zone: str, moment: str, date: str, hours: float
) -> None:
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()

    day = day_at(at, ZoneInfo(zone), zone)

    assert (day.date, day.timezone) == (date, zone)
    assert day.ends_at - day.starts_at == hours * 3600


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 -- hypothesis wants naive bounds
    st.sampled_from(ZONES),
)
def test_every_moment_lies_on_its_day_and_days_follow_without_a_gap(
    moment: datetime, name: str
) -> None:
    zone = ZoneInfo(name)
    at = moment.timestamp()

    day = day_at(at, zone, name)
    following = day_at(day.ends_at, zone, name)

    assert day.contains(at)
    assert not day.contains(day.ends_at)
    assert following.starts_at == day.ends_at
    assert following.date > day.date
