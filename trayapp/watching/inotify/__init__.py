"""A watchdog observer for Linux that never watches what is ignored.

watchdog's own observer watches every folder and drops events afterwards. This one asks before each
folder whether it is pruned, lives within a budget of watches, and says what happens to its roots.
It knows nothing of the application that uses it and imports none of its modules.

    observer.py   watchdog's BaseObserver and EventEmitter; start here
    hooks.py      what is handed in
    reports.py    what is told: limits reached, roots gone and come back
    reader.py     the one thread, asleep in poll(2)
    root.py       one added folder: watched, or waited for
    followed.py   beside all that: single folders, by one instance, without watchdog
    translation.py  inotify's records to watchdog's events
    tree.py       which folders are watched, and under which path
    kernel.py     the system calls of inotify(7)
    failures.py   how a mistake is logged

What it does not see: a mount inside a tree, a folder inside a tree that becomes readable and room
in the budget, until `rescan()`; room under a limit of the system, for some seconds; a symlink to a
root that is pointed elsewhere; and a file saved in a folder before its watch was there, where that
folder was moved in, or out of a new folder that had no watch yet (it cannot be told from a folder
moved in), or where it was renamed, or one above it, in the moment before somebody looked into it;
and saves in a folder that within such a moment took the name of another that had just left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .hooks import Hooks
    from .observer import PrunedObserver
    from .reports import Condition, Report
    from .translation import OverflowEvent

__all__ = ["Condition", "Hooks", "OverflowEvent", "PrunedObserver", "Report"]

MODULES = {
    "Condition": "reports",
    "Hooks": "hooks",
    "OverflowEvent": "translation",
    "PrunedObserver": "observer",
    "Report": "reports",
}


def __getattr__(name: str) -> Any:
    # Late, so that naming the package costs neither watchdog nor ctypes.
    if name not in MODULES:
        raise AttributeError(name)
    from importlib import import_module  # noqa: PLC0415

    return getattr(import_module(f"{__name__}.{MODULES[name]}"), name)
