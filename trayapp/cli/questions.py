"""Asking an account's server for more than today's number, for one command."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

from trayapp.cli.parts import make_asker
from trayapp.cli.terminal import progress
from trayapp.coding.document import SCHEMA
from trayapp.errors import KeyRefusedError
from trayapp.resident.asking import Asker
from trayapp.resident.snapshot_store import SnapshotStore
from trayapp.servers.client import Client
from trayapp.servers.zones import local_zone
from trayapp.settings.accounts import Account, load_settings, no_account
from trayapp.settings.locations import find_locations


@dataclass(frozen=True)
class Asking:
    """An account whose server is asked, and the client for it."""

    account: Account
    client: Client
    asker: Asker

    def zone(self, *, of_others: bool = False) -> tuple[tzinfo, str]:
        """Give the zone of the account's day, and its name.

        Raises what keeps it from being known, as another zone's days would be other numbers.
        `of_others` lets an administrator's key pass, which is nobody's.
        """
        try:
            return self.asker.zone(self.account, self.client, time.time(), strict=True)
        except KeyRefusedError:
            if not of_others:
                raise
            return local_zone()

    def document(self) -> dict[str, Any]:
        """Give what each JSON object says first: whose answer it is."""
        return {"schema": SCHEMA, "account": self.account.name, "api_url": self.account.api_url}


@contextmanager
def asking(environment: Mapping[str, str], name: str | None) -> Iterator[Asking]:
    """Let the server of an account be asked, by default of the one that shows.

    Meanwhile a terminal shows that something goes on. Raises UsageError for an account that does
    not exist, KeyProblemError, ConfigError and what a Client raises.
    """
    locations = find_locations(environment)
    settings = load_settings(locations, environment)
    account = settings.showing if name is None else settings.account(name)
    if account is None:
        raise no_account(environment)
    asker = make_asker(environment, SnapshotStore(locations.snapshot_file))
    unlock = sys.stdin is not None and sys.stdin.isatty()
    try:
        client = asker.client(account, settings, unlock=unlock)
        with progress(environment, f"Asking {client.host} ..."):
            yield Asking(account, client, asker)
    except KeyRefusedError as error:
        asker.refused(error)
        raise
    finally:
        asker.forget()


def print_json(document: Mapping[str, Any]) -> None:
    """Print one JSON object; its form is ASCII, which no terminal obeys."""
    print(json.dumps(document, indent=2))


def today_in(zone: tzinfo) -> date:
    """Give today's date in a zone."""
    return datetime.now(zone).date()


def latest_today() -> date:
    """Give the latest date that it can be anywhere: what comes after it is wrong without asking."""
    return (datetime.now(UTC) + timedelta(hours=14)).date()
