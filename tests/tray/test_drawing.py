from __future__ import annotations

from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL.Image import Image

from tests.coding.samples import NOON, a_number, a_status
from trayapp.coding.status import State, Status
from trayapp.errors import KeyRefusedError, SignedOutError, UnreachableError
from trayapp.tray.drawing import DARK, LIGHT, SIZES, draw_icon, icon_text
from trayapp.tray.pixel_font import load_font

NUMBER = a_number()
CLEAR = (0, 0, 0, 0)

STATUSES = {
    "fresh": a_status(NUMBER),
    "stale": a_status(NUMBER, now=NOON + 700),
    "starting": a_status(),
    "offline": a_status(None, UnreachableError("x")),
    "refused": a_status(None, KeyRefusedError("x")),
    "signed out": a_status(None, SignedOutError("x")),
}

SMALLEST = """
    _...##..#......_
    ...#..#.#.......
    ......#.#.......
    .....#..###.....
    ....#...#..#....
    ...#....#..#....
    ...####.#..#....
    ................
    ................
    ....##..####....
    ...#..#.#.......
    ...#..#.###.....
    ...#..#....#....
    ...#..#....#....
    ...#..#.#..#....
    _...##...##...._
"""
"""2h 5m at 16 pixels; _ where it is clear."""


def as_text(image: Image) -> str:
    """Show an image as rows: `#` for ink, `.` for the ground, blank where it is clear."""
    ground = image.getpixel((image.width // 2, image.height - 1))
    marks = {CLEAR: " ", ground: "."}
    rows = (
        "".join(marks.get(image.getpixel((x, y)), "#") for x in range(image.width))
        for y in range(image.height)
    )
    return "\n".join(rows)


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (a_status(a_number(0)), ("0m",)),
        (a_status(a_number(47 * 60)), ("47m",)),
        (a_status(a_number(3600)), ("1h", "00")),
        (a_status(a_number(3 * 3600 + 21 * 60)), ("3h", "21")),
        (a_status(a_number(25 * 3600)), ("25h", "00")),
        (STATUSES["starting"], ("-", "...")),
        (STATUSES["offline"], ("-", "x")),
        (STATUSES["refused"], ("-", "!")),
        (STATUSES["signed out"], ("-", "?")),
    ],
)
def test_the_icon_says_the_time_or_a_dash_and_why(status: Status, text: tuple[str, ...]) -> None:
    assert icon_text(status) == text


@given(st.sampled_from(SIZES), st.integers(0, 25 * 60), st.booleans())
def test_every_time_fits_into_every_size_in_two_colours_and_no_grey(
    size: int, minutes: int, fresh: bool
) -> None:
    status = a_status(a_number(minutes * 60), None if fresh else UnreachableError("x"))

    image = draw_icon(status, size)

    assert (image.mode, image.size) == ("RGBA", (size, size))
    colours = {colour for _, colour in image.getcolors() or ()}
    assert colours == {DARK, LIGHT, CLEAR}


@pytest.mark.parametrize("size", SIZES)
def test_every_state_looks_different_without_colour(size: int) -> None:
    greys = {
        name: draw_icon(status, size).convert("L").tobytes() for name, status in STATUSES.items()
    }

    assert len(set(greys.values())) == len(STATUSES)


def test_a_number_that_is_not_fresh_is_drawn_the_other_way_round() -> None:
    fresh, stale = draw_icon(STATUSES["fresh"], 24), draw_icon(STATUSES["stale"], 24)

    assert STATUSES["stale"].state is State.STALE
    assert as_text(fresh) == as_text(stale)
    assert fresh.getpixel((12, 23)) == DARK
    assert stale.getpixel((12, 23)) == LIGHT


def test_the_smallest_icon_is_drawn_pixel_by_pixel() -> None:
    assert as_text(draw_icon(STATUSES["fresh"], 16)).replace(" ", "_") == dedent(SMALLEST).strip()


@pytest.mark.parametrize("size", [32, 44, 48])
def test_large_icons_are_whole_multiples_of_small_ones(size: int) -> None:
    small = draw_icon(STATUSES["fresh"], size // 2)
    large = draw_icon(STATUSES["fresh"], size)

    assert large.resize((size // 2, size // 2), 0).tobytes() == small.tobytes()


@pytest.mark.parametrize("name", ["digits-4x7", "digits-5x8"])
def test_the_fonts_are_shipped_and_whole(name: str) -> None:
    font = load_font(name)

    assert set("0123456789hm-.x!?") == set(font.glyphs)
    for rows in font.glyphs.values():
        assert len(rows) == font.height
        assert len({len(row) for row in rows}) == 1
        assert set("".join(rows)) <= set("#.")
