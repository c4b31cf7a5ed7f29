"""The commands that may cost something: arguments in, exit code out."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from trayapp import __version__
from trayapp.cli.account_commands import add_account_commands
from trayapp.cli.desktop_commands import add_desktop_commands
from trayapp.cli.guard import guarded
from trayapp.cli.history_commands import add_history_commands
from trayapp.cli.parser import Commands, Parser, add_command, add_verbose
from trayapp.cli.saving_commands import add_saving_commands
from trayapp.cli.shell_commands import add_shell_commands
from trayapp.cli.today_commands import add_today_command
from trayapp.late_log import keep_quiet

EXIT_CODES = """\
exit codes:
  0  ok                          103  a config file cannot be read
  1  anything else, or no number 104  the API key is missing or refused
  2  wrong usage                 130  interrupted
  102  the server or the network failed
"""


def run(arguments: Sequence[str]) -> int:
    """Run a command; every failure becomes one line on standard error and an exit code."""
    try:
        # Bars ask often, and twenty parsers take milliseconds to make.
        parser = make_today_parser() if arguments[:1] == ["today"] else make_parser()
        options = parser.parse_args(arguments)
    except SystemExit as done:
        # After --help, too, `main` has to see to the output.
        return int(done.code or 0)
    if options.verbose and options.command != "run":
        from trayapp.cli.logs import log_to_terminal  # noqa: PLC0415 -- seldom wanted

        log_to_terminal()
    keep_quiet()
    return guarded(lambda: options.function(options))


def make_today_parser() -> Parser:
    """Make the parser of a command line that begins with `today`, the same but for the others."""
    parser, commands = _begin()
    add_today_command(commands)
    return parser


def make_parser() -> Parser:
    """Make the parser of the whole command line."""
    parser, commands = _begin()
    add_command(
        commands,
        "run",
        _run,
        "show the icon and stay (what trayapp alone does)",
        "Ctrl+C, SIGTERM or Quit in the menu ends it.\n\nexamples:\n  trayapp run\n"
        "  trayapp run --verbose",
    )

    add_today_command(commands)
    add_account_commands(commands)
    add_saving_commands(commands)
    add_desktop_commands(commands)
    add_history_commands(commands)
    add_shell_commands(commands)

    doctor = add_command(
        commands,
        "doctor",
        _doctor,
        "check every part and say what to do about what is not well",
        "examples:\n  trayapp doctor\n  trayapp doctor --json\n  trayapp doctor --send-test",
    )
    doctor.add_argument("--json", action="store_true", help="the same as one JSON object")
    doctor.add_argument(
        "--send-test",
        action="store_true",
        help="also send each account the newest heartbeat again that it has already",
    )
    return parser


def _begin() -> tuple[Parser, Commands]:
    """Make the parser without its commands, and where these are added."""
    parser = Parser(
        prog="trayapp",
        description="Show today's coding time from Hackatime, WakaTime or wakapi in the tray.",
        epilog="Without a command, trayapp shows its icon and stays.\n\n" + EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("-V", "--version", action="version", version=f"trayapp {__version__}")
    add_verbose(parser, default=False)
    parser.set_defaults(command="run", function=_run)
    return parser, parser.add_subparsers(title="commands", metavar="COMMAND")


def _run(options: argparse.Namespace) -> int:
    from trayapp.cli import run  # noqa: PLC0415 -- each command imports what it needs

    return run.run(os.environ, verbose=options.verbose)


def _doctor(options: argparse.Namespace) -> int:
    from trayapp.cli import doctor  # noqa: PLC0415

    return doctor.run(os.environ, as_json=options.json, send_test=options.send_test)
