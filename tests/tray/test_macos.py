"""The macOS backend, with pystray's own code, on an AppKit of our making."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.desktop.processes import wait_for
from trayapp.tray import macos
from trayapp.tray.backends import Appearance, Item
from trayapp.tray.macos import MacOSBackend, beside_icon, notification_command

from .backend_contract import LIMIT, BackendContract, Line, Person, same
from .fake_appkit import ACCESSORY, IMAGE_LEFT, FakeMac, on_macos


@pytest.fixture
def mac() -> Iterator[FakeMac]:
    fake = FakeMac()
    with on_macos(fake):
        yield fake


class MenuBar:
    """The menu bar as a person sees it; AppKit does what they do on the main thread."""

    def __init__(self, mac: FakeMac) -> None:
        self._mac = mac

    def button(self) -> Any:
        return self._mac.items[0].the_button.values

    def picture(self) -> Image.Image | None:
        if not self._mac.items or self.button().get("setHidden_") is not False:
            return None
        picture: Image.Image = self.button()["setImage_"].picture
        return picture

    def tooltip(self) -> str:
        return str(self.button()["setToolTip_"])

    def label(self) -> str | None:
        return str(self.button()["setTitle_"]).removeprefix(" ")

    def open_menu(self) -> Any:
        """Have the menu filled and opened, as AppKit does with its delegate."""
        menu = self._mac.items[0].values["setMenu_"]

        def open_() -> list[Any]:
            menu.values["setDelegate_"].menuNeedsUpdate_(menu)
            menu.values["setDelegate_"].menuWillOpen_(menu)
            return list(menu.items)

        return self.on_main_thread(open_)

    def menu(self) -> list[Line]:
        return [_line(item) for item in self.open_menu()]

    def choose(self, *path: str) -> None:
        items = self.open_menu()
        for text in path:
            item = next(item for item in items if item.title == text)
            items = item.values["setSubmenu_"].items if "setSubmenu_" in item.values else []
        self.activate(item)

    def activate(self, item: Any) -> None:
        """Choose an item of a menu that was opened before."""
        target, action = item.values["setTarget_"], item.values["setAction_"]
        functions = vars(type(target)).values()
        function = next(one for one in functions if getattr(one, "selector", None) == action)
        self.on_main_thread(lambda: function(target, item))

    def click(self) -> None:
        raise AssertionError("a click opens the menu")

    def on_main_thread(self, function: Callable[[], Any]) -> Any:
        done = threading.Event()
        results: list[Any] = []

        def call() -> None:
            try:
                results.append(function())
            finally:
                done.set()

        self._mac.call_after(call)
        assert done.wait(LIMIT)
        return results[0]


def _line(item: Any) -> Line:
    if item.separator:
        return Line()
    state = item.values.get("setState_")
    submenu = item.values.get("setSubmenu_")
    return Line(
        item.title,
        item.values["setEnabled_"],
        None if state is None else bool(state),
        children=tuple(map(_line, submenu.items)) if submenu else (),
    )


@pytest.fixture
def tray(mac: FakeMac) -> MenuBar:
    return MenuBar(mac)


class TestMacOSBackend(BackendContract):
    has_radio = False
    has_default = False

    @pytest.fixture
    def backend(self) -> MacOSBackend:
        return MacOSBackend()

    def test_the_image_is_a_template_of_22_points_left_of_the_text(
        self, person: Person, tray: MenuBar, mac: FakeMac, first: Appearance
    ) -> None:
        person.start(first)
        picture = wait_for(tray.picture, "the icon shows")

        image = tray.button()["setImage_"]
        assert same(picture, first.images[-1])
        assert picture.size == (44, 44)
        assert image.values == {"setSize_": (22, 22), "setTemplate_": True}
        assert tray.button()["setImagePosition_"] == IMAGE_LEFT
        assert tray.button()["setTitle_"] == " 2h 5m"
        assert tray.button()["setAccessibilityLabel_"] == "Today  2h 5m"
        assert mac.policy == ACCESSORY

    def test_the_same_picture_again_is_not_made_again(
        self, person: Person, tray: MenuBar, first: Appearance
    ) -> None:
        person.start(first)
        wait_for(tray.picture, "the icon shows")
        before = tray.button()["setImage_"]
        person.backend.show(replace(first, tooltip="later"))
        wait_for(lambda: tray.tooltip() == "later", "it was shown")

        assert tray.button()["setImage_"] is before

    def test_a_line_of_an_open_menu_does_what_it_says_whatever_changed_meanwhile(
        self, person: Person, tray: MenuBar, first: Appearance
    ) -> None:
        done: list[str] = []

        def item(text: str) -> Item:
            return Item(text, lambda: done.append(text))

        person.start(replace(first, items=(item("old"), item("Quit"))))
        wait_for(tray.picture, "the icon shows")
        opened = tray.open_menu()
        person.backend.show(
            replace(first, tooltip="meanwhile", items=(item("new"), item("newer"), item("Quit")))
        )
        wait_for(lambda: tray.tooltip() == "meanwhile", "it was shown")
        tray.activate(opened[0])
        tray.activate(opened[1])
        wait_for(lambda: len(done) == 2, "both were done")

        assert done == ["old", "Quit"]
        assert [line.text for line in tray.menu()] == ["new", "newer", "Quit"]

    def test_what_fails_on_the_main_thread_is_logged_and_the_icon_lives_on(
        self,
        person: Person,
        tray: MenuBar,
        first: Appearance,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        person.start(first)
        wait_for(tray.picture, "the icon shows")
        with caplog.at_level(logging.ERROR):
            person.backend.show(replace(first, images=()))
            person.backend.show(replace(first, tooltip="later"))
            wait_for(lambda: tray.tooltip() == "later", "it lives on")

        assert "IndexError" in caplog.text

    def test_announce_shows_an_icon_that_was_hidden(
        self, person: Person, tray: MenuBar, first: Appearance
    ) -> None:
        person.start(first)
        wait_for(tray.picture, "the icon shows")
        tray.button()["setHidden_"] = True
        person.backend.announce()

        wait_for(tray.picture, "the icon shows again")

    def test_the_item_is_taken_out_of_the_bar_at_the_end(
        self, person: Person, tray: MenuBar, mac: FakeMac, first: Appearance
    ) -> None:
        person.start(first)
        wait_for(tray.picture, "the icon shows")
        person.backend.stop()

        assert person.ends()
        assert mac.items == []

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_a_signal_reaches_pythons_handler_by_the_run_loop(
        self,
        person: Person,
        tray: MenuBar,
        mac: FakeMac,
        first: Appearance,
        number: signal.Signals,
    ) -> None:
        handled: list[int] = []

        def handle(number: int, _frame: object) -> None:
            handled.append(number)
            person.backend.stop()

        before = signal.signal(number, handle)
        try:
            person.start(first)
            wait_for(tray.picture, "the icon shows")
            mac.call_after(lambda: mac.signals[number](number))

            assert person.ends()
            assert handled == [number]
        finally:
            signal.signal(number, before)

    def test_a_signal_that_nobody_handles_is_left_to_the_system(
        self, person: Person, tray: MenuBar, mac: FakeMac, first: Appearance
    ) -> None:
        before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
        try:
            person.start(first)
            wait_for(tray.picture, "the icon shows")

            assert signal.SIGHUP not in mac.signals
        finally:
            signal.signal(signal.SIGHUP, before)


class TestNotify:
    def test_texts_are_arguments_and_never_part_of_the_script(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        said = tmp_path / "said"
        program = tmp_path / "osascript"
        program.write_text(f"#!/bin/sh\nprintf '%s|' \"$@\" > {said}.new && mv {said}.new {said}\n")
        program.chmod(0o700)
        monkeypatch.setattr(macos, "OSASCRIPT", os.fspath(program))

        MacOSBackend().notify('a "title"', "$(b) \\ ody\0")
        wait_for(said.exists, "it was said")

        script = "-e|on run argv|-e|display notification (item 2 of argv) with title"
        assert said.read_text() == (f'{script} (item 1 of argv)|-e|end run|a "title"|$(b) \\ ody|')

    def test_a_title_is_always_given(self) -> None:
        assert notification_command("", "body")[-2:] == ["trayapp", "body"]

    @pytest.mark.parametrize("program", ["/bin/false", "/nonexistent"])
    def test_one_that_fails_is_a_logged_warning(
        self, program: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(macos, "OSASCRIPT", program)
        MacOSBackend().notify("title", "body")

        wait_for(lambda: "a notification could not be shown" in caplog.text, "it was logged")

    def test_one_that_never_ends_is_given_up(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        program = tmp_path / "osascript"
        program.write_text("#!/bin/sh\nexec sleep 600\n")
        program.chmod(0o700)
        monkeypatch.setattr(macos, "OSASCRIPT", os.fspath(program))
        monkeypatch.setattr(macos, "OSASCRIPT_LIMIT", 0.05)
        MacOSBackend().notify("title", "body")

        wait_for(lambda: "timed out" in caplog.text, "it was logged")


@pytest.mark.parametrize(
    ("label", "expected"), [("2h 5m", " 2h 5m"), ("", ""), ("a\0b\ud800", " ab")]
)
def test_text_beside_the_icon_keeps_away_from_it(label: str, expected: str) -> None:
    assert beside_icon(label) == expected
