"""The pystray icon: what an application sets from any thread, and the loop that shows it."""

from __future__ import annotations

import logging
import selectors
import threading
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from .dbusmenu import DBusMenu
from .item import ITEM_PATH, MENU_PATH, STATUSES, Item, ItemState, changed_signals
from .menu import find_default, read_menu
from .objects import ObjectTree
from .pixmap import pixmaps
from .presence import Presence
from .pystray_base import BaseIcon, Menu
from .text import PANEL_LIMIT, clean, one_line
from .text import title as clean_title
from .throttle import Throttle
from .wakeup import Wakeup
from .worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from .menu import MenuItem, Node

logger = logging.getLogger(__name__)

SIGNAL_INTERVAL = 0.1
"""Seconds between two signals of the same name."""

ACTION_LIMIT = 5.0
"""Seconds that the end of run() waits for an action that is still running."""

_MENU = "menu"
"""What stands for the menu's two signals, which go out together."""


def _locked(name: str) -> Any:
    """Return pystray's property of this name with a setter that holds the icon's lock.

    pystray sets, looks and calls its hook in three steps; another thread in between would leave
    the panel with the older value.
    """
    base = getattr(BaseIcon, name)

    def set_(self: Icon, value: Any) -> None:
        with self._lock:
            base.fset(self, value)

    return property(base.fget, set_, doc=base.__doc__)


class Icon(BaseIcon):  # type: ignore[misc]  # pystray has no types
    """A pystray icon shown as a StatusNotifierItem, with its menu over com.canonical.dbusmenu.

    `icon` is one Pillow image or a sequence of them, the same picture drawn in several sizes.
    `title` is the name, the tooltip and what a screen reader says. `label` is text beside the icon
    on panels that have such a thing (GNOME's extension, MATE), empty for none. Every property may
    be set from any thread, and at any time.

    Left and right click open the menu; the middle click chooses its default item, and without
    `is_menu` the left one, too: for LXQt and MATE, where it would do nothing. Actions run one after
    another on a thread of their own; the menu's callables are called by the loop, so they
    should only read.

    Three attributes may hold a function. On the actions' thread:
    `on_menu_open` when the menu is about to show, now and then twice for one opening;
    `on_action_error` with what an action raised, or with what reading the menu raised, which then
    stays as it was. On the loop's thread, so it must not wait: `on_hosted` whenever `hosted`
    changes, and when it is first known to be False, but not at the end of run().
    """

    HAS_NOTIFICATION = False

    icon = _locked("icon")
    title = _locked("title")
    visible = _locked("visible")

    def __init__(
        self,
        name: str,
        icon: Any = None,
        title: str | None = None,
        menu: Any = None,
        *,
        label: str = "",
        is_menu: bool = True,
        **options: Any,
    ) -> None:
        self._visible = False  # pystray's __del__ looks at it even when its __init__ has failed
        self._lock = threading.RLock()
        self._wakeup = Wakeup()
        self._state = ItemState(id=clean(name) or "icon", label=one_line(label, PANEL_LIMIT))
        self._label = label
        self._status = "Active"
        self._throttle = Throttle(SIGNAL_INTERVAL)
        self._stopping = False
        self._announcing = False
        self._worker: Worker | None = None
        self.on_menu_open: Callable[[], object] | None = None
        self.on_action_error: Callable[[Exception], object] | None = None
        self.on_hosted: Callable[[bool], object] | None = None
        self._item = Item(lambda: self._state, self._choose_default, is_menu=is_menu)
        self._dbus_menu = DBusMenu(MENU_PATH, self._clicked, self._opened, self.update_menu)
        self._presence = Presence(
            ObjectTree(
                {ITEM_PATH: (self._item.interface,), MENU_PATH: (self._dbus_menu.interface,)}
            ),
            on_hosted=self._hosted,
        )
        super().__init__(name, icon, title, menu, **options)

    @property
    def menu(self) -> Any:
        """The menu, None for none."""
        return self._menu

    @menu.setter
    def menu(self, value: Any) -> None:
        # pystray 0.19.5 wraps an iterable of items in its constructor only.
        self._menu = value if value is None or isinstance(value, Menu) else Menu(*value)
        self.update_menu()

    @property
    def label(self) -> str:
        """The text beside the icon, empty for none; panels get one short line of it."""
        return self._label

    @label.setter
    def label(self, value: str) -> None:
        with self._lock:
            self._label = value
            self._change(label=one_line(value, PANEL_LIMIT))

    @property
    def status(self) -> str:
        """Passive (most panels hide the icon), Active or NeedsAttention."""
        return self._status

    @status.setter
    def status(self, value: str) -> None:
        if value not in STATUSES:
            raise ValueError(f"status is one of {', '.join(STATUSES)}, not {value!r}")
        with self._lock:
            self._status = value
            if self.visible:
                self._change(status=value)

    @property
    def hosted(self) -> bool:
        """Whether a tray has accepted the icon and is still there."""
        return self._presence.hosted

    def announce(self) -> None:
        """Register with the tray once more and have it draw the icon anew."""
        with self._lock:
            self._announcing = True
            self._throttle.mark(("NewIcon", "NewStatus"))
        self._wakeup.wake()

    def run_detached(self, setup: Callable[[Any], object] | None = None) -> None:
        """Not available: the loop is its own."""
        raise NotImplementedError

    def stop(self) -> None:
        """End run(), from any thread or a signal handler.

        Before run() it makes that return at once, so that a signal cannot come too early.
        """
        self._stopping = True
        self._wakeup.wake()

    # What pystray's base class calls.

    def _show(self) -> None:
        self._announcing = True
        self._change(status=self._status, title=clean_title(self._title))

    def _hide(self) -> None:
        self._change(status="Passive")

    def _update_icon(self) -> None:
        self._change(pixmaps=pixmaps(self._icon))
        self._icon_valid = True

    def _update_title(self) -> None:
        self._change(title=clean_title(self._title))

    def _update_menu(self) -> None:
        with self._lock:
            self._throttle.mark((_MENU,))
        self._wakeup.wake()

    def _run(self) -> None:
        self._worker = Worker(f"{self._state.id} actions", self._failed)
        try:
            with self._wakeup:
                self._mark_ready()
                while not self._stopping:
                    self._presence.advance()
                    self._flush()
                    self._wait()
        finally:
            self._end()

    # The loop.

    def _flush(self) -> None:
        """Send what may go out now."""
        with self._lock:
            names = self._throttle.take(time.monotonic())
            announcing, self._announcing = self._announcing, False
            shown = self._visible
        if announcing and shown:
            self._presence.register()
        for name in sorted(names - {_MENU}):
            self._presence.emit(self._item.signal(name))
        if _MENU in names:
            try:
                entry = read_menu(self._menu)
            except Exception as error:
                logger.exception("the menu could not be read; it stays as it was")
                if self._worker is not None:
                    self._worker.submit(partial(self._failed, error))
                return
            for signal in self._dbus_menu.update(entry):
                self._presence.emit(signal)
            if self._dbus_menu.cut:
                self.update_menu()

    def _wait(self) -> None:
        """Wait until something comes or is due; at rest nothing is."""
        now = time.monotonic()
        with self._lock:
            due = [self._throttle.due_at(now), self._presence.due_at()]
        timeout = min((max(at - now, 0) for at in due if at is not None), default=None)
        with selectors.PollSelector() as selector:
            selector.register(self._wakeup, selectors.EVENT_READ)
            if (bus := self._presence.fileno()) is not None:
                selector.register(bus, selectors.EVENT_READ)
            ready = {key.fd for key, _events in selector.select(timeout)}
        self._wakeup.clear()
        if bus in ready:
            self._presence.read()

    def _end(self) -> None:
        self._presence.close()
        if self._worker is not None and not self._worker.close(ACTION_LIMIT):
            logger.warning("a menu action is still running; it is left behind")
        self._worker = None
        self._setup_thread.join(self.SETUP_THREAD_TIMEOUT)
        if self._setup_thread.is_alive():
            logger.warning("the setup function is still running; it is left behind")
        self._visible = self._running = self._stopping = False

    def _change(self, **changes: Any) -> None:
        """Replace parts of what panels see, and have them told."""
        with self._lock:
            before, self._state = self._state, replace(self._state, **changes)
            self._throttle.mark(changed_signals(before, self._state))
        self._wakeup.wake()

    # What a person does.

    def _opened(self) -> None:
        if self._worker is not None and self.on_menu_open is not None:
            self._worker.submit(self.on_menu_open, once=True)

    def _clicked(self, node: Node) -> None:
        if (source := node.source) is not None:
            self._choose(lambda: source)

    def _choose_default(self) -> None:
        # Looked for on the actions' thread, where it may fail.
        self._choose(lambda: find_default(self._menu))

    def _choose(self, find: Callable[[], MenuItem | None]) -> None:
        def act() -> None:
            try:
                if (item := find()) is not None:
                    item(self)
            finally:
                self.update_menu()

        if self._worker is not None:
            self._worker.submit(act)

    def _failed(self, error: Exception) -> None:
        if self.on_action_error is not None:
            self.on_action_error(error)

    def _hosted(self, hosted: bool) -> None:
        if hosted:
            self._dbus_menu.welcome()
        if self.on_hosted is not None:
            try:
                self.on_hosted(hosted)
            except Exception:
                logger.exception("what follows the tray's coming or going failed")
