"""What a status code means, decided in one place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from trayapp.errors import (
    BadAnswerError,
    KeyRefusedError,
    NoSuchEndpointError,
    RedirectError,
    ThrottledError,
    TrayappError,
    UnreachableError,
)
from trayapp.servers.dialects import Dialect
from trayapp.servers.transport import Response


def error_of(response: Response, url: str, dialect: Dialect | None) -> TrayappError | None:
    """Give the error that an answer's status stands for, None for a success (200).

    Nothing of the body is repeated: a server may echo the key that it was sent.
    """
    host = urlsplit(url).netloc
    status = response.status
    if status == 200:
        return None
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
    if status == 407:
        return UnreachableError(
            "The proxy wants a name and a password", "Check proxy in ~/.wakatime.cfg."
        )
    if status == 403:
        return BadAnswerError(
            f"{host} is blocked from here (403)",
            "Perhaps a firewall or a network's login page: open a browser.",
        )
    return BadAnswerError(
        f"{host} answered with error {status}",
        "Most often this passes: try again in a minute.",
    )


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Read Retry-After as seconds from now, given as seconds or as a date (RFC 9110, 10.2.3)."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, OverflowError):
        return None


def _is_json_error(body: bytes) -> bool:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and bool(document.keys() & {"error", "errors"})


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
