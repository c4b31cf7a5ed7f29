"""What was recorded without an account: offered on signing in, and sent or dropped later."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from contextlib import closing
from itertools import groupby

from trayapp.cli import complain
from trayapp.cli.confirm import confirm
from trayapp.coding.counted import counted
from trayapp.coding.counting import HACKATIME_RULE, total
from trayapp.coding.duration import format_duration
from trayapp.delivery.queue import HeartbeatQueue
from trayapp.delivery.rows import LOCAL
from trayapp.desktop import control
from trayapp.errors import ControlError
from trayapp.settings.accounts import Settings, load_settings, no_account
from trayapp.settings.locations import Locations, find_locations

FOREVER = float("inf")


def offer(locations: Locations, settings: Settings, *, send: bool | None) -> None:
    """Send it to the accounts that receive, if the person says yes; raises QueueError.

    `send` is the answer beforehand. Without one it is asked on a terminal, and is else no.
    """
    if not locations.queue_file.exists() or not settings.receiving_accounts:
        return
    with closing(HeartbeatQueue(locations.queue_file, complain)) as queue:
        recorded = _describe(queue)
        if not recorded:
            return
        print(f"{recorded}.")
        if send is None and sys.stdin is not None and sys.stdin.isatty():
            send = confirm(f"Send them to {_names(settings)}?", yes=False)
        if not send:
            print("They stay on this machine. To send them later: trayapp queue send --local")
            return
        queue.address_local(settings.receiving_accounts)
    try:
        control.ask(locations.control_address, "flush")
    except ControlError:
        print("They are sent while trayapp runs, or at once by: trayapp queue send")
    else:
        print(f"The running trayapp sends them to {_names(settings)}.")


def send(environment: Mapping[str, str]) -> int:
    """Send it, and what else waits, at once; raises SignedOutError, ConfigError, QueueError."""
    from trayapp.cli.sending import send_now  # noqa: PLC0415 -- the others need no network

    locations = find_locations(environment)
    settings = load_settings(locations, environment)
    if not settings.receiving_accounts:
        raise no_account(environment)
    with closing(HeartbeatQueue(locations.queue_file, complain)) as queue:
        queue.address_local(settings.receiving_accounts)
    return send_now(environment)


def drop(environment: Mapping[str, str], *, yes: bool) -> int:
    """Give it up; asks before, unless `yes`. Raises UsageError, QueueError."""
    with closing(HeartbeatQueue(find_locations(environment).queue_file, complain)) as queue:
        recorded = _describe(queue)
        if not recorded:
            print("Nothing was recorded without an account.")
            return 0
        if not confirm(f"{recorded}. Drop them? They will never be sent.", yes=yes):
            print("Nothing was dropped.")
            return 1
        count = queue.remove_receiver(LOCAL)
    print(f"{counted(count, 'heartbeat')} will never be sent.")
    return 0


def _describe(queue: HeartbeatQueue) -> str:
    """Say how much was recorded, "" for nothing."""
    times = [at for at, _ in queue.times(0.0, FOREVER, LOCAL)]
    if not times:
        return ""
    seconds = sum(total(day, HACKATIME_RULE) for _, day in groupby(times, _date))
    verb = "was" if len(times) == 1 else "were"
    return (
        f"{counted(len(times), 'heartbeat')} {verb} recorded without an account since "
        f"{_date(times[0])}, about {format_duration(seconds)} of coding"
    )


def _date(moment: float) -> str:
    day = time.localtime(moment)
    return f"{day.tm_mday} {time.strftime('%B %Y', day)}"


def _names(settings: Settings) -> str:
    return " and ".join(name.partition("@")[0] for name in settings.receiving_accounts)
