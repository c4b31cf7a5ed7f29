"""The app, its second start and `trayapp watch` on one folder and one data directory."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.coding.samples import a_number, a_status
from tests.server import Server
from trayapp.tray.drawing import draw_icon

from .app import App
from .harness import Desktop
from .processes import wait_for
from .xfce import XfcePanel

pytestmark = pytest.mark.desktop

SIZE = 24
LIMIT = 30.0


@pytest.fixture
def app(desktop: Desktop, xfce_panel: XfcePanel, server: Server, tmp_path: Path) -> Iterator[App]:
    """One folder is there to be watched, and rounds follow one another at once."""
    desktop.move((300, 500))
    app = App(desktop, xfce_panel, server, tmp_path)
    app.write_cfg(api_url=server.api_url, api_key=server.key, heartbeat_rate_limit_seconds="0")
    (app.home / "site").mkdir()
    app.write_config('[watch]\nfolders = ["~/site"]\nidle_gate = false\n')
    xfce_panel.start()
    yield app
    if app.process is not None:
        app.end()


def save_some(app: App, saved: list[str]) -> None:
    """Save two files, and wait until each save is at the server, once."""
    for _ in range(2):
        saved.append(f"{len(saved)}.py")
        (app.home / "site" / saved[-1]).write_text(f"saved = {time.time()}\n")

        def stored() -> list[str]:
            return [Path(str(row["entity"])).name for row in app.server.heartbeats]

        wait_for(lambda: saved[-1] in stored(), "it arrives", LIMIT)
        assert stored() == saved


@pytest.mark.timeout(180)
def test_each_save_is_counted_once_whoever_runs_beside_whom(app: App) -> None:
    saved: list[str] = []
    log, errors = app.locations.log_dir / "trayapp.log", app.home / "watch.log"
    watches, leaves = "all is watched", "is watched by trayapp"

    def app_says(words: str, times: int = 1) -> None:
        wait_for(
            lambda: log.exists() and app.log_text().count(words) == times, f"it logs {words}", LIMIT
        )

    def watch_says(words: str) -> None:
        wait_for(lambda: words in errors.read_text(), f"it says {words}", LIMIT)

    app.start()
    app.wait_for_icon(draw_icon(a_status(a_number(7500)), SIZE))
    app_says(watches)
    with errors.open("ab") as stream:
        watch = app.desktop.start(
            [sys.executable, "-m", "trayapp", "watch"], app.environ, log=stream
        )
    watch_says(leaves)
    # The second only asks the first.
    assert app.command().returncode == 0
    save_some(app, saved)

    assert app.end(signal.SIGKILL) == -signal.SIGKILL
    watch_says(watches)
    save_some(app, saved)

    app.start()
    app_says(leaves)
    assert app.command().returncode == 0
    save_some(app, saved)

    assert app.desktop.end(watch, signal.SIGTERM) == 0
    app_says(watches, times=2)
    save_some(app, saved)
