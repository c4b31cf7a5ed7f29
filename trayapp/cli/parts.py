"""The real parts that several commands put together."""

from __future__ import annotations

import platform
from collections.abc import Mapping

from trayapp import __version__
from trayapp.resident.asking import Asker
from trayapp.servers.transport import HttpTransport, NetworkOptions
from trayapp.settings.keyring_store import SystemKeyring


def make_asker(environment: Mapping[str, str]) -> Asker:
    """Make an asker of the real keyring and the real network."""
    return Asker(environment, SystemKeyring(), connect)


def connect(options: NetworkOptions) -> HttpTransport:
    """Make a connection that says who asks."""
    return HttpTransport(options, f"trayapp/{__version__} ({platform.system()})")
