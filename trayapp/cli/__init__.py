"""The command line.

The cheap commands, `--version` and `today --cached`, are done before anything heavy is imported
(even argparse would double what they cost), `heartbeat` without argparse; everything else is in
trayapp.cli.program.
"""

import os
import sys

CHEAP = ("--cached", "--max-age")
"""The options of `today` that may be done before anything heavy is imported."""


def main() -> int:
    """Run the command line and give its exit code."""
    try:
        code = _run(sys.argv[1:])
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has seen enough.
        _give_up_output()
        return 0
    except OSError as error:
        _give_up_output()
        complain(f"{error.filename or 'The output'} cannot be used ({error.strerror}).")
        return 1
    except KeyboardInterrupt:
        return 130
    return code


def complain(text: str) -> None:
    """Print one line on standard error, if there is one."""
    # Where it is closed it is None, for which print would take standard output.
    if sys.stderr is not None:
        print(f"trayapp: {text}", file=sys.stderr)


def _run(arguments: "list[str]") -> int:
    if arguments in (["--version"], ["-V"]):
        from trayapp import __version__  # noqa: PLC0415

        print(f"trayapp {__version__}")
        return 0
    if arguments[:1] == ["today"] and any(one.startswith(CHEAP) for one in arguments):
        from trayapp.cli import cached  # noqa: PLC0415

        code = cached.attempt(arguments[1:])
        if code is not None:
            return code
    if arguments[:1] == ["heartbeat"]:
        import gc  # noqa: PLC0415

        # What is imported stays: to look for garbage in it would be a sixth of all work.
        gc.disable()
        from trayapp.cli import guard, heartbeat  # noqa: PLC0415

        gc.freeze()
        gc.enable()
        given = heartbeat.parse(arguments[1:])
        if given is not None:
            return guard.guarded(lambda: heartbeat.run(os.environ, given))
    from trayapp.cli import program  # noqa: PLC0415

    return program.run(arguments)


def _give_up_output() -> None:
    """Leave nothing in the buffer that Python would try to write once more at exit."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
