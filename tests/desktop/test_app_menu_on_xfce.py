"""The application's submenus and settings on a real xfce4-panel, by real clicks."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from tests.coding.samples import a_number, a_status
from tests.server import Server
from tests.settings.secret_services import GnomeKeyring
from trayapp.coding.goal import with_goal
from trayapp.coding.preferences import IconFace, Preferences, Scheme
from trayapp.coding.status import Status
from trayapp.desktop import control
from trayapp.errors import SignedOutError
from trayapp.tray.drawing import draw_icon

from .app import App
from .harness import Desktop
from .processes import wait_for
from .screen import Box, changed, text_rows
from .xfce import XfcePanel

pytestmark = pytest.mark.desktop

SIZE = 24
FRESH = a_status(a_number(7500))
SIGNED_OUT = a_status(None, SignedOutError("x"))


def picture(status: Status, scheme: Scheme = Scheme.UNKNOWN) -> Image.Image:
    return draw_icon(status, SIZE, scheme)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server("wakatime") as server:
        server.today(
            total_seconds=7500, projects={"site": 6900, "tray": 600}, languages={"Go": 7500}
        )
        yield server


@pytest.fixture
def app(desktop: Desktop, xfce_panel: XfcePanel, server: Server, tmp_path: Path) -> Iterator[App]:
    desktop.move((300, 500))
    app = App(desktop, xfce_panel, server, tmp_path)
    xfce_panel.start()
    yield app
    if app.process is not None:
        app.end()


def start(app: App) -> Box:
    """Start it, and give the icon once it and the menu show the time."""
    app.start()
    icon = app.wait_for_icon(picture(FRESH))
    wait_for(lambda: "Projects" in app.labels(), "the menu shows what the server told")
    return icon


def test_projects_and_languages_open_beside_the_menu(app: App) -> None:
    icon = start(app)
    wait_for(lambda: app.labels()[2:4] == ["Projects", "Languages"], "the menu is whole")

    _submenu, rows = app.open_submenu(icon, "Projects")
    app.desktop.screenshot("app-projects")

    assert len(rows) == 2
    (projects,) = [lines for text, _, lines in app.layout() if text == "Projects"]
    assert [text for text, _, _ in projects] == ["site  1h 55m", "tray  10m"]
    app.desktop.key("Escape")
    app.desktop.key("Escape")


def test_the_open_menu_stays_as_it_is_when_the_server_goes_away(app: App, server: Server) -> None:
    icon = start(app)
    menu, rows = app.open_menu(icon)
    before = app.desktop.screenshot()

    server.stop()
    control.ask(app.locations.control_address, "refresh")

    wait_for(lambda: app.labels()[1].startswith("Offline: "), "the menu says so")
    wait_for(lambda: changed(before, app.desktop.screenshot(), rows[1]), "the line has changed")
    assert text_rows(app.desktop.settled(), menu)[-1] == rows[-1]
    server.start()
    app.desktop.key("Escape")


def test_a_broken_edit_is_told_in_the_menu_and_the_number_stays(app: App) -> None:
    start(app)

    app.write_config('icon = "rings"\n')
    control.ask(app.locations.control_address, "refresh")
    wait_for(lambda: any("icon must be one of" in text for text in app.labels()), "it is told")

    app.write_config("icon = \n")
    control.ask(app.locations.control_address, "refresh")
    wait_for(lambda: any("config.toml line 1" in text for text in app.labels()), "it is told")
    app.wait_for_icon(picture(FRESH))
    wait_for(lambda: app.labels()[0] == "Today  2h 5m", "the menu tells the time")


def test_another_account_is_chosen_by_a_click_and_remembered(app: App, server: Server) -> None:
    account = f'api_url = "{server.api_url}"\nkey = "env"\ndialect = "wakatime"\n'
    app.write_config(f"# mine\n[accounts.home]\n{account}[accounts.work]\n{account}")
    app.environ["WAKATIME_API_KEY"] = server.key
    icon = start(app)

    _submenu, rows = app.open_submenu(icon, "Account")
    app.desktop.screenshot("app-accounts")
    app.desktop.click(rows[1])

    def chosen() -> list[str]:
        accounts = next(line for line in app.layout() if line[0] == "Account")[2]
        return [text for text, properties, _ in accounts if properties["toggle-state"] == 1]

    wait_for(lambda: chosen() == ["work"], "the menu shows the other account as chosen")
    text = app.locations.config_file.read_text()
    assert tomllib.loads(text)["show"] == "work"
    assert "# mine" in text


@pytest.fixture
def keyring(app: App) -> Iterator[GnomeKeyring]:
    keyring = GnomeKeyring(app.desktop.bus, app.home)
    keyring.start(unlocked=True)
    yield keyring
    keyring.close()


@pytest.mark.usefixtures("keyring")
def test_signing_out_by_a_click_removes_the_key(app: App, server: Server) -> None:
    (app.home / ".wakatime.cfg").unlink()
    login = app.command("login", "--api-url", server.api_url, stdin=server.key)
    assert login.returncode == 0, login.stderr
    icon = start(app)

    _submenu, rows = app.open_submenu(icon, "Account")
    app.desktop.click(rows[-1])

    app.wait_for_icon(picture(SIGNED_OUT))
    assert app.command("today").returncode == 104


@pytest.mark.parametrize("face", IconFace)
@pytest.mark.parametrize("scheme", [Scheme.DARK, Scheme.LIGHT])
def test_each_face_stands_in_the_panel_pixel_for_pixel(
    app: App, face: IconFace, scheme: Scheme
) -> None:
    app.write_config(f'icon = "{face}"\ntheme = "{scheme}"\ngoal = "3h"\n')
    status = a_status(with_goal(a_number(7500), 10_800))
    status = replace(status, preferences=Preferences(face, scheme))

    app.start()

    app.wait_for_icon(picture(status, scheme))
    app.desktop.screenshot(f"app-{face}-{scheme}")


def test_an_edit_of_the_icon_and_the_goal_shows_at_the_next_turn(app: App) -> None:
    start(app)

    app.write_config('icon = "ring"\ngoal = "2h"\n')
    control.ask(app.locations.control_address, "refresh")

    status = a_status(with_goal(a_number(7500), 7200))
    app.wait_for_icon(picture(replace(status, preferences=Preferences(IconFace.RING))))
    wait_for(lambda: app.labels()[1] == "Goal  104 % of 2h", "the menu tells the goal")
