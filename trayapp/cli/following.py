"""`trayapp today --follow`: a line at each change, for as long as somebody reads.

All follow the stored snapshot. One process writes it: the running trayapp; without one, the first
of those that follow, which then asks the server as the tray would; and the next one when that ends.
"""

from __future__ import annotations

import hashlib
import logging
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from trayapp.cli import cached, complain
from trayapp.cli.changes import following
from trayapp.coding.document import document_at, next_change
from trayapp.desktop.single_instance import InstanceLock, is_locked
from trayapp.errors import ConfigError, TrayappError, UsageError
from trayapp.settings.accounts import load_settings
from trayapp.settings.locations import (
    Locations,
    find_locations,
    make_private_folder,
    write_private,
)

log = logging.getLogger(__name__)

ONCE_MORE_SECONDS = 1.0
"""A lock's file is closed a moment before the lock is free; and a full disk may have room again."""

END_SECONDS = 0.5
"""How long the end waits for an attempt under way: a bar that is closed waits for it."""


def run(
    environment: Mapping[str, str],
    *,
    account: str | None = None,
    form: str | None = None,
    template: str | None = None,
    output: str | None = None,
) -> int:
    """Print a line now and at each change, or write it to a file, until a signal comes.

    Raises UsageError for an account that does not exist, TrayappError where nothing can be stored.
    """
    locations = find_locations(environment)
    if account is not None:
        _check_account(account, locations, environment)
    if output is None and sys.stdout is None:
        return 0
    try:
        make_private_folder(locations.state_dir)
    except OSError as error:
        raise TrayappError(
            f"{locations.state_dir} cannot be written ({error.strerror})",
            "Make that folder writable for yourself.",
        ) from error
    shown = _Shown(form, template, None if output is None else _existing(output))
    tell = log.warning if cached.is_for_a_bar(form, template) else complain
    turn = _Turn(environment, locations, account, tell)
    reader = None if output is not None or sys.stdout is None else sys.stdout.fileno()
    names = (locations.snapshot_file.name, *turn.lock_names)
    with ExitStack() as parts:
        changes = parts.enter_context(following(locations.state_dir, names, reader))
        parts.callback(shown.end, account)
        parts.callback(turn.end)
        touched: set[str] = set()
        while changes.ended_by is None:
            turn.take_or_leave()
            wait = shown.show(account, str(locations.snapshot_file))
            if touched & turn.lock_names:
                wait = min(wait or ONCE_MORE_SECONDS, ONCE_MORE_SECONDS)
            touched = changes.wait(wait)
    # An interrupt ends it as everywhere; any other end is what was wanted.
    return 130 if changes.ended_by == signal.SIGINT else 0


def _existing(output: str) -> Path:
    """Give the path of a file in a folder that is there; raises UsageError."""
    try:
        path = Path(output).expanduser()
    except RuntimeError as error:
        raise UsageError(
            f"{output} is in the home folder of no user", "Name a file in a folder of yours."
        ) from error
    if not path.parent.is_dir():
        raise UsageError(f"{path.parent} is no folder", "Name a file in a folder of yours.")
    return path


def _check_account(name: str, locations: Locations, environment: Mapping[str, str]) -> None:
    try:
        load_settings(locations, environment).account(name)
    except ConfigError as error:
        # It may be mended while this runs.
        log.warning("%s", error)


class _Shown:
    """What the reader has been told."""

    def __init__(self, form: str | None, template: str | None, file: Path | None) -> None:
        self._form = form
        self._template = template
        self._file = file
        self._last: object = None
        self._complained = ""

    def show(self, account: str | None, snapshot: str) -> float | None:
        """Tell what is stored, if it differs; gives for how long it stays true by itself."""
        entry = cached.read_entry(snapshot, account)
        now = time.time()
        try:
            document = document_at(entry, now) if entry else cached.unknown(account)
            fetched = cached.fetched_time(entry) if entry else ""
            line = cached.line_of(document, fetched, self._form, self._template)
            change = next_change(entry, now) if entry else None
        except (KeyError, TypeError, ValueError, OverflowError, AttributeError):
            # As cached.run: what is ours in part only counts as none.
            document, change = cached.unknown(account), None
            line = cached.line_of(document, "", self._form, self._template)
        # An object tells its age, which changes all the time.
        said: Any = {**document, "age_seconds": None} if self._form == "json" else line
        if said != self._last and not self._tell(line):
            return ONCE_MORE_SECONDS
        self._last = said
        return None if change is None else change - now

    def end(self, account: str | None) -> None:
        """Leave no number in a file that nobody keeps true any more."""
        if self._file is not None and self._last is not None:
            self._tell(cached.line_of(cached.unknown(account), "", self._form, self._template))

    def _tell(self, line: str) -> bool:
        """Print a line, or write it; False if that was not possible. Raises OSError of a pipe."""
        if self._file is None:
            cached.print_line(line)
            return True
        try:
            # A template may have what no encoding has, as in cached.print_line.
            written = f"{line}\n".encode(errors="replace")
            write_private(self._file, written, keep_mode=True, durable=False)
        except OSError as error:
            why = f"{self._file} cannot be written ({error.strerror})"
            if self._last is None:
                raise TrayappError(why, "Name a file in a folder of yours.") from error
            # It may be a full disk: to be said once, and tried again.
            if why != self._complained:
                complain(why)
            self._complained = why
            return False
        self._complained = ""
        return True


class _Turn:
    """Ask the server for as long as nobody else does."""

    def __init__(
        self,
        environment: Mapping[str, str],
        locations: Locations,
        account: str | None,
        tell: Callable[[str], None],
    ) -> None:
        self._environment = environment
        self._locations = locations
        self._account = account
        self._tell = tell
        # One asks for the account that shows, whichever that is, and one for each that is named.
        which = f"-{hashlib.sha256(account.encode()).hexdigest()[:12]}" if account else ""
        self._lock_file = locations.state_dir / f"follow{which}.lock"
        self._lock = InstanceLock(self._lock_file)
        self._has_lock = False
        self._asking: Any = None
        self.lock_names = {locations.lock_file.name, self._lock_file.name}

    def take_or_leave(self) -> None:
        """Begin to ask, or leave it to the one who does; raises OSError."""
        mine = not self._trayapp_asks() and self._first()
        if mine and self._asking is None:
            from trayapp.cli.polling import start_polling  # noqa: PLC0415 -- seldom needed, and heavy

            log.info("no trayapp runs: this process asks the server")
            self._asking = start_polling(
                self._environment, self._locations, self._account, self._tell
            )
        elif not mine and self._asking is not None:
            log.info("another trayapp asks the server from now on")
            self._asking.stop()
            self._asking = None

    def end(self) -> None:
        """Ask no longer, and let another do it."""
        if self._asking is not None:
            self._asking.stop(END_SECONDS)
        self._lock.release()

    def _trayapp_asks(self) -> bool:
        """Tell whether the tray runs and asks for this account."""
        if not is_locked(self._locations.lock_file):
            return False
        if self._account is None:
            return True
        shows = cached.read_entry(str(self._locations.snapshot_file), None)
        return shows is not None and shows["document"].get("account") == self._account

    def _first(self) -> bool:
        """Tell whether this process is the one of those that follow; it stays so to its end."""
        # Looked at first: to try in vain would write the file, and wake all others.
        if not self._has_lock and not is_locked(self._lock_file):
            self._has_lock = self._lock.acquire()
        return self._has_lock
