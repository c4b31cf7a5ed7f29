"""pystray's base classes, imported where there may be no display.

`import pystray` picks a backend at once and crashes with most of them when there is no display.
The dummy backend is pystray's own base class and touches nothing.
"""

from __future__ import annotations

import os

_VARIABLE = "PYSTRAY_BACKEND"

_before = os.environ.get(_VARIABLE)
os.environ[_VARIABLE] = "dummy"
try:
    from pystray._base import Icon as BaseIcon
    from pystray._base import Menu, MenuItem
finally:
    # Child processes inherit the environment.
    if _before is None:
        del os.environ[_VARIABLE]
    else:
        os.environ[_VARIABLE] = _before

__all__ = ["BaseIcon", "Menu", "MenuItem"]
