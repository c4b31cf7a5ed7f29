"""The Windows backend, with pystray's own code, on a Windows of our making."""

from __future__ import annotations

import io
import os
import re
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image
from PIL.IcoImagePlugin import IcoImageFile

from tests.desktop.processes import wait_for
from trayapp.tray.backends import Appearance, Item
from trayapp.tray.drawing import SIZES, Artwork
from trayapp.tray.windows import ASSERT_AFTER, WindowsBackend, cut, ico, woken_by_signals

from . import fake_windows as api
from .backend_contract import BackendContract, Line, Person, pictures, same
from .fake_windows import FakeWindows, TaskbarIcon, on_windows


@pytest.fixture
def windows(request: pytest.FixtureRequest) -> Iterator[FakeWindows]:
    """A session whose small icons have the size that the test is parametrized with, or 16."""
    fake = FakeWindows(getattr(request, "param", 16))
    with on_windows(fake):
        yield fake
    assert fake.wrongs == []


class WindowsTray:
    """The taskbar's notification area as a person sees it."""

    def __init__(self, windows: FakeWindows) -> None:
        self._windows = windows

    def icon(self) -> TaskbarIcon | None:
        return next(iter(self._windows.taskbar.values()), None)

    def picture(self) -> Image.Image | None:
        return icon.picture if (icon := self.icon()) else None

    def tooltip(self) -> str:
        return icon.tooltip if (icon := self.icon()) else ""

    def label(self) -> None:
        return None

    def open_menu(self) -> int:
        self._windows.send(api.WM_NOTIFY, 0, api.WM_RBUTTONUP)
        return wait_for(lambda: self._windows.open_menu, "the menu opened")

    def close_menu(self, choice: int = 0) -> None:
        self._windows.choose(choice)
        wait_for(lambda: self._windows.open_menu is None, "the menu closed")

    def menu(self) -> list[Line]:
        lines = self._lines(self.open_menu())
        self.close_menu()
        return list(lines)

    def choose(self, *path: str) -> None:
        handle = self.open_menu()
        for text in path:
            items = self._windows.menus[handle]
            item = next(item for item in items if self._line(item).text == text)
            handle = item.hSubMenu
        self.close_menu(item.wID)

    def click(self) -> None:
        self._windows.send(api.WM_NOTIFY, 0, api.WM_LBUTTONUP)

    def _lines(self, handle: int) -> tuple[Line, ...]:
        return tuple(map(self._line, self._windows.menus[handle]))

    def _line(self, item: Any) -> Line:
        if item.fType & api.MFT_SEPARATOR:
            return Line()
        radio = bool(item.fType & api.MFT_RADIOCHECK)
        checked = bool(item.fState & api.MFS_CHECKED)
        return Line(
            re.sub("&(&?)", r"\1", item.dwTypeData),
            not item.fState & api.MFS_DISABLED,
            # A check that is not set looks like none.
            checked if checked or radio else None,
            radio,
            self._lines(item.hSubMenu) if item.hSubMenu else (),
        )


@pytest.fixture
def tray(windows: FakeWindows) -> WindowsTray:
    return WindowsTray(windows)


class Steps:
    """A wait that ends when the test lets it."""

    def __init__(self) -> None:
        self.waited: list[float] = []
        self.go_on = threading.Semaphore(0)

    def __call__(self, ended: threading.Event, seconds: float) -> bool:
        self.waited.append(seconds)
        while not self.go_on.acquire(timeout=0.01):
            if ended.is_set():
                return True
        return False


@pytest.fixture
def steps() -> Steps:
    return Steps()


class TestWindowsBackend(BackendContract):
    has_label = False
    shows_unset_checks = False

    @pytest.fixture
    def backend(self, steps: Steps) -> WindowsBackend:
        return WindowsBackend(steps)

    @pytest.mark.parametrize("windows", SIZES[Artwork.TASKBAR], indirect=True)
    def test_the_icon_is_the_one_drawn_for_its_size(
        self, person: Person, tray: WindowsTray, windows: FakeWindows, first: Appearance
    ) -> None:
        person.start(first)
        picture = wait_for(tray.picture, "the icon shows")

        assert picture.width == windows.small_icon_side
        assert any(same(picture, image) for image in first.images)

    def test_changes_leave_no_file_and_no_handle(
        self, person: Person, tray: WindowsTray, windows: FakeWindows, first: Appearance
    ) -> None:
        person.start(first)
        wait_for(tray.picture, "the icon shows")
        for shade in range(20):
            images = pictures(Artwork.TASKBAR, (shade, shade, shade, 255))
            person.backend.show(replace(first, images=images, tooltip=str(shade)))
        wait_for(lambda: tray.tooltip() == "19", "all was shown")

        assert len(windows.icon_files) == 21
        assert not any(path.parent.exists() for path in windows.icon_files)
        assert len(windows.icons) == 1

    def test_the_same_picture_again_is_not_written_to_the_disk(
        self, person: Person, tray: WindowsTray, windows: FakeWindows, first: Appearance
    ) -> None:
        person.start(first)
        wait_for(tray.picture, "the icon shows")
        again = pictures(Artwork.TASKBAR, (10, 20, 30, 255))
        person.backend.show(replace(first, images=again, tooltip="again"))
        wait_for(lambda: tray.tooltip() == "again", "it was shown")

        assert len(windows.icon_files) == 1

    def test_texts_are_cut_to_what_windows_holds(
        self, backend: WindowsBackend, person: Person, tray: WindowsTray, first: Appearance
    ) -> None:
        person.start(replace(first, tooltip="t" * 500))
        icon = wait_for(tray.icon, "the icon shows")
        backend.notify("t" * 500, "b" * 500)
        backend.notify("a title alone", "")
        wait_for(lambda: len(icon.messages) == 2, "both messages show")

        assert icon.tooltip == "t" * 126 + "…"
        assert icon.messages == [
            ("t" * 62 + "…", "b" * 254 + "…"),
            ("a title alone", "a title alone"),
        ]

    def test_an_open_menu_stays_and_the_icon_changes_meanwhile(
        self, person: Person, tray: WindowsTray, windows: FakeWindows, first: Appearance
    ) -> None:
        person.start(first)
        wait_for(tray.picture, "the icon shows")
        handle = tray.open_menu()
        person.backend.show(replace(first, tooltip="meanwhile", items=(Item("Go"),)))
        wait_for(lambda: tray.tooltip() == "meanwhile", "the tooltip changed")

        assert windows.open_menu == handle
        assert [item.dwTypeData for item in windows.menus[handle]] == ["Quit"]
        tray.close_menu()
        assert tray.menu() == [Line("Go", enabled=False)]
        assert len(windows.menus) == 1

    @pytest.mark.parametrize("button", [api.WM_LBUTTONUP, api.WM_RBUTTONUP])
    def test_a_click_on_the_icon_leaves_the_open_menu_alone(
        self,
        person: Person,
        tray: WindowsTray,
        windows: FakeWindows,
        first: Appearance,
        button: int,
    ) -> None:
        person.start(first)
        wait_for(tray.picture, "the icon shows")
        handle = tray.open_menu()
        windows.send(api.WM_NOTIFY, 0, button)
        person.backend.show(replace(first, tooltip="later"))
        wait_for(lambda: tray.tooltip() == "later", "the click was taken")

        assert windows.open_menu == handle
        tray.close_menu()

    def test_stop_closes_an_open_menu(
        self, person: Person, tray: WindowsTray, first: Appearance
    ) -> None:
        person.start(first)
        wait_for(tray.picture, "the icon shows")
        tray.open_menu()
        person.backend.stop()

        assert person.ends()

    def test_the_default_item_is_marked(
        self, person: Person, tray: WindowsTray, windows: FakeWindows, first: Appearance
    ) -> None:
        person.start(replace(first, items=(Item("a"), Item("b", default=True))))
        wait_for(tray.picture, "the icon shows")
        items = windows.menus[tray.open_menu()]

        assert [bool(item.fState & api.MFS_DEFAULT) for item in items] == [False, True]
        tray.close_menu()

    def test_an_icon_that_explorer_did_not_take_is_added_within_the_first_minute(
        self,
        person: Person,
        tray: WindowsTray,
        windows: FakeWindows,
        first: Appearance,
        steps: Steps,
    ) -> None:
        windows.refused = 2
        person.start(first)
        wait_for(lambda: person.shown, "it was told that the icon shows")
        assert tray.picture() is None

        steps.go_on.release()
        wait_for(lambda: windows.refused == 0, "it was tried again")
        person.backend.show(replace(first, tooltip="newer"))
        steps.go_on.release()
        wait_for(tray.picture, "the icon shows")

        assert tray.tooltip() == "newer"

    def test_an_icon_that_is_there_is_left_alone(
        self, person: Person, windows: FakeWindows, first: Appearance, steps: Steps
    ) -> None:
        person.start(first)
        wait_for(lambda: person.shown, "it was told that the icon shows")
        for _ in ASSERT_AFTER:
            steps.go_on.release()
        wait_for(lambda: windows.tried == 1 + len(ASSERT_AFTER), "it was tried each time")

        assert windows.added == 1
        assert steps.waited == list(ASSERT_AFTER)
        assert sum(ASSERT_AFTER) == 60

    def test_after_the_end_no_message_goes_to_a_window_that_is_another_ones_by_then(
        self, person: Person, tray: WindowsTray, windows: FakeWindows, first: Appearance
    ) -> None:
        person.start(first)
        wait_for(tray.picture, "the icon shows")
        person.backend.stop()
        assert person.ends()
        before = windows.posted_to_nobody

        person.backend.show(first)
        person.backend.announce()
        person.backend.stop()
        assert windows.posted_to_nobody == before

    def test_no_thread_is_left_behind(
        self, person: Person, tray: WindowsTray, first: Appearance
    ) -> None:
        before = set(threading.enumerate())
        person.start(first)
        wait_for(tray.picture, "the icon shows")
        person.backend.stop()

        assert person.ends()
        wait_for(lambda: set(threading.enumerate()) <= before, "all threads ended")

    def test_explorer_started_anew_gets_the_icon(
        self, person: Person, tray: WindowsTray, windows: FakeWindows, first: Appearance
    ) -> None:
        person.start(first)
        wait_for(tray.picture, "the icon shows")
        windows.taskbar.clear()
        windows.send(api.TASKBAR_CREATED)

        wait_for(tray.picture, "the icon shows again")

    def test_windows_may_end_the_session(
        self, person: Person, tray: WindowsTray, windows: FakeWindows, first: Appearance
    ) -> None:
        person.start(first)
        wait_for(tray.picture, "the icon shows")

        assert windows.ask(api.WM_QUERYENDSESSION) == 1
        windows.send(api.WM_ENDSESSION, 0)
        assert tray.menu()
        assert tray.menu()
        windows.send(api.WM_ENDSESSION, 1)
        assert person.ends()

    def test_the_app_starts_without_a_picture_too(
        self,
        person: Person,
        windows: FakeWindows,
        first: Appearance,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        monkeypatch.setattr(windows, "LoadImageW", lambda *_arguments: 0)
        person.start(first)
        wait_for(lambda: person.shown, "the app goes on")

        assert "OSError" in caplog.text

    def test_a_signal_ends_it_on_the_main_thread(
        self, backend: WindowsBackend, tray: WindowsTray, first: Appearance
    ) -> None:
        def interrupt() -> None:
            wait_for(tray.picture, "the icon shows")
            os.kill(os.getpid(), signal.SIGTERM)

        before = signal.signal(signal.SIGTERM, lambda _number, _frame: backend.stop())
        thread = threading.Thread(target=interrupt)
        try:
            thread.start()
            backend.run(first, lambda: None, lambda: None)
        finally:
            signal.signal(signal.SIGTERM, before)
            thread.join()

        assert tray.picture() is None


def test_a_signal_wakes_the_loop_from_another_thread() -> None:
    woken = threading.Event()
    by: list[int] = []

    def wake() -> None:
        by.append(threading.get_ident())
        woken.set()

    before = signal.signal(signal.SIGUSR1, lambda _number, _frame: None)
    try:
        with woken_by_signals(wake):
            signal.raise_signal(signal.SIGUSR1)
            assert woken.wait(5)
        assert by == [by[0]]
        assert by[0] != threading.get_ident()
        assert signal.set_wakeup_fd(-1) == -1
    finally:
        signal.signal(signal.SIGUSR1, before)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("12345678", "12345678"),
        ("123456789", "1234567…"),
        ("123456🕐", "123456🕐"),
        ("123456🕐9", "123456…"),
        ("12345🕐89", "12345🕐…"),
        ("🕐🕐🕐🕐", "🕐🕐🕐🕐"),
        ("🕐🕐🕐🕐🕐", "🕐🕐🕐…"),
        ("a\0b\ud83d", "ab"),
    ],
)
def test_a_text_is_cut_by_code_units_and_never_within_a_character(text: str, expected: str) -> None:
    assert cut(text, 8) == expected
    assert len(expected.encode("utf-16-le")) <= 16


def test_every_frame_of_the_ico_is_as_it_was_drawn() -> None:
    images = pictures(Artwork.TASKBAR, (10, 20, 30, 200))

    with Image.open(io.BytesIO(ico(images))) as file:
        assert isinstance(file, IcoImageFile)
        assert sorted(file.ico.sizes()) == [(size, size) for size in (16, 20, 24, 32, 40, 48)]
        for image in images:
            assert same(file.ico.getimage(image.size), image)
