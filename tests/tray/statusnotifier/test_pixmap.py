from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from trayapp.tray.statusnotifier.pixmap import PIXMAP_LIMIT, SIDE_LIMIT, Pixmap, pixmap, pixmaps

ROWS = st.integers(1, 6).flatmap(
    lambda width: st.lists(
        st.lists(st.tuples(*[st.integers(0, 255)] * 4), min_size=width, max_size=width),
        min_size=1,
        max_size=6,
    )
)


@given(ROWS)
def test_every_pixel_is_alpha_red_green_blue_row_by_row(
    rows: list[list[tuple[int, int, int, int]]],
) -> None:
    image = Image.new("RGBA", (len(rows[0]), len(rows)))
    for y, row in enumerate(rows):
        for x, pixel in enumerate(row):
            image.putpixel((x, y), pixel)

    expected = bytes(part for row in rows for r, g, b, a in row for part in (a, r, g, b))
    assert pixmap(image) == Pixmap(len(rows[0]), len(rows), expected)


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [
        ("RGB", (1, 2, 3), bytes((255, 1, 2, 3))),
        ("L", 9, bytes((255, 9, 9, 9))),
        ("LA", (9, 80), bytes((80, 9, 9, 9))),
        ("1", 1, bytes((255, 255, 255, 255))),
        ("P", 0, bytes((255, 0, 0, 0))),
    ],
)
def test_any_mode_is_taken(mode: str, colour: int | tuple[int, ...], expected: bytes) -> None:
    assert pixmap(Image.new(mode, (1, 1), colour)).data == expected


def test_sizes_are_sent_smallest_first() -> None:
    sizes = pixmaps([Image.new("RGBA", (side, side)) for side in (32, 16, 22)])

    assert [(one.width, one.height, len(one.data)) for one in sizes] == [
        (16, 16, 1024),
        (22, 22, 1936),
        (32, 32, 4096),
    ]


def test_one_image_is_one_pixmap() -> None:
    assert len(pixmaps(Image.new("RGBA", (24, 24)))) == 1


def test_an_image_larger_than_a_panel_is_shrunk_in_proportion() -> None:
    shrunk = pixmap(Image.new("RGB", (4000, 1000)))

    assert (shrunk.width, shrunk.height) == (SIDE_LIMIT, SIDE_LIMIT // 4)
    assert len(shrunk.data) == 4 * SIDE_LIMIT * SIDE_LIMIT // 4


def test_there_are_not_more_sizes_than_the_limit() -> None:
    assert len(pixmaps([Image.new("L", (1, 1))] * (PIXMAP_LIMIT + 3))) == PIXMAP_LIMIT


def test_an_image_without_pixels_is_an_error() -> None:
    with pytest.raises(ValueError, match="0x5"):
        pixmap(Image.new("RGBA", (0, 5)))
