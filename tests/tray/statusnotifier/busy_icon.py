"""An icon that changes everything it shows, as often as it is told to.

    .venv/bin/python -m tests.tray.statusnotifier.busy_icon

Reads lines of a count and a pause in seconds, makes so many changes with that pause after each, and
writes "done". It ends with its standard input.
"""

from __future__ import annotations

import sys
import threading
import time

from PIL import Image, ImageDraw

from trayapp.tray.statusnotifier import Icon
from trayapp.tray.statusnotifier.pystray_base import Menu, MenuItem

SIZES = (16, 22, 24, 32, 48)


def picture(number: int) -> list[Image.Image]:
    """Draw a disc in several sizes, for each number in another colour."""
    images = []
    for size in SIZES:
        image = Image.new("RGBA", (size, size))
        colour = (number % 256, number // 256 % 256, 90, 255)
        ImageDraw.Draw(image).ellipse((0, 0, size - 1, size - 1), fill=colour)
        images.append(image)
    return images


class BusyIcon:
    """The icon and what its menu shows."""

    def __init__(self) -> None:
        self.number = 0
        self.icon = Icon("busy", picture(0), "0", Menu(self.items), label="0")

    def items(self) -> list[MenuItem]:
        number = self.number
        days = [MenuItem(f"Day {number + day}", None) for day in range(7)]
        more = [MenuItem(f"Now and then {number}", None)] if number // 20 % 2 else []
        return [
            MenuItem(f"Today {number}", None, enabled=False),
            Menu.SEPARATOR,
            MenuItem("Check", lambda: None, checked=lambda _: number % 2 == 0),
            MenuItem("Last days", Menu(*days)),
            *more,
        ]

    def change(self) -> None:
        self.number += 1
        self.icon.icon = picture(self.number)
        self.icon.title = f"Title {self.number}"
        self.icon.label = str(self.number) if self.number % 20 else ""
        self.icon.status = "NeedsAttention" if self.number // 10 % 2 else "Active"
        self.icon.update_menu()

    def obey(self) -> None:
        """Do what standard input says, to its end."""
        for line in sys.stdin:
            count, pause = line.split()
            for _ in range(int(count)):
                self.change()
                time.sleep(float(pause))
            sys.stdout.write("done\n")
            sys.stdout.flush()
        self.icon.stop()


def main() -> None:
    busy = BusyIcon()
    threading.Thread(target=busy.obey).start()
    busy.icon.run()


if __name__ == "__main__":
    main()
