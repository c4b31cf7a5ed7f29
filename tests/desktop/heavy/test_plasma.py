"""The icon, and the application itself, on KDE Plasma."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image

from tests.coding.samples import a_number, a_status
from tests.desktop.app import App
from tests.desktop.host_contract import SEE_LIMIT, HostContract, Session
from tests.desktop.plasma import PlasmaDesktop, PlasmaShell
from tests.desktop.processes import wait_for
from tests.desktop.screen import changed
from tests.server import Server
from trayapp.tray.drawing import draw_icon

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.desktop, pytest.mark.heavy, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def desktop() -> Iterator[PlasmaDesktop]:
    with PlasmaDesktop() as desktop:
        yield desktop


@pytest.fixture
def panel(desktop: PlasmaDesktop) -> Iterator[PlasmaShell]:
    panel = PlasmaShell(desktop)
    yield panel
    panel.stop()


class TestPlasma(HostContract):
    def test_a_left_click_opens_the_menu_too(self, shown: Session) -> None:
        _menu, rows = shown.open_menu(1)
        shown.keep("menu-left-click")

        assert len(rows) == 7

    def test_an_icon_that_needs_attention_is_still_the_same_icon(self, shown: Session) -> None:
        """Plasma lets it throb, between two sizes."""
        before = shown.desktop.settled()
        shown.demo.icon.status = "NeedsAttention"

        wait_for(lambda: changed(before, shown.desktop.screenshot()), "it throbs")
        wait_for(lambda: not changed(before, shown.desktop.screenshot()), "it is as it was")

    def test_a_panel_that_starts_late_shows_the_icon(self, session: Session) -> None:
        """The watcher, which is kded5, was there before."""
        wait_for(lambda: session.demo.icon.hosted, "the icon runs before the panel")

        session.panel.start()

        session.see()

    def test_a_panel_that_was_killed_shows_the_icon_again(self, shown: Session) -> None:
        """The watcher outlives it, and tells the next one."""
        for _ in range(2):
            shown.panel.kill()
            shown.see_none()

            shown.panel.start()
            shown.see()
        _menu, rows = shown.open_menu()
        assert len(rows) == 7


@pytest.fixture
def app(panel: PlasmaShell, server: Server, tmp_path: Path) -> Iterator[App]:
    """Runs on plasmashell."""
    panel.desktop.move((300, 500))
    panel.start()
    app = App(panel.desktop, panel, server, tmp_path)
    app.start()
    yield app
    app.end()


def test_the_application_shows_its_time_and_its_menu_works(app: App, server: Server) -> None:
    icon = app.wait_for_icon(fresh(7500), SEE_LIMIT)

    _menu, rows = app.open_menu(icon)
    app.desktop.screenshot("plasma-app")
    labels = app.labels()
    assert "Today  2h 5m" in labels
    assert len(rows) == len(labels)

    server.today(total_seconds=11_520)
    app.desktop.click(rows[labels.index("Refresh now")])
    icon = app.wait_for_icon(fresh(11_520))

    app.choose(icon, "Open dashboard")
    wait_for(app.pages.exists, "the dashboard was opened")
    assert app.pages.read_text() == f"{server.origin}/\n"

    app.choose(icon, "Quit")
    assert app.process is not None
    assert app.process.wait(10) == 0
    app.wait_until_gone(fresh(11_520))


def test_the_application_on_a_light_panel(server: Server, tmp_path: Path) -> None:
    with PlasmaDesktop(dark=False) as desktop:
        panel = PlasmaShell(desktop)
        panel.start()
        app = App(desktop, panel, server, tmp_path)
        app.start()
        icon = app.wait_for_icon(fresh(7500), SEE_LIMIT)
        _menu, rows = app.open_menu(icon)
        desktop.screenshot("plasma-app-light")

        assert len(rows) == len(app.labels())
        app.end()


def fresh(seconds: float) -> Image.Image:
    return draw_icon(a_status(a_number(seconds)), PlasmaShell.icon_size)
