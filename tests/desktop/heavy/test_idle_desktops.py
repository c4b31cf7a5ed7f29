"""What real desktops say about how long they have been idle."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import pytest

from tests.desktop.gnome import GnomeDesktop, GnomeShell
from tests.desktop.plasma import PlasmaDesktop
from tests.desktop.processes import require_programs, wait_for
from trayapp.desktop.brief_bus import brief_bus
from trayapp.desktop.idle import IdleGate
from trayapp.desktop.idle_linux import idle_sources
from trayapp.desktop.sessions import Logind

if TYPE_CHECKING:
    from tests.desktop.harness import Desktop

pytestmark = [pytest.mark.desktop, pytest.mark.heavy, pytest.mark.timeout(300)]


def check(desktop: Desktop, name: str) -> None:
    """See a gate be idle, and no longer when the mouse has moved."""
    logind = Logind(brief_bus(desktop.environ["DBUS_SYSTEM_BUS_ADDRESS"]))
    ask = brief_bus(desktop.environ["DBUS_SESSION_BUS_ADDRESS"])
    # Only the counter itself: the X server would answer in its place.
    sources = [one for one in idle_sources(desktop.environ, ask, logind) if one.name == name]
    gate = IdleGate(sources, lambda: -math.inf, lambda _until: "", idle_after=1)
    wait_for(lambda: gate.is_idle(time.time()), "a second without input is idle")

    desktop.move((210, 220))

    # The shell takes an event in some milliseconds after it was made.
    wait_for(lambda: not gate.is_idle(time.time()), "the mouse is noticed", 1)
    assert gate.describe().startswith(f"{name} says how long the desktop has been idle (0 s")
    wait_for(lambda: gate.is_idle(time.time()), "a second without input is idle")


def test_gnomes_mutter_counts_milliseconds() -> None:
    with GnomeDesktop() as desktop:
        shell = GnomeShell(desktop)
        shell.start()
        check(desktop, "Mutter's idle monitor")
        shell.stop()


def test_kdes_screen_saver_counts_milliseconds() -> None:
    require_programs("ksmserver")
    with PlasmaDesktop() as desktop:
        desktop.start(["ksmserver"])
        name = "org.freedesktop.ScreenSaver"
        wait_for(lambda: desktop.bus.has_owner(name), "KDE's screen saver is there", 60)
        check(desktop, "KDE's screen saver")
