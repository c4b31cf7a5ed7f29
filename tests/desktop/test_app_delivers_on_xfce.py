"""A save becomes coding time in the icon, on a real xfce4-panel."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.coding.samples import NOON, a_number, a_status
from tests.server import Server
from tests.server.misbehaviours import status
from trayapp.coding.status import DeliveryStatus, status_at
from trayapp.tray.drawing import draw_icon

from .app import App
from .harness import Desktop
from .processes import wait_for
from .xfce import XfcePanel

pytestmark = pytest.mark.desktop

SIZE = 24
CONFIG = '[watch]\nfolders = ["~/site"]\nidle_gate = false\n'


@pytest.fixture
def app(desktop: Desktop, xfce_panel: XfcePanel, server: Server, tmp_path: Path) -> Iterator[App]:
    """One folder is there to be watched; it does not run yet."""
    desktop.move((300, 500))
    app = App(desktop, xfce_panel, server, tmp_path)
    (app.home / "site").mkdir()
    app.write_config(CONFIG)
    xfce_panel.start()
    yield app
    if app.process is not None:
        app.end()


def save(app: App, name: str) -> None:
    (app.home / "site" / name).write_text(f"saved = {time.time()}\n")


def stored(app: App) -> list[str]:
    return [Path(str(row["entity"])).name for row in app.server.heartbeats]


def wait_for_folder(app: App) -> None:
    log = app.locations.log_dir / "trayapp.log"
    wait_for(lambda: log.exists() and "is watched" in app.log_text(), "the folder is watched")


def test_a_save_arrives_at_the_server_and_its_new_number_shows_unasked(app: App) -> None:
    app.server.today(total_seconds=7500)
    app.start()
    app.wait_for_icon(draw_icon(a_status(a_number(7500)), SIZE))
    wait_for_folder(app)
    app.server.today(total_seconds=7560)

    save(app, "a.py")

    app.wait_for_icon(draw_icon(a_status(a_number(7560)), SIZE))
    assert stored(app) == ["a.py"]
    assert "waiting" not in app.tooltip()
    assert "refused" not in " ".join(app.labels())


def test_what_waits_shows_in_icon_and_menu_and_a_click_sends_it(app: App) -> None:
    app.server.misbehave(status(401), path="heartbeats")
    app.start()
    fresh = a_status(a_number(7500))
    app.wait_for_icon(draw_icon(fresh, SIZE))
    wait_for_folder(app)

    save(app, "a.py")

    icon = app.wait_for_icon(draw_icon(replace(fresh, delivery=DeliveryStatus(waiting=1)), SIZE))
    assert "waiting (1)" in app.tooltip()
    _menu, rows = app.open_menu(icon)
    app.desktop.screenshot("app-heartbeats-waiting")
    labels = app.labels()
    app.server.behave()
    app.desktop.click(rows[labels.index("1 heartbeat waiting")])

    app.wait_for_icon(draw_icon(fresh, SIZE))
    assert stored(app) == ["a.py"]
    assert "1 heartbeat waiting" not in app.labels()


def test_the_last_save_is_sent_when_it_quits(app: App) -> None:
    app.start()
    app.wait_for_icon(draw_icon(a_status(a_number(7500)), SIZE))
    wait_for_folder(app)
    save(app, "a.py")
    wait_for(lambda: stored(app) == ["a.py"], "the first arrives")
    save(app, "b.py")

    assert app.end() == 0

    assert stored(app) == ["a.py", "b.py"]


def test_without_an_account_the_icon_shows_what_was_recorded_here(app: App) -> None:
    (app.home / ".wakatime.cfg").unlink()
    app.start()
    wait_for_folder(app)
    wait_for(lambda: "Today  -" in app.tooltip(), "nothing is known")

    save(app, "a.py")

    wait_for(lambda: "Today  ~0m" in app.tooltip(), "the estimate shows")
    local = status_at(
        NOON,
        account=None,
        api_url=None,
        dashboard_url=None,
        number=replace(a_number(0), source="estimate"),
        error=None,
    )
    app.wait_for_icon(draw_icon(local, SIZE))
    app.desktop.screenshot("app-local-estimate")
    today = app.command("today")
    assert (today.returncode, today.stdout) == (0, "~0m\n")
