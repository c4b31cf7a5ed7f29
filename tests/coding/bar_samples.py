"""What bars are given for each kind of status; the golden files that the tests compare with.

.venv/bin/python -m tests.coding.bar_samples      # writes them anew, for `git diff` to show
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from trayapp.coding.bars import FORMATS, render
from trayapp.coding.document import document_at
from trayapp.coding.file_monitor import FileMonitorStatus
from trayapp.coding.number import Goal, Number, Share
from trayapp.coding.snapshot import entry_of
from trayapp.coding.status import DeliveryStatus, Status, status_at
from trayapp.errors import KeyRefusedError, SignedOutError, TrayappError, UnreachableError

from .samples import NOON, a_number, a_status

GOLDEN = Path(__file__).parent / "golden" / "bars"

MARKUP = 'a|b <i>&"c" #[fg=red] %{F#f00}'
"""A project's name that is markup in each bar."""

OFFLINE = UnreachableError("waka.example cannot be reached", "Check the network.")


def a_number_of_projects(seconds: float = 7500.0, goal: Goal | None = None) -> Number:
    projects = (Share(MARKUP, 2100.0), Share("trayapp", 5400.0))
    number = a_number(seconds, goal=goal)
    return replace(number, breakdowns={**number.breakdowns, "projects": projects})


def local(number: Number | None, error: TrayappError) -> Status:
    return status_at(
        NOON, account=None, api_url=None, dashboard_url=None, number=number, error=error
    )


def samples() -> dict[str, dict[str, Any]]:
    """Give a document for each kind of status, as it was stored and read."""
    number = a_number_of_projects()
    estimate = replace(number, total_seconds=9000.0, source="estimate", server_seconds=7500.0)
    own = Number(600.0, number.day, NOON, source="estimate")
    no_account = SignedOutError("There is no account yet", "Sign in: trayapp login")
    troubled = replace(
        a_status(number, KeyRefusedError("The key is refused", "Run: trayapp login")),
        delivery=DeliveryStatus(waiting=3, dead=1),
        monitor=FileMonitorStatus(enabled=True, paused_until=NOON + 3600),
    )
    goal = Goal(10_800.0, 7500.0, 69.0, complete=False)
    reached = Goal(7200.0, 7500.0, 104.0, complete=True)
    statuses = {
        "fresh": a_status(number),
        "stale": a_status(number),
        "estimate": a_status(estimate, OFFLINE),
        "goal": a_status(a_number_of_projects(goal=goal)),
        "goal reached": a_status(a_number_of_projects(goal=reached)),
        "offline": a_status(number, OFFLINE),
        "refused, waiting, dead, paused": troubled,
        "signed-out": a_status(number, SignedOutError("There is no key", "Run: trayapp login")),
        "local": local(own, no_account),
        "local, not known": local(None, no_account),
        "not known": a_status(),
        "yesterday's": a_status(replace(estimate, goal=reached), OFFLINE),
    }
    later = {"stale": 1500.0, "yesterday's": 86_400.0}
    return {
        name: document_at(
            json.loads(json.dumps(entry_of(status, "2026-11-21T12:00:00+01:00"))),
            NOON + later.get(name, 0.0),
        )
        for name, status in statuses.items()
    }


def golden(form: str) -> str:
    """Give what a golden file holds: each sample's name and its lines."""
    return "".join(
        f"## {name}\n{render(form, document, '12:00')}\n" for name, document in samples().items()
    )


def main() -> None:
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for form in FORMATS:
        (GOLDEN / f"{form}.txt").write_text(golden(form), "utf-8")


if __name__ == "__main__":
    main()
