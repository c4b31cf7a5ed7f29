"""How long nobody has touched keyboard and mouse of a Windows session.

A person has one session there; one who comes by SSH is seen only by what SSH tells this process.
"""

from __future__ import annotations

import ctypes
import math
import sys
from collections.abc import Mapping
from typing import Any

from trayapp.desktop.idle import IdleGate, IdleSource


class LastInputInfo(ctypes.Structure):
    """LASTINPUTINFO."""

    _fields_ = (("size", ctypes.c_uint32), ("time", ctypes.c_uint32))

    size: int
    time: int


class WindowsInput:
    """What Windows counts; both calls tell milliseconds since the start, which run over."""

    name = "Windows"

    def __init__(self, user32: Any, kernel32: Any) -> None:
        self._user32 = user32
        self._kernel32 = kernel32

    def idle_seconds(self, _until: float) -> float | None:
        """Ask, which takes no time."""
        info = LastInputInfo(ctypes.sizeof(LastInputInfo))
        if not self._user32.GetLastInputInfo(ctypes.byref(info)):
            return None
        milliseconds: int = (self._kernel32.GetTickCount() - info.time) & 0xFFFFFFFF
        return milliseconds / 1000


def by_ssh(environment: Mapping[str, str]) -> str:
    """Tell that this process was started over SSH, "" where it was not."""
    return "this was started over SSH" if environment.get("SSH_CONNECTION") else ""


def windows_gate(environment: Mapping[str, str]) -> IdleGate:
    """Give the gate for Windows; not run yet."""
    sources: list[IdleSource] = []
    if sys.platform == "win32":
        sources.append(WindowsInput(ctypes.windll.user32, ctypes.windll.kernel32))
    return IdleGate(sources, lambda: -math.inf, lambda _until: by_ssh(environment))
