"""Signing out: an account's key leaves the keyring, and the faces forget its number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from trayapp.coding.status import status_at
from trayapp.errors import KeyringMissingError, SignedOutError
from trayapp.resident.dashboard import dashboard_of
from trayapp.resident.snapshot_store import SnapshotStore
from trayapp.settings.accounts import Account, KeySource, Settings
from trayapp.settings.credentials import keyring_user, winning_source
from trayapp.settings.keyring_store import KeyStore


@dataclass(frozen=True)
class SignOut:
    """Whether the keyring had a key, and where the account's key comes from now."""

    removed: bool
    source: KeySource


def sign_out(
    account: Account,
    settings: Settings,
    environment: Mapping[str, str],
    key_store: KeyStore,
    store: SnapshotStore,
    now: float,
) -> SignOut:
    """Remove an account's key from the keyring; the account stays, and so do keys elsewhere.

    Raises KeyringError where the keyring cannot be asked.
    """
    source = winning_source(account, settings, environment)
    removed = False
    try:
        removed = key_store.delete(keyring_user(account))
    except KeyringMissingError:
        if source == "keyring":
            raise
    if source == "keyring":
        status = status_at(
            now,
            account=account.name,
            api_url=account.api_url,
            dashboard_url=dashboard_of(account),
            number=None,
            error=SignedOutError("Nobody is signed in", "Sign in: trayapp login"),
        )
        store.save(status, show=account == settings.showing)
    return SignOut(removed, source)
