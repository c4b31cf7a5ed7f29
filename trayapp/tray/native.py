"""What the icons of macOS and Windows share: pystray's own, touched on the main thread only.

Any other thread leaves what it wants with `call_soon`; what a person chooses is done on a thread of
its own, as on Linux.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any, Protocol

from trayapp.desktop.notifications import Notification
from trayapp.tray.backends import ICON_NAME, Appearance, Item
from trayapp.tray.drawing import Artwork
from trayapp.tray.statusnotifier.text import LABEL_LIMIT, one_line
from trayapp.tray.statusnotifier.worker import Worker

ACTION_LIMIT = 5.0
"""Seconds that the end of `run` waits for an action that is still running."""


class NativeIcon(Protocol):
    """A subclass of pystray's icon; all but `call_soon` is for the main thread."""

    visible: bool

    def run(self, setup: Callable[[Any], object]) -> None:
        """Serve the icon until `stop`; `setup` is called on another thread once it is ready."""

    def stop(self) -> None:
        """End the loop that runs."""

    def call_soon(self, function: Callable[[], object]) -> None:
        """Have the loop call a function, from any thread, before it runs and while it does."""

    def change(self, appearance: Appearance) -> None:
        """Change what is shown; the menu is read when it opens."""

    def announce(self) -> None:
        """Show the icon once more, in case it was lost."""


class NativeBackend(ABC):
    """A Backend on pystray's icon for one system."""

    artwork: Artwork

    opens_menu_only = False
    """Whether a click on the icon itself does nothing but open the menu."""

    def __init__(self) -> None:
        self._icon: NativeIcon | None = None
        self._appearance: Appearance | None = None
        # No Event: its lock is not re-entrant, and `stop` may interrupt itself.
        self._stopped = False

    def run(
        self,
        appearance: Appearance,
        shown: Callable[[], None],
        menu_opened: Callable[[], None],
    ) -> None:
        """Show the icon and serve it on the calling thread, the main one, until `stop`."""
        from pystray._base import Menu  # noqa: PLC0415 -- importing pystray opens its backend

        self._appearance = appearance
        worker = Worker(f"{ICON_NAME} actions")
        try:
            icon = self._make_icon(
                appearance,
                Menu(partial(self._menu_items, worker)),
                lambda: worker.submit(menu_opened, once=True),
            )
            self._icon = icon
            if not self._stopped:
                with self._beside(icon):
                    icon.run(lambda _icon: icon.call_soon(partial(self._appear, worker, shown)))
        finally:
            self._icon = None
            worker.close(ACTION_LIMIT)

    def show(self, appearance: Appearance) -> None:
        """Change what is shown; an open menu stays as it is."""
        self._appearance = appearance
        self._call_soon(lambda icon: icon.change(appearance))

    def announce(self) -> None:
        """Show the icon once more, in case it was lost."""
        self._call_soon(lambda icon: icon.announce())

    def stop(self) -> None:
        """Let `run` return; may be called from a signal handler."""
        self._stopped = True
        self._call_soon(lambda icon: icon.stop())

    @abstractmethod
    def notify(self, title: str, body: str) -> None:
        """Show a message for a while; a failure is logged and never raised."""

    @abstractmethod
    def _make_icon(
        self, appearance: Appearance, menu: Any, menu_opened: Callable[[], object]
    ) -> NativeIcon:
        """Make the icon; `menu` is a pystray.Menu, `menu_opened` does not wait."""

    def _beside(self, _icon: NativeIcon) -> AbstractContextManager[object]:
        """Give what is to be entered while the icon runs."""
        return nullcontext()

    def _label(self, text: str) -> str:
        """Write a line of the menu as this system wants it."""
        return one_line(text, LABEL_LIMIT)

    def _call_soon(self, act: Callable[[Any], object]) -> None:
        if (icon := self._icon) is not None:
            icon.call_soon(lambda: act(icon))

    def _appear(self, worker: Worker, shown: Callable[[], None]) -> None:
        if self._icon is None or self._appearance is None:
            return
        try:
            self._icon.change(self._appearance)
            self._icon.visible = True
        finally:
            # Without a picture the rest of the app is as useful as ever.
            worker.submit(shown)

    def _menu_items(self, worker: Worker) -> Iterator[Any]:
        if self._appearance is not None:
            yield from (self._menu_item(item, worker) for item in self._appearance.items)

    def _menu_item(self, item: Item, worker: Worker) -> Any:
        from pystray._base import Menu, MenuItem  # noqa: PLC0415 -- as above

        if item.separator:
            return Menu.SEPARATOR
        children = [self._menu_item(child, worker) for child in item.children]
        return MenuItem(
            self._label(item.text),
            Menu(*children) if children else _action(item, worker),
            checked=None if item.checked is None else lambda _item: bool(item.checked),
            radio=item.radio,
            default=item.default and not self.opens_menu_only,
            enabled=bool(children) or item.activate is not None,
        )


class NativeNotifier:
    """A Notifier for the systems whose icon shows messages itself."""

    def __init__(self, backend: NativeBackend) -> None:
        self._backend = backend

    def notify(self, notification: Notification) -> None:
        """Show what these systems can: title and body."""
        self._backend.notify(notification.title, notification.body)


def _action(item: Item, worker: Worker) -> Callable[[], object] | None:
    activate = item.activate
    # No partial: pystray counts the arguments that an action takes in its code.
    return None if activate is None else lambda: worker.submit(activate)
