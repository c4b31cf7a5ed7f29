"""A client that hides nothing: http.client, one request, every byte of the answer."""

from __future__ import annotations

import http.client
import json
from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

ANSWER_SECONDS = 10.0
TODAY = "/users/current/statusbar/today"
PROFILE = "/users/current"
HEARTBEATS = "/users/current/heartbeats.bulk"


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def content_type(self) -> str:
        """The media type alone."""
        return self.headers["content-type"].partition(";")[0]


def basic(key: str) -> dict[str, str]:
    """Give the headers that all three dialects accept."""
    return {
        "Authorization": f"Basic {b64encode(key.encode()).decode()}",
        "Accept": "application/json",
    }


def ask(
    url: str,
    headers: Mapping[str, str] | None = None,
    *,
    method: str = "GET",
    body: bytes | None = None,
    timeout: float = ANSWER_SECONDS,
) -> Reply:
    """Send one request on a connection of its own."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=timeout)
    try:
        return ask_on(connection, url, headers, method=method, body=body)
    finally:
        connection.close()


def ask_on(
    connection: http.client.HTTPConnection,
    url: str,
    headers: Mapping[str, str] | None = None,
    *,
    method: str = "GET",
    body: bytes | None = None,
) -> Reply:
    """Send one request on a connection that stays open if the server leaves it so."""
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    connection.request(method, target, body, dict(headers or {}))
    with connection.getresponse() as response:
        fields = {name.lower(): value for name, value in response.getheaders()}
        return Reply(response.status, response.reason, fields, response.read())
