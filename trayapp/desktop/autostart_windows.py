"""Started at login on Windows: the Run key, and Task Manager's switch beside it.

Source: "Run and RunOnce Registry Keys"; StartupApproved is not documented: twelve bytes, of which
the first is 2 or 6 for on and 3 or 7 for off, and the last eight when it was switched off.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from typing import Protocol

from trayapp.desktop.autostart import AutostartStatus
from trayapp.errors import AutostartError, ForeignEntryError

NAME = "trayapp"

RUN = r"Software\Microsoft\Windows\CurrentVersion\Run"
APPROVED = r"Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run"

OURS = r"Software\trayapp"
"""The key with a copy of our value: by that we know it, since a value has no room for a mark."""

LONGEST_COMMAND = 260
"""Windows starts nothing longer from the Run key."""


class Registry(Protocol):
    """Named values under one user's keys; all methods raise OSError."""

    def read(self, key: str, name: str) -> str | bytes | None:
        """Give a value, None where there is none."""

    def write(self, key: str, name: str, value: str) -> None:
        """Set a value."""

    def delete(self, key: str, name: str) -> None:
        """Remove a value, if there is one."""

    def delete_key(self, key: str) -> None:
        """Remove a key that holds no others, if there is one."""


def is_approved(value: str | bytes | None) -> bool:
    """Tell whether Task Manager lets the entry start; without a value it does."""
    return not isinstance(value, bytes) or not value or value[0] % 2 == 0


def command_line(command: tuple[str, ...]) -> str:
    """Quote a command as Windows reads it, the path always."""
    path = f'"{command[0]}"'
    return f"{path} {subprocess.list2cmdline(command[1:])}".rstrip()


def split_command_line(text: str) -> tuple[str, ...]:
    """Read the path back, and what follows it.

    Without quotes Windows tries it up to each blank; it is taken up to the first .exe.
    """
    if text.startswith('"'):
        path, _, rest = text[1:].partition('"')
    elif found := re.match(r"(.*?\.exe)(?:\s+|$)", text, re.IGNORECASE):
        path, rest = found[1], text[found.end() :]
    else:
        path, _, rest = text.partition(" ")
    return (path, *rest.split())


class RunKey:
    """Our value in the person's Run key."""

    def __init__(self, registry: Registry, exists: Callable[[str], bool] = os.path.isfile) -> None:
        self._registry = registry
        self._exists = exists

    def status(self) -> AutostartStatus:
        """Read the value, and Task Manager's switch."""
        try:
            value = self._registry.read(RUN, NAME)
            approved = is_approved(self._registry.read(APPROVED, NAME))
            ours = value == self._registry.read(OURS, RUN)
        except OSError as error:
            raise _failed(error) from error
        place = rf"HKEY_CURRENT_USER\{RUN}\{NAME}"
        if not isinstance(value, str) or not value.strip():
            return AutostartStatus(starts=False, reason="there is no entry", place=place)
        command = split_command_line(value.strip())
        reason = "" if approved else "it is switched off in Task Manager, Startup apps"
        if approved and not self._exists(command[0]):
            reason = f"{command[0]} is not there"
        return AutostartStatus(not reason, reason, place, command, approved, not ours)

    def enable(self, command: tuple[str, ...], *, overwrite: bool = False) -> None:
        """Write our value, and take back what Task Manager switched off."""
        self._guard(overwrite=overwrite)
        line = command_line(command)
        if len(line) > LONGEST_COMMAND:
            raise AutostartError(
                f"{command[0]} cannot be started at login: its path is too long",
                "Install trayapp in a folder with a shorter path.",
            )
        try:
            self._registry.write(OURS, RUN, line)
            self._registry.write(RUN, NAME, line)
            self._registry.delete(APPROVED, NAME)
        except OSError as error:
            raise _failed(error) from error

    def disable(self, *, overwrite: bool = False) -> None:
        """Remove our value, and Task Manager's of it."""
        self._guard(overwrite=overwrite)
        try:
            self._registry.delete(RUN, NAME)
            self._registry.delete(APPROVED, NAME)
            self._registry.delete_key(OURS)
        except OSError as error:
            raise _failed(error) from error

    def _guard(self, *, overwrite: bool) -> None:
        if self.status().is_foreign and not overwrite:
            raise ForeignEntryError(
                f"The value {NAME} in the Run key was not written by trayapp, and was left alone",
                "trayapp autostart enable --yes replaces it, disable --yes removes it.",
            )


def _failed(error: OSError) -> AutostartError:
    return AutostartError(
        f"The registry cannot be used ({error.strerror})", "Ask whoever looks after this machine."
    )
