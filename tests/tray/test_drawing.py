from __future__ import annotations

from dataclasses import replace
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.coding.samples import NOON, a_number, a_status
from trayapp.coding.file_monitor import FileMonitorStatus
from trayapp.coding.goal import with_goal
from trayapp.coding.preferences import IconFace, Scheme
from trayapp.coding.status import DeliveryStatus, Flag, State, Status
from trayapp.errors import KeyRefusedError, UnreachableError
from trayapp.tray.drawing import (
    BLACK,
    CLEAR,
    FRESH,
    OTHER,
    SIZES,
    Artwork,
    Colour,
    Palette,
    draw_icon,
    draw_icons,
)
from trayapp.tray.icon_faces import GRIDS, draw_face, icon_text
from trayapp.tray.pixel_font import load_font
from trayapp.tray.signs import FLAG_SIGNS, STATE_SIGNS, signs_of

from .contact_sheet import GOLDEN, PANELS, golden_image
from .icon_samples import FLAGS, PAUSED, SAMPLES, STATES, hours, with_face

NUMBER = a_number()
ESTIMATE = replace(NUMBER, source="estimate")
ALL_SIZES = sorted({size for sizes in SIZES.values() for size in sizes})

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


def as_text(image: Image.Image, status: Status) -> str:
    """Show an image as rows: `#` for ink, `.` for the ground, blank where it is clear."""
    palette = (FRESH if status.state is State.FRESH else OTHER)[Scheme.UNKNOWN]
    marks: dict[Colour, str] = {CLEAR: "_", palette.ground: ".", palette.ink: "#"}
    rows = (
        "".join(marks[image.getpixel((x, y))] for x in range(image.width))  # type: ignore[index]
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
        (STATES["starting"], ("-", "…")),
        (STATES["nothing, offline"], ("-", "x")),
        (STATES["nothing, refused"], ("-", "!")),
        (STATES["signed-out"], ("-", "?")),
        (STATES["local"], ("-", "⌂")),
        (STATES["stale"], ("2h", "05⧗")),
        (STATES["offline"], ("2h", "05x")),
        (a_status(a_number(600), UnreachableError("x")), ("10m", "x")),
        (replace(hours(0.5), monitor=PAUSED, delivery=DeliveryStatus(3, 1)), ("30m", "†‖↑")),
        (replace(STATES["offline"], monitor=PAUSED), ("2h", "05x")),
        (FLAGS["estimate"], ("~2h", "05⧗")),
        (a_status(replace(ESTIMATE, total_seconds=60)), ("~1m", "⧗")),
        (a_status(replace(ESTIMATE, total_seconds=47 * 60)), ("47m", "~⧗")),
        (a_status(replace(ESTIMATE, total_seconds=12 * 3600)), ("12h", "00~")),
    ],
)
def test_the_icon_says_the_time_or_a_dash_and_its_signs(
    status: Status, text: tuple[str, ...]
) -> None:
    assert icon_text(status) == text


def test_every_state_and_flag_has_a_sign_of_its_own_but_fresh_which_has_none() -> None:
    assert set(STATE_SIGNS) == set(State)
    assert set(FLAG_SIGNS) == set(Flag)
    signs = [*STATE_SIGNS.values(), *FLAG_SIGNS.values()]
    assert len(set(signs)) == len(signs)
    assert signs_of(hours(1)) == ""


@pytest.mark.parametrize("face", IconFace)
@pytest.mark.parametrize("side", GRIDS)
def test_every_state_and_flag_looks_different_without_colour(face: IconFace, side: int) -> None:
    ink = [
        frozenset(draw_face(status, face, side))
        for name, status in {**STATES, **FLAGS}.items()
        if not name.startswith("nothing")
    ]

    assert len(set(ink)) == len(ink)


@given(
    st.sampled_from(ALL_SIZES),
    st.integers(0, 25 * 60),
    st.sampled_from(["fresh", "offline", "refused", "stale"]),
    st.sampled_from(IconFace),
    st.sampled_from(Scheme),
    st.booleans(),
    st.integers(0, 2),
)
def test_every_time_fits_into_every_size_in_two_colours_and_no_grey(
    size: int, minutes: int, how: str, face: IconFace, scheme: Scheme, paused: bool, dead: int
) -> None:
    number = with_goal(a_number(minutes * 60), 3600)
    error = {"offline": UnreachableError("x"), "refused": KeyRefusedError("x")}.get(how)
    status = a_status(number, error, now=NOON + 700 if how == "stale" else NOON)
    monitor = PAUSED if paused else FileMonitorStatus()
    status = with_face(replace(status, monitor=monitor, delivery=DeliveryStatus(dead=dead)), face)

    image = draw_icon(status, size, scheme)

    assert (image.mode, image.size) == ("RGBA", (size, size))
    colours = (FRESH if status.state is State.FRESH else OTHER)[scheme]
    assert {colour for _, colour in image.getcolors() or ()} == {colours.ink, colours.ground, CLEAR}


@pytest.mark.parametrize("face", IconFace)
@pytest.mark.parametrize("scheme", PANELS)
def test_the_icons_are_those_that_were_looked_at(face: IconFace, scheme: Scheme) -> None:
    """`make icons` draws the golden images anew, and a sheet of them all to look at."""
    golden = Image.open(GOLDEN / f"{face}-{scheme}.png")

    assert golden_image(face, scheme).tobytes() == golden.convert("RGBA").tobytes()


@pytest.mark.parametrize("size", [size for size in ALL_SIZES if size not in GRIDS])
@pytest.mark.parametrize("face", IconFace)
def test_large_icons_are_whole_multiples_of_small_ones(size: int, face: IconFace) -> None:
    for status in SAMPLES.values():
        small = draw_icon(with_face(status, face), size // 2)
        large = draw_icon(with_face(status, face), size)

        assert large.resize((size // 2, size // 2), 0).tobytes() == small.tobytes()


def test_the_smallest_icon_is_drawn_pixel_by_pixel() -> None:
    status = a_status(NUMBER)

    assert as_text(draw_icon(status, 16), status) == dedent(SMALLEST).strip()


@pytest.mark.parametrize("artwork", Artwork)
def test_each_artwork_has_its_sizes_smallest_first(artwork: Artwork) -> None:
    images = draw_icons(a_status(NUMBER), Scheme.DARK, artwork)

    assert tuple(image.width for image in images) == SIZES[artwork]
    assert sorted(SIZES[artwork]) == list(SIZES[artwork])


def test_a_template_is_black_and_clear_only() -> None:
    (image,) = draw_icons(STATES["offline"], Scheme.DARK, Artwork.TEMPLATE)

    assert {colour for _, colour in image.getcolors() or ()} == {BLACK, CLEAR}


def test_a_template_has_the_clock_in_place_of_digits() -> None:
    digits, plain, ring = (
        draw_icons(with_face(STATES["fresh"], face), Scheme.DARK, Artwork.TEMPLATE)
        for face in (IconFace.DIGITS, IconFace.PLAIN, IconFace.RING)
    )

    assert digits == plain != ring


def test_the_ring_fills_with_the_goal_and_is_dotted_without_one() -> None:
    def ink(status: Status) -> int:
        return len(draw_face(status, IconFace.RING, 24))

    filled = [ink(hours(share * 3)) for share in (0, 0.25, 0.5, 0.75, 0.99)]

    assert filled == sorted(set(filled))
    assert ink(a_status(NUMBER)) < filled[0]


def luminance(colour: tuple[int, ...]) -> float:
    """Give WCAG's relative luminance."""
    parts = [channel / 255 for channel in colour[:3]]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """Give WCAG's contrast ratio: 4.5 is enough for text, 3 for shapes."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("palettes", [FRESH, OTHER], ids=["fresh", "other"])
@pytest.mark.parametrize("scheme", Scheme)
def test_digits_stand_out_from_the_badge_and_the_badge_from_the_panel(
    scheme: Scheme, palettes: dict[Scheme, Palette]
) -> None:
    palette = palettes[scheme]

    assert contrast(palette.ink, palette.ground) >= 4.5
    if scheme in PANELS:
        assert contrast(palette.ground, PANELS[scheme]) >= 3


@pytest.mark.parametrize("name", ["digits-4x7", "digits-5x8"])
def test_the_fonts_are_shipped_and_whole(name: str) -> None:
    font = load_font(name)

    signs = "".join([*STATE_SIGNS.values(), *FLAG_SIGNS.values()])
    assert set("0123456789hm-" + signs) == set(font.glyphs)
    for rows in font.glyphs.values():
        assert len(rows) == font.height
        assert len({len(row) for row in rows}) == 1
        assert set("".join(rows)) <= set("#.")
