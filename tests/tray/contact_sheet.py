"""Draw every icon: the golden images that the tests compare with, and a sheet to look at.

    .venv/bin/python -m tests.tray.contact_sheet      # make icons

Golden images are in tests/tray/golden: one for each face and scheme, a row for each size, a column
for each sample. The sheet is artifacts/icons.png, three times as large, on panels of each scheme.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image, ImageDraw

from trayapp.coding.preferences import IconFace, Scheme
from trayapp.tray.drawing import draw_icon

from .icon_samples import SAMPLES, with_face

GOLDEN = Path(__file__).parent / "golden"
ARTIFACTS = Path(__file__).parents[2] / "artifacts"

SIDES = (16, 20, 22, 24)
"""The larger ones are whole multiples of these, which a test of its own proves."""

PANELS = {Scheme.DARK: (53, 53, 53), Scheme.LIGHT: (240, 240, 240)}
"""As xfce4-panel's own are, the lightest dark one and the darkest light one of those tried."""
CELL = 28
ZOOM = 3


def golden_image(face: IconFace, scheme: Scheme) -> Image.Image:
    """Draw all samples in all sizes on clear ground, each in a cell of its own."""
    sheet = Image.new("RGBA", (CELL * len(SAMPLES), CELL * len(SIDES)))
    for row, size in enumerate(SIDES):
        for column, status in enumerate(SAMPLES.values()):
            icon = draw_icon(with_face(status, face), size, scheme)
            sheet.paste(icon, (column * CELL, row * CELL))
    return sheet


def contact_sheet() -> Image.Image:
    """Put all golden images under each other, enlarged, with the samples' names."""
    parts = [(scheme, golden_image(face, scheme)) for face in IconFace for scheme in PANELS]
    width, height = (length * ZOOM for length in parts[0][1].size)
    names = 60
    sheet = Image.new("RGB", (width, names + height * len(parts)), (255, 255, 255))
    draw = ImageDraw.Draw(sheet)
    for column, name in enumerate(SAMPLES):
        text = name.replace(", ", ",\n").replace(" ", "\n")
        draw.text((column * CELL * ZOOM + 4, 4), text, fill=(0, 0, 0))
    for row, (scheme, icons) in enumerate(parts):
        large = icons.resize((width, height), Image.Resampling.NEAREST)
        ground = Image.new("RGB", large.size, PANELS[scheme])
        ground.paste(large, mask=large)
        sheet.paste(ground, (0, names + row * height))
    return sheet


def main() -> None:
    GOLDEN.mkdir(exist_ok=True)
    for face in IconFace:
        for scheme in PANELS:
            golden_image(face, scheme).save(GOLDEN / f"{face}-{scheme}.png")
    ARTIFACTS.mkdir(exist_ok=True)
    contact_sheet().save(ARTIFACTS / "icons.png")
    sys.stdout.write(f"{GOLDEN}\n{ARTIFACTS / 'icons.png'}\n")


if __name__ == "__main__":
    main()
