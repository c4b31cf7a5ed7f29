"""The folder dialog of the desktop's portal.

https://flatpak.github.io/xdg-desktop-portal/docs/doc-org.freedesktop.portal.FileChooser.html
"""

from __future__ import annotations

import logging
import os
import queue
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import unquote_to_bytes

from trayapp.desktop.bus_messages import MethodCall, SignalRule, owner_changes
from trayapp.desktop.session_bus import MessageBus, session_bus_address
from trayapp.desktop.theme import PORTAL, PORTAL_PATH
from trayapp.errors import BusError, FolderDialogError, NoFolderDialogError

log = logging.getLogger(__name__)

OPEN_LIMIT = 5.0
"""Seconds that the portal has to answer each call; the person's answer is a signal later."""

FILE_CHOOSER = "org.freedesktop.portal.FileChooser"
REQUEST = "org.freedesktop.portal.Request"
PROPERTIES = "org.freedesktop.DBus.Properties"

FIRST_WITH_FOLDERS = 3
"""The version of FileChooser that has the option `directory`; others ignore it."""

TOKEN = "trayapp"  # noqa: S105 -- a part of the request's path
"""One is enough: each dialog has a connection of its own."""

CHOSEN = 0
"""The response with a folder. GTK's portal gives 1 for its button Cancel and 2 for Escape."""

Response: TypeAlias = "tuple[int, Mapping[str, tuple[str, Any]]]"
Ending: TypeAlias = "Response | None"
"""What the portal said in the end, None when it went away."""


class PortalDialog:
    """Ask through org.freedesktop.portal.FileChooser.

    Each time on a connection of its own: the portal closes the dialog of who leaves the bus.
    """

    name = "the portal"

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._address = session_bus_address(environment)
        self._bus: MessageBus | None = None

    def ask(self, title: str, limit: float) -> Path | None:
        """Wait for the folder; see FolderDialog."""
        endings: queue.SimpleQueue[Ending] = queue.SimpleQueue()
        self._bus = MessageBus(
            self._address,
            "folder dialog's bus",
            reconnects=False,
            lost=logging.DEBUG,
            ended=lambda: endings.put(None),
        )
        self._bus.start()
        try:
            _open(self._bus, title, endings.put)
            return _read(endings.get(timeout=limit))
        except queue.Empty:
            raise TimeoutError from None
        finally:
            self._bus.stop()

    def close(self) -> None:
        """Leave the bus, and with it the dialog."""
        if self._bus is not None:
            self._bus.stop()


def request_path(unique_name: str) -> str:
    """Give the path of the request that a connection of this name makes.

    https://flatpak.github.io/xdg-desktop-portal/docs/doc-org.freedesktop.portal.Request.html
    """
    return f"{PORTAL_PATH}/request/{unique_name.removeprefix(':').replace('.', '_')}/{TOKEN}"


def local_path(uri: str) -> Path | None:
    """Give the path that a file:// URI names, None for one that is not on this machine."""
    if not uri.startswith("file://"):
        return None
    host, _, path = uri.removeprefix("file://").partition("/")
    return Path(os.fsdecode(b"/" + unquote_to_bytes(path))) if host in {"", "localhost"} else None


def _open(bus: MessageBus, title: str, ended: Callable[[Ending], None]) -> None:
    version = MethodCall(PORTAL, PORTAL_PATH, PROPERTIES, "Get", "ss", (FILE_CHOOSER, "version"))
    options = {"handle_token": ("s", TOKEN), "directory": ("b", True)}
    open_file = MethodCall(
        PORTAL, PORTAL_PATH, FILE_CHOOSER, "OpenFile", "ssa{sv}", ("", title, options)
    )
    try:
        ((kind, number),) = bus.call(version, "v", OPEN_LIMIT)
        if kind != "u" or number < FIRST_WITH_FOLDERS:
            raise NoFolderDialogError(f"Its version is {number}")
        response = SignalRule(
            REQUEST, "Response", "ua{sv}", sender=PORTAL, path=request_path(bus.unique_name)
        )
        bus.subscribe(response, ended)
        bus.subscribe(owner_changes(PORTAL), lambda _body: ended(None))
        bus.call(open_file, "o", OPEN_LIMIT)
    except BusError as error:
        raise NoFolderDialogError(error.title) from error
    log.debug("the portal asks for a folder")


def _read(ending: Ending) -> Path | None:
    if ending is None:
        raise FolderDialogError("The desktop's folder dialog went away")
    code, results = ending
    if code != CHOSEN:
        return None
    match results.get("uris"):
        case ("as", [uri]):
            if (path := local_path(uri)) is None:
                raise FolderDialogError(f"{uri} is not on this machine")
            return path
    raise FolderDialogError("The desktop's folder dialog named no folder")
