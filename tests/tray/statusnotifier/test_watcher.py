"""Registering with a watcher that is there, late, gone, back, silent or unwilling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jeepney import DBusAddress, HeaderFields, MatchRule, new_signal
from PIL import Image

from tests.desktop.bus import member
from tests.desktop.processes import wait_for
from trayapp.tray.statusnotifier import Icon
from trayapp.tray.statusnotifier import presence as presence_module
from trayapp.tray.statusnotifier.presence import LONGEST_DELAY, delay_after

from .fake_watcher import WATCHER, FakeWatcher

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from tests.desktop.bus import Client, PrivateBus

    from .conftest import RunIcon

ITEM = ("/StatusNotifierItem", "org.kde.StatusNotifierItem")


def new_icon() -> Icon:
    return Icon("demo", Image.new("RGBA", (8, 8)), "Title")


def test_the_icon_registers_by_path_and_claims_no_name(
    watcher: FakeWatcher, client: Client, run_icon: RunIcon
) -> None:
    """Flatpak lets no application own such names."""
    icon = new_icon()
    with run_icon(icon):
        wait_for(lambda: icon.hosted, "the icon is registered")
        names = client.bus("ListNames")

    assert [path for _name, path in watcher.registrations] == ["/StatusNotifierItem"]
    assert watcher.registrations[0][0] in names
    assert [name for name in names if "StatusNotifierItem" in name] == []


def test_a_late_watcher_gets_the_icon(bus: PrivateBus, run_icon: RunIcon) -> None:
    icon = new_icon()
    with run_icon(icon):
        with bus.client() as client:
            wait_for(lambda: len(client.bus("ListNames")) >= 3, "the icon is on the bus")
        assert not icon.hosted

        with FakeWatcher(bus) as late:
            wait_for(lambda: icon.hosted, "the late watcher accepted the icon")
            assert {path for _name, path in late.registrations} == {"/StatusNotifierItem"}


def test_a_watcher_that_comes_back_gets_the_icon_again(bus: PrivateBus, run_icon: RunIcon) -> None:
    """What listens for that hears of each change once; a listener that fails changes nothing."""
    heard: list[bool] = []

    def hear(hosted: bool) -> None:
        heard.append(hosted)
        raise RuntimeError("of no use")

    icon = new_icon()
    icon.on_hosted = hear
    for _ in range(2):
        with run_icon(icon):
            wait_for(lambda: heard == [False], "it is heard that there is none")
            for _ in range(3):
                with FakeWatcher(bus) as watcher:
                    wait_for(lambda: icon.hosted, "the watcher accepted the icon")
                    icon.announce()
                    wait_for(lambda: len(watcher.registrations) > 1, "it registered once more")
                wait_for(lambda: not icon.hosted, "the icon noticed that the watcher went")
        assert heard == [False, *([True, False] * 3)]
        heard.clear()


def test_a_watcher_that_never_answers_holds_nothing_up(
    bus: PrivateBus, client: Client, run_icon: RunIcon
) -> None:
    icon = new_icon()
    with FakeWatcher(bus, answers=False) as silent, run_icon(icon):
        wait_for(lambda: silent.registrations, "the icon registered")
        name = silent.registrations[0][0]

        assert client.get(name, *ITEM, "Id") == ("s", "demo")
        assert not icon.hosted


def test_a_watcher_that_refuses_is_logged(
    bus: PrivateBus, run_icon: RunIcon, caplog: pytest.LogCaptureFixture
) -> None:
    icon = new_icon()
    with FakeWatcher(bus, refuses=True), run_icon(icon):
        wait_for(lambda: "refused" in caplog.text, "the refusal is logged")

        assert "not today" in caplog.text
        assert not icon.hosted


def test_a_stranger_cannot_say_that_the_watcher_went(
    watcher: FakeWatcher, client: Client, run_icon: RunIcon, name_of: Callable[[Icon], str]
) -> None:
    bus_interface = DBusAddress("/org/freedesktop/DBus", interface="org.freedesktop.DBus")
    icon = new_icon()
    with run_icon(icon):
        name = name_of(icon)
        forged = new_signal(bus_interface, "NameOwnerChanged", "sss", (WATCHER, ":1.1", ""))
        forged.header.fields[HeaderFields.destination] = name
        client.connection.send(forged)
        client.get(name, *ITEM, "Id")  # answered after the signal was seen

        assert icon.hosted
    assert len(watcher.registrations) == 1


def test_announcing_registers_again_and_has_the_icon_drawn_anew(
    watcher: FakeWatcher, client: Client, run_icon: RunIcon, name_of: Callable[[Icon], str]
) -> None:
    icon = new_icon()
    with run_icon(icon):
        client.listen(name_of(icon))
        icon.announce()

        def drawn() -> bool:
            client.receive(0.05)
            return {"NewIcon", "NewStatus"} <= set(map(member, client.signals))

        wait_for(drawn, "the signals came")
        wait_for(lambda: len(watcher.registrations) == 2, "the icon registered again")


def test_an_icon_that_was_never_shown_is_not_registered(
    watcher: FakeWatcher, client: Client, monkeypatch: pytest.MonkeyPatch, run_icon: RunIcon
) -> None:
    icon = new_icon()
    monkeypatch.setattr(icon, "run", lambda: Icon.run(icon, lambda _icon: None))
    client.bus("AddMatch", MatchRule(type="signal", interface=ITEM[1]))
    with run_icon(icon), client.connection.filter(MatchRule(type="signal")) as signals:
        while not signals or member(signals[-1]) != "NewIcon":
            icon.announce()
            client.receive(0.05)
        # The watcher answers this after what the icon sent it before the signal.
        client.get(WATCHER, "/StatusNotifierWatcher", WATCHER, "ProtocolVersion")
        assert watcher.registrations == []

        icon.visible = True
        wait_for(lambda: icon.hosted, "the icon is registered once it shows")


def test_a_bus_that_comes_late_and_comes_back_gets_the_icon(
    own_bus: PrivateBus, run_icon: RunIcon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence_module, "FIRST_DELAY", 0.05)
    heard: list[bool] = []
    icon = new_icon()
    icon.on_hosted = heard.append
    with run_icon(icon):
        for _ in range(2):
            wait_for(lambda: heard and not heard[-1], "it is heard that there is no bus")
            own_bus.start()
            with FakeWatcher(own_bus):
                wait_for(lambda: icon.hosted, "the icon is registered on the bus")
                own_bus.stop()
        wait_for(lambda: not icon.hosted, "the icon noticed that the bus went")
    assert heard == [False, *([True, False] * 2)]


def test_attempts_to_connect_become_seldom() -> None:
    delays = [delay_after(failures) for failures in range(1, 9)]

    assert delays == [1, 2, 4, 8, 16, 32, 60, 60]
    assert delay_after(10**9) == LONGEST_DELAY
