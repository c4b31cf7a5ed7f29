"""`trayapp watch`: the file monitor in the foreground, without a tray."""

from __future__ import annotations

import logging
import os
import platform
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path

from trayapp import __version__
from trayapp.cli import complain
from trayapp.cli.signals import handled
from trayapp.coding.heartbeat import machine_name, to_json, user_agent
from trayapp.coding.hiding import Capture, Excluded, hide, shown_path
from trayapp.desktop.single_instance import InstanceLock
from trayapp.errors import TrayappError, UsageError
from trayapp.settings.accounts import load_settings
from trayapp.settings.hiding_secret import read_hiding_secret
from trayapp.settings.locations import Locations, find_locations, make_private_folder
from trayapp.settings.watching import NameMap, WatchingSettings
from trayapp.watching.capture import Capturer, Identity
from trayapp.watching.globs import compile_globs
from trayapp.watching.ignoring import IgnoreRules
from trayapp.watching.inotify.reports import Condition, Report
from trayapp.watching.monitor import Listeners, Monitor
from trayapp.watching.network_mounts import devices_with_own_clock
from trayapp.watching.project import MappedProject, ProjectSettings
from trayapp.watching.verdicts import Suppressed, Verdict

log = logging.getLogger(__name__)

ENDING = ("SIGTERM", "SIGHUP")
"""SIGINT interrupts, as everywhere."""

MOUNTS = Path("/proc/self/mountinfo")


def run(
    environment: Mapping[str, str], *, folders: Sequence[str], dry_run: bool, explain: bool
) -> int:
    """Watch folders until somebody ends it, and print each save as a heartbeat.

    Raises UsageError for folders that are none, and where nothing may be done yet but a dry run.
    """
    if sys.platform != "linux":
        raise UsageError("trayapp watch runs on Linux only, so far", "Elsewhere use a plugin.")
    if not dry_run:
        raise UsageError(
            "trayapp watch cannot send heartbeats yet",
            "With --dry-run it prints them: trayapp watch --dry-run DIR",
        )
    locations = find_locations(environment)
    watching = load_settings(locations, environment).watching
    for warning in watching.warnings:
        complain(warning)
    make_private_folder(locations.state_dir)
    secret = read_hiding_secret(locations.state_dir)
    with ExitStack() as parts:
        chosen = [_real_folder(folder) for folder in folders or map(str, watching.folders)]
        free = [f for f in dict.fromkeys(chosen) if _take(f, locations.state_dir, parts)]
        if not free:
            raise UsageError(
                "There is no folder to watch", "Name one: trayapp watch --dry-run ~/code"
            )
        printer = _Printer(watching, secret)
        capturer = Capturer(free, _project_settings(watching), _identity(watching))
        rules = ignore_rules(free, watching, locations, environment)
        listeners = Listeners(
            printer.captured,
            printer.suppressed,
            printer.reported,
            (lambda verdict: printer.explain(verdict, capturer)) if explain else None,
        )
        own_clocks = devices_with_own_clock(MOUNTS.read_text("utf-8", errors="replace"))
        monitor = Monitor(free, rules, capturer, listeners, own_clocks.__contains__)
        ended = threading.Event()
        # Not set on this thread, which may hold the event's lock at that very moment.
        with handled(lambda _number: threading.Thread(target=ended.set).start(), *ENDING):
            monitor.start()
            parts.callback(monitor.stop)
            ended.wait()
    return 0


def ignore_rules(
    folders: Sequence[str],
    watching: WatchingSettings,
    locations: Locations,
    environment: Mapping[str, str],
) -> IgnoreRules:
    """Make the rules by which folders (real paths) are watched: git's, ours and the person's."""
    home = str(locations.home)
    return IgnoreRules(
        folders,
        home=home,
        config_home=environment.get("XDG_CONFIG_HOME") or str(locations.home / ".config"),
        exclude=compile_globs(watching.ignore, home),
    )


class _Printer:
    """Print what the monitor tells: heartbeats on standard output, all else beside it."""

    def __init__(self, watching: WatchingSettings, secret: bytes) -> None:
        self._watching = watching
        self._secret = secret

    def captured(self, capture: Capture) -> None:
        """Print a save as one JSON line, unless it is excluded or another account's."""
        claim = self._watching.claimed_by(capture.path)
        if claim is not None:
            log.info("a save is for an account of its own (%s); none gets it yet", claim.source)
            return
        told = hide(capture, self._watching.hide_rules, self._secret)
        if isinstance(told, Excluded):
            log.info("a save is not told: %s", told)
            return
        print(to_json(told).decode("ascii"), flush=True)

    def suppressed(self, suppressed: Suppressed) -> None:
        """Say once for each run of a machine's writes how many they were."""
        complain(f"{suppressed.count} writes were nobody's saves: {suppressed.reason.value}")

    def reported(self, report: Report) -> None:
        """Say how a folder fares."""
        advice = f" Raise it: sudo sysctl {report.sysctl}" if report.sysctl else ""
        folders = f"; {report.watches} folders" if report.condition is Condition.WATCHED else ""
        complain(f"{report.root}: {report.condition.value}{folders}.{advice}")

    def explain(self, verdict: Verdict, capturer: Capturer) -> None:
        """Say what was made of a candidate, under the name that may be told."""
        path = shown_path(capturer.place(verdict.path), self._watching.hide_rules)
        complain(f"{path}: {verdict.reason.value}")


def _real_folder(folder: str) -> str:
    real = os.path.realpath(os.path.expanduser(folder))  # noqa: PTH111 -- as a person writes it
    if not os.path.isdir(real):  # noqa: PTH112 -- as above
        raise UsageError(f"{folder} is no folder", "Name one that exists.")
    return real


def _take(folder: str, state_dir: Path, parts: ExitStack) -> bool:
    """Take the lock of a folder, and say so where another trayapp watches it already."""
    name = sha256(os.fsencode(folder)).hexdigest()[:16]
    lock = InstanceLock(state_dir / f"watch-{name}.lock")
    try:
        taken = lock.acquire()
    except OSError as error:
        raise TrayappError(
            f"{state_dir} cannot be written ({error.strerror})", "Make it writable for yourself."
        ) from error
    if taken:
        parts.enter_context(lock)
    else:
        complain(f"{folder} is watched by another trayapp already; it is left to that one.")
    return taken


def _project_settings(watching: WatchingSettings) -> ProjectSettings:
    return ProjectSettings(
        tuple(_mapped("projectmap", watching.project_map)),
        tuple(_mapped("git_submodule_projectmap", watching.submodule_map)),
        watching.submodules_disabled,
        watching.project_from_git_remote,
    )


def _mapped(section: str, entries: NameMap) -> Iterator[MappedProject]:
    """Give the lines that can work, and say of each other one why it maps nothing."""
    for number, (pattern, name) in enumerate(entries, start=1):
        try:
            yield MappedProject(pattern, name)
        except ValueError as error:
            complain(f"[{section}]: line {number} maps nothing: {error}")


def _identity(watching: WatchingSettings) -> Identity:
    agent = user_agent(
        __version__,
        platform.system(),
        platform.release(),
        platform.machine(),
        platform.python_version(),
    )
    return Identity(agent, machine_name(watching.hostname))
