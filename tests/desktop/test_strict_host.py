"""Every reply and signal, as GLib's own type checker sees it."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from trayapp.tray.statusnotifier import Icon, objects
from trayapp.tray.statusnotifier.introspection import describe
from trayapp.tray.statusnotifier.pystray_base import Menu, MenuItem

from .bus import Client, PrivateBus, member
from .processes import require_programs, wait_for

SYSTEM_PYTHON = "/usr/bin/python3"
HOST = Path(__file__).with_name("gvariant_host.py")
LIMIT = 20.0

ITEM = "org.kde.StatusNotifierItem"

pytestmark = pytest.mark.desktop

SIGNALS = {
    "NewIcon",
    "NewAttentionIcon",
    "NewTitle",
    "NewToolTip",
    "NewStatus",
    "XAyatanaNewLabel",
    "PropertiesChanged",
    "ItemsPropertiesUpdated",
    "LayoutUpdated",
}


def require_gobject() -> None:
    """Skip the test where the system's Python has no PyGObject; with CI set, fail."""
    require_programs(SYSTEM_PYTHON)
    found = subprocess.run(
        [SYSTEM_PYTHON, "-c", "from gi.repository import Gio"], check=False, timeout=LIMIT
    )
    if found.returncode:
        require_programs("python3-gi")  # never a program's name: it tells what to install


def picture(shade: int) -> list[Image.Image]:
    return [Image.new("RGBA", (side, side), (shade, shade, shade, 255)) for side in (16, 22, 48)]


class App:
    """An icon with one of everything, all of which can be changed."""

    def __init__(self) -> None:
        self.text = "Today <0m> & \0\ud800 שלום"
        self.checked = True
        self.more: list[MenuItem] = []
        submenu = Menu(
            MenuItem("One", None, checked=lambda _: self.checked, radio=True),
            MenuItem("Two", None, checked=lambda _: not self.checked, radio=True),
            MenuItem("Deeper", Menu(MenuItem("x" * 10_000, None, enabled=False))),
        )
        items = [
            MenuItem(lambda _: self.text, None, enabled=False),
            Menu.SEPARATOR,
            MenuItem("Check_", lambda: None, checked=lambda _: self.checked, default=True),
            MenuItem("Hidden", None, visible=lambda _: not self.checked),
            MenuItem("More", submenu),
        ]
        self.icon = Icon(
            "strict", picture(0), "Title <b>", Menu(lambda: [*items, *self.more]), label="0m"
        )

    def change_everything(self) -> None:
        """Make every signal go out once."""
        self.icon.icon = picture(9)
        self.icon.title = "Another & title"
        self.icon.label = "1m"
        self.icon.status = "NeedsAttention"
        self.text = "Today 1m"
        self.checked = False
        self.more = [MenuItem("New", None)]
        self.icon.update_menu()


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PrivateBus]:
    require_gobject()
    one = PrivateBus(tmp_path)
    one.start()
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", one.address)
    yield one
    one.stop()


@pytest.fixture
def examine(bus: PrivateBus) -> Iterator[Callable[[], dict[str, Any]]]:
    """Runs an App and gives the host's report on it."""
    app = App()
    loop = threading.Thread(target=app.icon.run)

    def run() -> dict[str, Any]:
        with bus.client() as client:
            before = set(client.bus("ListNames"))
            loop.start()
            (name,) = wait_for(lambda: set(client.bus("ListNames")) - before, "it is on the bus")
            wait_for(
                lambda: client.get(name, "/StatusNotifierItem", ITEM, "Status") == ("s", "Active"),
                "the icon shows",
            )
            with subprocess.Popen(
                [SYSTEM_PYTHON, HOST, name],
                env={"DBUS_SESSION_BUS_ADDRESS": bus.address, "LC_ALL": "C.UTF-8"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            ) as host:
                assert host.stdin is not None
                assert host.stdout is not None
                assert host.stdout.readline() == "listening\n"
                client.listen(name)
                app.change_everything()
                wait_for(lambda: all_came(client), "all signals came")
                report, _errors = host.communicate("now\n", timeout=LIMIT)
        return dict(json.loads(report))

    yield run
    app.icon.stop()
    loop.join(LIMIT)
    assert not loop.is_alive()


def all_came(client: Client) -> bool:
    client.receive(0.05)
    return {member(one) for one in client.signals} >= SIGNALS


def test_every_reply_and_signal_has_the_type_that_introspection_promises(
    examine: Callable[[], dict[str, Any]],
) -> None:
    report = examine()

    assert report["problems"] == []
    seen = report["seen"]
    assert set(seen) == {*SIGNALS, "property", "call", "menu item"}
    assert seen["property"] == 24
    assert seen["call"] > 30
    assert seen["menu item"] > 20


@pytest.mark.parametrize(
    ("truth", "lie", "problem"),
    [
        ('"WindowId" type="i"', '"WindowId" type="u"', "WindowId is i, promised u"),
        ('"XAyatanaLabel" type', '"XAyatanaTable" type', "XAyatanaTable cannot be read"),
        ('"needUpdate" type="b"', '"needUpdate" type="i"', "AboutToShow"),
        ('"parent" type="i"', '"parent" type="u"', "LayoutUpdated is (ui), promised (uu)"),
    ],
)
def test_the_host_notices_what_is_not_as_promised(
    examine: Callable[[], dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    truth: str,
    lie: str,
    problem: str,
) -> None:
    monkeypatch.setattr(objects, "describe", lambda *said: describe(*said).replace(truth, lie))

    problems = examine()["problems"]

    assert any(problem in one for one in problems), problems
