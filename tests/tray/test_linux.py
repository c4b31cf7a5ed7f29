from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.desktop.bus import PrivateBus
from tests.desktop.processes import wait_for
from tests.tray.statusnotifier.fake_watcher import FakeWatcher
from trayapp.tray.backends import Appearance, Item, TrayDescription, _choose_tray, describe_tray
from trayapp.tray.linux import StatusNotifierBackend, menu_item
from trayapp.tray.statusnotifier import Probe
from trayapp.tray.statusnotifier.item import ITEM_PATH
from trayapp.tray.statusnotifier.pystray_base import Menu

END_LIMIT = 5.0
ITEM = "org.kde.StatusNotifierItem"
PROPERTIES = "org.freedesktop.DBus.Properties"


def nothing() -> None:
    pass


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (Item("tells"), {"text": "tells", "enabled": False, "checked": None, "default": False}),
        (Item("acts", nothing), {"enabled": True, "submenu": None}),
        (Item("acts", nothing, default=True), {"default": True}),
        (Item("check", nothing, checked=False), {"checked": False, "radio": False}),
        (Item("check", nothing, checked=True), {"checked": True, "radio": False}),
        (Item("radio", nothing, checked=True, radio=True), {"checked": True, "radio": True}),
        (Item("holds", children=(Item("inner"),)), {"enabled": True}),
    ],
)
def test_an_item_keeps_what_it_is(item: Item, expected: dict[str, Any]) -> None:
    made = menu_item(item)
    assert {name: getattr(made, name) for name in expected} == expected


def test_children_are_a_submenu_and_a_separator_is_pystrays() -> None:
    inner = (Item("one", nothing), Item("-", separator=True), Item("two", children=(Item("x"),)))
    submenu = menu_item(Item("outer", children=inner)).submenu
    one, separator, two = submenu
    assert (one.text, two.text) == ("one", "two")
    assert separator is Menu.SEPARATOR
    assert [item.text for item in two.submenu] == ["x"]


def test_an_action_is_called_without_arguments() -> None:
    calls: list[int] = []
    menu_item(Item("acts", lambda: calls.append(1)))(None)
    assert calls == [1]


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PrivateBus]:
    monkeypatch.delenv("DISPLAY", raising=False)
    bus = PrivateBus(tmp_path)
    bus.start()
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
    yield bus
    bus.stop()


def an_appearance(**changes: Any) -> Appearance:
    return Appearance(images=(Image.new("RGBA", (16, 16)),), tooltip="Today", items=(), **changes)


@contextmanager
def running(backend: StatusNotifierBackend, appearance: Appearance) -> Iterator[None]:
    thread = threading.Thread(target=backend.run, args=(appearance, nothing, nothing))
    thread.start()
    try:
        yield
    finally:
        backend.stop()
        thread.join(END_LIMIT)
        assert not thread.is_alive()


@pytest.mark.desktop
@pytest.mark.parametrize(
    ("desktop", "is_menu"),
    [("XFCE", True), ("LXQt", False), ("MATE", False), ("ubuntu:GNOME", True), ("", True)],
)
def test_where_a_left_click_can_open_no_menu_it_does_something_else(
    bus: PrivateBus, monkeypatch: pytest.MonkeyPatch, desktop: str, is_menu: bool
) -> None:
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", desktop)
    with (
        FakeWatcher(bus) as watcher,
        bus.client() as client,
        running(StatusNotifierBackend(os.environ), an_appearance()),
    ):
        wait_for(lambda: watcher.registrations, "the item is registered")
        name = watcher.registrations[-1][0]

        assert client.get(name, ITEM_PATH, ITEM, "ItemIsMenu") == ("b", is_menu)


@pytest.mark.desktop
def test_label_and_attention_reach_the_panel_at_first_and_later(bus: PrivateBus) -> None:
    backend = StatusNotifierBackend(os.environ)
    appearance = an_appearance(label="2h 5m", attention=True)
    with FakeWatcher(bus) as watcher, bus.client() as client, running(backend, appearance):
        wait_for(lambda: watcher.registrations, "the item is registered")
        name = watcher.registrations[-1][0]

        def told() -> tuple[str, str]:
            values = client.call(name, ITEM_PATH, PROPERTIES, "GetAll", "s", ITEM)
            _signature, label = values.get("XAyatanaLabel", ("s", ""))
            return label, values["Status"][1]

        assert told() == ("2h 5m", "NeedsAttention")
        backend.show(an_appearance())
        assert told() == ("", "Active")


@pytest.mark.desktop
def test_a_stop_before_the_start_lets_it_return_at_once(bus: PrivateBus) -> None:
    del bus
    backend = StatusNotifierBackend(os.environ)
    backend.stop()
    backend.run(an_appearance(), lambda: pytest.fail("it was shown"), nothing)


NO_BUS = Probe(bus=False, watcher=False, host=False, reason="There is no session bus.")
NO_WATCHER = Probe(bus=True, watcher=False, host=False, reason="Nothing takes tray icons.")
NO_HOST = Probe(bus=True, watcher=True, host=False, reason="No panel shows them.")
HOST = Probe(bus=True, watcher=True, host=True, reason="A panel shows tray icons.")
NOT_HERE = "StatusNotifierItem: nothing takes tray icons"
NEVER = "not pystray's appindicator and gtk: need PyGObject and GTK."


@pytest.mark.parametrize(
    ("item", "has_xembed", "found"),
    [
        (HOST, False, f"StatusNotifierItem: a panel shows tray icons; not XEmbed: why; {NEVER}"),
        (
            NO_WATCHER,
            True,
            f"XEmbed: why, a click opens the dashboard; not {NOT_HERE}; {NEVER}",
        ),
        (
            NO_BUS,
            False,
            f"none; not StatusNotifierItem: there is no session bus; not XEmbed: why; {NEVER}",
        ),
        (
            NO_HOST,
            False,
            f"none; not StatusNotifierItem: no panel shows them; not XEmbed: why; {NEVER}",
        ),
    ],
)
def test_what_serves_is_named_and_why_each_other_does_not(
    item: Probe, has_xembed: bool, found: str
) -> None:
    description = _choose_tray(item, has_xembed, "why", gnome=False)
    assert description.found == found
    assert description.shows == (item.host or has_xembed)
    assert bool(description.advice) != description.shows


def test_on_gnome_the_extension_is_named() -> None:
    assert "AppIndicator" in _choose_tray(NO_WATCHER, False, "why", gnome=True).advice


@pytest.mark.desktop
def test_on_wayland_without_a_panel_nothing_serves(bus: PrivateBus) -> None:
    environment = {"DBUS_SESSION_BUS_ADDRESS": bus.address, "WAYLAND_DISPLAY": "wayland-0"}
    description = describe_tray(environment)
    assert not description.shows
    assert ("XEmbed", "there is no X display") in description.passed_over


@pytest.mark.desktop
def test_a_display_is_not_asked_where_a_panel_shows_the_item(bus: PrivateBus) -> None:
    with FakeWatcher(bus):
        description = describe_tray({"DBUS_SESSION_BUS_ADDRESS": bus.address, "DISPLAY": "none"})
    assert description.serves == "StatusNotifierItem"
    assert dict(description.passed_over)["XEmbed"] == "only without a watcher, it has no menu"


def test_without_a_desktop_that_is_the_reason() -> None:
    assert describe_tray({}) == TrayDescription(
        "",
        "no session bus and no display",
        advice="Here trayapp today shows the number; the icon needs a desktop.",
    )
