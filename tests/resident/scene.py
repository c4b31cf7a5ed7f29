"""A resident on a clock that moves only when told to, and a server that is a function."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from pathlib import Path
from typing import Any

from tests.coding.samples import NOON
from trayapp.coding.file_monitor import FileMonitorStatus, WatchedFolder
from trayapp.coding.number import Number
from trayapp.coding.status import DeliveryStatus, Problem, Status
from trayapp.resident.asking import Asker
from trayapp.resident.clock import ManualClock
from trayapp.resident.noticing import STILL_SECONDS
from trayapp.resident.resident import Resident
from trayapp.resident.snapshot_store import SnapshotStore
from trayapp.servers.transport import FunctionTransport, Response
from trayapp.settings.accounts import Account, Settings
from trayapp.settings.key import Key
from trayapp.settings.keyring_store import MemoryKeyStore
from trayapp.settings.watching import WatchingSettings

ACCOUNT = Account("home", "https://hackatime.example/api/hackatime/v1")
USER = f"{ACCOUNT.name}@{ACCOUNT.api_url}"
KEY = Key("11111111-2222-4333-8444-555555555555")


@dataclass
class Files:
    """Settings as the resident's source of them; `edit` counts as an edit of a file."""

    settings: Settings | Exception
    edits: int = 0

    def load(self) -> Settings:
        if isinstance(self.settings, Exception):
            raise self.settings
        return self.settings

    def fingerprint(self) -> object:
        return self.edits

    def show_account(self, name: str) -> None:
        assert isinstance(self.settings, Settings)
        self.edit(self.settings._replace(show=name))

    def add_folder(self, folder: Path) -> None:
        self._watch(folders=(*self._watching().folders, folder))

    def remove_folder(self, folder: Path) -> None:
        self._watch(folders=tuple(each for each in self._watching().folders if each != folder))

    def enable_watching(self, *, enabled: bool) -> None:
        self._watch(enabled=enabled)

    def _watching(self) -> WatchingSettings:
        assert isinstance(self.settings, Settings)
        return self.settings.watching

    def _watch(self, **changes: Any) -> None:
        assert isinstance(self.settings, Settings)
        watching = self._watching()._replace(**changes)
        self.edit(self.settings._replace(watching=watching))

    def edit(self, settings: Settings | Exception) -> None:
        self.settings = settings
        self.edits += 1


@dataclass
class Watcher:
    """A file monitor that watches nothing; `folders` fare as a test wants."""

    settings: WatchingSettings | None = None
    problem: str = ""
    paused_until: float = 0.0
    stopped: bool = False

    def follow(self, settings: WatchingSettings) -> None:
        self.settings = settings

    def pause(self, until: float) -> None:
        self.paused_until = until

    def status(self, now: float) -> FileMonitorStatus:
        settings = self.settings or WatchingSettings(enabled=False)
        return FileMonitorStatus(
            settings.enabled,
            tuple(WatchedFolder(str(each), 3, self.problem, "") for each in settings.folders),
            self.paused_until if now < self.paused_until else None,
        )

    def report(self) -> dict[str, Any]:
        return {"saves": 2}

    def advice(self) -> str:
        return "Save often."

    def stop(self) -> None:
        self.stopped = True


@dataclass
class Deliverer:
    """Delivery that only remembers; `adds` seconds to every number."""

    calls: list[str] = field(default_factory=list)
    fares: DeliveryStatus = field(default_factory=DeliveryStatus)
    adds: float = 0.0
    waits: int = 0
    account: Account | None = None

    def follow(self, settings: Settings) -> None:
        self.calls.append(f"follow {settings.show}")

    def attend(self) -> float:
        self.calls.append("attend")
        return 60.0

    def send_now(self) -> None:
        self.calls.append("send")

    def network_changed(self) -> None:
        self.calls.append("network")

    def status(self) -> DeliveryStatus:
        return self.fares

    def waiting(self) -> int:
        return self.waits

    def estimated(self, number: Number | None, account: Account | None) -> Number | None:
        self.account = account
        if number is None or not self.adds:
            return number
        return replace(number, total_seconds=number.total_seconds + self.adds, source="estimate")

    def stop(self) -> None:
        self.calls.append("stop")


@dataclass
class Scene:
    """Everything around one resident; `answer` is what `statusbar/today` says next."""

    folder: Path
    timezone: str | None = "Europe/Berlin"
    total_seconds: float = 7500
    failure: Exception | Response | None = None
    clock: ManualClock = field(default_factory=lambda: ManualClock(now=NOON))
    server_offset: float = 0.0
    took: float = 0.0
    date_header: bool = True
    asked: list[float] = field(default_factory=list)
    profiles: int = 0
    transports: list[FunctionTransport] = field(default_factory=list)
    published: list[Status] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.keys = MemoryKeyStore({USER: KEY})
        self.files = Files(Settings(accounts=(ACCOUNT,), show=ACCOUNT.name))
        self.store = SnapshotStore(self.folder / "today.json")
        self.watcher = Watcher()
        self.deliverer = Deliverer()
        self.resident = self.make_resident()

    def make_resident(self) -> Resident:
        asker = Asker({}, self.keys, self._connect)
        asker.zones = self.store.zones()
        resident = Resident(self.files, asker, self.store, self.clock, lambda: 0.5)
        resident.employ(self.watcher, self.deliverer)
        resident.subscribe(self.published.append)
        return resident

    def attend(self) -> float:
        """Let the resident do what is due."""
        return self.resident.attend()

    def edit(self, settings: Settings | Exception) -> None:
        """Edit the settings, and let them be still; the next turn reads them."""
        self.files.edit(settings)
        self.attend()
        self.clock.advance(STILL_SECONDS)

    def live(self, seconds: float) -> None:
        """Let the resident live for so long, as its thread would."""
        end = self.clock.elapsed + seconds
        while True:
            wait = self.attend()
            if self.clock.elapsed + wait > end:
                self.clock.advance(end - self.clock.elapsed)
                return
            self.clock.advance(wait)

    def status(self) -> Status:
        return self.resident.status

    def number(self) -> Number:
        """Give the number that shows; fails where none does."""
        number = self.status().number
        assert number is not None
        return number

    def problem(self) -> Problem:
        """Give what is told to be wrong; fails where nothing is."""
        problem = self.status().problem
        assert problem is not None
        return problem

    def _connect(self, options: object) -> FunctionTransport:
        del options
        transport = FunctionTransport(self._answer)
        self.transports.append(transport)
        return transport

    def _answer(self, url: str, headers: Mapping[str, str]) -> Response:
        del headers
        if not url.endswith("statusbar/today"):
            self.profiles += 1
            if self.timezone is None:
                return self._response(404, {})
            return self._response(200, {"data": {"timezone": self.timezone}})
        self.asked.append(self.clock.elapsed)
        if isinstance(self.failure, Exception):
            raise self.failure
        if self.failure is not None:
            return self.failure
        total = {"total_seconds": self.total_seconds, "text": "Start coding!"}
        return self._response(200, {"data": {"grand_total": total}})

    def _response(self, status: int, document: dict[str, Any]) -> Response:
        sent_at = self.clock.now - self.took
        date = formatdate(self.clock.now + self.server_offset, usegmt=True)
        headers = {"date": date} if self.date_header else {}
        return Response(status, headers, json.dumps(document).encode(), sent_at, self.clock.now)
