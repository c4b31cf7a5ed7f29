"""The resident goes through every failure of a real server and comes back by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.coding.samples import NOON
from tests.faults.failures import FAILURES, SLOW_FAILURES, Failure
from tests.server import Server
from trayapp.coding.pacing import LONGEST_RETRY_AFTER_SECONDS
from trayapp.coding.status import State
from trayapp.resident.asking import Asker
from trayapp.resident.clock import ManualClock
from trayapp.resident.resident import Resident
from trayapp.resident.snapshot_store import SnapshotStore
from trayapp.servers.transport import HttpTransport, NetworkOptions
from trayapp.settings.accounts import Account, Settings
from trayapp.settings.key import Key
from trayapp.settings.keyring_store import MemoryKeyStore
from trayapp.settings.network import Network


class OneAccount:
    """Settings that never change."""

    def __init__(self, server: Server) -> None:
        self.account = Account("home", server.api_url, dialect=server.dialect)

    def load(self) -> Settings:
        network = Network(timeout_seconds=0.5)
        return Settings(accounts=(self.account,), show=self.account.name, network=network)

    def fingerprint(self) -> object:
        return None

    def show_account(self, name: str) -> None:
        raise AssertionError(f"nobody asked for {name}")

    def add_folder(self, folder: Path) -> None:
        raise AssertionError(f"nobody asked for {folder}")

    def remove_folder(self, folder: Path) -> None:
        raise AssertionError(f"nobody asked for {folder}")

    def enable_watching(self, *, enabled: bool) -> None:
        raise AssertionError(f"nobody asked for {enabled}")


@pytest.mark.parametrize("failure", [*FAILURES, *SLOW_FAILURES], ids=lambda failure: failure.name)
def test_it_keeps_todays_number_through_a_failure_and_recovers_unasked(
    failure: Failure, tmp_path: Path
) -> None:
    clock = ManualClock(now=NOON)

    def connect(options: NetworkOptions) -> HttpTransport:
        return HttpTransport(options, "trayapp/test", clock.time)

    with Server(failure.dialects[0]) as server:
        server.clock = clock.time
        server.today(total_seconds=7500)
        settings = OneAccount(server)
        user = f"home@{server.api_url}"
        asker = Asker({}, MemoryKeyStore({user: Key(server.key)}), connect)
        store = SnapshotStore(tmp_path / "today.json")
        resident = Resident(settings, asker, store, clock, lambda: 0.5)
        resident.attend()
        assert resident.status.state is State.FRESH

        server.misbehave(failure.misbehaviour(), path="statusbar", times=3)
        clock.advance(61)
        resident.attend()
        worst = resident.status
        waited = 0.0
        while resident.status.problem is not None:
            wait = resident.attend()
            clock.advance(wait)
            waited += wait
            assert waited < 4 * LONGEST_RETRY_AFTER_SECONDS
        asker.forget()

    assert str(resident.status.state) == "fresh"
    # Which of the two a reset becomes depends on when it meets the client.
    either = {"stale", "offline"} if failure.name == "resets" else {failure.state}
    assert str(worst.state) in either
    assert worst.number is not None
    assert worst.problem is not None
    assert failure.words in worst.problem.title
