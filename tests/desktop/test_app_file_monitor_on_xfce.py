"""The application's file monitor on a real xfce4-panel, by real clicks and real saves."""

from __future__ import annotations

import shutil
import time
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.coding.samples import NOON, a_number, a_status
from tests.server import Server
from trayapp.coding.file_monitor import FileMonitorStatus
from trayapp.desktop import control
from trayapp.desktop.notifications import SERVER
from trayapp.tray.drawing import draw_icon

from .app import App
from .folder_dialog import type_folder, window_shows, windows
from .harness import Desktop
from .processes import require_programs, wait_for
from .screen import Box, text_rows
from .xfce import XfcePanel

pytestmark = pytest.mark.desktop

SIZE = 24
FRESH = a_status(a_number(7500))
PAUSED = replace(FRESH, monitor=FileMonitorStatus(enabled=True, paused_until=NOON + 900))
CONFIG = '# mine\n[watch]\nfolders = ["~/site", "~/tool"]  # both\n'


@pytest.fixture
def app(desktop: Desktop, xfce_panel: XfcePanel, server: Server, tmp_path: Path) -> Iterator[App]:
    """Two folders are there to be watched, and one more; it does not run yet."""
    desktop.move((300, 500))
    app = App(desktop, xfce_panel, server, tmp_path)
    for name in ("site", "tool", "more"):
        (app.home / name).mkdir()
    xfce_panel.start()
    yield app
    if app.process is not None:
        app.end()


def start(app: App, config: str = CONFIG, *arguments: str) -> Box:
    """Start it with these settings, and give the icon once the folders they name are watched."""
    app.write_config(config)
    app.start(*arguments)
    icon = app.wait_for_icon(draw_icon(FRESH, SIZE))
    named = tomllib.loads(config).get("watch", {}).get("folders", [])
    wait_for_folders(app, *(Path(name).name for name in named))
    return icon


def monitor(app: App) -> dict[str, Any]:
    report = control.ask(app.locations.control_address, "status")["monitor"]
    assert isinstance(report, dict)
    return report


def wait_for_folders(app: App, *names: str) -> None:
    """Wait until the folders of these names are watched, and no others."""

    def all_watched() -> bool:
        folders = monitor(app)["folders"]
        return [Path(folder["path"]).name for folder in folders] == list(names) and all(
            folder["watches"] == 1 and not folder["problem"] for folder in folders
        )

    wait_for(all_watched, f"watched are {names}")


def save(app: App, file: str) -> None:
    with (app.home / file).open("a") as opened:
        opened.write("typed = 1\n")


def wait_for_saves(app: App, count: int) -> None:
    """Wait until so many saves were counted since the start."""
    wait_for(lambda: monitor(app)["saves"] == count, f"{count} saves are counted")


def config_text(app: App) -> str:
    return app.locations.config_file.read_text()


def wait_for_line(app: App, text: str) -> None:
    wait_for(lambda: text in app.labels(), f"the menu says {text!r}")


def test_a_click_switches_the_file_monitor_off_and_on(app: App) -> None:
    icon = start(app)
    save(app, "site/main.py")
    wait_for_saves(app, 1)

    menu, rows = app.open_menu(icon)
    app.desktop.screenshot("app-file-monitor")
    labels = app.labels()
    assert labels[2:5] == ["File monitor", "Pause", "2 folders"]
    assert len(rows) == len(labels)
    app.desktop.click(rows[2])

    wait_for(lambda: "Pause" not in app.labels(), "it is off")
    assert config_text(app) == CONFIG.replace("[watch]", "[watch]\nenabled = false")
    assert switch(app) == 0
    watches = [folder["watches"] for folder in monitor(app)["folders"]]
    assert watches == [0, 0]

    off, rows = app.open_menu(icon)
    app.desktop.screenshot("app-file-monitor-off")
    assert off.height < menu.height
    app.desktop.click(rows[2])

    wait_for_line(app, "Pause")
    assert switch(app) == 1
    assert tomllib.loads(config_text(app))["watch"]["enabled"] is True
    wait_for_folders(app, "site", "tool")
    save(app, "tool/main.py")
    wait_for_saves(app, 2)


def switch(app: App) -> object:
    """Give whether the menu shows the monitor as on: 1, or 0."""
    properties = next(line[1] for line in app.layout() if line[0] == "File monitor")
    assert properties["toggle-type"] == "checkmark"
    return properties["toggle-state"]


def test_a_pause_shows_in_the_menu_and_the_icon_until_a_click_ends_it(app: App) -> None:
    icon = start(app, CONFIG, "--verbose")

    _submenu, rows = app.open_submenu(icon, "Pause")
    app.desktop.screenshot("app-pause")
    assert len(rows) == 3
    ends = [time.time() + 900]
    app.desktop.click(rows[0])

    app.wait_for_icon(draw_icon(PAUSED, SIZE))
    ends.append(time.time() + 900)
    times = [time.strftime("%H:%M", time.gmtime(end)).replace("00:00", "tomorrow") for end in ends]
    lines = [f"Paused until {at}: go on" for at in times]
    (line,) = [label for label in app.labels() if label in lines]
    save(app, "site/main.py")
    wait_for(lambda: "a save is not counted: paused" in app.log_text(), "it is not counted")

    _menu, rows = app.open_menu(icon)
    app.desktop.screenshot("app-paused")
    app.desktop.click(rows[app.labels().index(line)])

    app.wait_for_icon(draw_icon(FRESH, SIZE))
    wait_for_line(app, "Pause")
    save(app, "tool/main.py")
    wait_for_saves(app, 1)


def test_a_folder_added_in_a_terminal_or_by_hand_is_watched_within_seconds(app: App) -> None:
    start(app)

    added = app.command("folders", "add", str(app.home / "more"))
    assert added.returncode == 0, added.stderr
    wait_for_line(app, "3 folders")
    wait_for_folders(app, "site", "tool", "more")
    save(app, "more/main.py")
    wait_for_saves(app, 1)

    # As an editor does that keeps the old file until the new one is whole.
    edited = app.locations.config_file.with_suffix(".new")
    edited.write_text(config_text(app).replace('"~/tool", ', ""))
    edited.rename(app.locations.config_file)
    wait_for_line(app, "2 folders")
    wait_for_folders(app, "site", "more")


def test_a_deleted_folder_is_told_in_the_menu_until_it_comes_back(app: App) -> None:
    icon = start(app)

    shutil.rmtree(app.home / "tool")
    told = wait_for(
        lambda: next((text for text in app.labels() if "the folder was deleted" in text), ""),
        "the menu says so",
    )
    assert told == "~/tool: the folder was deleted"
    app.open_menu(icon)
    app.desktop.screenshot("app-folder-deleted")
    app.desktop.key("Escape")

    (app.home / "tool").mkdir()
    wait_for(lambda: told not in app.labels(), "it is watched again")
    wait_for_folders(app, "site", "tool")
    save(app, "tool/main.py")
    wait_for_saves(app, 1)


def test_watch_no_longer_removes_a_folder(app: App) -> None:
    icon = start(app)

    submenu, rows = app.open_submenu(icon, "2 folders")
    assert len(rows) == 3
    below = app.panel.below
    before = app.desktop.settled()
    app.desktop.click(rows[1])
    beside = Box(below.left, below.top, submenu.left, below.bottom)
    menu = app.desktop.popped_up(before, beside)
    rows = text_rows(app.desktop.screenshot("app-folders"), menu)
    assert len(rows) == 2
    app.desktop.click(rows[1])

    wait_for_line(app, "1 folder")
    wait_for_folders(app, "site")
    assert tomllib.loads(config_text(app))["watch"]["folders"] == ["~/site"]
    assert "# both" in config_text(app)


@pytest.fixture
def notifications(desktop: Desktop) -> Iterator[None]:
    require_programs("dunst")
    process = desktop.start(["dunst"])
    wait_for(lambda: desktop.bus.has_owner(SERVER), "the server is there")
    yield
    desktop.end(process)


@pytest.mark.usefixtures("notifications")
def test_a_folder_chosen_in_a_dialog_is_watched_and_that_is_told(app: App) -> None:
    require_programs("zenity")
    icon = start(app, "# mine\n")
    folder = app.home / "more"
    before = app.desktop.settled()

    app.choose(icon, "Add folder…")
    window_shows(app.desktop)
    type_folder(app.desktop, folder)
    app.desktop.screenshot("app-add-folder")

    def answered() -> bool:
        # The first may only take up what was typed.
        app.desktop.key("Return")
        app.desktop.settled()
        return not windows(app.desktop)

    wait_for(answered, "the dialog is answered")
    app.desktop.popped_up(before, app.panel.below)
    app.desktop.screenshot("app-folder-added")
    wait_for_line(app, "1 folder")
    assert tomllib.loads(config_text(app)) == {"watch": {"folders": ["~/more"]}}
    assert config_text(app).startswith("# mine\n")
    wait_for_folders(app, "more")
    save(app, "more/main.py")
    wait_for_saves(app, 1)
