"""A tray that is not there, beside the real ones."""

from __future__ import annotations

import threading
from collections.abc import Callable

from trayapp.tray.backends import Appearance, Item
from trayapp.tray.drawing import Artwork
from trayapp.tray.statusnotifier.worker import Worker

ACTION_LIMIT = 5.0
"""Seconds that the end of `run` waits for an action that is still running."""


class FakeBackend:
    """A Backend without a desktop, for tests: it remembers what it is told.

    `appearance` is what shows, None while nothing does; `open_menu`, `choose` and `click` do what a
    person would. Actions run on a thread of their own, as everywhere.
    """

    def __init__(self, artwork: Artwork = Artwork.PANEL) -> None:
        self.artwork = artwork
        self.appearance: Appearance | None = None
        self.announced = 0
        self.notified: list[tuple[str, str]] = []
        self._worker: Worker | None = None
        self._menu_opened: Callable[[], None] = lambda: None
        self._stopped = threading.Event()

    def run(
        self,
        appearance: Appearance,
        shown: Callable[[], None],
        menu_opened: Callable[[], None],
    ) -> None:
        """Show until `stop`."""
        if self._stopped.is_set():
            return
        self._menu_opened = menu_opened
        self._worker = Worker("fake actions")
        self.appearance = appearance
        self._worker.submit(shown)
        self._stopped.wait()
        self.appearance = None
        self._worker.close(ACTION_LIMIT)

    def show(self, appearance: Appearance) -> None:
        """Change what is shown."""
        if self.appearance is not None:
            self.appearance = appearance

    def announce(self) -> None:
        """Count that somebody asked for it."""
        self.announced += 1

    def notify(self, title: str, body: str) -> None:
        """Remember a message."""
        self.notified.append((title, body))

    def stop(self) -> None:
        """Let `run` return."""
        self._stopped.set()

    def open_menu(self) -> tuple[Item, ...]:
        """Open the menu and read it."""
        self._do(self._menu_opened)
        return self._items()

    def choose(self, *path: str) -> None:
        """Open the menu and choose an item, by the texts that lead to it."""
        items = self.open_menu()
        for text in path:
            item = next(item for item in items if item.text == text)
            items = item.children
        self._do(item.activate)

    def click(self) -> None:
        """Click on the icon itself."""
        self._do(next((item.activate for item in self._items() if item.default), None))

    def _items(self) -> tuple[Item, ...]:
        return self.appearance.items if self.appearance is not None else ()

    def _do(self, action: Callable[[], None] | None) -> None:
        if self._worker is not None and action is not None:
            self._worker.submit(action)
