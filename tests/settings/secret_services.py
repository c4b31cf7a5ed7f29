"""Secret Services for tests: the real gnome-keyring, and two of ours that misbehave."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path
from typing import Any, Self

import secretstorage
from jeepney import (
    DBusAddress,
    HeaderFields,
    Message,
    MessageFlag,
    MessageType,
    new_method_call,
    new_method_return,
)
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection, open_dbus_connection
from secretstorage.util import format_secret, open_session

from tests.desktop.bus import PrivateBus
from tests.desktop.processes import Processes, require_programs, wait_for

NAME = "org.freedesktop.secrets"
PASSWORD = "for tests"


class GnomeKeyring:
    """A gnome-keyring-daemon on a private bus; what it stores lies under `home`."""

    def __init__(self, bus: PrivateBus, home: Path) -> None:
        require_programs("gnome-keyring-daemon")
        self._bus = bus
        self._home = home
        self._processes = Processes()
        # It has a socket there, for which a test's own folder can be too long.
        self._runtime = tempfile.TemporaryDirectory(dir="/tmp")

    def start(self, *, unlocked: bool) -> None:
        """Start it; the first start with `unlocked` makes the login keyring."""
        environ = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self._home),
            "XDG_RUNTIME_DIR": self._runtime.name,
            "DBUS_SESSION_BUS_ADDRESS": self._bus.address,
        }
        command = ["gnome-keyring-daemon", "--foreground", "--components=secrets"]
        if unlocked:
            command.append("--unlock")
        process = self._processes.start(command, environ, stdin=-1)
        assert process.stdin is not None
        process.stdin.write(PASSWORD.encode())
        process.stdin.close()
        wait_for(lambda: self._bus.has_owner(NAME), "gnome-keyring is on the bus")

    def stop(self) -> None:
        """End it; it may be started again."""
        self._processes.end_all()

    def close(self) -> None:
        """End it for good."""
        self.stop()
        self._runtime.cleanup()

    def lock(self) -> None:
        """Lock the collection, as after some idle time."""
        with open_dbus_connection(self._bus.address) as connection:
            secretstorage.Collection(connection).lock()

    def unlock(self) -> None:
        """Unlock the collection with its password, as the log-in does."""
        with open_dbus_connection(self._bus.address) as connection:
            session = open_session(connection)
            address = DBusAddress(
                "/org/freedesktop/secrets",
                NAME,
                "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface",
            )
            body = (
                secretstorage.Collection(connection).collection_path,
                format_secret(session, PASSWORD.encode(), "text/plain"),
            )
            message = new_method_call(address, "UnlockWithMasterPassword", "o(oayays)", body)
            reply = connection.send_and_get_reply(message, timeout=10)
            assert reply.header.message_type is MessageType.method_return, reply.body


class SilentService:
    """Owns the Secret Service's name and answers nothing, ever."""

    def __init__(self, bus: PrivateBus) -> None:
        self._connection = own_name(bus)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()


class LockedService:
    """A locked Secret Service that notes what it is asked; its prompts stay open for ever."""

    def __init__(self, bus: PrivateBus) -> None:
        self.asked: list[str] = []
        self._connection = own_name(bus)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(10)
        self._connection.close()

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                message = self._connection.receive(timeout=0.05)
            except TimeoutError:
                continue
            if message.header.message_type is MessageType.method_call:
                self._answer(message)

    def _answer(self, message: Message) -> None:
        member = message.header.fields[HeaderFields.member]
        what = f"Get {message.body[1]}" if member == "Get" else member
        self.asked.append(what)
        answers: dict[str, tuple[str, tuple[Any, ...]]] = {
            "Get Label": ("v", (("s", "Login"),)),
            "Get Locked": ("v", (("b", True),)),
            "Unlock": ("aoo", ([], "/org/freedesktop/secrets/prompt/p1")),
            "Prompt": ("", ()),
        }
        if what in answers and not message.header.flags & MessageFlag.no_reply_expected:
            signature, body = answers[what]
            self._connection.send(new_method_return(message, signature or None, body))


def own_name(bus: PrivateBus) -> DBusConnection:
    connection = open_dbus_connection(bus.address)
    message = message_bus.RequestName(NAME)
    assert connection.send_and_get_reply(message, timeout=10).body == (1,)
    return connection
