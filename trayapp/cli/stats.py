"""`trayapp stats`: how long was coded on some days, with bars for what it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from trayapp.cli.charts import draw_breakdowns, draw_line, draw_note, draw_title
from trayapp.cli.questions import Asking, asking, latest_today, print_json, today_in
from trayapp.cli.terminal import make_console
from trayapp.coding.document import BREAKDOWN_NAMES
from trayapp.coding.duration import format_duration
from trayapp.coding.history import Stats
from trayapp.coding.periods import PERIOD_NAMES, parse_period
from trayapp.coding.printable import printable
from trayapp.coding.snapshot import breakdown_document
from trayapp.servers.history import History

SHOWN_BREAKDOWNS = ("languages", "projects", "editors")


def run(
    environment: Mapping[str, str],
    text: str,
    *,
    user: str | None,
    account: str | None,
    as_json: bool,
) -> int:
    """Print the stats of a period; raises UsageError for one that cannot be."""
    # What is wrong wherever the account is needs no asking.
    parse_period(text, latest_today())
    with asking(environment, account) as asked:
        zone, name = asked.zone(of_others=user is not None)
        period = parse_period(text, today_in(zone))
        stats = History(asked.client, zone, name).stats(period, user)
    if as_json:
        print_json(document_of(stats, asked))
    else:
        draw(make_console(environment), stats)
    return 0


def draw(console: Console, stats: Stats) -> None:
    """Draw stats with their bars."""
    draw_title(console, _title(stats))
    draw_line(console, Text("Total          ").append(format_duration(stats.total_seconds), "bold"))
    average = stats.daily_average_seconds
    if average is not None and stats.days != 1:
        line = Text("Daily average  ").append(format_duration(average))
        if stats.active_days is not None:
            of = f" of {stats.days}" if stats.days else ""
            line.append(f", on {stats.active_days}{of} days", "dim")
        draw_line(console, line)
    breakdowns = {name: stats.breakdowns.get(name) for name in SHOWN_BREAKDOWNS}
    draw_breakdowns(console, breakdowns, stats.total_seconds)
    notes = list(notes_of(stats))
    if notes:
        draw_line(console, Text())
    for note in notes:
        draw_note(console, note)


def notes_of(stats: Stats) -> list[str]:
    """Say what is to be known of stats beside the numbers."""
    notes = [stats.note] if stats.note else []
    if not stats.is_up_to_date:
        notes.append("The server is still counting: ask again in a minute for the whole.")
    untold = [name for name in SHOWN_BREAKDOWNS if stats.breakdowns.get(name) is None]
    if untold:
        notes.append(f"The server does not tell {' and '.join(untold)} of these days.")
    return notes


def document_of(stats: Stats, asked: Asking) -> dict[str, Any]:
    """Give stats as one JSON object; what is not known is null."""
    return {
        **asked.document(),
        "user": stats.user,
        "period": stats.period,
        "start": stats.start.isoformat() if stats.start else None,
        "end": stats.end.isoformat() if stats.end else None,
        "timezone": stats.timezone,
        "total_seconds": stats.total_seconds,
        "text": format_duration(stats.total_seconds),
        "daily_average_seconds": stats.daily_average_seconds,
        "active_days": stats.active_days,
        **{name: breakdown_document(stats.breakdowns.get(name)) for name in BREAKDOWN_NAMES},
        "up_to_date": stats.is_up_to_date,
        "note": stats.note,
    }


def _title(stats: Stats) -> str:
    parts = [f"{printable(stats.user)}:"] if stats.user else []
    if stats.period in PERIOD_NAMES:
        parts.append(stats.period.replace("_", " ").capitalize())
    if stats.start and stats.end:
        first, last = stats.start.isoformat(), stats.end.isoformat()
        parts.append(first if first == last else f"{first} to {last}")
    if stats.timezone:
        parts.append(f"({printable(stats.timezone)})")
    return " ".join(parts)
