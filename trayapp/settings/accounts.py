"""The accounts and settings that config.toml, ~/.wakatime.cfg and the environment add up to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from trayapp.coding.preferences import Preferences
from trayapp.errors import ConfigError, KeyHostError, KeyProblemError, SignedOutError, UsageError
from trayapp.settings.api_url import WAKATIME_API_URL
from trayapp.settings.config import HISTORY_DAYS, IMPLIED_NAME, Account, KeySource, read_config
from trayapp.settings.locations import Locations
from trayapp.settings.network import Network, read_network
from trayapp.settings.rounds import (
    ROUNDS_SETTING,
    SECONDS_BETWEEN_ROUNDS,
    read_seconds_between_rounds,
)
from trayapp.settings.value import Value
from trayapp.settings.wakatime_cfg import Setting, WakatimeCfg, imported_path, read_wakatime_cfg
from trayapp.settings.watching import WatchingSettings, read_watching

__all__ = [
    "KEY_VARIABLE",
    "Account",
    "KeySource",
    "Settings",
    "Value",
    "fingerprint",
    "load_settings",
]

KEY_VARIABLE = "WAKATIME_API_KEY"

DEFAULT = "default"


class Settings(NamedTuple):
    """Everything that was set, and by whom."""

    accounts: tuple[Account, ...] = ()
    show: str | None = None
    goal_seconds: float | None = None
    preferences: Preferences = Preferences()
    network: Network = Network()
    watching: WatchingSettings = WatchingSettings()
    history_days: int = HISTORY_DAYS
    """How long times and projects are kept of what every account has."""
    seconds_between_rounds: float = SECONDS_BETWEEN_ROUNDS
    """How long after one round of sending an account's next may begin."""
    values: tuple[Value, ...] = ()
    warnings: tuple[str, ...] = ()
    notice: str = ""
    """What is wrong in config.toml, in one line; empty when nothing is."""
    wakatime_cfg: WakatimeCfg = WakatimeCfg()

    @property
    def showing(self) -> Account | None:
        """The account whose time is shown, None when there is no account."""
        return next((a for a in self.accounts if a.name == self.show), None)

    @property
    def receivers(self) -> tuple[str, ...]:
        """Who gets heartbeats, as the queue calls them: accounts, and lines that claim paths."""
        claims = (claim.receiver for claim in self.watching.claims if claim.receiver is not None)
        return tuple(dict.fromkeys((*self.receiving_accounts, *claims)))

    def receivers_of(self, entity: str) -> tuple[str, ...] | None:
        """Give who gets a heartbeat of this entity, before it is hidden (see receivers_of_rest).

        Raises ConfigError where a line claims it for an account that is not known.
        """
        claim = self.watching.claimed_by(entity)
        if claim is None:
            return self.receivers_of_rest
        if claim.receiver is None:
            raise ConfigError(
                f"{claim.source} claims it for an account of its own, but not for which",
                "To see what is wrong with the line: trayapp doctor",
            )
        return (claim.receiver,)

    @property
    def receiving_accounts(self) -> tuple[str, ...]:
        """The accounts that get what no line claims, as the queue calls them."""
        return tuple(account.receiver for account in self.accounts if account.receives)

    @property
    def receivers_of_rest(self) -> tuple[str, ...] | None:
        """Who gets what no line claims: none of them while there is no account, so it is local.

        None is nobody: there are accounts, and none of them receives.
        """
        return self.receiving_accounts or (None if self.accounts else ())

    def account(self, name: str) -> Account:
        """Give an account by its name; raises UsageError."""
        for account in self.accounts:
            if account.name == name:
                return account
        names = ", ".join(account.name for account in self.accounts)
        raise UsageError(
            f"There is no account called {name!r}",
            f"There is: {names}." if names else "Sign in: trayapp login",
        )


def load_settings(locations: Locations, environment: Mapping[str, str]) -> Settings:
    """Read all settings anew; raises ConfigError."""
    config = read_config(locations.config_file)
    cfg = read_wakatime_cfg(locations.wakatime_cfg, locations.home)
    network, network_warnings = read_network(cfg, locations.home)
    rounds, rounds_warnings = read_seconds_between_rounds(cfg)
    watching = read_watching(config.watch, cfg, locations, environment)
    accounts = config.accounts or _implied(cfg, environment)
    settings = Settings(
        accounts=accounts,
        show=config.show or (accounts[0].name if accounts else None),
        goal_seconds=config.goal_seconds,
        preferences=config.preferences,
        notice=next(iter(config.warnings), ""),
        network=network,
        watching=watching,
        history_days=HISTORY_DAYS if config.history_days is None else config.history_days,
        seconds_between_rounds=rounds,
        warnings=(
            *config.warnings,
            *cfg.warnings,
            *network_warnings,
            *rounds_warnings,
            *watching.warnings,
        ),
        wakatime_cfg=cfg,
    )
    file = str(locations.config_file)
    values = list(_values(settings, file if config.show else DEFAULT, file))
    values += [Value(name, shown, file) for name, shown in config.tray_values]
    days_source = DEFAULT if config.history_days is None else file
    values.append(Value("history_days", str(settings.history_days), days_source))
    values += watching.values
    if environment.get(KEY_VARIABLE, "").strip():
        values.append(Value(KEY_VARIABLE, "set, not shown", "environment"))
    return settings._replace(values=tuple(values))


def no_account(environment: Mapping[str, str]) -> KeyProblemError:
    """Make the error for somebody who has no account, and say how to come by one.

    A SignedOutError, or a KeyHostError where there is a key that goes nowhere.
    """
    if environment.get(KEY_VARIABLE, "").strip():
        return KeyHostError(
            f"{KEY_VARIABLE} is set, but nothing says for which server",
            "Put api_url = ... of that server into ~/.wakatime.cfg.",
        )
    return SignedOutError("There is no account yet", "To sign in, run in a terminal: trayapp login")


def fingerprint(locations: Locations) -> object:
    """Give something that differs once config.toml, ~/.wakatime.cfg or its import was edited.

    Take it before `load_settings`, so that an edit in between is noticed next time.
    """
    return tuple((str(path), _stat(path)) for path in settings_files(locations))


def settings_files(locations: Locations) -> tuple[Path, ...]:
    """Give config.toml, ~/.wakatime.cfg and its import, whether they are there or not."""
    files = (locations.config_file, locations.wakatime_cfg)
    try:
        imported = imported_path(locations.wakatime_cfg, locations.home)
    except ConfigError:
        # Whoever mends the main file changes that one.
        return files
    return files if imported is None else (*files, imported)


def _stat(path: Path) -> tuple[int, ...] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    # The change time tells of a mode that was mended, too.
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino


def _implied(cfg: WakatimeCfg, environment: Mapping[str, str]) -> tuple[Account, ...]:
    """Give the account that exists without config.toml, if anything implies one."""
    api_url = cfg.api_url()
    named = api_url is not None or cfg.key_setting() is not None
    # A key alone does not say whose it is, but for WakaTime's prefix.
    if not named and not environment.get(KEY_VARIABLE, "").strip().startswith("waka_"):
        return ()
    source: KeySource = "wakatime.cfg" if named else "env"
    return (Account(IMPLIED_NAME, api_url or WAKATIME_API_URL, key_source=source, implied=True),)


def _values(settings: Settings, show_source: str, config_file: str) -> Iterator[Value]:
    cfg = settings.wakatime_cfg
    if settings.show is not None:
        yield Value("show", settings.show, show_source)
    for account in settings.accounts:
        source, url_source = config_file, config_file
        if account.implied:
            source = _source(cfg.key_setting())
            url_source = _source(cfg.get("api_url"))
        yield Value(f"{account.name}: api_url", account.api_url, url_source)
        yield Value(f"{account.name}: key", account.key_source, source)
        if not account.implied:
            yield Value(f"{account.name}: dialect", account.dialect or "found out", source)
            yield Value(f"{account.name}: allow_http", str(account.allow_http).lower(), source)
            yield Value(f"{account.name}: receive", str(account.receives).lower(), source)
    key = cfg.key_setting()
    if key is not None:
        yield Value(key.name, "set, not shown", key.source)
    network = settings.network
    timeout = network.timeout_seconds
    for name, shown in (
        ("proxy", network.shown_proxy),
        ("no_ssl_verify", None if network.verify else "true"),
        ("ssl_certs_file", network.certificates_file),
        ("timeout", None if timeout is None else f"{timeout:g} s"),
        (ROUNDS_SETTING, f"{settings.seconds_between_rounds:g}"),
    ):
        if shown is not None:
            yield Value(name, shown, _source(cfg.get(name)))


def _source(setting: Setting | None) -> str:
    return DEFAULT if setting is None else setting.source
