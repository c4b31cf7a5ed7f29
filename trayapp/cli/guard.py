"""Every failure of a command becomes one line on standard error and an exit code."""

from __future__ import annotations

import logging
from collections.abc import Callable

from trayapp.cli import complain
from trayapp.errors import TrayappError

log = logging.getLogger(__name__)


def guarded(command: Callable[[], int]) -> int:
    """Run a command and give its exit code; raises OSError of the output only."""
    if not logging.getLogger().handlers:
        # Else logging would print warnings by itself.
        logging.getLogger().addHandler(logging.NullHandler())
    try:
        return command()
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


def tell(error: TrayappError) -> None:
    """Print an error as one line on standard error; what caused it is for --verbose."""
    from trayapp.cli.logs import redact  # noqa: PLC0415 -- somebody may have typed a key

    complain(redact(" ".join(str(error).split())))
    log.debug("%s, caused by: %s", type(error).__name__, error.describe_cause() or "nothing else")
