"""Every failure of a command becomes one line on standard error and an exit code."""

from __future__ import annotations

from collections.abc import Callable

from trayapp.cli import complain
from trayapp.errors import TrayappError
from trayapp.late_log import late_log


def guarded(command: Callable[[], int]) -> int:
    """Run a command and give its exit code; raises OSError of the output only."""
    try:
        return command()
    except TrayappError as error:
        tell(error)
        return error.exit_code
    except OSError:
        # Of the output, which is for `main`; others are mapped where they arise.
        raise
    except Exception as error:  # noqa: BLE001 -- it is told, and logged
        late_log(__name__).exception("trayapp made a mistake")
        complain(
            f"A mistake in trayapp itself ({type(error).__name__}). "
            "Please report it, with what --verbose adds."
        )
        return 1


def tell(error: TrayappError) -> None:
    """Print an error as one line on standard error; what caused it is for --verbose."""
    from trayapp.cli.logs import redact  # noqa: PLC0415 -- somebody may have typed a key

    complain(redact(" ".join(str(error).split())))
    causes = error.describe_cause() or "nothing else"
    late_log(__name__).debug("%s, caused by: %s", type(error).__name__, causes)
