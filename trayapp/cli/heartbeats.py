"""`trayapp heartbeats`: the heartbeats that the server has, one line each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime, tzinfo

from rich.console import Console
from rich.text import Text

from trayapp.cli.charts import draw_line, draw_note, fit, legible
from trayapp.cli.questions import asking, latest_today, print_json, today_in
from trayapp.cli.terminal import make_console
from trayapp.coding.counted import counted
from trayapp.coding.history import RecordedHeartbeat
from trayapp.coding.periods import parse_day
from trayapp.errors import UsageError
from trayapp.servers.history import History

NAME_WIDTH = 14

WIDTH_IN_A_PIPE = 4096


def run(
    environment: Mapping[str, str],
    *,
    first: str | None,
    last: str | None,
    limit: int | None,
    account: str | None,
    as_json: bool,
) -> int:
    """Print the heartbeats of some days; raises UsageError for days that cannot be."""
    if limit is not None and limit < 1:
        raise UsageError("--limit is less than 1", "Example: --limit 20")
    _days(first, last, latest_today())
    with asking(environment, account) as asked:
        zone, name = asked.zone()
        begin, end = _days(first, last, today_in(zone))
        newest = History(asked.client, zone, name).heartbeats(begin, end, limit)
    is_whole = newest.asked_from == begin
    if as_json:
        print_json(
            {
                **asked.document(),
                "start": begin.isoformat(),
                "end": end.isoformat(),
                "timezone": name,
                "asked_from": newest.asked_from.isoformat(),
                # How many there are on days that were not asked for is not known.
                "left_out": newest.left_out if is_whole else None,
                "heartbeats": [_row(heartbeat, zone) for heartbeat in newest.heartbeats],
            }
        )
        return 0
    console = make_console(environment)
    if not console.is_terminal and "COLUMNS" not in environment:
        # In a pipe somebody may look for a path.
        console.width = WIDTH_IN_A_PIPE
    for heartbeat in newest.heartbeats:
        draw_line(console, _line(console, heartbeat, zone))
    left_out = [counted(newest.left_out, "heartbeat")] if newest.left_out else []
    if not is_whole:
        left_out.append(f"any before {newest.asked_from}")
    if left_out:
        draw_note(console, f"Earlier ones are left out: {' and '.join(left_out)}.")
    elif not newest.heartbeats:
        draw_note(console, "There are none.")
    return 0


def _days(first: str | None, last: str | None, today: date) -> tuple[date, date]:
    end = today if last is None else parse_day(last, today)
    begin = end if first is None else parse_day(first, today)
    if end < begin:
        raise UsageError(f"{begin} is after {end}", "Give the earlier day with --from.")
    return begin, end


def _row(heartbeat: RecordedHeartbeat, zone: tzinfo) -> dict[str, object]:
    written = datetime.fromtimestamp(heartbeat.time, zone).isoformat()
    return {"at": written, **{name: _or_none(value) for name, value in asdict(heartbeat).items()}}


def _or_none(value: object) -> object:
    return None if value == "" else value


def _line(console: Console, heartbeat: RecordedHeartbeat, zone: tzinfo) -> Text:
    moment = datetime.fromtimestamp(heartbeat.time, zone)
    line = Text(f"{moment:%Y-%m-%d %H:%M:%S}", style="dim")
    line.append(" * " if heartbeat.is_write else "   ", "not dim")
    for text, style in ((heartbeat.language, "green"), (heartbeat.project, "cyan")):
        if console.width >= 80:
            line.append(fit(legible(console, text or "-"), NAME_WIDTH) + " ", f"not dim {style}")
    entity = legible(console, heartbeat.entity)
    return line.append(fit(entity, max(0, console.width - line.cell_len)), "not dim")
