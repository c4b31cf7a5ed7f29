"""The application itself on a real xfce4-panel, seen in screenshots, used with a real mouse."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.coding.samples import a_number, a_status
from tests.server import Server, misbehaviours
from tests.settings.secret_services import GnomeKeyring, SilentService
from tests.tray.icon_samples import STATES
from trayapp.desktop import control
from trayapp.errors import SignedOutError, UnreachableError
from trayapp.tray.drawing import draw_icon

from .app import App
from .harness import Desktop
from .processes import wait_for
from .screen import changed
from .xfce import XfcePanel

pytestmark = pytest.mark.desktop

SIZE = 24
LATE_SECONDS = 30.0


def fresh(seconds: float) -> Image.Image:
    return draw_icon(a_status(a_number(seconds)), SIZE)


def not_fresh(seconds: float) -> Image.Image:
    return draw_icon(a_status(a_number(seconds), UnreachableError("x")), SIZE)


STARTING = draw_icon(a_status(None), SIZE)
SIGNED_OUT = draw_icon(a_status(None, SignedOutError("x")), SIZE)
LOCAL = draw_icon(STATES["local"], SIZE)


@pytest.fixture
def app(desktop: Desktop, xfce_panel: XfcePanel, server: Server, tmp_path: Path) -> Iterator[App]:
    """Not started yet; nor is the panel."""
    desktop.move((300, 500))
    app = App(desktop, xfce_panel, server, tmp_path)
    yield app
    if app.process is not None:
        app.end()


def test_the_icon_shows_the_time_and_its_menu_works_by_real_clicks(
    app: App, server: Server
) -> None:
    app.panel.start()
    app.start()
    icon = app.wait_for_icon(fresh(7500))

    menu, rows = app.open_menu(icon)
    app.desktop.screenshot("app-menu")
    labels = app.labels()
    assert labels == [
        "Today  2h 5m",
        "Fresh",
        "Add folder…",
        "Open dashboard",
        "Refresh now",
        "Start at login",
        "Quit",
    ]
    assert len(rows) == 7
    assert app.tooltip() == "Today  2h 5m"

    server.today(total_seconds=11_520)
    before = app.desktop.settled()
    app.desktop.click(rows[labels.index("Refresh now")])
    icon = app.wait_for_icon(fresh(11_520))
    wait_for(lambda: app.labels()[0] == "Today  3h 12m", "the menu tells the time")

    again, rows = app.open_menu(icon)
    assert again.height == menu.height
    difference = changed(before, app.desktop.screenshot("app-menu-refreshed"), rows[0])
    assert difference is not None, "the menu shows another time than before"

    app.desktop.click(rows[labels.index("Open dashboard")])
    wait_for(app.pages.exists, "the dashboard was opened")
    assert app.pages.read_text() == f"{server.origin}/\n"

    app.choose(icon, "Quit")
    assert app.process is not None
    assert app.process.wait(10) == 0
    app.wait_until_gone(fresh(11_520))


def test_opening_the_menu_of_an_old_number_asks_the_server(app: App, server: Server) -> None:
    app.panel.start()
    app.start()
    icon = app.wait_for_icon(fresh(7500))
    seen = len(server.wait_for_requests(1, path="statusbar"))
    began = time.monotonic()
    wait_for(lambda: time.monotonic() - began > 16, "the number is older than 15 s", 20)

    app.open_menu(icon)

    assert len(server.wait_for_requests(seen + 1, path="statusbar")) == seen + 1
    app.desktop.key("Escape")


def test_the_icon_is_there_while_the_server_has_not_answered(app: App, server: Server) -> None:
    server.misbehave(misbehaviours.never_answers())
    app.panel.start()
    app.start()

    app.wait_for_icon(STARTING)
    app.desktop.screenshot("app-starting")
    assert app.labels()[:2] == ["Today  -", "Starting: no number of today yet"]


def test_the_icon_is_there_while_the_keyring_does_not_answer(app: App, server: Server) -> None:
    (app.home / ".wakatime.cfg").unlink()
    app.write_config(f'[accounts.home]\napi_url = "{server.api_url}"\n')
    app.panel.start()
    with SilentService(app.desktop.bus):
        app.start()

        app.wait_for_icon(STARTING)
        app.wait_for_icon(SIGNED_OUT)
        assert "did not answer within 5 s" in app.labels()[1]
    assert server.requests == ()


def test_signing_in_and_out_shows_at_once(app: App, server: Server) -> None:
    (app.home / ".wakatime.cfg").unlink()
    app.panel.start()
    keyring = GnomeKeyring(app.desktop.bus, app.home)
    keyring.start(unlocked=True)
    app.start()
    app.wait_for_icon(LOCAL)

    login = app.command("login", "--api-url", server.api_url, stdin=server.key)
    assert login.returncode == 0, login.stderr
    app.wait_for_icon(fresh(7500))

    assert app.command("logout").returncode == 0
    app.wait_for_icon(SIGNED_OUT)
    keyring.close()


def test_the_control_channel_quits_it(app: App) -> None:
    app.panel.start()
    app.start()
    app.wait_for_icon(fresh(7500))

    control.ask(app.locations.control_address, "quit")

    assert app.process is not None
    assert app.process.wait(10) == 0
    assert not Path(app.locations.control_address).exists()


def test_it_quits_at_once_while_the_server_does_not_answer(app: App, server: Server) -> None:
    server.misbehave(misbehaviours.never_answers())
    app.panel.start()
    app.start()
    app.wait_for_icon(STARTING)
    server.wait_for_requests(1)

    before = time.monotonic()
    assert app.end(signal.SIGTERM) == 0

    assert time.monotonic() - before < 4
    assert "broke off" not in app.log_text()


def test_a_server_that_goes_away_leaves_the_number_marked_and_coming_back_mends_it(
    app: App, server: Server
) -> None:
    app.panel.start()
    app.start()
    app.wait_for_icon(fresh(7500))
    server.stop()
    app.command("--version")
    icon = app.wait_for_icon(fresh(7500))
    app.choose(icon, "Refresh now")

    icon = app.wait_for_icon(not_fresh(7500))
    _menu, rows = app.open_menu(icon)
    app.desktop.screenshot("app-offline")
    labels = app.labels()
    assert labels[0].startswith("Today  2h 5m  (as of ")
    assert labels[1].startswith("Offline: ")

    server.start()
    app.desktop.click(rows[labels.index("Refresh now")])
    app.wait_for_icon(fresh(7500))


def test_a_panel_that_comes_30_s_late_shows_the_icon(app: App, server: Server) -> None:
    app.start()
    began = time.monotonic()
    server.wait_for_requests(1, 20)
    advice = "the icon appears as soon as one is there"
    wait_for(lambda: advice in app.desktop.log_text(), "it says what is missing")
    wait_for(lambda: time.monotonic() - began > LATE_SECONDS, "half a minute has passed", 40)

    app.panel.start()

    app.wait_for_icon(fresh(7500))


def test_a_panel_that_is_killed_and_started_again_shows_the_icon(app: App) -> None:
    app.panel.start()
    app.start()
    app.wait_for_icon(fresh(7500))

    app.panel.kill()
    app.wait_until_gone(fresh(7500))
    app.panel.start()

    icon = app.wait_for_icon(fresh(7500))
    _menu, rows = app.open_menu(icon)
    assert len(rows) == 7
    app.desktop.key("Escape")


def test_a_second_start_says_so_and_has_the_first_refresh(app: App, server: Server) -> None:
    app.panel.start()
    app.start()
    app.wait_for_icon(fresh(7500))
    server.today(total_seconds=60)

    second = app.command()

    assert second.returncode == 0
    assert "running already" in second.stderr
    app.wait_for_icon(fresh(60))


def test_without_an_account_the_menu_says_how_to_sign_in(app: App) -> None:
    (app.home / ".wakatime.cfg").unlink()
    app.panel.start()
    app.start()

    icon = app.wait_for_icon(LOCAL)
    _menu, rows = app.open_menu(icon)
    app.desktop.screenshot("app-signed-out")

    assert len(rows) == 7
    assert app.labels() == [
        "Today  -",
        "Local: There is no account yet",
        "To sign in, run in a terminal: trayapp login",
        "Add folder…",
        "Refresh now",
        "Start at login",
        "Quit",
    ]
    app.desktop.key("Escape")


def test_an_edit_of_wakatime_cfg_is_noticed_when_the_menu_opens(app: App, server: Server) -> None:
    (app.home / ".wakatime.cfg").unlink()
    app.panel.start()
    app.start()
    icon = app.wait_for_icon(LOCAL)

    app.write_cfg(api_url=server.api_url, api_key=server.key)
    app.open_menu(icon)

    app.wait_for_icon(fresh(7500))
    app.desktop.key("Escape")


@pytest.mark.parametrize(
    ("how", "code"), [(signal.SIGTERM, 0), (signal.SIGHUP, 0), (signal.SIGINT, 130)]
)
def test_a_signal_ends_it_in_order(app: App, how: signal.Signals, code: int) -> None:
    app.panel.start()
    app.start()
    app.wait_for_icon(fresh(7500))

    assert app.end(how) == code

    app.wait_until_gone(fresh(7500))
    assert "trayapp ends" in app.log_text()
    assert app.command("doctor").stdout.count("trayapp itself does not run") == 1
