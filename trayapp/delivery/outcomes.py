"""What a server's answer means for the heartbeats that were sent to it.

Each kind of server answers in its own way: servers.md 4.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from trayapp.coding.pacing import LONGEST_RETRY_AFTER_SECONDS
from trayapp.errors import BadAnswerError, KeyRefusedError, ThrottledError, TrayappError
from trayapp.servers import lenient
from trayapp.servers.dialects import Dialect
from trayapp.servers.outcomes import error_of, retry_after
from trayapp.servers.transport import Response

LARGEST_BATCH = {Dialect.HACKATIME: 100, Dialect.WAKATIME: 25, Dialect.WAKAPI: 25}
SMALLER_BATCH = {Dialect.HACKATIME: 100, Dialect.WAKATIME: 10, Dialect.WAKAPI: 25}
"""For the rest of a round in which a larger one was refused: what wakatime-cli sends today."""

LONGEST_REASON = 200

_PERMANENT_TYPES = {"HeartbeatIngest::InvalidHeartbeatTime", "ActiveRecord::RecordInvalid"}
_ALL_INVALID = "no valid heartbeat object given"

# A key, plain or in base64, has 36 characters or more; no word of a server's own is that long.
_LIKE_A_KEY = re.compile(r"[A-Za-z0-9+/=_-]{32,}")
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")


class Fate(Enum):
    """What became of one heartbeat."""

    DONE = auto()
    DEAD = auto()
    """The server says for good that it will not have it."""

    DOUBTED = auto()
    """422 without saying that it is for good."""

    KEPT = auto()
    """429, 5xx or no answer at all: it is to be sent again."""


@dataclass(frozen=True)
class Item:
    """One heartbeat's fate, with the server's reason."""

    fate: Fate
    reason: str = ""


class Kind(Enum):
    """What a whole answer comes to."""

    DECIDED = auto()
    """At least one heartbeat is done or dead; `items` has all of them."""

    REJECTED = auto()
    """400 in the server's own words: one of them is bad, or the server is; halves will tell."""

    TOO_LARGE = auto()
    """413: fewer at a time."""

    UNDECIDED = auto()
    """An answer, but a decision on none: the same 422 for all, an error 500, a web page's 400."""

    FAILED = auto()
    """Whatever else: nothing is known of any, and the server is to be left alone for a while."""

    REFUSED = auto()
    """The key is not accepted."""


@dataclass(frozen=True)
class Verdict:
    """What an answer comes to, with what to tell; `retry_after` is in seconds.

    `doubted` tells of an undecided answer that it speaks against the heartbeats, not of a server
    that has no time for them. `crowded` tells that some were too many.
    """

    kind: Kind
    items: tuple[Item, ...] = ()
    error: TrayappError | None = None
    reason: str = ""
    retry_after: float | None = None
    doubted: bool = False
    crowded: bool = False


def judge(response: Response, count: int, dialect: Dialect, url: str) -> Verdict:
    """Say what an answer to `count` heartbeats, posted to `url`, means for them."""
    if 200 <= response.status < 300:
        return _judge_items(response, count, url)
    if response.status == 400 and _is_all_invalid(response, dialect):
        return Verdict(Kind.DECIDED, (Item(Fate.DEAD, _ALL_INVALID),) * count)
    error = error_of(response, url, dialect)
    wait = _wait(response)
    if isinstance(error, KeyRefusedError):
        return Verdict(Kind.REFUSED, error=error, retry_after=wait)
    kinds = {400: Kind.REJECTED, 413: Kind.TOO_LARGE, 500: Kind.UNDECIDED}
    kind = kinds.get(response.status, Kind.FAILED)
    if kind is Kind.REJECTED and _is_page(response):
        # A proxy's or a firewall's words: a server's own are JSON, or wakapi's plain text.
        kind = Kind.UNDECIDED
    return Verdict(kind, error=error, reason=_reason_of(response), retry_after=wait)


def judge_failure(error: TrayappError) -> Verdict:
    """Say what it means that no answer came at all."""
    return Verdict(
        Kind.REFUSED if isinstance(error, KeyRefusedError) else Kind.FAILED,
        error=error,
        # The dialect is asked for before the first heartbeats are sent.
        retry_after=error.retry_after if isinstance(error, ThrottledError) else None,
    )


def _judge_items(response: Response, count: int, url: str) -> Verdict:
    host = url.split("/")[2]
    document = lenient.parse_json(response.body)
    answers = document.get("responses") if isinstance(document, dict) else None
    if not isinstance(answers, list) or len(answers) > count:
        hint = "Perhaps a network's login page: open a browser. Else check the account's api_url."
        error = BadAnswerError(f"{host} did not say what became of the heartbeats", hint)
        return Verdict(Kind.FAILED, error=error, retry_after=_wait(response))
    items = [_judge_item(answer) for answer in answers]
    items += [Item(Fate.KEPT)] * (count - len(items))
    crowded = any(_status(answer) == 429 for answer in answers)
    if any(item.fate in (Fate.DONE, Fate.DEAD) for item in items):
        return Verdict(Kind.DECIDED, tuple(items), crowded=crowded)
    doubted = all(item.fate is Fate.DOUBTED for item in items)
    return Verdict(
        Kind.UNDECIDED,
        error=BadAnswerError(
            f"{host} stores no heartbeats at the moment", "They are kept here and sent again."
        ),
        reason=items[0].reason,
        retry_after=_wait(response),
        doubted=doubted,
        crowded=crowded,
    )


def _judge_item(answer: Any) -> Item:
    status = _status(answer)
    if status is None:
        return Item(Fate.KEPT)
    body = answer[0]
    reason = _words(body) or f"status {status}"
    if 200 <= status < 300:
        return Item(Fate.DONE)
    if status == 400:
        return Item(Fate.DEAD, reason)
    if status == 422:
        kind = body.get("type") if isinstance(body, dict) else None
        permanent = isinstance(kind, str) and kind in _PERMANENT_TYPES
        return Item(Fate.DEAD if permanent else Fate.DOUBTED, reason)
    return Item(Fate.KEPT, reason)


def _status(answer: Any) -> int | None:
    """Read the status of one of `responses`, [body, status]."""
    if not isinstance(answer, list) or len(answer) != 2:
        return None
    status = answer[1]
    return status if isinstance(status, int) and not isinstance(status, bool) else None


def _is_all_invalid(response: Response, dialect: Dialect) -> bool:
    text = response.body[: 2 * LONGEST_REASON].decode("utf-8", errors="replace")
    return dialect is Dialect.WAKAPI and text.strip().strip('"').lower() == _ALL_INVALID


def _wait(response: Response) -> float | None:
    # A date is by the server's clock, and ours may be a year off.
    now = response.server_time
    wait = retry_after(response.headers, response.received_at if now is None else now)
    return None if wait is None else min(wait, LONGEST_RETRY_AFTER_SECONDS)


def _reason_of(response: Response) -> str:
    """Give a server's own words for refusing a whole request; a web page has none."""
    document = lenient.parse_json(response.body)
    if document is not None:
        words = _words(document)
    elif _is_page(response):
        words = ""
    else:
        words = _shown(response.body.decode("utf-8", errors="replace"))
    return words or f"status {response.status}"


def _is_page(response: Response) -> bool:
    return response.body.lstrip()[:1] == b"<"


def _words(body: Any) -> str:
    """Find the words in `{"error": "..."}` or `{"errors": {"field": ["...", ["..."]]}}`."""
    if not isinstance(body, dict):
        return ""
    errors = body.get("errors")
    if isinstance(errors, dict):
        return _shown("; ".join(f"{name}: {_joined(each)}" for name, each in errors.items()))
    return _shown(_joined(body.get("error") or errors))


def _joined(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(filter(None, map(_joined, value)))
    return value if isinstance(value, str) else ""


def _shown(text: str) -> str:
    """Make a server's text fit to be shown: one short line without anything like a key."""
    line = _LIKE_A_KEY.sub("…", _UNPRINTABLE.sub(" ", text[: 10 * LONGEST_REASON])).strip()
    return line if len(line) <= LONGEST_REASON else line[: LONGEST_REASON - 1] + "…"
