"""The command line.

The cheap commands, `--version` and `today --cached`, are done before anything heavy is imported
(even argparse would double what they cost); everything else is in trayapp.cli.program.
"""

import sys


def main() -> int:
    """Run the command line and give its exit code."""
    arguments = sys.argv[1:]
    try:
        if arguments in (["--version"], ["-V"]):
            from trayapp import __version__  # noqa: PLC0415

            print(f"trayapp {__version__}")
            code = 0
        elif arguments[:1] == ["today"] and "--cached" in arguments:
            from trayapp.cli import cached  # noqa: PLC0415

            options = cached.parse(arguments[1:])
            code = _program(arguments) if options is None else cached.run(*options)
        else:
            code = _program(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has seen enough. Python would complain once more at exit.
        import os  # noqa: PLC0415

        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    return code


def _program(arguments: list[str]) -> int:
    from trayapp.cli import program  # noqa: PLC0415

    return program.run(arguments)
