"""The tray's face: each new Status becomes an icon, a tooltip and a menu."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from trayapp.coding.counted import counted
from trayapp.coding.file_monitor import with_home_sign
from trayapp.coding.preferences import IconFace, Preferences, Scheme
from trayapp.coding.status import State, Status
from trayapp.desktop.notifications import Notification, Notifier, Pixels
from trayapp.desktop.start_at_login import StartAtLogin
from trayapp.errors import TrayappError
from trayapp.resident.resident import Resident
from trayapp.tray.backends import Appearance, Backend, Item
from trayapp.tray.drawing import Artwork, draw_icons
from trayapp.tray.menu import (
    SEPARATOR,
    UNTIL_TOMORROW,
    Action,
    Line,
    clock_time,
    label,
    lay_out,
    tooltip,
)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Desk:
    """What a click can do on the person's desktop.

    `open_page` opens a URL in their browser, `open_folder` a folder in their file manager;
    `choose_folder` waits until they have chosen one. Paths in `home` are shown with a ~.
    """

    open_page: Callable[[str], None]
    open_folder: Callable[[str], None]
    choose_folder: Callable[[], Path | None]
    login: StartAtLogin
    home: str


class Face:
    """Join a resident to a tray icon: Status one way, a person's clicks the other."""

    def __init__(
        self,
        resident: Resident,
        backend: Backend,
        notifier: Notifier,
        desk: Desk,
    ) -> None:
        self._resident = resident
        self._backend = backend
        self._notifier = notifier
        self._desk = desk
        self._starts_at_login: bool | None = None
        self._scheme = Scheme.UNKNOWN
        # Whoever draws last must have drawn what came last.
        self._drawing = threading.Lock()
        self._waiting = threading.Lock()
        self._looking = threading.Lock()

    def run(self, shown: Callable[[], None]) -> None:
        """Show the icon and serve it on the calling thread, the main one, until `stop`.

        `shown` is called from another thread once the icon was handed to the desktop: the icon
        comes first, no network and no keyring may hold it up.
        """
        appearance = self.appearance(self._resident.status)
        self._resident.subscribe(lambda _status: self._draw())
        self._resident.on_show = self._show_itself
        self._resident.on_quit = self._backend.stop

        def begin() -> None:
            # What has changed since the appearance was made.
            self._draw()
            shown()
            # Last: on a Mac launchd is asked, and an entry may just have been mended.
            self._look_at_login()

        self._backend.run(appearance, begin, self._menu_opened)

    def stop(self) -> None:
        """Let `run` return; may be called from a signal handler."""
        self._backend.stop()

    def stand_on(self, scheme: Scheme) -> None:
        """Draw for a panel of this kind from now on; from any thread."""
        self._scheme = scheme
        self._draw()

    def appearance(self, status: Status) -> Appearance:
        """Draw a status."""
        fetched = _time_of_day(status)
        wanted = status.preferences.scheme
        scheme = self._scheme if wanted is Scheme.UNKNOWN else wanted
        return Appearance(
            images=draw_icons(status, scheme, self._backend.artwork),
            tooltip=tooltip(status, fetched),
            items=tuple(self._item(line, status) for line in self._lay_out(status, fetched)),
            label=label(status) if self._wants_label(status.preferences) else "",
            attention=status.state is State.REFUSED or status.delivery.dead > 0,
        )

    def _lay_out(self, status: Status, fetched: str) -> tuple[Line, ...]:
        return lay_out(status, fetched, self._desk.home, starts_at_login=self._starts_at_login)

    def _wants_label(self, preferences: Preferences) -> bool:
        beside = self._backend.artwork is Artwork.TEMPLATE and preferences.icon is IconFace.DIGITS
        return preferences.label or beside

    def _draw(self) -> None:
        with self._drawing:
            self._backend.show(self.appearance(self._resident.status))

    def _menu_opened(self) -> None:
        self._resident.menu_opened()
        self._look_at_login()

    def _look_at_login(self) -> None:
        """Draw anew if the desktop's own settings, or a click, changed what starts at login."""
        # Whoever looks last must have seen what came last.
        with self._looking:
            starts = self._desk.login.starts()
            changed = starts != self._starts_at_login
            self._starts_at_login = starts
        if changed:
            self._draw()

    def _switch_login(self, *, on: bool) -> None:
        try:
            self._desk.login.switch(on=on)
        finally:
            self._look_at_login()

    def _show_itself(self) -> None:
        self._backend.announce()
        status = self._resident.status
        self._notify("running", "trayapp is running", tooltip(status, _time_of_day(status)))

    def _tell(self, status: Status) -> None:
        problem = status.problem
        title = problem.title if problem else tooltip(status, _time_of_day(status))
        self._notify("state", title, problem.hint if problem else "")

    def _add_folder(self) -> None:
        folder = self._desk.choose_folder()
        if folder is not None:
            advice = self._resident.add_folder(folder)
            is_on = self._resident.status.monitor.enabled
            off = "" if is_on else ", but the file monitor is switched off"
            shown = with_home_sign(str(folder), self._desk.home)
            self._notify("folder", f"{shown} was added{off}", advice)

    def _tell_folder(self, path: str) -> None:
        folders = self._resident.status.monitor.folders
        folder = next((each for each in folders if each.path == path), None)
        if folder is not None:
            shown = with_home_sign(path, self._desk.home)
            self._notify("folder", f"{shown}: {folder.problem or 'all is well'}", folder.advice)

    def _send_now(self) -> None:
        self._resident.flush()

    def _tell_refused(self, status: Status) -> None:
        count = counted(status.delivery.dead, "heartbeat")
        self._notify("refused", f"{count} refused by the server", "To see why: trayapp queue")

    def _tell_delivery(self, status: Status) -> None:
        problem = status.delivery.problem
        if problem is not None:
            self._notify("delivery", problem.title, problem.hint)

    def _notify(self, kind: str, title: str, body: str) -> None:
        picture = draw_icons(self._resident.status, Scheme.UNKNOWN, Artwork.PANEL)[-1]
        pixels = Pixels(picture.width, picture.height, picture.tobytes())
        self._notifier.notify(Notification(kind, title, body, pixels=pixels))

    def _item(self, line: Line, status: Status) -> Item:
        return Item(
            text=line.text,
            activate=self._activation(line, status),
            separator=line is SEPARATOR,
            checked=line.on if line.chosen is None else line.chosen,
            radio=line.chosen is not None,
            default=line.default,
            children=tuple(self._item(child, status) for child in line.children),
        )

    def _activation(self, line: Line, status: Status) -> Callable[[], None] | None:
        acts: dict[Action, Callable[[], None]] = {
            Action.REFRESH: self._resident.refresh,
            Action.TELL: lambda: self._tell(status),
            Action.QUIT: self._resident.quit,
            Action.SHOW_ACCOUNT: lambda: self._resident.use_account(line.argument),
            Action.SIGN_OUT: lambda: self._resident.sign_out(line.argument),
            Action.OPEN_DASHBOARD: lambda: self._desk.open_page(str(status.dashboard_url)),
            Action.SWITCH_MONITOR: lambda: self._resident.enable_monitor(enabled=not line.on),
            Action.PAUSE: lambda: self._resident.pause(pause_end(line.argument, time.time())),
            Action.RESUME: lambda: self._resident.pause(0.0),
            Action.ADD_FOLDER: self._add_folder,
            Action.OPEN_FOLDER: lambda: self._desk.open_folder(line.argument),
            Action.REMOVE_FOLDER: lambda: self._resident.remove_folder(Path(line.argument)),
            Action.TELL_FOLDER: lambda: self._tell_folder(line.argument),
            Action.SWITCH_LOGIN: lambda: self._switch_login(on=not line.on),
            Action.SEND_NOW: self._send_now,
            Action.TELL_REFUSED: lambda: self._tell_refused(status),
            Action.TELL_DELIVERY: lambda: self._tell_delivery(status),
        }
        if line.action is None:
            return None
        act = acts[line.action]
        # No partial: pystray counts an action's arguments by its code.
        if line.action in (Action.SIGN_OUT, Action.ADD_FOLDER):
            return lambda: self._begin(act)
        return lambda: self._try(act)

    def _begin(self, act: Callable[[], None]) -> None:
        """Do on a thread of its own what may wait for a person's password: one at a time."""
        if self._waiting.acquire(blocking=False):
            threading.Thread(target=self._wait_for, args=(act,), name="click", daemon=True).start()

    def _wait_for(self, act: Callable[[], None]) -> None:
        try:
            self._try(act)
        finally:
            self._waiting.release()

    def _try(self, act: Callable[[], None]) -> None:
        """Do what a click asked for, and tell the person when it cannot be done."""
        try:
            act()
        except TrayappError as error:
            log.warning("a click failed: %s", error)
            self._notify("failed", error.title, error.hint)
        except Exception:
            log.exception("a click failed in a way nobody thought of")
            self._notify("failed", "trayapp made a mistake", "Its log says more.")


def _time_of_day(status: Status) -> str:
    return clock_time(status.number.fetched_at if status.number else status.at)


def pause_end(choice: str, now: float) -> float:
    """Give when a pause ends that begins now: after so many seconds, or at local midnight."""
    if choice != UNTIL_TOMORROW:
        return now + float(choice)
    today = datetime.fromtimestamp(now).astimezone().date()
    return datetime.combine(today + timedelta(days=1), datetime.min.time()).timestamp()
