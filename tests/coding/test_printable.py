from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.coding.printable import printable


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("trayapp", "trayapp"),
        ("日本語 🕒 é", "日本語 🕒 é"),
        ("\x1b[2J\x1b]0;owned\x07", "[2J]0;owned"),
        ("a\nb\r\tc", "a b c"),
        ("right\u202eto\u2066left\u200f", "righttoleft"),
        ("\x9b31m\x7f\u2028x", "31m x"),
        ("\ud800broken", "broken"),
        ("  \u200b ", ""),
    ],
)
def test_what_a_terminal_would_obey_is_left_out(text: str, expected: str) -> None:
    assert printable(text) == expected


@given(st.text(alphabet=st.characters()))
def test_no_control_is_left(text: str) -> None:
    assert not {unicodedata.category(sign) for sign in printable(text)} & {"Cc", "Cf", "Cs", "Zl"}
