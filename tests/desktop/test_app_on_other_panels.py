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


@pytest.fixture(
    params=[("lxqt_panel", "LXQt"), ("mate_panel", "MATE"), ("waybar", "sway")],
    ids=lambda param: param[0],
)
def app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[App]:
    panel: PanelProcess = request.getfixturevalue(request.param[0])
    with Server("hackatime") as server:
        server.today(total_seconds=7500)
        panel.desktop.move((300, 500))
        app = App(panel.desktop, panel, server, tmp_path)
        app.environ["XDG_CURRENT_DESKTOP"] = request.param[1]
        panel.start()
        app.start()
        yield app
        if app.process is not None:
            app.end()


def wait_for_icon(app: App) -> Box:
    def seen() -> Box | None:
        screen = app.desktop.screenshot()
        return next(filter(None, (find_picture(screen, picture) for picture in PICTURES)), None)

    icon = wait_for(seen, "the icon is in the panel", 20)
    wait_for(lambda: app.labels()[0] == "Today  2h 5m", "the menu tells the time")
    return icon


def test_the_icon_shows_the_time_and_a_click_in_its_menu_opens_the_dashboard(app: App) -> None:
    panel = app.panel
    assert isinstance(panel, PanelProcess)
    icon = wait_for_icon(app)

    _menu, rows = app.open_menu(icon, panel.menu_button)
    app.desktop.screenshot(f"app-{panel.name}")
    assert len(rows) == len(app.labels())
    app.desktop.click(rows[app.labels().index("Open dashboard")])

    wait_for(app.pages.exists, "the dashboard was opened")


def test_a_left_click_opens_the_dashboard_where_it_can_open_no_menu(app: App) -> None:
    panel = app.panel
    assert isinstance(panel, PanelProcess)
    icon = wait_for_icon(app)

    if panel.menu_button == 1:
        app.open_menu(icon, 1)
        assert not app.pages.exists()
    else:
        app.desktop.click(icon, 1)
        wait_for(app.pages.exists, "the dashboard was opened")
