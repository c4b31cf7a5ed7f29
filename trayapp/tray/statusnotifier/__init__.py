"""A tray icon for Linux desktops: a pystray backend that speaks D-Bus and needs no toolkit.

It shows a StatusNotifierItem with a com.canonical.dbusmenu menu, over jeepney. It knows nothing of
the application that uses it and imports none of its modules.

    icon.py           the pystray subclass: setters for any thread, and the loop
    presence.py       being on the bus: connect, register with the watcher, answer, come back
    connection.py     one socket to the bus: framing, sending, replies awaited; address.py finds it
    interface.py      what an exported interface is; introspection.py writes its XML
    objects.py        method calls to answers, strictly typed
    item.py           org.kde.StatusNotifierItem
    menu.py           pystray.Menu to a layout with stable ids, and what changed between two layouts
    dbusmenu.py       com.canonical.dbusmenu
    pixmap.py         Pillow images to the wire; text.py the same for strings
    throttle.py       each signal at most once in an interval
    worker.py         the thread that runs a menu's actions
    wakeup.py         the pipe that ends the loop's wait
    diagnosis.py      what the session offers, asked once
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .diagnosis import Probe, probe
    from .icon import Icon

__all__ = ["Icon", "Probe", "probe"]


def __getattr__(name: str) -> Any:
    # Late, so that naming the package costs neither pystray nor jeepney.
    if name == "Icon":
        from .icon import Icon  # noqa: PLC0415

        return Icon
    if name in {"Probe", "probe"}:
        from . import diagnosis  # noqa: PLC0415

        return getattr(diagnosis, name)
    raise AttributeError(name)
