"""A machine with a queue and a sender without threads, on a clock that moves only when told to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.delivery.sending_scene import MemoryLock
from tests.server import Server
from tests.servers.clients import Options
from trayapp.delivery.queue import HeartbeatQueue
from trayapp.delivery.seams import Listeners, Receiver
from trayapp.delivery.sender import Sender
from trayapp.resident.clock import ManualClock
from trayapp.servers.client import Client
from trayapp.servers.dialects import Dialect
from trayapp.servers.transport import HttpTransport, Response
from trayapp.settings.key import Key


@dataclass(frozen=True)
class Address:
    """How an account reaches its server."""

    api_url: str
    key: str
    dialect: str

    @classmethod
    def of(cls, server: Server) -> Address:
        return cls(server.api_url, server.key, server.dialect)

    @property
    def receiver(self) -> str:
        """The account's name in the queue."""
        return f"{self.dialect}@{self.api_url}"


class Machine:
    """It delivers to one account at each address; nothing but POSTs is real time.

    `posts` are the moments of all POSTs to each, on the monotonic clock.
    """

    def __init__(
        self,
        folder: Path,
        addresses: Sequence[Address],
        now: float,
        *,
        timeout_seconds: float = 5.0,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        self.clock = ManualClock(now)
        self.queue = HeartbeatQueue(folder / "queue.db", *([] if tell is None else [tell]))
        self.posts: dict[str, list[float]] = {one.receiver: [] for one in addresses}
        self.names = tuple(self.posts)
        self._options = Options(timeout_seconds=timeout_seconds)
        self._receivers = [Receiver(one.receiver, self._connector(one)) for one in addresses]
        self.sender = self._start()

    def _start(self) -> Sender:
        listeners = Listeners(lambda: None, lambda _: None)
        sender = Sender(self.queue, self.clock, lambda: 0.5, listeners, MemoryLock())
        sender.follow(self._receivers)
        return sender

    def restart(self) -> None:
        """Have the app end as in a crash, and start again: what it remembered is gone."""
        self.sender.follow(())
        self.sender = self._start()

    def live(self, seconds: float) -> None:
        """Let the sender live for so long, as its threads would."""
        end = self.clock.elapsed + seconds
        turns = 0
        while (left := end - self.clock.elapsed) > 0:
            wait = self.sender.attend()
            turns += 1
            assert turns < 100 + 20 * seconds, "the sender turns in circles"
            self.clock.advance(left if wait is None else min(wait, left))

    def waiting(self) -> int:
        """Count what has not gone to all accounts yet."""
        return sum(self.queue.counts(name).waiting for name in self.names)

    def _connector(self, address: Address) -> Callable[[], Client]:
        def connect() -> Client:
            transport = HttpTransport(self._options, "trayapp/test", self.clock.time)
            return _NotingClient(address, transport, lambda: posts.append(self.clock.elapsed))

        posts = self.posts[address.receiver]
        return connect


class _NotingClient(Client):
    def __init__(
        self, address: Address, transport: HttpTransport, note: Callable[[], None]
    ) -> None:
        super().__init__(address.api_url, Key(address.key), transport, Dialect(address.dialect))
        self._note = note

    def send_heartbeats(self, body: bytes, machine: str, user_agent: str) -> Response:
        self._note()
        return super().send_heartbeats(body, machine, user_agent)
