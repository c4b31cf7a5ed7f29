"""A Wayland desktop: sway without a screen, and Waybar on it.

Sway refuses root and then belongs to an ordinary user. All else runs as whoever runs the tests,
so that nobody else need be able to read the source tree.
"""

from __future__ import annotations

import subprocess

from .harness import START_LIMIT, Desktop
from .ordinary_user import find_user, give, popen_options
from .panel import PanelProcess
from .processes import require_programs, wait_for
from .screen import Box
from .virtual_pointer import VirtualPointer

_SWAY = """output HEADLESS-1 resolution {width}x{height} position 0 0
xwayland disable
"""

_WAYBAR = """{{
  "layer": "top",
  "position": "top",
  "height": {size},
  "modules-right": ["tray"],
  "tray": {{"icon-size": {icon_size}}}
}}
"""

_STYLE = """* { font-family: sans-serif; font-size: 14px; }
window#waybar { background: #202020; }
"""


class SwayDesktop(Desktop):
    """A Wayland session with nothing on it but the compositor; it has a mouse and no keyboard."""

    def __init__(self) -> None:
        require_programs("sway", "grim")
        super().__init__(())
        self._compositor = self.directory / "sway"
        self._compositor.mkdir(mode=0o700)
        display = self._compositor / "wayland-1"
        self._pointer = VirtualPointer(display, self.screen.width, self.screen.height)
        self.environ |= {
            "GDK_BACKEND": "wayland",
            "WAYLAND_DISPLAY": str(display),
            "XDG_CURRENT_DESKTOP": "sway",
            "XDG_SESSION_TYPE": "wayland",
        }

    def _start(self) -> None:
        self.bus.start(self.environ)
        user = find_user()
        self.directory.chmod(0o711)
        config = self._compositor / "config"
        config.write_text(_SWAY.format(width=self.screen.width, height=self.screen.height))
        give(self._compositor, user)
        environ = {
            "HOME": str(self._compositor),
            "WLR_BACKENDS": "headless",
            "WLR_LIBINPUT_NO_DEVICES": "1",
            "WLR_RENDERER": "pixman",
            "XDG_CONFIG_HOME": str(self._compositor),
            "XDG_RUNTIME_DIR": str(self._compositor),
        }
        command = ["sway", "--config", str(config)]
        self.start(command, environ, cwd=self._compositor, **popen_options(user))
        wait_for(self._shows_something, "sway is there", START_LIMIT)
        self._pointer.connect()

    def _shows_something(self) -> bool:
        try:
            self._capture()
        except subprocess.CalledProcessError:
            return False
        return True

    def close(self) -> None:
        self._pointer.close()
        super().close()

    def _capture(self) -> bytes:
        return self.run(["grim", "-"])

    def move(self, where: Box | tuple[int, int]) -> None:
        """Move the mouse to a point, or the middle of a box."""
        self._pointer.move(*(where if isinstance(where, tuple) else where.centre))

    def click(self, where: Box | tuple[int, int], button: int = 1) -> None:
        """Click there: 1 is the left button, 2 the middle, 3 the right."""
        self.move(where)
        self._pointer.click(button)


class Waybar(PanelProcess):
    """Waybar 0.9 with nothing in it but the tray; opens the menu at a left or right click."""

    name = "waybar"
    program = "waybar"
    menu_button = 1

    def __init__(self, desktop: SwayDesktop) -> None:
        super().__init__(desktop)
        config = _WAYBAR.format(size=self.size, icon_size=self.icon_size)
        desktop.write_config("waybar/config", config)
        desktop.write_config("waybar/style.css", _STYLE)

    @property
    def below(self) -> Box:
        """The screen to the left of the icon: menus open at the mouse, over the panel."""
        screen = self.desktop.screen
        return Box(0, 0, screen.right - self.size, screen.bottom)
