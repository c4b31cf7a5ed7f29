"""The real parts that several commands put together."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from functools import partial

from trayapp import __version__
from trayapp.resident.asking import Asker
from trayapp.servers.transport import HttpTransport, NetworkOptions
from trayapp.settings.accounts import Settings, fingerprint, load_settings
from trayapp.settings.config_edit import edit_config, with_show
from trayapp.settings.keyring_store import SystemKeyring
from trayapp.settings.locations import Locations


class FileSettings:
    """Settings from config.toml, `~/.wakatime.cfg` and the environment."""

    def __init__(self, locations: Locations, environment: Mapping[str, str]) -> None:
        self._locations = locations
        self._environment = environment

    def load(self) -> Settings:
        """Read them all; raises ConfigError."""
        return load_settings(self._locations, self._environment)

    def fingerprint(self) -> object:
        """Give something that differs when a file was edited."""
        return fingerprint(self._locations)

    def show_account(self, name: str) -> None:
        """Make an account the one that shows; raises ConfigError."""
        edit_config(self._locations.config_file, partial(with_show, name=name))


def make_asker(environment: Mapping[str, str]) -> Asker:
    """Make an asker of the real keyring and the real network."""
    return Asker(environment, SystemKeyring(), connect)


def connect(options: NetworkOptions) -> HttpTransport:
    """Make a connection that says who asks."""
    return HttpTransport(options, f"trayapp/{__version__} ({platform.system()})")
