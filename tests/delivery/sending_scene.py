"""A sender on a clock that moves only when told to, with the real queue and servers to order."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.delivery.fake_server import HOST, FakeServer, respond
from trayapp.coding.heartbeat import Heartbeat
from trayapp.delivery.queue import HeartbeatQueue
from trayapp.delivery.rows import Counts, Recording
from trayapp.delivery.seams import Listeners, Receiver, ReceiverStatus
from trayapp.delivery.sender import Sender
from trayapp.errors import TrayappError
from trayapp.resident.clock import ManualClock
from trayapp.servers.client import Client
from trayapp.servers.transport import FunctionTransport, Response
from trayapp.settings.key import Key

KEY = Key("11111111-2222-4333-8444-555555555555")
HOME = f"home@{HOST}"
WORK = "work@https://work.example/api"


@contextmanager
def folder_in_memory() -> Iterator[Path]:
    """Give a folder for a queue that no disk holds up, where the system has such a place.

    What is tested here is sending; that the queue waits for its disk is tested elsewhere.
    """
    place = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=place) as folder:
        yield Path(folder)


@dataclass
class MemoryLock:
    """A lock that another process has for as long as `taken` says so."""

    taken: bool = False
    held: bool = False

    def acquire(self, *, wait: bool = False) -> bool:
        assert not wait
        self.held = not self.taken
        return self.held

    def holder(self) -> str:
        return "trayapp (process 7)"

    def release(self) -> None:
        self.held = False


@dataclass
class Scene:
    """One sender, and a server for each receiver; a POST takes `took` seconds."""

    folder: Path
    names: Sequence[str] = (HOME,)
    clock: ManualClock = field(default_factory=ManualClock)
    chance: float = 0.5
    took: float = 0.0
    no_key: TrayappError | None = None
    posts: list[tuple[str, float]] = field(default_factory=list)
    delivered: list[str] = field(default_factory=list)
    transports: list[FunctionTransport] = field(default_factory=list)
    changes: int = 0
    recorded: int = 0
    lock: MemoryLock = field(default_factory=MemoryLock)

    def __post_init__(self) -> None:
        self.queue = HeartbeatQueue(self.folder / "queue.db")
        self.servers = {name: FakeServer() for name in self.names}
        self.meanwhile: Callable[[str], Response | None] = lambda _: None
        listeners = Listeners(self._changed, self.delivered.append)
        self.sender = Sender(self.queue, self.clock, lambda: self.chance, listeners, self.lock)
        self.receivers = [Receiver(name, self._connector(name)) for name in self.names]
        self.sender.follow(self.receivers)

    @property
    def server(self) -> FakeServer:
        """The server of the first receiver."""
        return self.servers[self.names[0]]

    def record(self, count: int = 1, names: Sequence[str] | None = None) -> None:
        """Record heartbeats for these receivers or all; their times are their numbers."""
        first = self.recorded + 1
        self.recorded += count
        receivers = tuple(self.names if names is None else names)
        self.queue.record(
            [Recording(heartbeat(float(one)), receivers) for one in range(first, first + count)]
        )

    def attend(self) -> float | None:
        """Let the sender do what is due."""
        return self.sender.attend()

    def live(self, seconds: float) -> None:
        """Let the sender live for so long, as its threads would."""
        end = self.clock.elapsed + seconds
        turns = 0
        while True:
            wait = self.attend()
            left = end - self.clock.elapsed
            if wait is None or wait > left:
                self.clock.advance(max(0.0, left))
                return
            self.clock.advance(wait)
            turns += 1
            assert turns < 100 + 20 * seconds, "the sender turns in circles"

    def status(self, name: str = HOME) -> ReceiverStatus:
        """Say how a receiver fares."""
        (found,) = [one for one in self.sender.status() if one.name == name]
        return found

    def counts(self, name: str = HOME) -> Counts:
        return self.queue.counts(name)

    def post_times(self, name: str = HOME) -> list[float]:
        """Give when each POST to a receiver was made, on the monotonic clock."""
        return [at for who, at in self.posts if who == name]

    def replace_receiver(self) -> None:
        """Let the first receiver's key change."""
        name = self.names[0]
        self.receivers[0] = Receiver(name, self._connector(name))
        self.sender.follow(self.receivers)

    def _changed(self) -> None:
        self.changes += 1

    def _connector(self, name: str) -> Callable[[], Client]:
        def take(url: str, headers: Mapping[str, str], body: bytes) -> Response:
            del url, headers
            self.posts.append((name, self.clock.elapsed))
            self.clock.advance(self.took)
            return self.meanwhile(name) or self.servers[name].take(body)

        def connect() -> Client:
            if self.no_key is not None:
                raise self.no_key
            transport = FunctionTransport(lambda *_: respond(404), take)
            self.transports.append(transport)
            return Client(name.partition("@")[2], KEY, transport, self.servers[name].dialect)

        return connect


def heartbeat(time: float) -> Heartbeat:
    """Give a heartbeat of that time."""
    return Heartbeat(
        entity="/work/a.py",
        time=time,
        project="trayapp",
        branch=None,
        language="Python",
        lines=None,
        project_root_count=None,
        user_agent="wakatime/1.0 (linux-6-x86_64) python3.11 trayapp/1.0 trayapp-wakatime/1.0",
        machine="laptop",
    )
