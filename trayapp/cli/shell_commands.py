"""The options of `api` and `completion`."""

from __future__ import annotations

import argparse
import os

from trayapp.cli.parser import Commands, add_command

SHELLS = ("bash", "zsh", "fish")


def add_shell_commands(commands: Commands) -> None:
    """Add the commands that are for shells and scripts."""
    _add_api(commands)
    _add_completion(commands)


def _add_api(commands: Commands) -> None:
    api = add_command(
        commands,
        "api",
        _api,
        "ask an account's server for any path, and print its answer as JSON",
        "PATH begins at the account's api_url, with a leading slash at its server. The key goes\n"
        "along as that server wants it, and to no other. In a pipe the JSON stands as it came; an\n"
        "answer that is none is printed as a JSON string.\n\n"
        "examples:\n  trayapp api GET users/current\n"
        "  trayapp api GET users/current/statusbar/today\n"
        "  trayapp api GET /api/v1/my/heartbeats/most_recent --query editor=vim",
    )
    api.add_argument("method", metavar="GET", choices=("GET",), help="the one that changes nothing")
    api.add_argument("path", metavar="PATH", help="such as users/current")
    api.add_argument(
        "--query", metavar="K=V", action="append", default=[], help="may be given several times"
    )
    api.add_argument("--account", metavar="NAME", help="of this account, not the one that shows")


def _add_completion(commands: Commands) -> None:
    completion = add_command(
        commands,
        "completion",
        _completion,
        "print a script by which a shell completes trayapp's commands and options",
        "The script starts no Python at TAB. Put it where the shell looks:\n"
        "  bash  ~/.local/share/bash-completion/completions/trayapp\n"
        "  zsh   _trayapp, in a folder of fpath\n"
        "  fish  ~/.config/fish/completions/trayapp.fish\n\n"
        "examples:\n"
        "  trayapp completion bash > ~/.local/share/bash-completion/completions/trayapp\n"
        "  trayapp completion zsh > ~/.zfunc/_trayapp\n"
        "  trayapp completion fish > ~/.config/fish/completions/trayapp.fish",
    )
    completion.add_argument("shell", metavar="SHELL", choices=SHELLS, help=", ".join(SHELLS))


def _api(options: argparse.Namespace) -> int:
    from trayapp.cli import api  # noqa: PLC0415

    return api.run(os.environ, options.path, options.query, options.account)


def _completion(options: argparse.Namespace) -> int:
    from trayapp.cli import completion  # noqa: PLC0415

    return completion.run(options.shell)
