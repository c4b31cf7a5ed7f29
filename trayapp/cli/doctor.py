"""`trayapp doctor`: every part checked and explained on one screen."""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from trayapp import __version__
from trayapp.cli.checks import Check, Verdict, bad
from trayapp.cli.doctor_delivery import queue_checks, send_test_checks
from trayapp.cli.parts import make_asker
from trayapp.coding.counted import counted
from trayapp.coding.day import day_at
from trayapp.coding.duration import format_duration
from trayapp.coding.file_monitor import with_home_sign
from trayapp.coding.number import Number
from trayapp.desktop import control
from trayapp.desktop.idle import idle_gate
from trayapp.desktop.single_instance import is_locked
from trayapp.errors import ControlError, KeyRefusedError, TrayappError
from trayapp.resident.asking import Asker
from trayapp.resident.folder_locks import find_watchers, lock_path
from trayapp.servers.transport import Response
from trayapp.servers.zones import local_zone
from trayapp.settings.accounts import Account, Settings, Value, load_settings, no_account
from trayapp.settings.credentials import find_key
from trayapp.settings.keyring_store import SystemKeyring
from trayapp.settings.locations import Locations, find_locations
from trayapp.settings.watching import WatchingSettings
from trayapp.tray.backends import describe_tray, has_display
from trayapp.watching.editor_plugins import describe_plugins, find_editor_plugins

LEAST_FREE_BYTES = 1_000_000
"""With less no heartbeat can be counted on to be written."""

CLOCK_TOLERANCE_SECONDS = 5.0


def run(environment: Mapping[str, str], *, as_json: bool, send_test: bool = False) -> int:
    """Check every part; gives 0 when all is well, else the exit code of the first that is not.

    With `send_test` each account gets a heartbeat that it has already.
    """
    locations = find_locations(environment)
    checks = list(examine(locations, environment, send_test=send_test))
    if as_json:
        document = {
            "schema": 1,
            "version": __version__,
            "checks": [asdict(check) for check in checks],
            "settings": [value._asdict() for value in _values(locations, environment)],
        }
        print(json.dumps(document, indent=2))
    else:
        _print(checks)
        for value in _values(locations, environment):
            print(f"        {value.name} = {value.shown}  ({value.source})")
    return next((check.exit_code for check in checks if check.verdict == "bad"), 0)


def examine(
    locations: Locations, environment: Mapping[str, str], *, send_test: bool
) -> Iterator[Check]:
    """Check one part after the other; each within its own time limit."""
    python = f"Python {platform.python_version()}, {sys.platform}"
    yield Check("trayapp", "ok", f"{__version__}, {python}")
    yield _storage_check(locations)
    yield _keyring_check()
    try:
        settings = load_settings(locations, environment)
    except TrayappError as error:
        yield bad("settings", error)
    else:
        yield _settings_check(locations, settings)
        asker = make_asker(environment)
        try:
            yield from _account_checks(asker, settings, environment)
        finally:
            asker.forget()
        yield from _watching_checks(locations, settings.watching, environment)
        yield from queue_checks(locations, settings)
        if send_test:
            yield from send_test_checks(locations, settings, environment)
    yield _tray_check(environment)
    yield _resident_check(locations, environment)


def _settings_check(locations: Locations, settings: Settings) -> Check:
    files = [locations.config_file, locations.wakatime_cfg]
    found = ", ".join(f"{path}{'' if path.exists() else ' (none)'}" for path in files)
    if settings.warnings:
        return Check("settings", "note", found, "; ".join(settings.warnings))
    return Check("settings", "ok", found)


def _storage_check(locations: Locations) -> Check:
    folder = locations.state_dir
    existing = next(each for each in (folder, *folder.parents) if each.exists())
    if existing.is_dir() and os.access(existing, os.W_OK | os.X_OK):
        if shutil.disk_usage(existing).free < LEAST_FREE_BYTES:
            found = f"the disk that {folder} lies on is full"
            return Check("storage", "bad", found, "Make room on it.", exit_code=1)
        return Check("storage", "ok", str(folder))
    return Check(
        "storage",
        "bad",
        f"{existing} cannot be written",
        "Make it writable for yourself: the last number, the lock and the log are kept there.",
        exit_code=1,
    )


def _keyring_check() -> Check:
    try:
        name = SystemKeyring().check()
    except TrayappError as error:
        # Not bad in itself: the key may come from elsewhere.
        return Check("keyring", "note", error.title, error.hint)
    return Check("keyring", "ok", f"{name} answers")


def _account_checks(
    asker: Asker, settings: Settings, environment: Mapping[str, str]
) -> Iterator[Check]:
    account = settings.showing
    if account is None:
        yield bad("account", no_account(environment))
        return
    others = len(settings.accounts) - 1
    more = f", and {others} more" if others else ""
    yield Check("account", "ok", f"{account.name} at {account.api_url}{more}")
    try:
        key = find_key(account, settings, environment, asker.key_store)
    except TrayappError as error:
        yield bad("key", error)
        return
    yield Check("key", "ok", f"from {key.source}")
    try:
        yield from _server_checks(asker, account, settings)
    except KeyRefusedError as error:
        yield bad("server", KeyRefusedError(error.title, key.how_to_correct))
    except TrayappError as error:
        yield bad("server", error)


def _server_checks(asker: Asker, account: Account, settings: Settings) -> Iterator[Check]:
    client = asker.client(account, settings)
    response = client.today().response
    dialect = client.find_dialect()
    round_trip = (response.received_at - response.sent_at) * 1000
    spoken = f"{client.host} speaks {dialect}, answered in {round_trip:.0f} ms"
    yield Check("server", "ok", spoken)
    yield _clock_check(response)
    yield _day_check(asker.ask(account, settings))


def _clock_check(response: Response) -> Check:
    if response.server_time is None:
        return Check("clock", "note", "the server does not tell its time")
    # The header is cut to whole seconds: half of one is put back.
    middle = (response.sent_at + response.received_at) / 2
    difference = middle - response.server_time - 0.5
    if abs(difference) <= CLOCK_TOLERANCE_SECONDS:
        return Check("clock", "ok", f"{difference:+.0f} s from the server's")
    return Check(
        "clock",
        "note",
        f"{difference:+.0f} s from the server's",
        "Set this machine's clock: around midnight the number would be missing.",
    )


def _day_check(number: Number | None) -> Check:
    if number is None:
        return Check("today", "note", "the server is still counting", "Ask again in a minute.")
    text = f"{format_duration(number.total_seconds)} on {number.day.date} in {number.day.timezone}"
    zone, name = local_zone()
    here = day_at(time.time(), zone, name)
    if here.ends_at == number.day.ends_at:
        return Check("today", "ok", f"{text}; the day ends at local midnight")
    ends = time.strftime("%H:%M", time.localtime(number.day.ends_at))
    return Check(
        "today",
        "note",
        f"{text}; the day ends at {ends} here, in {name}",
        "Set the time zone in your profile on the server.",
    )


def _watching_checks(
    locations: Locations, settings: WatchingSettings, environment: Mapping[str, str]
) -> Iterator[Check]:
    if not settings.folders:
        yield Check("folders", "ok", "config.toml names none")
        return
    yield _folders_check(locations, settings)
    if settings.claims:
        yield _claims_check(settings)
    if settings.idle_gate:
        yield Check("idle", "ok", idle_gate(environment).describe())
    plugins = describe_plugins(find_editor_plugins(locations.home, environment), time.time())
    if plugins is not None:
        yield Check("plugins", "note", plugins, "What you save there shows under two editors.")


def _folders_check(locations: Locations, settings: WatchingSettings) -> Check:
    named = f"{len(settings.folders)} to watch"
    if not settings.enabled:
        return Check("folders", "note", f"{named}, but the file monitor is switched off")
    try:
        monitor = control.ask(locations.control_address, "status").get("monitor")
    except ControlError:
        monitor = None
    if not isinstance(monitor, dict):
        return _watchers_check(named, locations, settings)
    found = f"{named}; {_what_became_of_saves(monitor)}"
    for each in monitor["folders"]:
        if each["problem"]:
            path = with_home_sign(each["path"], str(locations.home))
            told = f"{found}; {path}: {each['problem']}"
            return Check("folders", "note", told, each["advice"])
    return Check("folders", "ok", found)


def _claims_check(settings: WatchingSettings) -> Check:
    lines = counted(len(settings.claims), "line")
    found = f"{lines} of ~/.wakatime.cfg for accounts of their own"
    lost = [claim.source for claim in settings.claims if claim.receiver is None]
    if not lost:
        return Check("claims", "ok", found)
    return Check("claims", "note", f"{found}; nobody gets what {lost[0]} claims", "Correct it.")


def _what_became_of_saves(monitor: Mapping[str, Any]) -> str:
    watched = sum(each["watches"] for each in monitor["folders"])
    told = f"{counted(watched, 'folder')} watched in all, "
    told += f"{counted(monitor['saves'], 'save')} since the start"
    writes = (
        f"{counted(count, 'write')} ({reason})" for reason, count in monitor["suppressed"].items()
    )
    suppressed = ", ".join(writes)
    return f"{told}; not counted: {suppressed}" if suppressed else told


def _watchers_check(named: str, locations: Locations, settings: WatchingSettings) -> Check:
    """Say who watches while the app itself does not; what to do is said under "resident"."""
    watchers = find_watchers(locations.state_dir)
    locks = [lock_path(locations.state_dir, os.path.realpath(each)) for each in settings.folders]
    found = Counter(watchers[lock] for lock in locks if lock in watchers)
    told = [f"{count} watched by {watcher}" for watcher, count in found.items()]
    left = len(locks) - found.total()
    if left:
        told.append(f"{left} by nobody" if told else "watched by nobody")
    return Check("folders", "note" if left else "ok", f"{named}: {', '.join(told)}")


def _tray_check(environment: Mapping[str, str]) -> Check:
    description = describe_tray(environment)
    # Not bad in itself: over SSH nobody expects an icon.
    verdict: Verdict = "ok" if description.shows else "note"
    return Check("tray", verdict, description.found, description.advice)


def _resident_check(locations: Locations, environment: Mapping[str, str]) -> Check:
    try:
        status = control.ask(locations.control_address, "status")["status"]
    except ControlError:
        if is_locked(locations.lock_file):
            return Check(
                "resident",
                "bad",
                "trayapp runs, but it does not answer",
                "End that process and start trayapp again.",
                exit_code=1,
            )
        return _no_resident_check(locations, environment)
    return Check(
        "resident",
        "ok",
        f"trayapp runs: {status['text']}, {status['state']}; its log is in {locations.log_dir}",
    )


def _no_resident_check(locations: Locations, environment: Mapping[str, str]) -> Check:
    watchers = ", ".join(sorted(set(find_watchers(locations.state_dir).values())))
    found = "trayapp itself does not run"
    if watchers:
        found = f"{found}; watching: {watchers}"
    if sys.platform in ("darwin", "win32") or has_display(environment):
        return Check("resident", "note", found, "Start it: trayapp")
    # Nobody expects an icon here.
    if watchers:
        return Check("resident", "ok", found)
    return Check("resident", "note", found, "Without a desktop: trayapp watch")


def _values(locations: Locations, environment: Mapping[str, str]) -> tuple[Value, ...]:
    try:
        return load_settings(locations, environment).values
    except TrayappError:
        # The check named "settings" has told why.
        return ()


def _print(checks: list[Check]) -> None:
    for check in checks:
        print(f"{check.verdict:<5} {check.part:<9} {check.found}")
        if check.advice:
            print(f"{'':<15} -> {check.advice}")
