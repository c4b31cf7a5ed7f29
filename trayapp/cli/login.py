"""`trayapp login` and `trayapp logout`: a key into the system keyring, and out of it."""

from __future__ import annotations

import getpass
import sys
import time
from collections.abc import Mapping
from functools import partial
from urllib.parse import urlsplit

from trayapp.cli import complain, local_history
from trayapp.cli.parts import connect
from trayapp.desktop import control
from trayapp.errors import (
    ConfigError,
    ControlError,
    KeyHostError,
    KeyNotStoredError,
    KeyringError,
    KeyringMissingError,
    ServerError,
    UsageError,
)
from trayapp.resident.sign_out import sign_out
from trayapp.resident.snapshot_store import WITHOUT_ACCOUNT, SnapshotStore
from trayapp.servers.client import Client
from trayapp.servers.decoding import Profile
from trayapp.servers.dialects import Dialect, dialect_from_url
from trayapp.settings.accounts import Account, Settings, load_settings
from trayapp.settings.api_url import (
    WAKATIME_API_URL,
    default_api_url,
    leaves_in_plain_text,
    normalise_api_url,
)
from trayapp.settings.config import is_account_name
from trayapp.settings.config_edit import edit_config, with_account
from trayapp.settings.credentials import keyring_user, winning_source
from trayapp.settings.key import Key
from trayapp.settings.keyring_store import PERSON_SECONDS, KeyStore, SystemKeyring
from trayapp.settings.locations import Locations, find_locations

LARGEST_KEY_INPUT = 4096
"""Characters read from standard input; a key has 36 or 41."""

OTHER_WAYS = (
    "Three other ways: set WAKATIME_API_KEY; put api_key into ~/.wakatime.cfg; or name there, as "
    "api_key_vault_cmd, a program that prints the key. Each time put api_url = {api_url} into "
    "~/.wakatime.cfg too. Beside an account that is there already: the variable, and "
    '[accounts.NAME] with api_url and key = "env" in config.toml.'
)


def login(
    environment: Mapping[str, str],
    *,
    api_url: str | None,
    account: str | None,
    verify: bool,
    allow_http: bool,
    send_history: bool | None = None,
) -> int:
    """Read a key, try it, store it, and say who is signed in.

    `send_history` says whether to send what was recorded without an account; None asks.
    """
    locations = find_locations(environment)
    settings = load_settings(locations, environment)
    if account is not None:
        _check_name(account)
    known = target_url(settings, api_url, account)
    if known is not None:
        _check_url(target_account(settings, known, account, allow_http=allow_http))
    store = SystemKeyring()
    _check_keyring(store, known)
    key = read_key_input(known)
    url = url_for_key(known, key, asked_for=api_url is not None or account is not None)
    target = target_account(settings, url, account, allow_http=allow_http)
    who = f"The key for {url} was not tried (--no-verify)."
    if verify:
        target, who = _try_key(target, settings, key)
    _store(store, target, key, locations)
    snapshots = SnapshotStore(locations.snapshot_file)
    for shown_before in (target.name, WITHOUT_ACCOUNT):
        snapshots.drop(shown_before)
    for account_before in settings.accounts:
        if account_before.name == target.name and account_before.api_url != url:
            # The account has moved to another server: its old key is of no use to anybody.
            store.delete(keyring_user(account_before))
    print(who)
    print(f"The key is in the system keyring, as account {target.name}.")
    settings = load_settings(locations, environment)
    _say_what_wins(settings, target, environment, locations)
    # First, so that what is recorded from now on has an account.
    tell_resident(locations)
    local_history.offer(locations, settings, send=send_history)
    return 0


def logout(environment: Mapping[str, str], *, account: str | None) -> int:
    """Remove an account's key from the keyring; the account itself stays."""
    locations = find_locations(environment)
    settings = load_settings(locations, environment)
    chosen = settings.showing if account is None else settings.account(account)
    if chosen is None:
        print("Nobody is signed in.")
        return 0
    complain(f"Asking the system keyring (at most {PERSON_SECONDS:.0f} s)...")
    store = SnapshotStore(locations.snapshot_file)
    done = sign_out(chosen, settings, environment, SystemKeyring(), store, time.time())
    print(
        f"The key of account {chosen.name} is removed from the system keyring."
        if done.removed
        else f"The system keyring had no key for account {chosen.name}."
    )
    if done.source != "keyring":
        print(f"The account still has a key: {_in_words(done.source)}. trayapp never changes that.")
        return 0
    tell_resident(locations)
    return 0


def target_url(settings: Settings, api_url: str | None, name: str | None) -> str | None:
    """Say which server a sign-in is for, None when only the key can tell.

    What was asked for comes first, then the account of that name, else the one that shows: a key
    for a server of one's own must not end at Hackatime because the URL was left out.
    """
    if api_url is not None:
        try:
            return normalise_api_url(api_url)
        except ValueError as error:
            raise UsageError(f"--api-url {error}", "Example: https://waka.example/api") from error
    accounts = {account.name: account for account in settings.accounts if not account.implied}
    if name is not None:
        return accounts[name].api_url if name in accounts else None
    showing = settings.showing
    if showing is None or (showing.implied and showing.api_url == WAKATIME_API_URL):
        return None
    return showing.api_url


def url_for_key(known: str | None, key: Key, *, asked_for: bool) -> str:
    """Say where a key belongs, given the server that was known before it was read.

    A `waka_` key goes to WakaTime, unless a person named another server or account.
    """
    default = default_api_url(key.reveal())
    if known is None or (not asked_for and default == WAKATIME_API_URL):
        return default
    return known


def target_account(
    settings: Settings, api_url: str, name: str | None, *, allow_http: bool
) -> Account:
    """Give the account that a sign-in makes or renews."""
    kept = [account for account in settings.accounts if not account.implied]
    if name is None:
        same = next((account for account in kept if account.api_url == api_url), None)
        name = same.name if same else _new_name(api_url, {account.name for account in kept})
    before = next((account for account in kept if account.name == name), None)
    if before is not None and before.api_url == api_url:
        return before._replace(key_source="keyring", allow_http=before.allow_http or allow_http)
    return Account(name, api_url, allow_http=allow_http)


def read_key_input(api_url: str | None) -> Key:
    """Read the key from a hidden prompt, or from standard input when that is no terminal."""
    if sys.stdin is not None and sys.stdin.isatty():
        where = urlsplit(api_url).netloc if api_url else "Hackatime (or WakaTime)"
        try:
            text = getpass.getpass(f"API key for {where}, not shown: ")
        except EOFError:
            text = ""
    else:
        text = sys.stdin.readline(LARGEST_KEY_INPUT) if sys.stdin is not None else ""
    if not text.strip():
        raise UsageError("No key was given", "Copy it from the server's settings page.")
    try:
        return Key(text.strip())
    except ValueError as error:
        raise UsageError(
            f"The key {error}", "Copy it anew from the server's settings page."
        ) from error


def _check_name(name: str) -> None:
    if not is_account_name(name):
        raise UsageError(
            f"An account cannot be called {name!r}", "Use letters, digits, - _ and dots."
        )


def _check_url(account: Account) -> None:
    if leaves_in_plain_text(account.api_url) and not account.allow_http:
        raise KeyHostError(
            f"{account.api_url} would carry the key over the network in plain text",
            "Use https, or add --allow-http for a server at home.",
        )


def _check_keyring(store: SystemKeyring, api_url: str | None) -> None:
    """Tell somebody who has no keyring before the key is typed; a locked one can be unlocked."""
    try:
        store.check()
    except KeyringMissingError as error:
        raise _not_stored(error, api_url) from error
    except KeyringError as error:
        complain(f"{error.title}; it will be asked to unlock.")


def _not_stored(error: KeyringError, api_url: str | None) -> KeyNotStoredError:
    other_ways = OTHER_WAYS.format(api_url=api_url or "the server's URL")
    return KeyNotStoredError(f"Nothing was stored: {error.title}", other_ways)


def _try_key(account: Account, settings: Settings, key: Key) -> tuple[Account, str]:
    """Ask the server with the key.

    Gives the account, with its dialect where that was asked, and a sentence on who is signed in.
    """
    transport = connect(settings.network)
    try:
        dialect = Dialect(account.dialect) if account.dialect else None
        client = Client(account.api_url, key, transport, dialect)
        if dialect is None and dialect_from_url(account.api_url) is None:
            account = account._replace(dialect=str(client.find_dialect()))
        client.today()
        return account, _who(client)
    except ServerError as error:
        error.hint += " Nothing was stored; --no-verify stores without asking."
        raise
    finally:
        transport.close()


def _who(client: Client) -> str:
    try:
        profile = client.profile()
    except ServerError:
        # The key has just been accepted; only whose it is stays open.
        profile = Profile(None, None)
    if profile.name:
        return f"Signed in at {client.host} as {profile.name}."
    return f"{client.host} accepts the key. It does not tell whose it is; older ones do not."


def _store(store: KeyStore, account: Account, key: Key, locations: Locations) -> None:
    """Store key and account, or neither."""
    complain(
        "Storing the key in the system keyring, which may ask for its password "
        f"(at most {PERSON_SECONDS:.0f} s)..."
    )
    user = keyring_user(account)
    try:
        store.set(user, key)
    except KeyringError as error:
        raise _not_stored(error, account.api_url) from error
    try:
        edit_config(locations.config_file, partial(with_account, account=account))
    except ConfigError:
        store.delete(user)
        raise


def _say_what_wins(
    settings: Settings, account: Account, environment: Mapping[str, str], locations: Locations
) -> None:
    source = winning_source(settings.account(account.name), settings, environment)
    if source != "keyring":
        print(f"Another key still wins for this account: {_in_words(source)}.")
    if settings.show != account.name:
        print(f"The tray shows {settings.show}.")
        print(f'For this one instead, begin {locations.config_file} with: show = "{account.name}"')


def tell_resident(locations: Locations) -> None:
    """Have the running trayapp read the settings again, if one runs."""
    try:
        control.ask(locations.control_address, "reload")
    except ControlError:
        # None runs; the next one reads everything anew.
        return


def _in_words(source: str) -> str:
    return {
        "env": "the one in WAKATIME_API_KEY",
        "wakatime.cfg": "the one in ~/.wakatime.cfg",
    }.get(source, source)


def _new_name(api_url: str, taken: set[str]) -> str:
    """Call an account after its dialect, or after its host."""
    dialect = dialect_from_url(api_url)
    base = str(dialect) if dialect else (urlsplit(api_url).hostname or "account").replace(":", ".")
    names = [base, *(f"{base}-{number}" for number in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)
