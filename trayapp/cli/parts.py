"""The real parts that several commands put together."""

from __future__ import annotations

import platform
from collections.abc import Mapping

from trayapp import __version__
from trayapp.resident.asking import Asker
from trayapp.resident.snapshot_store import SnapshotStore
from trayapp.servers.transport import HttpTransport, NetworkOptions
from trayapp.settings.keyring_store import KeyStore, SystemKeyring


def make_asker(
    environment: Mapping[str, str],
    store: SnapshotStore | None = None,
    keyring: KeyStore | None = None,
) -> Asker:
    """Make an asker of the real keyring and the real network, with the zones that a store has."""
    asker = Asker(environment, keyring or SystemKeyring(), connect)
    if store is not None:
        asker.zones = store.zones()
    return asker


def connect(options: NetworkOptions) -> HttpTransport:
    """Make a connection that says who asks."""
    return HttpTransport(options, f"trayapp/{__version__} ({platform.system()})")
