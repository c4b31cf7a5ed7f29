"""lxqt-panel 1.2 on a desktop, with Qt's importer of menus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .panel import PanelProcess

if TYPE_CHECKING:
    from .harness import Desktop

_CONFIG = """panels=panel1

[panel1]
plugins=spacer,statusnotifier
position=Top
panelSize={size}
iconSize={icon_size}
desktop=0

[spacer]
type=spacer
expandable=true

[statusnotifier]
alignment=Right
type=statusnotifier
"""


class LxqtPanel(PanelProcess):
    """Opens the menu at a right click; a left one it passes on and leaves it at that."""

    name = "lxqt"
    program = "lxqt-panel"
    menu_button = 3

    def __init__(self, desktop: Desktop) -> None:
        super().__init__(desktop)
        config = _CONFIG.format(size=self.size, icon_size=self.icon_size)
        desktop.write_config("lxqt/panel.conf", config)
