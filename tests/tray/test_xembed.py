"""The fallback on a real X server, with a tray that the tests play (a real one: tests/desktop)."""

from __future__ import annotations

import gc
import logging
import os
import select
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Self

import pytest
import Xlib.display
from PIL import Image
from Xlib import X
from Xlib.protocol.event import ClientMessage

from tests.desktop.processes import Processes, require_programs, wait_for
from tests.threads import sleeps_of
from trayapp.tray import xembed
from trayapp.tray.statusnotifier.pystray_base import Menu, MenuItem
from trayapp.tray.xembed import (
    TrayWatch,
    XEmbedFallback,
    choose_picture,
    find_tray,
    fit,
    opaque_runs,
)

START_LIMIT = 15.0
TURNS = 100

RED = (255, 0, 0)
BLUE = (0, 0, 255)


def pictures(colour: tuple[int, int, int], *sizes: int) -> tuple[Image.Image, ...]:
    return tuple(Image.new("RGBA", (size, size), (*colour, 255)) for size in sizes or (16, 22, 24))


class Server:
    """An X server that may be killed."""

    def __init__(self) -> None:
        require_programs("Xvfb")
        self._processes = Processes()

    def __enter__(self) -> Self:
        reading, writing = os.pipe()
        with open(reading, "rb", buffering=0) as pipe:  # noqa: PTH123 -- a descriptor
            command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "200x100x24"]
            try:
                self.process: subprocess.Popen[bytes] = self._processes.start(
                    [*command, "-nolisten", "tcp", "-noreset"], os.environ, pass_fds=(writing,)
                )
            finally:
                os.close(writing)
            assert select.select([pipe], [], [], START_LIMIT)[0], "Xvfb did not start"
            self.display = f":{pipe.readline().decode().strip()}"
        return self

    def __exit__(self, *_error: object) -> None:
        self._processes.end_all()


class Tray:
    """An XEmbed tray of one place, 30 by 24 pixels, on a green ground."""

    def __init__(self, display: str) -> None:
        self._display = Xlib.display.Display(display)
        screen = self._display.screen()
        ground = 0x00FF00
        self._window = screen.root.create_window(
            0, 0, 30, 24, 0, screen.root_depth, background_pixel=ground, override_redirect=True
        )
        self._window.map()
        selection = self._display.intern_atom("_NET_SYSTEM_TRAY_S0")
        self._window.set_selection_owner(selection, X.CurrentTime)
        self._opcode = self._display.intern_atom("_NET_SYSTEM_TRAY_OPCODE")
        manager = ClientMessage(
            window=screen.root,
            client_type=self._display.intern_atom("MANAGER"),
            data=(32, (X.CurrentTime, selection, self._window.id, 0, 0)),
        )
        screen.root.send_event(manager, event_mask=X.StructureNotifyMask)
        self._display.sync()
        self.docked: list[int] = []
        self._icons: list[Any] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._display.close()

    def take_in(self) -> None:
        """Take in whoever has asked."""
        while self._display.pending_events():
            event = self._display.next_event()
            if event.type == X.ClientMessage and event.client_type == self._opcode:
                _time, request, window, _, _ = event.data[1]
                assert request == 0
                icon = self._display.create_resource_object("window", window)
                icon.change_save_set(X.SetModeInsert)  # So that it outlives the tray, as GTK does.
                icon.configure(width=30, height=24)
                icon.reparent(self._window, 0, 0)
                icon.map()
                self.docked.append(window)
                self._icons.append(icon)
        self._display.sync()

    @property
    def icons(self) -> int:
        """How many icons are in it."""
        self.take_in()
        return len(self._window.query_tree().children)

    def pixel(self, x: int, y: int) -> tuple[int, int, int]:
        """Say what is seen at a place."""
        self.take_in()
        image = self._window.get_image(x, y, 1, 1, X.ZPixmap, 0xFFFFFFFF)
        blue, green, red = image.data[:3]
        return red, green, blue

    def throw_out(self) -> None:
        """Destroy the last icon."""
        self._icons.pop().destroy()
        self._display.sync()

    def click(self, button: int) -> None:
        """Click on the last icon."""
        icon = self._icons[-1]
        for kind, mask in (
            (Xlib.protocol.event.ButtonPress, X.ButtonPressMask),
            (Xlib.protocol.event.ButtonRelease, X.ButtonReleaseMask),
        ):
            event = kind(
                time=X.CurrentTime,
                root=self._display.screen().root,
                window=icon,
                child=X.NONE,
                root_x=12,
                root_y=12,
                event_x=12,
                event_y=12,
                state=0,
                same_screen=1,
                detail=button,
            )
            icon.send_event(event, event_mask=mask)
        self._display.sync()


@pytest.fixture(scope="module")
def shared_server() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def display(shared_server: Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """A display with nothing on it."""
    monkeypatch.setenv("DISPLAY", shared_server.display)
    return shared_server.display


@pytest.fixture
def tray(display: str) -> Iterator[Tray]:
    with Tray(display) as tray:
        yield tray


class Person:
    """Who clicks, and what has come of it."""

    def __init__(self) -> None:
        self.chosen: list[str] = []
        self.menu = Menu(
            MenuItem("other", lambda: self.chosen.append("other")),
            MenuItem("default", self._choose, default=True),
        )
        self.fails = False

    def _choose(self) -> None:
        self.chosen.append(threading.current_thread().name)
        if self.fails:
            raise RuntimeError("this action always fails")


@contextmanager
def running(fallback: XEmbedFallback) -> Iterator[XEmbedFallback]:
    try:
        yield fallback
    finally:
        fallback.stop()
        assert "xembed" not in [thread.name for thread in threading.enumerate()]


def unhosted(display: str) -> AbstractContextManager[XEmbedFallback]:
    """A fallback that is needed at once."""
    fallback = XEmbedFallback(display, pictures(RED), Person().menu, grace=0)
    fallback.set_hosted(False)
    return running(fallback)


@pytest.mark.desktop
class TestTheTray:
    def test_an_icon_is_put_into_a_tray_that_is_there(self, display: str, tray: Tray) -> None:
        with unhosted(display):
            wait_for(lambda: tray.pixel(15, 12) == RED, "the icon is seen")
            assert len(tray.docked) == 1

    def test_a_tray_that_comes_later_gets_it(self, display: str) -> None:
        with unhosted(display):
            wait_for(lambda: _rests("xembed"), "it waits")
            with Tray(display) as tray:
                wait_for(lambda: tray.pixel(15, 12) == RED, "the icon is seen")

    def test_a_tray_that_goes_and_comes_gets_it_again(self, display: str) -> None:
        with unhosted(display) as fallback:
            for _ in range(3):
                with Tray(display) as tray:
                    wait_for(lambda: tray.pixel(15, 12) == RED, "the icon is seen")
                wait_for(lambda: fallback._icon is None, "the icon was taken away")

    def test_an_icon_that_its_tray_destroys_waits_for_another(
        self, display: str, tray: Tray
    ) -> None:
        with unhosted(display) as fallback:
            wait_for(lambda: tray.icons == 1, "the icon is in the tray")
            tray.throw_out()
            wait_for(lambda: fallback._icon is None, "the icon was taken away")
            with Tray(display) as other:
                wait_for(lambda: other.pixel(15, 12) == RED, "the icon is seen")
        assert len(tray.docked) == 1

    def test_what_is_not_of_the_picture_is_the_trays(self, display: str, tray: Tray) -> None:
        with unhosted(display):
            wait_for(lambda: tray.pixel(3, 0) == RED, "24 pixels begin at 3")
            assert tray.pixel(2, 0) == (0, 255, 0)

    def test_what_xlib_prints_of_a_broken_authority_is_not_printed(
        self,
        display: str,
        tray: Tray,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        broken = tmp_path / "Xauthority"
        broken.write_bytes(b"\1")
        monkeypatch.setenv("XAUTHORITY", str(broken))
        with unhosted(display):
            wait_for(lambda: tray.icons == 1, "the icon is in the tray")
        assert capfd.readouterr() == ("", "")

    def test_a_change_is_seen(self, display: str, tray: Tray) -> None:
        with unhosted(display) as fallback:
            wait_for(lambda: tray.pixel(15, 12) == RED, "the icon is seen")
            fallback.show(pictures(BLUE))
            wait_for(lambda: tray.pixel(15, 12) == BLUE, "the other picture is seen")
            assert tray.docked == tray.docked[:1], "the tray was asked once"

    def test_it_goes_at_once_when_a_panel_shows_the_item_and_comes_back(
        self, display: str, tray: Tray
    ) -> None:
        with unhosted(display) as fallback:
            wait_for(lambda: tray.icons == 1, "the icon is in the tray")
            fallback.set_hosted(True)
            wait_for(lambda: tray.icons == 0, "the icon has gone", 1)
            fallback.set_hosted(False)
            wait_for(lambda: tray.icons == 1, "the icon is in the tray")
        wait_for(lambda: tray.icons == 0, "the icon has gone")

    def test_what_ends_it_does_not_end_it_for_good(
        self,
        display: str,
        tray: Tray,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        def fail(_argument: object) -> None:
            raise OSError("a bad moment")

        with monkeypatch.context() as patch:
            patch.setattr(xembed, "TrayWatch", fail)
            fallback = XEmbedFallback(display, pictures(RED), Menu(), grace=0)
            fallback.set_hosted(False)
            wait_for(lambda: _ended(fallback), "the thread has ended")
        with running(fallback):
            fallback.set_hosted(True)
            fallback.set_hosted(False)
            wait_for(lambda: tray.icons == 1, "the icon is in the tray")

            monkeypatch.setattr(TrayWatch, "read", fail)
            fallback.show(pictures(BLUE))
            wait_for(lambda: caplog.text.count("a bad moment") == 2, "it is told again")

    def test_a_panel_has_time_to_come_first(self, display: str, tray: Tray) -> None:
        now = [0.0]
        fallback = XEmbedFallback(display, pictures(RED), Menu(), grace=10, clock=lambda: now[0])
        with running(fallback):
            fallback.set_hosted(False)
            now[0] = 5.0
            fallback.show(pictures(BLUE))
            wait_for(lambda: _rests("xembed"), "it waits")
            assert tray.icons == 0
            fallback.set_hosted(False)  # saying it again changes nothing
            now[0] = 10.1
            fallback.show(pictures(BLUE))
            wait_for(lambda: tray.pixel(15, 12) == BLUE, "the icon is seen")

    def test_nothing_is_opened_while_a_panel_shows_the_item(self, display: str) -> None:
        before = _descriptors()
        with running(XEmbedFallback(display, pictures(RED), Menu(), grace=0)) as fallback:
            fallback.set_hosted(True)
            assert _descriptors() == before
            assert "xembed" not in [thread.name for thread in threading.enumerate()]

    def test_a_hundred_turns_leave_no_thread_and_no_descriptor(
        self, display: str, tray: Tray
    ) -> None:
        threads, before = threading.active_count(), _descriptors()
        with unhosted(display) as fallback:
            for _ in range(TURNS):
                wait_for(lambda: tray.icons == 1, "the icon is in the tray")
                fallback.set_hosted(True)
                wait_for(lambda: tray.icons == 0, "the icon has gone")
                fallback.set_hosted(False)
        assert len(tray.docked) >= TURNS
        assert (threading.active_count(), _descriptors()) == (threads, before)

    def test_it_sleeps_at_rest(self, display: str, tray: Tray) -> None:
        with unhosted(display):
            wait_for(lambda: tray.pixel(15, 12) == RED, "the icon is seen")
            wait_for(lambda: _rests("xembed"), "it rests")
            before = _sleeps("xembed")
            time.sleep(1)
            assert _sleeps("xembed") == before


@pytest.mark.desktop
class TestClicks:
    @pytest.mark.parametrize(("button", "times"), [(1, 1), (2, 0), (3, 0)])
    def test_a_left_click_chooses_the_default_item(
        self, display: str, tray: Tray, button: int, times: int
    ) -> None:
        person = Person()
        with running(XEmbedFallback(display, pictures(RED), person.menu, grace=0)) as fallback:
            fallback.set_hosted(False)
            wait_for(lambda: tray.pixel(15, 12) == RED, "the icon is seen")
            tray.click(button)
            fallback.show(pictures(BLUE))
            wait_for(lambda: tray.pixel(15, 12) == BLUE, "what came before is done")
            wait_for(lambda: len(person.chosen) == times, "the click counts")
        assert person.chosen == ["xembed actions"] * times

    def test_an_action_that_fails_leaves_the_icon(
        self, display: str, tray: Tray, caplog: pytest.LogCaptureFixture
    ) -> None:
        person = Person()
        person.fails = True
        with running(XEmbedFallback(display, pictures(RED), person.menu, grace=0)) as fallback:
            fallback.set_hosted(False)
            wait_for(lambda: tray.icons == 1, "the icon is in the tray")
            for times in (1, 2):
                tray.click(1)
                wait_for(lambda: len(person.chosen) == times, "the click counts")  # noqa: B023
        assert "this action always fails" in caplog.text


# A refused connection leaves its socket to the collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
class TestNoServer:
    @pytest.mark.parametrize("display", [":9871", "not a display", "localhost:1"])
    def test_it_is_told_once_that_there_is_none(
        self, display: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG, xembed.__name__)
        with unhosted(display) as fallback:
            for times in (1, 2, 3):
                wait_for(lambda: _ended(fallback), "the thread has ended")
                assert caplog.text.count("no icon in XEmbed trays") == times
                fallback.set_hosted(True)
                fallback.set_hosted(False)
        first, *others = [record.levelno for record in caplog.records]
        assert first == logging.WARNING
        assert set(others) == {logging.DEBUG}

    @pytest.mark.desktop
    @pytest.mark.parametrize("with_tray", [True, False])
    def test_a_server_that_dies_ends_only_the_fallback(
        self, with_tray: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        with Server() as server:
            monkeypatch.setenv("DISPLAY", server.display)
            tray = Tray(server.display) if with_tray else None
            before = _descriptors()
            with unhosted(server.display) as fallback:
                if tray is None:
                    wait_for(lambda: _rests("xembed"), "it waits")
                else:
                    wait_for(lambda: tray.icons == 1, "the icon is in the tray")
                server.process.kill()
                wait_for(lambda: _ended(fallback), "the thread has ended")
                fallback.show(pictures(BLUE))
                fallback.set_hosted(False)
            assert _descriptors() == before
        assert [r.levelno for r in caplog.records if r.levelno > logging.INFO] == [logging.WARNING]

    def test_a_server_that_never_answers_holds_nobody(
        self, silent_display: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(xembed, "END_LIMIT", 0.3)
        fallback = XEmbedFallback(silent_display, pictures(RED), Menu(), grace=0)
        fallback.set_hosted(False)
        wait_for(lambda: _rests("xembed"), "it hangs")
        began = time.monotonic()
        fallback.stop()
        assert time.monotonic() - began < 2
        assert "the X server does not answer" in caplog.text


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
class TestFindTray:
    @pytest.mark.desktop
    def test_a_tray_is_found(self, display: str, tray: Tray) -> None:
        del tray
        assert find_tray(display) == (True, "a tray owns _NET_SYSTEM_TRAY_S0")

    @pytest.mark.desktop
    def test_a_display_without_a_tray_is_told(self, display: str) -> None:
        assert find_tray(display) == (False, "no tray owns _NET_SYSTEM_TRAY_S0")

    def test_a_display_that_is_not_there_is_told(self) -> None:
        found, reason = find_tray(":9871")
        assert not found
        assert 'Can\'t connect to display ":9871"' in reason

    def test_a_display_that_never_answers_is_told_in_time(self, silent_display: str) -> None:
        reason = "the X display did not answer within 0.3 s"
        assert find_tray(silent_display, timeout=0.3) == (False, reason)


@pytest.fixture
def silent_display() -> Iterator[str]:
    """A server that takes connections and says nothing; those end with it."""
    number = 10_000 + os.getpid()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"\0/tmp/.X11-unix/X{number}")
        listener.listen()
        yield f":{number}"
        while select.select([listener], [], [], 0)[0]:
            listener.accept()[0].close()
    names = {"xembed", "xembed probe"}
    wait_for(
        lambda: not names & {thread.name for thread in threading.enumerate()}, "the threads ended"
    )


@pytest.mark.parametrize(
    ("sizes", "side", "chosen"),
    [
        ((16, 22, 24), 24, (24, 1)),
        ((16, 22, 24), 23, (22, 1)),
        ((16, 22, 24), 32, (16, 2)),
        ((16, 22, 24, 32), 32, (32, 1)),
        ((16, 22, 24, 32, 44, 48), 43, (32, 1)),
        ((16, 22, 24, 32, 44, 48), 64, (32, 2)),
        ((16, 22, 24, 32, 44, 48), 100, (48, 2)),
        ((24, 16, 22), 16, (16, 1)),
        ((16, 22), 15, (16, 0)),
    ],
)
def test_the_picture_is_the_largest_that_fits_in_whole_multiples(
    sizes: tuple[int, ...], side: int, chosen: tuple[int, int]
) -> None:
    picture, times = choose_picture(pictures(RED, *sizes), side)
    assert (picture.width, times) == chosen


@pytest.mark.parametrize(
    ("place", "box"),
    [
        ((24, 24), (0, 0, 24, 24)),
        ((30, 24), (3, 0, 27, 24)),
        ((24, 30), (0, 3, 24, 27)),
        ((50, 50), (1, 1, 49, 49)),
        ((8, 8), (0, 0, 8, 8)),
        ((1, 1), (0, 0, 1, 1)),
    ],
)
def test_it_stands_in_the_middle(place: tuple[int, int], box: tuple[int, int, int, int]) -> None:
    picture = fit(pictures(RED, 16, 24), *place)
    assert picture.size == place
    assert picture.getbbox() == box


def test_its_pixels_are_repeated_and_not_smoothed() -> None:
    small = Image.new("RGBA", (16, 16), (*RED, 255))
    small.putpixel((0, 0), (*BLUE, 255))
    colours = fit((small,), 32, 32).getcolors()
    assert sorted(colours or []) == [(4, (*BLUE, 255)), (1020, (*RED, 255))]


def test_only_what_is_opaque_is_seen() -> None:
    picture = Image.new("RGBA", (4, 3), (*RED, 255))
    for place in ((0, 0), (3, 0), (1, 2)):
        picture.putpixel(place, (0, 0, 0, 0))
    picture.putpixel((0, 1), (*RED, 127))
    assert opaque_runs(picture) == [(1, 0, 2, 1), (1, 1, 3, 1), (0, 2, 1, 1), (2, 2, 2, 1)]


def _descriptors() -> int:
    gc.collect()  # A connection that was refused in an earlier test.
    return len(list(Path("/proc/self/fd").iterdir()))


def _ended(fallback: XEmbedFallback) -> bool:
    # A thread that is no longer listed may still be alive for a moment.
    return fallback._thread is not None and not fallback._thread.is_alive()


def _thread(name: str) -> int | None:
    found = [thread for thread in threading.enumerate() if thread.name == name]
    return found[0].native_id if found else None


def _rests(name: str) -> bool:
    """Tell whether a thread is there and stays asleep for a moment."""
    if _thread(name) is None:
        return False
    before = _sleeps(name)
    time.sleep(0.1)
    return _sleeps(name) == before


def _sleeps(name: str) -> int:
    return sleeps_of(os.getpid(), _thread(name))
