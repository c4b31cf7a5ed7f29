"""The icon in XEmbed trays, for sessions where nothing takes StatusNotifierItems.

One thread watches for a tray, shows pystray's own icon in it and serves both. It sleeps until the X
server has something to say, and there is no connection where none is needed. What
goes wrong with X ends the fallback, never the app.
"""

from __future__ import annotations

import logging
import selectors
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import groupby
from typing import TYPE_CHECKING, Any

from trayapp.desktop.x_display import open_display
from trayapp.tray.statusnotifier.wakeup import Wakeup
from trayapp.tray.statusnotifier.worker import Worker

if TYPE_CHECKING:
    from PIL.Image import Image

    from trayapp.tray.embedded_icon import EmbeddedIcon

log = logging.getLogger(__name__)

GRACE = 10.0
"""Seconds without a watcher before an icon goes to an XEmbed tray.

Panels bring both kinds of tray, the watcher often last: at login they take some seconds, at a
restart one or two. An icon that came at once would flash there.
"""

END_LIMIT = 2.0
"""Seconds that stop() waits for the thread, which an X server that hangs may hold."""

ACTION_LIMIT = 1.0
"""Seconds of these that the thread gives a click's action that is still running."""

PROBE_LIMIT = 2.0
"""Seconds for find_tray()."""


class XEmbedFallback:
    """Show an icon while an XEmbed tray is there and `set_hosted` says that no other shows it.

    A left click calls the menu's default item, on a thread of its own. Every method may be called
    from any thread.
    """

    def __init__(
        self,
        display: str,
        images: Sequence[Image],
        menu: Any,
        *,
        grace: float = GRACE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._display = display
        self._images = images
        self._menu = menu
        self._grace = grace
        self._clock = clock
        self._lock = threading.Lock()
        self._wakeup = Wakeup()
        self._needed_at: float | None = None
        self._stopping = False
        self._thread: threading.Thread | None = None
        # The thread's own.
        self._watch: TrayWatch | None = None
        self._icon: EmbeddedIcon | None = None
        self._served: int | None = None
        self._told = False

    def set_hosted(self, hosted: bool) -> None:
        """Say whether a panel shows the StatusNotifierItem: then the icon here goes at once."""
        with self._lock:
            if hosted:
                self._needed_at = None
            elif self._needed_at is None:
                self._needed_at = self._clock() + self._grace
            # What has ended may begin again when an icon is needed once more.
            serves = self._thread is not None and self._thread.is_alive()
            if not hosted and not serves and not self._stopping:
                # A daemon, so that an X server that hangs cannot hold the process.
                self._thread = threading.Thread(target=self._run, name="xembed", daemon=True)
                self._thread.start()
        self._wakeup.wake()

    def show(self, images: Sequence[Image]) -> None:
        """Change the picture."""
        with self._lock:
            self._images = images
        self._wakeup.wake()

    def stop(self) -> None:
        """Take the icon away and end the thread."""
        with self._lock:
            self._stopping = True
            thread = self._thread
        self._wakeup.wake()
        if thread is not None:
            thread.join(END_LIMIT)
            if thread.is_alive():
                log.warning("the X server does not answer; its thread is left behind")

    def _run(self) -> None:
        worker = Worker("xembed actions")
        try:
            with self._wakeup:
                while not self._stopping:
                    self._wait(self._advance(worker))
        except Exception as error:  # noqa: BLE001 -- Xlib raises many kinds; none may end the app
            # Told once, however often panels come and go, until it has worked again.
            level = logging.DEBUG if self._told else logging.WARNING
            self._told = True
            log.log(level, "no icon in XEmbed trays: %s: %s", type(error).__name__, error)
        finally:
            self._leave()
            if not worker.close(ACTION_LIMIT):
                log.warning("a click's action is still running; it is left behind")

    def _advance(self, worker: Worker) -> float | None:
        """Do what is due; give the seconds after which more is, None when only events count."""
        with self._lock:
            needed_at, images = self._needed_at, self._images
        if needed_at is None:
            self._leave()
            return None
        if (left := needed_at - self._clock()) > 0:
            return left
        if self._watch is None:
            self._watch = TrayWatch(self._display)
        self._watch.read()
        tray = self._watch.tray
        if self._icon is not None and self._served != tray:
            self._undock(self._icon)
        if tray is not None and self._served != tray:
            self._icon = self._dock(images, worker)
        self._served = tray
        if self._icon is not None:
            self._icon.draw(images)
            self._icon.read()
            if self._icon.gone:
                self._undock(self._icon)
        self._told = False
        return None

    def _dock(self, images: Sequence[Image], worker: Worker) -> EmbeddedIcon:
        # Late: importing pystray's xorg backend opens a connection, and fails where there is none.
        from trayapp.tray.embedded_icon import EmbeddedIcon  # noqa: PLC0415

        log.info("the icon goes to the XEmbed tray")
        return EmbeddedIcon(images, self._menu, worker.submit)

    def _undock(self, icon: EmbeddedIcon) -> None:
        log.info("the icon has left the XEmbed tray")
        icon.close()
        self._icon = None

    def _wait(self, timeout: float | None) -> None:
        with selectors.PollSelector() as selector:
            for source in (self._wakeup, self._watch, self._icon):
                if source is not None:
                    selector.register(source, selectors.EVENT_READ)
            selector.select(timeout)
        self._wakeup.clear()

    def _leave(self) -> None:
        """Close what is open."""
        for part in (self._icon, self._watch):
            if part is not None:
                part.close()
        self._icon = self._watch = self._served = None


class TrayWatch:
    """Know whether the display's default screen has an XEmbed tray, on a connection of its own.

    Raises many kinds of error where there is no display. Not safe for threads.
    """

    def __init__(self, display: str) -> None:
        from Xlib import X  # noqa: PLC0415 -- on a fallback only

        self._x = X
        self._display = open_display(display)
        self._display.set_error_handler(ignore_x_error)
        self.name = f"_NET_SYSTEM_TRAY_S{self._display.get_default_screen()}"
        """The selection that a tray owns."""
        self.tray: int | None = None
        """A number for each tray there has been, None while there is none."""
        self._count = 0
        self._owner: Any = None
        self._selection = self._display.intern_atom(self.name)
        self._manager = self._display.intern_atom("MANAGER")
        # Whoever becomes the owner says so to the root window, with this mask.
        self._display.screen().root.change_attributes(event_mask=X.StructureNotifyMask)
        self._look()

    def fileno(self) -> int:
        """Give the descriptor to wait on."""
        return int(self._display.fileno())

    def read(self) -> None:
        """Take what has come from the X server."""
        for event in events(self._display):
            if event.type == self._x.ClientMessage:
                _format, data = event.data
                if event.client_type == self._manager and data[1] == self._selection:
                    self._look()
            elif event.type == self._x.DestroyNotify and event.window == self._owner:
                self._look()

    def close(self) -> None:
        """Leave the X server."""
        close_display(self._display)

    def _look(self) -> None:
        # In one piece: an owner that went before it is watched would never be seen going.
        self._display.grab_server()
        self._owner = self._display.get_selection_owner(self._selection)
        if self._owner != self._x.NONE:
            self._owner.change_attributes(event_mask=self._x.StructureNotifyMask)
        self._display.ungrab_server()
        self._display.flush()
        # A number, because the next owner's window may well have the same id.
        self._count += 1
        self.tray = None if self._owner == self._x.NONE else self._count


def find_tray(display: str, timeout: float = PROBE_LIMIT) -> tuple[bool, str]:
    """Tell whether a display has an XEmbed tray, and a reason; never raise, never hang."""
    found: list[tuple[bool, str]] = []

    def look() -> None:
        try:
            watch = TrayWatch(display)
        except Exception as error:  # noqa: BLE001 -- as above
            found.append((False, f"the X display does not answer as it should ({error})"))
            return
        owned = watch.tray is not None
        found.append((owned, f"{'a' if owned else 'no'} tray owns {watch.name}"))
        watch.close()

    thread = threading.Thread(target=look, name="xembed probe", daemon=True)
    thread.start()
    thread.join(timeout)
    return found[0] if found else (False, f"the X display did not answer within {timeout:g} s")


def events(display: Any) -> Iterator[Any]:
    """Give what has come on an X connection, until nothing waits in it and nothing in its queue."""
    while True:
        display.flush()
        if not display.pending_events():
            return
        yield display.next_event()


def close_display(display: Any) -> None:
    """Close an X connection, also one that is lost."""
    with suppress(Exception):  # It flushes first, and a lost connection raises many kinds.
        display.close()


def ignore_x_error(error: object, request: object) -> None:
    """Take what python-xlib would print: a tray may go at any time, and its window with it."""
    del request
    log.debug("the X server refused something: %s", error)


def choose_picture(images: Sequence[Image], side: int) -> tuple[Image, int]:
    """Choose the picture for a square place, and how often each of its pixels is repeated.

    The largest that fits in whole multiples; 0 times when even the smallest is too large.
    """
    fitting = [(image, side // image.width) for image in images if image.width <= side]
    if not fitting:
        return min(images, key=lambda image: image.width), 0
    return max(fitting, key=lambda choice: (choice[0].width * choice[1], choice[0].width))


def fit(images: Sequence[Image], width: int, height: int) -> Image:
    """Put the best picture into the middle of a place, as RGBA; its pixels stay sharp."""
    from PIL import Image  # noqa: PLC0415 -- heavy

    side = min(width, height)
    picture, times = choose_picture(images, side)
    if times == 0:
        picture = picture.resize((side, side), Image.Resampling.LANCZOS)
    elif times > 1:
        size = (picture.width * times, picture.height * times)
        picture = picture.resize(size, Image.Resampling.NEAREST)
    place = Image.new("RGBA", (width, height))
    place.paste(picture, ((width - picture.width) // 2, (height - picture.height) // 2))
    return place


def opaque_runs(picture: Image) -> list[tuple[int, int, int, int]]:
    """Give the parts of an RGBA picture's rows that are to be seen, as x, y, width and height."""
    alpha = picture.getchannel("A")
    runs = []
    for y in range(alpha.height):
        row = alpha.crop((0, y, alpha.width, y + 1)).tobytes()
        x = 0
        for opaque, pixels in groupby(row, lambda value: value >= 128):
            length = len(list(pixels))
            if opaque:
                runs.append((x, y, length, 1))
            x += length
    return runs
