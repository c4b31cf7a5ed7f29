"""What differs between Hackatime, WakaTime and wakapi."""

from __future__ import annotations

from enum import StrEnum
from urllib.parse import urlsplit

_HACKATIME_PATH = "/api/hackatime/"
_COMPAT_PATH = "/compat/wakatime/v1"


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
