"""Notifications on two real servers, seen and clicked, and on servers that behave badly."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jeepney import HeaderFields, Message, new_error, new_method_return

from trayapp.desktop import notifications
from trayapp.desktop.bus_messages import owner_changes
from trayapp.desktop.notifications import (
    DESKTOP_ENTRY,
    SERVER,
    SERVER_PATH,
    DesktopNotifier,
    Notification,
    Notifier,
    Pixels,
    RememberingNotifier,
    Urgency,
    notify_call,
)
from trayapp.desktop.session_bus import SessionBus

from .bus import PrivateBus, member
from .bus_service import BusService, silent
from .harness import Desktop
from .processes import require_programs, wait_for
from .screen import changed

pytestmark = pytest.mark.desktop

RED = (220, 30, 30)
SQUARE = Pixels(32, 32, bytes([*RED, 255]) * 32 * 32)

XFCE = next(Path("/usr/lib").glob("*/xfce4/notifyd/xfce4-notifyd"), Path("xfce4-notifyd"))


def nothing() -> None:
    """Do nothing."""


def told(*, title: str = "Goal reached", **details: Any) -> Notification:
    return Notification("goal", title, **details)


@pytest.fixture
def away_from_the_mouse(desktop: Desktop) -> Desktop:
    desktop.move((300, 500))
    return desktop


@pytest.fixture(params=[str(XFCE), "dunst"], ids=["xfce4-notifyd", "dunst"])
def real_server(request: pytest.FixtureRequest, away_from_the_mouse: Desktop) -> Iterator[str]:
    """Its program's name."""
    desktop, program = away_from_the_mouse, request.param
    require_programs(program)
    process = desktop.start([program])
    wait_for(lambda: desktop.bus.has_owner(SERVER), "the server is there")
    yield Path(program).name
    desktop.end(process)
    wait_for(lambda: not desktop.bus.has_owner(SERVER), "the server is gone")


@pytest.fixture
def on_desktop(desktop: Desktop) -> Iterator[DesktopNotifier]:
    bus = SessionBus(desktop.environ)
    notifier = DesktopNotifier(bus)
    notifier.start()
    bus.start()
    yield notifier
    bus.stop()


class TestOnRealServers:
    def test_shows_its_text_and_picture_and_replaces_the_one_before(
        self, desktop: Desktop, real_server: str, on_desktop: DesktopNotifier
    ) -> None:
        before = desktop.settled()
        action = ("Open dashboard", nothing)
        on_desktop.notify(
            told(body="3h in <b>trayapp</b> & more", actions=(action,), pixels=SQUARE)
        )
        first = desktop.popped_up(before, desktop.screen)
        shown = desktop.screenshot(f"notification-{real_server}")
        colours = shown.crop((first.left, first.top, first.right, first.bottom)).getcolors(1 << 16)
        assert (32 * 32, RED) in (colours or [])

        for number in range(5):
            on_desktop.notify(told(title=f"Goal reached {number}", actions=(action,)))
        wait_shown(on_desktop)
        wait_for(lambda: changed(shown, desktop.screenshot(), desktop.screen), "it was replaced")
        last = changed(before, desktop.settled(), desktop.screen)
        desktop.screenshot(f"notification-replaced-{real_server}")

        assert last is not None
        assert last.bottom - last.top <= first.bottom - first.top

    def test_runs_the_action_that_is_clicked(
        self, desktop: Desktop, real_server: str, on_desktop: DesktopNotifier
    ) -> None:
        before = desktop.settled()
        clicked = threading.Event()
        on_desktop.notify(told(body="Look", actions=(("Open dashboard", clicked.set),)))
        box = desktop.popped_up(before, desktop.screen)

        if real_server == "dunst":  # It has no buttons: the middle button runs the only action.
            desktop.click(box, 2)
        else:
            desktop.click((box.centre[0], box.bottom - 30))

        assert clicked.wait(10)
        wait_for(lambda: not changed(before, desktop.screenshot(), desktop.screen), "it is gone")
        desktop.move((300, 500))


class Server:
    """A notification server that can be told how to behave."""

    def __init__(self) -> None:
        self.capabilities: Any = ("as", (["actions", "body", "body-markup"],))
        self.reply: Callable[[int], tuple[str, tuple[Any, ...]]] = lambda id_: ("u", (id_,))
        self.gate = threading.Event()
        self.gate.set()
        self.shown: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        self._last = 100

    def answer(self, call: Message) -> Message | None:
        if member(call) == "GetCapabilities":
            return new_method_return(call, *self.capabilities)
        assert call.header.fields[HeaderFields.signature] == "susssasa{sv}i"
        self.shown.put(call.body)
        assert self.gate.wait(10)
        replaces: int = call.body[1]
        self._last += not replaces
        return new_method_return(call, *self.reply(replaces or self._last))

    def next(self) -> tuple[Any, ...]:
        return self.shown.get(timeout=10)


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def service(bus: PrivateBus, server: Server) -> Iterator[BusService]:
    with BusService(bus, SERVER, server.answer) as service:
        yield service


@pytest.fixture
def notifier(bus: PrivateBus) -> Iterator[DesktopNotifier]:
    ours = SessionBus({"DBUS_SESSION_BUS_ADDRESS": bus.address})
    notifier = DesktopNotifier(ours)
    notifier.start()
    listening = threading.Event()
    ours.subscribe(owner_changes("org.example.Last"), print, listening.set)
    ours.start()
    assert listening.wait(10)
    yield notifier
    ours.stop()


def emit(service: BusService, name: str, signature: str, *body: Any) -> None:
    service.emit(SERVER_PATH, SERVER, name, signature, *body)


def wait_shown(notifier: DesktopNotifier) -> None:
    wait_for(lambda: not notifier._kinds["goal"].being_sent, "the reply was read")


@pytest.mark.usefixtures("service")
class TestOneOfAKind:
    def test_replaces_the_one_before(self, server: Server, notifier: DesktopNotifier) -> None:
        replaced = []
        for _number in range(3):
            notifier.notify(told())
            replaced.append(server.next()[1])
            wait_shown(notifier)
        notifier.notify(Notification("another kind", "title"))
        replaced.append(server.next()[1])

        assert replaced == [0, 101, 101, 0]

    def test_that_comes_before_the_server_answered_waits_and_only_the_last_is_shown(
        self, server: Server, notifier: DesktopNotifier
    ) -> None:
        server.gate.clear()
        notifier.notify(told(title="first"))
        assert (server.next()[1::2][:2]) == (0, "first")
        for title in ("second", "third", "fourth"):
            notifier.notify(told(title=title))

        server.gate.set()

        assert server.next()[1::2][:2] == (101, "fourth")
        wait_shown(notifier)
        assert server.shown.empty()

    def test_does_not_replace_one_that_was_closed(
        self, server: Server, service: BusService, notifier: DesktopNotifier
    ) -> None:
        notifier.notify(told())
        server.next()
        wait_shown(notifier)

        emit(service, "NotificationClosed", "uu", 101, 2)
        wait_for(lambda: notifier._kinds["goal"].id == 0, "it is known as closed")
        notifier.notify(told())

        assert server.next()[1] == 0


@pytest.mark.parametrize("bus_too", [False, True])
def test_a_new_server_is_not_asked_to_replace_what_the_old_one_showed(
    bus: PrivateBus, server: Server, notifier: DesktopNotifier, *, bus_too: bool
) -> None:
    with BusService(bus, SERVER, server.answer):
        notifier.notify(told())
        assert server.next()[1] == 0
        wait_shown(notifier)
        if bus_too:
            bus.stop()
    if bus_too:
        bus.start()
    with BusService(bus, SERVER, server.answer):
        wait_for(lambda: notifier._kinds["goal"].id == 0, "the new server is known", 20)
        notifier.notify(told())

        assert server.next()[1] == 0


class TestAction:
    @pytest.fixture
    def shown(self, server: Server, notifier: DesktopNotifier) -> queue.SimpleQueue[str]:
        """A notification shows, and what is chosen in it comes here."""
        chosen: queue.SimpleQueue[str] = queue.SimpleQueue()
        names = ("open", "later")
        notifier.notify(told(actions=tuple((name, lambda n=name: chosen.put(n)) for name in names)))
        assert server.next()[5] == ["0", "open", "1", "later"]
        wait_shown(notifier)
        return chosen

    def test_that_is_chosen_runs_and_no_other(
        self, service: BusService, shown: queue.SimpleQueue[str]
    ) -> None:
        emit(service, "ActionInvoked", "us", 102, "0")
        emit(service, "ActionInvoked", "us", 0, "0")
        emit(service, "ActionInvoked", "us", 101, "2")
        emit(service, "ActionInvoked", "us", 101, "default")
        emit(service, "ActionInvoked", "ss", "101", "0")
        emit(service, "ActionInvoked", "us", 101, "1")

        assert shown.get(timeout=10) == "later"
        assert shown.empty()

    def test_that_blocks_or_fails_holds_nothing_up(
        self,
        server: Server,
        service: BusService,
        notifier: DesktopNotifier,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        blocked, release = threading.Event(), threading.Event()

        def block() -> None:
            blocked.set()
            assert release.wait(30)
            raise LookupError("on purpose")

        notifier.notify(told(actions=(("block", block),)))
        server.next()
        wait_shown(notifier)
        emit(service, "ActionInvoked", "us", 101, "0")
        assert blocked.wait(10)

        notifier.notify(told(title="meanwhile"))

        assert server.next()[3] == "meanwhile"
        release.set()
        wait_for(lambda: "on purpose" in caplog.text, "the failure is logged")


class TestFailure:
    """Is a warning in the log; the next notification is shown all the same."""

    @pytest.mark.parametrize(
        "misbehave",
        [
            lambda call: new_error(call, "org.example.No", "s", ("no room",)),
            lambda call: new_method_return(call, "as", (["body"],)),
            lambda call: new_method_return(call, "a{sv}", ({"x": ("u", 1)},)),
            silent,
        ],
        ids=["error", "Notify answered with a list", "garbage", "silence"],
    )
    def test_of_a_server(
        self,
        bus: PrivateBus,
        server: Server,
        notifier: DesktopNotifier,
        misbehave: Callable[[Message], Message | None],
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        with monkeypatch.context() as patch, BusService(bus, SERVER, misbehave) as service:
            patch.setattr(notifications, "NOTIFY_LIMIT", 0.2)
            notifier.notify(told(title="lost"))
            wait_for(lambda: "'lost' was not shown" in caplog.text, "the failure is logged")
            wait_shown(notifier)

            service.answer = server.answer
            patch.undo()
            notifier.notify(told(title="well"))

            assert server.next()[3] == "well"

    def test_because_there_is_no_server(
        self, notifier: DesktopNotifier, caplog: pytest.LogCaptureFixture
    ) -> None:
        notifier.notify(told(title="lost"))

        wait_for(lambda: "'lost' was not shown" in caplog.text, "the failure is logged")

    def test_because_there_is_no_bus(self, caplog: pytest.LogCaptureFixture) -> None:
        notifier = DesktopNotifier(SessionBus({}))
        notifier.start()

        notifier.notify(told(title="lost"))

        assert "'lost' was not shown: There is no session bus" in caplog.text

    def test_because_of_its_own_pixels(
        self,
        server: Server,
        service: BusService,
        notifier: DesktopNotifier,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        del service
        notifier.notify(told(title="lost", pixels=Pixels(2**40, 1, b"")))
        wait_for(lambda: "'lost' was not shown" in caplog.text, "the failure is logged")

        notifier.notify(told(title="well"))

        assert server.next()[3] == "well"


@pytest.mark.usefixtures("service")
def test_any_text_gets_through(server: Server, notifier: DesktopNotifier) -> None:
    for number, text in enumerate(("a\0b", "a\ud800b", "\u202eabc", "&<>\"'", "x" * 100_000)):
        notifier.notify(Notification(str(number), text, text))

        assert server.next()[3] == text.replace("\0", "").replace("\ud800", "?")


class TestNotifyCall:
    def test_says_who_we_are_and_how_urgent_it_is(self) -> None:
        hints = notify_call(told(urgency=Urgency.CRITICAL), []).body[6]

        assert hints == {"desktop-entry": ("s", DESKTOP_ENTRY), "urgency": ("y", 2)}

    def test_carries_a_picture_as_the_specification_has_it(self) -> None:
        hints = notify_call(told(pixels=Pixels(2, 1, b"RGBArgba")), []).body[6]

        assert hints["image-data"] == ("(iiibiiay)", (2, 1, 8, True, 8, 4, b"RGBArgba"))

    def test_carries_the_name_of_an_icon(self) -> None:
        assert notify_call(told(icon="trayapp"), []).body[2] == "trayapp"

    @pytest.mark.parametrize(
        ("capabilities", "title", "body"),
        [
            ([], "a < b", 'a < b & "c"'),
            (["body"], "a < b", 'a < b & "c"'),
            (["body", "body-markup"], "a < b", 'a &lt; b &amp; "c"'),
        ],
    )
    def test_escapes_the_body_only_where_it_is_markup(
        self, capabilities: list[str], title: str, body: str
    ) -> None:
        call = notify_call(told(title="a < b", body='a < b & "c"'), capabilities)

        assert call.body[3:5] == (title, body)

    @pytest.mark.parametrize(("capabilities", "actions"), [([], []), (["actions"], ["0", "Open"])])
    def test_has_actions_only_where_the_server_has(
        self, capabilities: list[str], actions: list[str]
    ) -> None:
        call = notify_call(told(actions=(("Open", nothing),)), capabilities)

        assert call.body[5] == actions


def test_the_notifier_that_only_remembers_is_a_notifier() -> None:
    remembering = RememberingNotifier()
    notifier: Notifier = remembering

    notifier.notify(told())

    assert remembering.notifications == [told()]
