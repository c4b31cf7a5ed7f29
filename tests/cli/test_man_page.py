from __future__ import annotations

import os
import subprocess

import pytest

from tests.cli.man_page import PAGE, escaped, page
from tests.desktop.processes import require_programs
from trayapp.cli.program import make_parser

pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="the wheel's tests run without it")

CHECKS = (
    ["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", str(PAGE)],
    ["mandoc", "-T", "lint", "-W", "warning", str(PAGE)],
    ["groff", "-man", "-ww", "-z", "-Tutf8", str(PAGE)],
)


def test_the_page_says_what_the_parser_says() -> None:
    assert PAGE.read_text() == page(), "write it anew: make man"


def test_the_page_is_the_same_in_any_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    before = page()
    monkeypatch.setenv("COLUMNS", "30")
    monkeypatch.setenv("FORCE_COLOR", "1")

    assert page() == before


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check[0])
def test_the_page_is_sound_roff(check: list[str]) -> None:
    require_programs(check[0])

    result = subprocess.run(
        check,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "MANWIDTH": "80"},
        capture_output=True,
        timeout=40,
        check=False,
    )

    said = result.stderr + (result.stdout if check[0] == "mandoc" else b"")
    assert (said.decode(), result.returncode) == ("", 0)


def test_a_reader_sees_every_command_option_and_example_as_it_is_typed() -> None:
    require_programs("mandoc", "col")
    shown = subprocess.run(
        ["mandoc", "-T", "utf8", "-O", "width=200", str(PAGE)],
        capture_output=True,
        check=True,
        timeout=40,
    ).stdout.decode()
    # Bold and italics are overstruck.
    plain = subprocess.run(
        ["col", "-bx"], input=shown, capture_output=True, check=True, text=True, timeout=40
    ).stdout

    (commands,) = (a for a in make_parser()._actions if a.metavar == "COMMAND")
    assert isinstance(commands.choices, dict)
    for name, parser in commands.choices.items():
        assert f"\n   {name}\n" in plain
        for action in parser._actions:
            for option in action.option_strings:
                assert option in plain
        for example in (parser.epilog or "").partition("examples:\n")[2].splitlines():
            assert example.strip() in plain


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("--a-b", r"\-\-a\-b"),
        ("C:\\x", r"C:\ex"),
        ("it's `~` ^", r"it\(aqs \(ga\(ti\(ga \(ha"),
        ("Add…", r"Add\[u2026]"),
    ],
)
def test_what_roff_would_read_as_its_own_is_escaped(text: str, wanted: str) -> None:
    assert escaped(text) == wanted
