"""xfce4-panel 4.18 on a desktop."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from .processes import require_programs, wait_for
from .screen import Box

if TYPE_CHECKING:
    import subprocess

    from .harness import Desktop

WATCHER = "org.kde.StatusNotifierWatcher"
START_LIMIT = 15.0

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


class XfcePanel:
    """A panel along the top of the screen, with the tray at its right end."""

    def __init__(
        self, desktop: Desktop, *, size: int = 32, icon_size: int = 24, dark: bool = True
    ) -> None:
        require_programs("xfce4-panel")
        self._desktop = desktop
        self._size = size
        self._process: subprocess.Popen[bytes] | None = None
        config = _CONFIG.format(size=size, icon_size=icon_size, dark=str(dark).lower())
        # Before anything asks xfconfd, which reads the file once.
        desktop.write_config("xfce4/xfconf/xfce-perchannel-xml/xfce4-panel.xml", config)

    @property
    def below(self) -> Box:
        """The screen without the panel, where menus open."""
        screen = self._desktop.screen
        return Box(0, self._size + 1, screen.right, screen.bottom)

    def start(self) -> None:
        """Start the panel, and return once it takes tray icons."""
        self._process = self._desktop.start(["xfce4-panel", "--sm-client-disable"])
        wait_for(lambda: self._desktop.bus.has_owner(WATCHER), "the panel takes icons", START_LIMIT)

    def kill(self) -> None:
        """End the panel as a crash would."""
        self.stop(signal.SIGKILL)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the panel, if it runs, and return once its tray has gone."""
        if self._process is None:
            return
        self._desktop.end(self._process, how)
        self._process = None
        wait_for(lambda: not self._desktop.bus.has_owner(WATCHER), "the panel's tray has gone")
