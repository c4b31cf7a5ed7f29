"""`trayapp watch`: the file monitor in the foreground, without a tray."""

from __future__ import annotations

import os
import queue
from collections.abc import Mapping, Sequence
from contextlib import ExitStack

from trayapp.cli import complain
from trayapp.cli.signals import handled
from trayapp.coding.heartbeat import Heartbeat, to_json
from trayapp.desktop.idle import idle_gate
from trayapp.errors import ConfigError, UsageError
from trayapp.resident.file_monitor import Ears, FileMonitor
from trayapp.settings.accounts import fingerprint, load_settings
from trayapp.settings.locations import Locations, find_locations
from trayapp.settings.watching import WatchingSettings

ENDING = ("SIGTERM", "SIGHUP")
"""SIGINT interrupts, as everywhere."""


def run(
    environment: Mapping[str, str], *, folders: Sequence[str], dry_run: bool, explain: bool
) -> int:
    """Watch folders until somebody ends it, and print each save as a heartbeat.

    Raises UsageError for folders that are none, and where nothing may be done yet but a dry run.
    """
    if not dry_run:
        raise UsageError(
            "trayapp watch cannot send heartbeats yet",
            "With --dry-run it prints them: trayapp watch --dry-run DIR",
        )
    locations = find_locations(environment)
    chosen = [_existing(folder) for folder in folders] or None
    # Before the settings, so that an edit in between is noticed.
    read = fingerprint(locations)
    settings = _load(locations, environment, chosen)
    if chosen is None and not settings.folders:
        raise UsageError("There is no folder to watch", "Name one: trayapp watch --dry-run ~/code")
    # What the other threads have for this one: True to read the settings again, False to end.
    wanted: queue.SimpleQueue[bool | OSError] = queue.SimpleQueue()

    def record(heartbeat: Heartbeat) -> None:
        try:
            print(to_json(heartbeat).decode("ascii"), flush=True)
        except OSError as error:
            # Nobody reads any more, or the disk is full.
            wanted.put(error)

    ears = Ears(
        recorded=record,
        noted=complain,
        changed=lambda: None,
        settings_edited=lambda: wanted.put(True),
        explained=complain if explain else None,
    )
    gate = idle_gate(environment)
    monitor = FileMonitor(locations, environment, "trayapp watch", gate.is_idle, ears)
    with ExitStack() as parts:
        # A SimpleQueue may be filled from a signal handler.
        parts.enter_context(handled(lambda _number: wanted.put(False), *ENDING))
        parts.callback(monitor.stop)
        monitor.follow(settings, chosen)
        # What was edited before the files were followed.
        wanted.put(True)
        while asked := wanted.get():
            if isinstance(asked, OSError):
                raise asked
            now = fingerprint(locations)
            if now != read:
                read = now
                _follow_again(monitor, locations, environment, chosen)
    return 0


def _existing(folder: str) -> str:
    path = os.path.abspath(os.path.expanduser(folder))  # noqa: PTH100, PTH111 -- as it is written
    if not os.path.isdir(path):  # noqa: PTH112 -- as above
        raise UsageError(f"{folder} is no folder", "Name one that exists.")
    return path


def _load(
    locations: Locations, environment: Mapping[str, str], chosen: Sequence[str] | None
) -> WatchingSettings:
    """Read the settings, and say what is wrong with them; raises ConfigError."""
    settings = load_settings(locations, environment)
    for warning in settings.warnings:
        complain(warning)
    watching = settings.watching
    if chosen is None and watching.folders and not watching.enabled:
        complain("Nothing is watched: config.toml says enabled = false under [watch].")
    return watching


def _follow_again(
    monitor: FileMonitor,
    locations: Locations,
    environment: Mapping[str, str],
    chosen: Sequence[str] | None,
) -> None:
    """Do as edited settings say; what cannot be read leaves the last good ones in force."""
    try:
        settings = _load(locations, environment, chosen)
    except ConfigError as error:
        complain(str(error))
        return
    monitor.follow(settings, chosen)
    complain("the settings were edited, and are in force")
