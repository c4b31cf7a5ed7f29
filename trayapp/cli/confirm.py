"""Ask a person before something that cannot be undone."""

from __future__ import annotations

import sys

from trayapp.errors import UsageError


def confirm(question: str, *, yes: bool) -> bool:
    """Ask on the terminal, unless `yes` says so already; raises UsageError where there is none."""
    if yes:
        return True
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError(f'Nobody is there to ask "{question}"', "If you are sure, add --yes.")
    try:
        answer = input(f"{question} [y/N] ")
    except EOFError:
        answer = ""
    return answer.strip().lower() in ("y", "yes")
