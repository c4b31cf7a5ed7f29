"""Started at login on macOS: a LaunchAgent in the person's Library.

Sources: launchd.plist(5), launchctl(1).
"""

from __future__ import annotations

import os
import plistlib
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from trayapp.desktop.autostart import AutostartStatus, Write
from trayapp.desktop.shared_places import not_writable, read_file, remove_link
from trayapp.errors import ForeignEntryError

LABEL = "trayapp"
"""The agent's name, which the file has too."""

LAUNCHCTL = "/bin/launchctl"

LAUNCHCTL_SECONDS = 5.0

SWITCHED_OFF = "it is switched off in System Settings, Login Items"

OURS = "TrayappAutostart"
"""The key by which trayapp knows its own agent; launchd passes over keys that it does not know."""

Launchctl = Callable[[Sequence[str]], str]
"""Runs launchctl with these arguments and gives what it prints, "" where it fails."""


def run_launchctl(arguments: Sequence[str]) -> str:
    """Ask launchd."""
    try:
        done = subprocess.run(  # noqa: S603 -- launchctl, and arguments of ours
            [LAUNCHCTL, *arguments],
            capture_output=True,
            check=True,
            text=True,
            timeout=LAUNCHCTL_SECONDS,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout


def launch_agent(command: Sequence[str]) -> dict[str, Any]:
    """Give the agent as a property list.

    There is no KeepAlive: with it Quit could not quit. It is only for who sits at the screen.
    """
    return {
        "Label": LABEL,
        "ProgramArguments": list(command),
        "RunAtLoad": True,
        "ProcessType": "Interactive",
        "LimitLoadToSessionType": "Aqua",
        OURS: True,
    }


def is_disabled(printed: str) -> bool:
    """Tell whether `launchctl print-disabled` says that the person switched the agent off."""
    line = next((line for line in printed.splitlines() if f'"{LABEL}"' in line), "")
    return line.rpartition("=>")[2].strip() in ("true", "disabled")


class LaunchAgent:
    """The agent of our name; what is written counts from the next login."""

    def __init__(self, home: Path, write: Write, launchctl: Launchctl = run_launchctl) -> None:
        self._path = home / "Library" / "LaunchAgents" / f"{LABEL}.plist"
        self._write = write
        self._launchctl = launchctl

    def status(self) -> AutostartStatus:
        """Read the agent, and ask launchd whether the person switched it off."""
        agent = self._read()
        place = str(self._path)
        if agent is None:
            return AutostartStatus(starts=False, reason="there is no agent", place=place)
        arguments = agent.get("ProgramArguments")
        command = tuple(map(str, arguments)) if isinstance(arguments, list) and arguments else None
        off = self._is_switched_off()
        reason = SWITCHED_OFF if off else _obstacle(agent, command)
        return AutostartStatus(not reason, reason, place, command, not off, OURS not in agent)

    def enable(self, command: tuple[str, ...], *, overwrite: bool = False) -> None:
        """Write our agent, and take back what Login Items switched off."""
        self._guard(overwrite=overwrite)
        try:
            self._write(self._path, plistlib.dumps(launch_agent(command)).decode())
        except OSError as error:
            raise not_writable(self._path, error) from error
        if self._is_switched_off():
            self._launchctl(["enable", f"{_domain()}/{LABEL}"])

    def disable(self, *, overwrite: bool = False) -> None:
        """Remove our agent; what runs goes on running."""
        self._guard(overwrite=overwrite)
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            raise not_writable(self._path, error) from error

    def _is_switched_off(self) -> bool:
        return is_disabled(self._launchctl(["print-disabled", _domain()]))

    def _guard(self, *, overwrite: bool) -> None:
        agent = self._read()
        if agent is None or OURS in agent:
            return
        if not overwrite:
            raise ForeignEntryError(
                f"{self._path} was not written by trayapp, and was left alone",
                "trayapp autostart enable --yes replaces it, disable --yes removes it.",
            )
        remove_link(self._path)

    def _read(self) -> dict[str, Any] | None:
        """Read the agent, None where there is none; one that is no property list is not ours."""
        content = read_file(self._path)
        if content is None:
            return None
        try:
            agent = plistlib.loads(content)
        except Exception:  # noqa: BLE001 -- plistlib raises whatever its two parsers raise
            return {}
        return agent if isinstance(agent, dict) else {}


def _obstacle(agent: dict[str, Any], command: tuple[str, ...] | None) -> str:
    if command is None:
        return "it names no command (ProgramArguments)"
    if not agent.get("RunAtLoad"):
        return "it is not started at login (RunAtLoad)"
    if not os.access(command[0], os.X_OK):
        return f"{command[0]} is not there"
    return ""


def _domain() -> str:
    if sys.platform == "win32":
        raise NotImplementedError
    return f"gui/{os.getuid()}"
