"""`trayapp completion`: a script by which a shell completes trayapp's words, without Python."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import shtab

from trayapp.coding.periods import PERIOD_NAMES

# The names of `[accounts.NAME]` in config.toml, by sed: a shell asks at each TAB.
_NAMES = (
    r"""sh -c 'sed -n "s/^ *\[accounts\.\"*\([A-Za-z0-9_.-]*\)\"*\].*/\1/p" """
    r""""${XDG_CONFIG_HOME:-$HOME/.config}/trayapp/config.toml" """
    r""""$HOME/Library/Application Support/trayapp/config.toml" 2>/dev/null'"""
)
_FUNCTIONS = {
    "bash": f'_trayapp_accounts() {{\n  compgen -W "$({_NAMES})" -- "$1"\n}}',
    "zsh": f'_trayapp_accounts() {{\n  compadd -- ${{(f)"$({_NAMES})"}}\n}}',
    "fish": f"function _trayapp_accounts\n  {_NAMES}\nend",
}
_ACCOUNTS: shtab.CompleteType = {
    "bash": "_trayapp_accounts",
    "zsh": "_trayapp_accounts",
    "fish": "(_trayapp_accounts)",
}

_DAYS = {"PERIOD": PERIOD_NAMES, "DAY": ("today", "yesterday")}
"""Words that may stand in a place, by its metavar, among others that nobody can list."""

_NOTHING: shtab.CompleteType = {"zsh": "()"}
"""Of a place without words of its own; without this zsh would complete no option there."""


def run(shell: str) -> int:
    """Print the script for a shell."""
    from trayapp.cli.program import make_parser  # noqa: PLC0415 -- which imports our options

    print(script(make_parser(), shell))
    return 0


def script(parser: argparse.ArgumentParser, shell: str) -> str:
    """Make the script that completes a parser's commands, options, choices and values.

    The parser is of no other use afterwards.
    """
    for command, action in _actions("", parser):
        action.choices = _DAYS.get(str(action.metavar), action.choices)
        found = completed_by(command, action)
        if found is not None:
            # Where shtab looks; argparse itself has no such attribute.
            action.complete = found  # type: ignore[attr-defined]
    text = shtab.complete(parser, shell, preamble=_FUNCTIONS[shell])
    if shell == "zsh":
        # shtab 1.13 has zsh complete the first of several folders only.
        text = text.replace('"(*)::', '"*:')
    return text


def completed_by(command: str, action: argparse.Action) -> shtab.CompleteType | None:
    """Tell what a value is completed by, beside the choices that argparse knows."""
    if action.dest == "account" or (command, action.dest) == ("accounts", "name"):
        return _ACCOUNTS
    if action.metavar == "DIR":
        return shtab.DIRECTORY
    if action.metavar == "FILE" or action.dest == "entity":
        return shtab.FILE
    return None if action.option_strings or action.choices else _NOTHING


def _actions(
    command: str, parser: argparse.ArgumentParser
) -> Iterator[tuple[str, argparse.Action]]:
    for action in parser._actions:  # noqa: SLF001 -- argparse tells them nowhere else
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for name, child in action.choices.items():
                yield from _actions(name, child)
        else:
            yield command, action
