"""Dark and light, told by a real portal and by portals that behave badly."""

from __future__ import annotations

import queue
import shlex
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from jeepney import Message, MessageFlag, new_error, new_method_return

from trayapp.coding.preferences import Scheme
from trayapp.desktop import theme
from trayapp.desktop.bus_messages import owner_changes
from trayapp.desktop.session_bus import SessionBus
from trayapp.desktop.theme import (
    APPEARANCE,
    COLOR_SCHEME,
    PORTAL,
    PORTAL_PATH,
    SETTINGS,
    UNKNOWN_METHOD,
    ThemeWatcher,
    panel_scheme,
    scheme_of,
)

from .bus import PrivateBus, member
from .bus_service import Answer, BusService, returns, silent
from .harness import Desktop
from .processes import require_programs, wait_for

pytestmark = pytest.mark.desktop

BACK_LIMIT = 20.0

Schemes = queue.SimpleQueue[Scheme]


@contextmanager
def watching(address: str) -> Iterator[Schemes]:
    """Give the changes that are told."""
    schemes: Schemes = queue.SimpleQueue()
    bus = SessionBus({"DBUS_SESSION_BUS_ADDRESS": address})
    ThemeWatcher(bus, schemes.put).start()
    listening = threading.Event()
    bus.subscribe(owner_changes("org.example.Last"), print, listening.set)
    bus.start()
    assert listening.wait(10)
    yield schemes
    bus.stop()


def emit(portal: BusService, *body: Any, signature: str = "ssv") -> None:
    portal.emit(PORTAL_PATH, SETTINGS, "SettingChanged", signature, *body)


def of_version_1(call: Message) -> Message:
    """Answer as portals do that have only Read: the variant lies in another."""
    if member(call) == "ReadOne":
        return new_error(call, UNKNOWN_METHOD, "s", ("No such method",))
    return new_method_return(call, "v", (("v", ("u", 2)),))


class TestARealPortal:
    def test_is_believed_and_followed(self, desktop: Desktop) -> None:
        programs = ("/usr/libexec/xdg-desktop-portal-gtk", "/usr/libexec/xdg-desktop-portal")
        require_programs("gsettings", *programs)
        settings = {"GSETTINGS_BACKEND": "keyfile"}

        def prefer(scheme: str) -> None:
            command = f"gsettings set org.gnome.desktop.interface color-scheme {scheme}"
            process = desktop.start(shlex.split(command), settings)
            assert process.wait(10) == 0

        prefer("prefer-dark")
        with watching(desktop.bus.address) as schemes:
            processes = []
            for program, name in zip(
                programs, ("org.freedesktop.impl.portal.desktop.gtk", PORTAL), strict=True
            ):
                processes.append(desktop.start([program], settings))
                wait_for(partial(desktop.bus.has_owner, name), f"{name} is there")
            assert schemes.get(timeout=10) is Scheme.DARK

            prefer("default")
            assert schemes.get(timeout=10) is Scheme.UNKNOWN
            prefer("prefer-light")
            assert schemes.get(timeout=10) is Scheme.LIGHT
        with watching(desktop.bus.address) as schemes:
            assert schemes.get(timeout=10) is Scheme.LIGHT
        for process in reversed(processes):
            desktop.end(process)


class TestThePortal:
    @pytest.mark.parametrize(
        ("answer", "scheme"), [(returns("v", ("u", 1)), Scheme.DARK), (of_version_1, Scheme.LIGHT)]
    )
    def test_is_read_at_the_start_in_both_its_versions(
        self, bus: PrivateBus, answer: Answer, scheme: Scheme
    ) -> None:
        with BusService(bus, PORTAL, answer), watching(bus.address) as schemes:
            assert schemes.get(timeout=10) is scheme

    def test_is_followed_and_tells_only_what_is_new(self, bus: PrivateBus) -> None:
        with (
            BusService(bus, PORTAL, returns("v", ("u", 1))) as portal,
            watching(bus.address) as schemes,
        ):
            assert schemes.get(timeout=10) is Scheme.DARK

            emit(portal, APPEARANCE, COLOR_SCHEME, ("u", 1))
            emit(portal, "org.gnome.desktop.interface", COLOR_SCHEME, ("u", 2))
            emit(portal, APPEARANCE, "accent-color", ("u", 2))
            emit(portal, APPEARANCE, COLOR_SCHEME, "u", signature="sss")
            emit(portal, APPEARANCE, COLOR_SCHEME, ("u", 0))
            emit(portal, APPEARANCE, COLOR_SCHEME, ("u", 2))

            assert schemes.get(timeout=10) is Scheme.UNKNOWN
            assert schemes.get(timeout=10) is Scheme.LIGHT
        assert schemes.empty()

    def test_may_come_late_and_come_back_but_is_started_only_once(self, bus: PrivateBus) -> None:
        started = bus.directory / "started"
        (bus.directory / "services" / f"{PORTAL}.service").write_text(
            f"[D-BUS Service]\nName={PORTAL}\nExec=/bin/sh -c 'echo >>{started}; exit 1'\n"
        )
        with bus.client() as client:
            client.bus("ReloadConfig")
        with watching(bus.address) as schemes:
            wait_for(started.exists, "somebody wanted the portal")
            for number, scheme in ((1, Scheme.DARK), (2, Scheme.LIGHT)):
                with BusService(bus, PORTAL, returns("v", ("u", number))) as portal:
                    assert schemes.get(timeout=10) is scheme

                    (call,) = wait_for(lambda: portal.calls, "the call was answered")
                    assert call.header.flags & MessageFlag.no_auto_start
        assert schemes.empty()
        assert started.read_text() == "\n"

    def test_is_read_anew_when_the_bus_comes_back(self, bus: PrivateBus) -> None:
        with watching(bus.address) as schemes:
            for number, scheme in ((1, Scheme.DARK), (2, Scheme.LIGHT)):
                with BusService(bus, PORTAL, returns("v", ("u", number))):
                    assert schemes.get(timeout=BACK_LIMIT) is scheme
                    bus.stop()
                bus.start()

    @pytest.mark.parametrize(
        "misbehave",
        [
            lambda call: new_error(call, "org.freedesktop.portal.Error.NotFound"),
            lambda call: new_error(call, UNKNOWN_METHOD),
            returns("u", 1),
            returns("v", ("s", "dark")),
            returns("v", ("v", ("v", ("ai", [1])))),
            returns("v", ("u", 3)),
            returns(""),
            silent,
        ],
    )
    def test_that_misbehaves_is_as_none_until_it_tells_of_a_change(
        self,
        bus: PrivateBus,
        misbehave: Answer,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        monkeypatch.setattr(theme, "READ_LIMIT", 0.1)
        with BusService(bus, PORTAL, misbehave) as portal, watching(bus.address) as schemes:
            wait_for(lambda: portal.calls, "the portal was asked")

            emit(portal, APPEARANCE, COLOR_SCHEME, ("u", 1))

            assert schemes.get(timeout=10) is Scheme.DARK
        assert schemes.empty()
        assert {record.levelname for record in caplog.records} <= {"DEBUG", "INFO"}


@pytest.mark.parametrize(
    ("variant", "scheme"),
    [
        (("u", 0), Scheme.UNKNOWN),
        (("u", 1), Scheme.DARK),
        (("u", 2), Scheme.LIGHT),
        (("u", 3), Scheme.UNKNOWN),
        (("v", ("u", 1)), Scheme.DARK),
        (("v", ("v", ("u", 2))), Scheme.LIGHT),
        (("i", 1), Scheme.UNKNOWN),
        (("b", True), Scheme.UNKNOWN),
        (("s", "dark"), Scheme.UNKNOWN),
        (("a{sv}", {}), Scheme.UNKNOWN),
    ],
)
def test_a_variant_holds_a_scheme(variant: tuple[str, Any], scheme: Scheme) -> None:
    assert scheme_of(variant) is scheme


@pytest.mark.parametrize(
    ("portal", "current_desktop", "scheme"),
    [
        (Scheme.LIGHT, "GNOME", Scheme.DARK),
        (Scheme.UNKNOWN, "ubuntu:GNOME", Scheme.DARK),
        (Scheme.LIGHT, "KDE", Scheme.LIGHT),
        (Scheme.DARK, "XFCE", Scheme.DARK),
        (Scheme.UNKNOWN, "", Scheme.UNKNOWN),
        (Scheme.LIGHT, "NOTGNOME", Scheme.LIGHT),
    ],
)
def test_the_bar_of_gnome_is_dark(portal: Scheme, current_desktop: str, scheme: Scheme) -> None:
    assert panel_scheme(portal, {"XDG_CURRENT_DESKTOP": current_desktop}) is scheme
