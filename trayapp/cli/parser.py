"""What all commands' parsers share."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import NoReturn, TypeAlias


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, in which no key is repeated."""

    def error(self, message: str) -> NoReturn:
        """Print what is wrong and where to read more, and exit with 2."""
        from trayapp.cli.logs import redact  # noqa: PLC0415 -- the rare case

        self.exit(2, f"trayapp: {redact(message)}. See: {self.prog} --help\n")

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Refuse what a command does not know here, where its own --help can be pointed to."""
        options, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return options, unknown


Commands: TypeAlias = "argparse._SubParsersAction[Parser]"  # noqa: SLF001 -- has no other name
"""Where the parsers of commands are added."""


def add_command(
    commands: Commands,
    name: str,
    function: Callable[[argparse.Namespace], int],
    summary: str,
    epilog: str | None = None,
) -> Parser:
    """Add the parser of a command that `function` does; the epilog has its examples."""
    parser = commands.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    # A default here would undo a --verbose that was given before the command.
    add_verbose(parser, default=argparse.SUPPRESS)
    parser.set_defaults(command=name, function=function)
    return parser


def add_verbose(parser: argparse.ArgumentParser, default: object) -> None:
    """Add --verbose, which may stand before the command and after it."""
    parser.add_argument(
        "-v", "--verbose", action="store_true", default=default, help="tell more, in log and errors"
    )
