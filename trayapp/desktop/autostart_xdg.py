"""Started at login on Linux: a desktop entry in the person's autostart folder.

Source: the Desktop Application Autostart Specification 0.5.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from trayapp.desktop.autostart import AutostartStatus, Write
from trayapp.desktop.autostart_rules import judge
from trayapp.desktop.desktop_entry import entry_text, escaped, exec_value, read_entry
from trayapp.desktop.shared_places import not_writable, read_file, remove_link, user_folder
from trayapp.errors import ForeignEntryError

FILE_NAME = "trayapp.desktop"
NAME = "trayapp"
SUMMARY = "Today's coding time in the tray"
ICON = "trayapp"

OURS = "X-Trayapp-Autostart"
"""The key by which trayapp knows its own entry, which the desktops' settings leave in it."""


def autostart_entry(command: tuple[str, ...]) -> str:
    """Write our entry.

    What only some desktops know: LXQt waits for a tray, KDE for the panel. GNOME's phases are left
    alone, since neither systemd before 254 nor GNOME since 49 starts an entry that names one. XFCE
    would take a Hidden that ours leaves out from the system's entry of that name.
    """
    return entry_text(
        {
            "Type": "Application",
            "Name": NAME,
            "Comment": escaped(SUMMARY),
            "Exec": exec_value(command),
            "TryExec": escaped(command[0]),
            "Icon": ICON,
            "Hidden": "false",
            "Terminal": "false",
            "StartupNotify": "false",
            "X-GNOME-Autostart-enabled": "true",
            "X-KDE-autostart-after": "panel",
            "X-LXQt-Need-Tray": "true",
            OURS: "true",
        },
        comment="Written by: trayapp autostart enable",
    )


class XdgAutostart:
    """The entry of our name, in the person's folder and in those of the system."""

    def __init__(self, environment: Mapping[str, str], home: Path, write: Write) -> None:
        self._environment = environment
        self._write = write
        config = user_folder(environment, "XDG_CONFIG_HOME", home / ".config")
        self._own = config / "autostart" / FILE_NAME

    def status(self) -> AutostartStatus:
        """Judge the first entry of our name, by this desktop's rules."""
        texts = {path: _read(path) for path in (self._own, *self._system_entries())}
        found = [(path, text) for path, text in texts.items() if text is not None]
        if not found:
            return AutostartStatus(starts=False, reason="there is no entry", place=str(self._own))
        (path, text), *beneath = found
        others = [other for _path, other in beneath]
        verdict = judge(text, self._desktops(), self._exists, others)
        return AutostartStatus(
            verdict.starts,
            verdict.reason,
            str(path),
            verdict.command,
            verdict.wanted,
            is_foreign=not _is_ours(text),
        )

    def enable(self, command: tuple[str, ...], *, overwrite: bool = False) -> None:
        """Write our entry."""
        self._guard(overwrite=overwrite)
        self._put(autostart_entry(command))

    def disable(self, *, overwrite: bool = False) -> None:
        """Remove our entry; where the system has one of that name, say in ours not to start it."""
        self._guard(overwrite=overwrite)
        if any(_read(path) is not None for path in self._system_entries()):
            hidden = {"Type": "Application", "Name": NAME, "Hidden": "true", OURS: "true"}
            self._put(entry_text(hidden, comment="Written by: trayapp autostart disable"))
            return
        try:
            self._own.unlink(missing_ok=True)
        except OSError as error:
            raise not_writable(self._own, error) from error

    def _guard(self, *, overwrite: bool) -> None:
        text = _read(self._own)
        if text is None or _is_ours(text):
            return
        if not overwrite:
            raise ForeignEntryError(
                f"{self._own} was not written by trayapp, and was left alone",
                "trayapp autostart enable --yes replaces it, disable --yes removes it.",
            )
        remove_link(self._own)

    def _put(self, text: str) -> None:
        try:
            self._write(self._own, text)
        except OSError as error:
            raise not_writable(self._own, error) from error

    def _system_entries(self) -> Iterator[Path]:
        # Relative paths count as unset: https://specifications.freedesktop.org/basedir-spec
        for folder in (self._environment.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":"):
            if Path(folder).is_absolute():
                yield Path(folder) / "autostart" / FILE_NAME

    def _desktops(self) -> list[str]:
        return [
            name for name in self._environment.get("XDG_CURRENT_DESKTOP", "").split(":") if name
        ]

    def _exists(self, program: str) -> bool:
        return shutil.which(program, path=self._environment.get("PATH", os.defpath)) is not None


def _is_ours(text: str) -> bool:
    return OURS in (read_entry(text) or {})


def _read(path: Path) -> str | None:
    """Read an entry, None where there is none; raises AutostartError."""
    content = read_file(path)
    return None if content is None else content.decode(errors="replace")
