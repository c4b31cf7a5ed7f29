"""`trayapp today`: ask the server once and print the best number there is."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace

from trayapp.cli import cached, complain
from trayapp.cli.parts import make_asker
from trayapp.coding.goal import with_goal
from trayapp.coding.number import Number
from trayapp.coding.status import State, Status, status_at
from trayapp.errors import TrayappError
from trayapp.resident.asking import Asker
from trayapp.resident.dashboard import dashboard_of
from trayapp.resident.snapshot_store import SnapshotStore, entry
from trayapp.settings.accounts import Account, Settings, load_settings, no_account
from trayapp.settings.locations import Locations, find_locations

log = logging.getLogger(__name__)


def run(environment: Mapping[str, str], *, account: str | None, form: str) -> int:
    """Print today's number of an account, fresh where that can be had.

    Where it cannot be had, what is not delivered yet is added to the last number of today; without
    an account all that was recorded counts. Raises UsageError for an account that does not exist.
    Every other error becomes the reason beside that number, or beside none.
    """
    locations = find_locations(environment)
    store = SnapshotStore(locations.snapshot_file)
    try:
        settings = load_settings(locations, environment)
    except TrayappError as error:
        return cached.present(entry(_status(None, None, error)), form)
    chosen = settings.showing if account is None else settings.account(account)
    asker = make_asker(environment)
    asker.zones = store.zones()
    number, problem = _ask(asker, store, settings, chosen)
    status = _status(chosen, number, problem)
    if status.state not in (State.FRESH, State.SIGNED_OUT):
        status = replace(status, number=_estimated(locations, chosen, status))
    if status.number is not None:
        status = replace(status, number=with_goal(status.number, settings.goal_seconds))
    store.save(status, show=chosen == settings.showing, zones=asker.zones)
    return cached.present(entry(status), form)


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


def _estimated(locations: Locations, account: Account | None, status: Status) -> Number | None:
    """Give a status's number with what was recorded, which no server has yet."""
    if not locations.queue_file.exists():
        return status.number
    # A fresh number does without SQLite.
    from trayapp.delivery.queue import HeartbeatQueue  # noqa: PLC0415
    from trayapp.resident.estimating import estimated  # noqa: PLC0415

    with closing(HeartbeatQueue(locations.queue_file, complain)) as queue:
        return estimated(queue, status.number, account, status.at)


def _status(account: Account | None, number: Number | None, error: TrayappError | None) -> Status:
    return status_at(
        time.time(),
        account=account.name if account else None,
        api_url=account.api_url if account else None,
        dashboard_url=dashboard_of(account) if account else None,
        number=number,
        error=error,
    )
