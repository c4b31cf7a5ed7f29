"""A server on loopback: sockets, threads, and what it is told to be."""

from __future__ import annotations

import itertools
import re
import socket
import ssl
import tempfile
import threading
import time
import uuid
from collections import deque
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self, Unpack

from tests.server.account import Account, PersonChanges, TodayChanges
from tests.server.certificates import Flaw, issue
from tests.server.counting import total_of, totals_by
from tests.server.exchange import Exchange
from tests.server.hackatime import HACKATIME
from tests.server.messages import Request, read_request
from tests.server.past import PastChanges
from tests.server.storing import HeartbeatStore
from tests.server.wakapi import WAKAPI
from tests.server.wakatime import WAKATIME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from tests.server.dialect import Dialect
    from tests.server.misbehaviours import Misbehaviour
    from tests.server.storing import Row

DIALECTS: dict[str, Dialect] = {dialect.name: dialect for dialect in (HACKATIME, WAKATIME, WAKAPI)}
STOP_SECONDS = 5.0
"""How long a thread may take to notice that the server stops."""
_LONG = re.compile("[^/]{24,}")
"""A part of a path that may be a key, plain or encoded; no endpoint has one that long."""


class Server:
    """A test server of one dialect with one account; a context manager.

    It can be stopped and started again, on the same port. `timezone` is the profile's, which for
    wakapi may be empty: then `server_timezone` counts. `users_current` False leaves the profile
    out, as Hackatime did before 2026-08-16. `max_age_seconds` is how old a heartbeat may be for
    wakapi. `tls` may also name what is wrong with the certificate. Of the requests the last
    `remember` are kept, None keeps them all. `log` is given one line per request, without the key.
    `clock` may be replaced at any time; it dates the answers.
    """

    def __init__(
        self,
        dialect: str = "hackatime",
        *,
        key: str | None = None,
        timezone: str = "UTC",
        server_timezone: str = "UTC",
        username: str = "ada",
        users_current: bool = True,
        max_age_seconds: float = 168 * 3600.0,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: bool | Flaw = False,
        remember: int | None = None,
        log: Callable[[str], None] | None = None,
    ) -> None:
        self.clock: Callable[[], float] = time.time
        self._dialect = DIALECTS[dialect]
        self._account = Account(
            key=key or f"{self._dialect.key_prefix}{uuid.uuid4()}",
            timezone=timezone,
            server_timezone=server_timezone,
            username=username,
            users_current=users_current,
            max_age_seconds=max_age_seconds,
        )
        self._store = HeartbeatStore()
        self._host = host
        self._port = port
        self._tls = issue(host, None if tls is True else tls) if tls else None
        self._log = log
        self._changed = threading.Condition()
        self._requests: deque[Request] = deque(maxlen=remember)
        self._scripts: dict[str, Iterator[Misbehaviour]] = {}
        self._connections: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._stopping = threading.Event()
        self._listener: socket.socket | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    # -- Where it is

    @property
    def origin(self) -> str:
        """Scheme, host and port; the port stays the same once the server was started."""
        return f"{'https' if self._tls else 'http'}://{self._host}:{self._port}"

    @property
    def api_url(self) -> str:
        """What a person would set as api_url."""
        return self.origin + self._dialect.api_path

    @property
    def port(self) -> int:
        """The port, 0 before the first start unless one was asked for."""
        return self._port

    @property
    def dialect(self) -> str:
        """The dialect's name."""
        return self._dialect.name

    @property
    def ca_file(self) -> str:
        """The authority that a client has to trust, as a PEM file there while the server runs."""
        if self._folder is None:
            raise RuntimeError("only a running server with tls has a ca_file")
        return str(Path(self._folder.name) / "authority.pem")

    # -- What it answers

    @property
    def key(self) -> str:
        """The one key that is accepted; may be replaced at any time."""
        return self._account.key

    @key.setter
    def key(self, key: str) -> None:
        with self._changed:
            self._account = replace(self._account, key=key)

    def today(self, **changes: Unpack[TodayChanges]) -> None:
        """Change what `statusbar/today` tells; what is not named stays as it was."""
        with self._changed:
            self._account = replace(self._account, today=replace(self._account.today, **changes))

    @property
    def administrator_key(self) -> str:
        """The key that opens what Hackatime has for administrators, and nothing else."""
        return self._account.person.administrator_key

    def person(self, **changes: Unpack[PersonChanges]) -> None:
        """Change who the account's owner is; what is not named stays as it was."""
        with self._changed:
            person = replace(self._account.person, **changes)
            self._account = replace(self._account, person=person)

    def past(self, **changes: Unpack[PastChanges]) -> None:
        """Change what WakaTime tells of the past beside the stored heartbeats."""
        with self._changed:
            self._account = replace(self._account, past=replace(self._account.past, **changes))

    def set_time(self, moment: datetime | float) -> None:
        """Stop the server's clock at a moment (epoch seconds)."""
        seconds = moment.timestamp() if isinstance(moment, datetime) else moment
        self.clock = lambda: seconds

    def misbehave(self, *script: Misbehaviour, path: str = "", times: int | None = None) -> None:
        """Play a script, one misbehaviour per request: `times` times over, or for ever.

        `path` is a regular expression looked for in the path of a request. A new script for the
        same path replaces the old one; of several that fit, the one set last is played.
        """
        plays = itertools.repeat(script) if times is None else itertools.repeat(script, times)
        with self._changed:
            self._scripts.pop(path, None)
            self._scripts[path] = itertools.chain.from_iterable(plays)

    def behave(self) -> None:
        """Forget every misbehaviour; what is being played goes on."""
        with self._changed:
            self._scripts.clear()

    # -- What it keeps

    @property
    def heartbeats(self) -> tuple[Row, ...]:
        """All stored heartbeats in the order in which they came, each once by the dialect's rule.

        They stay when the server is stopped and started again.
        """
        return self._store.rows

    def total(self, day: date | None = None) -> float:
        """Give the seconds that the stored heartbeats come to by the dialect's rule.

        Of a day in the profile's zone, else of all as one series. wakapi's times are whole
        milliseconds.
        """
        return total_of(self._store.rows, self._dialect.counts, self._account.zone, day)

    def totals(self, *names: str) -> dict[tuple[Any, ...], float]:
        """Give the seconds per group: ("day", "entity") gives {(date, path): seconds}.

        A name is a column of the stored heartbeats, or "day". Each group counts for itself.
        """
        return totals_by(self._store.rows, names, self._dialect.counts, self._account.zone)

    def regenerate_durations(self) -> None:
        """Do as wakapi does every 12 h: what comes later and is older is in no counted today."""
        self._store.settle()

    # -- What it was asked

    @property
    def requests(self) -> tuple[Request, ...]:
        """All requests so far, oldest first, each from the moment when it was read."""
        with self._changed:
            return tuple(self._requests)

    def wait_for_requests(
        self, count: int, timeout: float = 5.0, path: str = ""
    ) -> tuple[Request, ...]:
        """Wait until there were that many requests whose path has `path` (as misbehave) in it.

        Gives all of these. Raises TimeoutError after `timeout` seconds.
        """

        def matching() -> tuple[Request, ...]:
            return tuple(each for each in self._requests if re.search(path, each.path))

        with self._changed:
            if not self._changed.wait_for(lambda: len(matching()) >= count, timeout):
                raise TimeoutError(
                    f"{len(matching())} of {count} requests came within {timeout:g} s"
                )
            return matching()

    # -- Its life

    def start(self) -> None:
        """Listen, on the same port as before if it was started already."""
        self._listener = socket.create_server((self._host, self._port))
        self._port = self._listener.getsockname()[1]
        self._stopping = threading.Event()
        if self._tls is not None:
            self._folder = tempfile.TemporaryDirectory(prefix="test-server-")
            Path(self.ca_file).write_bytes(self._tls[1])
        self._run(self._accept, self._listener)

    def stop(self) -> None:
        """Cut every connection and end every thread, hanging ones too."""
        listener, self._listener = self._listener, None
        if listener is None:
            return
        self._stopping.set()
        with suppress(OSError):
            # accept() wakes for a connection on every system, for a closed socket on some only.
            socket.create_connection(listener.getsockname(), STOP_SECONDS).close()
        self._threads[0].join(STOP_SECONDS)
        listener.close()
        with self._changed:
            for connection in self._connections:
                with suppress(OSError):
                    # Not SSLSocket's own, which would have its thread go on unencrypted.
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(STOP_SECONDS)
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
        left = [thread.name for thread in self._threads if thread.is_alive()]
        self._threads.clear()
        if left:
            raise RuntimeError(f"still running: {', '.join(left)}")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    # -- Its threads

    def _run(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True, name="test server")
        self._threads = [each for each in self._threads if each.is_alive()]
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        for number in itertools.count(1):
            connection, _ = listener.accept()
            if self._stopping.is_set():
                connection.close()
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # OSError: the client is gone already, which its thread will find out.
            with suppress(OSError):
                connection = self._secured(connection)
            with self._changed:
                self._connections.add(connection)
            self._run(self._serve, connection, number)

    def _secured(self, connection: socket.socket) -> socket.socket:
        if self._tls is None:
            return connection
        # The handshake is for the connection's own thread: a client may never finish it.
        return self._tls[0].wrap_socket(connection, server_side=True, do_handshake_on_connect=False)

    def _serve(self, connection: socket.socket, number: int) -> None:
        # OSError: the client is gone, does not trust the certificate, or the server stops.
        with suppress(OSError), connection, connection.makefile("rb") as stream:
            if isinstance(connection, ssl.SSLSocket):
                connection.do_handshake()
            while self._serve_one(connection, stream, number):
                pass
        with self._changed:
            self._connections.discard(connection)

    def _serve_one(self, connection: socket.socket, stream: BinaryIO, number: int) -> bool:
        try:
            request = read_request(stream, number, self.clock)
        except ValueError:
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
            return False
        if request is None:
            return False
        with self._changed:
            account = self._account
            misbehaviour = self._next_misbehaviour(request.path)
            self._requests.append(request)
            self._changed.notify_all()
        exchange = Exchange(
            connection,
            request,
            self._dialect,
            account,
            self._store,
            request.time,
            self._stopping,
        )
        if misbehaviour is None:
            answer = exchange.proper()
            self._note(request, str(answer.status))
            exchange.send(answer)
        else:
            self._note(request, misbehaviour.name)
            misbehaviour.play(exchange)
        return exchange.keep_alive

    def _next_misbehaviour(self, path: str) -> Misbehaviour | None:
        for pattern, script in reversed(self._scripts.items()):
            if re.search(pattern, path):
                misbehaviour = next(script, None)
                if misbehaviour is not None:
                    return misbehaviour
        return None

    def _note(self, request: Request, outcome: str) -> None:
        if self._log is None:
            return
        scheme = (request.authorization or "no").partition(" ")[0].capitalize()
        shown = scheme if scheme in ("Basic", "Bearer", "No") else "Odd"
        # A key has no business in a path; if it is there all the same, it is not shown.
        path = _LONG.sub("[...]", request.path).replace(self.key, "[key]")
        query = "?..." if request.query else ""
        self._log(f"#{request.connection} {request.method} {path}{query} {shown} auth: {outcome}")


@contextmanager
def refused_port() -> Iterator[str]:
    """Give an origin (http://127.0.0.1:port) that refuses connections while the block lasts."""
    with socket.socket() as reserved:
        # Bound, so that nobody else gets the port, but not listening.
        reserved.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{reserved.getsockname()[1]}"


@contextmanager
def silent_port() -> Iterator[str]:
    """Give an origin (http://127.0.0.1:port) where whoever connects is left waiting."""
    with socket.socket() as full, ExitStack() as waiting:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        # Nobody accepts, and the queue is soon full.
        for _ in range(8):
            client = waiting.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(full.getsockname())
        yield f"http://127.0.0.1:{full.getsockname()[1]}"
