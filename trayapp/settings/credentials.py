"""Find the key of an account, and make sure that it was given for the account's api_url."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from trayapp.errors import KeyHostError, SignedOutError
from trayapp.settings.accounts import KEY_VARIABLE, Account, KeySource, Settings
from trayapp.settings.api_url import leaves_in_plain_text
from trayapp.settings.key import Key, read_key
from trayapp.settings.keyring_store import KeyStore
from trayapp.settings.wakatime_cfg import WakatimeCfg

__all__ = ["FoundKey", "Key", "find_key", "keyring_user", "read_key", "winning_source"]


@dataclass(frozen=True)
class FoundKey:
    """A key, where it was found and what to do when it is refused, in words for people."""

    key: Key
    source: str
    how_to_correct: str


def keyring_user(account: Account) -> str:
    """Give the name of the account's keyring entry; a key is bound to its api_url by it."""
    return account.receiver


def winning_source(
    account: Account, settings: Settings, environment: Mapping[str, str]
) -> KeySource:
    """Tell which source the key of an account comes from.

    WAKATIME_API_KEY overrides that of the only account and of the implied one; of several it serves
    those that ask for it.
    """
    only = [account.name] == [other.name for other in settings.accounts]
    if (only or account.implied) and _variable(environment):
        return "env"
    return account.key_source


def find_key(
    account: Account,
    settings: Settings,
    environment: Mapping[str, str],
    key_store: KeyStore,
    *,
    unlock: bool = False,
) -> FoundKey:
    """Find the key that may be sent to the account's api_url.

    `unlock` lets the keyring ask the person for its password. Raises SignedOutError where there is
    none, KeyHostError where there is one for another place, KeyringError, ConfigError or
    KeyProblemError.
    """
    if leaves_in_plain_text(account.api_url) and not account.allow_http:
        raise KeyHostError(
            f"{account.api_url} would carry the key over the network in plain text",
            _how_to_allow_http(account),
        )
    source = winning_source(account, settings, environment)
    if source == "env":
        text = _variable(environment)
        if text is None:
            raise SignedOutError(
                f"{KEY_VARIABLE} is not set",
                f"Account {account.name} takes its key from there; set it, or change `key`.",
            )
        return FoundKey(read_key(text, KEY_VARIABLE), KEY_VARIABLE, f"Correct {KEY_VARIABLE}.")
    if source == "wakatime.cfg":
        return _find_in_cfg(account, settings.wakatime_cfg, environment)
    key = key_store.get(keyring_user(account), unlock=unlock)
    if key is None:
        raise _signed_out(account, f"The system keyring has no key for account {account.name}")
    return FoundKey(
        key, "the system keyring", f"Sign in again: trayapp login --account {account.name}"
    )


def _find_in_cfg(account: Account, cfg: WakatimeCfg, environment: Mapping[str, str]) -> FoundKey:
    found = cfg.key()
    if found is None:
        raise _signed_out(account, "There is no API key yet")
    setting = found.setting
    if found.api_url is None:
        raise KeyHostError(
            f"{setting.source} has a key, but which server it is for stands elsewhere",
            f"Put api_url = {account.api_url} into {setting.file}, if the key is for that.",
        )
    if found.api_url != account.api_url:
        raise KeyHostError(
            f"The key of {setting.source} is for {found.api_url}, not for {account.api_url}",
            f"Correct api_url in {setting.file}, or sign in: trayapp login",
        )
    source = f"{setting.name} in {setting.source}"
    text = setting.value
    if found.is_command:
        from trayapp.settings.vault import run_vault_command  # noqa: PLC0415 -- seldom wanted

        text = run_vault_command(text, source, environment)
        if not text:
            raise _signed_out(account, f"The command of {source} printed nothing")
    return FoundKey(read_key(text, source), source, f"Correct {source}.")


def _how_to_allow_http(account: Account) -> str:
    if not account.implied:
        return f"Use https, or set allow_http = true for account {account.name} in config.toml."
    return (
        "Use https, or make an account in config.toml: [accounts.home], "
        f'api_url = "{account.api_url}", key = "{account.key_source}", allow_http = true.'
    )


def _variable(environment: Mapping[str, str]) -> str | None:
    return environment.get(KEY_VARIABLE, "").strip() or None


def _signed_out(account: Account, title: str) -> SignedOutError:
    name = "" if account.implied else f" --account {account.name}"
    return SignedOutError(title, f"Sign in: trayapp login{name}")
