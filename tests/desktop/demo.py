"""An icon with one of everything, to try a panel by hand and from tests.

    .venv/bin/python -m tests.desktop.demo

Writes a line for what is chosen and for how it ends: Quit, SIGINT, SIGTERM or SIGHUP.
"""

from __future__ import annotations

import logging
import signal
import sys
import threading
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from trayapp.tray.statusnotifier import Icon
from trayapp.tray.statusnotifier.pystray_base import Menu, MenuItem

if TYPE_CHECKING:
    from collections.abc import Callable

    from .screen import Colour

MAGENTA = (255, 0, 200)
GREEN = (0, 220, 60)


def picture(colour: Colour) -> list[Image.Image]:
    """Draw a filled disc in several sizes."""
    images = []
    for size in (16, 22, 24, 32, 48):
        image = Image.new("RGBA", (size, size))
        ImageDraw.Draw(image).ellipse((0, 0, size - 1, size - 1), fill=(*colour, 255))
        images.append(image)
    return images


def write(line: str) -> None:
    """Write a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class Demo:
    """The icon, and the little state that its menu shows."""

    def __init__(self) -> None:
        self.time = "0 s"
        self.checked = True
        self.choice = 1
        self.revealed = False
        self.said: list[str] = []
        self.icon = Icon("trayapp-demo", picture(MAGENTA), "Demo", self.menu())
        self.icon.on_menu_open = self.opened

    def menu(self) -> Menu:
        """Return the menu; each of its lines is one of the things a panel must get right."""
        return Menu(
            MenuItem(lambda _item: f"Running for {self.time}", None, enabled=False),
            Menu.SEPARATOR,
            MenuItem("Default_item", self.default, default=True),
            MenuItem("Checked", self.toggle, checked=lambda _item: self.checked),
            MenuItem("Radio", Menu(*map(self.radio, (1, 2, 3)))),
            MenuItem("Reveal", self.reveal),
            MenuItem("Revealed", None, visible=lambda _item: self.revealed),
            MenuItem("Fail", self.fail),
            Menu.SEPARATOR,
            MenuItem("Quit", self.quit),
        )

    def say(self, what: str) -> None:
        self.said.append(what)
        write(what)

    def radio(self, number: int) -> MenuItem:
        def choose() -> None:
            self.choice = number
            self.say(f"choice {number}")

        return MenuItem(
            f"Choice {number}", choose, checked=lambda _item: self.choice == number, radio=True
        )

    def opened(self) -> None:
        self.say("opened")

    def default(self) -> None:
        self.icon.icon = picture(GREEN)
        self.say("default")

    def toggle(self) -> None:
        self.checked = not self.checked
        self.say(f"checked {self.checked}")

    def reveal(self) -> None:
        self.revealed = not self.revealed
        self.say(f"revealed {self.revealed}")

    def fail(self) -> None:
        self.say("failing")
        raise RuntimeError("this action always fails")

    def quit(self) -> None:
        self.say("quit")
        self.icon.stop()

    def count(self, ended: threading.Event) -> None:
        """Let the time run, until the demo ends."""
        seconds = 0
        while not ended.wait(1):
            seconds += 1
            self.time = f"{seconds} s"
            self.icon.update_menu()


def on_signals(stop: Callable[[], None]) -> None:
    """Have the signals that end a session end the icon."""

    def handle(number: int, _frame: object) -> None:
        write(signal.Signals(number).name)
        stop()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, handle)


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
    demo = Demo()
    on_signals(demo.icon.stop)
    ended = threading.Event()
    counter = threading.Thread(target=demo.count, args=(ended,))
    counter.start()
    demo.icon.run()
    ended.set()
    counter.join()
    write("ended")


if __name__ == "__main__":
    main()
