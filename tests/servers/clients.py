"""The real client, pointed at a test server."""

from __future__ import annotations

from dataclasses import dataclass

from tests.server import Server
from trayapp.servers.client import Client
from trayapp.servers.dialects import Dialect
from trayapp.servers.transport import HttpTransport
from trayapp.settings.key import Key


@dataclass(frozen=True)
class Options:
    """What ~/.wakatime.cfg says of the network; `timeout_seconds` short, so that tests are."""

    proxy: str | None = None
    verify: bool = True
    certificates_file: str | None = None
    timeout_seconds: float | None = 5.0


def client_of(server: Server, key: str | None = None, options: Options | None = None) -> Client:
    """Give a client that knows the server's dialect, with its key unless another is named."""
    connection = HttpTransport(options or Options(), "trayapp/test")
    return Client(server.api_url, Key(key or server.key), connection, Dialect(server.dialect))
