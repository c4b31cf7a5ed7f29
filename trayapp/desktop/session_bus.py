"""A connection to a message bus (D-Bus), on a thread of its own.

Calls and subscriptions may come from any thread. At rest the thread sleeps until the bus says
something: it never looks at a clock without need.
"""

from __future__ import annotations

import logging
import math
import queue
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias
from urllib.parse import quote

from trayapp.desktop.bus_messages import MethodCall, Reply, Signal, SignalRule, bus_call
from trayapp.errors import BusError

if TYPE_CHECKING:
    from trayapp.desktop.bus_stream import BusStream

log = logging.getLogger(__name__)

CALL_LIMIT = 5.0
"""Seconds that a call waits for its reply unless it says otherwise."""

HELLO_LIMIT = 2.0
STOP_LIMIT = 2.0

FIRST_DELAY = 1.0
LONGEST_DELAY = 60.0
"""Seconds between attempts to connect; each is twice the one before."""

SYSTEM_BUS = "unix:path=/var/run/dbus/system_bus_socket"

Answer: TypeAlias = "tuple[Any, ...] | BusError"
Wait: TypeAlias = Callable[[Sequence[int], float | None], Collection[int]]


def session_bus_address(environment: Mapping[str, str]) -> str:
    """Give where the session bus listens, "" where nothing tells."""
    runtime = environment.get("XDG_RUNTIME_DIR")
    return environment.get("DBUS_SESSION_BUS_ADDRESS") or (
        f"unix:path={quote(runtime)}/bus" if runtime else ""
    )


def system_bus_address(environment: Mapping[str, str]) -> str:
    """Give where the system bus listens."""
    return environment.get("DBUS_SYSTEM_BUS_ADDRESS") or SYSTEM_BUS


def wait_readable(descriptors: Sequence[int], seconds: float | None) -> Collection[int]:
    """Wait until a descriptor can be read, for ever when seconds is None; give those that can."""
    with selectors.DefaultSelector() as selector:
        for descriptor in descriptors:
            selector.register(descriptor, selectors.EVENT_READ)
        return [key.fd for key, _events in selector.select(seconds)]


def delay_after(failures: int) -> float:
    """Give how long to wait after so many failures to connect in a row, in seconds."""
    return min(FIRST_DELAY * 2.0 ** min(failures - 1, 10), LONGEST_DELAY)


class _Subscription(NamedTuple):
    rule: SignalRule
    handler: Callable[[tuple[Any, ...]], None]
    ready: Callable[[], None]


class _Pending(NamedTuple):
    call: MethodCall
    returns: str
    answered: Callable[[Answer], None]
    deadline: float


class MessageBus:
    """Stay connected to the bus at an address, which may come, go and come back.

    What is handed in to be called runs on the bus's thread and must not block it. A bus that is
    not to be reconnected ends its thread when it cannot be had or goes away. That there is no
    connection is logged once, at the level `lost`. `ended` is called when the thread ends.
    """

    def __init__(
        self,
        address: str,
        name: str,
        *,
        reconnects: bool = True,
        lost: int = logging.INFO,
        ended: Callable[[], None] = lambda: None,
        wait: Wait = wait_readable,
    ) -> None:
        self._address = address
        self._name = name
        self._reconnects = reconnects and bool(address)
        self._lost = lost
        self._ended = ended
        self._wait = wait
        self.unique_name = ""
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._tasks: deque[Callable[[], None]] | None = None
        self._waker: socket.socket
        self._woken: socket.socket
        self._stopping = False
        self._subscriptions: list[_Subscription] = []
        self._stream: BusStream | None = None
        self._pending: dict[int, _Pending] = {}
        self._failures = 0
        self._retry_at = -math.inf

    def start(self) -> None:
        """Connect, in the background; once only."""
        self._waker, self._woken = socket.socketpair()
        self._waker.setblocking(False)
        self._tasks = deque()
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def stop(self, limit: float = STOP_LIMIT) -> None:
        """Leave the bus; what waits for a reply is told that none comes."""
        self._do(self._stop)
        if self._thread is not None:
            self._thread.join(limit)

    def call(self, call: MethodCall, returns: str, limit: float = CALL_LIMIT) -> tuple[Any, ...]:
        """Ask and wait for the reply, whose body must have the signature `returns`.

        Raises BusError, after `limit` seconds at the latest. Not for the bus's own thread.
        """
        answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self.send(call, returns, answers.put, limit)
        try:
            answer = answers.get(timeout=limit)
        except queue.Empty:
            answer = _no_reply(call)
        if isinstance(answer, BusError):
            raise answer
        return answer

    def send(
        self,
        call: MethodCall,
        returns: str,
        answered: Callable[[Answer], None],
        limit: float = CALL_LIMIT,
    ) -> None:
        """Ask, and hand the reply's body to `answered`, or the error that came instead.

        While there is no bus that is at once, and on the caller's thread if this has not started.
        """
        self._do(partial(self._ask, call, returns, answered, limit))

    def subscribe(
        self,
        rule: SignalRule,
        handler: Callable[[tuple[Any, ...]], None],
        ready: Callable[[], None] = lambda: None,
    ) -> None:
        """Hand the bodies of signals to `handler`, on this connection and all later ones.

        `ready` is called whenever the bus has taken the rule: no signal after that is missed.
        """
        self._do(partial(self._add, _Subscription(rule, handler, ready)))

    def _do(self, task: Callable[[], None]) -> None:
        """Do something on the bus's thread; where there is none, here."""
        with self._lock:
            if self._tasks is not None:
                self._tasks.append(task)
                with suppress(BlockingIOError):  # So much to read wakes as well as one byte more.
                    self._waker.send(b"\0")
                return
        task()

    def _run(self) -> None:
        try:
            while not self._stopping:
                self._serve()
        finally:
            self._finish()

    def _serve(self) -> None:
        if self._stream is None and time.monotonic() >= self._retry_at:
            self._connect()
        while self._tasks:
            self._tasks.popleft()()
        self._expire()
        if not self._stopping:
            self._listen()

    def _finish(self) -> None:
        self._close("it was left")
        with self._lock:
            tasks, self._tasks = self._tasks, None
            self._waker.close()
            self._woken.close()
        for task in tasks or ():
            task()
        _tell(self._ended)

    def _listen(self) -> None:
        descriptors = [self._woken.fileno()]
        if self._stream is not None:
            descriptors.append(self._stream.fileno())
        readable = self._wait(descriptors, self._seconds_to_wait())
        if self._woken.fileno() in readable:
            self._woken.recv(4096)
        if self._stream is not None and self._stream.fileno() in readable:
            self._receive(self._stream)

    def _seconds_to_wait(self) -> float | None:
        due = [one.deadline for one in self._pending.values()]
        if self._stream is None:
            due.append(self._retry_at)
        return max(min(due) - time.monotonic(), 0) if due else None

    def _stop(self) -> None:
        self._stopping = True

    def _connect(self) -> None:
        # Late: this brings jeepney, and is not to hold up the icon.
        from trayapp.desktop.bus_stream import open_stream  # noqa: PLC0415

        try:
            self._stream = open_stream(self._address)
        except OSError as error:
            self._lose(str(error))
            return
        self._ask(bus_call("Hello"), "s", self._greeted, HELLO_LIMIT)
        for subscription in self._subscriptions:
            self._match(subscription)

    def _greeted(self, answer: Answer) -> None:
        if not isinstance(answer, BusError):
            self._failures = 0
            (self.unique_name,) = answer
            log.debug("%s: connected as %s", self._name, self.unique_name)
        elif self._stream is not None:
            self._lose(str(answer))

    def _lose(self, reason: str) -> None:
        if self._failures == 0:
            log.log(self._lost, "%s: there is no connection: %s", self._name, reason)
        self._failures += 1
        self._retry_at = time.monotonic() + delay_after(self._failures)
        if not self._reconnects:
            self._stopping = True
        self._close(reason)

    def _close(self, reason: str) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        pending, self._pending = self._pending, {}
        for one in pending.values():
            _tell(one.answered, BusError(f"The {self._name} went away ({reason})"))

    def _add(self, subscription: _Subscription) -> None:
        self._subscriptions.append(subscription)
        if self._stream is not None:
            self._match(subscription)

    def _match(self, subscription: _Subscription) -> None:
        def matched(answer: Answer) -> None:
            if not isinstance(answer, BusError):
                subscription.ready()
            elif self._stream is not None:
                log.warning("%s: signals will be missed: %s", self._name, answer)

        self._ask(bus_call("AddMatch", "s", str(subscription.rule)), "", matched)

    def _ask(
        self,
        call: MethodCall,
        returns: str,
        answered: Callable[[Answer], None],
        limit: float = CALL_LIMIT,
    ) -> None:
        if self._stream is None:
            _tell(answered, BusError(f"There is no {self._name}"))
            return
        pending = _Pending(call, returns, answered, time.monotonic() + limit)
        try:
            self._pending[self._stream.send(call)] = pending
        except BusError as error:
            _tell(answered, error)
        except OSError as error:
            self._lose(str(error))
            _tell(answered, BusError(f"The {self._name} went away ({error})"))

    def _receive(self, stream: BusStream) -> None:
        try:
            received = stream.receive()
        except (OSError, BusError) as error:
            self._lose(str(error))
            return
        for one in received:
            self._take(one)

    def _take(self, one: Reply | Signal) -> None:
        if not isinstance(one, Reply):
            for subscription in self._subscriptions:
                if subscription.rule.takes(one):
                    _tell(subscription.handler, one.body)
        elif (pending := self._pending.pop(one.serial, None)) is not None:
            _tell(pending.answered, _read(pending, one))

    def _expire(self) -> None:
        now = time.monotonic()
        for serial in [serial for serial, one in self._pending.items() if one.deadline <= now]:
            if (pending := self._pending.pop(serial, None)) is not None:
                _tell(pending.answered, _no_reply(pending.call))


class SessionBus(MessageBus):
    """The bus of the person's session."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        super().__init__(session_bus_address(environment), "session bus")


def _read(pending: _Pending, reply: Reply) -> Answer:
    call = pending.call
    if reply.error_name:
        said = reply.body[0] if reply.body and isinstance(reply.body[0], str) else ""
        title = f"{call.name} refuses {call.member}: {reply.error_name} {said}"
        return BusError(title.rstrip(), name=reply.error_name)
    if reply.body is None or reply.signature != pending.returns:
        return BusError(f"{call.name} answers {call.member} with {reply.signature!r}")
    return reply.body


def _no_reply(call: MethodCall) -> BusError:
    return BusError(f"{call.name} does not answer {call.member}")


def _tell(function: Callable[..., None], *arguments: Any) -> None:
    try:
        function(*arguments)
    except Exception:
        log.exception("%r failed", function)
