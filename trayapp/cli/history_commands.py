"""The options of `stats`, `timeline`, `heartbeats`, `goals`, `whoami`, `user` and `lookup`."""

from __future__ import annotations

import argparse
import os

from trayapp.cli.parser import Commands, Parser, add_command


def add_history_commands(commands: Commands) -> None:
    """Add the commands that ask a server for more than today's number."""
    _add_stats(commands)
    _add_timeline(commands)
    _add_heartbeats(commands)
    _add_goals(commands)
    _add_people(commands)


def _add_stats(commands: Commands) -> None:
    stats = add_command(
        commands,
        "stats",
        _stats,
        "show how long was coded, and at which languages and projects and in which editors",
        "PERIOD is today, yesterday, last_7_days, last_30_days, all_time, a day, or FROM..TO.\n"
        "Days are those of the account's time zone. Colours go with NO_COLOR and in a pipe.\n\n"
        "examples:\n  trayapp stats\n  trayapp stats today\n"
        "  trayapp stats 2026-08-01..2026-08-14 --json",
    )
    stats.add_argument("period", metavar="PERIOD", nargs="?", default="last_7_days")
    stats.add_argument(
        "--user", metavar="NAME", help="of somebody whose time is public (Hackatime)"
    )
    _add_account_and_json(stats)


def _add_timeline(commands: Commands) -> None:
    timeline = add_command(
        commands,
        "timeline",
        _timeline,
        "show when on a day was coded, as a band with its hours",
        "DAY is today, yesterday, or a date.\n\n"
        "examples:\n  trayapp timeline\n  trayapp timeline yesterday\n"
        "  trayapp timeline 2026-08-14 --json",
    )
    timeline.add_argument("day", metavar="DAY", nargs="?", default="today")
    _add_account_and_json(timeline)


def _add_heartbeats(commands: Commands) -> None:
    heartbeats = add_command(
        commands,
        "heartbeats",
        _heartbeats,
        "list the heartbeats that the server has",
        "DAY is today, yesterday, or a date; both days are included.\n\n"
        "examples:\n  trayapp heartbeats\n  trayapp heartbeats --limit 5 --json\n"
        "  trayapp heartbeats --from 2026-08-13 --to 2026-08-14",
    )
    heartbeats.add_argument(
        "--from", dest="first", metavar="DAY", help="the first day (default: that of --to)"
    )
    heartbeats.add_argument(
        "--to", dest="last", metavar="DAY", help="the last day (default: today)"
    )
    heartbeats.add_argument("--limit", metavar="N", type=int, help="the newest only (default: all)")
    _add_account_and_json(heartbeats)


def _add_goals(commands: Commands) -> None:
    goals = add_command(
        commands,
        "goals",
        _goals,
        "show the goals that are set on the server, and how far they are reached",
        "A goal of your own for the tray needs no server: goal in config.toml.\n\n"
        "examples:\n  trayapp goals\n  trayapp goals --json",
    )
    _add_account_and_json(goals)


def _add_people(commands: Commands) -> None:
    whoami = add_command(
        commands,
        "whoami",
        _whoami,
        "show whose the account's key is, and where",
        "examples:\n  trayapp whoami\n  trayapp whoami --json",
    )
    _add_account_and_json(whoami)

    user = add_command(
        commands,
        "user",
        _user,
        "show how far Hackatime trusts somebody, and their time where it is public",
        "examples:\n  trayapp user ada\n  trayapp user ada --json",
    )
    user.add_argument("name", metavar="NAME", help="a user's name, number or Slack user id")
    _add_account_and_json(user)

    lookup = add_command(
        commands,
        "lookup",
        _lookup,
        "find a Hackatime user by e-mail address or Slack user id (for administrators)",
        "It prints the user's number. The account's key has to be an administrator's.\n\n"
        "examples:\n  trayapp lookup ada@example.org --account admin\n"
        "  trayapp lookup U0123ABCD --account admin",
    )
    lookup.add_argument("who", metavar="EMAIL|SLACK_UID")
    _add_account_and_json(lookup)


def _add_account_and_json(parser: Parser) -> None:
    parser.add_argument("--account", metavar="NAME", help="of this account, not the one that shows")
    parser.add_argument("--json", action="store_true", help="as one JSON object")


def _stats(options: argparse.Namespace) -> int:
    from trayapp.cli import stats  # noqa: PLC0415 -- each command imports what it needs

    return stats.run(
        os.environ,
        options.period,
        user=options.user,
        account=options.account,
        as_json=options.json,
    )


def _timeline(options: argparse.Namespace) -> int:
    from trayapp.cli import timeline  # noqa: PLC0415

    return timeline.run(os.environ, options.day, account=options.account, as_json=options.json)


def _heartbeats(options: argparse.Namespace) -> int:
    from trayapp.cli import heartbeats  # noqa: PLC0415

    return heartbeats.run(
        os.environ,
        first=options.first,
        last=options.last,
        limit=options.limit,
        account=options.account,
        as_json=options.json,
    )


def _goals(options: argparse.Namespace) -> int:
    from trayapp.cli import goals  # noqa: PLC0415

    return goals.run(os.environ, account=options.account, as_json=options.json)


def _whoami(options: argparse.Namespace) -> int:
    from trayapp.cli import people  # noqa: PLC0415

    return people.whoami(os.environ, account=options.account, as_json=options.json)


def _user(options: argparse.Namespace) -> int:
    from trayapp.cli import people  # noqa: PLC0415

    return people.user(os.environ, options.name, account=options.account, as_json=options.json)


def _lookup(options: argparse.Namespace) -> int:
    from trayapp.cli import people  # noqa: PLC0415

    return people.lookup(os.environ, options.who, account=options.account, as_json=options.json)
