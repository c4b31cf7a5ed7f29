"""`trayapp goals`: the goals that are set on the server, and how far they are reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from rich.console import Console
from rich.text import Text

from trayapp.cli.charts import across, draw_line, draw_note, fit, is_ascii, legible
from trayapp.cli.questions import asking, print_json
from trayapp.cli.terminal import make_console
from trayapp.coding.duration import NOT_KNOWN, format_duration, format_goal
from trayapp.coding.history import ServerGoal
from trayapp.coding.printable import printable
from trayapp.servers.goals import ask_goals

MOST_OF_BAR = 40
_COLOURS = {"success": "green", "fail": "red"}


def run(environment: Mapping[str, str], *, account: str | None, as_json: bool) -> int:
    """Print the goals of an account; a server without goals is a NoSuchEndpointError."""
    with asking(environment, account) as asked:
        goals = ask_goals(asked.client)
    if as_json:
        print_json({**asked.document(), "goals": [asdict(goal) for goal in goals]})
        return 0
    console = make_console(environment)
    if not goals:
        draw_note(console, "No goal is set on the server.")
    for goal in goals:
        _draw(console, goal)
    return 0


def _draw(console: Console, goal: ServerGoal) -> None:
    title = legible(console, goal.title or "Goal")
    draw_line(console, Text(fit(title, console.width), style="bold"))
    target = goal.target_seconds
    tracked = goal.tracked_seconds
    said = NOT_KNOWN if tracked is None else format_duration(tracked)
    if target:
        most = "at most " if goal.is_inverse else ""
        said += f" of {most}{format_goal(target)}"
    said += {"day": " today", "week": " this week"}.get(goal.delta, "")
    said += f", {printable(goal.status)}" if goal.status else ""
    line = Text("  ")
    room = min(console.width - 2 - len(said) - 2, MOST_OF_BAR)
    if target and room >= 5 and tracked:
        bar = across(tracked / target, room, ascii_only=is_ascii(console))
        line.append(bar.ljust(room), _COLOURS.get(goal.status, "yellow")).append("  ")
    draw_line(console, line.append(said))
