"""A Status in the form in which it is stored for the cheap commands."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from trayapp.coding.day import Day
from trayapp.coding.document import BREAKDOWN_NAMES, SCHEMA
from trayapp.coding.duration import ESTIMATE_SIGN, NOT_KNOWN, format_duration
from trayapp.coding.goal import with_added
from trayapp.coding.number import Breakdown, Goal, Number, Share
from trayapp.coding.status import DeliveryStatus, State, Status


def entry_of(status: Status, fetched_at: str | None) -> dict[str, Any]:
    """Give a Status the form that trayapp.coding.document reads.

    `fetched_at` is the moment of the status's number in ISO 8601 with offset.
    """
    number, problem = status.number, status.problem
    if status.state is State.LOCAL and number is not None:
        # That there is no account is no fault of a number which needs none.
        problem = None
    estimate = ESTIMATE_SIGN if number and number.source == "estimate" else ""
    return {
        "at": status.at,
        "fetched_at": number.fetched_at if number else None,
        "day_starts_at": number.day.starts_at if number else None,
        "day_ends_at": number.day.ends_at if number else None,
        "server_seconds": number.server_seconds if number else None,
        "paused_until": status.monitor.paused_until,
        "exit_code": problem.exit_code if problem else 0,
        "document": {
            "schema": SCHEMA,
            "date": number.day.date if number else None,
            "timezone": number.day.timezone if number else None,
            "total_seconds": number.total_seconds if number else None,
            "text": estimate + format_duration(number.total_seconds) if number else NOT_KNOWN,
            "state": str(status.state),
            "account": status.account,
            "api_url": status.api_url,
            "fetched_at": fetched_at if number else None,
            "age_seconds": max(0, round(status.at - number.fetched_at)) if number else None,
            "fresh": status.state is State.FRESH,
            "source": number.source if number else None,
            "goal": _goal_document(number.goal) if number and number.goal else None,
            **{
                name: breakdown_document(number.breakdowns.get(name)) if number else None
                for name in BREAKDOWN_NAMES
            },
            "flags": [str(flag) for flag in status.flags],
            "waiting": status.delivery.waiting,
            "dead": status.delivery.dead,
            "error": {"title": problem.title, "hint": problem.hint} if problem else None,
        },
    }


def number_of(entry: dict[str, Any]) -> Number | None:
    """Read the server's number back from an entry that `entry_of` made; None where it has none.

    What an estimate added to it may be delivered by now. Raises KeyError, TypeError or ValueError
    where the entry is none of ours.
    """
    document = entry["document"]
    is_estimate = document["source"] == "estimate"
    seconds = entry.get("server_seconds") if is_estimate else document["total_seconds"]
    if seconds is None:
        return None
    goal = document["goal"]
    return Number(
        total_seconds=float(seconds),
        day=Day(
            date=str(document["date"]),
            timezone=str(document["timezone"]),
            starts_at=float(entry["day_starts_at"]),
            ends_at=float(entry["day_ends_at"]),
        ),
        fetched_at=float(entry["fetched_at"]),
        goal=with_added(Goal(**goal), seconds - document["total_seconds"]) if goal else None,
        breakdowns={name: _breakdown(document[name]) for name in BREAKDOWN_NAMES},
    )


def with_parts_of(entry: dict[str, Any], status: Status) -> Status:
    """Give a status what an entry says of delivery and of the file monitor's pause.

    Raises KeyError, TypeError or ValueError where the entry is none of ours.
    """
    document = entry["document"]
    delivery = DeliveryStatus(int(document["waiting"]), int(document["dead"]))
    monitor = replace(status.monitor, paused_until=entry["paused_until"])
    return replace(status, delivery=delivery, monitor=monitor)


def _goal_document(goal: Goal) -> dict[str, Any]:
    return {
        "target_seconds": goal.target_seconds,
        "tracked_seconds": goal.tracked_seconds,
        "percent": goal.percent,
        "complete": goal.complete,
    }


def breakdown_document(breakdown: Breakdown) -> list[dict[str, Any]] | None:
    """Give a breakdown as JSON values, null where the server does not say."""
    if breakdown is None:
        return None
    return [{"name": share.name, "total_seconds": share.total_seconds} for share in breakdown]


def _breakdown(document: list[dict[str, Any]] | None) -> Breakdown:
    if document is None:
        return None
    return tuple(Share(str(line["name"]), float(line["total_seconds"])) for line in document)
