"""The icon: a Status and a size in, an image out.

The digits are pixel-font art drawn for each size, in whole multiples; scaled type turns grey
(desktop.md 2). They stand on a badge of their own, which is seen on light and dark panels alike. A
number that is not fresh is drawn dark on light, so that no state is told by colour alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trayapp.coding.duration import NOT_KNOWN, hours_and_minutes
from trayapp.coding.status import State, Status
from trayapp.tray.pixel_font import load_font

if TYPE_CHECKING:
    from PIL.Image import Image

SIZES = (16, 22, 24, 32, 44, 48)
"""Every size that panels ask for, in pixels."""

DARK = (24, 62, 140, 255)
LIGHT = (250, 250, 250, 255)

_SIGNS = {
    State.STARTING: "...",
    State.FRESH: "",
    State.STALE: "",
    State.OFFLINE: "x",
    State.REFUSED: "!",
    State.SIGNED_OUT: "?",
    State.LOCAL: "?",
}
"""What stands under the dash while no number is known."""


@dataclass(frozen=True)
class _Grid:
    """How a size is drawn: `cells` square pixels a side, each `scale` wide."""

    font: str
    cells: int
    scale: int


_GRIDS = {
    16: _Grid("digits-4x7", 16, 1),
    22: _Grid("digits-5x8", 22, 1),
    24: _Grid("digits-5x8", 24, 1),
    32: _Grid("digits-4x7", 16, 2),
    44: _Grid("digits-5x8", 22, 2),
    48: _Grid("digits-5x8", 24, 2),
}


def icon_text(status: Status) -> tuple[str, ...]:
    """Give the icon's one or two lines: `3h` over `21`, `47m`, or a dash over a sign."""
    if status.number is None:
        sign = _SIGNS[status.state]
        return (NOT_KNOWN, sign) if sign else (NOT_KNOWN,)
    hours, minutes = hours_and_minutes(status.number.total_seconds)
    return (f"{hours}h", f"{minutes:02}") if hours else (f"{minutes}m",)


def draw_icon(status: Status, size: int) -> Image:
    """Draw the icon as RGBA, `size` pixels square; one of SIZES."""
    from PIL import Image  # noqa: PLC0415 -- heavy, and the cheap commands draw nothing

    grid = _GRIDS[size]
    ink, ground = (LIGHT, DARK) if status.state is State.FRESH else (DARK, LIGHT)
    image = Image.new("RGBA", (grid.cells, grid.cells), ground)
    last = grid.cells - 1
    for corner in ((0, 0), (0, last), (last, 0), (last, last)):
        image.putpixel(corner, (0, 0, 0, 0))
    font = load_font(grid.font)
    lines = icon_text(status)
    top = (grid.cells - len(lines) * font.height - (len(lines) - 1) * 2) // 2
    for line in lines:
        rows = font.rows(line)
        left = (grid.cells - len(rows[0])) // 2
        for y, row in enumerate(rows):
            for x, mark in enumerate(row):
                if mark == "#":
                    image.putpixel((left + x, top + y), ink)
        top += font.height + 2
    if grid.scale == 1:
        return image
    return image.resize((size, size), Image.Resampling.NEAREST)
