"""`trayapp watch`: the file monitor in the foreground, without a tray."""

from __future__ import annotations

import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, redirect_stdout
from enum import Enum, auto
from typing import TextIO, TypeAlias

from trayapp.cli import complain
from trayapp.cli.autostart import mend_service
from trayapp.cli.delivering import make_delivery
from trayapp.cli.signals import handled
from trayapp.coding.counted import counted
from trayapp.coding.file_monitor import SWITCHED_OFF
from trayapp.coding.heartbeat import Heartbeat, to_json
from trayapp.coding.status import DeliveryStatus
from trayapp.desktop.idle import idle_gate
from trayapp.desktop.network import NetworkWatcher
from trayapp.errors import ConfigError, UsageError
from trayapp.resident.delivery import Delivery, DeliveryEars
from trayapp.resident.file_monitor import EDITING_SECONDS, Ears, FileMonitor
from trayapp.settings.accounts import Settings, fingerprint, load_settings
from trayapp.settings.keyring_store import SystemKeyring
from trayapp.settings.locations import Locations, find_locations, make_private_folder

ENDING = ("SIGTERM", "SIGHUP")
"""SIGINT interrupts, as everywhere."""

Record: TypeAlias = Callable[[Heartbeat, bytes, str | None], None]


class _Event(Enum):
    """What the other threads have for the main one."""

    EDITED = auto()
    DELIVERY_CHANGED = auto()
    END = auto()


Events: TypeAlias = "queue.SimpleQueue[_Event | OSError]"


def run(
    environment: Mapping[str, str], *, folders: Sequence[str], dry_run: bool, explain: bool
) -> int:
    """Watch folders until somebody ends it, and record and send each save as a heartbeat.

    A dry run prints them, and neither stores nor sends any. Raises UsageError for folders that are
    none, TrayappError where nothing can be stored.
    """
    locations = find_locations(environment)
    chosen = [_existing(folder) for folder in folders] or None
    # Before the settings, so that an edit in between is noticed.
    read = fingerprint(locations)
    settings = _load(locations, environment, chosen)
    if chosen is None and not settings.watching.folders:
        raise UsageError("There is no folder to watch", "Name one: trayapp watch ~/code")
    # It may be filled from a signal handler.
    events: Events = queue.SimpleQueue()
    output = sys.stdout
    with ExitStack() as parts:
        # Libraries print warnings (Xlib does), and standard output is for heartbeats only.
        parts.enter_context(redirect_stdout(sys.stderr))
        parts.enter_context(handled(lambda _number: events.put(_Event.END), *ENDING))
        delivery = None if dry_run else _deliver(locations, environment, settings, events)
        if delivery is not None:
            parts.callback(delivery.stop)
            network = NetworkWatcher(delivery.network_changed)
            network.start()
            parts.callback(network.stop)
        record = _printer(output, events) if delivery is None else delivery.record
        monitor = _monitor(locations, environment, record, events, explain=explain)
        parts.callback(monitor.stop)
        monitor.follow(settings.watching, chosen)
        if not dry_run:
            mend_service(environment)
        if fingerprint(locations) != read:
            # Edited before the files were followed, or just now: an editor may be at it still.
            once_still = threading.Timer(EDITING_SECONDS, events.put, (_Event.EDITED,))
            once_still.daemon = True
            once_still.start()
        told = DeliveryStatus()
        for event in _until_the_end(events, delivery):
            if isinstance(event, OSError):
                raise event
            now = fingerprint(locations)
            if event is _Event.EDITED and now != read:
                read = now
                _follow_again(monitor, delivery, locations, environment, chosen)
            if delivery is not None:
                told = _tell_delivery(delivery.status(), told)
    return 0


def _until_the_end(events: Events, delivery: Delivery | None) -> Iterator[_Event | OSError]:
    """Give one event after the other, and attend to delivery when it wants that."""
    due = time.monotonic()
    while True:
        try:
            # A dry run sleeps until something happens.
            wait = None if delivery is None else max(0.0, due - time.monotonic())
            event = events.get(timeout=wait)
        except queue.Empty:
            event = _Event.DELIVERY_CHANGED
        if event is _Event.END:
            return
        if delivery is not None and time.monotonic() >= due:
            due = time.monotonic() + delivery.attend()
        yield event


def _printer(output: TextIO, events: Events) -> Record:
    def record(heartbeat: Heartbeat, _key: bytes, _only: str | None) -> None:
        try:
            print(to_json(heartbeat).decode("ascii"), file=output, flush=True)
        except OSError as error:
            # Nobody reads any more, or the disk is full.
            events.put(error)

    return record


def _deliver(
    locations: Locations, environment: Mapping[str, str], settings: Settings, events: Events
) -> Delivery:
    """Begin to deliver."""
    try:
        make_private_folder(locations.state_dir)
    except OSError as error:
        raise UsageError(
            f"{locations.state_dir} cannot be written ({error.strerror})",
            "Make that folder writable for yourself.",
        ) from error
    ears = DeliveryEars(changed=lambda: events.put(_Event.DELIVERY_CHANGED), noted=complain)
    delivery = make_delivery(locations, environment, "trayapp watch", ears, SystemKeyring())
    delivery.follow(settings)
    if not settings.receivers:
        complain("There is no account yet: saves are kept here. To sign in: trayapp login")
    return delivery


def _monitor(
    locations: Locations,
    environment: Mapping[str, str],
    record: Record,
    events: Events,
    *,
    explain: bool,
) -> FileMonitor:
    ears = Ears(
        recorded=record,
        noted=complain,
        changed=lambda: None,
        settings_edited=lambda: events.put(_Event.EDITED),
        explained=complain if explain else None,
    )
    gate = idle_gate(environment)
    return FileMonitor(locations, environment, "trayapp watch", gate.is_idle, ears)


def _existing(folder: str) -> str:
    path = os.path.abspath(os.path.expanduser(folder))  # noqa: PTH100, PTH111 -- as it is written
    # An empty name would be the folder that one is in: somebody's variable was not set.
    if not folder or not os.path.isdir(path):  # noqa: PTH112 -- as above
        raise UsageError(f"{folder or 'An empty name'} is no folder", "Name one that exists.")
    return path


def _load(
    locations: Locations, environment: Mapping[str, str], chosen: Sequence[str] | None
) -> Settings:
    """Read the settings, and say what is wrong with them; raises ConfigError."""
    settings = load_settings(locations, environment)
    for warning in settings.warnings:
        complain(warning)
    if chosen is None and settings.watching.folders and not settings.watching.enabled:
        complain(SWITCHED_OFF)
    return settings


def _follow_again(
    monitor: FileMonitor,
    delivery: Delivery | None,
    locations: Locations,
    environment: Mapping[str, str],
    chosen: Sequence[str] | None,
) -> None:
    """Do as edited settings say; what cannot be read leaves the last good ones in force."""
    try:
        settings = _load(locations, environment, chosen)
    except ConfigError as error:
        complain(f"{error} Until then the last good settings stay in force.")
        return
    if delivery is not None:
        delivery.follow(settings)
    monitor.follow(settings.watching, chosen)
    complain("the settings were edited, and are in force")
    if not (chosen or settings.watching.folders):
        complain("Nothing is watched: config.toml names no folder.")


def _tell_delivery(status: DeliveryStatus, told: DeliveryStatus) -> DeliveryStatus:
    """Say what keeps heartbeats, once for each new trouble, and when all is well again."""
    problem = status.problem
    if problem != told.problem:
        if problem is None:
            complain("Heartbeats are sent again.")
        else:
            late = f"{counted(status.waiting, 'heartbeat')} waiting: " if status.waiting else ""
            complain(f"{late}{problem.title}. {problem.hint}")
    if status.dead > told.dead:
        complain(f"{counted(status.dead, 'heartbeat')} refused. To see why: trayapp queue")
    return status
