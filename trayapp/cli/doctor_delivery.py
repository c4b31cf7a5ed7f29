"""Doctor's checks of delivery: the queue, who sends it, and a heartbeat sent once more."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace

from trayapp.cli.checks import Check, bad
from trayapp.cli.parts import connect
from trayapp.coding.counted import counted
from trayapp.delivery.outcomes import Fate, judge
from trayapp.delivery.queue import HeartbeatQueue
from trayapp.delivery.round import Batch
from trayapp.delivery.rows import LOCAL, Row
from trayapp.delivery.salvage import damaged_files
from trayapp.delivery.seams import Receiver
from trayapp.desktop.single_instance import InstanceLock, is_locked
from trayapp.errors import QueueError, TrayappError
from trayapp.resident.receivers import make_receivers
from trayapp.servers.dialects import heartbeats_url
from trayapp.servers.understood import Understood, decode_understood
from trayapp.settings.accounts import Settings
from trayapp.settings.keyring_store import SystemKeyring
from trayapp.settings.locations import Locations

SEND_TEST = "send-test"

SIGN_IN = "Sign in: trayapp login"


def queue_checks(locations: Locations, settings: Settings) -> Iterator[Check]:
    """Look through the queue's file, which mends what is damaged, and count what is in it."""
    if not locations.queue_file.exists():
        yield Check("queue", "ok", "nothing was recorded yet")
        return
    mended: list[str] = []
    queue = HeartbeatQueue(locations.queue_file, mended.append)
    with closing(queue):
        try:
            queue.check()
            accounts = list(_account_checks(queue, settings))
        except QueueError as error:
            yield bad("queue", error)
            return
    yield _file_check(locations, mended)
    yield from accounts


def send_test_checks(
    locations: Locations, settings: Settings, environment: Mapping[str, str]
) -> Iterator[Check]:
    """Send again, to each account, the newest heartbeat that it accepted, byte for byte."""
    # Nobody is there to type a keyring's password where a script runs.
    unlock = sys.stdin is not None and sys.stdin.isatty()
    receivers = make_receivers(settings, environment, SystemKeyring(), connect, unlock=unlock)
    rows: dict[str, Row | None] = {}
    if locations.queue_file.exists():
        with closing(HeartbeatQueue(locations.queue_file)) as queue:
            try:
                rows = {one.name: queue.newest_accepted(one.name) for one in receivers}
            except QueueError as error:
                yield bad(SEND_TEST, error)
                return
    if not receivers:
        advice = "Let one: receive = true in config.toml" if settings.accounts else SIGN_IN
        yield Check(SEND_TEST, "note", "no account receives heartbeats", advice)
    for receiver in receivers:
        row = rows.get(receiver.name)
        # A line of ~/.wakatime.cfg that claims files may never have had one.
        if row is not None:
            yield _send_again(receiver, row)
        elif receiver.name in settings.receiving_accounts:
            found = f"{_name(receiver.name)} has accepted no heartbeat yet"
            yield Check(SEND_TEST, "note", found, "Save a file first, and try again in a minute.")


def _file_check(locations: Locations, mended: list[str]) -> Check:
    lock = locations.sender_lock_file
    sender = InstanceLock(lock).holder() or "another trayapp"
    sends = f"{sender} sends" if is_locked(lock) else "nothing sends now"
    if mended:
        return Check("queue", "note", f"{'; '.join(mended)}; {sends}", "See: trayapp queue")
    found = f"{locations.queue_file} is sound; {sends}"
    aside = damaged_files(locations.queue_file)
    if not aside:
        return Check("queue", "ok", found)
    beside = f"{counted(len(aside), 'damaged file')} beside it"
    advice = "All that could be read of them is in it. To erase them: trayapp queue forget"
    return Check("queue", "note", f"{found}; {beside}", advice)


def _account_checks(queue: HeartbeatQueue, settings: Settings) -> Iterator[Check]:
    known = settings.receivers
    for receiver in (*known, *(name for name in queue.receivers() if name not in known)):
        counts = queue.counts(receiver)
        parts = [f"{counts.waiting} waiting"]
        parts += [f"{counts.dead} refused"] if counts.dead else []
        parts += [f"{counts.set_aside} set aside"] if counts.set_aside else []
        found = f"{_name(receiver)}: {', '.join(parts)}"
        if receiver in known:
            lost = counts.dead or counts.set_aside
            advice = "What and why: trayapp queue" if lost else ""
            yield Check("delivery", "note" if lost else "ok", found, advice)
        elif counts.waiting or counts.dead or counts.set_aside:
            advice = f"To drop it: trayapp accounts remove {receiver}"
            yield Check("delivery", "note", f"{found}; there is no such account any more", advice)
    local = queue.counts(LOCAL).waiting
    if local:
        found = f"{counted(local, 'heartbeat')} recorded without an account"
        send = "To send what is so: trayapp queue send --local"
        advice = send if settings.receiving_accounts else "To sign in: trayapp login"
        yield Check("delivery", "note", found, advice)


def _send_again(receiver: Receiver, row: Row) -> Check:
    name = _name(receiver.name)
    try:
        with closing(receiver.connect()) as client:
            dialect = client.find_dialect()
            response = client.send_heartbeats(Batch((row,)).body, row.machine, row.user_agent)
            verdict = judge(response, 1, dialect, heartbeats_url(client.api_url))
    except TrayappError as error:
        return _failed(name, error)
    if verdict.items and verdict.items[0].fate is Fate.DONE:
        return Check(SEND_TEST, "ok", f"{name} {_accepted(row, decode_understood(response.body))}")
    if verdict.error is not None:
        return _failed(name, verdict.error)
    # Some take nothing that is older than a week.
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(row.time))
    found = f"{name} does not take the heartbeat of {when} again: {verdict.items[0].reason}"
    return Check(SEND_TEST, "bad", found, "Save a file, and try again in a minute.", exit_code=1)


def _failed(name: str, error: TrayappError) -> Check:
    return replace(bad(SEND_TEST, error), found=f"{name}: {error.title}")


def _accepted(row: Row, understood: Understood | None) -> str:
    if understood is not None:
        return (
            f"understood: editor {understood.editor or 'unknown'}, "
            f"system {understood.system or 'unknown'}, "
            f"language {understood.language or 'unknown'}"
        )
    language = json.loads(row.body).get("language")
    return (
        f"accepts heartbeats, and does not tell what it understood; sent was "
        f"language {language or 'unknown'} by {row.user_agent}"
    )


def _name(receiver: str) -> str:
    return receiver.partition("@")[0]
