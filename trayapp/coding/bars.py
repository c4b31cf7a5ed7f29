"""Today's time as each status bar wants its lines.

    plain      a line of text; i3status and starship take the same
    waybar     JSON with text, alt, tooltip, class and percentage       waybar-custom(5)
    i3blocks   JSON with full_text, short_text and color                i3blocks(1), i3bar-protocol
    polybar    a line in which %{...} is markup                         polybar(5)
    tmux       a line in which #[...], #(...) and #{...} are markup     tmux(1), STYLES, FORMATS
    xbar       lines of a menu, for SwiftBar and Argos, too             xbar's "Plugin API"

The cheap commands use this module, so it imports nothing but json and the formatter. All formats
are honest alike: an estimate has a ~, a number that is not fresh says from when it is, and what is
not known is a dash.
"""

from __future__ import annotations

import json

from trayapp.coding.counted import counted
from trayapp.coding.document import text_line
from trayapp.coding.duration import format_duration, format_goal
from trayapp.coding.printable import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

FORMATS = ("plain", "waybar", "polybar", "i3blocks", "i3status", "tmux", "xbar", "starship")

MOST_SHARES = 5
"""How many projects or languages a tooltip or a menu names."""

LONGEST_NAME = 50

GOOD, QUIET, BAD = "#3FA34D", "#8A8A8A", "#D9534F"
"""Colours that can be read on a dark bar and on a light one."""


def render(form: str, document: dict[str, Any], fetched: str, template: str | None = None) -> str:
    """Give a document in a bar's format, without the last line's end.

    `fetched` is the number's time of day, such as `14:02`. A `template` (trayapp.coding.template)
    takes the place of the time; its values are escaped, the text between them may be markup.
    """
    line = text_line(document, fetched)
    escape = ESCAPES.get(form, str)
    if template is None:
        text = escape(line)
    else:
        from trayapp.coding.template import fill, parse_template  # noqa: PLC0415 -- seldom wanted

        as_of = line.removeprefix(document["text"])
        text = fill(parse_template(template), document, as_of, escape)
    if form == "waybar":
        return json.dumps(_waybar(text, document, line))
    if form == "i3blocks":
        return json.dumps(_i3blocks(text, document))
    if form == "xbar":
        return "\n".join(_xbar(text, document, line))
    return text


def _waybar(text: str, document: dict[str, Any], line: str) -> dict[str, Any]:
    """Give Waybar's object; text and tooltip are Pango's markup."""
    lines = [f"Today  {line}", *_details(document)]
    for title, shares in _breakdowns(document):
        lines += ["", title, *shares]
    module: dict[str, Any] = {
        "text": text,
        "alt": document["state"],
        "tooltip": "\n".join(map(_pango, lines)),
        "class": [document["state"], *document["flags"]],
    }
    if document["goal"] is not None:
        module["percentage"] = min(100, max(0, int(document["goal"]["percent"])))
    return module


def _i3blocks(text: str, document: dict[str, Any]) -> dict[str, str]:
    """Give i3bar's block; without a colour it has the bar's own."""
    block = {"full_text": text, "short_text": document["text"]}
    colour = _colour(document)
    if colour:
        block["color"] = colour
    return block


def _colour(document: dict[str, Any]) -> str:
    if document["state"] in ("refused", "signed-out") or "dead" in document["flags"]:
        return BAD
    if document["state"] != "fresh":
        return QUIET
    return GOOD if "goal-reached" in document["flags"] else ""


def _xbar(text: str, document: dict[str, Any], line: str) -> Iterator[str]:
    """Give the title, and after a line of dashes the menu; no name of others becomes an emoji."""
    yield _xbar_title(text)
    yield "---"
    for detail in (f"Today  {line}", *_details(document)):
        yield _xbar_line(detail)
    for title, shares in _breakdowns(document):
        yield title
        yield from (f"--{_xbar_line(share)}" for share in shares)
    yield "---"
    yield "Refresh | refresh=true"


def _xbar_title(text: str) -> str:
    """Guard what stands in the bar, in which only a template's own words have a `|`."""
    title, _, parameters = text.partition("|")
    if title.lstrip().startswith("--"):
        # It would be the line after which the menu comes, or put the title into a submenu.
        title = title.replace("-", "\u2010", 1)
    if "emojize=" not in parameters:
        parameters = f"{parameters.rstrip()} emojize=false"
    return f"{title.rstrip()} |{parameters}"


def _xbar_line(text: str) -> str:
    # Dashes at its begin would put it into a submenu.
    dash = "\u2010" if text.startswith("-") else ""
    return f"{dash}{_no_bar(text[len(dash) :])} | emojize=false"


def _details(document: dict[str, Any]) -> Iterator[str]:
    """Say in words what the line has no room for, as the tray's menu does."""
    goal, error = document["goal"], document["error"]
    if goal is not None:
        yield f"Goal  {int(goal['percent'])} % of {format_goal(goal['target_seconds'])}"
    state = str(document["state"]).capitalize()
    if error is not None:
        yield printable(f"{state}: {error['title']}")
        if error["hint"]:
            yield printable(error["hint"])
    elif document["state"] == "starting":
        yield f"{state}: no number of today yet"
    else:
        yield state
    if "paused" in document["flags"]:
        yield "The file monitor is paused"
    if "waiting" in document["flags"]:
        yield f"{counted(document['waiting'], 'heartbeat')} waiting"
    if "dead" in document["flags"]:
        yield f"{counted(document['dead'], 'heartbeat')} refused"


def _breakdowns(document: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    for name in ("projects", "languages"):
        shares = sorted(document[name] or (), key=lambda share: -float(share["total_seconds"]))
        if shares:
            lines = [
                f"{printable(share['name'])[:LONGEST_NAME]}"
                f"  {format_duration(share['total_seconds'])}"
                for share in shares[:MOST_SHARES]
            ]
            if len(shares) > MOST_SHARES:
                lines.append(f"and {len(shares) - MOST_SHARES} more")
            yield name.capitalize(), lines


def _pango(text: str) -> str:
    """Escape Pango's markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _no_braces(text: str) -> str:
    """Keep polybar from taking `%{` for markup: it knows no escape, but a tag in between."""
    return text.replace("%", "%%{O0}")


def _double(text: str) -> str:
    """Escape tmux's markup."""
    return text.replace("#", "##")


def _no_bar(text: str) -> str:
    r"""Keep xbar from taking `|` for the begin of parameters, and SwiftBar `\n` for a line's end.

    Neither knows an escape (SwiftBar's issue 420, xbar's 913): other signs look alike.
    """
    return text.replace("|", "\u2223").replace("\\", "\u2216")


ESCAPES: dict[str, Callable[[str], str]] = {
    "waybar": _pango,
    "polybar": _no_braces,
    "tmux": _double,
    "xbar": _no_bar,
}
