"""`trayapp doctor`: every part checked and explained on one screen."""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Literal, TypeAlias

from trayapp import __version__
from trayapp.cli.parts import make_asker
from trayapp.coding.day import day_at
from trayapp.coding.duration import format_duration
from trayapp.coding.number import Number
from trayapp.desktop import control
from trayapp.desktop.idle import idle_gate
from trayapp.desktop.single_instance import is_locked
from trayapp.errors import ControlError, KeyRefusedError, TrayappError
from trayapp.resident.asking import Asker
from trayapp.servers.transport import Response
from trayapp.servers.zones import local_zone
from trayapp.settings.accounts import Settings, Value, load_settings, no_account
from trayapp.settings.credentials import find_key
from trayapp.settings.keyring_store import SystemKeyring
from trayapp.settings.locations import Locations, find_locations
from trayapp.settings.watching import WatchingSettings
from trayapp.tray.backends import describe_tray
from trayapp.watching.editor_plugins import describe_plugins, find_editor_plugins

CLOCK_TOLERANCE_SECONDS = 5.0

Verdict: TypeAlias = Literal["ok", "note", "bad"]


@dataclass(frozen=True)
class Check:
    """One part: what was found and, where it is not well, what to do."""

    part: str
    verdict: Verdict
    found: str
    advice: str = ""
    exit_code: int = 0


def run(environment: Mapping[str, str], *, as_json: bool) -> int:
    """Check every part; gives 0 when all is well, else the exit code of the first that is not."""
    locations = find_locations(environment)
    checks = list(examine(locations, environment))
    if as_json:
        document = {
            "schema": 1,
            "version": __version__,
            "checks": [asdict(check) for check in checks],
            "settings": [asdict(value) for value in _values(locations, environment)],
        }
        print(json.dumps(document, indent=2))
    else:
        _print(checks)
        for value in _values(locations, environment):
            print(f"        {value.name} = {value.shown}  ({value.source})")
    return next((check.exit_code for check in checks if check.verdict == "bad"), 0)


def examine(locations: Locations, environment: Mapping[str, str]) -> Iterator[Check]:
    """Check one part after the other; each within its own time limit."""
    python = f"Python {platform.python_version()}, {sys.platform}"
    yield Check("trayapp", "ok", f"{__version__}, {python}")
    yield _storage_check(locations)
    yield _keyring_check()
    try:
        settings = load_settings(locations, environment)
    except TrayappError as error:
        yield _bad("settings", error)
    else:
        yield _settings_check(locations, settings)
        asker = make_asker(environment)
        try:
            yield from _account_checks(asker, settings, environment)
        finally:
            asker.forget()
        yield from _watching_checks(locations, settings.watching, environment)
    yield _tray_check(environment)
    yield _resident_check(locations)


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
        yield _bad("account", no_account(environment))
        return
    others = len(settings.accounts) - 1
    more = f", and {others} more" if others else ""
    yield Check("account", "ok", f"{account.name} at {account.api_url}{more}")
    try:
        key = find_key(account, settings, environment, asker.key_store)
    except TrayappError as error:
        yield _bad("key", error)
        return
    yield Check("key", "ok", f"from {key.source}")
    try:
        client = asker.client(account, settings)
        response = client.today().response
        dialect = client.find_dialect()
        round_trip = (response.received_at - response.sent_at) * 1000
        spoken = f"{client.host} speaks {dialect}, answered in {round_trip:.0f} ms"
        yield Check("server", "ok", spoken)
        yield _clock_check(response)
        yield _day_check(asker.ask(account, settings))
    except KeyRefusedError as error:
        yield _bad("server", KeyRefusedError(error.title, key.how_to_correct))
    except TrayappError as error:
        yield _bad("server", error)


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
        yield Check("folders", "ok", "none is watched")
        return
    yield _folders_check(locations, settings)
    if settings.claims:
        yield Check(
            "claims",
            "note",
            f"{len(settings.claims)} lines of ~/.wakatime.cfg keep saves for other accounts",
            "None of them gets such a save yet, nor does any other account.",
        )
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
        # What to do is said under "resident".
        return Check("folders", "note", f"{named}; trayapp does not run")
    folders = monitor["folders"]
    suppressed = monitor["suppressed"]
    found = f"{named}; {sum(each['watches'] for each in folders)} folders watched in them, "
    found += f"{monitor['saves']} saves since the start"
    if suppressed:
        reasons = ", ".join(f"{count} {reason}" for reason, count in suppressed.items())
        found += f"; nobody's: {reasons}"
    for each in folders:
        if each["problem"]:
            return Check(
                "folders", "note", f"{found}; {each['path']}: {each['problem']}", each["advice"]
            )
    return Check("folders", "ok", found)


def _tray_check(environment: Mapping[str, str]) -> Check:
    description = describe_tray(environment)
    # Not bad in itself: over SSH nobody expects an icon.
    verdict: Verdict = "ok" if description.shows else "note"
    return Check("tray", verdict, description.found, description.advice)


def _resident_check(locations: Locations) -> Check:
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
        return Check("resident", "note", "trayapp does not run", "Start it: trayapp")
    return Check(
        "resident",
        "ok",
        f"trayapp runs: {status['text']}, {status['state']}; its log is in {locations.log_dir}",
    )


def _values(locations: Locations, environment: Mapping[str, str]) -> tuple[Value, ...]:
    try:
        return load_settings(locations, environment).values
    except TrayappError:
        # The check named "settings" has told why.
        return ()


def _bad(part: str, error: TrayappError) -> Check:
    return Check(part, "bad", error.title, error.hint, error.exit_code)


def _print(checks: list[Check]) -> None:
    for check in checks:
        print(f"{check.verdict:<5} {check.part:<9} {check.found}")
        if check.advice:
            print(f"{'':<15} -> {check.advice}")
