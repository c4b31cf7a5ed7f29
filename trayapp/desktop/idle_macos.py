"""How long nobody has touched keyboard and mouse of a Mac, and who is there over the network."""

from __future__ import annotations

import ctypes
import logging
import subprocess
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from trayapp.desktop.brief_bus import seconds_until
from trayapp.desktop.idle import IdleGate
from trayapp.desktop.terminals import last_typed

log = logging.getLogger(__name__)

APPLICATION_SERVICES = (
    "/System/Library/Frameworks/ApplicationServices.framework/ApplicationServices"
)

COMBINED_SESSION_STATE = 0
ANY_INPUT_EVENT_TYPE = 0xFFFFFFFF

WHO = ("/usr/bin/who",)


def load_services() -> Any:
    """Load the framework that counts."""
    return ctypes.CDLL(APPLICATION_SERVICES)


class MacInput:
    """What the window server counts in the person's session, with what came by screen sharing."""

    name = "macOS"

    def __init__(self, load: Callable[[], Any] = load_services) -> None:
        self._load = load

    def idle_seconds(self, _until: float) -> float | None:
        """Ask, which takes no time."""
        try:
            since = self._load().CGEventSourceSecondsSinceLastEventType
        except (OSError, AttributeError) as error:
            log.info("macOS does not say how long it has been idle: %s", error)
            return None
        since.argtypes = (ctypes.c_int32, ctypes.c_uint32)
        since.restype = ctypes.c_double
        seconds: float = since(COMBINED_SESSION_STATE, ANY_INPUT_EVENT_TYPE)
        return seconds


def remote_logins(who: str) -> bool:
    """Tell whether `who` names a login from another machine; it ends in that one's name."""
    return any(line.rstrip().endswith(")") for line in who.splitlines())


def besides(until: float, command: Sequence[str] = WHO) -> str:
    """Tell who may be working here without the desktop, "" for nobody."""
    try:
        said = subprocess.run(  # noqa: S603 -- ours
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds_until(until),
            check=True,
            encoding="utf-8",
            errors="replace",
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        return f"nobody can tell who else is logged in: {error}"
    return "there is a remote login" if remote_logins(said) else ""


def macos_gate() -> IdleGate:
    """Give the gate for macOS; not run yet."""
    return IdleGate([MacInput()], partial(last_typed, Path("/dev"), "ttys*"), besides)
