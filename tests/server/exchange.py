"""One request being answered, and the means to answer it badly."""

from __future__ import annotations

import socket
import struct
import sys
from dataclasses import replace
from datetime import datetime
from email.utils import formatdate
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tests.server.counting import total_of

if TYPE_CHECKING:
    import threading

    from tests.server.account import Account
    from tests.server.dialect import Dialect
    from tests.server.messages import Answer, Request
    from tests.server.storing import HeartbeatStore


class Exchange:
    """What a misbehaviour works with.

    `now` is the server's clock in epoch seconds. Whoever sets `keep_alive` to False ends the
    connection after this request. Writing raises OSError once the client or the server is gone.
    """

    def __init__(
        self,
        connection: socket.socket,
        request: Request,
        dialect: Dialect,
        account: Account,
        store: HeartbeatStore,
        now: float,
        stopping: threading.Event,
    ) -> None:
        self.request = request
        self.now = now
        self.keep_alive = request.keep_alive
        self._account = account
        self._connection = connection
        self._dialect = dialect
        self._store = store
        self._stopping = stopping

    @property
    def dialect(self) -> str:
        """The dialect's name."""
        return self._dialect.name

    def proper(self, request: Request | None = None) -> Answer:
        """Give the answer of a server that behaves, to another request if one is given.

        Heartbeats in it are stored.
        """
        request = request or self.request
        account = self._account
        if account.today.counted and request.method == "GET":
            account = replace(account, today=replace(account.today, total_seconds=self._counted()))
        return self._dialect.answer(request, account, self.now, self._store)

    def _counted(self) -> float:
        zone = self._account.zone
        day = datetime.fromtimestamp(self.now, ZoneInfo(zone)).date()
        return total_of(self._store.counted_rows, self._dialect.counts, zone, day)

    def error(self, status: int) -> Answer:
        """Give a status in the dialect's own words."""
        return self._dialect.error(self.request, status)

    def head(self, answer: Answer, framing: tuple[str, str]) -> bytes:
        """Give the bytes before an answer's body."""
        date = formatdate(self.now, usegmt=True)
        return answer.head(date, framing=framing, keep_alive=self.keep_alive)

    def encode(self, answer: Answer) -> tuple[bytes, bytes]:
        """Give head and body as they should be sent."""
        body = b"" if self.request.method == "HEAD" else answer.body
        return self.head(answer, ("Content-Length", str(len(answer.body)))), body

    def send(self, answer: Answer) -> None:
        """Send an answer as it should be sent."""
        self.write(b"".join(self.encode(answer)))

    def write(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._connection.sendall(data)

    def pause(self, seconds: float | None = None) -> bool:
        """Wait, None for ever; False when the server is being stopped meanwhile."""
        return not self._stopping.wait(seconds)

    def reset(self) -> None:
        """Have the connection end with a TCP reset instead of an orderly end."""
        self.keep_alive = False
        linger = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
