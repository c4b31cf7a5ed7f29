"""GNOME Shell with the AppIndicator extension, on Wayland and without a screen.

The session is an ordinary user's, since the shell refuses root. What a test starts on it runs as
whoever runs the tests, so that nobody else need be able to read the source tree.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from .bus import PrivateBus
from .harness import Desktop
from .ordinary_user import find_user, give, popen_options
from .panel import PanelProcess
from .processes import require_programs, wait_for
from .screen import Box

if TYPE_CHECKING:
    import subprocess

EXTENSION = "ubuntu-appindicators@ubuntu.com"
SHELL = "org.gnome.Shell"

PARTS = {
    Path("/usr/share/gnome-shell/extensions", EXTENSION): "gnome-shell-extension-appindicator",
    Path("/usr/lib/python3/dist-packages/dbusmock"): "python3-dbusmock",
}
"""What is needed beside the shell, and the package that has it."""

START_LIMIT = 120.0

# GSettings as a file, for which no service is needed.
_SETTINGS = f"""[org/gnome/shell]
enabled-extensions=['{EXTENSION}']
welcome-dialog-last-shown-version='999'

[org/gnome/shell/extensions/appindicator]
icon-opacity=255

[org/gnome/desktop/interface]
enable-animations=false

[org/gnome/desktop/notifications]
show-banners=false

[org/gnome/desktop/session]
idle-delay=uint32 0
"""

_INPUT = """
    const {Clutter, GLib} = imports.gi;
    const now = () => GLib.get_monotonic_time();
    const {POINTER_DEVICE, KEYBOARD_DEVICE} = Clutter.InputDeviceType;
    const make = kind =>
        Clutter.get_default_backend().get_default_seat().create_virtual_device(kind);
    global.testsPointer ??= make(POINTER_DEVICE);
    global.testsKeyboard ??= make(KEYBOARD_DEVICE);
    const pointer = global.testsPointer, keyboard = global.testsKeyboard;
"""


class GnomeDesktop(Desktop):
    """A GNOME session on which no shell runs yet.

    On its system bus python-dbusmock plays logind and UPower. There are no input devices but those
    that the shell makes up; before it runs the mouse stands still and the screen is dark.
    """

    def __init__(self) -> None:
        require_programs("gnome-shell")
        for file, package in PARTS.items():
            if not file.exists():
                require_programs(package)  # never a program's name: it tells what to install
        super().__init__(())
        self._user = find_user()
        system = self.directory / "system"
        system.mkdir(mode=0o700)
        self._system_bus = PrivateBus(system)
        self.environ |= {
            "DBUS_SYSTEM_BUS_ADDRESS": self._system_bus.address,
            "GDK_BACKEND": "wayland",
            "GSETTINGS_BACKEND": "keyfile",
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "LOGNAME": self._user.pw_name,
            "USER": self._user.pw_name,
            "XDG_CURRENT_DESKTOP": "GNOME",
            "XDG_SESSION_ID": "c1",
            "XDG_SESSION_TYPE": "wayland",
        }
        self.write_config("glib-2.0/settings/keyfile", _SETTINGS)
        dark = io.BytesIO()
        Image.new("RGB", (self.screen.width, self.screen.height)).save(dark, "PNG")
        self._darkness = dark.getvalue()

    def _start(self) -> None:
        give(self.directory, self._user)
        for bus in (self.bus, self._system_bus):
            bus.start(self.environ, **popen_options(self._user))
        self._play("logind", "org.freedesktop.login1")
        self._play("upower", "org.freedesktop.UPower")
        with self._system_bus.client() as client:
            client.call(
                "org.freedesktop.login1",
                "/org/freedesktop/login1",
                "org.freedesktop.DBus.Mock",
                "AddSession",
                "ssusb",
                *("c1", "seat0", self._user.pw_uid, self._user.pw_name, True),
            )

    def _play(self, template: str, name: str) -> None:
        # The system's Python: python3-dbusmock is its package.
        self.start_as_user(["/usr/bin/python3", "-m", "dbusmock", "--template", template])
        wait_for(lambda: self._system_bus.has_owner(name), f"{name} is there", START_LIMIT)

    def close(self) -> None:
        super().close()
        self._system_bus.stop()

    def start_as_user(self, command: list[str]) -> subprocess.Popen[bytes]:
        """Start a program as the one to whom the session belongs."""
        return self.start(command, **popen_options(self._user))

    def evaluate(self, script: str) -> Any:
        """Run JavaScript in the shell and return what it comes to."""
        with self.bus.client() as client:
            done, result = client.call(SHELL, "/org/gnome/Shell", SHELL, "Eval", "s", script)
        assert done, f"{result} came of {script}"
        return json.loads(result) if result else None

    def _capture(self) -> bytes:
        path = self.directory / "runtime" / "screenshot.png"
        service = "org.gnome.Shell.Screenshot"
        if not self.bus.has_owner(service):
            return self._darkness
        without_cursor_and_flash = False, False, str(path)
        with self.bus.client() as client:
            done, _path = client.call(
                *(service, "/org/gnome/Shell/Screenshot", service, "Screenshot", "bbs"),
                *without_cursor_and_flash,
            )
        assert done
        return path.read_bytes()

    def move(self, where: Box | tuple[int, int]) -> None:
        """Move the mouse to a point, or the middle of a box."""
        if not self.bus.has_owner(SHELL):
            return
        x, y = where if isinstance(where, tuple) else where.centre
        self.evaluate(f"{_INPUT} pointer.notify_absolute_motion(now(), {x}, {y})")

    def click(self, where: Box | tuple[int, int], button: int = 1) -> None:
        """Click there: 1 is the left button, 2 the middle, 3 the right."""
        self.move(where)
        for pressed in (1, 0):
            self.evaluate(f"{_INPUT} pointer.notify_button(now(), {button}, {pressed})")

    def key(self, name: str) -> None:
        """Press a key, by its X name."""
        for pressed in (1, 0):
            self.evaluate(f"{_INPUT} keyboard.notify_keyval(now(), Clutter.KEY_{name}, {pressed})")


class GnomeShell(PanelProcess):
    """The shell, showing an empty workspace; opens the menu at a left or right click."""

    name = "gnome"
    program = "gnome-shell"
    menu_button = 1
    icon_size = 16

    def __init__(self, desktop: GnomeDesktop) -> None:
        super().__init__(desktop)
        self._start_as_user = desktop.start_as_user
        self._evaluate = desktop.evaluate

    def start(self) -> None:
        """Start the shell, and return once it takes tray icons."""
        size = f"{self.desktop.screen.width}x{self.desktop.screen.height}"
        without_a_screen = "--headless", "--wayland", "--no-x11", "--virtual-monitor", size
        command = [self.program, *without_a_screen, "--unsafe-mode"]
        self._process = self._start_as_user(command)
        wait_for(self._shows_icons, "the shell takes icons", START_LIMIT)
        self._wait_until("!Main.layoutManager._startingUp")
        self._evaluate("Main.overview.hide()")
        self._wait_until("!Main.overview.visible")
        self._evaluate("Main.panel.statusArea.dateMenu.hide()")  # a clock changes the screen
        self.set_double_click_time(0)

    def set_double_click_time(self, milliseconds: int) -> None:
        """Set how fast two clicks are one double click; with 0, as after start(), none are."""
        self._evaluate(
            f"imports.gi.Clutter.Settings.get_default().double_click_time = {milliseconds}"
        )

    def icons(self) -> list[str]:
        """Return what screen readers are told of the icons in the bar."""
        names: list[str] = self._evaluate(f"{_ICONS} icons.map(i => i.accessible_name)")
        return names

    def label(self) -> str | None:
        """Return the text beside the only icon, None for none."""
        text: str | None = self._evaluate(f"{_ICONS} icons[0]._label?.text ?? null")
        return text

    def menu(self) -> dict[str, Box]:
        """Return the lines of the only icon's menu and where they are; none while it is closed.

        A line that is checked begins with a tick, or a dot in a radio group.
        """
        lines = self._evaluate(f"{_ICONS} {_LINES} lines(icons[0].menu)")
        return {
            text.strip(): Box(int(x), int(y), int(x + width), int(y + height))
            for text, x, y, width, height in lines
        }

    def open_menu(self) -> None:
        """Open the only icon's menu without a mouse."""
        self._evaluate(f"{_ICONS} icons[0].menu.open()")

    def close_menu(self) -> None:
        """Close the only icon's menu."""
        self._evaluate(f"{_ICONS} icons[0].menu.close()")

    def activate(self, text: str) -> None:
        """Choose a line of the only icon's menu without a mouse."""
        item = f"icons[0].menu._getMenuItems().find(item => item.label.text === {json.dumps(text)})"
        self._evaluate(f"{_ICONS} {item}.activate(imports.gi.Clutter.Event.new(0))")

    def _wait_until(self, script: str) -> None:
        wait_for(lambda: self._evaluate(script), f"{script} in the shell", START_LIMIT)


_ICONS = """
    const icons = Object.entries(Main.panel.statusArea)
        .filter(([key, icon]) => key.startsWith('appindicator-') && icon?.visible)
        .map(([key, icon]) => icon);
"""

_LINES = """
    const lines = menu => !menu.isOpen ? [] : menu._getMenuItems()
        .filter(item => item.visible && item.has_allocation() && item.label.text)
        .flatMap(item => [
            [`${item._ornamentLabel.text} ${item.label.text}`,
             ...item.get_transformed_position(), item.width, item.height],
            ...(item.menu ? lines(item.menu) : []),
        ]);
"""
