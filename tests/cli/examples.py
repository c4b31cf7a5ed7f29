"""The examples that --help gives of each command."""

from __future__ import annotations

import argparse
import itertools
import shlex

from trayapp.cli.program import make_parser


def commands() -> dict[str, argparse.ArgumentParser]:
    """Give the parser of every command, by its name."""
    (action,) = (
        each for each in make_parser()._actions if isinstance(each, argparse._SubParsersAction)
    )
    return dict(action.choices)


def examples_of(parser: argparse.ArgumentParser) -> list[str]:
    """Give the examples that a command's --help ends with."""
    lines = (parser.epilog or "").partition("examples:\n")[2].splitlines()
    return [line.strip() for line in lines]


def arguments_in(example: str) -> list[str]:
    """Give what trayapp itself is given, where an example has a pipe or a file."""
    lexer = shlex.shlex(example, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words = list(lexer)
    start = len(words) - 1 - words[::-1].index("trayapp")
    typed = itertools.takewhile(lambda word: word not in ("|", ">", ">>", "&&"), words[start:])
    return list(typed)[1:]
