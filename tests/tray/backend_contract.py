"""What every tray backend must do; each backend's test class inherits it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import pytest
from PIL import Image

from tests.desktop.processes import wait_for
from trayapp.tray.backends import Appearance, Backend, Item
from trayapp.tray.drawing import SIZES, Artwork

LIMIT = 5.0


@dataclass(frozen=True)
class Line:
    """One line of a menu as a person sees it; a separator has no text."""

    text: str = ""
    enabled: bool = True
    checked: bool | None = None
    radio: bool = False
    children: tuple[Line, ...] = ()


class Tray(Protocol):
    """What a person sees of the one icon, and does with it."""

    def picture(self) -> Image.Image | None:
        """Look at the icon, None while none shows."""

    def tooltip(self) -> str:
        """Point at it."""

    def label(self) -> str | None:
        """Read the text beside it, None where this tray has none."""

    def menu(self) -> list[Line]:
        """Open its menu, read it and close it."""

    def choose(self, *path: str) -> None:
        """Open its menu and choose a line, by the texts that lead there."""

    def click(self) -> None:
        """Do what chooses the default item."""


class Person:
    """Whoever runs a backend on a thread that stands for the main one.

    `shown` and `opened` hold the thread of each call of the two functions given to `run`.
    """

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.shown: list[int] = []
        self.opened: list[int] = []
        self.thread = threading.Thread(target=self._run, name="main", daemon=True)

    def start(self, appearance: Appearance) -> None:
        self._appearance = appearance
        self.thread.start()

    def ends(self) -> bool:
        """Tell whether `run` returns."""
        self.thread.join(LIMIT)
        return not self.thread.is_alive()

    def _run(self) -> None:
        self.backend.run(
            self._appearance,
            lambda: self.shown.append(threading.get_ident()),
            lambda: self.opened.append(threading.get_ident()),
        )


def pictures(artwork: Artwork, colour: tuple[int, int, int, int]) -> tuple[Image.Image, ...]:
    """Draw a plain icon that tells its sizes apart."""
    images = []
    for size in SIZES[artwork]:
        image = Image.new("RGBA", (size, size), colour)
        image.putpixel((0, 0), (0, 0, 0, 0))
        image.putpixel((size - 1, 0), (size, 0, 0, 128))
        images.append(image)
    return tuple(images)


def same(first: Image.Image, second: Image.Image) -> bool:
    return (first.size, first.convert("RGBA").tobytes()) == (second.size, second.tobytes())


class BackendContract:
    """Needs fixtures `backend`, not running yet, and `tray`, where its icon is to show."""

    has_radio = True
    has_label = True
    has_default = True
    cleans_text = True
    shows_unset_checks = True

    @pytest.fixture
    def person(self, backend: Backend, tray: Tray) -> Iterator[Person]:
        del tray  # It is there first.
        person = Person(backend)
        yield person
        backend.stop()
        if person.thread.ident is not None:
            assert person.ends()

    @pytest.fixture
    def first(self, backend: Backend) -> Appearance:
        return Appearance(
            pictures(backend.artwork, (10, 20, 30, 255)), "Today  2h 5m", (Item("Quit"),), "2h 5m"
        )

    @pytest.fixture
    def show_menu(
        self, person: Person, tray: Tray, first: Appearance
    ) -> Callable[[Sequence[Item]], None]:
        """Run with a menu, return when it can be opened."""

        def show(items: Sequence[Item]) -> None:
            person.start(replace(first, items=tuple(items)))
            wait_for(lambda: tray.picture() and person.shown, "the icon shows")

        return show

    def test_run_shows_the_icon_and_tells_so_once_from_another_thread(
        self, person: Person, tray: Tray, first: Appearance
    ) -> None:
        person.start(first)
        wait_for(lambda: person.shown, "it was told that the icon shows")
        picture = wait_for(tray.picture, "the icon shows")

        assert any(same(picture, image) for image in first.images)
        assert tray.tooltip() == "Today  2h 5m"
        assert [line.text for line in tray.menu()] == ["Quit"]
        person.backend.show(first)
        person.backend.announce()
        person.backend.stop()
        assert person.ends()
        assert len(person.shown) == 1
        assert person.thread.ident not in person.shown

    def test_show_changes_all_that_is_shown(
        self, person: Person, tray: Tray, first: Appearance
    ) -> None:
        images = pictures(person.backend.artwork, (200, 20, 30, 255))
        second = Appearance(images, "Today  2h 6m", (Item("Go"), Item("Quit")), "2h 6m", True)
        person.start(first)
        wait_for(tray.picture, "the icon shows")

        person.backend.show(second)

        def changed() -> bool:
            picture = tray.picture()
            return picture is not None and any(same(picture, image) for image in images)

        wait_for(changed, "the picture changed")
        wait_for(lambda: tray.tooltip() == "Today  2h 6m", "the tooltip changed")
        wait_for(lambda: [line.text for line in tray.menu()] == ["Go", "Quit"], "the menu changed")

    def test_the_text_beside_the_icon_changes_and_goes(
        self, person: Person, tray: Tray, first: Appearance
    ) -> None:
        person.start(first)
        wait_for(tray.picture, "the icon shows")
        if not self.has_label:
            assert tray.label() is None
            return

        wait_for(lambda: tray.label() == "2h 5m", "the label shows")
        person.backend.show(replace(first, label="2h 6m"))
        wait_for(lambda: tray.label() == "2h 6m", "the label changed")
        person.backend.show(replace(first, label=""))
        wait_for(lambda: tray.label() == "", "the label went")

    def test_every_kind_of_line_is_in_the_menu(
        self, show_menu: Callable[[Sequence[Item]], None], tray: Tray
    ) -> None:
        def act() -> None:
            raise AssertionError

        choices = (
            Item("home", act, checked=True, radio=True),
            Item("work", act, checked=False, radio=True),
        )
        show_menu(
            [
                Item("Today  2h 5m"),
                Item("", separator=True),
                Item("File monitor", act, checked=True),
                Item("Start at login", act, checked=False),
                Item("Account", children=(*choices, Item("", separator=True), Item("None"))),
                Item("Quit", act),
            ]
        )

        assert tray.menu() == [
            Line("Today  2h 5m", enabled=False),
            Line(),
            Line("File monitor", checked=True),
            Line("Start at login", checked=False if self.shows_unset_checks else None),
            Line(
                "Account",
                children=(
                    Line("home", checked=True, radio=self.has_radio),
                    Line("work", checked=False, radio=self.has_radio),
                    Line(),
                    Line("None", enabled=False),
                ),
            ),
            Line("Quit"),
        ]

    @pytest.mark.parametrize("text", ["R&D", "a_b", "&", "a & b", "ünï 時間 🕐", "<b>x</b>"])
    def test_a_line_is_read_as_it_was_written(
        self, show_menu: Callable[[Sequence[Item]], None], tray: Tray, text: str
    ) -> None:
        show_menu([Item(text)])

        assert tray.menu() == [Line(text, enabled=False)]

    @pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
    def test_what_no_menu_can_hold_is_left_out(
        self, show_menu: Callable[[Sequence[Item]], None], tray: Tray, text: str
    ) -> None:
        show_menu([Item(text)])

        assert tray.menu() == [Line("ab" if self.cleans_text else text, enabled=False)]

    def test_a_chosen_line_does_its_own_action(
        self, show_menu: Callable[[Sequence[Item]], None], tray: Tray
    ) -> None:
        done: list[str] = []
        show_menu(
            [
                Item("one", lambda: done.append("one")),
                Item("", separator=True),
                Item("more", children=(Item("two", partial(done.append, "two")), Item("none"))),
                Item("check", lambda: done.append("check"), checked=False),
                Item("three", lambda: done.append("three")),
            ]
        )

        def choose(*path: str) -> None:
            tray.choose(*path)
            wait_for(lambda: done[-1:] == [path[-1]], f"{path} was done")

        choose("three")
        choose("more", "two")
        choose("check")
        choose("one")

        assert done == ["three", "two", "check", "one"]

    def test_the_default_item_is_what_a_click_does(
        self, show_menu: Callable[[Sequence[Item]], None], tray: Tray
    ) -> None:
        done: list[str] = []
        show_menu(
            [
                Item("other", lambda: done.append("other")),
                Item("main", lambda: done.append("main"), default=True),
            ]
        )
        if self.has_default:
            tray.click()
            wait_for(lambda: done, "the default item's action was done")

            assert done == ["main"]

    def test_an_action_that_fails_leaves_the_menu_alive(
        self,
        show_menu: Callable[[Sequence[Item]], None],
        tray: Tray,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        def fail() -> None:
            raise ZeroDivisionError

        done = threading.Event()
        show_menu([Item("fails", fail), Item("works", done.set)])

        with caplog.at_level(logging.ERROR):
            tray.choose("fails")
            tray.choose("works")

        assert done.wait(LIMIT)
        assert "ZeroDivisionError" in caplog.text

    def test_an_action_that_takes_long_holds_up_neither_the_icon_nor_show(
        self,
        show_menu: Callable[[Sequence[Item]], None],
        person: Person,
        tray: Tray,
        first: Appearance,
    ) -> None:
        goes_on = threading.Event()

        def wait() -> None:
            goes_on.wait(LIMIT)

        show_menu([Item("wait", wait)])
        tray.choose("wait")
        person.backend.show(replace(first, tooltip="meanwhile"))
        try:
            wait_for(lambda: tray.tooltip() == "meanwhile", "the tooltip changed")
        finally:
            goes_on.set()

    def test_opening_the_menu_is_told_and_never_held_up_by_that(
        self, show_menu: Callable[[Sequence[Item]], None], person: Person, tray: Tray
    ) -> None:
        show_menu([Item("Quit")])
        tray.menu()
        wait_for(lambda: person.opened, "it was told that the menu opens")

        assert person.thread.ident not in person.opened

    def test_stop_ends_run_and_the_icon_goes(
        self, person: Person, tray: Tray, first: Appearance
    ) -> None:
        person.start(first)
        wait_for(tray.picture, "the icon shows")
        person.backend.stop()
        person.backend.stop()

        assert person.ends()
        wait_for(lambda: tray.picture() is None, "the icon went")

    def test_stop_may_come_from_the_menu(
        self, show_menu: Callable[[Sequence[Item]], None], person: Person, tray: Tray
    ) -> None:
        show_menu([Item("Quit", person.backend.stop)])
        tray.choose("Quit")

        assert person.ends()

    def test_stop_before_run_makes_it_return(self, person: Person, first: Appearance) -> None:
        person.backend.stop()
        person.start(first)

        assert person.ends()

    def test_stop_while_it_starts_is_not_missed(self, person: Person, first: Appearance) -> None:
        person.start(first)
        person.backend.stop()

        assert person.ends()

    def test_nothing_is_wrong_before_the_start_and_after_the_end(
        self, person: Person, tray: Tray, first: Appearance
    ) -> None:
        backend = person.backend
        backend.announce()
        backend.show(replace(first, tooltip="too early"))
        person.start(first)
        wait_for(tray.picture, "the icon shows")
        backend.announce()
        wait_for(lambda: tray.tooltip() == "Today  2h 5m", "it shows what run was given")
        backend.stop()
        assert person.ends()

        backend.announce()
        backend.show(first)
        backend.stop()
