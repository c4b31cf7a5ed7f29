"""The file monitor and delivery as the poller sees them; either may be missing."""

from __future__ import annotations

import logging
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any

from trayapp.coding.pacing import Reason
from trayapp.coding.status import State, Status
from trayapp.errors import TrayappError
from trayapp.resident.seams import HeartbeatDelivery, SaveWatcher
from trayapp.settings.accounts import Account, Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Parts:
    """What a resident employs."""

    monitor: SaveWatcher | None = None
    delivery: HeartbeatDelivery | None = None

    def follow(self, settings: Settings) -> None:
        """Have both do as these settings say."""
        # First, so that a save of the first moment has somebody to go to.
        if self.delivery is not None:
            self.delivery.follow(settings)
        if self.monitor is not None:
            try:
                self.monitor.follow(settings.watching)
            except TrayappError as error:
                log.warning("nothing is watched: %s", error)

    def attend(self, reasons: AbstractSet[Reason]) -> float:
        """Let delivery know of what may have mended what holds it up.

        Gives the seconds until it wants to be attended to again.
        """
        if self.delivery is None:
            return float("inf")
        if Reason.PERSON in reasons:
            self.delivery.send_now()
        if reasons & {Reason.WAKE, Reason.KEYRING}:
            self.delivery.network_changed()
        return self.delivery.attend()

    def add_to(self, status: Status, account: Account | None) -> Status:
        """Add how both fare, and while the number is not fresh what heartbeats add to it."""
        if self.monitor is not None:
            status = replace(status, monitor=self.monitor.status(status.at))
        if self.delivery is None:
            return status
        status = replace(status, delivery=self.delivery.status())
        if status.state in (State.FRESH, State.SIGNED_OUT):
            # A fresh number is the server's alone: what is on its way would make it flicker.
            return status
        return replace(status, number=self.delivery.estimated(status.number, account))

    def send_now(self) -> int:
        """Send at once; gives how many heartbeats wait."""
        if self.delivery is None:
            return 0
        waiting = self.delivery.waiting()
        self.delivery.send_now()
        return waiting

    def report(self) -> dict[str, Any] | None:
        """Say what became of all saves, None without a file monitor."""
        return None if self.monitor is None else self.monitor.report()

    def stop(self) -> None:
        """Stop both; the last save is recorded before delivery ends."""
        if self.monitor is not None:
            self.monitor.stop()
        if self.delivery is not None:
            self.delivery.stop()
