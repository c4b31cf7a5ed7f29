from __future__ import annotations

from datetime import date
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from tests.cli.past import assert_golden
from trayapp.cli.charts import (
    MOST_ROWS,
    WIDEST,
    across,
    band_width,
    clock_of,
    coverage,
    draw_breakdowns,
    draw_timeline,
    fit,
    format_seconds,
    hours_below,
    percent,
    upward,
)
from trayapp.cli.terminal import NARROWEST
from trayapp.coding.day import day_on
from trayapp.coding.history import Span, timeline_of
from trayapp.coding.number import Share


def console_of(width: int) -> Console:
    return Console(
        file=StringIO(), width=width, height=25, highlight=False, markup=False, emoji=False
    )


def written(console: Console) -> str:
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("share", "width", "bar"),
    [
        (1.0, 4, "████"),
        (0.5, 4, "██"),
        (0.125, 4, "▌"),
        (0.53125, 4, "██▏"),
        (0.0001, 4, "▏"),
        (2.0, 4, "████"),
    ],
)
def test_a_bar_is_as_long_as_its_share(share: float, width: int, bar: str) -> None:
    assert across(share, width, ascii_only=False) == bar


def test_a_bar_of_number_signs_is_never_empty() -> None:
    assert [across(share, 4, ascii_only=True) for share in (0.001, 0.5, 1)] == ["#", "##", "####"]


def test_a_cell_is_as_high_as_it_is_covered() -> None:
    assert upward([0, 0.001, 0.5, 0.99, 1], ascii_only=False) == " ▁▅██"
    assert upward([0, 0.1, 0.5, 1], ascii_only=True) == " .:#"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0s"), (59.9, "59s"), (60, "1m"), (7500, "2h 5m")]
)
def test_short_times_are_in_seconds(seconds: float, text: str) -> None:
    assert format_seconds(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "total", "text"),
    [(1, 1, "100%"), (1, 3, "33%"), (1, 1000, "<1%"), (0, 0, "")],
)
def test_a_share_is_in_whole_percent(seconds: float, total: float, text: str) -> None:
    assert percent(seconds, total) == text


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("engine", 8, "engine  "),
        ("engine", 6, "engine"),
        ("engine", 5, "engi…"),
        ("engine", 1, "e"),
        ("engine", 0, ""),
        ("日本語", 6, "日本語"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日 …"),
        ("e\u0301te\u0301", 4, "e\u0301te\u0301 "),
    ],
)
def test_a_name_is_cut_by_what_it_is_wide(text: str, width: int, expected: str) -> None:
    assert fit(text, width) == expected


@given(st.text(max_size=30), st.integers(1, 20))
def test_a_name_is_never_wider_than_its_column(text: str, width: int) -> None:
    assert cell_len(fit(text, width)) <= width


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("UTC", "2026-11-22", "0  1  2  3  4  5  6  7  8  9  10 11 12 13 14 15 16 17 18 19 20"),
        # An hour that is skipped is none; what follows is an hour nearer.
        ("Europe/Berlin", "2026-03-29", "0  1  3  4  5  6  7  8  9  10"),
        ("America/New_York", "2026-03-08", "0  1  3  4  5  6  7  8  9  10"),
        # An hour that is there twice stands at its first time.
        ("Europe/Berlin", "2026-10-25", "0  1  2     3  4"),
        ("America/New_York", "2026-11-01", "0  1     2  3  4"),
        ("Pacific/Apia", "2021-04-04", "0  1  2  3     4"),
        ("Asia/Kolkata", "2026-10-25", "0  1  2  3  4  5  6"),
        # Half an hour.
        ("Australia/Lord_Howe", "2026-10-04", "0  1   3  4  5"),
        ("Australia/Lord_Howe", "2026-04-05", "0  1   2  3  4  5"),
        # The day begins at one.
        ("Africa/Cairo", "2026-04-24", "1  2  3  4  5  6  7"),
    ],
)
def test_the_hours_of_a_day_stand_where_they_begin(zone: str, day: str, hours: str) -> None:
    found = day_on(date.fromisoformat(day), ZoneInfo(zone), zone)
    width = band_width(found, 78)

    line = hours_below(found, ZoneInfo(zone), width)

    assert line.startswith(hours)
    assert line.endswith("23")
    assert width - 4 <= len(line) <= width


@pytest.mark.parametrize(
    ("zone", "day", "clocks"),
    [
        ("Europe/Berlin", "2026-11-22", ["00:00", "02:30", "24:00"]),
        ("Europe/Berlin", "2026-03-29", ["00:00+0100", "03:30+0200", "24:00+0200"]),
        ("Europe/Berlin", "2026-10-25", ["00:00+0200", "02:30+0200", "24:00+0100"]),
        ("Australia/Lord_Howe", "2026-10-04", ["00:00+1030", "03:00+1100", "24:00+1100"]),
        ("Africa/Cairo", "2026-04-23", ["00:00", "02:30", "24:00"]),
        ("Africa/Cairo", "2026-04-24", ["01:00+0300", "03:30+0300", "24:00+0300"]),
    ],
)
def test_times_tell_their_offset_where_clocks_change(
    zone: str, day: str, clocks: list[str]
) -> None:
    found = day_on(date.fromisoformat(day), ZoneInfo(zone), zone)
    clock = clock_of(found, ZoneInfo(zone))

    moments = [found.starts_at, found.starts_at + 9000, found.ends_at]
    assert [clock(moment) for moment in moments] == clocks


@given(
    st.lists(st.tuples(st.floats(0, 86_400), st.floats(0, 86_400))),
    st.integers(NARROWEST, 120),
)
def test_a_band_covers_what_was_coded(bounds: list[tuple[float, float]], width: int) -> None:
    day = day_on(date(2026, 11, 22), ZoneInfo("UTC"), "UTC")
    spans = [Span(day.starts_at + start, day.starts_at + end) for start, end in bounds]
    timeline = timeline_of(day, spans)

    cells = coverage(timeline, width)

    assert len(cells) == width
    assert all(0 <= cell <= 1.000001 for cell in cells)
    assert sum(cells) * 86_400 / width == pytest.approx(timeline.total_seconds, abs=1e-3)


@pytest.mark.parametrize("width", [NARROWEST, 40, 80, 120])
@pytest.mark.parametrize(
    ("zone", "day"), [("Europe/Berlin", "2026-03-29"), ("Australia/Lord_Howe", "2026-04-05")]
)
def test_a_day_with_a_change_of_clocks_is_drawn(zone: str, day: str, width: int) -> None:
    found = day_on(date.fromisoformat(day), ZoneInfo(zone), zone)
    console = console_of(width)
    spans = [
        Span(found.starts_at, found.starts_at + 9000, "trayapp"),
        Span(found.starts_at + 9300, found.starts_at + 12_000, "日本語のプロジェクト"),
        Span(found.starts_at + 40_000, found.starts_at + 40_030),
        Span(found.ends_at - 4000, found.ends_at, "engine"),
    ]

    draw_timeline(console, timeline_of(found, spans), ZoneInfo(zone))

    assert_golden(f"clocks-{zone.partition('/')[2].lower()}-{width}.txt", written(console))
    assert max(map(cell_len, written(console).splitlines())) <= width


@given(
    st.lists(st.builds(Share, st.text(max_size=50), st.floats(1, 1e6)), min_size=1, max_size=15),
    st.integers(NARROWEST, 120),
)
def test_no_names_make_a_line_too_wide(shares: list[Share], width: int) -> None:
    console = console_of(width)

    draw_breakdowns(console, {"languages": tuple(shares), "projects": None}, 1e6)

    lines = written(console).splitlines()
    assert len(lines) == 2 + min(len(shares), MOST_ROWS)
    assert max(map(cell_len, lines)) <= width


def test_bars_and_bands_end_where_they_say_no_more() -> None:
    console = console_of(300)

    draw_breakdowns(console, {"projects": (Share("engine", 7200.0),)}, 7200)
    day = day_on(date(2026, 11, 22), ZoneInfo("UTC"), "UTC")
    span = Span(day.starts_at, day.ends_at, "long" * 40)
    draw_timeline(console, timeline_of(day, [span]), ZoneInfo("UTC"))

    *drawn, listed = written(console).splitlines()
    assert max(map(cell_len, drawn)) == WIDEST
    assert listed.endswith("long" * 40)


def test_many_shares_are_told_as_one() -> None:
    console = console_of(40)

    shares = tuple(Share(f"p{n}", 600.0) for n in range(12))
    draw_breakdowns(console, {"projects": shares}, 7200)

    assert written(console).splitlines()[-1].split()[:2] == ["3", "more"]
    assert "30m" in written(console).splitlines()[-1]
