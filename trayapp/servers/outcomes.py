"""What a status code means, decided in one place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from trayapp.errors import (
    AdministratorKeyError,
    BadAnswerError,
    BeyondPlanError,
    KeyRefusedError,
    KeyRefusedHereError,
    NoSuchEndpointError,
    RedirectError,
    StillComputingError,
    ThrottledError,
    TrayappError,
    UnreachableError,
    UserNotShownError,
)
from trayapp.servers import lenient
from trayapp.servers.dialects import Dialect
from trayapp.servers.transport import Response

_ADMINISTRATORS = re.compile(r"/api/v1/(?:stats|users/lookup_(?:email|slack_uid)/)")
_ONES_OWN = re.compile(r"/api/v1/(?:users/my/(?!trust_factor)|my/)")
"""Hackatime's paths that are for administrators, and those that are about the key's owner."""
_WORDS: dict[int, tuple[type[TrayappError], str, str]] = {
    202: (StillComputingError, "{host} is still adding it up", "Ask again in a minute."),
    402: (
        BeyondPlanError,
        "{host} says that this is beyond the free plan (402)",
        "Ask for fewer days.",
    ),
    407: (
        UnreachableError,
        "The proxy wants a name and a password",
        "Check proxy in ~/.wakatime.cfg.",
    ),
}


def error_of(response: Response, url: str, dialect: Dialect | None) -> TrayappError | None:
    """Give the error that an answer's status stands for, None for a success (200).

    Nothing of the body is repeated: a server may echo the key that it was sent.
    """
    host = urlsplit(url).netloc
    status = response.status
    if status == 200:
        return None
    if own := _own_error(response, url, dialect):
        return own
    if status in _WORDS:
        kind, title, hint = _WORDS[status]
        return kind(title.format(host=host), hint)
    if status == 401 or (status == 403 and _is_json_error(response.body)):
        return KeyRefusedError(
            f"{host} does not accept the API key", "Copy it anew from the server's settings page."
        )
    # WakaTime answers 302 at times where it means 429 (servers.md 2).
    if status == 429 or (status == 302 and dialect is Dialect.WAKATIME):
        wait = retry_after(response.headers, response.received_at)
        asked = f" for {wait:.0f} s" if wait else ""
        return ThrottledError(
            f"{host} asks to be left alone{asked}",
            "Wait that long before asking again." if wait else "Wait a minute before asking again.",
            retry_after=wait,
        )
    if 300 <= status < 400:
        return RedirectError(
            f"{host} points to another address ({_origin(response.headers.get('location', ''))})",
            "If that is where the account lives now, sign in there: trayapp login --api-url URL",
        )
    if status == 404:
        return NoSuchEndpointError(
            f"{host} does not know {urlsplit(url).path}", "Check the account's api_url."
        )
    if status == 403:
        return BadAnswerError(
            f"{host} is blocked from here (403)",
            "Perhaps a firewall or a network's login page: open a browser.",
        )
    asked_for_something = bool(urlsplit(url).query)
    return BadAnswerError(
        f"{host} answered with error {status}",
        "Check the dates and names that it was asked for."
        if status in (400, 422) and asked_for_something
        else "Most often this passes: try again in a minute.",
    )


def _own_error(response: Response, url: str, dialect: Dialect | None) -> TrayappError | None:
    if dialect is Dialect.HACKATIME:
        return _hackatime_error(response, url)
    if dialect is Dialect.WAKAPI:
        return _wakapi_error(response, urlsplit(url).netloc)
    return None


def _hackatime_error(response: Response, url: str) -> TrayappError | None:
    """Tell what Hackatime alone means by a status on its native endpoints (servers.md 1.1, 1.4)."""
    host = urlsplit(url).netloc
    path = urlsplit(url).path
    words = _own_words(response.body)
    own_refusal = response.status == 401 or (response.status == 403 and words is not None)
    if own_refusal and _ADMINISTRATORS.search(path):
        return AdministratorKeyError(
            "This needs an administrator's key on Hackatime",
            f"The key for {host} is an ordinary one, or one that was revoked.",
        )
    nobody = response.status == 404 and words == "User not found"
    if (nobody or response.status == 401) and _ONES_OWN.search(path):
        # Whose key is not accepted is nobody; so is who may send heartbeats but not read them, as
        # accounts that are banned or about to be deleted.
        return KeyRefusedHereError(host)
    if nobody:
        return UserNotShownError(f"{host} knows no such user", "Check the spelling.")
    if response.status == 403 and words == "user has disabled public stats":
        return UserNotShownError(
            f"That user's time on {host} is not public", "Only they themselves can see it."
        )
    if response.status == 422 and words in ("Invalid start_date", "Invalid end_date"):
        return BadAnswerError(
            f"{host} takes no such date (422)", "Write it as 2026-11-22, or with time and offset."
        )
    return None


def _wakapi_error(response: Response, host: str) -> TrayappError | None:
    """Tell what wakapi says in plain text."""
    words = response.body[:100].strip()
    if response.status == 403 and words == b"requested time range too broad":
        return BadAnswerError(f"{host} shows no time as long as that (403)", "Ask for fewer days.")
    if response.status == 404 and words == b"user not found":
        return UserNotShownError(f"{host} knows no such user", "Check the spelling.")
    return None


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Read Retry-After as seconds from now, given as seconds or as a date (RFC 9110, 10.2.3)."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, OverflowError):
        return None


def _own_words(body: bytes) -> str | None:
    words = lenient.mapping(lenient.parse_json(body)).get("error")
    return words if isinstance(words, str) else None


def _is_json_error(body: bytes) -> bool:
    return bool(lenient.mapping(lenient.parse_json(body)).keys() & {"error", "errors"})


def _origin(location: str) -> str:
    """Keep of a redirect's target what is safe to show."""
    try:
        parts = urlsplit(location)
        host = parts.hostname or ""
    except ValueError:
        return "unreadable"
    if not host:
        return "on the same server"
    return f"{parts.scheme or 'https'}://{host}"[:100]
