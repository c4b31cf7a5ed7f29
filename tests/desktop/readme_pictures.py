"""Take README's pictures: the three faces on a dark and on a light panel, and the open menu.

.venv/bin/python -m tests.desktop.readme_pictures      # make pictures
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from PIL import Image

from tests.coding.samples import a_number, a_status
from tests.server import Server
from trayapp.coding.goal import with_goal
from trayapp.coding.preferences import IconFace, Preferences, Scheme
from trayapp.tray.drawing import draw_icon

from .app import App
from .harness import Desktop
from .processes import wait_for
from .screen import Box
from .xfce import XfcePanel

PICTURE = Path(__file__).parents[2] / "assets" / "readme" / "faces-and-menu.png"
MENU_PICTURE = PICTURE.with_name("start-at-login.png")

SECONDS = 7500
GOAL = "3h"
STRIP = Box(824, 0, 1024, 33)
"""The panel's end, with the tray."""


def take(desktop: Desktop, scheme: Scheme) -> list[Image.Image]:
    """Take the panel's end with each face, and with the menu open under the first of them."""
    dark = scheme is Scheme.DARK
    pictures = []
    for face in IconFace:
        with tempfile.TemporaryDirectory() as home, Server("wakatime") as server:
            server.today(
                total_seconds=SECONDS,
                projects={"trayapp": 5400, "website": 2100},
                languages={"Python": 6900, "CSS": 600},
            )
            panel = XfcePanel(desktop, dark=dark)
            app = App(desktop, panel, server, Path(home))
            app.write_config(f'icon = "{face}"\ngoal = "{GOAL}"\ntheme = "{scheme}"\n')
            app.command("autostart", "enable")
            panel.start()
            app.start()
            status = a_status(with_goal(a_number(SECONDS), 10_800))
            status = replace(status, preferences=Preferences(face, scheme))
            icon = app.wait_for_icon(draw_icon(status, 24, scheme))
            wait_for(lambda app=app: "Projects" in app.labels(), "the menu is whole")  # type: ignore[misc]
            part = STRIP
            if face is IconFace.DIGITS:
                menu, _rows = app.open_menu(icon)
                part = Box(STRIP.left, 0, STRIP.right, menu.bottom + 1)
            pictures.append(part.crop(desktop.screenshot()))
            app.end()
            panel.stop()
    return pictures


def main() -> None:
    columns = []
    for scheme in (Scheme.DARK, Scheme.LIGHT):
        with Desktop() as desktop:
            columns.append(take(desktop, scheme))
    width = sum(column[0].width for column in columns) + 20
    height = max(sum(picture.height + 8 for picture in column) for column in columns)
    whole = Image.new("RGBA", (width, height))
    left = 0
    for column in columns:
        top = 0
        for picture in reversed(column):
            whole.paste(picture, (left, top))
            top += picture.height + 8
        left += column[0].width + 20
    whole.resize((width * 2, height * 2), Image.Resampling.NEAREST).save(PICTURE, optimize=True)
    menu = columns[0][0]
    menu.resize((menu.width * 2, menu.height * 2), Image.Resampling.NEAREST).save(
        MENU_PICTURE, optimize=True
    )
    sys.stdout.write(f"{PICTURE}\n{MENU_PICTURE}\n")


if __name__ == "__main__":
    main()
