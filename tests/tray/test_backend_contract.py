"""The contract, for the backends that run here: the fake, and Linux's on a private bus."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from jeepney import DBusErrorResponse
from PIL import Image

from tests.desktop.bus import Client, PrivateBus
from trayapp.tray.backends import Item
from trayapp.tray.fake_backend import FakeBackend
from trayapp.tray.linux import StatusNotifierBackend

from .backend_contract import BackendContract, Line
from .statusnotifier.fake_watcher import FakeWatcher

ITEM = ("/StatusNotifierItem", "org.kde.StatusNotifierItem")
MENU = ("/StatusNotifierItem/Menu", "com.canonical.dbusmenu")


class FakeTray:
    """The fake backend as a person sees it."""

    def __init__(self, backend: FakeBackend) -> None:
        self._backend = backend

    def picture(self) -> Image.Image | None:
        shown = self._backend.appearance
        return shown.images[-1] if shown else None

    def tooltip(self) -> str:
        return self._backend.appearance.tooltip if self._backend.appearance else ""

    def label(self) -> str | None:
        return self._backend.appearance.label if self._backend.appearance else ""

    def menu(self) -> list[Line]:
        return [_line(item) for item in self._backend.open_menu()]

    def choose(self, *path: str) -> None:
        self._backend.choose(*path)

    def click(self) -> None:
        self._backend.click()


def _line(item: Item) -> Line:
    if item.separator:
        return Line()
    return Line(
        item.text,
        bool(item.activate or item.children),
        item.checked,
        item.radio,
        tuple(map(_line, item.children)),
    )


class TestFakeBackend(BackendContract):
    cleans_text = False

    @pytest.fixture
    def backend(self) -> FakeBackend:
        return FakeBackend()

    @pytest.fixture
    def tray(self, backend: FakeBackend) -> FakeTray:
        return FakeTray(backend)

    def test_it_remembers_messages_and_announcements(self, backend: FakeBackend) -> None:
        backend.announce()
        backend.notify("title", "body")

        assert (backend.announced, backend.notified) == (1, [("title", "body")])


class BusTray:
    """The item that a watcher was told of, as a panel on the bus sees it."""

    def __init__(self, client: Client, watcher: FakeWatcher) -> None:
        self._client = client
        self._watcher = watcher

    def picture(self) -> Image.Image | None:
        try:
            if self._get("Status") == "Passive":
                return None
            width, height, argb = self._get("IconPixmap")[-1]
        except (DBusErrorResponse, IndexError):
            return None
        alpha, *colours = Image.frombytes("RGBA", (width, height), argb).split()
        return Image.merge("RGBA", (*colours, alpha))

    def tooltip(self) -> str:
        return str(self._get("ToolTip")[2])

    def label(self) -> str | None:
        try:
            return str(self._get("XAyatanaLabel"))
        except DBusErrorResponse:
            return ""

    def menu(self) -> list[Line]:
        self._call("AboutToShow", "i", 0)
        return [_line_of_node(child) for _, child in self._layout()[2]]

    def choose(self, *path: str) -> None:
        self._call("AboutToShow", "i", 0)
        node = self._layout()
        for text in path:
            node = next(child for _, child in node[2] if _line_of_node(child).text == text)
        self._call("Event", "isvu", node[0], "clicked", ("i", 0), 0)

    def click(self) -> None:
        self._client.call(self._name, *ITEM, "SecondaryActivate", "ii", 0, 0)

    @property
    def _name(self) -> str:
        return self._watcher.registrations[-1][0]

    def _get(self, property_: str) -> Any:
        return self._client.get(self._name, *ITEM, property_)[1]

    def _layout(self) -> Any:
        return self._call("GetLayout", "iias", 0, -1, [])[1]

    def _call(self, method: str, signature: str, *body: Any) -> Any:
        return self._client.call(self._name, *MENU, method, signature, *body)


def _line_of_node(node: Any) -> Line:
    properties = {name: value for name, (_, value) in node[1].items()}
    if properties.get("type") == "separator":
        return Line()
    kind = properties.get("toggle-type")
    return Line(
        properties["label"].replace("__", "_"),
        properties.get("enabled", True),
        bool(properties.get("toggle-state", 0)) if kind else None,
        kind == "radio",
        tuple(_line_of_node(child) for _, child in node[2]),
    )


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateBus]:
    bus = PrivateBus(tmp_path_factory.mktemp("bus"))
    bus.start()
    yield bus
    bus.stop()


@pytest.mark.desktop
class TestStatusNotifierBackend(BackendContract):
    @pytest.fixture
    def tray(self, bus: PrivateBus) -> Iterator[BusTray]:
        with FakeWatcher(bus) as watcher, bus.client() as client:
            yield BusTray(client, watcher)

    @pytest.fixture
    def backend(self, bus: PrivateBus, monkeypatch: pytest.MonkeyPatch) -> StatusNotifierBackend:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
        monkeypatch.delenv("DISPLAY", raising=False)
        return StatusNotifierBackend(os.environ)
