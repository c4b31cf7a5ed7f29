"""Asking the server as the tray does, for those that follow the number while no tray runs."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping

from trayapp.cli.file_settings import FileSettings
from trayapp.cli.parts import make_asker
from trayapp.cli.today import estimated_here
from trayapp.coding.number import Number
from trayapp.coding.status import DeliveryStatus, Status
from trayapp.resident.asking import ZoneNote
from trayapp.resident.clock import SystemClock
from trayapp.resident.resident import Resident
from trayapp.resident.snapshot_store import SnapshotStore
from trayapp.settings.accounts import Account, Settings
from trayapp.settings.locations import Locations


def start_polling(
    environment: Mapping[str, str],
    locations: Locations,
    account: str | None,
    tell: Callable[[str], None],
) -> Resident:
    """Start a resident that asks and stores, and neither watches nor sends.

    It asks for the account that shows, or for the one that is named. `tell` is as in
    `estimated_here`.
    """
    settings, store = FileSettings(locations, environment), SnapshotStore(locations.snapshot_file)
    if account is not None:
        settings = _OneAccount(locations, environment, account)
        store = _Beside(locations.snapshot_file)
    asker = make_asker(environment, store)
    resident = Resident(settings, asker, store, SystemClock(), random.random)
    resident.employ(None, _Estimates(locations, tell))
    resident.start()
    return resident


class _OneAccount(FileSettings):
    """The settings as if another account showed."""

    def __init__(self, locations: Locations, environment: Mapping[str, str], account: str) -> None:
        super().__init__(locations, environment)
        self._account = account

    def load(self) -> Settings:
        return super().load()._replace(show=self._account)


class _Beside(SnapshotStore):
    """The store, in which the account that shows stays the one."""

    def save(self, status: Status, *, show: bool, zones: dict[str, ZoneNote] | None = None) -> None:
        del show
        super().save(status, show=False, zones=zones)


class _Estimates:
    """Of delivery the counting of what was recorded; it sends nothing."""

    def __init__(self, locations: Locations, tell: Callable[[str], None]) -> None:
        self._locations = locations
        self._tell = tell

    def follow(self, settings: Settings) -> None:
        """Need no settings."""

    def attend(self) -> float:
        """Have nothing to look after."""
        return float("inf")

    def send_now(self) -> None:
        """Leave it to who sends."""

    def network_changed(self) -> None:
        """Leave it to who sends."""

    def status(self) -> DeliveryStatus:
        """Know of nothing that is late: who sends does."""
        return DeliveryStatus()

    def waiting(self) -> int:
        """Have nothing to deliver."""
        return 0

    def estimated(self, number: Number | None, account: Account | None) -> Number | None:
        """Add to the number of an account what its server has not yet."""
        return estimated_here(self._locations, account, number, time.time(), self._tell)

    def stop(self) -> None:
        """Have nothing to bring to an end."""
