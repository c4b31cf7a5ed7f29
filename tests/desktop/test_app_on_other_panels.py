"""The application itself on the other light panels: its icon, its menu, a click that counts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.coding.samples import a_number, a_status
from tests.server import Server
from trayapp.tray.drawing import draw_icon

from .app import App, find_picture
from .panel import PanelProcess
from .processes import wait_for
from .screen import Box

pytestmark = pytest.mark.desktop

PICTURES = [draw_icon(a_status(a_number(7500)), size) for size in (22, 24, 32)]


@pytest.fixture(params=["lxqt_panel", "mate_panel", "waybar"])
def app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[App]:
    panel: PanelProcess = request.getfixturevalue(request.param)
    with Server("hackatime") as server:
        server.today(total_seconds=7500)
        panel.desktop.move((300, 500))
        app = App(panel.desktop, panel, server, tmp_path)
        panel.start()
        yield app
        if app.process is not None:
            app.end()


def test_the_icon_shows_the_time_and_a_click_in_its_menu_opens_the_dashboard(app: App) -> None:
    panel = app.panel
    assert isinstance(panel, PanelProcess)
    app.start()

    def seen() -> Box | None:
        screen = app.desktop.screenshot()
        return next(filter(None, (find_picture(screen, picture) for picture in PICTURES)), None)

    icon = wait_for(seen, "the icon is in the panel", 20)
    wait_for(lambda: app.labels()[0] == "Today  2h 5m", "the menu tells the time")
    _menu, rows = app.open_menu(icon, panel.menu_button)
    app.desktop.screenshot(f"app-{panel.name}")
    assert len(rows) == len(app.labels())

    app.desktop.click(rows[app.labels().index("Open dashboard")])

    wait_for(app.pages.exists, "the dashboard was opened")
