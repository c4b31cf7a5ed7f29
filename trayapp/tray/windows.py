"""The icon on Windows: what is decided, beside windows_icon.py, which makes the calls."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Any

from trayapp.tray.backends import Appearance
from trayapp.tray.drawing import Artwork
from trayapp.tray.native import NativeBackend, NativeIcon
from trayapp.tray.statusnotifier.text import clean

if TYPE_CHECKING:
    from PIL.Image import Image

LONGEST_TOOLTIP = 127
LONGEST_BODY = 255
LONGEST_TITLE = 63
"""UTF-16 code units, without the closing NUL; ctypes raises on more."""

ASSERT_AFTER = (5.0, 10.0, 15.0, 30.0)
"""Seconds between the times the icon is added again, a minute in all.

At login Explorer may not be ready, and nobody learns that it took no icon.
"""

THREAD_LIMIT = 5.0
"""Seconds to wait for the end of a thread that was told to end."""


class WindowsBackend(NativeBackend):
    """A Backend on the taskbar's notification area.

    `wait` waits so many seconds or until its event is set, and tells whether it was.
    """

    artwork = Artwork.TASKBAR

    def __init__(
        self, wait: Callable[[threading.Event, float], bool] = threading.Event.wait
    ) -> None:
        super().__init__()
        self._wait = wait

    def notify(self, title: str, body: str) -> None:
        """Show a message beside the taskbar for a while; without an icon there is none."""
        body = body or title  # An empty one takes away what shows.
        self._call_soon(
            lambda icon: icon.notify(cut(body, LONGEST_BODY), cut(title, LONGEST_TITLE))
        )

    def _make_icon(
        self, appearance: Appearance, menu: Any, menu_opened: Callable[[], object]
    ) -> NativeIcon:
        from trayapp.tray.windows_icon import WindowsIcon  # noqa: PLC0415 -- on Windows only

        return WindowsIcon(appearance, menu, menu_opened)

    @contextmanager
    def _beside(self, icon: NativeIcon) -> Iterator[None]:
        with ExitStack() as parts:
            if threading.current_thread() is threading.main_thread():
                parts.enter_context(woken_by_signals(lambda: icon.call_soon(lambda: None)))
            parts.enter_context(self._asserted(icon))
            yield

    @contextmanager
    def _asserted(self, icon: NativeIcon) -> Iterator[None]:
        ended = threading.Event()

        def add_now_and_then() -> None:
            for seconds in ASSERT_AFTER:
                if self._wait(ended, seconds):
                    return
                icon.call_soon(icon.announce)

        thread = threading.Thread(target=add_now_and_then, name="icon", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join(THREAD_LIMIT)

    def _label(self, text: str) -> str:
        # A single one would underline the next character.
        return super()._label(text).replace("&", "&&")


def cut(text: str, units: int) -> str:
    """Cut a text to so many UTF-16 code units, never within a character."""
    text = clean(text)
    if len(text.encode("utf-16-le")) <= 2 * units:
        return text
    return text.encode("utf-16-le")[: 2 * (units - 1)].decode("utf-16-le", "ignore") + "…"


def ico(images: Sequence[Image]) -> bytes:
    """Write images of different sizes as one ICO file, each as it was drawn."""
    stream = BytesIO()
    # Pillow leaves out, or makes itself, every size that it is not told of and given.
    largest = max(images, key=lambda image: image.width)
    largest.save(stream, "ICO", sizes=[image.size for image in images], append_images=list(images))
    return stream.getvalue()


@contextmanager
def woken_by_signals(wake: Callable[[], None]) -> Iterator[None]:
    """Call `wake`, from another thread, when a signal comes.

    Windows' loop waits outside of Python, which calls no signal handler meanwhile. Only for the
    main thread.
    """
    reading, writing = socket.socketpair()
    with reading, writing:
        writing.setblocking(False)
        before = signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)

        def pass_on() -> None:
            while reading.recv(1):
                wake()

        thread = threading.Thread(target=pass_on, name="signals", daemon=True)
        thread.start()
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
            writing.shutdown(socket.SHUT_WR)
            thread.join(THREAD_LIMIT)
