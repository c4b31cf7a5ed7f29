"""The options of `today`."""

from __future__ import annotations

import argparse
import os

from trayapp.cli.parser import Commands, add_command
from trayapp.coding.bars import FORMATS
from trayapp.coding.template import NUMBERS, TEXTS, TemplateError, parse_template
from trayapp.errors import UsageError


def add_today_command(commands: Commands) -> None:
    """Add the command that prints the time."""
    today = add_command(
        commands,
        "today",
        _today,
        "print today's coding time",
        "A format other than text and json is for a status bar: nothing goes to standard error,\n"
        "and the exit code is 0 whatever is known. The fields of a template:\n"
        f"  {', '.join(NUMBERS)}\n  {', '.join(TEXTS)}\n"
        "What is not known is a dash; {sign} is ~ before an estimate, {as_of} says from when a\n"
        "number is that is not fresh.\n\n"
        "examples:\n  trayapp today\n  trayapp today --format json\n  trayapp today --cached\n"
        "  trayapp today --format waybar --max-age 60\n"
        "  trayapp today --template '{sign}{hours}:{minutes:02} {project}{as_of}'",
    )
    today.add_argument("--account", metavar="NAME", help="of this account, not the one that shows")
    today.add_argument(
        "--format",
        choices=("text", "json", *FORMATS),
        help="a line (text, the default), one JSON object, or what a status bar takes",
    )
    today.add_argument(
        "--template", metavar="TEXT", help="in these words, such as '{hours}:{minutes:02}'"
    )
    when = today.add_mutually_exclusive_group()
    when.add_argument(
        "--cached", action="store_true", help="what is stored already: no network, no keyring"
    )
    when.add_argument(
        "--max-age",
        metavar="SECONDS",
        type=_seconds,
        help="what is stored, if the number is not older; else ask the server",
    )
    when.add_argument(
        "--follow",
        action="store_true",
        help="stay, and print a line at each change; ask the server only if no trayapp runs",
    )
    today.add_argument(
        "--output", metavar="FILE", help="with --follow: replace this file in place of printing"
    )


def _seconds(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds, such as 60")
    return int(text)


def _today(options: argparse.Namespace) -> int:
    account, form, template = options.account, options.format, options.template
    if template is not None:
        if form in ("text", "json"):
            raise UsageError(
                f"A template is for a status bar, and --format {form} is none",
                "Leave --format out, or name a bar's.",
            )
        try:
            parse_template(template)
        except TemplateError as error:
            raise UsageError(error.title, error.hint) from error
    if options.output is not None and not options.follow:
        raise UsageError("--output is for --follow", "Else let the shell write: > FILE")
    if options.follow:
        from trayapp.cli import following  # noqa: PLC0415 -- each command imports what it needs

        return following.run(
            os.environ, account=account, form=form, template=template, output=options.output
        )
    if options.cached:
        from trayapp.cli import cached  # noqa: PLC0415

        return cached.run(account, form, template)
    import gc  # noqa: PLC0415

    # What is imported stays to the end, which comes in a moment: to look for garbage in it, before
    # and at the end, would be a seventh of all work.
    gc.disable()
    from trayapp.cli import today  # noqa: PLC0415

    code = today.run(
        os.environ, account=account, form=form, template=template, max_age=options.max_age
    )
    gc.freeze()
    return code
