"""`trayapp timeline`: when on a day was coded, as a band with its hours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, tzinfo
from typing import Any

from rich.text import Text

from trayapp.cli.charts import draw_line, draw_note, draw_timeline, draw_title
from trayapp.cli.questions import Asking, asking, latest_today, print_json, today_in
from trayapp.cli.terminal import make_console
from trayapp.coding.counted import counted
from trayapp.coding.day import day_on
from trayapp.coding.duration import format_duration
from trayapp.coding.history import Timeline
from trayapp.coding.periods import parse_day
from trayapp.errors import UsageError
from trayapp.servers.history import History


def run(environment: Mapping[str, str], text: str, *, account: str | None, as_json: bool) -> int:
    """Print a day's timeline; raises UsageError for a day that cannot be."""
    parse_day(text, latest_today())
    with asking(environment, account) as asked:
        zone, name = asked.zone()
        day = day_on(parse_day(text, today_in(zone)), zone, name)
        if day.starts_at == day.ends_at:
            raise UsageError(f"{name} had no {day.date}", "The calendar skipped it there.")
        timeline = History(asked.client, zone, name).timeline(day)
    if as_json:
        print_json(_document(timeline, zone, asked))
        return 0
    console = make_console(environment)
    count = len(timeline.spans)
    total = format_duration(timeline.total_seconds)
    draw_title(console, f"{date.fromisoformat(day.date):%A} {day.date} ({day.timezone})")
    if not count:
        draw_note(console, "Nothing was coded.")
        return 0
    draw_line(console, Text(f"{total} in {counted(count, 'span')}"))
    draw_line(console, Text())
    draw_timeline(console, timeline, zone)
    return 0


def _document(timeline: Timeline, zone: tzinfo, asked: Asking) -> dict[str, Any]:
    day = timeline.day

    def written(moment: float) -> str:
        return datetime.fromtimestamp(moment, zone).isoformat(timespec="seconds")

    return {
        **asked.document(),
        "date": day.date,
        "timezone": day.timezone,
        "start": written(day.starts_at),
        "end": written(day.ends_at),
        "total_seconds": timeline.total_seconds,
        "text": format_duration(timeline.total_seconds),
        "spans": [
            {
                "start": written(span.start),
                "end": written(span.end),
                "total_seconds": span.seconds,
                "project": span.project,
            }
            for span in timeline.spans
        ],
    }
