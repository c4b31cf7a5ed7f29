"""The icon: a Status, what it stands on and a size in, an image out.

Its ink stands on a badge of its own, so that it is legible on a panel of any colour; the badge is
light on dark panels and dark on light ones. A state that is not fresh has a grey badge beside its
sign.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, TypeAlias

from trayapp.coding.preferences import IconFace, Scheme
from trayapp.coding.status import State, Status
from trayapp.tray.icon_faces import GRIDS, draw_face

if TYPE_CHECKING:
    from PIL.Image import Image

Colour: TypeAlias = tuple[int, int, int, int]

CLEAR: Colour = (0, 0, 0, 0)
BLACK: Colour = (0, 0, 0, 255)
WHITE: Colour = (255, 255, 255, 255)


class Artwork(Enum):
    """What a backend's images are like."""

    PANEL = auto()
    """On a badge, in every size that Linux panels ask for."""
    TEMPLATE = auto()
    """Black on clear ground, which macOS colours: 22 points at twice the resolution.

    Digits are no part of it: there they stand beside the icon, in the system's own font.
    """
    TASKBAR = auto()
    """On a badge, in Windows' sizes from 100 % to 200 % and what it shrinks."""


SIZES = {
    Artwork.PANEL: (16, 22, 24, 32, 44, 48),
    Artwork.TEMPLATE: (44,),
    Artwork.TASKBAR: (16, 20, 24, 32, 40, 48),
}
"""The sides of the images, in pixels."""


@dataclass(frozen=True)
class Palette:
    """The colours of one badge."""

    ground: Colour
    ink: Colour


NIGHT: Colour = (10, 20, 46, 255)

FRESH = {
    Scheme.DARK: Palette((122, 172, 255, 255), NIGHT),
    Scheme.LIGHT: Palette((24, 62, 140, 255), WHITE),
    Scheme.UNKNOWN: Palette((47, 111, 222, 255), WHITE),
}
OTHER = {
    Scheme.DARK: Palette((206, 210, 218, 255), NIGHT),
    Scheme.LIGHT: Palette((84, 90, 102, 255), WHITE),
    Scheme.UNKNOWN: Palette((206, 210, 218, 255), NIGHT),
}


def palette(status: Status, scheme: Scheme) -> Palette:
    """Choose the badge's colours; what is drawn for a panel unknown can be read on every one."""
    return (FRESH if status.state is State.FRESH else OTHER)[scheme]


def draw_icons(status: Status, scheme: Scheme, artwork: Artwork) -> tuple[Image, ...]:
    """Draw the icon in every size that this artwork has, the smallest first."""
    face, colours = status.preferences.icon, palette(status, scheme)
    if artwork is Artwork.TEMPLATE:
        colours = Palette(CLEAR, BLACK)
        face = IconFace.PLAIN if face is IconFace.DIGITS else face
    return tuple(_draw(status, face, size, colours) for size in SIZES[artwork])


def draw_icon(status: Status, size: int, scheme: Scheme = Scheme.UNKNOWN) -> Image:
    """Draw the icon on its badge as RGBA, so many pixels square: one of GRIDS, or a multiple."""
    return _draw(status, status.preferences.icon, size, palette(status, scheme))


def _draw(status: Status, face: IconFace, size: int, colours: Palette) -> Image:
    from PIL import Image  # noqa: PLC0415 -- heavy, and the cheap commands draw nothing

    side = max(grid for grid in GRIDS if size % grid == 0)
    image = Image.new("RGBA", (side, side), colours.ground)
    for corner in ((0, 0), (0, side - 1), (side - 1, 0), (side - 1, side - 1)):
        image.putpixel(corner, CLEAR)
    for cell in draw_face(status, face, side):
        image.putpixel(cell, colours.ink)
    return image if side == size else image.resize((size, size), Image.Resampling.NEAREST)
