"""Ask a person before something that cannot be undone."""

from __future__ import annotations

import sys

from trayapp.errors import UsageError


def confirm(question: str, *, yes: bool) -> bool:
    """Ask on the terminal, unless `yes` says so already; raises UsageError where there is none.

    Standard output is left to what a command prints, a JSON document say.
    """
    if yes:
        return True
    if sys.stdin is None or not sys.stdin.isatty() or sys.stderr is None:
        raise UsageError(f'Nobody is there to ask "{question}"', "If you are sure, add --yes.")
    if sys.stdout is not None:
        # What the question is about comes before it.
        sys.stdout.flush()
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
