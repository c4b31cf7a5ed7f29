"""Without a StatusNotifierWatcher: the icon in a real trayer, seen and clicked."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image

from tests.coding.samples import a_number, a_status
from tests.server import Server
from tests.tray.statusnotifier.fake_watcher import FakeWatcher
from trayapp.coding.preferences import Scheme
from trayapp.tray.backends import Appearance, Item
from trayapp.tray.drawing import Artwork, draw_icon, draw_icons
from trayapp.tray.linux import StatusNotifierBackend
from trayapp.tray.xembed import GRACE

from .app import App, find_picture
from .harness import Desktop
from .lxqt import LxqtPanel
from .processes import wait_for
from .screen import Box, changed
from .trayer import Trayer

pytestmark = pytest.mark.desktop

GRACE_HERE = 0.5
END_LIMIT = 10.0

SIZE = 22
"""What is left for an icon in a tray of 24 pixels."""


def drawn(seconds: float, size: int = SIZE) -> Image.Image:
    return draw_icon(a_status(a_number(seconds)), size)


class Session:
    """The backend alone, in this process, before a person."""

    def __init__(self, desktop: Desktop, trayer: Trayer) -> None:
        self.desktop = desktop
        self.trayer = trayer
        self.clicks = 0
        self.backend = StatusNotifierBackend(os.environ, GRACE_HERE)

    def appearance(self, seconds: float) -> Appearance:
        return Appearance(
            images=draw_icons(a_status(a_number(seconds)), Scheme.UNKNOWN, Artwork.PANEL),
            tooltip=f"Today {seconds}",
            items=(Item("Open dashboard", self._clicked, default=True), Item("Quit", lambda: None)),
        )

    def _clicked(self) -> None:
        self.clicks += 1

    @contextmanager
    def running(self) -> Iterator[None]:
        shown = threading.Event()
        arguments = (self.appearance(7500), shown.set, lambda: None)
        thread = threading.Thread(target=self.backend.run, args=arguments)
        thread.start()
        try:
            assert shown.wait(END_LIMIT)
            yield
        finally:
            self.backend.stop()
            thread.join(END_LIMIT)
            assert not thread.is_alive()

    def see(self, picture: Image.Image) -> Box:
        screen = self.desktop.screenshot
        return wait_for(lambda: find_picture(screen(), picture), "exactly this icon is seen")

    def see_none(self, picture: Image.Image) -> None:
        screen = self.desktop.screenshot
        wait_for(lambda: not find_picture(screen(), picture), "the icon has gone")


@pytest.fixture
def trayer(desktop: Desktop) -> Iterator[Trayer]:
    """It does not run yet."""
    desktop.move((300, 500))
    trayer = Trayer(desktop)
    yield trayer
    trayer.stop()


@pytest.fixture
def session(desktop: Desktop, trayer: Trayer, monkeypatch: pytest.MonkeyPatch) -> Session:
    """Neither the backend nor trayer runs yet."""
    for name in ("DISPLAY", "DBUS_SESSION_BUS_ADDRESS"):
        monkeypatch.setenv(name, desktop.environ[name])
    return Session(desktop, trayer)


def test_the_icon_is_seen_pixel_for_pixel_and_a_left_click_counts(session: Session) -> None:
    session.trayer.start()
    with session.running():
        icon = session.see(drawn(7500))
        screen = session.desktop.screenshot("xembed-icon")
        corner, beside = ((icon.left - away, icon.top) for away in (0, 2))
        assert screen.getpixel(corner) == screen.getpixel(beside), "the tray is seen at the corner"
        assert icon.bottom < session.trayer.below.top

        session.desktop.click(icon)
        wait_for(lambda: session.clicks == 1, "the click counts")
        session.desktop.click(icon, 3)

        session.backend.show(session.appearance(11_520))
        session.see(drawn(11_520))
        session.desktop.screenshot("xembed-changed")
        assert session.clicks == 1
    session.see_none(drawn(11_520))


@pytest.mark.parametrize(("size", "picture"), [(18, 16), (30, 24), (50, 24)])
def test_it_is_sharp_in_trays_of_other_sizes(
    desktop: Desktop, session: Session, size: int, picture: int
) -> None:
    session.trayer = Trayer(desktop, size=size, tint="0xe0e0e0")
    session.trayer.start()
    try:
        with session.running():
            session.see(drawn(7500, picture))
            session.desktop.screenshot(f"xembed-{size}")
    finally:
        session.trayer.stop()


def test_a_tray_that_is_killed_and_one_that_starts_later_show_it(session: Session) -> None:
    with session.running():
        empty = session.desktop.settled()
        for _ in range(2):
            session.trayer.start()
            session.see(drawn(7500))

            session.trayer.kill()
            session.see_none(drawn(7500))
            assert changed(empty, session.desktop.settled()) is None, "nothing is left behind"


def test_a_watcher_that_comes_takes_the_icon_and_one_that_goes_leaves_it(session: Session) -> None:
    session.trayer.start()
    with session.running():
        for _ in range(2):
            session.see(drawn(7500))
            with FakeWatcher(session.desktop.bus) as watcher:
                wait_for(lambda: watcher.registrations, "the item is registered")
                session.see_none(drawn(7500))


def test_a_real_panel_that_starts_later_takes_the_icon(
    desktop: Desktop, session: Session, lxqt_panel: LxqtPanel
) -> None:
    session.trayer = Trayer(desktop, size=18)  # Where the icon has another size than in the panel.
    session.trayer.start()
    try:
        with session.running():
            session.see(drawn(7500, 16))

            lxqt_panel.start()
            session.see_none(drawn(7500, 16))
            session.see(drawn(7500, lxqt_panel.icon_size))
            desktop.screenshot("xembed-lxqt")

            lxqt_panel.stop()
            session.see(drawn(7500, 16))
    finally:
        session.trayer.stop()


def test_a_watcher_that_is_there_keeps_it_out(session: Session) -> None:
    session.trayer.start()
    with FakeWatcher(session.desktop.bus) as watcher, session.running():
        wait_for(lambda: watcher.registrations, "the item is registered")
        time.sleep(2 * GRACE_HERE)
        assert find_picture(session.desktop.screenshot(), drawn(7500)) is None


def test_without_a_session_bus_it_is_seen(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path / 'none'}")
    session.trayer.start()
    with session.running():
        session.desktop.click(session.see(drawn(7500)))
        wait_for(lambda: session.clicks == 1, "the click counts")


def test_without_a_display_nothing_is_attempted(
    session: Session, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("DISPLAY")
    session.trayer.start()
    with session.running():
        time.sleep(2 * GRACE_HERE)
        assert not [thread for thread in threading.enumerate() if "xembed" in thread.name]
    assert "XEmbed" not in caplog.text


# The application itself.


@pytest.fixture
def app(desktop: Desktop, trayer: Trayer, server: Server, tmp_path: Path) -> Iterator[App]:
    """Not started yet; nor is trayer."""
    app = App(desktop, trayer, server, tmp_path)
    yield app
    if app.process is not None:
        app.end()


def test_the_application_serves_an_xembed_tray_until_a_watcher_comes(
    app: App, server: Server
) -> None:
    app.panel.start()
    before = len(app.desktop.log_text())
    began = time.monotonic()
    app.start()
    icon = app.wait_for_icon(drawn(7500), GRACE + 15)
    assert time.monotonic() - began > GRACE
    app.desktop.screenshot("xembed-app")

    app.desktop.click(icon)
    wait_for(app.pages.exists, "the dashboard was opened")
    assert app.pages.read_text() == f"{server.origin}/\n"

    server.today(total_seconds=11_520)
    assert app.command().returncode == 0  # a second start has the first refresh
    app.wait_for_icon(drawn(11_520))

    app.panel.kill()
    app.wait_until_gone(drawn(11_520))
    app.panel.start()
    app.wait_for_icon(drawn(11_520))

    with FakeWatcher(app.desktop.bus) as watcher:
        wait_for(lambda: watcher.registrations, "the item is registered")
        app.wait_until_gone(drawn(11_520))
    app.wait_for_icon(drawn(11_520), GRACE + 5)

    assert app.end(signal.SIGTERM) == 0
    app.wait_until_gone(drawn(11_520))
    assert "trayapp ends" in app.log_text()
    assert "Traceback" not in app.desktop.log_text()[before:]


def test_the_application_serves_an_xembed_tray_without_a_session_bus(
    app: App, tmp_path: Path
) -> None:
    runtime = tmp_path / "runtime"
    runtime.mkdir(mode=0o700)
    app.environ |= {"DBUS_SESSION_BUS_ADDRESS": "", "XDG_RUNTIME_DIR": str(runtime)}
    app.panel.start()
    app.start()
    app.wait_for_icon(drawn(7500), GRACE + 15)

    checks = json.loads(app.command("doctor", "--json").stdout)["checks"]
    (tray,) = [check for check in checks if check["part"] == "tray"]
    assert tray["verdict"] == "ok"
    assert tray["found"].startswith("XEmbed: a tray owns _NET_SYSTEM_TRAY_S0")
    assert app.end(signal.SIGTERM) == 0
