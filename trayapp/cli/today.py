"""`trayapp today`: ask the server once and print the best number there is."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace

from trayapp.cli import cached, complain
from trayapp.cli.parts import make_asker
from trayapp.coding.goal import with_goal
from trayapp.coding.number import Number
from trayapp.coding.status import State, Status, status_at
from trayapp.desktop.single_instance import is_locked
from trayapp.errors import TrayappError
from trayapp.resident.asking import Asker
from trayapp.resident.dashboard import dashboard_of
from trayapp.resident.snapshot_store import SnapshotStore, entry
from trayapp.settings.accounts import Account, Settings, load_settings, no_account
from trayapp.settings.locations import Locations, find_locations

log = logging.getLogger(__name__)


def run(
    environment: Mapping[str, str],
    *,
    account: str | None = None,
    form: str | None = None,
    template: str | None = None,
    max_age: float | None = None,
) -> int:
    """Print today's number of an account, fresh where that can be had.

    Where it cannot be had, what is not delivered yet is added to the last number of today; without
    an account all that was recorded counts. Raises UsageError for an account that does not exist.
    Every other error becomes the reason beside that number, or beside none. What is stored serves
    while it is at most `max_age` seconds old.
    """
    locations = find_locations(environment)
    if max_age is not None:
        stored = cached.read_entry(str(locations.snapshot_file), account)
        if stored is not None and cached.is_recent(stored, max_age):
            return cached.run(account, form, template)
    store = SnapshotStore(locations.snapshot_file)
    try:
        settings = load_settings(locations, environment)
    except TrayappError as error:
        return cached.present(entry(_status(None, None, error)), form, template)
    chosen = settings.showing if account is None else settings.account(account)
    asker = make_asker(environment, store)
    number, problem = _ask(asker, store, settings, chosen)
    status = _status(chosen, number, problem)
    if status.state not in (State.FRESH, State.SIGNED_OUT):
        tell = log.warning if cached.is_for_a_bar(form, template) else complain
        number = estimated_here(locations, chosen, status.number, status.at, tell)
        status = replace(status, number=number)
    if status.number is not None:
        status = replace(status, number=with_goal(status.number, settings.goal_seconds))
    if is_locked(locations.lock_file):
        # The running trayapp knows of delivery and of the file monitor, this process does not.
        status = store.with_parts(status)
    store.save(status, show=chosen == settings.showing, zones=asker.zones)
    return cached.present(entry(status), form, template)


def _ask(
    asker: Asker, store: SnapshotStore, settings: Settings, account: Account | None
) -> tuple[Number | None, TrayappError | None]:
    if account is None:
        return None, no_account(asker.environment)
    last = store.number(account.name, account.api_url)
    try:
        number = asker.ask(account, settings)
    except TrayappError as error:
        log.debug(
            "%s, caused by: %s", type(error).__name__, error.describe_cause() or "nothing else"
        )
        return last, error
    finally:
        asker.forget()
    return number or last, None


def estimated_here(
    locations: Locations,
    account: Account | None,
    number: Number | None,
    now: float,
    tell: Callable[[str], None],
) -> Number | None:
    """Add to a number what was recorded on this machine, which no server has yet.

    `tell` is given a sentence for a person where the queue was damaged.
    """
    if not locations.queue_file.exists():
        return number
    # A fresh number does without SQLite.
    from trayapp.delivery.queue import HeartbeatQueue  # noqa: PLC0415
    from trayapp.resident.estimating import estimated  # noqa: PLC0415

    with closing(HeartbeatQueue(locations.queue_file, tell)) as queue:
        return estimated(queue, number, account, now)


def _status(account: Account | None, number: Number | None, error: TrayappError | None) -> Status:
    return status_at(
        time.time(),
        account=account.name if account else None,
        api_url=account.api_url if account else None,
        dashboard_url=dashboard_of(account) if account else None,
        number=number,
        error=error,
    )
