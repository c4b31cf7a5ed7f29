"""xfce4-panel 4.18 on a desktop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .panel import PanelProcess

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .harness import Desktop

# With configver the panel asks nothing at its first start. The systray plugin also hosts
# StatusNotifierItems since 4.16.
_CONFIG = """<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="dark-mode" type="bool" value="{dark}"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=6;x=0;y=0"/>
      <property name="length" type="uint" value="100"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="icon-size" type="uint" value="{icon_size}"/>
      <property name="size" type="uint" value="{size}"/>
      <property name="plugin-ids" type="array">
        <value type="int" value="1"/>
        <value type="int" value="2"/>
      </property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="separator">
      <property name="expand" type="bool" value="true"/>
      <property name="style" type="uint" value="0"/>
    </property>
    <property name="plugin-2" type="string" value="systray">
      <property name="square-icons" type="bool" value="true"/>
      <property name="icon-size" type="int" value="{icon_size}"/>
    </property>
  </property>
</channel>
"""


class XfcePanel(PanelProcess):
    """Opens the menu at a left or right click."""

    name = "xfce"
    program = "xfce4-panel"
    menu_button = 1

    def __init__(
        self, desktop: Desktop, *, size: int = 32, icon_size: int = 24, dark: bool = True
    ) -> None:
        super().__init__(desktop)
        self.size = size
        self.icon_size = icon_size
        config = _CONFIG.format(size=size, icon_size=icon_size, dark=str(dark).lower())
        # Before anything asks xfconfd, which reads the file once.
        desktop.write_config("xfce4/xfconf/xfce-perchannel-xml/xfce4-panel.xml", config)

    def command(self) -> Sequence[str]:
        return [self.program, "--sm-client-disable"]
