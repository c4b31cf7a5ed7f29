"""What is told about a root: whether it is watched, and which limit was reached."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

SYSCTLS = Path("/proc/sys/fs/inotify")

LEAST_WATCHES = 524_288
LEAST_INSTANCES = 512
"""What is advised where less is allowed; where this is not enough, twice what is allowed."""


class Condition(Enum):
    """Say how a root fares."""

    WATCHED = "all is watched but what is left out on purpose"
    BUDGET_SPENT = "the budget of watches is spent; the deepest folders are not watched"
    NO_WATCHES_LEFT = "the system's limit of watches is reached; some folders are not watched"
    NO_INSTANCES_LEFT = "the system's limit of inotify instances is reached; nothing is watched"
    MISSING = "there is no such folder"
    DELETED = "the folder was deleted"
    RENAMED = "the folder, or one that it lies in, was renamed"
    UNMOUNTED = "the file system was unmounted"
    UNREADABLE = "the folder may not be read"
    FAILED = "watching failed and was given up until the next rescan"


LIMITS_OF_THE_SYSTEM = frozenset({Condition.NO_WATCHES_LEFT, Condition.NO_INSTANCES_LEFT})
"""What other programs, or the person, may lift at any time, and nothing tells when."""

RETRY_SECONDS = 10.0
"""How soon to try again what a limit of the system forbade."""


@dataclass(frozen=True)
class Report:
    """One thing to know about a root.

    `root` is its real path, `watches` how many folders of it are watched at that moment. `sysctl`
    is what to set where a limit of the system is the reason, `name=value` for sysctl(8).
    """

    root: str
    condition: Condition
    watches: int = 0
    sysctl: str | None = None


def advice(condition: Condition) -> str | None:
    """Give the sysctl that lifts a limit of the system, and None for what is no such limit."""
    if condition is Condition.NO_WATCHES_LEFT:
        return _raised("max_user_watches", LEAST_WATCHES)
    if condition is Condition.NO_INSTANCES_LEFT:
        return _raised("max_user_instances", LEAST_INSTANCES)
    return None


def _raised(name: str, least: int) -> str:
    try:
        allowed = int((SYSCTLS / name).read_text())
    except (OSError, ValueError):
        allowed = 0
    return f"fs.inotify.{name}={least if allowed < least else allowed * 2}"
