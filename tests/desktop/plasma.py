"""KDE Plasma 5.27 on X11."""

from __future__ import annotations

import signal
from pathlib import Path

from .bus import PrivateBus
from .harness import Desktop
from .panel import STOP_LIMIT, WATCHER, PanelProcess
from .processes import require_programs, wait_for
from .screen import Box

ACTIVITIES = "org.kde.ActivityManager"

START_LIMIT = 120.0

PLASMOIDS = Path("/usr/share/plasma/plasmoids")
COLOUR_SCHEMES = Path("/usr/share/color-schemes")

_ACTIVITY = "00000000-0000-4000-8000-000000000001"

_ACTIVITIES = f"""[activities]
{_ACTIVITY}=Default

[main]
currentActivity={_ACTIVITY}
"""

# An empty desktop of one colour and a panel with nothing but the tray.
_APPLETS = f"""[Containments][1]
activityId={_ACTIVITY}
formfactor=0
lastScreen=0
location=0
plugin=org.kde.desktopcontainment
wallpaperplugin=org.kde.color

[Containments][2]
formfactor=2
lastScreen=0
location=3
plugin=org.kde.panel

[Containments][2][Applets][3]
plugin=org.kde.plasma.panelspacer

[Containments][2][Applets][4]
plugin=org.kde.plasma.systemtray

[Containments][2][Applets][4][Configuration]
SystrayContainmentId=5

[Containments][2][General]
AppletOrder=3;4

[Containments][5]
formfactor=2
lastScreen=0
location=3
plugin=org.kde.plasma.private.systemtray

[Containments][5][General]
knownItems={{known}}
"""

_PANEL = """[PlasmaViews][Panel 2][Defaults]
thickness=32
"""

# Nothing fades in, and no shadow belies where a menu ends.
_WINDOWS = """[Compositing]
Enabled=false
"""

_ANIMATIONS = """
[KDE]
AnimationDurationFactor=0
"""


class PlasmaDesktop(Desktop):
    """A Plasma session on which no plasmashell runs yet, and whose system bus is empty."""

    def __init__(self, *, dark: bool = True) -> None:
        require_programs("kded5", "kwin_x11", "plasmashell")
        super().__init__((f"{ACTIVITIES}.service", "org.kde.kglobalaccel.service"))
        system = self.directory / "system"
        system.mkdir(mode=0o700)
        self._system_bus = PrivateBus(system)
        self.environ |= {
            "DBUS_SYSTEM_BUS_ADDRESS": self._system_bus.address,
            "KDE_FULL_SESSION": "true",
            "KDE_SESSION_VERSION": "5",
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "QT_QUICK_BACKEND": "software",
            "XDG_CURRENT_DESKTOP": "KDE",
        }
        theme = "Dark" if dark else "Light"
        colours = (COLOUR_SCHEMES / f"Breeze{theme}.colors").read_text()
        self.write_config("kactivitymanagerdrc", _ACTIVITIES)
        self.write_config("kdeglobals", colours + _ANIMATIONS)
        self.write_config("kwinrc", _WINDOWS)
        # What the tray knows and was not asked for it does not add.
        known = ",".join(plasmoid.name for plasmoid in PLASMOIDS.iterdir())
        applets = _APPLETS.format(known=known)
        self.write_config("plasma-org.kde.plasma.desktop-appletsrc", applets)
        self.write_config("plasmarc", f"[Theme]\nname=breeze-{theme.lower()}\n")
        self.write_config("plasmashellrc", _PANEL)

    def _start(self) -> None:
        self.environ["DISPLAY"] = self._start_display()
        self.bus.start(self.environ)
        self._system_bus.start(self.environ)
        with self.bus.client() as client:
            # plasmashell gives up where it is not there yet.
            client.bus("StartServiceByName", ACTIVITIES)
        self.start(["kded5"])
        self.start(["kwin_x11"])
        wait_for(
            lambda: b"window id" in self.run(["xprop", "-root", "_NET_SUPPORTING_WM_CHECK"]),
            "the window manager is there",
            START_LIMIT,
        )
        wait_for(lambda: self.bus.has_owner(WATCHER), "kded5 watches for icons", START_LIMIT)

    def close(self) -> None:
        super().close()
        self._system_bus.stop()


class PlasmaShell(PanelProcess):
    """plasmashell; opens the menu at a left or right click."""

    name = "plasma"
    program = "plasmashell"
    menu_button = 1
    icon_size = 22

    @property
    def below(self) -> Box:
        """The screen without the panel; a menu covers the panel's last four rows."""
        screen = self.desktop.screen
        return Box(0, self.size - 4, screen.right, screen.bottom)

    def _shows_icons(self) -> bool:
        # The watcher, which is kded5, does not notice that plasmashell has gone.
        return self.desktop.bus.has_owner(self._host)

    def start(self) -> None:
        """Start plasmashell, and return once it takes tray icons."""
        self._process = self.desktop.start([self.program, "--no-respawn"])
        self._host = f"org.kde.StatusNotifierHost-{self._process.pid}"
        wait_for(self._shows_icons, "plasmashell takes icons", START_LIMIT)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End plasmashell, if it runs, and return once its tray has gone; kded5 watches on."""
        if self._process is not None:
            self.desktop.end(self._process, how)
            self._process = None
            wait_for(lambda: not self._shows_icons(), "plasmashell's tray has gone", STOP_LIMIT)
