"""The settings as the resident has them: read from files, and edited there."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from trayapp.settings.accounts import Settings, fingerprint, load_settings
from trayapp.settings.config_edit import (
    edit_config,
    with_folder,
    with_show,
    with_watching,
    without_folder,
)
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

    def add_folder(self, folder: Path) -> None:
        """Have a folder watched; raises ConfigError."""
        home = self._locations.home
        edit_config(self._locations.config_file, partial(with_folder, path=folder, home=home))

    def remove_folder(self, folder: Path) -> None:
        """Have a folder watched no longer; raises ConfigError."""
        home = self._locations.home
        edit_config(self._locations.config_file, partial(without_folder, path=folder, home=home))

    def enable_watching(self, *, enabled: bool) -> None:
        """Switch the file monitor on or off; raises ConfigError."""
        edit_config(self._locations.config_file, partial(with_watching, enabled=enabled))
