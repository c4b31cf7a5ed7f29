"""The icon on a real mate-panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .host_contract import HostContract, Session
from .processes import wait_for
from .screen import Box, text_rows

if TYPE_CHECKING:
    from .mate import MatePanel

pytestmark = pytest.mark.desktop


class TestMate(HostContract):
    @pytest.fixture
    def panel(self, mate_panel: MatePanel) -> MatePanel:
        return mate_panel

    def test_a_label_is_text_beside_the_icon(self, shown: Session) -> None:
        wait_for(lambda: shown.see().width == shown.panel.icon_size, "the icon has its size")
        icon = shown.see()
        shown.demo.icon.label = "2h 5m"
        wait_for(lambda: shown.see().right < icon.right - 20, "the icon makes room")
        picture = shown.desktop.settled()
        shown.keep("label")
        beside = Box(shown.see().right, 0, icon.right, shown.panel.size)
        assert len(text_rows(picture, beside)) == 1

        shown.demo.icon.label = ""
        # The panel keeps a few pixels between the icon and its empty label.
        wait_for(lambda: shown.see().right > icon.right - 8, "the icon is at the edge again")
