"""Draw the application's icons.

Up to 24 pixels they are the tray's own plain mark, cell for cell; above it the same mark drawn
smooth, as the SVG says it.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from tests.coding.samples import a_number, a_status
from tests.tray.icon_samples import with_face
from trayapp.coding.preferences import IconFace, Scheme
from trayapp.desktop.autostart_xdg import ICON
from trayapp.desktop.integration import OURS
from trayapp.tray.drawing import CLEAR, FRESH, Colour, draw_icon
from trayapp.tray.windows import ico

PIXEL_ART = (16, 20, 22, 24)
HICOLOR = (16, 22, 24, 32, 48, 64, 128, 256)
WINDOWS = (16, 20, 24, 32, 40, 48, 64, 128, 256)

COLOURS = FRESH[Scheme.UNKNOWN]

# The mark, on a square of so many units: the sides are those of the tray's icon of 24 pixels.
SIDE = 24
CORNER = 2.5
RADIUS = 9.75
LINE = 2
HANDS = ((11, 6, 13, 13), (11, 11, 18, 13))

FINER = 8
"""A smooth picture is drawn so many times as large, and made smaller."""


def mark(size: int) -> Image.Image:
    """Draw the icon, so many pixels square."""
    if size in PIXEL_ART:
        return draw_icon(with_face(a_status(a_number()), IconFace.PLAIN), size)
    unit = size * FINER / SIDE
    picture = Image.new("RGBA", (size * FINER, size * FINER), CLEAR)
    draw = ImageDraw.Draw(picture)

    def box(left: float, top: float, right: float, bottom: float) -> tuple[float, ...]:
        # Pillow counts the last pixel in.
        return (left * unit, top * unit, right * unit - 1, bottom * unit - 1)

    draw.rounded_rectangle(box(0, 0, SIDE, SIDE), CORNER * unit, COLOURS.ground)
    for radius, colour in (
        (RADIUS + LINE / 2, COLOURS.ink),
        (RADIUS - LINE / 2, COLOURS.ground),
    ):
        draw.ellipse(box(*(SIDE / 2 + far for far in (-radius, -radius, radius, radius))), colour)
    for hand in HANDS:
        draw.rectangle(box(*hand), COLOURS.ink)
    return picture.resize((size, size), Image.Resampling.BOX)


def png(size: int) -> bytes:
    """Give the icon as a PNG file."""
    about = PngInfo()
    about.add_text(OURS, "true")
    stream = BytesIO()
    mark(size).save(stream, "PNG", pnginfo=about, optimize=True)
    return stream.getvalue()


def windows_icon() -> bytes:
    """Give the icon as an ICO file, in every size that Windows shows."""
    return ico([mark(size) for size in WINDOWS])


def svg() -> str:
    """Give the icon for any size."""
    middle = SIDE // 2
    hands = "".join(_rectangle(*hand) for hand in HANDS)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="128" height="128"'
        f' viewBox="0 0 {SIDE} {SIDE}">\n'
        f"  <!-- {OURS} -->\n"
        f'  <rect width="{SIDE}" height="{SIDE}" rx="{CORNER}" fill="{_hex(COLOURS.ground)}"/>\n'
        f'  <circle cx="{middle}" cy="{middle}" r="{RADIUS}" fill="none"'
        f' stroke="{_hex(COLOURS.ink)}" stroke-width="{LINE}"/>\n'
        f'  <path fill="{_hex(COLOURS.ink)}" d="{hands}"/>\n'
        "</svg>\n"
    )


def symbolic_svg() -> str:
    """Give the icon in one colour, which the desktop replaces by its own.

    Only areas are filled, on a grid of 16 cells: GTK colours no strokes.
    """
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16">\n'
        f"  <!-- {OURS} -->\n"
        '  <path fill="#2e3436" fill-rule="evenodd" d="'
        "M2 0h12a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2H2a2 2 0 0 1-2-2V2a2 2 0 0 1 2-2z"
        "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2z"
        '"/>\n'
        '  <path fill="#2e3436" d="M7 4h2v3h3v2H7z"/>\n'
        "</svg>\n"
    )


def icons() -> Iterator[tuple[Path, bytes]]:
    """Give each icon of a desktop's theme with its place."""
    for size in HICOLOR:
        yield Path(f"{size}x{size}", "apps", f"{ICON}.png"), png(size)
    yield Path("scalable", "apps", f"{ICON}.svg"), svg().encode()
    yield Path("symbolic", "apps", f"{ICON}-symbolic.svg"), symbolic_svg().encode()


def _rectangle(left: float, top: float, right: float, bottom: float) -> str:
    return f"M{left} {top}H{right}V{bottom}H{left}z"


def _hex(colour: Colour) -> str:
    return "#" + bytes(colour[:3]).hex()
