"""Looking at screenshots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image, ImageChops

if TYPE_CHECKING:
    from collections.abc import Sequence

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Box:
    """A rectangle on the screen, right and bottom outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def centre(self) -> tuple[int, int]:
        return (self.left + self.right) // 2, (self.top + self.bottom) // 2

    def crop(self, image: Image.Image) -> Image.Image:
        """Return the part of a screenshot that lies in the box."""
        return image.crop((self.left, self.top, self.right, self.bottom))


def find_colour(image: Image.Image, colour: Colour, tolerance: int = 24) -> Box | None:
    """Return the box round all pixels of a colour, None where there are fewer than nine."""
    difference = ImageChops.difference(image, Image.new("RGB", image.size, colour))
    bands = [band.point(lambda value: 255 * (value <= tolerance)) for band in difference.split()]
    same = ImageChops.darker(ImageChops.darker(bands[0], bands[1]), bands[2])
    box = same.getbbox()
    return Box(*box) if box is not None and same.histogram()[255] >= 9 else None


def changed(before: Image.Image, after: Image.Image, within: Box | None = None) -> Box | None:
    """Return the box round all pixels that differ between two screenshots."""
    if within is None:
        box = ImageChops.difference(before, after).getbbox()
        return None if box is None else Box(*box)
    box = ImageChops.difference(within.crop(before), within.crop(after)).getbbox()
    if box is None:
        return None
    left, top, right, bottom = box
    x, y = within.left, within.top
    return Box(left + x, top + y, right + x, bottom + y)


def text_rows(image: Image.Image, box: Box, smallest: int = 5) -> Sequence[Box]:
    """Return the lines of text in a menu, from the top.

    A line is a band of pixel rows that are not of one colour, at least `smallest` rows high; a
    separator is thinner, and so is the menu's frame.
    """
    inner = Box(box.left + 3, box.top + 3, box.right - 3, box.bottom - 3)
    grey = inner.crop(image).convert("L")
    rows = []
    start = None
    for y in range(grey.height + 1):
        row = grey.crop((0, y, grey.width, min(y + 1, grey.height))).tobytes()
        written = bool(row) and max(row) - min(row) > 40
        if written and start is None:
            start = y
        elif not written and start is not None:
            if y - start >= smallest:
                rows.append(Box(inner.left, inner.top + start, inner.right, inner.top + y))
            start = None
    return rows
