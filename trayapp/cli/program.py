"""The commands that may cost something: arguments in, exit code out."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from typing import NoReturn

from trayapp import __version__
from trayapp.cli.guard import guarded
from trayapp.errors import UsageError

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
        "Where heartbeats were recorded without an account, a terminal is asked whether to send\n"
        "them. Without a yes they stay on this machine, for trayapp queue send --local.\n\n"
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
    login.add_argument(
        "--send-history",
        action=argparse.BooleanOptionalAction,
        help="send what was recorded without an account, or leave it, without asking",
    )

    logout = _add_command(commands, "logout", _logout, "remove an account's key from the keyring")
    logout.add_argument("--account", metavar="NAME", help="of this account, not the one that shows")

    watch = _add_command(
        commands,
        "watch",
        _watch,
        "watch folders for a person's saves, and send a heartbeat for each",
        "It needs no desktop, goes on until Ctrl+C or SIGTERM, and follows config.toml meanwhile.\n"
        "A folder that another trayapp watches is left to that one until it ends.\n\n"
        "examples:\n  trayapp watch\n  trayapp watch ~/code\n"
        "  trayapp watch --dry-run --explain .",
    )
    watch.add_argument("folders", metavar="DIR", nargs="*", help="(default: those of config.toml)")
    watch.add_argument(
        "--dry-run", action="store_true", help="print heartbeats as JSON lines, store and send none"
    )
    watch.add_argument(
        "--explain", action="store_true", help="say of every written file why it counts or not"
    )

    _add_heartbeat(commands)
    _add_queue(commands)
    _add_accounts(commands)

    folders = _add_command(
        commands,
        "folders",
        _folders,
        "say which folders are watched, and add or remove some",
        "list says of each folder what is watched, and what is left out and why. A running\n"
        "trayapp notices what is added and removed.\n\n"
        "examples:\n  trayapp folders list\n  trayapp folders add ~/code\n"
        "  trayapp folders remove ~/code",
    )
    folders.add_argument("action", choices=("list", "add", "remove"), nargs="?", default="list")
    folders.add_argument("folders", metavar="DIR", nargs="*", help="(list: default all)")

    doctor = _add_command(
        commands, "doctor", _doctor, "check every part and say what to do about what is not well"
    )
    doctor.add_argument("--json", action="store_true", help="the same as one JSON object")
    doctor.add_argument(
        "--send-test",
        action="store_true",
        help="also send each account the newest heartbeat again that it has already",
    )
    return parser


def _add_heartbeat(commands: argparse._SubParsersAction[Parser]) -> None:
    parser = _add_command(
        commands,
        "heartbeat",
        _heartbeat,
        "record a heartbeat from a script",
        "It returns once the heartbeat is on disk; the running trayapp sends it. What is not\n"
        "given is found out as for a save. With --extra a JSON array is read from standard\n"
        "input, in the form of wakatime-cli's --extra-heartbeats. Where one of several is wrong\n"
        "none is recorded.\n\n"
        "examples:\n  trayapp heartbeat --entity ~/code/app/main.py --write\n"
        "  trayapp heartbeat --entity Blender --type app --category designing --project film",
    )
    parser.add_argument("--entity", metavar="PATH", help="a file, or an app's or a domain's name")
    parser.add_argument("--type", choices=("file", "app", "domain"), help="(default: file)")
    parser.add_argument("--time", metavar="T", help="in seconds since 1970 (default: now)")
    parser.add_argument("--project", metavar="P", help="(default: found out)")
    parser.add_argument("--branch", metavar="B", help="(default: found out)")
    parser.add_argument("--language", metavar="L", help="(default: found out)")
    parser.add_argument("--category", metavar="C", help="(default: coding)")
    parser.add_argument("--write", action="store_true", help="the file was saved")
    parser.add_argument("--extra", action="store_true", help="read more from standard input")
    parser.add_argument("--send", action="store_true", help="send all that waits, at once")


def _add_queue(commands: argparse._SubParsersAction[Parser]) -> None:
    parser = _add_command(
        commands,
        "queue",
        _queue,
        "say what waits to be sent, send it, and see to what was refused",
        "list says of each account what waits and was sent, and which heartbeats its server\n"
        "refused for good, each with an ID: retry sends these again, drop gives them up. forget\n"
        "erases from this machine what is kept of heartbeats that every account has. What was\n"
        "recorded while there was no account waits for send --local or drop --local.\n\n"
        "examples:\n  trayapp queue\n  trayapp queue --json\n  trayapp queue send\n"
        "  trayapp queue retry --all\n  trayapp queue drop --all\n  trayapp queue forget --yes",
    )
    actions = ("list", "send", "retry", "drop", "forget")
    parser.add_argument("action", choices=actions, nargs="?", default="list")
    parser.add_argument("ids", metavar="ID", type=int, nargs="*", help="for retry and drop")
    parser.add_argument("--all", action="store_true", help="retry, drop: every one")
    parser.add_argument(
        "--local",
        action="store_true",
        help="send: also what was recorded without an account; drop: only that",
    )
    parser.add_argument("--yes", action="store_true", help="forget, drop --local: without asking")
    parser.add_argument("--json", action="store_true", help="list: as one JSON object")


def _add_accounts(commands: argparse._SubParsersAction[Parser]) -> None:
    parser = _add_command(
        commands,
        "accounts",
        _accounts,
        "list the accounts, add or remove one, or choose which one shows",
        "Every heartbeat goes to each account that receives; one account shows in the tray. add\n"
        "asks for the key as login does. remove drops the account, its key in the system keyring\n"
        "and what waits for it, where logout removes the key only.\n\n"
        "examples:\n  trayapp accounts\n"
        "  trayapp accounts add home --api-url https://waka.example/api\n"
        "  trayapp accounts use home\n  trayapp accounts remove home --yes",
    )
    actions = ("list", "add", "remove", "use")
    parser.add_argument("action", choices=actions, nargs="?", default="list")
    parser.add_argument("name", metavar="NAME", nargs="?", help="(add: default is the server's)")
    parser.add_argument("--api-url", metavar="URL", help="add: the server, as for login")
    parser.add_argument("--no-verify", action="store_true", help="add: do not try the key first")
    parser.add_argument("--allow-http", action="store_true", help="add: as for login")
    parser.add_argument("--yes", action="store_true", help="remove: without asking")


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
        send_history=options.send_history,
    )


def _logout(options: argparse.Namespace) -> int:
    from trayapp.cli import login  # noqa: PLC0415

    return login.logout(os.environ, account=options.account)


def _watch(options: argparse.Namespace) -> int:
    from trayapp.cli import watch  # noqa: PLC0415

    return watch.run(
        os.environ, folders=options.folders, dry_run=options.dry_run, explain=options.explain
    )


def _heartbeat(options: argparse.Namespace) -> int:
    from trayapp.cli import heartbeat  # noqa: PLC0415

    return heartbeat.run(os.environ, vars(options))


def _queue(options: argparse.Namespace) -> int:
    from trayapp.cli import local_history, queue  # noqa: PLC0415

    if options.local:
        if options.action not in ("send", "drop") or options.ids or options.all:
            raise UsageError("--local is for send and drop alone", "See: trayapp queue --help")
        if options.action == "send":
            return local_history.send(os.environ)
        return local_history.drop(os.environ, yes=options.yes)
    if options.action not in ("retry", "drop") and (options.ids or options.all):
        raise UsageError("IDs are for retry and drop", "See: trayapp queue --help")
    if options.action == "list":
        return queue.show(os.environ, as_json=options.json)
    if options.action == "send":
        return queue.send(os.environ)
    if options.action == "forget":
        return queue.forget(os.environ, yes=options.yes)
    if options.all == bool(options.ids):
        hint = f"Example: trayapp queue {options.action} --all"
        raise UsageError("Name some by their ID, or --all", hint)
    change = queue.retry if options.action == "retry" else queue.drop
    return change(os.environ, None if options.all else options.ids)


def _accounts(options: argparse.Namespace) -> int:
    from trayapp.cli import accounts, login  # noqa: PLC0415

    if options.action == "list":
        return accounts.show(os.environ)
    if options.action == "add":
        return login.login(
            os.environ,
            api_url=options.api_url,
            account=options.name,
            verify=not options.no_verify,
            allow_http=options.allow_http,
        )
    if options.name is None:
        hint = f"Example: trayapp accounts {options.action} home"
        raise UsageError("No account was named", hint)
    if options.action == "use":
        return accounts.use(os.environ, options.name)
    return accounts.remove(os.environ, options.name, yes=options.yes)


def _folders(options: argparse.Namespace) -> int:
    from trayapp.cli import folders  # noqa: PLC0415

    actions = {"list": folders.show, "add": folders.add, "remove": folders.remove}
    if options.action != "list" and not options.folders:
        raise UsageError("No folder was named", f"Example: trayapp folders {options.action} ~/code")
    return actions[options.action](os.environ, options.folders)


def _doctor(options: argparse.Namespace) -> int:
    from trayapp.cli import doctor  # noqa: PLC0415

    return doctor.run(os.environ, as_json=options.json, send_test=options.send_test)
