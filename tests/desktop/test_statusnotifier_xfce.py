"""The icon on a real xfce4-panel, seen in screenshots and used with a real mouse."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from .demo import GREEN, MAGENTA, Demo
from .processes import wait_for
from .screen import Box, Colour, changed, find_colour, text_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .harness import Desktop
    from .xfce import XfcePanel

pytestmark = pytest.mark.desktop

END_LIMIT = 5.0


class Session:
    """A person before the desktop, on which the demo runs."""

    def __init__(self, desktop: Desktop, panel: XfcePanel, demo: Demo) -> None:
        self.desktop = desktop
        self.panel = panel
        self.demo = demo

    def see(self, colour: Colour = MAGENTA) -> Box:
        """Wait until the icon is in the panel, and return where."""
        what = f"the icon is seen in the colour {colour}"
        return wait_for(lambda: find_colour(self.desktop.screenshot(), colour), what)

    def see_none(self) -> None:
        wait_for(
            lambda: find_colour(self.desktop.screenshot(), MAGENTA) is None, "the icon has gone"
        )

    def open_menu(self) -> tuple[Box, Sequence[Box]]:
        """Click on the icon; return the menu and its rows of text."""
        icon = self.see()
        self.desktop.move(icon)  # the panel lights up what is under the mouse
        before = self.desktop.settled()
        self.desktop.click(icon)
        menu = self.desktop.popped_up(before, self.panel.below)
        return menu, text_rows(self.desktop.screenshot(), menu)

    def wait_until_said(self, *what: str) -> None:
        wait_for(lambda: self.demo.said == list(what), f"{what} was said and nothing else")


@pytest.fixture
def session(
    desktop: Desktop, xfce_panel: XfcePanel, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Session]:
    """The demo runs in this process; the panel does not run yet."""
    address = desktop.environ["DBUS_SESSION_BUS_ADDRESS"]
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    desktop.move((300, 500))
    demo = Demo()
    thread = threading.Thread(target=demo.icon.run)
    thread.start()
    yield Session(desktop, xfce_panel, demo)
    demo.icon.stop()
    thread.join(END_LIMIT)
    assert not thread.is_alive()


@pytest.fixture
def shown(session: Session) -> Session:
    """The panel runs, and shows the icon."""
    session.panel.start()
    session.see()
    return session


def test_the_icon_is_in_the_panel(shown: Session) -> None:
    icon = shown.see()
    shown.desktop.screenshot("xfce-icon")

    assert (icon.width, icon.height) == (24, 24)
    assert icon.bottom < shown.panel.below.top


def test_a_left_click_opens_the_menu(shown: Session) -> None:
    _menu, rows = shown.open_menu()
    shown.desktop.screenshot("xfce-menu")

    assert len(rows) == 7
    assert shown.demo.said
    assert set(shown.demo.said) == {"opened"}


def test_an_item_is_chosen_with_a_click(shown: Session) -> None:
    _menu, rows = shown.open_menu()
    shown.demo.said.clear()
    shown.desktop.click(rows[1])

    shown.wait_until_said("default")
    shown.see(GREEN)


def test_a_middle_click_chooses_the_default_item(shown: Session) -> None:
    shown.desktop.click(shown.see(), 2)

    shown.wait_until_said("default")


def test_a_check_item_is_checked_and_unchecked(shown: Session) -> None:
    menu, rows = shown.open_menu()
    checked = shown.desktop.settled()
    shown.demo.said.clear()
    shown.desktop.click(rows[2])
    shown.wait_until_said("checked False")

    again, _rows = shown.open_menu()
    unchecked = shown.desktop.settled()
    shown.desktop.screenshot("xfce-menu-unchecked")

    assert again == menu
    difference = changed(checked, unchecked, menu)
    assert difference is not None
    assert difference.top <= rows[2].centre[1] <= difference.bottom
    assert difference.height < 2 * rows[2].height


def test_a_radio_item_is_chosen_in_a_submenu(shown: Session) -> None:
    menu, rows = shown.open_menu()
    before = shown.desktop.settled()
    shown.desktop.click(rows[3])
    beside = Box(0, shown.panel.below.top, menu.left, shown.panel.below.bottom)
    submenu = shown.desktop.popped_up(before, beside)
    choices = text_rows(shown.desktop.screenshot("xfce-submenu"), submenu)
    assert len(choices) == 3

    shown.demo.said.clear()
    shown.desktop.click(choices[1])
    shown.wait_until_said("choice 2")


def test_a_text_changes_while_the_menu_is_open(shown: Session) -> None:
    menu, rows = shown.open_menu()
    before = shown.desktop.settled()
    shown.demo.time = "7 s"
    shown.demo.icon.update_menu()
    first = Box(menu.left, menu.top, menu.right, rows[1].top - 3)
    shown.desktop.popped_up(before, first)
    after = shown.desktop.screenshot("xfce-menu-live")

    assert changed(before, after, Box(menu.left, rows[1].top, menu.right, menu.bottom)) is None


def test_an_item_that_was_hidden_is_there_when_the_menu_is_opened_again(shown: Session) -> None:
    """GTK makes an open menu scroll rather than grow, so it is the next one that counts."""
    _menu, rows = shown.open_menu()
    shown.desktop.click(rows[4])
    wait_for(lambda: shown.demo.revealed, "the item is revealed")

    _menu, more = shown.open_menu()
    shown.desktop.screenshot("xfce-menu-revealed")

    assert len(more) == len(rows) + 1


def test_an_action_that_fails_leaves_a_working_menu(
    shown: Session, caplog: pytest.LogCaptureFixture
) -> None:
    _menu, rows = shown.open_menu()
    shown.demo.said.clear()
    shown.desktop.click(rows[5])
    shown.wait_until_said("failing")

    _menu, rows = shown.open_menu()
    shown.demo.said.clear()
    shown.desktop.click(rows[4])
    shown.wait_until_said("revealed True")
    assert "this action always fails" in caplog.text


def test_a_hidden_icon_goes_and_comes_back(shown: Session) -> None:
    shown.demo.icon.visible = False
    shown.see_none()

    shown.demo.icon.visible = True
    shown.see()


def test_an_icon_that_needs_attention_is_still_the_same_icon(shown: Session) -> None:
    before = shown.desktop.settled()
    shown.demo.icon.status = "NeedsAttention"
    shown.demo.icon.title = "Look here"
    shown.demo.icon.announce()
    shown.see()

    assert changed(before, shown.desktop.settled()) is None


def test_a_panel_that_starts_late_shows_the_icon(session: Session) -> None:
    wait_for(lambda: session.demo.icon.visible, "the icon runs before the panel")
    assert not session.demo.icon.hosted

    session.panel.start()

    session.see()
    assert session.demo.icon.hosted


def test_a_panel_that_was_killed_shows_the_icon_again(shown: Session) -> None:
    for _ in range(2):
        shown.panel.kill()
        shown.see_none()
        assert not shown.demo.icon.hosted

        shown.panel.start()
        shown.see()
    _menu, rows = shown.open_menu()
    assert len(rows) == 7


def test_sigterm_ends_it_in_order_and_the_icon_goes(
    desktop: Desktop, xfce_panel: XfcePanel
) -> None:
    xfce_panel.start()
    process = desktop.start([sys.executable, "-m", "tests.desktop.demo"], stdout=subprocess.PIPE)
    assert process.stdout is not None
    wait_for(lambda: find_colour(desktop.screenshot(), MAGENTA), "the icon is in the panel")
    process.send_signal(signal.SIGTERM)
    said = process.stdout.read().decode().split()

    assert desktop.end(process) == 0
    assert said == ["SIGTERM", "ended"]
    wait_for(lambda: find_colour(desktop.screenshot(), MAGENTA) is None, "the icon has gone")
