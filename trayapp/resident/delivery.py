"""Recording and sending, joined: a save becomes a row in the queue and arrives at each account."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from trayapp.coding.day import day_at
from trayapp.coding.heartbeat import Heartbeat
from trayapp.coding.number import Number
from trayapp.coding.status import DeliveryStatus, Problem, problem_of
from trayapp.delivery.queue import HeartbeatQueue
from trayapp.delivery.recorder import Recorder
from trayapp.delivery.rows import Recording
from trayapp.delivery.seams import Listeners, ReceiverStatus, Trouble
from trayapp.delivery.sender import STOP_SECONDS, Sender
from trayapp.desktop.control import ControlListener, ask
from trayapp.desktop.single_instance import InstanceLock
from trayapp.errors import ControlError, QueueError, TrayappError, UsageError
from trayapp.resident.clock import Clock
from trayapp.resident.estimating import estimated
from trayapp.resident.receivers import make_receivers
from trayapp.servers.transport import NetworkOptions, Transport
from trayapp.servers.zones import local_zone
from trayapp.settings.accounts import Account, Settings
from trayapp.settings.keyring_store import KeyStore
from trayapp.settings.locations import Locations, make_runtime_folder

log = logging.getLogger(__name__)

DAY_SECONDS = 86_400.0
TIDY_SECONDS = 3600.0

ATTEND_SECONDS = 60.0
FLUSH = "flush"
"""The command by which a process that sends is told to do so at once."""

TROUBLE_SECONDS = 10.0
"""How soon what could not be written is tried again."""


@dataclass(frozen=True)
class DeliveryEars:
    """Whom delivery tells, from its threads.

    `changed`: how it fares may have; `delivered`: this receiver took something; `recorded`: a
    heartbeat was; `noted`: a sentence for a person.
    """

    changed: Callable[[], None] = lambda: None
    delivered: Callable[[str], None] = lambda _receiver: None
    recorded: Callable[[], None] = lambda: None
    noted: Callable[[str], None] = log.warning


class Delivery:
    """Record heartbeats, and send them to every account that receives.

    Any thread may call any method. `owner` is what another process is told of this one.
    """

    def __init__(
        self,
        locations: Locations,
        environment: Mapping[str, str],
        key_store: KeyStore,
        connect: Callable[[NetworkOptions], Transport],
        clock: Clock,
        chance: Callable[[], float],
        owner: str,
        ears: DeliveryEars,
    ) -> None:
        self._environment = environment
        self._key_store = key_store
        self._connect = connect
        self._clock = clock
        self._ears = ears
        self._lock = threading.Lock()
        self._receiving: tuple[str, ...] | None = ()
        self._history_seconds = 0.0
        self._tidied_at: float | None = None
        self._clock_began_at: float | None = None
        # Guards what follows: the poller attends, and whoever ends the app stops.
        self._beginning = threading.Lock()
        self._is_followed = False
        self._has_begun = False
        self._start_problem: Problem | None = None
        self._queue = HeartbeatQueue(locations.queue_file, ears.noted)
        self._recorder = Recorder(self._queue, ears.changed, clock.monotonic)
        self._locations = locations
        self._listener = ControlListener(locations.sender_address)
        self._sender = Sender(
            self._queue,
            clock,
            chance,
            Listeners(ears.changed, ears.delivered, self._listen, self._listener.stop),
            InstanceLock(locations.sender_lock_file, f"{owner} (process {os.getpid()})"),
        )

    def follow(self, settings: Settings) -> None:
        """Record for the accounts of these settings, and send to them; begins with the first."""
        receivers = make_receivers(settings, self._environment, self._key_store, self._connect)
        with self._lock:
            self._receiving = settings.receivers_of_rest
            self._history_seconds = settings.history_days * DAY_SECONDS
        self._sender.follow(receivers, settings.seconds_between_rounds)
        # A key may have changed in a place of which the settings say nothing.
        self._sender.network_changed()
        self._is_followed = True
        self._begin()

    def record(self, heartbeat: Heartbeat, key: bytes, only: str | None = None) -> None:
        """Record one save, for all accounts or `only` for one receiver; never raises.

        `key` is its coalescing key. What the disk does not take is kept in memory.
        """
        with self._lock:
            receivers = self._receiving if only is None else (only,)
        self._recorder.record(Recording(heartbeat, receivers, key))
        self._sender.recorded()
        self._ears.recorded()

    def attend(self) -> float:
        """Look after what no thread waits for: a disk with room again, other processes, history.

        Gives the seconds until it should be called again.
        """
        self._begin()
        self._recorder.flush()
        self._sender.recorded()
        self._tidy()
        is_well = self._start_problem is None and self._recorder.problem is None
        return ATTEND_SECONDS if is_well else TROUBLE_SECONDS

    def send_now(self) -> None:
        """Send at once, because a person said so; where another process sends, it is asked to."""
        self._recorder.flush()
        self._sender.send_now()
        if self._sender.holder():
            try:
                ask(self._locations.sender_address, FLUSH)
            except ControlError as error:
                log.info("what waits goes with the next round of another process: %s", error)

    def network_changed(self) -> None:
        """Try again what may go now: the machine woke, or is on another network."""
        self._sender.network_changed()

    def status(self) -> DeliveryStatus:
        """Say what is late, what was refused for good, and why."""
        kept = self._recorder.problem
        receivers = self._sender.status()
        late = [one for one in receivers if one.trouble is not Trouble.NONE or one.problem]
        problem = self._start_problem
        if kept is not None:
            lost = f"; {kept.lost} are lost" if kept.lost else ""
            problem = Problem(f"{kept.title}{lost}", kept.hint, 1)
        elif late:
            problem = _problem(late[0], alone=len(receivers) == 1)
        return DeliveryStatus(
            waiting=sum(one.waiting for one in late) + (kept.kept if kept else 0),
            dead=sum(one.dead for one in receivers),
            problem=problem,
        )

    def waiting(self) -> int:
        """Count what is not delivered yet, late or not."""
        return sum(one.waiting for one in self._sender.status())

    def estimated(self, number: Number | None, account: Account | None) -> Number | None:
        """Add to the number of an account what its server has not yet (see estimating)."""
        return estimated(self._queue, number, account, self._clock.time())

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Bring all to disk, make one last request to each account, and end."""
        self._begin()
        try:
            # First what is in memory: it may open a window. The next start closes what stays open.
            if self._recorder.flush():
                self._queue.close_window()
            else:
                log.error("what could not be written to disk is lost")
        except QueueError as error:
            log.warning("%s", error)
        self._sender.stop(seconds)
        self._queue.close()

    def _listen(self) -> None:
        """Let other processes say that what waits is to be sent, now that this one sends."""
        try:
            make_runtime_folder(self._locations.runtime_dir)
            self._listener.start(self._answer)
        except (OSError, TrayappError) as error:
            log.warning("nobody can ask this process to send: %s", error)

    def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        if request["command"] != FLUSH:
            raise UsageError("This process only sends", f"Known: {FLUSH}.")
        waiting = self.waiting()
        self.send_now()
        return {"waiting": waiting}

    def _begin(self) -> None:
        """Mend what is damaged, hold nothing of an earlier run any more, and send.

        A disk that takes nothing keeps it from that, until it is called again.
        """
        with self._beginning:
            if self._has_begun or not self._is_followed:
                return
            before = self._start_problem
            try:
                self._queue.check()
                self._queue.close_window()
                self._sender.start()
                self._has_begun, self._start_problem = True, None
            except TrayappError as error:
                self._start_problem = problem_of(error)
                log.log(logging.DEBUG if before else logging.WARNING, "%s", error)
        if before != self._start_problem:
            self._ears.changed()

    def _tidy(self) -> None:
        """Once an hour, erase the history that is older than the settings want it kept.

        A clock that jumps is believed after an hour: by a wrong one all history is old.
        """
        moment, now = self._clock.monotonic(), self._clock.time()
        with self._lock:
            before, self._clock_began_at = self._clock_began_at, now - moment
            if before is not None and abs(self._clock_began_at - before) > DAY_SECONDS:
                self._tidied_at = moment
            if self._tidied_at is not None and moment - self._tidied_at < TIDY_SECONDS:
                return
            self._tidied_at = moment
            history_seconds = self._history_seconds
        zone, name = local_zone()
        keep_from = day_at(now, zone, name).starts_at - history_seconds
        try:
            self._queue.tidy(now, keep_from)
        except QueueError as error:
            log.warning("the history was not tidied: %s", error)


def _problem(status: ReceiverStatus, *, alone: bool) -> Problem | None:
    if status.problem is None:
        return None
    problem = problem_of(status.problem)
    if alone:
        return problem
    name = status.name.partition("@")[0]
    return Problem(f"{name}: {problem.title}", problem.hint, problem.exit_code)
