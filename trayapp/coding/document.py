"""Today as one JSON object and one line of text, read from a stored snapshot.

The cheap commands use this module, so it imports nothing but the formatter. A snapshot entry holds
the document as it was when written, and beside it what is needed to judge it later: `at` (when it
was written), `fetched_at`, `day_starts_at`, `day_ends_at` and `paused_until` in epoch seconds, and
the `exit_code` of its error. How an entry is made: trayapp.coding.snapshot.
"""

from __future__ import annotations

from trayapp.coding.duration import NOT_KNOWN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SCHEMA = 1

FRESH_SECONDS = 600
"""A number older than this is stale."""

BREAKDOWN_NAMES = (
    "languages",
    "projects",
    "editors",
    "machines",
    "operating_systems",
    "categories",
)
"""The breakdowns that a document always names, in its order."""

NUMBER_KEYS = (
    "date",
    "timezone",
    "total_seconds",
    "fetched_at",
    "age_seconds",
    "source",
    "goal",
    *BREAKDOWN_NAMES,
)
"""The keys that are null while no number is known."""

NUMBER_FLAGS = ("estimate", "goal-reached")
"""The flags that say something of a number."""


def document_at(entry: dict[str, Any], now: float) -> dict[str, Any]:
    """Give an entry's document as it stands at `now` (epoch seconds).

    A number is dropped when `now` is not on its day, and called stale when it has grown old.
    """
    document = dict(entry["document"])
    # An earlier trayapp stored no flags.
    flags = document.get("flags", [])
    if (entry.get("paused_until") or 0) <= now:
        flags = [flag for flag in flags if flag != "paused"]
    if document["total_seconds"] is not None:
        if not entry["day_starts_at"] <= now < entry["day_ends_at"]:
            document.update(dict.fromkeys(NUMBER_KEYS))
            document["text"] = NOT_KNOWN
            flags = [flag for flag in flags if flag not in NUMBER_FLAGS]
            if document["state"] in ("fresh", "stale"):
                document["state"] = "starting"
        else:
            document["age_seconds"] = max(0, round(now - entry["fetched_at"]))
            if document["state"] == "fresh" and document["age_seconds"] > FRESH_SECONDS:
                document["state"] = "stale"
    document["fresh"] = document["state"] == "fresh"
    document["flags"] = flags
    return document


def next_change(entry: dict[str, Any], now: float) -> float | None:
    """Find the next moment at which time alone changes an entry's document, None for never."""
    moments = [entry.get("paused_until")]
    if entry["document"]["total_seconds"] is not None:
        stale_at = entry["fetched_at"] + FRESH_SECONDS + 1
        moments += [entry["day_starts_at"], stale_at, entry["day_ends_at"]]
    return min((at for at in moments if at is not None and at > now), default=None)


def text_line(document: dict[str, Any], fetched: str) -> str:
    """Give the document as a line; `fetched` is the number's time of day, such as `14:02`."""
    text: str = document["text"]
    # What an estimate adds is newer than the number that was fetched.
    if document["fresh"] or document["total_seconds"] is None or document["source"] == "estimate":
        return text
    return f"{text} as of {fetched}"


def reason(document: dict[str, Any]) -> str:
    """Say in one line why the document's number is not fresh; empty when it is."""
    if document["fresh"] or (_is_local(document) and document["total_seconds"] is not None):
        return ""
    error = document["error"]
    if error is not None:
        return f"{error['title']}. {error['hint']}" if error["hint"] else str(error["title"])
    if document["total_seconds"] is None:
        return "No number of today is known yet. Ask again in a minute: trayapp today"
    if document["source"] == "estimate":
        return "This is an estimate: the server has not told its own number yet."
    minutes = document["age_seconds"] // 60
    return f"The number is {minutes} minutes old. It is renewed while trayapp runs."


def exit_code(entry: dict[str, Any], document: dict[str, Any]) -> int:
    """Give the exit code: that of the error, else 1 when there is no number."""
    if document["error"] is not None:
        return int(entry["exit_code"])
    return 1 if document["total_seconds"] is None else 0


def _is_local(document: dict[str, Any]) -> bool:
    return bool(document["state"] == "local")
