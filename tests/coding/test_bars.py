from __future__ import annotations

import json
import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.coding.bars import FORMATS, render

from .bar_samples import GOLDEN, MARKUP, golden, samples

ONE_LINE = [form for form in FORMATS if form != "xbar"]

NAMES = st.one_of(
    st.text(max_size=30),
    st.text(alphabet='%{}#[]()<>&"|\\-~`$\n\r\t\0ab', max_size=30),
)


def document_named(name: str) -> dict[str, Any]:
    """Give a document in which all that others may name is called so."""
    share = {"name": name, "total_seconds": 60.0}
    return {
        **samples()["refused, waiting, dead, paused"],
        "account": name,
        "projects": [share],
        "languages": [share],
        "error": {"title": name, "hint": f"{name}."},
    }


@pytest.mark.parametrize("form", FORMATS)
def test_each_format_gives_what_the_golden_file_holds(form: str) -> None:
    """`python -m tests.coding.bar_samples` writes them anew."""
    assert golden(form) == (GOLDEN / f"{form}.txt").read_text("utf-8")


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", samples())
def test_what_is_shown_says_how_sure_it_is(form: str, name: str) -> None:
    document = samples()[name]
    shown = render(form, document, "12:00")

    if document["total_seconds"] is None:
        assert "2h" not in shown
        assert "-" in shown
    else:
        assert ("~" in shown) == (document["source"] == "estimate")
        said = document["fresh"] or document["source"] == "estimate"
        assert ("as of 12:00" in shown) != said


@pytest.mark.parametrize("name", samples())
def test_waybars_classes_are_the_state_and_the_flags(name: str) -> None:
    document = samples()[name]
    module = json.loads(render("waybar", document, "12:00"))

    assert module["class"] == [document["state"], *document["flags"]]
    assert module["alt"] == document["state"]
    assert ("percentage" in module) == (document["goal"] is not None)
    assert set(module) - {"percentage"} == {"text", "alt", "tooltip", "class"}


@given(NAMES)
def test_whatever_others_are_called_a_line_stays_one_line(name: str) -> None:
    document = document_named(name)

    for form in ONE_LINE:
        for template in (None, "{project} {account}"):
            line = render(form, document, "12:00", template)
            assert len(line.splitlines()) <= 1
            line.encode()


@given(NAMES)
def test_whatever_others_are_called_pangos_markup_is_whole(name: str) -> None:
    module = json.loads(render("waybar", document_named(name), "12:00", "{project}"))

    for text in (module["text"], module["tooltip"]):
        assert not list(ET.fromstring(f"<markup>{text}</markup>"))


@given(NAMES)
def test_whatever_others_are_called_it_is_no_markup(name: str) -> None:
    document = document_named(name)

    polybar = render("polybar", document, "12:00", "{project}")
    assert set(re.findall(r"%\{.{0,3}", polybar)) <= {"%{O0}"}
    tmux = render("tmux", document, "12:00", "{project}")
    assert "#" not in tmux.replace("##", "")


@given(NAMES)
def test_whatever_others_are_called_xbars_menu_has_the_same_lines(name: str) -> None:
    plain = render("xbar", document_named("name"), "12:00", "{project}").split("\n")
    lines = render("xbar", document_named(name), "12:00", "{project}").split("\n")

    assert len(lines) == len(plain)
    assert not lines[0].lstrip().startswith("--")
    assert lines[0].partition("|")[2] == " emojize=false"
    for line, other in zip(lines[1:], plain[1:], strict=True):
        assert re.match(r"-*", line)[0] == re.match(r"-*", other)[0]  # type: ignore[index]
        assert line.partition("|")[2] == other.partition("|")[2]


@pytest.mark.parametrize(
    ("name", "template", "title"),
    [
        (":tada:", "{project}", ":tada: | emojize=false"),
        ("---", "{project}", "\u2010-- | emojize=false"),
        ("--x", " {project}", " \u2010-x | emojize=false"),
        ("-x", "{project}", "-x | emojize=false"),
        ("a|b", "{project} | color=red", "a\u2223b | color=red emojize=false"),
        ("a", ":tada: {project}|emojize=true", ":tada: a |emojize=true"),
    ],
)
def test_in_xbars_title_a_name_is_neither_an_emoji_nor_a_line_between(
    name: str, template: str, title: str
) -> None:
    assert render("xbar", document_named(name), "12:00", template).split("\n")[0] == title


def test_a_template_takes_the_place_of_the_time_and_keeps_its_own_markup() -> None:
    document = samples()["fresh"]
    document["projects"] = [{"name": MARKUP, "total_seconds": 60.0}]
    template = "%{{F#fff}}#[bold]<b>{hours}</b> {project}"

    assert render("plain", document, "12:00", template) == f"%{{F#fff}}#[bold]<b>2</b> {MARKUP}"
    assert render("polybar", document, "12:00", template) == (
        '%{F#fff}#[bold]<b>2</b> a|b <i>&"c" #[fg=red] %%{O0}{F#f00}'
    )
    assert render("tmux", document, "12:00", template) == (
        '%{F#fff}#[bold]<b>2</b> a|b <i>&"c" ##[fg=red] %{F##f00}'
    )
    assert json.loads(render("waybar", document, "12:00", template))["text"] == (
        '%{F#fff}#[bold]<b>2</b> a|b &lt;i&gt;&amp;"c" #[fg=red] %{F#f00}'
    )
    assert json.loads(render("i3blocks", document, "12:00", template))["full_text"].endswith(MARKUP)
    assert (
        render("xbar", document, "12:00", template)
        .split("\n")[0]
        .endswith("a\u2223b " + MARKUP[4:] + " | emojize=false")
    )
