"""What a resident is made with: where settings come from, and the file monitor."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from trayapp.coding.file_monitor import FileMonitorStatus
from trayapp.settings.accounts import Settings
from trayapp.settings.watching import WatchingSettings


class SettingsSource(Protocol):
    """Where settings come from, and whether they changed."""

    def load(self) -> Settings:
        """Read them all; raises ConfigError."""

    def fingerprint(self) -> object:
        """Give something that differs when a settings file was edited."""

    def show_account(self, name: str) -> None:
        """Make an account the one that shows; raises ConfigError."""

    def add_folder(self, folder: Path) -> None:
        """Have a folder watched; raises ConfigError."""

    def remove_folder(self, folder: Path) -> None:
        """Have a folder watched no longer; raises ConfigError."""

    def enable_watching(self, *, enabled: bool) -> None:
        """Switch the file monitor on or off; raises ConfigError."""


class SaveWatcher(Protocol):
    """The file monitor, as the resident drives it (see trayapp.resident.file_monitor)."""

    def follow(self, settings: WatchingSettings) -> None:
        """Watch what the settings say from now on; raises TrayappError."""

    def pause(self, until: float) -> None:
        """Count no save until then, in epoch seconds."""

    def status(self, now: float) -> FileMonitorStatus:
        """Say how each folder fares."""

    def report(self) -> dict[str, Any]:
        """Say what became of all saves, as JSON values."""

    def advice(self) -> str:
        """Say what somebody should know who adds a folder."""

    def stop(self) -> None:
        """Stop watching."""
