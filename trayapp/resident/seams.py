"""What a resident is made with: where settings come from, and the file monitor."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from trayapp.coding.file_monitor import FileMonitorStatus
from trayapp.coding.number import Number
from trayapp.coding.status import DeliveryStatus
from trayapp.settings.accounts import Account, Settings
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


class HeartbeatDelivery(Protocol):
    """What records and sends, as the resident drives it (see trayapp.resident.delivery)."""

    def follow(self, settings: Settings) -> None:
        """Record for and send to the accounts of these settings from now on."""

    def attend(self) -> float:
        """Look after what no thread waits for; gives the seconds until the next time."""

    def send_now(self) -> None:
        """Send at once, because a person said so."""

    def network_changed(self) -> None:
        """Try again what may go now."""

    def status(self) -> DeliveryStatus:
        """Say what is late, what was refused for good, and why."""

    def waiting(self) -> int:
        """Count what is not delivered yet."""

    def estimated(self, number: Number | None, account: Account | None) -> Number | None:
        """Add to the number of an account what its server has not yet."""

    def stop(self) -> None:
        """Bring all to disk, make one last request to each account, and end."""
