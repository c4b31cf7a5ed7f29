"""What --help shows of each command; tests/test_documentation.py runs the examples."""

from __future__ import annotations

import pytest

from tests.cli.examples import arguments_in, commands, examples_of
from trayapp.cli.program import make_parser

EXAMPLES = [(name, example) for name, each in commands().items() for example in examples_of(each)]


@pytest.mark.parametrize("name", commands())
def test_the_help_of_every_command_ends_with_examples_of_it(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        make_parser().parse_args([name, "--help"])

    shown = capsys.readouterr().out
    examples = shown.partition("\nexamples:\n")[2].splitlines()
    assert examples
    for example in examples:
        assert example.startswith("  ")
        assert f"trayapp {name}" in example
    assert max(map(len, (commands()[name].epilog or "").splitlines())) <= 100


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_every_example_is_understood(name: str, example: str) -> None:
    options = make_parser().parse_args(arguments_in(example))

    assert options.command == name
