"""The snapshot on disk: what the cheap commands read, and what a new start begins with."""

from __future__ import annotations

import json
import logging
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

from trayapp.coding.document import SCHEMA
from trayapp.coding.number import Number
from trayapp.coding.snapshot import entry_of, number_of, with_parts_of
from trayapp.coding.status import Status
from trayapp.resident.asking import ZoneNote
from trayapp.settings.locations import write_private

log = logging.getLogger(__name__)

WITHOUT_ACCOUNT = ""
"""The name under which the estimate is stored while there is no account."""


class SnapshotStore:
    """One 0600 file: `show` names an account, `accounts` has an entry for each.

    It is a cache: a file that cannot be read counts as none, one that cannot be written is a logged
    warning. Any thread may use it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def save(self, status: Status, *, show: bool, zones: dict[str, ZoneNote] | None = None) -> None:
        """Store a status as the entry of its account; `show` makes it the one that shows."""
        name = status.account or WITHOUT_ACCOUNT
        with self._lock:
            document = self._read()
            document["accounts"][name] = entry(status)
            if show:
                document["show"] = name
            for owner, note in (zones or {}).items():
                document["zones"][owner] = {"name": note.name, "asked_at": note.asked_at}
            self._write(document)

    def drop(self, account: str) -> None:
        """Forget what is stored of an account."""
        with self._lock:
            document = self._read()
            if document["accounts"].pop(account, None) is not None:
                self._write(document)

    def keep_only(self, accounts: set[str]) -> None:
        """Drop the entries of accounts that are no more."""
        with self._lock:
            document = self._read()
            gone = document["accounts"].keys() - accounts
            if gone:
                for name in gone:
                    del document["accounts"][name]
                self._write(document)

    def number(self, account: str, api_url: str) -> Number | None:
        """Give the number last stored for an account, of whatever day."""
        entry = self._read()["accounts"].get(account)
        try:
            if entry is None or entry["document"]["api_url"] != api_url:
                return None
            return number_of(entry)
        except (KeyError, TypeError, ValueError) as error:
            log.warning("%s holds an entry that cannot be read: %r", self._path, error)
            return None

    def with_parts(self, status: Status) -> Status:
        """Give a status what is stored of delivery and of the file monitor's pause."""
        try:
            return with_parts_of(
                self._read()["accounts"][status.account or WITHOUT_ACCOUNT], status
            )
        except (KeyError, TypeError, ValueError):
            # Nothing is stored, or an earlier trayapp stored it.
            return status

    def zones(self) -> dict[str, ZoneNote]:
        """Give what profiles said of their zones, by NAME@api_url."""
        notes = {}
        for owner, note in self._read()["zones"].items():
            try:
                notes[owner] = ZoneNote(note["name"], float(note["asked_at"]))
            except (KeyError, TypeError, ValueError) as error:
                log.warning("%s holds a zone that cannot be read: %r", self._path, error)
        return notes

    def _read(self) -> dict[str, Any]:
        empty: dict[str, Any] = {"schema": SCHEMA, "show": None, "accounts": {}, "zones": {}}
        try:
            document = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return empty
        except (OSError, ValueError, RecursionError) as error:
            log.warning("%s cannot be read and is written anew: %r", self._path, error)
            return empty
        if not isinstance(document, dict) or document.get("schema") != SCHEMA:
            return empty
        shapes = all(isinstance(document.get(key), dict) for key in ("accounts", "zones"))
        return document if shapes else empty

    def _write(self, document: dict[str, Any]) -> None:
        try:
            write_private(self._path, json.dumps(document, separators=(",", ":")), durable=False)
        except OSError as error:
            log.warning("%s cannot be written: %s", self._path, error.strerror)


def entry(status: Status) -> dict[str, Any]:
    """Give a status the form in which it is stored, its moment in local time."""
    fetched_at = None
    if status.number is not None:
        moment = datetime.fromtimestamp(status.number.fetched_at).astimezone()
        fetched_at = moment.isoformat(timespec="seconds")
    return entry_of(status, fetched_at)
