"""The commands that may cost something: arguments in, exit code out."""

from __future__ import annotations

import argparse
import logging
import os
from collections.abc import Callable, Sequence
from typing import NoReturn

from trayapp import __version__
from trayapp.cli import complain
from trayapp.errors import TrayappError, UsageError

log = logging.getLogger(__name__)

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
    else:
        # Else logging would print warnings by itself.
        logging.getLogger().addHandler(logging.NullHandler())
    try:
        code: int = options.function(options)
    except TrayappError as error:
        tell(error)
        return error.exit_code
    except OSError:
        # Of the output, which is for `main`; others are mapped where they arise.
        raise
    except Exception as error:
        log.exception("trayapp made a mistake")
        complain(
            f"A mistake in trayapp itself ({type(error).__name__}). "
            "Please report it, with what --verbose adds."
        )
        return 1
    return code


def tell(error: TrayappError) -> None:
    """Print an error as one line on standard error; what caused it is for --verbose."""
    from trayapp.cli.logs import redact  # noqa: PLC0415 -- somebody may have typed a key

    complain(redact(" ".join(str(error).split())))
    log.debug("%s, caused by: %s", type(error).__name__, error.describe_cause() or "nothing else")


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, in which no key is repeated."""

    def error(self, message: str) -> NoReturn:
        """Print what is wrong and where to read more, and exit with 2."""
        from trayapp.cli.logs import redact  # noqa: PLC0415 -- the rare case

        self.exit(2, f"trayapp: {redact(message)}. See: {self.prog} --help\n")


def make_parser() -> Parser:
    """Make the parser of the whole command line."""
    parser = Parser(
        prog="trayapp",
        description="Show today's coding time from Hackatime, WakaTime or wakapi in the tray.",
        epilog="Without a command, trayapp shows its icon and stays.\n\n" + EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("-V", "--version", action="version", version=f"trayapp {__version__}")
    _add_verbose(parser, default=False)
    parser.set_defaults(command="run", function=_run)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    _add_command(commands, "run", _run, "show the icon and stay (what trayapp alone does)")

    today = _add_command(
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

    login = _add_command(
        commands,
        "login",
        _login,
        "store an API key in the system keyring",
        "The key is asked for, or read from standard input when that is no terminal; it is never\n"
        "an argument, which others could see.\n\n"
        "examples:\n  trayapp login\n"
        "  trayapp login --api-url https://waka.example/api --account home\n"
        "  pass show hackatime | trayapp login",
    )
    login.add_argument(
        "--api-url",
        metavar="URL",
        help="the server (default: the account's own, else Hackatime; WakaTime for waka_ keys)",
    )
    login.add_argument("--account", metavar="NAME", help="what to call the account")
    login.add_argument("--no-verify", action="store_true", help="do not try the key first")
    login.add_argument(
        "--allow-http",
        action="store_true",
        help="let the key travel unencrypted to another machine (a wakapi at home)",
    )

    logout = _add_command(commands, "logout", _logout, "remove an account's key from the keyring")
    logout.add_argument("--account", metavar="NAME", help="of this account, not the one that shows")

    watch = _add_command(
        commands,
        "watch",
        _watch,
        "watch folders for a person's saves, and print a heartbeat for each",
        "Nothing is sent yet: only --dry-run works. It goes on until Ctrl+C or SIGTERM, and\n"
        "follows config.toml meanwhile. A folder that another trayapp watches is left to that\n"
        "one until it ends.\n\n"
        "examples:\n  trayapp watch --dry-run ~/code\n  trayapp watch --dry-run --explain .",
    )
    watch.add_argument("folders", metavar="DIR", nargs="*", help="(default: those of config.toml)")
    watch.add_argument(
        "--dry-run", action="store_true", help="print heartbeats as JSON lines, send none"
    )
    watch.add_argument(
        "--explain", action="store_true", help="say of every written file why it counts or not"
    )

    folders = _add_command(
        commands,
        "folders",
        _folders,
        "say which folders are watched, and add or remove one",
        "list says of each folder what is watched, and what is left out and why. A running\n"
        "trayapp notices what is added and removed.\n\n"
        "examples:\n  trayapp folders list\n  trayapp folders add ~/code\n"
        "  trayapp folders remove ~/code",
    )
    folders.add_argument("action", choices=("list", "add", "remove"), nargs="?", default="list")
    folders.add_argument("folder", metavar="DIR", nargs="?", help="for add and remove")

    doctor = _add_command(
        commands, "doctor", _doctor, "check every part and say what to do about what is not well"
    )
    doctor.add_argument("--json", action="store_true", help="the same as one JSON object")
    return parser


def _add_command(
    commands: argparse._SubParsersAction[Parser],
    name: str,
    function: Callable[[argparse.Namespace], int],
    summary: str,
    epilog: str | None = None,
) -> Parser:
    parser = commands.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    # A default here would undo a --verbose that was given before the command.
    _add_verbose(parser, default=argparse.SUPPRESS)
    parser.set_defaults(command=name, function=function)
    return parser


def _add_verbose(parser: argparse.ArgumentParser, default: object) -> None:
    parser.add_argument(
        "-v", "--verbose", action="store_true", default=default, help="tell more, in log and errors"
    )


def _run(options: argparse.Namespace) -> int:
    from trayapp.cli import run  # noqa: PLC0415 -- each command imports what it needs

    return run.run(os.environ, verbose=options.verbose)


def _today(options: argparse.Namespace) -> int:
    from trayapp.cli import cached, today  # noqa: PLC0415

    if options.cached:
        return cached.run(options.account, options.format)
    return today.run(os.environ, account=options.account, form=options.format)


def _login(options: argparse.Namespace) -> int:
    from trayapp.cli import login  # noqa: PLC0415

    return login.login(
        os.environ,
        api_url=options.api_url,
        account=options.account,
        verify=not options.no_verify,
        allow_http=options.allow_http,
    )


def _logout(options: argparse.Namespace) -> int:
    from trayapp.cli import login  # noqa: PLC0415

    return login.logout(os.environ, account=options.account)


def _watch(options: argparse.Namespace) -> int:
    from trayapp.cli import watch  # noqa: PLC0415

    return watch.run(
        os.environ, folders=options.folders, dry_run=options.dry_run, explain=options.explain
    )


def _folders(options: argparse.Namespace) -> int:
    from trayapp.cli import folders  # noqa: PLC0415

    if options.action == "list":
        return folders.show(os.environ)
    if options.folder is None:
        raise UsageError("No folder was named", f"Example: trayapp folders {options.action} ~/code")
    change = folders.add if options.action == "add" else folders.remove
    return change(os.environ, options.folder)


def _doctor(options: argparse.Namespace) -> int:
    from trayapp.cli import doctor  # noqa: PLC0415

    return doctor.run(os.environ, as_json=options.json)
