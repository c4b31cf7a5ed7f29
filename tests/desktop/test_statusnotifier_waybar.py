"""The icon on a real Waybar, on Wayland."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .host_contract import HostContract, Session

if TYPE_CHECKING:
    from .sway import Waybar

pytestmark = pytest.mark.desktop


class TestWaybar(HostContract):
    @pytest.fixture
    def panel(self, waybar: Waybar) -> Waybar:
        return waybar

    def test_a_left_click_opens_the_menu(self, shown: Session) -> None:
        _menu, rows = shown.open_menu(1)

        assert len(rows) == 7
