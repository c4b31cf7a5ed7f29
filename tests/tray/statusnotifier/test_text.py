from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.tray.statusnotifier.text import LABEL_LIMIT, clean, label, title

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Today  2h 5m", "Today  2h 5m"),
        ("snake_case", "snake__case"),
        ("_", "__"),
        ("a\0b", "ab"),
        ("a\ud800b\udfff", "ab"),
        ("two\nlines\tand\x1b more\u2029still", "two lines and  more still"),
        ("<b>R&D</b>", "<b>R&D</b>"),
        ("שלום 2h", "שלום 2h"),
        ("", ""),
        (7, "7"),
        ("x" * 10_000, "x" * (LABEL_LIMIT - 1) + "…"),
        ("_" * 10_000, "__" * (LABEL_LIMIT - 1) + "…"),
    ],
)
def test_a_label_shows_its_text_on_one_line(text: object, shown: str) -> None:
    assert label(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Today 2h 5m", "Today 2h 5m"),
        ("<html> from AT&T", "\u2039html\u203a from AT+T"),
        ("&amp;", "+amp;"),
        ("\n2 lines_\0", "\n2 lines_"),
    ],
)
def test_a_title_holds_nothing_that_a_panel_may_take_for_markup(text: str, shown: str) -> None:
    assert title(text) == shown


@given(ANY_TEXT, st.integers(1, 20))
def test_cleaned_text_is_bounded_utf8_without_nul(text: str, limit: int) -> None:
    cleaned = clean(text, limit)

    assert len(cleaned) <= limit
    assert "\0" not in cleaned
    cleaned.encode("utf-8")


@given(ANY_TEXT)
def test_every_underscore_of_a_label_is_doubled(text: str) -> None:
    assert "_" not in label(text).replace("__", "")
