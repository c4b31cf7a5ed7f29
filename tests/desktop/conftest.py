from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from .harness import Desktop
from .xfce import XfcePanel

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator


@pytest.fixture(scope="session")
def desktop() -> Iterator[Desktop]:
    """An X11 session with a window manager and no panel, for all tests that need no other."""
    with Desktop() as one:
        yield one


@pytest.fixture
def xfce_panel(desktop: Desktop) -> Iterator[XfcePanel]:
    """An xfce4-panel on it that does not run yet."""
    panel = XfcePanel(desktop)
    yield panel
    panel.stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the screen looked like, and what was logged, when a test failed."""
    report = yield
    one = getattr(item, "funcargs", {}).get("desktop")
    if report.when == "call" and report.failed and isinstance(one, Desktop):
        with suppress(Exception):  # The desktop itself may be what failed.
            one.screenshot(f"failed-{item.name}")
        report.sections.append(("the desktop's log", one.log_text()[-4000:]))
    return report
