"""The terminal that answers are drawn on, and the sign on it that one is being fetched.

rich is imported late: a command that draws nothing does without it.
"""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

NARROWEST = 40
"""A narrower terminal breaks lines itself: better than numbers cut in two."""

SPINS_PER_SECOND = 12.5


def make_console(environment: Mapping[str, str]) -> Console:
    """Make the console for standard output: plain where that is no terminal.

    rich sees to NO_COLOR, FORCE_COLOR and TERM=dumb. The width is COLUMNS, else the terminal's,
    else 80. Raises BrokenPipeError, which `main` knows, where nobody reads any more.
    """
    from rich.console import Console  # noqa: PLC0415

    class OurConsole(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    if isinstance(sys.stdout, io.TextIOWrapper):
        # A name that the encoding lacks is no reason to print nothing.
        sys.stdout.reconfigure(errors="replace")
    width = shutil.get_terminal_size().columns
    return OurConsole(
        # A closed standard output is None, for which rich would take another.
        file=sys.stdout or io.StringIO(),
        width=max(width, NARROWEST),
        height=25,
        highlight=False,
        markup=False,
        emoji=False,
        _environ=environment,
    )


@contextmanager
def progress(environment: Mapping[str, str], text: str) -> Iterator[None]:
    """Show on standard error that something takes time, where that is a terminal with a cursor."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.live import Live  # noqa: PLC0415
    from rich.spinner import Spinner  # noqa: PLC0415

    console = Console(stderr=True, markup=False, emoji=False, _environ=environment)
    if console.is_dumb_terminal:
        yield
        return
    # Console.status would put something else in standard output's place, and not give back one
    # that is closed.
    with Live(
        Spinner("dots", text, style="status.spinner"),
        console=console,
        refresh_per_second=SPINS_PER_SECOND,
        transient=True,
        redirect_stdout=False,
    ):
        yield
