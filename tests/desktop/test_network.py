"""Coming onto a network, by the real kernel: each machine here is a network namespace."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.threads import sleeps_of
from trayapp.desktop import network
from trayapp.desktop.network import NetworkWatcher

from .processes import Processes, require_programs, wait_for

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")

SETTLING = 0.2
REST = 0.4
"""Seconds: a thread that slept as long has told what it had to tell."""

PROGRAM = f"""
import sys
from trayapp.desktop import network

network.SETTLING = {SETTLING}
watcher = network.NetworkWatcher(lambda: print("changed", flush=True))
watcher.start()
assert watcher.listening.wait(10)
print("thread", watcher._thread.native_id, flush=True)
sys.stdin.read()
watcher.stop()
"""

LINKS = """
link set lo up
link add wire type veth peer name far
link set wire addrgenmode none
link set far addrgenmode none
link set far up
link set wire up
link add bridge type bridge
link set bridge addrgenmode none
link set bridge up
"""


class Machine:
    """A machine with a link `wire`, whose cable is pulled by setting `far` down, and a bridge."""

    def __init__(self, processes: Processes, told: Path) -> None:
        self._told = told
        space = ["unshare", "--user", "--map-root-user", "--net"]
        shell = ["sh", "-c", 'echo "$1" | ip -batch - && exec "$2" -c "$3"', "sh"]
        with told.open("wb") as log:
            self._process = processes.start(
                [*space, *shell, LINKS, sys.executable, PROGRAM],
                {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
                log=log,
                stdin=subprocess.PIPE,
            )

    def said(self) -> str:
        return self._told.read_text()

    def calls(self) -> int:
        return self.said().count("changed\n")

    def ip(self, commands: str) -> str:
        """Run commands of ip(8), parted by semicolons; gives what they print."""
        space = ["--target", str(self._process.pid), "--user", "--net", "--preserve-credentials"]
        batch = commands.replace("; ", "\n").encode()
        command = ["nsenter", *space, "ip", "-batch", "-"]
        done = subprocess.run(command, input=batch, stdout=subprocess.PIPE, check=True, timeout=10)
        return done.stdout.decode()

    def wakeups(self) -> int:
        """Count how often the watcher's thread has slept."""
        return sleeps_of(self._process.pid, int(self.said().split()[1]))

    def rest(self, seconds: float = REST) -> None:
        """Wait until the watcher's thread has slept that long."""

        def slept() -> bool:
            wakeups = self.wakeups()
            time.sleep(seconds)
            return self.wakeups() == wakeups

        wait_for(slept, "the watcher rests")


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    require_programs("ip", "unshare", "nsenter")
    processes = Processes()
    machine = Machine(processes, tmp_path / "told")
    said = wait_for(machine.said, "the watcher listens, or no namespace can be had")
    if said.startswith("thread"):
        yield machine
    processes.end_all()
    assert "Traceback" not in machine.said()
    if not said.startswith("thread"):
        pytest.skip(f"no network namespace here: {said.strip()}")


ADDRESS = "addr add 10.0.0.2/24 dev wire"
BY_IPV6 = "addr add fd00::2/64 nodad dev wire"
DEFAULT_ROUTE = "route add default via 10.0.0.1"
# Below 1280 bytes there is no IPv6, whose routes would tell of a carrier too.
NO_IPV6 = "link set far mtu 1200; link set wire mtu 1200"
FLAP = "link set wire down; link set wire up; link set far down; link set far up"
CONTAINER = (
    "addr add 172.17.0.1/16 dev bridge; "
    "link add one type veth peer name other; link set one master bridge"
)


@pytest.mark.parametrize(
    ("before", "done", "calls"),
    [
        ("", ADDRESS, 1),
        ("", BY_IPV6, 1),
        ("", f"{ADDRESS}; {DEFAULT_ROUTE}; {BY_IPV6}", 1),
        (ADDRESS, DEFAULT_ROUTE, 1),
        (ADDRESS, "addr add 10.0.1.2/24 dev wire", 1),
        (ADDRESS, "addr del 10.0.0.2/24 dev wire; addr add 10.0.0.3/24 dev wire", 1),
        (f"{NO_IPV6}; {ADDRESS}; link set far down", "link set far up", 1),
        (f"{ADDRESS}; link set wire down", "link set wire up", 1),
        ("addr add 10.0.0.2/24 dev bridge", "route add default via 10.0.0.1", 1),
        ("", f"link set wire addrgenmode eui64; {FLAP}", 0),
        (ADDRESS, "addr change 10.0.0.2/24 dev wire valid_lft 900 preferred_lft 900", 0),
        (ADDRESS, "addr add 10.0.0.9/24 dev wire", 0),
        (ADDRESS, "link set wire down", 0),
        (ADDRESS, "addr del 10.0.0.2/24 dev wire", 0),
        (f"{ADDRESS}; {DEFAULT_ROUTE}", DEFAULT_ROUTE.replace("add", "del"), 0),
        ("", "addr add 169.254.3.4/16 scope link dev wire", 0),
        ("", "addr add 10.9.9.9/32 dev lo", 0),
        (ADDRESS, f"{CONTAINER}; link set one up; link set other up; link del one", 0),
    ],
)
def test_what_opens_a_way_is_told_once_and_nothing_else_is(
    machine: Machine, before: str, done: str, calls: int
) -> None:
    if before:
        machine.ip(before)
        machine.rest()
    earlier = machine.calls()

    machine.ip(done)
    machine.rest()

    assert machine.calls() == earlier + calls
    machine.ip("addr add 10.7.7.7/24 dev wire; link set wire up")
    wait_for(lambda: machine.calls() == earlier + calls + 1, "it still listens")


def test_an_address_is_told_once_it_can_be_used(machine: Machine) -> None:
    """IPv6 first asks for a second whether another machine has it."""
    machine.ip("addr add fd00::2/64 dev wire")
    assert "tentative" in machine.ip("addr show dev wire")

    wait_for(lambda: machine.calls() == 1, "the address was told")

    assert "tentative" not in machine.ip("addr show dev wire")


def test_more_news_than_the_kernel_keeps_are_outlived(machine: Machine) -> None:
    local = "169.254.3.4/16 scope link dev wire"
    machine.ip(ADDRESS + f"; addr add {local}; addr del {local}" * 1000)
    machine.rest()
    assert machine.calls() == 1

    machine.ip("addr add 10.0.1.2/24 dev wire")

    wait_for(lambda: machine.calls() == 2, "it still listens")


def test_at_rest_the_thread_sleeps(machine: Machine) -> None:
    machine.ip(ADDRESS)
    machine.rest()
    assert machine.calls() == 1

    machine.rest(3)


def is_running() -> bool:
    return "network" in {thread.name for thread in threading.enumerate()}


def test_stopping_ends_the_thread_at_once() -> None:
    watcher = NetworkWatcher(lambda: None)
    watcher.start()
    assert watcher.listening.wait(10)
    assert is_running()
    started = time.monotonic()

    watcher.stop()

    assert not is_running()
    assert time.monotonic() - started < 1


def test_stopping_does_not_wait_until_a_network_has_settled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    called: list[str] = []
    looked = threading.Event()

    def look() -> frozenset[str]:
        if not watcher.listening.is_set():
            return frozenset()
        looked.set()
        return frozenset({"10.0.0.2 on link 2"})

    kernel, news = socket.socketpair()
    monkeypatch.setattr(network, "_netlink", lambda _groups: news)
    monkeypatch.setattr(network, "find_ways", look)
    monkeypatch.setattr(network, "SETTLING", 60.0)
    watcher = NetworkWatcher(lambda: called.append("changed"))
    watcher.start()
    assert watcher.listening.wait(10)
    kernel.send(b"news")
    assert looked.wait(10)

    watcher.stop()

    assert not is_running()
    assert called == []
    kernel.close()


def test_without_netlink_a_line_says_so_and_nothing_hangs(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    no_such_family = 250
    monkeypatch.setattr(socket, "AF_NETLINK", no_such_family)
    watcher = NetworkWatcher(lambda: None)

    watcher.start()

    wait_for(lambda: not is_running(), "the thread ends")
    watcher.stop()
    (record,) = caplog.records
    assert "nobody tells when the network comes back" in record.getMessage()
    assert not watcher.listening.is_set()
