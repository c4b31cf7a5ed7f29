"""The running app without a face."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from trayapp.coding.goal import with_goal
from trayapp.coding.number import Number
from trayapp.coding.pacing import Outcome, Pace, Reason, may_ask_now, next_delay, sooner
from trayapp.coding.status import State, Status, next_change, status_at
from trayapp.errors import (
    ConfigError,
    KeyProblemError,
    KeyRefusedError,
    ThrottledError,
    TrayappError,
)
from trayapp.resident.asking import Asker
from trayapp.resident.clock import Clock
from trayapp.resident.dashboard import dashboard_of
from trayapp.resident.noticing import Edits, Sleeps
from trayapp.resident.parts import Parts
from trayapp.resident.seams import HeartbeatDelivery, SaveWatcher, SettingsSource
from trayapp.resident.sign_out import sign_out
from trayapp.resident.snapshot_store import SnapshotStore
from trayapp.settings.accounts import Account, Settings, no_account
from trayapp.settings.credentials import winning_source

log = logging.getLogger(__name__)

LONGEST_WAIT_SECONDS = 60.0
"""How long a sleep can go unnoticed where the system does not tell of waking."""

STOP_SECONDS = 5.0
"""How long `stop` waits for an attempt under way, which it cuts; a name that is looked up and a
connection that is being opened cannot be cut. The thread is a daemon, so it ends anyhow."""


class Resident:
    """Keep asking for the showing account's number and publish a Status whenever it changes.

    All that a person asks for goes through `refresh`, `reload`, `flush`, `show`, `use_account`,
    `sign_out`, `quit` and what is about the file monitor, from any thread; the parts that `employ`
    was given tell of themselves by `part_changed`, `delivered` and `recorded`. Subscribers are
    called on the poller's thread with each new Status.
    """

    def __init__(
        self,
        settings: SettingsSource,
        asker: Asker,
        store: SnapshotStore,
        clock: Clock,
        chance: Callable[[], float],
        longest_wait: float = LONGEST_WAIT_SECONDS,
    ) -> None:
        self._source = settings
        self._asker = asker
        self._store = store
        self._clock = clock
        self._chance = chance
        self._longest_wait = longest_wait

        self._lock = threading.Lock()
        self._reasons: set[Reason] = set()
        self._subscribers: list[Callable[[Status], None]] = []
        self._status = Status(State.STARTING, clock.time())
        self._wakeup = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._parts = Parts()
        self._codes = False

        # From here on only the poller's thread reads and writes.
        self._settings: Settings | None = None
        self._settings_error: ConfigError | None = None
        self._edits = Edits(settings.fingerprint, clock)
        self._sleeps = Sleeps(clock)
        self._account: Account | None = None
        self._number: Number | None = None
        self._error: TrayappError | None = None
        self._pace = Pace()
        self._due_at = 0.0
        self._attend_within = 0.0

        self.on_show: Callable[[], None] = _nothing
        self.on_quit: Callable[[], None] = _nothing

    # What faces and the control channel call, from any thread.

    @property
    def status(self) -> Status:
        """The newest Status."""
        with self._lock:
            return self._status

    def subscribe(self, subscriber: Callable[[Status], None]) -> None:
        """Have `subscriber` called with each new Status, on the poller's thread."""
        with self._lock:
            self._subscribers.append(subscriber)

    def refresh(self) -> None:
        """Ask the server now, because a person said so."""
        self._want(Reason.PERSON)

    def menu_opened(self) -> None:
        """Ask the server now if the number is not quite new, because a person is looking."""
        self._want(Reason.MENU)

    def woke(self) -> None:
        """Ask the server now, because the machine slept, or came onto a network."""
        self._want(Reason.WAKE)

    def keyring_changed(self) -> None:
        """Look for the key again if there was none: somebody unlocked the keyring, perhaps."""
        self._want(Reason.KEYRING)

    def reload(self) -> None:
        """Read settings and key again, because somebody changed them."""
        self._want(Reason.SETTINGS)

    def flush(self) -> int:
        """Send at once, and bring to disk what is in memory; gives how many heartbeats wait."""
        status = self.status
        if status.account is not None:
            self._store.save(status, show=True)
        return self._parts.send_now()

    def use_account(self, name: str) -> None:
        """Let another account show from now on; raises ConfigError."""
        if name != self.status.account:
            self._source.show_account(name)
            self.reload()

    def sign_out(self, name: str) -> None:
        """Remove an account's key from the keyring, which may ask for its password.

        Raises KeyringError, ConfigError, or UsageError where the account is no more.
        """
        settings = self._source.load()
        asker = self._asker
        sign_out(
            settings.account(name),
            settings,
            asker.environment,
            asker.key_store,
            self._store,
            self._clock.time(),
        )
        self.reload()

    def employ(
        self, monitor: SaveWatcher | None, delivery: HeartbeatDelivery | None = None
    ) -> None:
        """Have these parts follow the settings, before `start`; `stop` stops them."""
        self._parts = Parts(monitor, delivery)

    def part_changed(self) -> None:
        """Publish what has changed about the file monitor or about delivery."""
        self._wakeup.set()

    def recorded(self) -> None:
        """Ask more often again, because somebody codes."""
        with self._lock:
            self._codes = True
        self._wakeup.set()

    def delivered(self, receiver: str) -> None:
        """Ask for the new number, because the server of the showing account took heartbeats."""
        status = self.status
        if receiver == f"{status.account}@{status.api_url}":
            self._want(Reason.DELIVERED)

    def monitor_report(self) -> dict[str, Any] | None:
        """Say what became of all saves, None without a file monitor."""
        return self._parts.report()

    def pause(self, until: float) -> None:
        """Count no save until then, in epoch seconds; 0 goes on at once."""
        if self._parts.monitor is not None:
            self._parts.monitor.pause(until)

    def enable_monitor(self, *, enabled: bool) -> None:
        """Switch the file monitor on or off; raises ConfigError."""
        self._source.enable_watching(enabled=enabled)
        self.reload()

    def add_folder(self, folder: Path) -> str:
        """Have a folder watched, and give what a person should know then; raises ConfigError."""
        self._source.add_folder(folder)
        self.reload()
        return "" if self._parts.monitor is None else self._parts.monitor.advice()

    def remove_folder(self, folder: Path) -> None:
        """Have a folder watched no longer; raises ConfigError."""
        self._source.remove_folder(folder)
        self.reload()

    def show(self) -> None:
        """Draw attention to the icon, because somebody started trayapp again."""
        self.on_show()

    def quit(self) -> None:
        """End the app."""
        self.on_quit()

    def start(self) -> None:
        """Start the poller's thread."""
        self._thread = threading.Thread(target=self._run, name="poller", daemon=True)
        self._thread.start()

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Stop the poller's thread, and wait for it so long."""
        self._stopping.set()
        self._wakeup.set()
        self._asker.cut()
        if self._thread is not None:
            self._thread.join(seconds)
            self._thread = None
        self._parts.stop()

    # The poller.

    def attend(self) -> float:
        """Do what is due and give the seconds until something may be due again."""
        reasons = self._take_reasons()
        if self._sleeps.were_had():
            reasons.add(Reason.WAKE)
        if self._edits.were_made(at_once=Reason.SETTINGS in reasons):
            # An edit may be the cure for what the last attempt died of: not to wait for the next.
            reasons.add(Reason.SETTINGS)
        if Reason.WAKE in reasons:
            self._asker.reconnect()
        if reasons - {Reason.MENU, Reason.DELIVERED, Reason.KEYRING}:
            self._pace = replace(self._pace, failures=0)
        self._attend_within = self._parts.attend(reasons)
        moment = self._clock.monotonic()
        if self._take_codes():
            self._pace = replace(self._pace, changed_at=moment)
            self._due_at = sooner(self._due_at, moment)
        early = any(may_ask_now(self._pace, moment, reason) for reason in reasons)
        if early or moment >= self._due_at:
            if Reason.SETTINGS in reasons:
                self._read_settings()
            self._attempt(unlock=Reason.PERSON in reasons)
            self._due_at = self._clock.monotonic() + self._delay()
            self._publish()
            self._store.save(self._status, show=True, zones=self._asker.zones)
        elif self._publish():
            # Status bars show what is stored.
            self._store.save(self._status, show=True)
        return self._until_next()

    def _run(self) -> None:
        while True:
            # Cleared before the look at `_stopping`, or a stop in between would lose its wake-up.
            self._wakeup.clear()
            if self._stopping.is_set():
                break
            try:
                wait = self.attend()
            except Exception:
                # Whatever it was, the number must not stand still for good.
                log.exception("a turn of the poller failed")
                wait = self._longest_wait
            self._clock.wait(self._wakeup, wait)
        self._asker.forget()

    def _want(self, reason: Reason) -> None:
        with self._lock:
            self._reasons.add(reason)
        self._wakeup.set()

    def _take_reasons(self) -> set[Reason]:
        with self._lock:
            reasons, self._reasons = self._reasons, set()
        return reasons

    def _take_codes(self) -> bool:
        with self._lock:
            codes, self._codes = self._codes, False
        return codes

    def _read_settings(self) -> None:
        """Read the settings; a broken file leaves the last good ones in force."""
        self._asker.forget()
        try:
            settings = self._source.load()
        except ConfigError as error:
            log.warning("%s", error)
            self._settings_error = error
            self._publish()
            return
        for warning in settings.warnings:
            log.warning("%s", warning)
        self._settings, self._settings_error = settings, None
        self._store.keep_only({account.name for account in settings.accounts})
        self._parts.follow(settings)
        account = settings.showing
        if account != self._account:
            self._account = account
            self._pace = Pace()
            self._error = None
            self._number = self._store.number(account.name, account.api_url) if account else None
        self._publish()

    def _attempt(self, *, unlock: bool) -> None:
        """Ask once and remember what came of it."""
        error: TrayappError | None = None
        number = None
        try:
            number = self._ask(unlock=unlock)
        except TrayappError as problem:
            error = problem
        except Exception:
            # A mistake of ours must not end the thread that keeps the number true.
            log.exception("the attempt failed in a way nobody thought of")
            error = TrayappError("trayapp made a mistake while asking", "Its log says more.")
        if error is not None and self._stopping.is_set():
            # It was `stop` that cut the attempt short, and no fault of the server's.
            return
        if error is not None:
            # Once for each new trouble, not once a minute for a year.
            new = self._error is None or self._error.title != error.title
            log.log(logging.WARNING if new else logging.DEBUG, "%s", error)
            log.debug(
                "%s, caused by: %s", type(error).__name__, error.describe_cause() or "nothing else"
            )
        self._error = error
        moment = self._clock.monotonic()
        if number is not None:
            self._number = number
            self._pace = self._pace.after_answer(moment, number.total_seconds)
        else:
            retry_after = error.retry_after if isinstance(error, ThrottledError) else None
            self._pace = self._pace.after_failure(moment, _outcome(error), retry_after)

    def _ask(self, *, unlock: bool) -> Number | None:
        if self._settings is None:
            raise self._settings_error or ConfigError("The settings were not read yet")
        if self._account is None:
            raise no_account(self._asker.environment)
        return self._asker.ask(self._account, self._settings, unlock=unlock)

    def _publish(self) -> bool:
        """Tell the subscribers, if anything but the time has changed; gives whether it has."""
        account = self._account
        status = status_at(
            self._clock.time(),
            account=account.name if account else None,
            api_url=account.api_url if account else None,
            dashboard_url=dashboard_of(account) if account else None,
            number=self._number,
            error=self._error,
        )
        status = self._with_settings(self._parts.add_to(status, account))
        with self._lock:
            changed = replace(status, at=self._status.at) != self._status
            self._status = status
            subscribers = list(self._subscribers)
        if changed:
            log.debug("status: %s", status.state)
            for subscriber in subscribers:
                try:
                    subscriber(status)
                except Exception:
                    # One face that falls over must not take the number from the others.
                    log.exception("a face failed to show the status")
        return changed

    def _with_settings(self, status: Status) -> Status:
        """Add to a status what the settings say."""
        settings, account = self._settings, self._account
        if settings is None:
            return status
        source = winning_source(account, settings, self._asker.environment) if account else None
        number = status.number
        return replace(
            status,
            number=with_goal(number, settings.goal_seconds) if number else None,
            accounts=tuple(each.name for each in settings.accounts),
            can_sign_out=source == "keyring" and status.state is not State.SIGNED_OUT,
            notice=self._settings_error.title if self._settings_error else settings.notice,
            preferences=settings.preferences,
        )

    def _delay(self) -> float:
        until_midnight = self._number.day.ends_at - self._clock.time() if self._number else None
        return next_delay(self._pace, self._clock.monotonic(), until_midnight, self._chance())

    def _until_next(self) -> float:
        now = self._clock.time()
        waits = [self._longest_wait, self._attend_within, self._due_at - self._clock.monotonic()]
        if (pending := self._edits.pending()) is not None:
            waits.append(pending)
        change = next_change(self._number, now)
        if change is not None:
            waits.append(change - now)
        if (paused_until := self._status.monitor.paused_until) is not None:
            waits.append(paused_until - now)
        return max(0.0, min(waits))


def _outcome(error: TrayappError | None) -> Outcome:
    if error is None:
        return Outcome.COLD
    if isinstance(error, KeyRefusedError):
        return Outcome.REFUSED
    return Outcome.NO_KEY if isinstance(error, KeyProblemError | ConfigError) else Outcome.FAILED


def _nothing() -> None:
    """Stand in until a face says what to do."""
