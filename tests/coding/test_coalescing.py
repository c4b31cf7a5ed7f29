"""Whatever is left out by coalescing, every server counts the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trayapp.coding.coalescing import (
    QUARTER_SECONDS,
    WINDOW_SECONDS,
    Decision,
    Window,
    coalescing_key,
    decide,
    ends_at,
    is_over,
)
from trayapp.coding.counting import CountingRule, total

KEY, OTHER = b"key", b"other"
START = 1_790_000_100.0
"""A moment with a quarter hour well ahead of it."""

QUARTER = START // QUARTER_SECONDS * QUARTER_SECONDS

RULES = [
    CountingRule(longest=120.0),
    *(CountingRule(timeout=seconds) for seconds in (60.0, 120.0, 600.0, 900.0)),
]
ZONES = [ZoneInfo(name) for name in ("UTC", "Asia/Kathmandu", "Australia/Lord_Howe")]
MIDNIGHTS = [datetime(2026, 9, 22, tzinfo=zone).timestamp() for zone in ZONES]


@dataclass(frozen=True)
class Saved:
    """A save as the property below makes it."""

    at: float
    file: str
    branch: str

    @property
    def key(self) -> bytes:
        return coalescing_key(b"secret", self.file, self.branch)


def recorded(saves: Iterable[Saved]) -> list[Saved]:
    """Record saves in their order as the queue does, and give the rows in the end."""
    rows: list[Saved] = []
    window: Window | None = None
    for save in saves:
        decision = decide(window, save.key, save.at)
        if decision is Decision.REPLACE:
            rows[-1] = save
        else:
            rows.append(save)
        if decision is Decision.RECORD or window is None:
            window = Window(save.key, save.at)
        else:
            window = Window(save.key, window.started_at, save.at)
    return rows


def totals(
    saves: Sequence[Saved], rule: CountingRule, part: Callable[[Saved], object], zone: ZoneInfo
) -> dict[object, float]:
    """Count as a server does: each day and part for itself."""
    groups: dict[object, list[float]] = defaultdict(list)
    for save in saves:
        day = datetime.fromtimestamp(save.at, UTC).astimezone(zone).date()
        groups[day, part(save)].append(save.at)
    return {group: total(times, rule) for group, times in groups.items()}


# Steps of a clock too: back by minutes, ahead by hours.
STEPS = st.one_of(
    st.floats(0, 12),
    st.floats(0, 40),
    st.floats(0, 2000),
    st.sampled_from([-600.0, -5.0, 86_400.0]),
)


@st.composite
def series(draw: st.DrawFn) -> list[Saved]:
    at = draw(st.sampled_from([START, *MIDNIGHTS])) + draw(st.floats(-60, 60))
    saves = []
    for step in draw(st.lists(STEPS, max_size=20)):
        at += step
        # Mostly the same, as people do.
        file, branch = draw(st.sampled_from([("a", "main")] * 5 + [("b", "main"), ("a", "fix")]))
        saves.append(Saved(at, file, branch))
    return saves


@settings(max_examples=400, deadline=None)
@given(series(), st.sampled_from(RULES), st.sampled_from(ZONES))
def test_totals_per_day_file_and_branch_are_those_of_all_saves(
    saves: list[Saved], rule: CountingRule, zone: ZoneInfo
) -> None:
    kept = recorded(saves)
    parts: list[Callable[[Saved], object]] = [
        lambda _save: None,
        lambda save: save.file,
        lambda save: save.branch,
    ]
    for part in parts:
        wanted, got = totals(saves, rule, part, zone), totals(kept, rule, part, zone)
        assert got.keys() == wanted.keys()
        assert got == pytest.approx(wanted, abs=1e-3)


@given(series())
def test_what_is_left_out_lies_within_a_window_between_two_that_are_recorded(
    saves: list[Saved],
) -> None:
    kept = recorded(saves)
    for save in set(saves) - set(kept):
        same = [one.at for one in kept if one.key == save.key]
        before = max(at for at in same if at <= save.at)
        after = min(at for at in same if at >= save.at)
        assert after - before < WINDOW_SECONDS


@given(series())
def test_nothing_is_left_out_where_another_file_was_saved_between(saves: list[Saved]) -> None:
    keys = [save.key for save in saves]
    kept = recorded(saves)
    for place, save in enumerate(saves[:-1]):
        if keys[place + 1] != save.key:
            assert save in kept


def test_autosave_every_second_records_two_rows_a_window() -> None:
    saves = [Saved(START + second, "a", "main") for second in range(120)]
    assert len(recorded(saves)) == 2 * 120 / WINDOW_SECONDS


EMPTY = Window(KEY, START)
HOLDING = Window(KEY, START, START + 20)


@pytest.mark.parametrize(
    ("window", "key", "at", "wanted"),
    [
        (None, KEY, START, Decision.RECORD),
        (EMPTY, KEY, START, Decision.HOLD),
        (EMPTY, KEY, START + 29.9, Decision.HOLD),
        (EMPTY, KEY, START - 0.1, Decision.RECORD),
        (HOLDING, KEY, START + 20, Decision.REPLACE),
        (HOLDING, KEY, START + 29.9, Decision.REPLACE),
        (HOLDING, KEY, START + 30, Decision.RECORD),
        (HOLDING, KEY, START + 19, Decision.RECORD),
        (HOLDING, OTHER, START + 21, Decision.RECORD),
        (Window(KEY, QUARTER - 5), KEY, QUARTER - 0.1, Decision.HOLD),
        (Window(KEY, QUARTER - 5), KEY, QUARTER, Decision.RECORD),
    ],
)
def test_what_becomes_of_a_save(
    window: Window | None, key: bytes, at: float, wanted: Decision
) -> None:
    assert decide(window, key, at) is wanted


@pytest.mark.parametrize("window", [EMPTY, HOLDING], ids=["empty", "holding"])
def test_a_window_is_over_from_its_end_on_and_by_a_clock_set_back(window: Window) -> None:
    moments = {START - 1: True, START + 25: False, ends_at(window): True, START + 1e6: True}
    assert {moment: is_over(window, moment) for moment in moments} == moments
    assert is_over(HOLDING, START + 10)
    assert not is_over(EMPTY, START + 10)


def test_a_key_tells_apart_what_is_joined_in_another_way() -> None:
    keys = [
        coalescing_key(b"secret", "a", "b"),
        coalescing_key(b"secret", "ab", None),
        coalescing_key(b"secret", "a", None),
        coalescing_key(b"secret", "a", ""),
        coalescing_key(b"other", "a", "b"),
    ]
    assert len(set(keys)) == len(keys)
