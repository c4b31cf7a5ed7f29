"""The icon's setters, its loop, and its end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jeepney import DBusErrorResponse
from PIL import Image

from tests.desktop.bus import member
from tests.desktop.processes import wait_for
from tests.threads import sleeps_of
from trayapp.tray.statusnotifier import Icon
from trayapp.tray.statusnotifier import icon as icon_module
from trayapp.tray.statusnotifier.pystray_base import Menu, MenuItem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.desktop.bus import Client, PrivateBus

    from .conftest import RunIcon
    from .fake_watcher import FakeWatcher

ITEM = ("/StatusNotifierItem", "org.kde.StatusNotifierItem")
LIMIT = 5.0
# The first is for GNOME's extension: see tests/desktop/heavy/test_gnome.py.
LABEL_SIGNALS = {"PropertiesChanged", "XAyatanaNewLabel"}
SHORT = "a b" + "c" * 46 + "…"


def picture(shade: int) -> Image.Image:
    return Image.new("RGBA", (1, 1), (shade, shade, shade, 255))


@dataclass
class Seen:
    """What a client sees of a running icon."""

    client: Client
    name: str

    def get(self, property_: str) -> Any:
        """Return a property's value."""
        return self.client.get(self.name, *ITEM, property_)[1]

    def signals(self) -> set[str]:
        return set(map(member, self.client.signals))

    def wait_for_signals(self, number: int) -> None:
        def told() -> bool:
            self.client.receive(0.05)
            return len(self.client.signals) >= number

        wait_for(told, f"{number} signals came")

    def wait_for(self, signals: set[str]) -> None:
        def told() -> bool:
            self.client.receive(0.05)
            return signals <= self.signals()

        wait_for(told, f"{signals} came")


@pytest.fixture
def seen(
    icon: Icon, run_icon: RunIcon, name_of: Callable[[Icon], str], client: Client
) -> Iterator[Seen]:
    """Runs the icon, too."""
    with run_icon(icon):
        name = name_of(icon)
        client.listen(name)
        yield Seen(client, name)


@pytest.fixture
def icon() -> Icon:
    return Icon("demo", picture(0), "Title", Menu(MenuItem("a", None)))


class TestSetting:
    @pytest.mark.parametrize(
        ("attribute", "value", "signals", "property_", "expected"),
        [
            ("icon", picture(7), {"NewIcon"}, "IconPixmap", [(1, 1, b"\xff\7\7\7")]),
            ("title", "2h", {"NewTitle", "NewToolTip", "NewIcon"}, "Title", "2h"),
            ("title", "a\0\ud800b", {"NewTitle", "NewToolTip", "NewIcon"}, "Title", "ab"),
            ("label", "2h", LABEL_SIGNALS, "XAyatanaLabel", "2h"),
            ("label", "a\0\nb" + "c" * 99, LABEL_SIGNALS, "XAyatanaLabelGuide", SHORT),
            (
                "status",
                "NeedsAttention",
                {"NewStatus", "NewAttentionIcon"},
                "Status",
                "NeedsAttention",
            ),
            ("status", "Passive", {"NewStatus"}, "Status", "Passive"),
            ("visible", False, {"NewStatus"}, "Status", "Passive"),
        ],
    )
    def test_a_change_is_told_and_can_be_read(
        self,
        icon: Icon,
        seen: Seen,
        attribute: str,
        value: Any,
        signals: set[str],
        property_: str,
        expected: Any,
    ) -> None:
        setattr(icon, attribute, value)
        seen.wait_for(signals)

        assert seen.get(property_) == expected
        assert seen.signals() == signals

    def test_the_same_value_again_is_not_told(self, icon: Icon, seen: Seen) -> None:
        icon.icon = picture(0)
        icon.title = "Title"
        icon.status = "Active"
        icon.label = ""
        icon.status = "Passive"
        seen.wait_for({"NewStatus"})

        assert seen.signals() == {"NewStatus"}

    def test_an_icon_that_needs_attention_is_told_where_panels_look_for_it(
        self, icon: Icon, seen: Seen
    ) -> None:
        icon.status = "NeedsAttention"
        seen.wait_for({"NewAttentionIcon"})
        seen.client.signals.clear()
        icon.icon = picture(7)
        seen.wait_for({"NewIcon", "NewAttentionIcon"})

        assert seen.get("AttentionIconPixmap") == [(1, 1, b"\xff\7\7\7")]

    def test_an_empty_label_is_not_there_at_all(self, icon: Icon, seen: Seen) -> None:
        """Panels show even an empty one, as a gap beside the icon."""
        described = "org.freedesktop.DBus.Introspectable"

        def offered() -> tuple[bool, bool]:
            properties = seen.client.call(
                seen.name, ITEM[0], "org.freedesktop.DBus.Properties", "GetAll", "s", ITEM[1]
            )
            xml = seen.client.call(seen.name, ITEM[0], described, "Introspect")
            return "XAyatanaLabel" in properties, '"XAyatanaLabel"' in xml

        assert offered() == (False, False)
        icon.label = "2h"
        assert offered() == (True, True)
        seen.wait_for({"XAyatanaNewLabel"})
        assert seen.client.signals[-1].body == ("2h", "2h")

        icon.label = ""
        assert offered() == (False, False)
        with pytest.raises(DBusErrorResponse, match="UnknownProperty"):
            seen.get("XAyatanaLabel")
        seen.wait_for_signals(2)
        assert seen.client.signals[-1].body == ("", "")

    def test_a_label_may_be_given_from_the_start(
        self, run_icon: RunIcon, name_of: Callable[[Icon], str], client: Client
    ) -> None:
        icon = Icon("demo", picture(0), label="2h")
        with run_icon(icon):
            assert client.get(name_of(icon), *ITEM, "XAyatanaLabel") == ("s", "2h")
        assert icon.label == "2h"

    def test_the_status_is_one_of_three(self, icon: Icon) -> None:
        with pytest.raises(ValueError, match="NeedsAttention"):
            icon.status = "Busy"

        assert icon.status == "Active"

    def test_a_hidden_icon_keeps_its_status_for_later(self, icon: Icon, seen: Seen) -> None:
        icon.visible = False
        icon.status = "NeedsAttention"
        assert seen.get("Status") == "Passive"

        icon.visible = True
        assert seen.get("Status") == "NeedsAttention"

    @pytest.mark.usefixtures("bus")
    def test_what_is_set_before_it_runs_is_shown(
        self, icon: Icon, request: pytest.FixtureRequest
    ) -> None:
        icon.title, icon.icon, icon.status = "Early", [picture(9)], "NeedsAttention"
        seen = request.getfixturevalue("seen")

        assert seen.get("Title") == "Early"
        assert seen.get("IconPixmap") == [(1, 1, b"\xff\x09\x09\x09")]
        assert seen.get("Status") == "NeedsAttention"

    def test_many_threads_may_set_everything(self, icon: Icon, seen: Seen) -> None:
        """What the attributes say in the end is what the bus says."""

        def change(start: int) -> None:
            for number in range(start, start + 60):
                icon.icon = picture(number % 256)
                icon.title = f"Title {number}"
                icon.visible = number % 3 > 0
                icon.update_menu()

        threads = [threading.Thread(target=change, args=(n * 60,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(LIMIT)
        icon.visible = True

        shade = icon.icon.getpixel((0, 0))[0]
        assert seen.get("IconPixmap") == [(1, 1, bytes((255, *[shade] * 3)))]
        assert seen.get("Title") == icon.title

    def test_the_later_of_two_images_is_shown_though_the_earlier_takes_longer(
        self, icon: Icon
    ) -> None:
        converting, go_on = threading.Event(), threading.Event()

        class SlowImage:
            width = height = 1

            def convert(self, _mode: str) -> Image.Image:
                converting.set()
                assert go_on.wait(LIMIT)
                return picture(1)

        icon.visible = True
        earlier = threading.Thread(target=setattr, args=(icon, "icon", SlowImage()))
        later = threading.Thread(target=setattr, args=(icon, "icon", picture(2)))
        earlier.start()
        assert converting.wait(LIMIT)
        later.start()
        later.join(0.2)
        go_on.set()
        earlier.join(LIMIT)
        later.join(LIMIT)

        assert [one.data for one in icon._state.pixmaps] == [b"\xff\2\2\2"]

    def test_an_id_is_never_empty(
        self, run_icon: RunIcon, name_of: Callable[[Icon], str], client: Client
    ) -> None:
        """GNOME and Waybar drop items without one."""
        icon = Icon("\0", picture(0))
        with run_icon(icon):
            assert client.get(name_of(icon), *ITEM, "Id")[1] == "icon"


class TestEnding:
    def test_it_leaves_no_thread_and_no_descriptor(
        self, icon: Icon, run_icon: RunIcon, name_of: Callable[[Icon], str]
    ) -> None:
        def left() -> tuple[int, set[str]]:
            descriptors = len(list(Path("/proc/self/fd").iterdir()))
            return descriptors, {thread.name for thread in threading.enumerate()}

        before = left()
        for _ in range(2):  # it may run again, too
            with run_icon(icon):
                name_of(icon)

            assert left() == before
            assert not icon.hosted
            assert not icon.visible

    def test_the_tray_is_left_with_the_bus(
        self, icon: Icon, run_icon: RunIcon, name_of: Callable[[Icon], str], client: Client
    ) -> None:
        with run_icon(icon):
            name = name_of(icon)
            assert name in client.bus("ListNames")

        wait_for(lambda: name not in client.bus("ListNames"), "the connection is closed")

    @pytest.mark.usefixtures("bus")
    def test_stop_before_run_is_not_lost(self, icon: Icon) -> None:
        icon.stop()
        icon.run()

    @pytest.mark.usefixtures("bus")
    def test_it_waits_for_the_setup_function(self, icon: Icon) -> None:
        done = []

        def setup(one: Any) -> None:
            one.stop()
            time.sleep(0.1)
            done.append(True)

        icon.run(setup)

        assert done == [True]

    def test_an_action_may_stop_it(
        self, run_icon: RunIcon, name_of: Callable[[Icon], str], client: Client
    ) -> None:
        icon = Icon("demo", picture(0), menu=Menu(MenuItem("Quit", lambda icon: icon.stop())))
        menu = ("/StatusNotifierItem/Menu", "com.canonical.dbusmenu")
        with run_icon(icon) as thread:
            client.call(name_of(icon), *menu, "Event", "isvu", 1, "clicked", ("i", 0), 0)
            thread.join(LIMIT)
            assert not thread.is_alive()

    def test_an_action_that_never_ends_is_left_behind(
        self,
        run_icon: RunIcon,
        name_of: Callable[[Icon], str],
        client: Client,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        monkeypatch.setattr(icon_module, "ACTION_LIMIT", 0.1)
        started, go_on = threading.Event(), threading.Event()

        def hang() -> None:
            started.set()
            go_on.wait(LIMIT)

        icon = Icon("demo", picture(0), menu=Menu(MenuItem("Hang", hang, default=True)))
        with run_icon(icon):
            client.call(name_of(icon), *ITEM, "SecondaryActivate", "ii", 0, 0)
            assert started.wait(LIMIT)
        go_on.set()

        assert "still running" in caplog.text

    def test_without_a_menu_on_the_left_click_that_chooses_the_default_item(
        self, run_icon: RunIcon, name_of: Callable[[Icon], str], client: Client
    ) -> None:
        chosen = threading.Event()
        menu = Menu(MenuItem("Default", chosen.set, default=True))
        icon = Icon("demo", picture(0), menu=menu, is_menu=False)
        with run_icon(icon):
            assert client.get(name_of(icon), *ITEM, "ItemIsMenu") == ("b", False)
            client.call(name_of(icon), *ITEM, "Activate", "ii", 0, 0)

            assert chosen.wait(LIMIT)

    def test_without_a_bus_it_waits_and_can_be_stopped(
        self, icon: Icon, run_icon: RunIcon, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path / 'nobody'}")
        with run_icon(icon):
            wait_for(lambda: icon.visible, "it runs")
            icon.title = "Still here"

        assert not icon.hosted

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_signals_reach_the_application_and_end_it_in_order(
        self, bus: PrivateBus, number: signal.Signals
    ) -> None:
        with bus.client() as client:
            before = set(client.bus("ListNames"))
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.desktop.demo"],
                env={"DBUS_SESSION_BUS_ADDRESS": bus.address, "PATH": "/usr/bin:/bin"},
                cwd=Path(__file__).parents[3],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            try:
                wait_for(lambda: set(client.bus("ListNames")) - before, "it is on the bus")
                process.send_signal(number)
                output, errors = process.communicate(timeout=LIMIT)
            finally:
                process.kill()
                process.communicate()

        assert output.decode().split() == [number.name, "ended"]
        assert b"Traceback" not in errors
        assert process.returncode == 0


def switches(thread: threading.Thread) -> int:
    """Return how often a thread has waited so far."""
    return sleeps_of(os.getpid(), thread.native_id)


def test_at_rest_nothing_wakes_it(icon: Icon, watcher: FakeWatcher, run_icon: RunIcon) -> None:
    with run_icon(icon) as thread:
        wait_for(lambda: icon.hosted, "it is registered")
        assert watcher.registrations
        deadline = time.monotonic() + LIMIT
        before, now = -1, switches(thread)
        while now != before:  # until what followed the start is over
            assert time.monotonic() < deadline
            time.sleep(0.2)
            before, now = now, switches(thread)
        time.sleep(0.7)

        assert switches(thread) == now


def test_it_cannot_be_run_detached(icon: Icon) -> None:
    with pytest.raises(NotImplementedError):
        icon.run_detached()
