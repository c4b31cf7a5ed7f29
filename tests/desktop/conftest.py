from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from tests.server import Server

from .bus import PrivateBus
from .harness import Desktop
from .lxqt import LxqtPanel
from .mate import MatePanel
from .sway import SwayDesktop, Waybar
from .xfce import XfcePanel

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def desktop() -> Iterator[Desktop]:
    """An X11 session with a window manager and no panel, for all tests that need no other."""
    with Desktop() as one:
        yield one


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[PrivateBus]:
    """A session bus with nobody on it."""
    bus = PrivateBus(tmp_path)
    bus.start()
    yield bus
    bus.stop()


@pytest.fixture
def server() -> Iterator[Server]:
    """A Hackatime that tells of two hours and five minutes."""
    with Server("hackatime") as server:
        server.today(total_seconds=7500)
        yield server


@pytest.fixture
def xfce_panel(desktop: Desktop) -> Iterator[XfcePanel]:
    """An xfce4-panel on it that does not run yet."""
    panel = XfcePanel(desktop)
    yield panel
    panel.stop()


@pytest.fixture
def lxqt_panel(desktop: Desktop) -> Iterator[LxqtPanel]:
    """An lxqt-panel on it that does not run yet."""
    panel = LxqtPanel(desktop)
    yield panel
    panel.stop()


@pytest.fixture
def mate_panel(desktop: Desktop) -> Iterator[MatePanel]:
    """A mate-panel on it that does not run yet."""
    panel = MatePanel(desktop)
    yield panel
    panel.stop()


@pytest.fixture(scope="session")
def sway_desktop() -> Iterator[SwayDesktop]:
    """A Wayland session with sway and no panel."""
    with SwayDesktop() as one:
        yield one


@pytest.fixture
def waybar(sway_desktop: SwayDesktop) -> Iterator[Waybar]:
    """A Waybar on it that does not run yet."""
    panel = Waybar(sway_desktop)
    yield panel
    panel.stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the screen looked like, and what was logged, when a test failed."""
    report = yield
    used = getattr(item, "funcargs", {}).values()
    one = next((value for value in used if isinstance(value, Desktop)), None)
    if report.when == "call" and report.failed and one is not None:
        with suppress(Exception):  # The desktop itself may be what failed.
            one.screenshot(f"failed-{item.name}")
        report.sections.append(("the desktop's log", one.log_text()[-4000:]))
    return report
