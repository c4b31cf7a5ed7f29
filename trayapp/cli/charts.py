"""Time drawn in a terminal: shares as bars, a day as a band with its hours.

Whatever is drawn is no wider than its console. Colour only repeats what is there without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, tzinfo

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from trayapp.coding.day import Day
from trayapp.coding.duration import format_duration
from trayapp.coding.history import Timeline
from trayapp.coding.number import Breakdown, Share
from trayapp.coding.printable import printable

MOST_ROWS = 10
"""More shares of a breakdown are told as one."""

WIDEST = 120
"""A bar or a band that ends farther to the right says no more."""

MOST_OF_NAME = 40
ORDINARY_DAY_SECONDS = 86_400.0

_ACROSS = "▏▎▍▌▋▊▉█"
_UPWARD = "▁▂▃▄▅▆▇█"
_COLOURS = {"languages": "green", "projects": "cyan", "editors": "magenta"}


def draw_breakdowns(console: Console, breakdowns: Mapping[str, Breakdown], total: float) -> None:
    """Draw a bar for each share, with what it is of `total` seconds, below each breakdown's name.

    All bars begin at one column. Shares may come to more than the total, as on Hackatime: then
    each is told as part of their sum.
    """
    drawn = {
        title: [(legible(console, share.name), share.total_seconds) for share in _with_rest(shares)]
        for title, shares in breakdowns.items()
        if shares
    }
    everything = [row for rows in drawn.values() for row in rows]
    if not everything:
        return
    time_width = max(len(format_seconds(seconds)) for _, seconds in everything)
    # Two blanks before a row, one each before bar, time and percent.
    room = min(console.width, WIDEST) - 2 - 1 - time_width - 1 - len("100%")
    name_width = min(max(cell_len(name) for name, _ in everything), MOST_OF_NAME, room // 2)
    bar_width = room - name_width - 1
    for title, rows in drawn.items():
        whole = max(total, sum(share.total_seconds for share in breakdowns[title] or ()))
        longest = max(seconds for _, seconds in rows)
        draw_line(console, Text())
        draw_title(console, title.replace("_", " ").capitalize())
        for name, seconds in rows:
            bar = across(seconds / longest, bar_width, ascii_only=is_ascii(console))
            line = Text(f"  {fit(name, name_width)} ")
            line.append(bar.ljust(bar_width), style=_COLOURS.get(title, "blue"))
            line.append(f" {format_seconds(seconds):>{time_width}}")
            draw_line(console, line.append(f" {percent(seconds, whole):>4}", "dim"))


def draw_timeline(console: Console, timeline: Timeline, zone: tzinfo) -> None:
    """Draw a day as a band, its hours below it, and then each span."""
    if not timeline.spans:
        return
    width = band_width(timeline.day, min(console.width, WIDEST) - 2)
    band = upward(coverage(timeline, width), ascii_only=is_ascii(console))
    draw_line(console, Text("  ").append(band, style="cyan"))
    draw_line(console, Text("  ").append(hours_below(timeline.day, zone, width), style="dim"))
    draw_line(console, Text())
    clock = clock_of(timeline.day, zone)
    times = [format_seconds(span.seconds) for span in timeline.spans]
    time_width = max(map(len, times))
    for span, written in zip(timeline.spans, times, strict=True):
        line = Text(f"  {clock(span.start)}-{clock(span.end)}")
        line.append(f"  {written:>{time_width}}", style="bold")
        name = legible(console, span.project) if span.project else ""
        line.append("  ").append(fit(name, max(0, console.width - line.cell_len)).rstrip())
        draw_line(console, line)


def draw_line(console: Console, line: Text) -> None:
    """Draw one line, cut at the console's edge."""
    line.rstrip()
    console.print(line, no_wrap=True, overflow="crop", crop=True)


def draw_facts(console: Console, facts: Mapping[str, str]) -> None:
    """Draw names with what belongs to each, one below the other; the empty ones are left out."""
    kept = {name: value for name, value in facts.items() if value}
    width = max(map(len, kept), default=0)
    for name, value in kept.items():
        line = Text(f"{name:<{width}}  ", style="dim").append(printable(value), style="not dim")
        console.print(line, soft_wrap=True)


def draw_title(console: Console, text: str) -> None:
    """Draw a heading, over as many lines as it takes."""
    console.print(Text(text, style="bold"))


def draw_note(console: Console, text: str) -> None:
    """Draw a sentence, over as many lines as it takes."""
    console.print(Text(text, style="italic"))


def across(share: float, width: int, *, ascii_only: bool) -> str:
    """Give a bar of `share` (0 to 1) of a width, to the eighth of a sign; never empty."""
    eighths = max(1, round(min(share, 1.0) * width * 8))
    if ascii_only:
        return "#" * max(1, round(eighths / 8))
    whole, rest = divmod(eighths, 8)
    return _ACROSS[-1] * whole + (_ACROSS[rest - 1] if rest else "")


def upward(cells: Iterable[float], *, ascii_only: bool) -> str:
    """Give a sign for each cell: how much of it is covered, from 0 to 1; a little is shown, too."""
    signs = ".:#" if ascii_only else _UPWARD
    return "".join(
        signs[min(len(signs) - 1, int(cell * len(signs)))] if cell else " " for cell in cells
    )


def coverage(timeline: Timeline, width: int) -> list[float]:
    """Give how much of each of `width` equal parts of the day was coded, from 0 to 1."""
    length = (timeline.day.ends_at - timeline.day.starts_at) / width
    cells = [0.0] * width
    reached = timeline.day.starts_at
    for span in timeline.spans:
        start, reached = max(span.start, reached), max(span.end, reached)
        for cell in range(width):
            begin = timeline.day.starts_at + cell * length
            cells[cell] += max(0.0, min(reached, begin + length) - max(start, begin)) / length
    return cells


def band_width(day: Day, room: int) -> int:
    """Give how wide a day's band is in that room: each hour, or two of them, has whole signs."""
    hours = (day.ends_at - day.starts_at) / 3600
    signs = room / hours
    return int(hours * (int(signs) if signs >= 3 else int(2 * signs) / 2))


def hours_below(day: Day, zone: tzinfo, width: int) -> str:
    """Give a line with the hours of a day, each where it begins.

    An hour that the day skips is left out; one that it has twice stands at its first time.
    """
    length = day.ends_at - day.starts_at
    signs = width / length * 3600
    # Two digits and a blank, where rounding may have taken a little.
    step = next((step for step in (1, 2, 3, 4, 6) if signs * step > 2.9), 12)
    line = ""
    for hour in range(0, 24, step):
        # fold=0 is the first of two; one that is skipped does not come back from UTC as it was.
        clock = datetime.combine(date.fromisoformat(day.date), time(hour), tzinfo=zone)
        if clock.astimezone(UTC).astimezone(zone).replace(fold=0) != clock:
            continue
        place = round((clock.timestamp() - day.starts_at) / length * width)
        if place > len(line) or not line:
            line = line.ljust(place) + str(hour)
    return line


def clock_of(day: Day, zone: tzinfo) -> Callable[[float], str]:
    """Give what writes a moment as a time of this day; its end is 24:00.

    On a day with a change of clocks each time has its offset.
    """
    form = "%H:%M" if day.ends_at - day.starts_at == ORDINARY_DAY_SECONDS else "%H:%M%z"

    def clock(moment: float) -> str:
        # The next day may begin at 1:00.
        is_end = moment >= day.ends_at
        written = datetime.fromtimestamp(moment - is_end, zone).strftime(form)
        return "24:00" + written.removeprefix("23:59") if is_end else written

    return clock


def format_seconds(seconds: float) -> str:
    """Format as `2h 5m`, and what is less than a minute as `42s`."""
    return format_duration(seconds) if seconds >= 60 else f"{int(seconds)}s"


def percent(seconds: float, total: float) -> str:
    """Give a share in whole percent, `<1%` for less."""
    if not total:
        return ""
    rounded = round(100 * seconds / total)
    return f"{rounded}%" if rounded else "<1%"


def legible(console: Console, text: str) -> str:
    """Give a text of others as the console can show it: without commands, in its encoding."""
    encoding = console.encoding
    return printable(text).encode(encoding, "replace").decode(encoding) or "?"


def fit(text: str, width: int) -> str:
    """Give a text exactly `width` cells; what is cut off is marked."""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(text, width - 1) + "…" if width > 1 else set_cell_size(text, width)


def _with_rest(shares: Sequence[Share]) -> Sequence[Share]:
    if len(shares) <= MOST_ROWS:
        return shares
    shown, rest = shares[: MOST_ROWS - 1], shares[MOST_ROWS - 1 :]
    name = f"{len(rest)} more"
    return [*shown, Share(name, sum(share.total_seconds for share in rest))]


def is_ascii(console: Console) -> bool:
    """Tell whether the console's encoding lacks what bars are drawn with."""
    return console.options.ascii_only
