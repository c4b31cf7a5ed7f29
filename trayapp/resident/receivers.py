"""Who gets heartbeats: accounts, and lines of ~/.wakatime.cfg that claim files for one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from trayapp.delivery.seams import Receiver
from trayapp.errors import KeyHostError, SignedOutError
from trayapp.servers.client import Client
from trayapp.servers.dialects import Dialect
from trayapp.servers.transport import NetworkOptions, Transport
from trayapp.settings.accounts import Account, Settings
from trayapp.settings.api_url import leaves_in_plain_text
from trayapp.settings.credentials import find_key, winning_source
from trayapp.settings.keyring_store import KeyStore
from trayapp.settings.network import Network
from trayapp.settings.wakatime_cfg import WakatimeCfg
from trayapp.settings.watching import Claim


@dataclass(frozen=True)
class Connection:
    """The way to one server: what a Receiver calls. Equal while nothing that it needs is edited."""

    network: Network
    connect: Callable[[NetworkOptions], Transport]


@dataclass(frozen=True)
class AccountConnection(Connection):
    """That of an account; `source` and `cfg` say where its key comes from."""

    account: Account
    source: str
    cfg: WakatimeCfg | None = field(repr=False)
    settings: Settings = field(repr=False, compare=False)
    environment: Mapping[str, str] = field(repr=False)
    key_store: KeyStore
    unlock: bool

    def __call__(self) -> Client:
        """Find the key and make the client; raises KeyProblemError, ConfigError."""
        account = self.account
        found = find_key(
            account, self.settings, self.environment, self.key_store, unlock=self.unlock
        )
        dialect = Dialect(account.dialect) if account.dialect else None
        return Client(account.api_url, found.key, self.connect(self.network), dialect)


@dataclass(frozen=True)
class ClaimConnection(Connection):
    """That of a line which claims files."""

    claim: Claim

    def __call__(self) -> Client:
        """Make the client; raises KeyProblemError."""
        claim = self.claim
        correct = f"Correct {claim.source}."
        if claim.api_url is None or claim.key is None:
            raise SignedOutError(f"{claim.source} has no API key", correct)
        if leaves_in_plain_text(claim.api_url):
            raise KeyHostError(
                f"{claim.source} would carry the key over the network in plain text", correct
            )
        return Client(claim.api_url, claim.key, self.connect(self.network))


def make_receivers(
    settings: Settings,
    environment: Mapping[str, str],
    key_store: KeyStore,
    connect: Callable[[NetworkOptions], Transport],
    *,
    unlock: bool = False,
) -> tuple[Receiver, ...]:
    """Give those of `settings.receivers`, each with the way to its server.

    `unlock` lets the keyring ask the person for its password.
    """
    receivers = {}
    for account in settings.accounts:
        if account.receives:
            source = winning_source(account, settings, environment)
            connection = AccountConnection(
                settings.network,
                connect,
                account,
                source,
                settings.wakatime_cfg if source == "wakatime.cfg" else None,
                settings,
                environment,
                key_store,
                unlock,
            )
            receivers[account.receiver] = Receiver(account.receiver, connection)
    for claim in settings.watching.claims:
        if claim.receiver is not None and claim.receiver not in receivers:
            connection_of_claim = ClaimConnection(settings.network, connect, claim)
            receivers[claim.receiver] = Receiver(claim.receiver, connection_of_claim)
    return tuple(receivers.values())
