from __future__ import annotations

import base64
import copy
import logging
import pickle
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.errors import KeyProblemError
from trayapp.settings.credentials import FoundKey
from trayapp.settings.key import LONGEST_KEY, MASK, SHORTEST_KEY, Key, read_key

TEXT = "waka_11111111-2222-4333-8444-555555555555"

key_texts = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0x7E),
    min_size=SHORTEST_KEY,
    max_size=LONGEST_KEY,
)


@pytest.mark.parametrize(
    "shown",
    [
        str(Key(TEXT)),
        repr(Key(TEXT)),
        f"{Key(TEXT)}",
        f"{Key(TEXT)!r:>80}",
        repr(FoundKey(Key(TEXT), "a test", "Correct it.")),
        repr([Key(TEXT)]),
        "%s %r" % (Key(TEXT), Key(TEXT)),  # noqa: UP031 -- as logging formats
    ],
)
def test_no_way_of_showing_a_key_shows_it(shown: str) -> None:
    assert TEXT not in shown
    assert MASK in shown


def test_only_reveal_gives_it() -> None:
    assert Key(TEXT).reveal() == TEXT


def test_it_cannot_be_pickled_but_copied() -> None:
    with pytest.raises(TypeError, match="not to be written"):
        pickle.dumps(Key(TEXT))
    assert copy.deepcopy(FoundKey(Key(TEXT), "a test", "Correct it.")).key == Key(TEXT)
    assert copy.copy(Key(TEXT)) == Key(TEXT)


def test_equality_is_that_of_the_text() -> None:
    assert Key(TEXT) == Key(TEXT)
    assert Key(TEXT) != Key(TEXT + "0")
    assert Key(TEXT) != TEXT
    assert len({Key(TEXT), Key(TEXT)}) == 1


@pytest.mark.parametrize(
    "text",
    ["", "short", "x" * (LONGEST_KEY + 1), f"{TEXT}\n", f"{TEXT} x", "schlüssel", f"{TEXT}\0"],
)
def test_what_is_no_key_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ValueError, match=r"characters") as caught:
        Key(text)
    assert not text or text not in str(caught.value)


def test_a_source_is_named_and_the_key_is_not() -> None:
    with pytest.raises(KeyProblemError, match="from WAKATIME_API_KEY") as caught:
        read_key(f"{TEXT} and more", "WAKATIME_API_KEY")
    assert TEXT not in "".join(traceback.format_exception(caught.value))


def test_blanks_around_a_key_do_not_count() -> None:
    assert read_key(f" {TEXT}\r\n", "a test") == Key(TEXT)


@given(key_texts, st.text(), st.text())
def test_redaction_takes_out_every_form_of_the_key(text: str, before: str, after: str) -> None:
    forms = [
        text,
        base64.b64encode(text.encode()).decode(),
        base64.b64encode(f"{text}:".encode()).decode(),
    ]

    escaped = "".join(f"\\u{ord(sign):04X}" for sign in text)

    redacted = Key(text).redact(before + " ".join([*forms, escaped]) + after)

    # A key that is part of the mask itself is no key of anybody's.
    if text not in MASK:
        assert all(form not in redacted for form in forms)
    assert escaped not in redacted


def test_redaction_takes_out_a_key_of_which_json_escapes_a_part() -> None:
    some = TEXT.replace("-", r"\u002d").replace("b", r"\u0062")

    assert Key(TEXT).redact(f'["{some}", "{TEXT}"]') == f'["{MASK}", "{MASK}"]'


def test_redaction_leaves_the_rest(caplog: pytest.LogCaptureFixture) -> None:
    assert Key(TEXT).redact(f"GET /x {TEXT}, done") == f"GET /x {MASK}, done"
    with caplog.at_level(logging.INFO):
        logging.getLogger("t").info("key %s", Key(TEXT))
    assert TEXT not in caplog.text
