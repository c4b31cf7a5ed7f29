"""`trayapp folders`: which folders are watched, what is left out, and changes to the list."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from trayapp.coding.hiding import shown_path
from trayapp.errors import UsageError
from trayapp.resident.file_monitor import advice_on_adding, ignore_rules, make_capturer
from trayapp.settings.accounts import load_settings
from trayapp.settings.config_edit import edit_config, with_folder, without_folder
from trayapp.settings.locations import Locations, find_locations
from trayapp.watching.survey import survey

MOST_REASONS = 10
"""How many left-out folders are named for each folder; the others are counted."""


def add(environment: Mapping[str, str], folder: str) -> int:
    """Add a folder to config.toml; raises UsageError, ConfigError."""
    locations = find_locations(environment)
    path = Path(folder).expanduser().resolve()
    if not path.is_dir():
        raise UsageError(f"{folder} is no folder", "Name one that exists.")
    edit_config(locations.config_file, partial(with_folder, path=path, home=locations.home))
    _print_survey(path, locations, environment)
    print(advice_on_adding(locations.home, environment))
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
    what = f"{_count(found.watched, 'folder')}, {_count(found.code_files, 'file')} of code"
    print(f"{folder}  {what if found.code_files else f'nothing left to watch ({what})'}")
    capturer = make_capturer([root], watching)
    for path, reason in found.left_out[:MOST_REASONS]:
        shown = shown_path(capturer.place(path), watching.hide_rules)
        # The rule that leaves a hidden folder out may be its very name.
        is_hidden = shown != Path(path).as_posix()
        name = shown if is_hidden else os.path.relpath(path, root)
        print(f"    not {name}: {reason.kind if is_hidden else reason.text}")
    if len(found.left_out) > MOST_REASONS:
        print(f"    and {len(found.left_out) - MOST_REASONS} more are left out")


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
