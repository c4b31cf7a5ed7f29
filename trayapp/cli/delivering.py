"""Delivery over the real network, as tray and `trayapp watch` put it together."""

from __future__ import annotations

import random
from collections.abc import Mapping

from trayapp.cli.parts import connect
from trayapp.resident.clock import SystemClock
from trayapp.resident.delivery import Delivery, DeliveryEars
from trayapp.settings.keyring_store import KeyStore
from trayapp.settings.locations import Locations


def make_delivery(
    locations: Locations,
    environment: Mapping[str, str],
    owner: str,
    ears: DeliveryEars,
    keyring: KeyStore,
) -> Delivery:
    """Make what records and sends over the real network."""
    return Delivery(
        locations,
        environment,
        keyring,
        connect,
        SystemClock(),
        random.random,
        owner,
        ears,
    )
