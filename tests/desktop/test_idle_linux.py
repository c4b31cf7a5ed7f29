from __future__ import annotations

import json
import logging
import math
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from jeepney import Message, new_error

from tests.cli.person import Person
from tests.desktop.bus import PrivateBus, member
from tests.desktop.bus_service import Answer, BusService, returns, silent
from tests.desktop.harness import Desktop
from tests.desktop.logind import FakeLogind, Properties, a_session
from tests.desktop.processes import Processes, wait_for
from trayapp.desktop.brief_bus import brief_bus
from trayapp.desktop.idle import SOURCE_LIMIT, IdleGate, IdleSource, idle_gate
from trayapp.desktop.idle_linux import (
    KDE,
    MUTTER,
    IdleCounter,
    IdleHint,
    XServer,
    idle_sources,
    x_display,
)
from trayapp.desktop.session_bus import SessionBus
from trayapp.desktop.sessions import Logind, Session, besides, desktop_session, read_session

pytestmark = pytest.mark.desktop

# A refused connection leaves its socket to the collector.
refused = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")

SPAWNED = ("brief bus", "X server")
"""The threads that a question may start."""


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[PrivateBus]:
    (tmp_path / "session").mkdir()
    bus = PrivateBus(tmp_path / "session")
    bus.start()
    yield bus
    bus.stop()


@pytest.fixture
def system_bus(tmp_path: Path) -> Iterator[PrivateBus]:
    (tmp_path / "system").mkdir()
    bus = PrivateBus(tmp_path / "system")
    bus.start()
    yield bus
    bus.stop()


@pytest.fixture(autouse=True)
def _no_thread_stays() -> Iterator[None]:
    yield
    wait_for(
        lambda: not any(thread.name in SPAWNED for thread in threading.enumerate()),
        "the threads that asked have ended",
    )


def ask_source(source: IdleSource, limit: float = 5.0) -> float | None:
    return source.idle_seconds(time.monotonic() + limit)


def nothing_is_there(call: Message) -> Message:
    error: Message = new_error(call, "org.freedesktop.DBus.Error.UnknownMethod")
    return error


class TestCounters:
    def test_kde_and_mutter_count_milliseconds(self, bus: PrivateBus) -> None:
        for call, signature in ((KDE, "u"), (MUTTER, "t")):
            with BusService(bus, call.name, returns(signature, 61_500)) as service:
                counter = IdleCounter("it", call, signature, brief_bus(bus.address))

                assert ask_source(counter) == 61.5
                wait_for(lambda: service.calls, "the service has noted the call")
                assert [member(call) for call in service.calls] == [call.member]

    @pytest.mark.parametrize("answer", [returns("s", "an hour"), returns(""), nothing_is_there])
    def test_what_is_no_such_number_is_no_answer(self, bus: PrivateBus, answer: Answer) -> None:
        with BusService(bus, KDE.name, answer):
            assert ask_source(IdleCounter("it", KDE, "u", brief_bus(bus.address))) is None

    def test_a_service_that_hangs_costs_its_limit(self, bus: PrivateBus) -> None:
        with BusService(bus, KDE.name, silent):
            start = time.monotonic()

            assert ask_source(IdleCounter("it", KDE, "u", brief_bus(bus.address)), 0.2) is None
            assert time.monotonic() - start < 2

    def test_without_service_or_bus_nothing_is_known(self, bus: PrivateBus) -> None:
        for address in (bus.address, "", "unix:path=/nowhere"):
            assert ask_source(IdleCounter("it", KDE, "u", brief_bus(address))) is None

    def test_a_bus_that_hangs_costs_its_limit(self, tmp_path: Path) -> None:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(tmp_path / "bus"))
            listener.listen()
            ask = brief_bus(f"unix:path={tmp_path / 'bus'}")
            start = time.monotonic()

            assert ask_source(IdleCounter("it", KDE, "u", ask), 0.2) is None
            assert time.monotonic() - start < 1

    def test_when_there_is_no_time_left_nothing_is_known(self, bus: PrivateBus) -> None:
        with BusService(bus, KDE.name, silent):
            assert ask_source(IdleCounter("it", KDE, "u", brief_bus(bus.address)), -1) is None


class TestXServer:
    def test_it_counts_from_the_last_key_or_movement(self, desktop: Desktop) -> None:
        server = XServer(desktop.environ["DISPLAY"])
        wait_for(lambda: (ask_source(server) or 0) > 0.5, "half a second has passed")

        for command in (["mousemove_relative", "1", "1"], ["key", "a"]):
            before = time.monotonic()
            desktop.run(["xdotool", *command])
            idle = ask_source(server)

            assert idle is not None
            assert 0 <= idle <= time.monotonic() - before
            wait_for(lambda: (ask_source(server) or 0) > 0.5, "half a second has passed")

    @refused
    def test_a_server_that_hangs_is_asked_once(self, desktop: Desktop) -> None:
        display = desktop._start_display()
        server = XServer(display)
        assert ask_source(server) is not None
        process = desktop._processes._running[-1]

        process.send_signal(signal.SIGSTOP)
        try:
            assert ask_source(server, SOURCE_LIMIT) is None
            start = time.monotonic()
            assert ask_source(server) is None
            assert time.monotonic() - start < SOURCE_LIMIT
        finally:
            process.send_signal(signal.SIGCONT)

        wait_for(lambda: ask_source(server), "it answers again")
        desktop.end(process)
        assert ask_source(server) is None

    def test_what_xlib_prints_of_a_broken_authority_is_among_no_heartbeats(
        self, desktop: Desktop, tmp_path: Path
    ) -> None:
        broken, code = tmp_path / "Xauthority", tmp_path / "code"
        broken.write_bytes(b"\1")
        code.mkdir()
        shown = {"DISPLAY": desktop.environ["DISPLAY"], "XAUTHORITY": str(broken)}
        person = Person(tmp_path / "home", shown)
        command = [sys.executable, "-m", "trayapp", "--verbose", "watch", "--dry-run", str(code)]
        output, said = tmp_path / "output", tmp_path / "said"
        processes = Processes()
        with output.open("wb") as stdout, said.open("wb") as log:
            watch = processes.start(command, person.environment, stdout=stdout, log=log)
        try:
            wait_for(lambda: "is watched" in said.read_text(), "the folder is watched")
            (code / "a.py").write_text("one\n")
            wait_for(lambda: output.stat().st_size, "it is a heartbeat")
        finally:
            processes.end(watch)

        assert [json.loads(line)["entity"] for line in output.read_text().splitlines()] == [
            str(code / "a.py")
        ]
        assert "Xlib.xauth: warning" in said.read_text()

    @refused
    def test_no_server_is_no_answer(self) -> None:
        assert ask_source(XServer(":987")) is None

    @pytest.mark.parametrize(
        ("environment", "expected"),
        [
            ({"DISPLAY": ":0", "XDG_SESSION_TYPE": "x11"}, ":0"),
            ({"DISPLAY": ":1.0"}, ":1.0"),
            ({"DISPLAY": ":0", "XDG_SESSION_TYPE": "tty"}, ":0"),  # startx
            ({"DISPLAY": ":0", "XDG_SESSION_TYPE": "wayland"}, ""),
            ({"DISPLAY": ":0", "XDG_SESSION_TYPE": "tty", "WAYLAND_DISPLAY": "wayland-0"}, ""),
            ({"DISPLAY": "localhost:10.0"}, ""),
            ({}, ""),
        ],
    )
    def test_an_xwayland_or_a_far_server_is_not_asked(
        self, environment: Mapping[str, str], expected: str
    ) -> None:
        assert x_display(environment) == expected


class TestLogind:
    @pytest.mark.parametrize(
        ("sessions", "said"),
        [
            ([Session("x11")], ""),
            ([Session("wayland"), Session("tty", state="closing", remote=True)], ""),
            ([Session("wayland"), Session("", class_="manager", state="online")], ""),
            ([Session("wayland"), Session("tty", class_="background")], ""),
            ([Session("wayland"), Session("tty", remote=True)], "there is a remote session"),
            ([Session("wayland", remote=True)], "there is a remote session"),
            (
                [Session("wayland"), Session("tty", state="online")],
                "there is a session without a desktop",
            ),
            (
                [Session("wayland"), Session("x11", state="online")],
                "there are 2 sessions, not one that is active",
            ),
            (
                [Session("wayland", state="online")],
                "there are 1 sessions, not one that is active",
            ),
            ([], "there are 0 sessions, not one that is active"),
        ],
    )
    def test_only_the_only_active_session_is_alone(
        self, sessions: list[Session], said: str
    ) -> None:
        assert besides(sessions) == said

    def test_what_logind_leaves_out_is_taken_for_somebody(self) -> None:
        assert besides([read_session({})]) == "there is a remote session"

    def test_two_desktops_have_no_one_hint(self) -> None:
        assert desktop_session([Session("x11"), Session("wayland")]) is None
        assert desktop_session([Session("tty"), Session("x11")]) == Session("x11")

    def test_only_ones_own_sessions_are_read(self, system_bus: PrivateBus) -> None:
        ssh = a_session(Type=("s", "tty"), Remote=("b", True))
        with FakeLogind(system_bus, ssh, a_session(), others=1):
            logind = Logind(brief_bus(system_bus.address))

            assert logind.sessions(time.monotonic() + 5) == [Session("wayland")]
            assert logind.besides(time.monotonic() + 5) == ""

    def test_a_remote_session_is_somebody(self, system_bus: PrivateBus) -> None:
        with FakeLogind(system_bus, a_session(), a_session(Remote=("b", True))):
            logind = Logind(brief_bus(system_bus.address))

            assert logind.besides(time.monotonic() + 5) == "there is a remote session"

    def test_who_is_logged_in_is_not_known_without_logind(self, system_bus: PrivateBus) -> None:
        for address in (system_bus.address, "unix:path=/nowhere"):
            said = Logind(brief_bus(address)).besides(time.monotonic() + 5)

            assert said.startswith("nobody can tell who else is logged in: ")

    @pytest.mark.parametrize(
        ("session", "expected"),
        [
            (a_session(IdleHint=("b", True)), "since"),
            (a_session(IdleHint=("b", True), IdleSinceHintMonotonic=("t", 0)), None),
            (a_session(), None),
            (a_session(IdleHint=("b", True), Type=("s", "tty")), None),
        ],
    )
    def test_a_hint_counts_from_when_it_was_given_and_no_hint_says_nothing(
        self, system_bus: PrivateBus, session: Properties, expected: str | None
    ) -> None:
        a_minute_ago = int((time.monotonic() - 60) * 1_000_000)
        if expected:
            session = session | {"IdleSinceHintMonotonic": ("t", a_minute_ago)}
        with FakeLogind(system_bus, session):
            idle = ask_source(IdleHint(Logind(brief_bus(system_bus.address))))

        assert idle == (pytest.approx(60, abs=10) if expected else None)

    def test_without_logind_there_is_no_hint(self, system_bus: PrivateBus) -> None:
        assert ask_source(IdleHint(Logind(brief_bus(system_bus.address)))) is None


class TestGate:
    def test_a_real_x_session_is_idle_until_somebody_touches_it(
        self, desktop: Desktop, system_bus: PrivateBus
    ) -> None:
        gate = a_gate(desktop.environ, system_bus, idle_after=3)
        with FakeLogind(system_bus, a_session(Type=("s", "x11"))) as logind:
            desktop.key("a")
            assert not gate.is_idle(time.time())
            wait_for(lambda: gate.is_idle(time.time()), "three seconds without input are idle")
            assert gate.describe().startswith("the X server says how long the desktop has been")

            logind.sessions.append(a_session(Type=("s", "tty"), Remote=("b", True)))
            assert not gate.is_idle(time.time())
            logind.sessions.pop()
            wait_for(lambda: gate.is_idle(time.time()), "the remote session has gone")

            desktop.run(["xdotool", "mousemove_relative", "1", "1"])
            assert not gate.is_idle(time.time())

        wait_for(lambda: "nobody can tell" in gate.describe(), "logind has gone")
        assert not gate.is_idle(time.time())

    def test_a_kde_that_says_zero_for_ever_is_passed_over(
        self, desktop: Desktop, bus: PrivateBus, system_bus: PrivateBus
    ) -> None:
        environment = desktop.environ | {
            "DBUS_SESSION_BUS_ADDRESS": bus.address,
            "XDG_CURRENT_DESKTOP": "KDE",
        }
        with (
            BusService(bus, KDE.name, returns("u", 0)) as kde,
            FakeLogind(system_bus, a_session(Type=("s", "x11"))),
        ):
            gate = a_gate(environment, system_bus, idle_after=1)

            wait_for(lambda: gate.is_idle(time.time()), "the X server is believed")
            assert kde.calls

    def test_elsewhere_that_service_is_not_asked(self) -> None:
        """light-locker counts in seconds."""
        environment = {"XDG_CURRENT_DESKTOP": "LXDE"}
        names = [
            source.name
            for source in idle_sources(environment, brief_bus(""), Logind(brief_bus("")))
        ]

        assert names == ["Mutter's idle monitor", "logind"]

    def test_when_all_hang_it_takes_a_second_at_most(
        self, desktop: Desktop, bus: PrivateBus, system_bus: PrivateBus
    ) -> None:
        display = desktop._start_display()
        server = desktop._processes._running[-1]
        environment = {
            "DBUS_SESSION_BUS_ADDRESS": bus.address,
            "DISPLAY": display,
            "XDG_CURRENT_DESKTOP": "KDE",
        }
        gate = a_gate(environment, system_bus)
        with (
            BusService(bus, KDE.name, silent),
            BusService(bus, MUTTER.name, silent),
            BusService(system_bus, "org.freedesktop.login1", silent),
        ):
            server.send_signal(signal.SIGSTOP)
            try:
                start = time.monotonic()
                assert not gate.is_idle(time.time())
                took = time.monotonic() - start
            finally:
                server.send_signal(signal.SIGCONT)
                desktop.end(server)

        assert took < 1.0

    def test_the_applications_own_bus_is_used(
        self, bus: PrivateBus, system_bus: PrivateBus
    ) -> None:
        own = SessionBus({"DBUS_SESSION_BUS_ADDRESS": bus.address})
        own.start()
        with BusService(bus, MUTTER.name, returns("t", 12_000)):
            gate = idle_gate({"DBUS_SYSTEM_BUS_ADDRESS": system_bus.address}, own)
            text = gate.describe()
        own.stop()

        assert text.startswith(
            "Mutter's idle monitor says how long the desktop has been idle (12 s now), but nobody"
        )

    def test_on_a_machine_with_nothing_at_all_nothing_is_idle(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Nor is it told with every save."""
        caplog.set_level(logging.INFO)
        gate = idle_gate({"DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nowhere"})

        assert not gate.is_idle(time.time())
        assert gate.describe() == "no desktop says how long it has been idle"
        assert caplog.text == ""


def a_gate(
    environment: Mapping[str, str], system_bus: PrivateBus, idle_after: float = 300
) -> IdleGate:
    """Give a gate for an environment that looks at no terminal of who runs the tests."""
    logind = Logind(brief_bus(system_bus.address))
    ask = brief_bus(environment["DBUS_SESSION_BUS_ADDRESS"])
    sources = idle_sources(environment, ask, logind)
    return IdleGate(sources, lambda: -math.inf, logind.besides, idle_after=idle_after)
