"""`trayapp folders`: which folders are watched, what is left out, and changes to the list."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from trayapp.cli.watch import ignore_rules
from trayapp.errors import UsageError
from trayapp.settings.accounts import load_settings
from trayapp.settings.config_edit import edit_config, with_folder, without_folder
from trayapp.settings.locations import Locations, find_locations
from trayapp.watching.survey import survey

MOST_REASONS = 10
"""How many left-out folders are named for each folder; the others are counted."""

ADVICE = (
    "Each save counts for two minutes at most on Hackatime: let your editor save by itself, every "
    "minute say. Where an editor's own plugin reports this folder already, remove it again, or "
    "time counts twice."
)


def add(environment: Mapping[str, str], folder: str) -> int:
    """Add a folder to config.toml; raises UsageError, ConfigError."""
    locations = find_locations(environment)
    path = Path(folder).expanduser().resolve()
    if not path.is_dir():
        raise UsageError(f"{folder} is no folder", "Name one that exists.")
    edit_config(locations.config_file, partial(with_folder, path=path, home=locations.home))
    _print_survey(path, locations, environment)
    print(ADVICE)
    return 0


def remove(environment: Mapping[str, str], folder: str) -> int:
    """Remove a folder from config.toml; raises UsageError, ConfigError."""
    locations = find_locations(environment)
    known = load_settings(locations, environment).watching.folders
    named = Path(os.path.normpath(Path.cwd() / Path(folder).expanduser()))
    path = next((path for path in (named, named.resolve()) if path in known), None)
    if path is None:
        raise UsageError(f"{folder} is none of the folders", "See: trayapp folders list")
    edit_config(locations.config_file, partial(without_folder, path=path, home=locations.home))
    print(f"{path} is watched no longer.")
    return 0


def show(environment: Mapping[str, str]) -> int:
    """Print each folder with what is watched and what is left out; raises ConfigError."""
    locations = find_locations(environment)
    folders = load_settings(locations, environment).watching.folders
    if not folders:
        print("No folder is watched. Add one: trayapp folders add DIR")
    for folder in folders:
        _print_survey(folder, locations, environment)
    return 0


def _print_survey(folder: Path, locations: Locations, environment: Mapping[str, str]) -> None:
    if not folder.is_dir():
        print(f"{folder}  is not there now")
        return
    root = str(folder.resolve())
    watching = load_settings(locations, environment).watching
    found = survey(root, ignore_rules([root], watching, locations, environment))
    what = f"{found.watched} folders, {found.code_files} files of code"
    print(f"{folder}  {what if found.code_files else f'nothing left to watch ({what})'}")
    for path, reason in found.left_out[:MOST_REASONS]:
        print(f"    not {path.removeprefix(root)[1:]}: {reason.text}")
    if len(found.left_out) > MOST_REASONS:
        print(f"    and {len(found.left_out) - MOST_REASONS} more are left out")
