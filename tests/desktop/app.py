"""The whole application on a desktop, with a home folder of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.server import Server
from trayapp.settings.locations import Locations, find_locations
from trayapp.tray.statusnotifier.item import ITEM_PATH, MENU_PATH

from .processes import wait_for
from .screen import Box, text_rows

if TYPE_CHECKING:
    from PIL import Image

    from .bus import Client
    from .harness import Desktop
    from .panel import Panel

ITEM = "org.kde.StatusNotifierItem"
MENU = "com.canonical.dbusmenu"
WATCHER = "org.kde.StatusNotifierWatcher"


class App:
    """trayapp, started with `~/.wakatime.cfg` pointing at a test server.

    `program` is what is started: the trayapp of the tests' own Python, or another.
    """

    def __init__(
        self,
        desktop: Desktop,
        panel: Panel,
        server: Server,
        home: Path,
        program: Sequence[str] = (sys.executable, "-m", "trayapp"),
    ) -> None:
        self.program = program
        self.desktop = desktop
        self.panel = panel
        self.server = server
        self.home = home
        self.pages = home / "pages"
        self.process: subprocess.Popen[bytes] | None = None
        browser = home / "browser"
        browser.write_text(f'#!/bin/sh\necho "$1" >> {self.pages}\n')
        browser.chmod(0o755)
        self.environ = {
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_STATE_HOME": str(home / "state"),
            "BROWSER": str(browser),
            "TZ": "UTC",
            "PYTHONWARNINGS": "error",
        }
        self.write_cfg(api_url=server.api_url, api_key=server.key)

    def write_cfg(self, **settings: str) -> None:
        """Write ~/.wakatime.cfg."""
        lines = "".join(f"{name} = {value}\n" for name, value in settings.items())
        (self.home / ".wakatime.cfg").write_text(f"[settings]\n{lines}")

    def write_config(self, text: str) -> None:
        """Write config.toml."""
        self.locations.config_file.parent.mkdir(parents=True, exist_ok=True)
        self.locations.config_file.write_text(text)

    @property
    def locations(self) -> Locations:
        """Where its files lie."""
        return find_locations({**self.desktop.environ, **self.environ})

    def start(self, *arguments: str) -> None:
        """Start it; the icon may not be there yet."""
        self.process = self.desktop.start([*self.program, *arguments], self.environ)

    def command(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command of the same person beside it."""
        return subprocess.run(
            [*self.program, *arguments],
            env={**self.desktop.environ, **self.environ},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=40,
            check=False,
        )

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End it, if it still runs, and give its exit code."""
        assert self.process is not None
        return self.desktop.end(self.process, how)

    def wait_for_icon(self, picture: Image.Image, limit: float = 15.0) -> Box:
        """Wait until exactly this picture is in the panel, and give where."""
        return wait_for(lambda: find_picture(self.desktop.screenshot(), picture), "the icon", limit)

    def wait_until_gone(self, picture: Image.Image) -> None:
        """Wait until this picture is nowhere on the screen."""
        wait_for(lambda: not find_picture(self.desktop.screenshot(), picture), "the icon has gone")

    def open_menu(self, icon: Box, button: int = 1) -> tuple[Box, Sequence[Box]]:
        """Click on the icon; give the menu and its rows of text."""
        self.desktop.move(icon)
        before = self.desktop.settled()
        self.desktop.click(icon, button)
        menu = self.desktop.popped_up(before, self.panel.below)
        return menu, text_rows(self.desktop.screenshot(), menu)

    def open_submenu(self, icon: Box, text: str) -> tuple[Box, Sequence[Box]]:
        """Open the menu and this line's submenu, on its left; give that and its rows of text."""
        menu, rows = self.open_menu(icon)
        below = self.panel.below
        beside = Box(below.left, below.top, menu.left, below.bottom)
        before = self.desktop.settled()
        self.desktop.click(rows[self.labels().index(text)])
        submenu = self.desktop.popped_up(before, beside)
        picture = self.desktop.screenshot()
        return submenu, text_rows(picture, submenu)

    def choose(self, icon: Box, text: str) -> None:
        """Click on the icon, and on a line of the menu that it opens."""
        _menu, rows = self.open_menu(icon)
        self.desktop.click(rows[self.labels().index(text)])

    def layout(self) -> list[tuple[str, dict[str, Any], list[Any]]]:
        """Ask over D-Bus what the menu says, as a panel does: text, other properties, submenu."""
        with self.desktop.bus.client() as client:
            name = self._item(client)
            layout = client.call(name, MENU_PATH, MENU, "GetLayout", "iias", 0, -1, [])
        _revision, root = layout
        return _lines(root)

    def labels(self) -> list[str]:
        """Ask over D-Bus for the menu's texts, without those of submenus."""
        return [text for text, _properties, _children in self.layout()]

    def tooltip(self) -> str:
        """Ask over D-Bus for the tooltip's title."""
        with self.desktop.bus.client() as client:
            _signature, tip = client.get(self._item(client), ITEM_PATH, ITEM, "ToolTip")
            return str(tip[2])

    def log_text(self) -> str:
        """Give what it has logged."""
        return (self.locations.log_dir / "trayapp.log").read_text()

    def _item(self, client: Client) -> str:
        registered = "RegisteredStatusNotifierItems"
        _signature, (item,) = client.get(WATCHER, "/StatusNotifierWatcher", WATCHER, registered)
        return str(item).partition("/")[0]


def _lines(node: Any) -> list[tuple[str, dict[str, Any], list[Any]]]:
    """Give the lines below a node of GetLayout's; separators are left out."""
    lines = []
    for _signature, child in node[2]:
        properties = {name: value for name, (_type, value) in child[1].items()}
        if "label" in properties:
            lines.append((properties.pop("label"), properties, _lines(child)))
    return lines


def find_picture(screen: Image.Image, picture: Image.Image) -> Box | None:
    """Find the place where a picture stands, pixel for pixel where it is opaque."""
    target = picture.convert("RGBA")
    width, height = target.size
    probe = [
        (x, y, target.getpixel((x, y))[:3])  # type: ignore[index] # an RGBA pixel is a tuple
        for x in range(width)
        for y in range(height)
        if target.getpixel((x, y))[3] == 255  # type: ignore[index] # as above
    ]
    pixels = screen.load()
    assert pixels is not None
    first_x, first_y, first = probe[0]
    for top in range(min(80, screen.height - height + 1)):
        for left in range(screen.width - width + 1):
            if pixels[left + first_x, top + first_y] == first and all(
                pixels[left + x, top + y] == colour for x, y, colour in probe
            ):
                return Box(left, top, left + width - 1, top + height - 1)
    return None
