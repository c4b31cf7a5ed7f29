"""What PyInstaller makes of trayapp, in a folder without the project."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.coding.samples import a_number, a_status
from tests.packaging.wheel import ROOT, install_wheel
from tests.server import Server
from trayapp.desktop.desktop_entry import exec_value
from trayapp.tray.drawing import draw_icon

from .app import App
from .harness import Desktop
from .processes import require_modules, wait_for
from .xfce import XfcePanel

SPEC = ROOT / "packaging" / "pyinstaller" / "trayapp.spec"

pytestmark = [
    pytest.mark.desktop,
    # PyInstaller takes half a minute.
    pytest.mark.timeout(240),
    pytest.mark.skipif(not SPEC.exists(), reason="packaging/ is not here, only the wheel"),
]

BUILD_SECONDS = 200.0
SIZE = 24


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program as it is built from the wheel, moved to where nothing else is."""
    require_modules("PyInstaller")
    folder = tmp_path_factory.mktemp("frozen")
    environment = install_wheel(folder / "environment")
    done = subprocess.run(
        [environment / "bin" / "python", "-m", "PyInstaller", "--log-level", "WARN", SPEC],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=BUILD_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    place = shutil.move(folder / "dist" / "trayapp", folder / "its own place")
    shutil.rmtree(environment)
    return Path(place) / "trayapp"


@pytest.fixture
def app(
    desktop: Desktop, xfce_panel: XfcePanel, server: Server, tmp_path: Path, program: Path
) -> Iterator[App]:
    desktop.move((300, 500))
    app = App(desktop, xfce_panel, server, tmp_path, [str(program)])
    yield app
    if app.process is not None:
        app.end()


def test_the_frozen_program_shows_its_icon_and_menu_and_opens_the_dashboard(app: App) -> None:
    libraries = app.home / "libraries"
    browser = f'#!/bin/sh\necho "${{LD_LIBRARY_PATH-none}}" > {libraries}\n'
    (app.home / "browser").write_text(browser)
    app.panel.start()
    app.start()
    icon = app.wait_for_icon(draw_icon(a_status(a_number()), SIZE))

    _menu, rows = app.open_menu(icon)
    app.desktop.screenshot("frozen-menu")
    labels = app.labels()
    assert labels[0] == "Today  2h 5m"
    app.desktop.click(rows[labels.index("Open dashboard")])

    wait_for(libraries.exists, "the dashboard was opened")
    assert libraries.read_text() == "none\n", "programs that it starts load the system's libraries"
    app.choose(icon, "Quit")
    assert app.process is not None
    assert app.process.wait(10) == 0


def test_the_frozen_program_stands_among_the_applications_by_its_own_path(app: App) -> None:
    done = app.command("integrate")

    assert (done.returncode, done.stderr) == (0, "")
    data = Path(app.desktop.environ["XDG_DATA_HOME"])
    entry = (data / "applications" / "trayapp.desktop").read_text()
    assert f"\nExec={exec_value(app.program)}\n" in entry
    assert (data / "icons/hicolor/scalable/apps/trayapp.svg").is_file()
    assert app.command("integrate", "--remove").returncode == 0
    assert list(data.rglob("trayapp*")) == []


@pytest.mark.parametrize("command", ["stats", "timeline", "doctor", "autostart"])
def test_what_only_some_commands_import_is_in_it(app: App, command: str) -> None:
    done = app.command(command)

    assert done.returncode == 0, done.stderr
    assert done.stdout
