"""The application and what it asks of the session: dark or light, and notifications."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from jeepney import Message, new_method_return
from PIL import Image

from tests.coding.samples import a_number, a_status
from tests.server import Server
from tests.tray.test_drawing import contrast
from trayapp.coding.preferences import Scheme
from trayapp.desktop.notifications import SERVER
from trayapp.desktop.theme import APPEARANCE, COLOR_SCHEME, PORTAL, PORTAL_PATH, SETTINGS
from trayapp.tray.drawing import draw_icon

from .app import App
from .bus import member
from .bus_service import BusService, returns
from .harness import Desktop
from .processes import wait_for
from .screen import Box
from .xfce import XfcePanel

pytestmark = pytest.mark.desktop

SIZE = 24
STATUS = a_status(a_number(7500))


@pytest.fixture
def app(desktop: Desktop, xfce_panel: XfcePanel, tmp_path: Path) -> Iterator[App]:
    desktop.move((300, 500))
    with Server("hackatime") as server:
        server.today(total_seconds=7500)
        app = App(desktop, xfce_panel, server, tmp_path)
        xfce_panel.start()
        yield app
        if app.process is not None:
            app.end()


def only_colour(picture: Image.Image) -> tuple[int, ...]:
    """Give the one colour that a part of a screenshot has."""
    colours = [colour for _, colour in picture.getcolors() or []]
    assert len(colours) == 1
    assert isinstance(colours[0], tuple)
    return colours[0]


def test_the_icon_follows_the_portals_colour_scheme(app: App) -> None:
    light = returns("v", ("v", ("u", 2)))
    with BusService(app.desktop.bus, PORTAL, light) as portal:
        app.start()
        app.wait_for_icon(draw_icon(STATUS, SIZE, Scheme.LIGHT))

        portal.emit(
            PORTAL_PATH, SETTINGS, "SettingChanged", "ssv", APPEARANCE, COLOR_SCHEME, ("u", 1)
        )

        app.wait_for_icon(draw_icon(STATUS, SIZE, Scheme.DARK))


def test_a_second_start_is_told_in_a_notification_with_the_time(app: App) -> None:
    def answer(call: Message) -> Message:
        if member(call) == "GetCapabilities":
            return new_method_return(call, "as", (["body"],))
        return new_method_return(call, "u", (7,))

    with BusService(app.desktop.bus, SERVER, answer) as service:
        app.start()
        app.wait_for_icon(draw_icon(STATUS, SIZE))
        assert app.command().returncode == 0

        def told() -> list[tuple[str, str]]:
            calls = [call.body for call in service.calls if member(call) == "Notify"]
            return [(title, body) for _, _, _, title, body, *_ in calls]

        wait_for(told, "it is told")
        assert told() == [("trayapp is running", "Today  2h 5m")]


@pytest.mark.parametrize(
    ("dark", "scheme"), [(True, Scheme.DARK), (False, Scheme.LIGHT)], ids=["dark", "light"]
)
def test_the_badge_stands_out_from_the_panel_in_its_own_screenshot(
    tmp_path: Path, dark: bool, scheme: Scheme
) -> None:
    with Desktop() as desktop, Server("hackatime") as server:
        server.today(total_seconds=7500)
        panel = XfcePanel(desktop, dark=dark)
        app = App(desktop, panel, server, tmp_path)
        app.write_config(f'theme = "{scheme}"\n')
        desktop.move((300, 500))
        panel.start()
        app.start()
        icon = app.wait_for_icon(draw_icon(STATUS, SIZE, scheme))
        screen = desktop.screenshot(f"app-contrast-{scheme}")
        app.end()

    beside = Box(icon.left - 40, icon.top, icon.left - 20, icon.bottom).crop(screen)
    ground = Box(icon.left + 2, icon.top + 2, icon.left + 3, icon.bottom - 2).crop(screen)
    assert contrast(only_colour(ground), only_colour(beside)) >= 3
