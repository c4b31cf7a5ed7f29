"""The options of `autostart` and `integrate`."""

from __future__ import annotations

import argparse
import os

from trayapp.cli.parser import Commands, add_command


def add_desktop_commands(commands: Commands) -> None:
    """Add the commands that are about the desktop which trayapp is part of."""
    autostart = add_command(
        commands,
        "autostart",
        _autostart,
        "have trayapp started at login, or no longer",
        "status says what the desktop will really do at the next login, and what keeps it from\n"
        "that. With --service it is about trayapp watch, as a service of your own systemd, for a\n"
        "machine without a desktop.\n\n"
        "examples:\n  trayapp autostart enable\n  trayapp autostart status --json\n"
        "  trayapp autostart enable --service",
    )
    actions = ("status", "enable", "disable")
    autostart.add_argument("action", choices=actions, nargs="?", default="status")
    autostart.add_argument(
        "--service", action="store_true", help="trayapp watch, started by systemd"
    )
    autostart.add_argument("--json", action="store_true", help="as one JSON object")
    autostart.add_argument(
        "--yes", action="store_true", help="replace what somebody else wrote, without asking"
    )

    integrate = add_command(
        commands,
        "integrate",
        _integrate,
        "stand among the desktop's applications, or no longer (Linux)",
        "Puts a desktop file, icons and metainfo into $XDG_DATA_HOME (~/.local/share). Their\n"
        "command is the one that survives upgrades of trayapp.\n\n"
        "examples:\n  trayapp integrate\n  trayapp integrate --remove",
    )
    integrate.add_argument("--remove", action="store_true", help="take all of that away again")
    integrate.add_argument(
        "--yes", action="store_true", help="replace what somebody else wrote, without asking"
    )


def _autostart(options: argparse.Namespace) -> int:
    from trayapp.cli import autostart  # noqa: PLC0415 -- each command imports what it needs

    return autostart.run(
        os.environ,
        options.action,
        service=options.service,
        as_json=options.json,
        yes=options.yes,
    )


def _integrate(options: argparse.Namespace) -> int:
    from trayapp.cli import integrate  # noqa: PLC0415

    return integrate.run(os.environ, remove=options.remove, yes=options.yes)
