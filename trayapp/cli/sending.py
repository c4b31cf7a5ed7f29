"""Sending because a person says so: the running trayapp does, or else this process."""

from __future__ import annotations

import random
import sys
from collections.abc import Mapping

from trayapp.cli import complain
from trayapp.cli.parts import connect
from trayapp.coding.counted import counted
from trayapp.delivery.queue import HeartbeatQueue
from trayapp.delivery.rows import Counts
from trayapp.delivery.seams import Listeners
from trayapp.delivery.sender import Sender
from trayapp.desktop import control
from trayapp.desktop.single_instance import InstanceLock, is_locked
from trayapp.errors import ControlError
from trayapp.resident.clock import SystemClock
from trayapp.resident.delivery import FLUSH
from trayapp.resident.receivers import make_receivers
from trayapp.settings.accounts import load_settings, no_account
from trayapp.settings.keyring_store import SystemKeyring
from trayapp.settings.locations import Locations, find_locations


def send_now(environment: Mapping[str, str]) -> int:
    """Send what waits at once, and say what became of it.

    Raises ControlError where a trayapp runs and does not answer, SignedOutError where there is no
    account, ConfigError and QueueError.
    """
    locations = find_locations(environment)
    try:
        waiting = control.ask(locations.control_address, FLUSH)["waiting"]
    except ControlError:
        if is_locked(locations.lock_file):
            raise
        return _send_here(locations, environment)
    print(f"The running trayapp sends now: {counted(waiting, 'heartbeat')}.")
    return 0


def _ask_sender(locations: Locations, holder: str) -> int:
    """Have the process send that has the sender's lock, such as a `trayapp watch`."""
    try:
        waiting = control.ask(locations.sender_address, FLUSH)["waiting"]
    except ControlError:
        complain(f"{holder} sends these with its next round.")
    else:
        print(f"{holder} sends now: {counted(waiting, 'heartbeat')}.")
    return 0


def _send_here(locations: Locations, environment: Mapping[str, str]) -> int:
    settings = load_settings(locations, environment)
    if not settings.receivers:
        raise no_account(environment)
    queue = HeartbeatQueue(locations.queue_file, complain)
    lock = InstanceLock(locations.sender_lock_file, "trayapp queue send")
    before = {name: queue.counts(name) for name in settings.receivers}
    sender = Sender(
        queue,
        SystemClock(),
        random.random,
        Listeners(changed=lambda: None, delivered=lambda _name: None),
        lock,
    )
    # Nobody is there to type a keyring's password where a script runs.
    unlock = sys.stdin is not None and sys.stdin.isatty()
    sender.follow(make_receivers(settings, environment, SystemKeyring(), connect, unlock=unlock))
    if not sender.send_once():
        return _ask_sender(locations, lock.holder() or "Another trayapp")
    exit_code = 0
    for status in sender.status():
        name = status.name.partition("@")[0]
        print(f"{name}: {_outcome(before[status.name], queue.counts(status.name))}")
        if status.problem is not None:
            complain(f"{name}: {status.problem}")
            exit_code = exit_code or status.problem.exit_code
    queue.close()
    return exit_code


def _outcome(before: Counts, after: Counts) -> str:
    sent = f"{after.done - before.done} sent, {after.waiting} waiting"
    refused = after.dead - before.dead
    return f"{sent}, {refused} refused (see: trayapp queue)" if refused else sent
