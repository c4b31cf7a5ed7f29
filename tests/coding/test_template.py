from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.coding.template import NUMBERS, TEXTS, TemplateError, fill, parse_template

from .bar_samples import MARKUP, samples


def filled(template: str, document: dict[str, Any], as_of: str = "") -> str:
    return fill(parse_template(template), document, as_of)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{hours}:{minutes:02} {project}", "2:05 trayapp"),
        ("{text}", "2h 5m"),
        ("{total_seconds}", "7500"),
        ("{total_seconds:,}", "7,500"),
        ("{minutes:>4}|", "   5|"),
        ("{project:.3}", "tra"),
        ("{project:>10}", "   trayapp"),
        ("{language}", "Python"),
        ("{editor}", "-"),
        ("{percent:3} % of {goal}", "- % of -"),
        ("{state} {flags}", "fresh "),
        ("{account} {date}", "hackatime 2026-11-21"),
        ("{{{hours}}}", "{2}"),
        ("{{hours}} }}{{", "{hours} }{"),
        ("100 %", "100 %"),
        ("", ""),
    ],
)
def test_a_field_stands_for_its_value(template: str, text: str) -> None:
    assert filled(template, samples()["fresh"]) == text


@pytest.mark.parametrize(
    ("name", "template", "text"),
    [
        ("goal", "{percent}% of {goal}", "69% of 3h"),
        ("estimate", "{sign}{hours}:{minutes:02}", "~2:30"),
        ("fresh", "{sign}{hours}:{minutes:02}", "2:05"),
        ("refused, waiting, dead, paused", "{flags}", "dead paused waiting"),
        ("not known", "{hours}:{minutes:02} {text} {project} {date}", "-:- - - -"),
        ("local, not known", "{account}", "-"),
    ],
)
def test_each_kind_of_status_is_told(name: str, template: str, text: str) -> None:
    assert filled(template, samples()[name]) == text


def test_from_when_a_number_is_can_be_said() -> None:
    assert filled("{hours}h{as_of}", samples()["stale"], " as of 12:00") == "2h as of 12:00"


def test_a_name_that_is_markup_stays_one_line_of_text() -> None:
    document = samples()["fresh"]
    document["projects"] = [{"name": f"a\n\x1b[31m{MARKUP}", "total_seconds": 1.0}]

    assert filled("{project}", document) == f"a [31m{MARKUP}"


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{seconds}", "no field 'seconds'"),
        ("{}", "no field ''"),
        ("{0}", "no field '0'"),
        ("{hours.real}", "no field 'hours.real'"),
        ("{project.__class__.__mro__}", "no field 'project.__class__.__mro__'"),
        ("{project[0]}", "no field 'project[0]'"),
        ("{hours!r}", "no field 'hours!r'"),
        ("{ hours }", "no field ' hours '"),
        ("{hours:x<y}", "{hours:x<y} cannot be formatted"),
        ("{hours:s}", "{hours:s} cannot be formatted"),
        ("{hours:c}", "{hours:c} cannot be formatted (c makes a character of a number)"),
        ("{project:c}", "{project:c} cannot be formatted (Unknown format code 'c'"),
        ("{project:02d}", "{project:02d} cannot be formatted"),
        ("{hours:9999999999}", "too wide"),
        ("{hours:{minutes}}", "{hours:{minutes} cannot be formatted"),
        ("{hours", "A { has no }"),
        ("hours}", "A } has no {"),
        ("a\nb", "one line"),
    ],
)
def test_a_template_that_cannot_be_filled_says_what_is_wrong(template: str, words: str) -> None:
    with pytest.raises(TemplateError) as caught:
        parse_template(template)

    assert words in caught.value.title
    assert caught.value.hint


def test_a_field_that_is_not_known_names_those_that_are() -> None:
    with pytest.raises(TemplateError) as caught:
        parse_template("{hour}")

    for field in NUMBERS + TEXTS:
        assert field in caught.value.hint


@given(st.text(alphabet="{}:!.[]0123456789<>=^+-#,_%bcdeEfFgGnosxXhours minutes", max_size=20))
def test_a_template_that_is_taken_can_be_filled_whatever_is_known(template: str) -> None:
    try:
        pieces = parse_template(template)
    except TemplateError:
        return
    for document in samples().values():
        fill(pieces, document, " as of 12:00")
