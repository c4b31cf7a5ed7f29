"""`trayapp folders`: which folders are watched, what is left out, and changes to the list."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from trayapp.cli import complain
from trayapp.coding.counted import counted
from trayapp.coding.file_monitor import SWITCHED_OFF, with_home_sign
from trayapp.coding.hiding import shown_path
from trayapp.errors import UsageError
from trayapp.resident.file_monitor import advice_on_adding, ignore_rules, make_capturer
from trayapp.settings.accounts import load_settings
from trayapp.settings.config_edit import edit_config, with_folder, without_folder
from trayapp.settings.locations import Locations, find_locations
from trayapp.settings.watching import WatchingSettings
from trayapp.watching.globs import compile_globs
from trayapp.watching.ignoring import IgnoreReason
from trayapp.watching.survey import survey

MOST_REASONS = 10
"""How many left-out folders are named for each folder; the others are counted."""


def add(environment: Mapping[str, str], folders: Sequence[str]) -> int:
    """Add folders to config.toml; raises UsageError, ConfigError."""
    locations = find_locations(environment)
    paths = dict.fromkeys(_existing(folder) for folder in folders)
    before = load_settings(locations, environment).watching.folders
    known = {folder.resolve(): folder for folder in before}
    _edit(locations, with_folder, [path for path in paths if path not in known])
    settings = _settings(locations, environment)
    for path in paths:
        print(_what_became_of(path, known, paths, locations))
        _print_survey(known.get(path, path), settings, locations, environment)
    print(advice_on_adding(locations.home, environment))
    return 0


def remove(environment: Mapping[str, str], folders: Sequence[str]) -> int:
    """Remove folders from config.toml; raises UsageError, ConfigError."""
    locations = find_locations(environment)
    known = load_settings(locations, environment).watching.folders
    paths = dict.fromkeys(_on_list(folder, known, locations) for folder in folders)
    _edit(locations, without_folder, list(paths))
    for path in paths:
        print(f"{_shown(path, locations)} is watched no longer.")
    return 0


def show(environment: Mapping[str, str], folders: Sequence[str] = ()) -> int:
    """Print folders, or all, with what is watched and what is left out.

    Raises UsageError for one that is not on the list, and ConfigError.
    """
    locations = find_locations(environment)
    settings = _settings(locations, environment)
    known = settings.folders
    paths = dict.fromkeys(_on_list(folder, known, locations) for folder in folders) or known
    if not paths:
        print("No folder is watched. Add one: trayapp folders add DIR")
    for path in paths:
        _print_survey(path, settings, locations, environment)
    return 0


def _settings(locations: Locations, environment: Mapping[str, str]) -> WatchingSettings:
    """Read the settings, and say what is wrong with them."""
    settings = load_settings(locations, environment)
    for warning in settings.warnings:
        complain(warning)
    if settings.watching.folders and not settings.watching.enabled:
        complain(SWITCHED_OFF)
    return settings.watching


def _edit(
    locations: Locations, change: Callable[[str, Path, Path], str], paths: Sequence[Path]
) -> None:
    """Change config.toml for all paths at once, or not at all."""

    def edit(text: str) -> str:
        for path in paths:
            text = change(text, path, locations.home)
        return text

    if paths:
        edit_config(locations.config_file, edit)


def _existing(folder: str) -> Path:
    path = _absolute(folder).resolve()
    # An empty name would be the folder that one is in: somebody's variable was not set.
    if not folder or not path.is_dir():
        raise UsageError(f"{folder or 'An empty name'} is no folder", "Name one that exists.")
    return path


def _on_list(folder: str, known: Sequence[Path], locations: Locations) -> Path:
    """Give the path by which a folder is on the list; raises UsageError."""
    named = _absolute(folder)
    if named in known:
        return named
    real = named.resolve()
    same = next((path for path in known if path.resolve() == real), None)
    if same is not None:
        return same
    around = next((path for path in known if path.resolve() in real.parents), None)
    hint = "See: trayapp folders list"
    if around is not None:
        hint = f"It lies in {_shown(around, locations)}, which is one."
    raise UsageError(f"{_shown(named, locations)} is none of the folders", hint)


def _absolute(folder: str) -> Path:
    # pathlib makes an error of its own of ~nobody.
    return Path(os.path.abspath(os.path.expanduser(folder)))  # noqa: PTH100, PTH111


def _what_became_of(
    path: Path, known: Mapping[Path, Path], added: Iterable[Path], locations: Locations
) -> str:
    shown = _shown(path, locations)
    if path in known:
        return f"{shown} was on the list already."
    around = next((folder for folder in (*known, *added) if folder in path.parents), None)
    if around is None:
        return f"{shown} was added."
    return f"{shown} was added; it lies in {_shown(around, locations)}, which is watched already."


def _print_survey(
    folder: Path, settings: WatchingSettings, locations: Locations, environment: Mapping[str, str]
) -> None:
    if not folder.is_dir():
        print(f"{_shown(folder, locations)}  is not there now")
        return
    root = str(folder.resolve())
    found = survey(root, ignore_rules([root], settings, locations, environment))
    what = f"{counted(found.watched, 'folder')}, {counted(found.code_files, 'file')} of code"
    what = what if found.code_files else f"nothing left to watch ({what})"
    print(f"{_shown(folder, locations)}  {what}")
    capturer = make_capturer([root], settings)
    globs = _globs(settings, locations)
    for path, reason in found.left_out[:MOST_REASONS]:
        shown = shown_path(capturer.place(path), settings.hide_rules)
        is_hidden = shown != Path(path).as_posix()
        name = shown if is_hidden else os.path.relpath(path, root)
        print(f"    not {name}: {_why(reason, globs, is_hidden=is_hidden)}")
    if len(found.left_out) > MOST_REASONS:
        print(f"    and {len(found.left_out) - MOST_REASONS} more are left out")


def _globs(settings: WatchingSettings, locations: Locations) -> dict[str, str]:
    """Give the person's globs, each under the regex that is made of it."""
    home = locations.home.as_posix()
    return {
        pattern.pattern: glob for glob in settings.ignore for pattern in compile_globs([glob], home)
    }


def _why(reason: IgnoreReason, globs: Mapping[str, str], *, is_hidden: bool) -> str:
    """Say why a folder is left out; the rule that leaves out a hidden one may be its very name."""
    if reason.kind == "gitignore":
        return "git ignores it" if is_hidden else f"git ignores {reason.text}"
    if reason.kind == "excluded":
        return "you ignore it" if is_hidden else f"you ignore {globs[reason.text]}"
    return reason.text


def _shown(path: Path, locations: Locations) -> str:
    return with_home_sign(str(path), str(locations.home))
