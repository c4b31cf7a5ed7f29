"""The commands that may cost something: arguments in, exit code out."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from trayapp import __version__
from trayapp.cli.account_commands import add_account_commands
from trayapp.cli.guard import guarded
from trayapp.cli.parser import Parser, add_command, add_verbose
from trayapp.cli.saving_commands import add_saving_commands

EXIT_CODES = """\
exit codes:
  0  ok                          103  a config file cannot be read
  1  anything else, or no number 104  the API key is missing or refused
  2  wrong usage                 130  interrupted
  102  the server or the network failed
"""


def run(arguments: Sequence[str]) -> int:
    """Run a command; every failure becomes one line on standard error and an exit code."""
    options = make_parser().parse_args(arguments)
    if options.verbose and options.command != "run":
        from trayapp.cli.logs import log_to_terminal  # noqa: PLC0415 -- seldom wanted

        log_to_terminal()
    return guarded(lambda: options.function(options))


def make_parser() -> Parser:
    """Make the parser of the whole command line."""
    parser = Parser(
        prog="trayapp",
        description="Show today's coding time from Hackatime, WakaTime or wakapi in the tray.",
        epilog="Without a command, trayapp shows its icon and stays.\n\n" + EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("-V", "--version", action="version", version=f"trayapp {__version__}")
    add_verbose(parser, default=False)
    parser.set_defaults(command="run", function=_run)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    add_command(commands, "run", _run, "show the icon and stay (what trayapp alone does)")

    today = add_command(
        commands,
        "today",
        _today,
        "print today's coding time",
        "examples:\n  trayapp today\n  trayapp today --format json\n  trayapp today --cached",
    )
    today.add_argument("--account", metavar="NAME", help="of this account, not the one that shows")
    today.add_argument(
        "--format", choices=("text", "json"), default="text", help="a line, or one JSON object"
    )
    today.add_argument(
        "--cached", action="store_true", help="what is stored already: no network, no keyring"
    )

    add_account_commands(commands)
    add_saving_commands(commands)

    doctor = add_command(
        commands, "doctor", _doctor, "check every part and say what to do about what is not well"
    )
    doctor.add_argument("--json", action="store_true", help="the same as one JSON object")
    doctor.add_argument(
        "--send-test",
        action="store_true",
        help="also send each account the newest heartbeat again that it has already",
    )
    return parser


def _run(options: argparse.Namespace) -> int:
    from trayapp.cli import run  # noqa: PLC0415 -- each command imports what it needs

    return run.run(os.environ, verbose=options.verbose)


def _today(options: argparse.Namespace) -> int:
    from trayapp.cli import cached, today  # noqa: PLC0415

    if options.cached:
        return cached.run(options.account, options.format)
    return today.run(os.environ, account=options.account, form=options.format)


def _doctor(options: argparse.Namespace) -> int:
    from trayapp.cli import doctor  # noqa: PLC0415

    return doctor.run(os.environ, as_json=options.json, send_test=options.send_test)
