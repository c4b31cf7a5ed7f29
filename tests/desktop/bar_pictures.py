"""Make README's picture of the bars from the screenshots of test_bars.py.

.venv/bin/python -m tests.desktop.bar_pictures      # make pictures runs both
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

from .harness import ARTIFACTS

PICTURE = Path(__file__).parents[2] / "assets" / "readme" / "bars.png"

NAMES = ("bar-waybar", "bar-waybar-offline", "bar-polybar")
WIDTH, HEIGHT, GAP = 300, 30, 6


def main() -> None:
    whole = Image.new("RGBA", (WIDTH, len(NAMES) * (HEIGHT + GAP) - GAP))
    for row, name in enumerate(NAMES):
        screen = Image.open(ARTIFACTS / f"{name}.png")
        strip = screen.crop((screen.width - WIDTH, 0, screen.width, HEIGHT))
        whole.paste(strip, (0, row * (HEIGHT + GAP)))
    whole.resize((whole.width * 2, whole.height * 2), Image.Resampling.NEAREST).save(
        PICTURE, optimize=True
    )
    sys.stdout.write(f"{PICTURE}\n")


if __name__ == "__main__":
    main()
