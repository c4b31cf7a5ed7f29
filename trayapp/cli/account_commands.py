"""The options of `login`, `logout` and `accounts`."""

from __future__ import annotations

import argparse
import os

from trayapp.cli.parser import Commands, add_command
from trayapp.errors import UsageError


def add_account_commands(commands: Commands) -> None:
    """Add the commands that are about accounts and their keys."""
    login = add_command(
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

    logout = add_command(
        commands,
        "logout",
        _logout,
        "remove an account's key from the keyring",
        "The account itself stays, and what waits for it.\n\n"
        "examples:\n  trayapp logout\n  trayapp logout --account home",
    )
    logout.add_argument("--account", metavar="NAME", help="of this account, not the one that shows")

    _add_accounts(commands)


def _add_accounts(commands: Commands) -> None:
    parser = add_command(
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
