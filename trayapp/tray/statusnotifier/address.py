"""Where the session bus listens."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

ADDRESS_VARIABLE = "DBUS_SESSION_BUS_ADDRESS"
RUNTIME_VARIABLE = "XDG_RUNTIME_DIR"


def session_bus_sockets(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the unix sockets to try, in order; abstract ones begin with NUL.

    https://dbus.freedesktop.org/doc/dbus-specification.html#addresses
    """
    address = environ.get(ADDRESS_VARIABLE)
    if not address:
        runtime = environ.get(RUNTIME_VARIABLE)
        return (os.path.join(runtime, "bus"),) if runtime else ()  # noqa: PTH118 - a socket's name
    return tuple(
        name for one in address.split(";") if (name := _unix_socket(one.strip())) is not None
    )


def _unix_socket(address: str) -> str | None:
    """Return the socket that one address names, None for what cannot be connected to."""
    transport, _, rest = address.partition(":")
    if transport != "unix":
        return None
    values = dict(pair.partition("=")[::2] for pair in rest.split(","))
    for key, prefix in (("path", ""), ("abstract", "\0")):
        if values.get(key):
            return prefix + os.fsdecode(unquote_to_bytes(os.fsencode(values[key])))
    return None
