"""What doctor finds of one part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from trayapp.errors import TrayappError

Verdict: TypeAlias = Literal["ok", "note", "bad"]


@dataclass(frozen=True)
class Check:
    """One part: what was found and, where it is not well, what to do."""

    part: str
    verdict: Verdict
    found: str
    advice: str = ""
    exit_code: int = 0


def bad(part: str, error: TrayappError) -> Check:
    """Give the check of a part that failed."""
    return Check(part, "bad", error.title, error.hint, error.exit_code)
