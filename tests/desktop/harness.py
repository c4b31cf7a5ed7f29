"""A desktop of its own for a test: session bus, X server, window manager, mouse and screenshots.

A panel is a separate thing that is started on it (see xfce.py), so that it may come late, crash and
come back. Any command may be started in the desktop's environment.
"""

from __future__ import annotations

import io
import os
import select
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

from PIL import Image

from .bus import PrivateBus
from .processes import Processes, require_programs, wait_for
from .screen import Box, changed

if TYPE_CHECKING:
    import signal
    from collections.abc import Mapping, Sequence


ARTIFACTS = Path(__file__).parents[2] / "artifacts"

START_LIMIT = 15.0
COMMAND_LIMIT = 10.0

# With gtk-button-images, as MATE's settings daemon has it, mate-panel shows icon and label both.
_GTK_SETTINGS = """[Settings]
gtk-enable-animations=0
gtk-cursor-blink=0
gtk-button-images=1
"""


class Desktop:
    """An X11 session with nothing on it but a window manager.

    `services` are files in /usr/share/dbus-1/services that the bus may activate. The directory is
    short enough for sockets, and goes when the desktop is closed.
    """

    def __init__(
        self,
        services: Sequence[str] = ("org.xfce.Xfconf.service",),
        *,
        width: int = 1024,
        height: int = 600,
    ) -> None:
        require_programs("dbus-daemon", "Xvfb", "xfwm4", "xdotool", "import", "xprop")
        self.directory = Path(tempfile.mkdtemp(prefix="trayapp-desktop-", dir="/tmp"))
        self.log: IO[bytes] = (self.directory / "log").open("wb")
        self._processes = Processes()
        self.screen = Box(0, 0, width, height)
        runtime = self.directory / "runtime"
        self.environ = {
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={runtime / 'bus'}",
            "GDK_BACKEND": "x11",
            "GSETTINGS_BACKEND": "keyfile",
            "HOME": str(self.directory / "home"),
            "LANG": "C.UTF-8",
            "NO_AT_BRIDGE": "1",
            "PATH": os.environ["PATH"],
            "XDG_CACHE_HOME": str(self.directory / "cache"),
            "XDG_CONFIG_HOME": str(self.directory / "config"),
            "XDG_CURRENT_DESKTOP": "XFCE",
            "XDG_DATA_HOME": str(self.directory / "data"),
            "XDG_RUNTIME_DIR": str(runtime),
            "XDG_SESSION_TYPE": "x11",
            "XDG_STATE_HOME": str(self.directory / "state"),
        }
        for name, value in self.environ.items():
            if name == "HOME" or (name.startswith("XDG_") and value.startswith("/")):
                Path(value).mkdir(mode=0o700)
        self.write_config("gtk-3.0/settings.ini", _GTK_SETTINGS)
        self.bus = PrivateBus(runtime, services)

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _start(self) -> None:
        # The display first: what the bus activates inherits the bus's environment.
        self.environ["DISPLAY"] = self._start_display()
        self.bus.start(self.environ)
        self.start(["xfwm4", "--compositor=off", "--sm-client-disable"])
        wait_for(
            lambda: b"window id" in self.run(["xprop", "-root", "_NET_SUPPORTING_WM_CHECK"]),
            "the window manager is there",
            START_LIMIT,
        )

    def _start_display(self) -> str:
        """Start Xvfb on a display that is free, and return its name."""
        reading, writing = os.pipe()
        with open(reading, "rb", buffering=0) as pipe:  # noqa: PTH123 - a descriptor
            size = f"{self.screen.width}x{self.screen.height}x24"
            command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", size]
            try:
                self.start([*command, "-nolisten", "tcp", "-noreset"], pass_fds=(writing,))
            finally:
                os.close(writing)
            assert select.select([pipe], [], [], START_LIMIT)[0], "Xvfb did not start"
            # The whole line: Xvfb writes it in two pieces, and ends when the second fails.
            return f":{pipe.readline().decode().strip()}"

    def close(self) -> None:
        """End everything, the last started first, and remove the desktop's files."""
        self._processes.end_all()
        self.bus.stop()
        self.log.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def write_config(self, path: str, text: str) -> None:
        """Write a file below the desktop's XDG_CONFIG_HOME."""
        file = Path(self.environ["XDG_CONFIG_HOME"]) / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def start(
        self, command: Sequence[str], environ: Mapping[str, str] | None = None, **options: Any
    ) -> subprocess.Popen[bytes]:
        """Start a command in the desktop's environment, with some variables more.

        Its output goes to the desktop's log; `stdin` and `stdout` may be given as for Popen.
        """
        variables = {**self.environ, **(environ or {})}
        options.setdefault("log", self.log)
        return self._processes.start(command, variables, **options)

    def end(self, process: subprocess.Popen[bytes], how: signal.Signals | None = None) -> int:
        """End what start() began; return its exit status."""
        return self._processes.end(process, *([] if how is None else [how]))

    def run(self, command: Sequence[str]) -> bytes:
        """Run a short command in the desktop's environment and return what it prints."""
        return subprocess.run(
            command,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=self.log,
            timeout=COMMAND_LIMIT,
            check=True,
        ).stdout

    def screenshot(self, name: str | None = None) -> Image.Image:
        """Return what the screen shows, and keep it as artifacts/NAME.png when it has a name."""
        picture = self._capture()
        if name is not None:
            ARTIFACTS.mkdir(exist_ok=True)
            (ARTIFACTS / f"{name}.png").write_bytes(picture)
        return Image.open(io.BytesIO(picture)).convert("RGB")

    def _capture(self) -> bytes:
        """Return a screenshot as PNG."""
        return self.run(["import", "-silent", "-window", "root", "png:-"])

    def settled(self, limit: float = 10.0) -> Image.Image:
        """Return a screenshot once two in a row are the same."""
        shots = [self.screenshot()]

        def still() -> bool:
            shots.append(self.screenshot())
            return shots[-1].tobytes() == shots[-2].tobytes()

        wait_for(still, "the screen is still", limit)
        return shots[-1]

    def popped_up(self, before: Image.Image, within: Box, limit: float = 10.0) -> Box:
        """Wait until a part of the screen differs from before, and is still; return where."""
        wait_for(lambda: changed(before, self.screenshot(), within), "something popped up", limit)
        box = changed(before, self.settled(limit), within)
        assert box is not None, "what popped up went away again"
        return box

    def move(self, where: Box | tuple[int, int]) -> None:
        """Move the mouse to a point, or the middle of a box."""
        x, y = where if isinstance(where, tuple) else where.centre
        self.run(["xdotool", "mousemove", str(x), str(y)])

    def click(self, where: Box | tuple[int, int], button: int = 1) -> None:
        """Click there: 1 is the left button, 2 the middle, 3 the right."""
        self.move(where)
        self.run(["xdotool", "click", str(button)])

    def key(self, name: str) -> None:
        """Press a key, by its X name."""
        self.run(["xdotool", "key", name])

    def log_text(self) -> str:
        """Return what the desktop's programs have written."""
        self.log.flush()
        return Path(self.log.name).read_text(errors="replace")
