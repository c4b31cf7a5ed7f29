"""The icon on a real lxqt-panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .demo import GREEN, picture
from .host_contract import HostContract, Session

if TYPE_CHECKING:
    from .lxqt import LxqtPanel

pytestmark = pytest.mark.desktop


class TestLxqt(HostContract):
    @pytest.fixture
    def panel(self, lxqt_panel: LxqtPanel) -> LxqtPanel:
        return lxqt_panel

    def test_a_hidden_icon_goes_and_comes_back(self, shown: Session) -> None:
        """Lxqt-panel shows Passive like Active, so that it stays; it must not come to harm."""
        shown.demo.icon.visible = False
        shown.see()

        shown.demo.icon.visible = True
        shown.demo.icon.icon = picture(GREEN)
        shown.see(GREEN)
