"""`trayapp accounts`: which there are, which one shows, and how one goes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial

from trayapp.cli import complain
from trayapp.cli.confirm import confirm
from trayapp.cli.login import tell_resident
from trayapp.coding.counted import counted
from trayapp.delivery.queue import HeartbeatQueue
from trayapp.errors import KeyringMissingError, UsageError
from trayapp.resident.snapshot_store import SnapshotStore
from trayapp.settings.accounts import KEY_VARIABLE, Account, Settings, load_settings
from trayapp.settings.config_edit import edit_config, with_show, without_account
from trayapp.settings.credentials import keyring_user, winning_source
from trayapp.settings.keyring_store import PERSON_SECONDS, SystemKeyring
from trayapp.settings.locations import Locations, find_locations


def show(environment: Mapping[str, str]) -> int:
    """Print the accounts, and the lines of ~/.wakatime.cfg that claim files for one."""
    settings = load_settings(find_locations(environment), environment)
    for line in _lines(settings, environment):
        print(line)
    if not settings.accounts:
        print("There is no account yet. To sign in: trayapp login")
    return 0


def use(environment: Mapping[str, str], name: str) -> int:
    """Make an account the one that shows; raises UsageError for one that there is not."""
    locations = find_locations(environment)
    account = load_settings(locations, environment).account(name)
    edit_config(locations.config_file, partial(with_show, name=account.name))
    print(f"Account {account.name} shows.")
    tell_resident(locations)
    return 0


def remove(environment: Mapping[str, str], name: str, *, yes: bool) -> int:
    """Drop an account, its key in the keyring and its queue; asks before, unless `yes`.

    A name out of the queue, whose account has gone already, drops that queue.
    """
    locations = find_locations(environment)
    settings = load_settings(locations, environment)
    queue = HeartbeatQueue(locations.queue_file, complain)
    left_over = name not in settings.receivers and name in queue.receivers()
    account = None if left_over else settings.account(name)
    if account is not None and account.implied:
        raise UsageError(
            f"Account {name} comes from ~/.wakatime.cfg or {KEY_VARIABLE}",
            "trayapp never changes these: remove the key there.",
        )
    receiver = name if account is None else account.receiver
    waiting = counted(queue.counts(receiver).waiting, "heartbeat")
    has_key = account is not None and account.key_source == "keyring"
    what = f"what is left of {name}" if account is None else f"account {name}"
    what = f"{what} and its key" if has_key else what
    if not confirm(f"Remove {what}? {waiting} for it will never be sent.", yes=yes):
        print("Nothing was removed.")
        return 1
    if account is not None:
        _remove_account(account, locations)
    queue.remove_receiver(receiver)
    queue.close()
    print(f"Removed: {what}, with {waiting} that waited.")
    return 0


def _remove_account(account: Account, locations: Locations) -> None:
    if account.key_source == "keyring":
        complain(f"Asking the system keyring (at most {PERSON_SECONDS:.0f} s)...")
        # Where there is no keyring there is no key in it.
        with suppress(KeyringMissingError):
            SystemKeyring().delete(keyring_user(account))
    edit_config(locations.config_file, partial(without_account, name=account.name))
    SnapshotStore(locations.snapshot_file).drop(account.name)
    # Before its queue goes, so that nothing new gets into that.
    tell_resident(locations)


def _lines(settings: Settings, environment: Mapping[str, str]) -> Iterator[str]:
    for account in settings.accounts:
        notes = [
            "shows" if account == settings.showing else "",
            "receives" if account.receives else "receives nothing",
            f"key from {_source(winning_source(account, settings, environment))}",
        ]
        yield f"{account.name}  {account.api_url}  {', '.join(filter(None, notes))}"
    for claim in settings.watching.claims:
        if claim.receiver is not None:
            name = claim.receiver.partition("@")[0]
            yield f"{name}  {claim.api_url}  receives what {claim.source} claims"


def _source(source: str) -> str:
    return {
        "env": KEY_VARIABLE,
        "keyring": "the system keyring",
        "wakatime.cfg": "~/.wakatime.cfg",
    }[source]
