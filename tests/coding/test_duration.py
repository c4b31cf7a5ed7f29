from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.coding.duration import format_duration, hours_and_minutes


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0m"),
        (59.999, "0m"),
        (60, "1m"),
        (2820, "47m"),
        (3599, "59m"),
        (3600, "1h 0m"),
        (7500, "2h 5m"),
        (7559.9, "2h 5m"),
        (86_399, "23h 59m"),
        (90_000, "25h 0m"),
    ],
)
def test_a_duration_reads_as_hours_and_whole_minutes(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@given(st.floats(min_value=0, max_value=90_000))
def test_a_shown_duration_is_never_longer_than_the_real_one_and_short_by_less_than_a_minute(
    seconds: float,
) -> None:
    hours, minutes = hours_and_minutes(seconds)

    assert 0 <= minutes < 60
    assert 0 <= seconds - (hours * 3600 + minutes * 60) < 60
