"""What an icon must do on every panel, seen in screenshots and used with a real mouse.

Each panel's test class inherits it.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from .demo import GREEN, MAGENTA, Demo
from .processes import wait_for
from .screen import Box, Colour, changed, find_colour, text_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .panel import PanelProcess

SEE_LIMIT = 20.0
END_LIMIT = 10.0


class Session:
    """A person before the desktop, on which the demo runs."""

    def __init__(self, panel: PanelProcess, demo: Demo) -> None:
        self.desktop = panel.desktop
        self.panel = panel
        self.demo = demo

    def see(self, colour: Colour = MAGENTA) -> Box:
        """Wait until the icon is in the panel, and return where."""
        what = f"the icon is seen in the colour {colour}"
        return wait_for(lambda: find_colour(self.desktop.screenshot(), colour), what, SEE_LIMIT)

    def see_none(self) -> None:
        """Wait until the icon has gone."""
        what = "the icon has gone"
        wait_for(lambda: not find_colour(self.desktop.screenshot(), MAGENTA), what, SEE_LIMIT)

    def open_menu(self, button: int | None = None) -> tuple[Box, Sequence[Box]]:
        """Click on the icon; return the menu and its rows of text."""
        icon = self.see()
        self.desktop.move(icon)  # the panel lights up what is under the mouse
        before = self.desktop.settled()
        self.desktop.click(icon, button or self.panel.menu_button)
        menu = self.desktop.popped_up(before, self.panel.below)
        return menu, text_rows(self.desktop.screenshot(), menu)

    def wait_until_said(self, *what: str) -> None:
        """Wait until the demo has said this and nothing else."""
        wait_for(lambda: self.demo.said == list(what), f"{what} was said and nothing else")

    def keep(self, what: str) -> None:
        """Keep a screenshot."""
        self.desktop.screenshot(f"{self.panel.name}-{what}")


class HostContract:
    """Needs a fixture `panel` that does not run yet."""

    @pytest.fixture
    def session(self, panel: PanelProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
        """The demo runs in this process; the panel does not run yet."""
        address = panel.desktop.environ["DBUS_SESSION_BUS_ADDRESS"]
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        panel.desktop.move((300, 500))
        demo = Demo()
        thread = threading.Thread(target=demo.icon.run)
        thread.start()
        yield Session(panel, demo)
        demo.icon.stop()
        thread.join(END_LIMIT)
        assert not thread.is_alive()

    @pytest.fixture
    def running(self, panel: PanelProcess) -> PanelProcess:
        """The panel, running."""
        panel.start()
        return panel

    @pytest.fixture
    def shown(self, running: PanelProcess, session: Session) -> Session:
        """The panel ran before the demo, and shows the icon."""
        assert running is session.panel
        session.see()
        return session

    def test_the_icon_is_in_the_panel(self, shown: Session) -> None:
        size = shown.panel.icon_size
        wait_for(lambda: (shown.see().width, shown.see().height) == (size, size), "it has its size")
        shown.keep("icon")

        assert shown.see().bottom <= shown.panel.size

    def test_a_right_click_opens_the_menu(self, shown: Session) -> None:
        _menu, rows = shown.open_menu(3)
        shown.keep("menu")

        assert len(rows) == 7
        assert shown.demo.said
        assert set(shown.demo.said) == {"opened"}

    def test_an_item_is_chosen_with_a_click(self, shown: Session) -> None:
        _menu, rows = shown.open_menu()
        shown.demo.said.clear()
        shown.desktop.click(rows[1])

        shown.wait_until_said("default")
        shown.see(GREEN)

    def test_a_middle_click_chooses_the_default_item(self, shown: Session) -> None:
        shown.desktop.click(shown.see(), 2)

        shown.wait_until_said("default")

    def test_a_check_item_is_checked_and_unchecked(self, shown: Session) -> None:
        menu, rows = shown.open_menu()
        checked = shown.desktop.settled()
        shown.demo.said.clear()
        shown.desktop.click(rows[2])
        shown.wait_until_said("checked False")

        again, _rows = shown.open_menu()
        unchecked = shown.desktop.settled()
        shown.keep("menu-unchecked")

        assert again == menu
        difference = changed(checked, unchecked, menu)
        assert difference is not None
        assert difference.top <= rows[2].centre[1] <= difference.bottom
        assert difference.height < 2 * rows[2].height

    def test_a_radio_item_is_chosen_in_a_submenu(self, shown: Session) -> None:
        menu, rows = shown.open_menu()
        before = shown.desktop.settled()
        shown.desktop.click(rows[3])
        beside = Box(0, shown.panel.below.top, menu.left, shown.panel.below.bottom)
        submenu = shown.desktop.popped_up(before, beside)
        choices = text_rows(shown.desktop.screenshot(), submenu)
        shown.keep("submenu")
        assert len(choices) == 3

        shown.demo.said.clear()
        shown.desktop.click(choices[1])
        shown.wait_until_said("choice 2")

    def test_a_text_changes_while_the_menu_is_open(self, shown: Session) -> None:
        menu, rows = shown.open_menu()
        before = shown.desktop.settled()
        shown.demo.time = "7 s"
        shown.demo.icon.update_menu()
        first = Box(menu.left, menu.top, menu.right, rows[1].top - 3)
        shown.desktop.popped_up(before, first)
        after = shown.desktop.settled()
        shown.keep("menu-live")

        assert changed(before, after, Box(menu.left, rows[1].top, menu.right, menu.bottom)) is None

    def test_an_item_that_was_hidden_is_there_when_the_menu_is_opened_again(
        self, shown: Session
    ) -> None:
        """GTK makes an open menu scroll rather than grow, so it is the next one that counts."""
        _menu, rows = shown.open_menu()
        shown.desktop.click(rows[4])
        wait_for(lambda: shown.demo.revealed, "the item is revealed")

        _menu, more = shown.open_menu()
        shown.keep("menu-revealed")

        assert len(more) == len(rows) + 1

    def test_an_action_that_fails_leaves_a_working_menu(
        self, shown: Session, caplog: pytest.LogCaptureFixture
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

    def test_a_hidden_icon_goes_and_comes_back(self, shown: Session) -> None:
        shown.demo.icon.visible = False
        shown.see_none()

        shown.demo.icon.visible = True
        shown.see()

    def test_an_icon_that_needs_attention_is_still_the_same_icon(self, shown: Session) -> None:
        before = shown.desktop.settled()
        shown.demo.icon.status = "NeedsAttention"
        shown.demo.icon.title = "Look here"
        shown.demo.icon.announce()
        shown.see()

        assert changed(before, shown.desktop.settled()) is None

    def test_a_panel_that_starts_late_shows_the_icon(self, session: Session) -> None:
        wait_for(lambda: session.demo.icon.visible, "the icon runs before the panel")
        assert not session.demo.icon.hosted

        session.panel.start()

        session.see()
        assert session.demo.icon.hosted

    def test_a_panel_that_was_killed_shows_the_icon_again(self, shown: Session) -> None:
        for _ in range(2):
            shown.panel.kill()
            shown.see_none()
            assert not shown.demo.icon.hosted

            shown.panel.start()
            shown.see()
        _menu, rows = shown.open_menu()
        assert len(rows) == 7
