"""What differs between Hackatime, WakaTime and wakapi."""

from __future__ import annotations

import re
from enum import StrEnum
from urllib.parse import unquote, urlsplit

from trayapp.errors import UsageError

_HACKATIME_PATH = "/api/hackatime/"
_COMPAT_PATH = "/compat/wakatime/v1"
_PATH = re.compile(r"/?(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2}|/)*")
"""The characters of a path (RFC 3986, 3.3); no query and no fragment."""


class Dialect(StrEnum):
    """Which kind of server an account's api_url belongs to."""

    HACKATIME = "hackatime"
    WAKATIME = "wakatime"
    WAKAPI = "wakapi"


def dialect_from_url(api_url: str) -> Dialect | None:
    """Read the dialect off an api_url, None where that says nothing."""
    parts = urlsplit(api_url)
    path = parts.path.rstrip("/") + "/"
    if _HACKATIME_PATH in path:
        return Dialect.HACKATIME
    if parts.hostname in ("wakatime.com", "api.wakatime.com"):
        return Dialect.WAKATIME
    if path.endswith("/api/") or _COMPAT_PATH in path:
        return Dialect.WAKAPI
    return None


def profile_url(api_url: str, dialect: Dialect | None) -> str:
    """Give the address of `users/current`, which wakapi has under its compat prefix only."""
    if dialect is Dialect.WAKAPI and _COMPAT_PATH not in api_url:
        api_url = api_url.removesuffix("/v1") + _COMPAT_PATH
    return f"{api_url}/users/current"


def today_url(api_url: str) -> str:
    """Give the address of `statusbar/today`, the same in every dialect."""
    return f"{api_url}/users/current/statusbar/today"


def heartbeats_url(api_url: str) -> str:
    """Give the address that takes many heartbeats, the same in every dialect.

    Not `heartbeats`: there Hackatime stores the first of an array and drops the rest.
    """
    return f"{api_url}/users/current/heartbeats.bulk"


def origin_of(api_url: str) -> str:
    """Give scheme and host of an api_url, and the path before its `/api`."""
    parts = urlsplit(api_url)
    before = f"{parts.path.rstrip('/')}/".rpartition("/api/")[0]
    return f"{parts.scheme}://{parts.netloc}{before}"


def join_path(base: str, path: str) -> str:
    """Put a path under an address; raises UsageError for one that leads out of it."""
    steps = re.split(r"[/\\]", unquote(path).removeprefix("/"))
    # A scheme, another host and what climbs up: urljoin would follow each of them.
    wrong = _PATH.fullmatch(path) is None or ".." in steps or "." in steps or "" in steps[:-1]
    if wrong or ":" in steps[0]:
        raise UsageError(
            f"{path!r} is no path on {urlsplit(base).netloc}",
            "A path has no scheme, host, '..' or '?'; what follows a '?' is given on its own.",
        )
    return f"{base.rstrip('/')}/{path.removeprefix('/')}"


def dashboard_url(api_url: str, dialect: Dialect | None) -> str:
    """Give the page that a person opens to see the account that belongs to an api_url."""
    parts = urlsplit(api_url)
    origin = f"{parts.scheme}://{parts.netloc}"
    if dialect is Dialect.HACKATIME:
        return origin + parts.path.partition(_HACKATIME_PATH)[0] + "/"
    if dialect is Dialect.WAKATIME:
        return origin.replace("://api.", "://", 1) + "/dashboard"
    if dialect is Dialect.WAKAPI:
        return origin + parts.path.rpartition("/api")[0].removesuffix("/api") + "/summary"
    return origin + "/"
