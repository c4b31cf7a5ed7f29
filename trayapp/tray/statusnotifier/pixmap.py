"""Pillow images as the pixmaps of the StatusNotifierItem interface."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

PIXMAP_LIMIT = 16
"""How many sizes of one icon are sent."""

SIDE_LIMIT = 256
"""The largest width and height sent, in pixels; panels scale anything larger down anyway."""


@dataclass(frozen=True, slots=True)
class Pixmap:
    """One size of an icon: rows of A, R, G, B bytes, not premultiplied.

    https://www.freedesktop.org/wiki/Specifications/StatusNotifierItem/Icons/
    """

    width: int
    height: int
    data: bytes = field(repr=False)


def pixmap(image: Image) -> Pixmap:
    """Convert one image of any mode, shrunk when it is larger than a panel can use."""
    if image.width < 1 or image.height < 1:
        raise ValueError(f"an icon of {image.width}x{image.height} pixels cannot be shown")
    rgba = image.convert("RGBA")
    if max(rgba.size) > SIDE_LIMIT:
        rgba.thumbnail((SIDE_LIMIT, SIDE_LIMIT))
    pixels = rgba.tobytes()
    data = bytearray(len(pixels))
    data[0::4] = pixels[3::4]
    data[1::4] = pixels[0::4]
    data[2::4] = pixels[1::4]
    data[3::4] = pixels[2::4]
    return Pixmap(rgba.width, rgba.height, bytes(data))


def pixmaps(icon: Image | Sequence[Image]) -> tuple[Pixmap, ...]:
    """Convert an icon, one image or the same icon drawn in several sizes, smallest first."""
    images = icon if isinstance(icon, Sequence) else (icon,)
    converted = sorted(map(pixmap, images), key=lambda size: (size.width, size.height))
    return tuple(converted[-PIXMAP_LIMIT:])
