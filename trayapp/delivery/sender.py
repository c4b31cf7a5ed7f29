"""The sender: what was recorded goes to every account, each on a thread of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

from trayapp.delivery.account_sender import SECONDS_BETWEEN_ROUNDS, AccountSender, Reason
from trayapp.delivery.seams import (
    Clock,
    Listeners,
    Queue,
    Receiver,
    ReceiverStatus,
    SenderLock,
)
from trayapp.errors import TrayappError

log = logging.getLogger(__name__)

STOP_SECONDS = 3.0
"""How long the end of the app may be held up for one last request to each account."""

CUT_SECONDS = 0.25
"""The part of it that is left for a thread whose request was cut."""

MISTAKE_SECONDS = 60.0
"""The wait after a mistake of ours, which must not end sending for good."""


class Sender:
    """Send to all receivers, while no other process does so for the same data directory.

    All methods may be called from any thread. `chance` gives random numbers in [0, 1).
    """

    def __init__(
        self,
        queue: Queue,
        clock: Clock,
        chance: Callable[[], float],
        listeners: Listeners,
        lock: SenderLock,
    ) -> None:
        self._queue = queue
        self._clock = clock
        self._chance = chance
        self._listeners = listeners
        self._sender_lock = lock
        # Guards what follows.
        self._lock = threading.Lock()
        self._accounts: dict[str, _Account] = {}
        self._sending = False
        self._awaiting = False
        self._stopped = False

    def follow(
        self,
        receivers: Sequence[Receiver],
        seconds_between_rounds: float = SECONDS_BETWEEN_ROUNDS,
    ) -> None:
        """Send to these and no others from now on."""
        with self._lock:
            wanted = {receiver.name: receiver for receiver in receivers}
            for name in self._accounts.keys() - wanted:
                self._accounts.pop(name).abandon()
            for name, receiver in wanted.items():
                account = self._accounts.get(name)
                if account is None:
                    sender = AccountSender(
                        receiver, self._queue, self._clock, self._chance, self._listeners
                    )
                    account = self._accounts[name] = _Account(sender, self._clock)
                    if self._sending:
                        account.start()
                account.sender.follow(receiver)
                account.sender.seconds_between_rounds = seconds_between_rounds
                account.wake()

    def start(self) -> None:
        """Begin to send, now or once another process ends that sends; raises TrayappError."""
        if self._take_lock():
            self._begin()
            return
        log.info("%s sends already; this one waits", self._sender_lock.holder() or "another one")
        with self._lock:
            self._awaiting = True
        threading.Thread(target=self._await_lock, name="sender-lock", daemon=True).start()

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Make one last request to each account that has something waiting, and end."""
        with self._lock:
            self._stopped = True
            sending, self._sending = self._sending, False
            accounts = list(self._accounts.values())
        if not sending:
            return
        deadline = self._clock.monotonic() + seconds
        for account in accounts:
            account.finish()
        for account in accounts:
            account.join(deadline - CUT_SECONDS - self._clock.monotonic())
        for account in accounts:
            account.sender.cut()
        for account in accounts:
            account.join(deadline - self._clock.monotonic())
        self._listeners.ended()
        self._sender_lock.release()

    def send_now(self) -> None:
        """Start a round at once, because a person said so; what a server asked for still binds."""
        self._tell(Reason.PERSON)

    def network_changed(self) -> None:
        """Try again what may go now: the machine woke, or is on another network."""
        self._tell(Reason.NETWORK)

    def recorded(self) -> None:
        """Look into the queue: something may have been recorded, by this process or another."""
        for account in self._all():
            # What goes with a round that is to come anyhow needs no look now.
            if not account.sender.waits_for_round:
                account.wake()

    def status(self) -> tuple[ReceiverStatus, ...]:
        """Say how each receiver fares."""
        return tuple(account.sender.status() for account in self._all())

    def holder(self) -> str:
        """Say which other process sends in place of this one, "" where none does."""
        with self._lock:
            awaiting = self._awaiting
        return (self._sender_lock.holder() or "another trayapp") if awaiting else ""

    def send_once(self) -> bool:
        """Make one round for each account and return when all are over.

        False when another process sends, which is to be asked instead. Raises TrayappError.
        """
        if not self._take_lock():
            return False
        try:
            threads = [
                threading.Thread(target=account.make_round, name="round", daemon=True)
                for account in self._all()
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        finally:
            self._sender_lock.release()
        return True

    def attend(self) -> float | None:
        """Do what is due for each account in turn, for tests that have no threads.

        Gives the seconds until something may be due, None while nothing waits.
        """
        waits = [account.sender.attend() for account in self._all()]
        return min((wait for wait in waits if wait is not None), default=None)

    def _all(self) -> list[_Account]:
        with self._lock:
            return list(self._accounts.values())

    def _tell(self, reason: Reason) -> None:
        for account in self._all():
            account.sender.tell(reason)
            account.wake()

    def _take_lock(self, *, wait: bool = False) -> bool:
        try:
            return self._sender_lock.acquire(wait=wait)
        except OSError as error:
            raise TrayappError(
                f"Nothing is sent: the state folder cannot be written ({error.strerror})",
                "Make it writable for yourself.",
            ) from error

    def _await_lock(self) -> None:
        try:
            self._take_lock(wait=True)
        except TrayappError as error:
            log.warning("%s", error)
            return
        with self._lock:
            self._awaiting = False
        self._begin()
        self._listeners.changed()

    def _begin(self) -> None:
        with self._lock:
            if self._stopped:
                self._sender_lock.release()
                return
            self._sending = True
            for account in self._accounts.values():
                account.start()
            self._listeners.began()


class _Account:
    """The thread of one account."""

    def __init__(self, sender: AccountSender, clock: Clock) -> None:
        self.sender = sender
        self._clock = clock
        self._wakeup = threading.Event()
        self._stopping = threading.Event()
        self._abandoned = False
        self._posted_at = 0.0
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        self._wakeup.set()

    def finish(self) -> None:
        """Have the thread make one last request and end."""
        self._posted_at = self.sender.posted_at
        self._stopping.set()
        self._wakeup.set()

    def abandon(self) -> None:
        """Have the thread end at once."""
        self._abandoned = True
        self.finish()
        if self._thread.is_alive():
            self.sender.cut()
        else:
            self.sender.disconnect()

    def join(self, seconds: float) -> None:
        self._thread.join(max(0.0, seconds))

    def make_round(self) -> None:
        """Make one round, as a person wants it."""
        self.sender.tell(Reason.PERSON)
        try:
            while True:
                # Set by `follow`: a wait that begins with it set is none.
                self._wakeup.clear()
                wait = self.sender.attend()
                if wait is None or not (self.sender.is_in_round or wait == 0):
                    return
                self._clock.wait(self._wakeup, wait)
        finally:
            self.sender.disconnect()

    def _run(self) -> None:
        while True:
            # Cleared before the look at `_stopping`, or a stop in between would lose its wake-up.
            self._wakeup.clear()
            if self._stopping.is_set():
                break
            self._wait(self._attend())
        # A request under way when the end came was the last one.
        if not self._abandoned and self.sender.posted_at == self._posted_at:
            self.sender.post_once()
        self.sender.disconnect()

    def _attend(self) -> float | None:
        try:
            return self.sender.attend()
        except Exception:
            log.exception("sending to %s went wrong in a way nobody thought of", self.sender.name)
            return MISTAKE_SECONDS

    def _wait(self, seconds: float | None) -> None:
        if seconds is None:
            # Until something is recorded: at rest nothing wakes up.
            self._wakeup.wait()
        elif seconds > 0:
            self._clock.wait(self._wakeup, seconds)
