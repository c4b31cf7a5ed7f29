"""What the control channel's commands mean to a resident."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trayapp.errors import UsageError
from trayapp.resident.resident import Resident
from trayapp.resident.snapshot_store import entry


def follow(resident: Resident, request: dict[str, Any]) -> dict[str, Any]:
    """Follow a request's command; raises UsageError for one that is not known."""
    commands: dict[str, Callable[[], dict[str, Any]]] = {
        "status": lambda: {
            "status": entry(resident.status)["document"],
            "monitor": resident.monitor_report(),
        },
        "refresh": lambda: _refresh(resident, show=request.get("show") is True),
        "reload": lambda: _done(resident.reload),
        "flush": lambda: {"waiting": resident.flush()},
        "quit": lambda: _done(resident.quit),
    }
    command = commands.get(request["command"])
    if command is None:
        raise UsageError(
            f"There is no command {request['command'][:40]!r}", f"Known: {', '.join(commands)}."
        )
    return command()


def _refresh(resident: Resident, *, show: bool) -> dict[str, Any]:
    resident.refresh()
    if show:
        resident.show()
    return {}


def _done(act: Callable[[], None]) -> dict[str, Any]:
    act()
    return {}
