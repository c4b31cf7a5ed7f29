"""Write packaging/linux/trayapp.1 from the parser: python -m tests.cli.man_page.

argparse-manpage does the same for any parser, but leaves out the epilogs of commands, where our
examples are, and a page that `man -k` cannot list.
"""

from __future__ import annotations

import argparse
import re
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path

from trayapp import __version__
from trayapp.cli.program import EXIT_CODES, make_parser

PAGE = Path(__file__).parents[2] / "packaging" / "linux" / "trayapp.1"
WIDTH = 70
"""Of a line of the source, escapes not counted; what is shown is filled anew."""

DATE = "2026-11-22"
"""A page needs one; it is changed by hand, so that who builds it and when makes no difference."""

FILES = (
    ("~/.config/trayapp/config.toml", "Settings: accounts, folders, what the icon looks like."),
    ("~/.wakatime.cfg", "Read for a key and its server, the network, what is hidden; not written."),
    ("~/.local/state/trayapp/", "The last number, what waits to be sent, and the log."),
)
ENVIRONMENT = (
    ("WAKATIME_API_KEY", 'The API key of the only account, or of those with key = "env".'),
    ("NO_COLOR", "Set to anything it keeps colours out of what is printed."),
    ("XDG_CONFIG_HOME, XDG_STATE_HOME", "In place of ~/.config and ~/.local/state."),
)

_ESCAPES = {"\\": r"\e", "-": r"\-", "'": r"\(aq", "`": r"\(ga", "^": r"\(ha", "~": r"\(ti"}


def page() -> str:
    """Make the whole page."""
    parser = make_parser()
    (commands,) = (
        action for action in parser._actions if isinstance(action, argparse._SubParsersAction)
    )
    summary = (parser.description or "").removesuffix(".")
    about = (parser.epilog or "").partition("\n\n")[0]
    lines = [
        '.\\" Made by tests/cli/man_page.py from what --help says.',
        f'.TH TRAYAPP 1 {DATE} "trayapp {__version__}" "User Commands"',
        # Ragged: lines of options look torn apart where they are stretched.
        ".ad l",
        ".SH NAME",
        f"trayapp \\- {escaped(summary[0].lower() + summary[1:])}",
        ".SH SYNOPSIS",
        "trayapp [\\fIOPTIONS\\fR] [\\fICOMMAND\\fR ...]",
        ".SH DESCRIPTION",
        *_filled(about),
        ".SH OPTIONS",
        *_actions(action for action in parser._actions if action is not commands),
        ".SH COMMANDS",
    ]
    for name, command in commands.choices.items():
        lines += _command(name, command)
    lines.append(".SH EXIT STATUS")
    # Two columns of a number and its meaning.
    for code, meaning in sorted(
        re.findall(r"(\d+)  (\S.*?)(?= +\d+  |\n)", EXIT_CODES), key=lambda found: int(found[0])
    ):
        lines += _item(f"\\fB{code}\\fR", meaning)
    for title, entries in (("ENVIRONMENT", ENVIRONMENT), ("FILES", FILES)):
        lines.append(f".SH {title}")
        for name, meaning in entries:
            lines += _item(f"\\fB{escaped(name)}\\fR", meaning)
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """Escape what roff would read as its own or print as something prettier."""
    return "".join(
        _ESCAPES.get(char, char if char.isascii() else f"\\[u{ord(char):04X}]") for char in text
    )


def _command(name: str, parser: argparse.ArgumentParser) -> Iterator[str]:
    yield f".SS {escaped(name)}"
    yield from _filled(_usage(parser))
    yield ".PP"
    yield from _filled(parser.description or "")
    yield from _actions(_own(parser))
    notes, _, examples = (parser.epilog or "").partition("examples:\n")
    for paragraph in notes.strip("\n").split("\n\n"):
        yield from _paragraph(paragraph.splitlines())
    if examples:
        yield from (".PP", "Examples:")
        yield from _literal(examples.splitlines())


def _own(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Give what a command has for itself; what all have is described once."""
    for action in parser._actions:
        if not {"--help", "--verbose"} & set(action.option_strings):
            yield action


def _paragraph(lines: list[str]) -> Iterator[str]:
    """Give text filled, but what is indented as it stands."""
    text = [line for line in lines if not line.startswith("  ")]
    if text:
        yield ".PP"
        yield from _filled(" ".join(text))
    if indented := [line for line in lines if line.startswith("  ")]:
        yield from _literal(indented)


def _literal(lines: Iterable[str]) -> Iterator[str]:
    yield from (".PP", ".RS 4", ".EX")
    for line in textwrap.dedent("\n".join(lines)).splitlines():
        yield _not_a_request(escaped(line))
    yield from (".EE", ".RE")


def _actions(actions: Iterable[argparse.Action]) -> Iterator[str]:
    for action in actions:
        value = f"\\fI{escaped(_value(action))}\\fR" if action.nargs != 0 else ""
        names = ", ".join(f"\\fB{escaped(name)}\\fR" for name in action.option_strings)
        if action.help or action.choices:
            meaning = action.help or "one of these"
            yield from _item(" ".join(filter(None, (names, value))), meaning)


def _item(name: str, meaning: str) -> Iterator[str]:
    yield from (".TP", name)
    yield from _filled(meaning)


def _value(action: argparse.Action) -> str:
    if isinstance(action.metavar, str):
        return action.metavar
    return "|".join(map(str, action.choices)) if action.choices else action.dest


def _usage(parser: argparse.ArgumentParser) -> str:
    # In one line, whatever the width of this terminal.
    formatter = argparse.HelpFormatter(parser.prog, width=10_000)
    actions = list(_own(parser))
    formatter.add_usage(None, actions, parser._mutually_exclusive_groups, prefix="")
    return " ".join(formatter.format_help().split())


def _filled(text: str) -> Iterator[str]:
    for line in textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False):
        yield _not_a_request(escaped(line))


def _not_a_request(line: str) -> str:
    # At the start of a line a dot is roff's; an apostrophe is escaped already.
    return rf"\&{line}" if line.startswith(".") else line


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
