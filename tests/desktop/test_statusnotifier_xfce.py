"""The icon on a real xfce4-panel."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from .demo import MAGENTA
from .host_contract import HostContract, Session
from .processes import wait_for
from .screen import find_colour

if TYPE_CHECKING:
    from .harness import Desktop
    from .xfce import XfcePanel

pytestmark = pytest.mark.desktop


class TestXfce(HostContract):
    @pytest.fixture
    def panel(self, xfce_panel: XfcePanel) -> XfcePanel:
        return xfce_panel

    def test_a_left_click_opens_the_menu(self, shown: Session) -> None:
        _menu, rows = shown.open_menu(1)

        assert len(rows) == 7


def test_sigterm_ends_it_in_order_and_the_icon_goes(
    desktop: Desktop, xfce_panel: XfcePanel
) -> None:
    xfce_panel.start()
    process = desktop.start([sys.executable, "-m", "tests.desktop.demo"], stdout=subprocess.PIPE)
    assert process.stdout is not None
    wait_for(lambda: find_colour(desktop.screenshot(), MAGENTA), "the icon is in the panel")
    process.send_signal(signal.SIGTERM)
    said = process.stdout.read().decode().split()

    assert desktop.end(process) == 0
    assert said == ["SIGTERM", "ended"]
    wait_for(lambda: find_colour(desktop.screenshot(), MAGENTA) is None, "the icon has gone")
