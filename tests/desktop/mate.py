"""mate-panel 1.27 on a desktop, with its notification area's own importer of menus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .panel import PanelProcess

if TYPE_CHECKING:
    from .harness import Desktop

_SETTINGS = """[org/mate/panel/general]
toplevel-id-list=['top']
object-id-list=['tray']

[org/mate/panel/toplevels/top]
orientation='top'
size={size}
expand=true

[org/mate/panel/objects/tray]
object-type='applet'
applet-iid='NotificationAreaAppletFactory::NotificationArea'
toplevel-id='top'
relative-to-edge='end'
locked=true
"""


class MatePanel(PanelProcess):
    """Opens the menu at a right click; shows text beside an icon.

    Its tray is a program of its own, which the bus starts and which ends with the panel.
    """

    name = "mate"
    program = "mate-panel"
    menu_button = 3
    icon_size = PanelProcess.size  # it leaves no margin

    def __init__(self, desktop: Desktop) -> None:
        super().__init__(desktop)
        desktop.write_config("glib-2.0/settings/keyfile", _SETTINGS.format(size=self.size))
        desktop.bus.offer("org.mate.panel.applet.NotificationAreaAppletFactory.service")
