"""`trayapp queue`: what waits, what was sent and refused, and what becomes of it."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from trayapp.cli import complain
from trayapp.cli.confirm import confirm
from trayapp.coding.counted import counted
from trayapp.coding.day import day_at
from trayapp.coding.printable import printable
from trayapp.delivery.queue import HeartbeatQueue
from trayapp.delivery.rows import LOCAL, Counts, DeadLetter
from trayapp.errors import UsageError
from trayapp.servers.zones import local_zone
from trayapp.settings.accounts import Settings, load_settings
from trayapp.settings.locations import find_locations

SCHEMA = 1


@dataclass(frozen=True)
class ReceiverQueue:
    """The queue of one receiver; `is_known` tells whether the settings have it."""

    receiver: str
    is_known: bool
    counts: Counts
    letters: tuple[DeadLetter, ...]

    @property
    def name(self) -> str:
        """The account's name; "" is what was recorded without one."""
        return self.receiver.partition("@")[0]

    @property
    def api_url(self) -> str | None:
        """Where it is sent."""
        return self.receiver.partition("@")[2] or None


def show(environment: Mapping[str, str], *, as_json: bool) -> int:
    """Print what waits, was sent today, was set aside and refused, of each account."""
    locations = find_locations(environment)
    settings = load_settings(locations, environment)
    queue = HeartbeatQueue(locations.queue_file, complain)
    found = list(_queues(queue, settings))
    queue.close()
    if as_json:
        accounts = [_document(one) for one in found if one.receiver != LOCAL]
        local = next((one.counts.waiting for one in found if one.receiver == LOCAL), 0)
        print(json.dumps({"schema": SCHEMA, "accounts": accounts, "local": local}))
        return 0
    for one in found:
        for line in _lines(one):
            print(line)
    if not found:
        print("Nothing was recorded yet.")
    return 0


def send(environment: Mapping[str, str]) -> int:
    """Send what waits at once: the running trayapp does, or else this process."""
    from trayapp.cli.sending import send_now  # noqa: PLC0415 -- the others need no network

    return send_now(environment)


def retry(environment: Mapping[str, str], ids: Collection[int] | None) -> int:
    """Let what was refused wait again, all of it without `ids`; raises UsageError."""
    queue = _queue(environment)
    damaged = {letter.id for letter in _chosen(queue, ids) if letter.set_aside}
    if ids is not None and damaged:
        raise UsageError(
            f"{_ids(damaged)} cannot be read any more", "Give it up: trayapp queue drop"
        )
    count = queue.retry(ids)
    queue.close()
    print(f"{counted(count, 'heartbeat')} will be sent again.")
    return 0


def drop(environment: Mapping[str, str], ids: Collection[int] | None) -> int:
    """Give up what was refused or set aside, all of it without `ids`; raises UsageError."""
    queue = _queue(environment)
    _chosen(queue, ids)
    count = queue.drop(ids)
    queue.close()
    print(f"{counted(count, 'heartbeat')} will never be sent.")
    return 0


def forget(environment: Mapping[str, str], *, yes: bool) -> int:
    """Erase what is kept of heartbeats that every account has; asks before, unless `yes`."""
    question = "Erase times, projects and languages of all that was sent, from this machine?"
    if not confirm(question, yes=yes):
        print("Nothing was erased.")
        return 1
    queue = _queue(environment)
    queue.forget()
    queue.close()
    print("The history is erased. What waits or was refused stays.")
    return 0


def _queue(environment: Mapping[str, str]) -> HeartbeatQueue:
    return HeartbeatQueue(find_locations(environment).queue_file, complain)


def _chosen(queue: HeartbeatQueue, ids: Collection[int] | None) -> list[DeadLetter]:
    """Give the letters of these IDs, or all; raises UsageError for an ID that is none."""
    letters = queue.dead()
    unknown = set(ids or ()) - {letter.id for letter in letters}
    if unknown:
        raise UsageError(f"{_ids(unknown)} was not refused", "See: trayapp queue")
    return [letter for letter in letters if ids is None or letter.id in ids]


def _queues(queue: HeartbeatQueue, settings: Settings) -> Iterator[ReceiverQueue]:
    """Give those of the settings, then those of accounts that have gone, then the local one."""
    zone, name = local_zone()
    today = day_at(time.time(), zone, name).starts_at
    known = settings.receivers
    others = [name for name in queue.receivers() if name not in known]
    for receiver in (*known, *others, LOCAL):
        counts = queue.counts(receiver, today)
        letters = tuple(queue.dead(receiver))
        if receiver != LOCAL or counts.waiting or letters:
            yield ReceiverQueue(receiver, receiver in known, counts, letters)


def _lines(one: ReceiverQueue) -> Iterator[str]:
    where = f"{one.name} at {one.api_url}" if one.receiver != LOCAL else "without an account"
    parts = [f"{one.counts.waiting} waiting", f"{one.counts.done} sent today"]
    if one.receiver == LOCAL:
        parts = parts[:1]
    if one.counts.set_aside:
        parts.append(f"{one.counts.set_aside} set aside")
    if one.counts.dead:
        parts.append(f"{one.counts.dead} refused")
    yield f"{where}: {', '.join(parts)}"
    if not one.is_known and one.receiver != LOCAL:
        yield f"    no such account any more; to drop it: trayapp accounts remove {one.receiver}"
    for letter in one.letters:
        made = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(letter.time))
        what = "set aside" if letter.set_aside else "refused"
        told = map(printable, (f"ID {letter.id}", what, made, letter.entity, letter.reason))
        yield f"    {'  '.join(filter(None, told))}"


def _document(one: ReceiverQueue) -> dict[str, Any]:
    return {
        "name": one.name,
        "api_url": one.api_url,
        "known": one.is_known,
        "waiting": one.counts.waiting,
        "sent_today": one.counts.done,
        "set_aside": [_letter(letter) for letter in one.letters if letter.set_aside],
        "dead": [_letter(letter) for letter in one.letters if not letter.set_aside],
    }


def _letter(letter: DeadLetter) -> dict[str, Any]:
    return {
        "id": letter.id,
        "entity": letter.entity,
        "time": letter.time,
        "reason": letter.reason,
        "at": letter.at,
    }


def _ids(ids: Collection[int]) -> str:
    return "ID " + ", ".join(map(str, sorted(ids)))
