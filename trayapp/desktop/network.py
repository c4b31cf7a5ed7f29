"""Coming onto a network, as Linux's kernel tells it: rtnetlink(7).

On macOS and Windows nothing is told yet: who waits for a network there tries again by the clock.
"""

from __future__ import annotations

import logging
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

from trayapp.desktop.session_bus import wait_readable

log = logging.getLogger(__name__)

SETTLING = 2.0
"""Seconds from the first thing new until it is told: a default route and a resolver come after the
address, by IPv6 up to a second after."""

ANSWER_LIMIT = 2.0
STOP_LIMIT = 2.0

GROUPS = 0x1 | 0x10 | 0x100 | 0x40 | 0x400
"""Links, and addresses and routes of IPv4 and IPv6. A link is told of when a cable goes back in:
its address may have stayed."""

SOL_NETLINK, NO_ENOBUFS = 270, 5
"""So that more news than there is room for is no error: one is as good as many."""

ANSWER_SIZE = 0x10000
"""Bytes; the kernel puts no more than half of it into one answer."""

HEADER = struct.Struct("=IHHII")
"""Length, type, flags, sequence and port: netlink(7)."""
REQUEST_ALL = 0x301
ERROR, DONE = 2, 3
ALL_LINKS, ALL_ADDRESSES = 18, 22

LINK = struct.Struct("=BxHiII")
"""Family, type, index, flags and changed flags."""
LOOPBACK, RUNNING = 0x8, 0x40
LINK_INFO, KIND = 18, 1

ADDRESS = struct.Struct("=BBBBI")
"""Family, prefix length, flags, scope and index of the link."""
SECONDARY, TENTATIVE = 0x01, 0x40
LINK_SCOPE = 253
LOCAL_ADDRESS = 1

FAR = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}
"""Addresses kept for documentation: only a default route leads there."""


class NetworkWatcher:
    """Call `changed` on a thread of its own when the machine came onto a network, or changed it.

    That is when packets can go where they could not before: see `find_ways`. What comes within
    two seconds is one call. At rest the thread sleeps until the kernel says something.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self.listening = threading.Event()
        self._thread: threading.Thread | None = None
        self._stopper: socket.socket

    def start(self) -> None:
        """Listen, in the background; once only."""
        if sys.platform != "linux":
            return
        self._stopper, stopped = socket.socketpair()
        self._thread = threading.Thread(
            target=self._run, args=(stopped,), name="network", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop listening."""
        if self._thread is not None:
            self._stopper.close()
            self._thread.join(STOP_LIMIT)

    def _run(self, stopped: socket.socket) -> None:
        try:
            with stopped, _netlink(GROUPS) as news:
                news.setblocking(False)
                self._follow(news, stopped.fileno())
        except OSError as error:
            log.info("nobody tells when the network comes back: %s", error)

    def _follow(self, news: socket.socket, stopped: int) -> None:
        ways = find_ways()
        self.listening.set()
        while stopped not in wait_readable([news.fileno(), stopped], None):
            _skip(news)
            found = find_ways()
            if found - ways:
                if wait_readable([stopped], SETTLING):
                    break
                _skip(news)
                found = find_ways()
                log.info("the network changed")
                self._changed()
            ways = found


def find_ways() -> frozenset[str]:
    """Name the ways that packets can go now, by the addresses here and by the default routes.

    An address alone may lead to a server at home or behind a VPN. A default route may come long
    after the address. Raises OSError.
    """
    anywhere = {
        f"anywhere by {family.name}" for family, far in FAR.items() if _leads_to(family, far)
    }
    return address_ways(_ask(ALL_LINKS), _ask(ALL_ADDRESSES)) | anywhere


def address_ways(links: Iterable[bytes], addresses: Iterable[bytes]) -> frozenset[str]:
    """Name the ways by addresses, from the kernel's descriptions of all links and addresses.

    None are those of links without a carrier, those that reach no router, those not yet usable, and
    those in the network of another one, as IPv6's temporary ones are. None are those of bridges,
    which containers and virtual machines bring along; one that leads out has a default route.
    """
    leading = set()
    for link in links:
        _family, _type, index, flags, _changed = LINK.unpack_from(link)
        info = _attributes(link[LINK.size :]).get(LINK_INFO, b"")
        is_bridge = _attributes(info).get(KIND, b"").rstrip(b"\0") == b"bridge"
        if flags & RUNNING and not flags & LOOPBACK and not is_bridge:
            leading.add(index)
    ways = set()
    for description in addresses:
        family, _prefix, flags, scope, index = ADDRESS.unpack_from(description)
        usable = scope < LINK_SCOPE and not flags & (SECONDARY | TENTATIVE)
        if family in FAR and usable and index in leading:
            address = _attributes(description[ADDRESS.size :])[LOCAL_ADDRESS]
            ways.add(f"{socket.inet_ntop(family, address)} on link {index}")
    return frozenset(ways)


def _leads_to(family: int, far: str) -> bool:
    """Tell whether there is a route to an address; connecting a datagram socket sends nothing."""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as datagrams:
            datagrams.connect((far, 9))
    except OSError:
        return False
    return True


def _netlink(groups: int = 0) -> socket.socket:
    """Open a socket to the kernel's routing, which hears what happens in these groups."""
    if sys.platform != "linux":
        raise OSError("only Linux has netlink")
    kernel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    try:
        kernel.setsockopt(SOL_NETLINK, NO_ENOBUFS, 1)
        kernel.bind((0, groups))
    except OSError:
        kernel.close()
        raise
    return kernel


def _skip(news: socket.socket) -> None:
    """Drop what has been told: what counts is how things are now."""
    with suppress(BlockingIOError):
        while True:
            news.recv(1)


def _ask(what: int) -> list[bytes]:
    """Have the kernel describe all links or all addresses."""
    descriptions: list[bytes] = []
    with _netlink() as kernel:
        kernel.settimeout(ANSWER_LIMIT)
        kernel.send(
            HEADER.pack(HEADER.size + LINK.size, what, REQUEST_ALL, 0, 0) + bytes(LINK.size)
        )
        while True:
            for kind, body in _messages(kernel.recv(ANSWER_SIZE)):
                if kind == DONE:
                    return descriptions
                if kind == ERROR:
                    raise OSError(f"netlink refuses with {struct.unpack_from('=i', body)[0]}")
                descriptions.append(body)


def _messages(answer: bytes) -> Iterator[tuple[int, bytes]]:
    """Give type and body of each message."""
    while answer:
        length, kind, *_ = HEADER.unpack_from(answer)
        yield kind, answer[HEADER.size : length]
        answer = answer[_aligned(length) :]


def _attributes(data: bytes) -> dict[int, bytes]:
    """Give the values of attributes by their types."""
    values = {}
    while data:
        length, kind = struct.unpack_from("=HH", data)
        # The upper two bits are flags.
        values[kind & 0x3FFF] = data[4:length]
        data = data[_aligned(length) :]
    return values


def _aligned(length: int) -> int:
    return (length + 3) & ~3
