"""A status for every state and flag, as icons are drawn of it to be looked at."""

from __future__ import annotations

from dataclasses import replace

from tests.coding.samples import NOON, a_number, a_status
from trayapp.coding.file_monitor import FileMonitorStatus
from trayapp.coding.goal import with_goal
from trayapp.coding.preferences import IconFace
from trayapp.coding.status import DeliveryStatus, Status, status_at
from trayapp.errors import KeyRefusedError, SignedOutError, UnreachableError

PAUSED = FileMonitorStatus(enabled=True, paused_until=NOON + 900)

GOAL = 3 * 3600.0


def hours(number: float) -> Status:
    """Give a fresh status of so many hours, with a goal of three."""
    return a_status(with_goal(a_number(number * 3600), GOAL))


FRESH = hours(2.0834)

LOCAL = status_at(
    NOON, account=None, api_url=None, dashboard_url=None, number=None, error=SignedOutError("x")
)

STATES = {
    "fresh": FRESH,
    "stale": a_status(FRESH.number, now=NOON + 700),
    "offline": a_status(FRESH.number, UnreachableError("x")),
    "refused": a_status(FRESH.number, KeyRefusedError("x")),
    "starting": a_status(),
    "nothing, offline": a_status(None, UnreachableError("x")),
    "nothing, refused": a_status(None, KeyRefusedError("x")),
    "signed-out": a_status(None, SignedOutError("x")),
    "local": LOCAL,
}

FLAGS = {
    "paused": replace(FRESH, monitor=PAUSED),
    "waiting": replace(FRESH, delivery=DeliveryStatus(waiting=12)),
    "dead": replace(FRESH, delivery=DeliveryStatus(dead=1)),
    "estimate": a_status(replace(a_number(7500.0), source="estimate")),
    "goal-reached": hours(3.35),
}

TIMES = {
    "0m": hours(0),
    "47m": hours(0.79),
    "1h 00m": hours(1),
    "12h 05m": hours(12.09),
    "no goal": a_status(a_number(4000.0)),
}

SAMPLES = {**STATES, **FLAGS, **TIMES}


def with_face(status: Status, face: IconFace) -> Status:
    """Give the status as it is with this icon set."""
    return replace(status, preferences=status.preferences._replace(icon=face))
