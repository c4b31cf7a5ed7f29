from __future__ import annotations

import re
import warnings
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.coding.patterns import Patterns, compile_pattern, read_patterns


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        # Anywhere in the text, and without regard to case.
        ("secret", "/home/a/SECRET/x.py", True),
        ("^secret", "/home/a/secret/x.py", False),
        ("(?i)secret", "/Secret", True),
        ("^/home/(?i)secret", "/home/SECRET", True),
        ("^/var/(?!www/).*", "/var/lib/x", True),
        ("^/var/(?!www/).*", "/var/www/x", False),
        ("(?<=/work)/x", "/work/x", True),
        ("ü", "/Ü/x", True),
        ("a.b", "a\nb", False),
        ("(?s)a.b", "a\nb", True),
        # Go's end of text, names of groups, quoting and classes.
        (r"\.py\z", "/x.py", True),
        (r"\.py\z", "/x.pyc", False),
        (r"^/(?<name>[a-z]+)/\d+", "/abc/12", True),
        (r"^/(?P<name>[a-z]+)/\d+", "/abc/12", True),
        (r"\Qa.b(c\E/x", "/a.b(c/x", True),
        (r"\Qa.b\E", "/axb", False),
        (r"\Qa.b(", "/a.b(", True),
        ("^/[[:alpha:]]+$", "/abc", True),
        ("^/[[:alpha:]]+$", "/:a", False),
        ("^/[[:alpha:][:digit:]_-]+$", "/a-1_", True),
        ("^[[:punct:]]$", "~", True),
        ("^[[:punct:]]$", "a", False),
        ("^[^[:space:]]$", "\t", False),
        # Brackets and backslashes that mean themselves.
        (r"\(?i\)", "i)", True),
        (r"\\z", r"\z", True),
        (r"[\]z]\z", "]", True),
        ("[]a]b", "]b", True),
        ("[[]a", "[a", True),
        ("^[a&&b]$", "&", True),
        ("^[+--]$", ",", True),
        ("(?i)(?:a|b)(?<!x)", "B", True),
    ],
)
def test_a_pattern_is_found_where_wakatime_cli_finds_it(
    pattern: str, text: str, found: bool
) -> None:
    compiled = compile_pattern(pattern)

    assert compiled is not None
    assert (compiled.search(text) is not None) == found


@pytest.mark.parametrize("name", ["alnum", "alpha", "digit", "lower", "punct", "space", "upper"])
def test_classes_hold_what_pythons_own_tests_say(name: str) -> None:
    pattern = compile_pattern(f"[[:{name}:]]")
    assert pattern is not None
    by_name: dict[str, Callable[[str], bool]] = {
        "punct": lambda c: c.isprintable() and not c.isalnum() and c != " ",
        # Case is ignored.
        "lower": str.isalpha,
        "upper": str.isalpha,
        "space": lambda c: c in "\t\n\v\f\r ",
    }
    belongs = by_name.get(name) or getattr(str, f"is{name}")

    assert {c for c in map(chr, range(128)) if pattern.search(c)} == {
        c for c in map(chr, range(128)) if belongs(c)
    }


@pytest.mark.parametrize(
    "pattern",
    [
        "(",
        "[a",
        "*a",
        "a{99999999999999999999}",
        r"\pL",
        r"\x{41}",
        "[[:letter:]]",
        "[[:^alpha:]]",
        "(?<=a+)b",
        "a(?s)b",
        "(" * 5000,
    ],
)
def test_what_does_not_compile_is_none(pattern: str) -> None:
    assert compile_pattern(pattern) is None


@given(st.text("()[]{}^$|*+?.\\-:=<>!&~#QEzidpPax1,'\u00fc", max_size=30))
def test_any_text_compiles_or_does_not(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compiled = compile_pattern(text)

    assert compiled is None or compiled.flags & re.IGNORECASE


@given(st.text(min_size=1))
def test_a_text_that_is_escaped_is_found_as_it_is(text: str) -> None:
    compiled = compile_pattern(re.escape(text))

    assert compiled is not None
    assert compiled.search(f"before{text}after")


def test_true_and_false_are_patterns_too() -> None:
    assert read_patterns(value=True) == (Patterns(everything=True, given=True), ())
    assert read_patterns(value=False) == (Patterns(given=True), ())
    assert read_patterns([]) == (Patterns(), ())


def test_what_does_not_compile_matches_everything_and_is_named_by_its_position() -> None:
    patterns, faults = read_patterns(["a", "(secret", "b", "[secret"])

    assert faults == (2, 4)
    assert patterns.match("x")
    assert patterns.given


def test_or_nothing_where_that_is_the_careful_way() -> None:
    patterns, faults = read_patterns(["a", "(secret"], broken=False)

    assert faults == (2,)
    assert patterns.match("a")
    assert not patterns.match("x")


def test_what_is_not_there_is_never_matched() -> None:
    everything = Patterns(everything=True)

    assert not everything.match(None)
    assert not everything.match()
    assert everything.match(None, "")


def test_no_pattern_is_in_the_repr() -> None:
    patterns, _ = read_patterns(["secret"])

    assert "secret" not in f"{patterns!r} {patterns}"
