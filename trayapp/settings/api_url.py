"""The api_url of an account: one spelling for each, and where plain http may go."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

WAKATIME_API_URL = "https://api.wakatime.com/api/v1"
HACKATIME_API_URL = "https://hackatime.hackclub.com/api/hackatime/v1"

_PLACE = re.compile(r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9_][a-z0-9_.-]*)(:(?P<port>[0-9]{1,5}))?")

# What wakatime-cli takes off, in its order (cmd/params/params.go): old settings name an endpoint.
_ENDPOINTS = (".bulk", "/users/current/heartbeats", "/heartbeats", "/heartbeat")

_DEFAULT_PORTS = {"https": 443, "http": 80}


def default_api_url(key: str) -> str:
    """Give the api_url of a sign-in that names none; a `waka_` key is only ever WakaTime's."""
    return WAKATIME_API_URL if key.startswith("waka_") else HACKATIME_API_URL


def normalise_api_url(text: str) -> str:
    """Give an api_url in its one spelling.

    The scheme and the host are in lower case; the default port, a slash at the end and an endpoint
    are gone. Raises ValueError with a reason that does not repeat the text, which may hold a
    password.
    """
    # Parsers disagree on these, and one of them decides where the key goes.
    if not text.isascii() or not text.isprintable() or set(text) & set(" \\"):
        raise ValueError("has characters that no URL has")
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise ValueError("names no host") from error
    if parts.scheme not in _DEFAULT_PORTS:
        raise ValueError("must begin with https:// or http://")
    if "@" in parts.netloc:
        raise ValueError("must hold no user and no password")
    if "?" in text or "#" in text:
        raise ValueError("must have neither ? nor #")
    place = _normalise_place(parts.netloc.lower(), _DEFAULT_PORTS[parts.scheme])
    return f"{parts.scheme}://{place}{_without_endpoint(parts.path)}"


def _normalise_place(text: str, default_port: int) -> str:
    place = _PLACE.fullmatch(text)
    if place is None:
        raise ValueError("names no host")
    host = place["host"]
    if host.startswith("["):
        import ipaddress  # noqa: PLC0415 -- the rare case

        try:
            host = f"[{ipaddress.IPv6Address(host[1:-1])}]"
        except ValueError as error:
            raise ValueError("names no host") from error
    port = int(place["port"] or default_port)
    if not 0 < port < 65536:
        raise ValueError("names no port")
    return host if port == default_port else f"{host}:{port}"


def _without_endpoint(path: str) -> str:
    before = None
    # Until nothing changes, so that an api_url that was normalised stays as it is.
    while path != before:
        before = path
        path = path.rstrip("/")
        for endpoint in _ENDPOINTS:
            path = path.removesuffix(endpoint)
    return path


def leaves_in_plain_text(api_url: str) -> bool:
    """Tell whether a request would travel over plain http to another machine."""
    parts = urlsplit(api_url)
    return parts.scheme != "https" and not _is_this_machine(parts.hostname or "")


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    import ipaddress  # noqa: PLC0415 -- the rare case

    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    # Not IPv6's other spellings of an IPv4 address, which is_loopback takes on newer Pythons.
    return address.is_loopback and getattr(address, "ipv4_mapped", None) is None
