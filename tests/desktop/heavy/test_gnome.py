"""The icon, and the application itself, on GNOME Shell with the AppIndicator extension."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image

from tests.coding.samples import a_number, a_status
from tests.desktop.app import App
from tests.desktop.demo import GREEN, picture
from tests.desktop.gnome import EXTENSION, GnomeDesktop, GnomeShell
from tests.desktop.host_contract import SEE_LIMIT, HostContract, Session
from tests.desktop.processes import wait_for
from tests.server import Server
from trayapp.coding.preferences import Scheme
from trayapp.tray.drawing import draw_icon

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.desktop.screen import Box

pytestmark = [pytest.mark.desktop, pytest.mark.heavy, pytest.mark.timeout(300)]

# What the extension says where nothing is wrong: it found the icon before that registered with it;
# a double click came.
HARMLESS = ("Using Brute-force mode for StatusNotifierItem", "does not support activation")


@pytest.fixture(scope="module")
def desktop() -> Iterator[GnomeDesktop]:
    with GnomeDesktop() as desktop:
        yield desktop


@pytest.fixture
def panel(desktop: GnomeDesktop) -> Iterator[GnomeShell]:
    """Ends with the extension having had nothing to say: no warning, no error with its trace."""
    before = len(desktop.log_text())
    panel = GnomeShell(desktop)
    yield panel
    panel.stop()
    log = desktop.log_text()[before:].splitlines()
    assert [line for line in log if EXTENSION in line and not any(map(line.count, HARMLESS))] == []


class TestGnome(HostContract):
    def test_the_menu_has_all_lines_after_a_left_click(
        self, shown: Session, panel: GnomeShell
    ) -> None:
        menu = open_menu(panel, shown.see())
        shown.keep("menu-left-click")

        items = ["Default_item", "✓ Checked", "Radio", "Reveal", "Fail", "Quit"]
        assert list(menu) == ["Running for 0 s", *items]

    def test_an_item_is_chosen_without_a_mouse(self, shown: Session, panel: GnomeShell) -> None:
        panel.open_menu()
        wait_for(panel.menu, "the menu is open")

        panel.activate("Default_item")

        wait_for(lambda: "default" in shown.demo.said, "it was chosen")
        shown.see(GREEN)

    def test_a_middle_click_chooses_the_default_item(self, shown: Session) -> None:
        """The extension says that the menu opens when it first reads it, too."""
        shown.desktop.click(shown.see(), 2)

        wait_for(lambda: "default" in shown.demo.said, "it was chosen")

    def test_after_a_double_click_a_left_click_opens_the_menu_at_once(
        self, shown: Session, panel: GnomeShell
    ) -> None:
        """An icon that can be activated would from then on wait whether a second click comes."""
        panel.set_double_click_time(60_000)
        for _ in range(2):
            shown.desktop.click(shown.see())
        refused = "does not support activation"
        wait_for(lambda: refused in shown.desktop.log_text(), "the double click has done nothing")
        panel.close_menu()

        assert open_menu(panel, shown.see())

    def test_a_radio_item_is_chosen_in_a_submenu(self, shown: Session) -> None:
        """It unfolds within the menu."""
        panel = shown.panel
        assert isinstance(panel, GnomeShell)
        shown.desktop.click(open_menu(panel, shown.see())["Radio"])
        wait_for(lambda: "• Choice 1" in panel.menu(), "the submenu is open")
        shown.desktop.settled()
        shown.keep("submenu")
        shown.desktop.click(panel.menu()["Choice 2"])
        wait_for(lambda: "choice 2" in shown.demo.said, "it was chosen")

        shown.desktop.click(open_menu(panel, shown.see())["Radio"])
        wait_for(lambda: "• Choice 2" in panel.menu(), "the other one is chosen")

    def test_icon_name_and_lines_change_while_the_menu_is_open(
        self, shown: Session, panel: GnomeShell
    ) -> None:
        open_menu(panel, shown.see())
        shown.demo.icon.icon = picture(GREEN)
        shown.demo.icon.title = "Another name"
        shown.demo.revealed = True
        shown.demo.icon.update_menu()

        shown.see(GREEN)
        wait_for(lambda: panel.icons() == ["Another name"], "screen readers have the new name")
        wait_for(lambda: "Revealed" in panel.menu(), "the open menu has a line more")
        shown.desktop.settled()
        shown.keep("menu-grown")

    def test_a_label_is_beside_the_icon_and_goes_again(
        self, shown: Session, panel: GnomeShell
    ) -> None:
        for text in ("2h 5m", "2h 6m", None, "2h 7m"):
            shown.demo.icon.label = text or ""
            wait_for(lambda: panel.label() == text, f"{text} is beside the icon")  # noqa: B023 -- called at once
            shown.keep("label" if text else "no-label")


def test_the_application_shows_its_time_and_its_menu_works(
    desktop: GnomeDesktop, panel: GnomeShell, server: Server, tmp_path: Path
) -> None:
    panel.start()
    app = App(desktop, panel, server, tmp_path)
    app.start()
    icon = app.wait_for_icon(fresh(7500), SEE_LIMIT)

    menu = open_menu(panel, icon)
    desktop.screenshot("gnome-app")
    assert "Today  2h 5m" in menu
    assert panel.icons() == ["Today  2h 5m"]

    server.today(total_seconds=11_520)
    desktop.click(menu["Refresh now"])
    icon = app.wait_for_icon(fresh(11_520))

    menu = open_menu(panel, icon)
    assert "Today  3h 12m" in menu
    desktop.click(menu["Open dashboard"])
    wait_for(app.pages.exists, "the dashboard was opened")
    assert app.pages.read_text() == f"{server.origin}/\n"

    desktop.click(open_menu(panel, icon)["Quit"])
    assert app.process is not None
    assert app.process.wait(10) == 0
    wait_for(lambda: not panel.icons(), "the icon has gone")


def fresh(seconds: float) -> Image.Image:
    # GNOME's bar is dark whatever its style.
    return draw_icon(a_status(a_number(seconds)), GnomeShell.icon_size, Scheme.DARK)


def open_menu(panel: GnomeShell, icon: Box) -> dict[str, Box]:
    """Click on the icon and give the menu's lines, once they lie where they stay."""
    panel.desktop.click(icon)
    wait_for(panel.menu, "the menu is open")
    panel.desktop.settled()
    return panel.menu()
