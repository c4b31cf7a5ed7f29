"""A session bus that belongs to one test, and a plain client on it."""

from __future__ import annotations

import select
import subprocess
from collections import deque
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jeepney import (
    DBusAddress,
    DBusErrorResponse,
    HeaderFields,
    MatchRule,
    Message,
    MessageType,
    new_method_call,
)
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection, open_dbus_connection

from .processes import Processes, require_programs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

START_LIMIT = 10.0
CALL_LIMIT = 10.0

SERVICES = Path("/usr/share/dbus-1/services")

_CONFIG = """<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <servicedir>{services}</servicedir>
  <policy context="default">
    <allow user="*"/>
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
  <!-- As in the system's session.conf; without it a client that floods is stopped at 128. -->
  <limit name="max_replies_per_connection">50000</limit>
</busconfig>
"""


class PrivateBus:
    """A dbus-daemon listening at `directory`/bus, where $XDG_RUNTIME_DIR would have it.

    Of the machine's activatable services it knows those named, by their files' names.
    """

    def __init__(self, directory: Path, services: Sequence[str] = ()) -> None:
        require_programs("dbus-daemon")
        self.directory = directory
        self.address = f"unix:path={directory / 'bus'}"
        self._processes = Processes()
        self._process: subprocess.Popen[bytes] | None = None
        self._offered = directory / "services"
        self._offered.mkdir()
        for name in services:
            self.offer(name)
        self._config = directory / "bus.conf"
        self._config.write_text(_CONFIG.format(socket=directory / "bus", services=self._offered))

    def start(self, environ: dict[str, str] | None = None, **options: Any) -> None:
        """Start the daemon, with options for Popen, and return once it listens."""
        (self.directory / "bus").unlink(missing_ok=True)
        self._process = self._processes.start(
            ["dbus-daemon", f"--config-file={self._config}", "--nofork", "--print-address=1"],
            environ or {"PATH": "/usr/bin:/bin"},
            stdout=subprocess.PIPE,
            **options,
        )
        assert self._process.stdout is not None
        assert select.select([self._process.stdout], [], [], START_LIMIT)[0], "no dbus-daemon"
        assert self._process.stdout.readline().startswith(b"unix:")

    def offer(self, name: str) -> None:
        """Let the bus activate one more service of the machine, from now on."""
        (self._offered / name).write_bytes((SERVICES / name).read_bytes())

    def stop(self) -> None:
        """End the daemon and what it started."""
        self._processes.end_all()

    @contextmanager
    def client(self) -> Iterator[Client]:
        """Connect a client for the length of a with block."""
        client = Client(self.address)
        try:
            yield client
        finally:
            client.close()

    def has_owner(self, name: str) -> bool:
        """Return whether somebody owns a bus name."""
        with self.client() as client:
            return bool(client.bus("NameHasOwner", name))


class Client:
    """A blocking client, with jeepney's own connection rather than the package's."""

    def __init__(self, address: str) -> None:
        self.connection: DBusConnection = open_dbus_connection(address)
        self.name: str = self.connection.unique_name
        self.signals: deque[Message] = deque()
        self._filters: list[Any] = []

    def close(self) -> None:
        """Leave the bus."""
        self.connection.close()

    def bus(self, member: str, *arguments: Any) -> Any:
        """Call a method of the bus itself and return its only value."""
        return self._ask(getattr(message_bus, member)(*arguments))

    def call(
        self, name: str, path: str, interface: str, member: str, signature: str = "", *body: Any
    ) -> Any:
        """Call a method; return its values, or the only one; raise DBusErrorResponse."""
        address = DBusAddress(path, bus_name=name, interface=interface)
        return self._ask(new_method_call(address, member, signature or None, body))

    def get(self, name: str, path: str, interface: str, property_: str) -> tuple[str, Any]:
        """Read a property as signature and value."""
        properties = "org.freedesktop.DBus.Properties"
        value: tuple[str, Any] = self.call(
            name, path, properties, "Get", "ss", interface, property_
        )
        return value

    def listen(self, sender: str) -> None:
        """Collect the signals of a connection in `signals`."""
        rule = MatchRule(type="signal", sender=sender)
        self.bus("AddMatch", rule)
        self._filters.append(self.connection.filter(rule, queue=self.signals))

    def receive(self, seconds: float) -> None:
        """Take what comes within a time, at most one message."""
        try:
            self.connection.recv_messages(timeout=seconds)
        except TimeoutError:
            return

    def _ask(self, message: Message) -> Any:
        reply = self.connection.send_and_get_reply(message, timeout=CALL_LIMIT)
        if reply.header.message_type is MessageType.error:
            raise DBusErrorResponse(reply)
        return reply.body[0] if len(reply.body) == 1 else reply.body


def member(message: Message) -> str:
    """Return the name of a message's method or signal."""
    name: str = message.header.fields[HeaderFields.member]
    return name
