"""One attempt to learn today's number: find the key, ask the server, name the day.

The resident does this over and over, `trayapp today` once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import tzinfo

from trayapp.coding.day import Day, day_at
from trayapp.coding.number import Number
from trayapp.errors import (
    BadAnswerError,
    KeyRefusedError,
    KeyRefusedHereError,
    NoSuchEndpointError,
    TrayappError,
)
from trayapp.servers.client import Client, Today
from trayapp.servers.dialects import Dialect
from trayapp.servers.transport import NetworkOptions, Response, Transport
from trayapp.servers.zones import day_of_range, load_told_zone, local_zone
from trayapp.settings.accounts import Account, Settings
from trayapp.settings.credentials import FoundKey, find_key
from trayapp.settings.keyring_store import KeyStore

log = logging.getLogger(__name__)

ZONE_SECONDS = 24 * 3600.0
"""How long a profile's zone is believed; a person changes it seldom."""

CLOCK_DIFFERENCE_SECONDS = 300.0
"""A difference worth telling, when it puts this machine on another day than the server."""


@dataclass(frozen=True)
class ZoneNote:
    """What a profile said of its zone; `name` is None where it said nothing."""

    name: str | None
    asked_at: float


class Asker:
    """Ask for the number of an account, keeping key, connection and zone between attempts.

    Used by one thread at a time. `zones` may be filled beforehand with notes of an earlier run, by
    NAME@api_url.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        key_store: KeyStore,
        connect: Callable[[NetworkOptions], Transport],
    ) -> None:
        self.environment = environment
        self.key_store = key_store
        self._connect = connect
        self._account: Account | None = None
        self._key: FoundKey | None = None
        self._client: Client | None = None
        self.zones: dict[str, ZoneNote] = {}

    def ask(self, account: Account, settings: Settings, *, unlock: bool = False) -> Number | None:
        """Learn today's number, None when the server cannot tell yet.

        `unlock` lets the keyring ask the person for its password. Raises KeyProblemError,
        ServerError or ConfigError.
        """
        client = self.client(account, settings, unlock=unlock)
        try:
            today = client.today()
        except KeyRefusedError as error:
            self.refused(error)
            raise
        answer = today.answer
        if answer.total_seconds is None:
            return None
        day = self._day(account, client, today)
        if day is None:
            return None
        return Number(
            total_seconds=answer.total_seconds,
            day=day,
            fetched_at=today.response.received_at,
            goal=answer.goal,
            breakdowns=answer.breakdowns,
        )

    def client(self, account: Account, settings: Settings, *, unlock: bool = False) -> Client:
        """Give the client for an account, finding its key first; raises KeyProblemError."""
        if account != self._account:
            self.forget()
        if self._client is None:
            key = find_key(account, settings, self.environment, self.key_store, unlock=unlock)
            dialect = Dialect(account.dialect) if account.dialect else None
            transport = self._connect(settings.network)
            self._client = Client(account.api_url, key.key, transport, dialect)
            self._account, self._key = account, key
            log.info("account %s at %s, key from %s", account.name, account.api_url, key.source)
        return self._client

    def zone(
        self, account: Account, client: Client, now: float, *, strict: bool = False
    ) -> tuple[tzinfo, str]:
        """Give the zone of the account's day: the profile's, else this machine's.

        `now` is in epoch seconds. `strict` raises what keeps the profile from telling, where it
        never told before and the server has one; without, this machine's stands in.
        """
        owner = f"{account.name}@{account.api_url}"
        note = self.zones.get(owner)
        if note is None or not 0 <= now - note.asked_at < ZONE_SECONDS:
            try:
                note = ZoneNote(client.profile().timezone, now)
            except NoSuchEndpointError as error:
                log.info("no profile tells the zone (%s): this machine's is used", error.title)
                note = ZoneNote(None, now)
            except TrayappError as error:
                if strict and note is None:
                    raise
                # It may tell the next time; until then what it told last is believed.
                log.info("the profile's zone is not known now: %s", error.title)
                return _zone_of(note)
            self.zones[owner] = note
        return _zone_of(note)

    def refused(self, error: KeyRefusedError) -> None:
        """Tell in an error how the key is corrected, unless it may be right, and drop it.

        Somebody may have put another in its place meanwhile.
        """
        if self._key is not None and not isinstance(error, KeyRefusedHereError):
            error.hint = self._key.how_to_correct
        self.forget()

    def forget(self) -> None:
        """Drop key and connection, so that the next attempt finds both anew."""
        if self._client is not None:
            self._client.close()
        self._account = self._key = self._client = None

    def cut(self) -> None:
        """End the attempt under way, from another thread: the app stops."""
        client = self._client
        if client is not None:
            client.cut()

    def reconnect(self) -> None:
        """Drop the connection only: after a sleep it may be dead without knowing."""
        if self._client is not None:
            self._client.close()

    def _day(self, account: Account, client: Client, today: Today) -> Day | None:
        """Name the day of an answer, None where it may be either of two.

        The server counts by its own clock; around midnight, or with a clock that is off, the day is
        that of its Date header and not ours.
        """
        response = today.response
        earliest, latest = _answered_between(response)
        day = day_of_range(today.answer.range) if today.answer.range else None
        if day is not None:
            if not day.contains(earliest) and not day.contains(latest):
                return None
        else:
            zone, name = self.zone(account, client, response.received_at)
            day = day_at(latest, zone, name)
            if not day.contains(earliest):
                return None
        difference = response.received_at - latest
        if not day.contains(response.received_at) and abs(difference) > CLOCK_DIFFERENCE_SECONDS:
            minutes = round(abs(difference) / 60)
            raise BadAnswerError(
                f"The clocks here and at {client.host} are {minutes} minutes apart",
                "Set this machine's clock: it puts the number on another day than the server.",
            )
        return day


def _zone_of(note: ZoneNote | None) -> tuple[tzinfo, str]:
    zone = load_told_zone(note.name) if note else None
    if note is None or note.name is None or zone is None:
        return local_zone()
    return zone, note.name


def _answered_between(response: Response) -> tuple[float, float]:
    """Give the bounds of the moment at which the server counted, in epoch seconds.

    By its Date header, which is cut to whole seconds, where there is one; else by our clock.
    """
    server_time = response.server_time
    if server_time is None:
        return response.sent_at, response.received_at
    return server_time - (response.received_at - response.sent_at), server_time + 1
