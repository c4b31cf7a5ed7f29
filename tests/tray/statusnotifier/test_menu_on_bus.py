"""com.canonical.dbusmenu as a client on a real bus uses it."""

from __future__ import annotations

import threading
import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from tests.desktop.bus import member
from tests.desktop.processes import wait_for
from trayapp.tray.statusnotifier import Icon
from trayapp.tray.statusnotifier.icon import SIGNAL_INTERVAL
from trayapp.tray.statusnotifier.menu import DEPTH_LIMIT
from trayapp.tray.statusnotifier.pystray_base import Menu, MenuItem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.desktop.bus import Client

    from .conftest import RunIcon

MENU = ("/StatusNotifierItem/Menu", "com.canonical.dbusmenu")
LIMIT = 5.0
NO_DATA = ("i", 0)


class Panel:
    """A client that uses one icon's menu."""

    def __init__(self, client: Client, name: str) -> None:
        self.client = client
        self.name = name
        client.listen(name)

    def call(self, method: str, signature: str, *body: Any) -> Any:
        return self.client.call(self.name, *MENU, method, signature, *body)

    def layout(self, parent: int = 0, depth: int = -1, names: tuple[str, ...] = ()) -> Any:
        return self.call("GetLayout", "iias", parent, depth, list(names))[1]

    def labels(self) -> list[str]:
        """Return the first level's labels."""
        children = self.layout()[2]
        return [child[1][1]["label"][1] for child in children if "label" in child[1][1]]

    def id_of(self, label: str) -> int:
        """Return the id of the item with a label, on any level."""

        def search(node: Any) -> int | None:
            if node[1].get("label") == ("s", label):
                return int(node[0])
            return next(
                (found for child in node[2] if (found := search(child[1])) is not None), None
            )

        found = search(self.layout())
        assert found is not None, label
        return found

    def click(self, label: str) -> None:
        self.call("Event", "isvu", self.id_of(label), "clicked", NO_DATA, 0)

    def signals(self) -> list[tuple[str, Any]]:
        """Return the menu's signals that came so far."""
        return [
            (member(one), one.body)
            for one in self.client.signals
            if member(one) in {"ItemsPropertiesUpdated", "LayoutUpdated"}
        ]

    def wait_for_signals(self, number: int) -> list[tuple[str, Any]]:
        def enough() -> bool:
            self.client.receive(0.05)
            return len(self.signals()) >= number

        wait_for(enough, f"{number} signals came")
        return self.signals()


class App:
    """An application with a menu of every kind of item."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.events = {name: threading.Event() for name in ("started", "go on", "opened")}
        self.time = "0m"
        self.extra: list[MenuItem] = []
        self.checked = True
        submenu = Menu(
            MenuItem("One", self.say("one"), checked=lambda _: True, radio=True),
            MenuItem("Two", self.say("two"), checked=lambda _: False, radio=True),
            MenuItem("Deeper", Menu(MenuItem("Deepest", self.say("deepest")))),
        )
        self.items = [
            MenuItem(lambda _: f"Today {self.time}", None, enabled=False),
            Menu.SEPARATOR,
            MenuItem("Check", self.toggle, checked=lambda _: self.checked),
            MenuItem("Hidden", self.say("hidden"), visible=False),
            MenuItem("Disabled", self.say("disabled"), enabled=False),
            MenuItem("More", submenu),
            MenuItem("Fail", self.fail),
            MenuItem("Slow", self.slow),
            MenuItem("Default", self.say("default"), default=True),
        ]
        self.icon = Icon(
            "demo",
            Image.new("RGBA", (8, 8)),
            "Title",
            Menu(lambda: [*self.items, *self.extra]),
        )
        self.icon.on_menu_open = self.opened
        self.icon.on_action_error = lambda error: self.said.append(str(error))

    def say(self, what: str) -> Callable[[Any, Any], None]:
        def act(_icon: Any, _item: Any) -> None:
            self.said.append(what)

        return act

    def toggle(self) -> None:
        self.checked = not self.checked

    def fail(self) -> None:
        raise RuntimeError("it always fails")

    def slow(self) -> None:
        self.events["started"].set()
        assert self.events["go on"].wait(LIMIT)
        self.said.append("slow")

    def opened(self) -> None:
        self.said.append("opened")
        self.events["opened"].set()

    def wait_until_said(self, *what: str) -> None:
        wait_for(lambda: self.said == list(what), f"{what} was said and nothing else", LIMIT)


@pytest.fixture
def app(run_icon: RunIcon) -> Iterator[App]:
    app = App()
    with run_icon(app.icon):
        yield app


@pytest.fixture
def panel(app: App, name_of: Callable[[Icon], str], client: Client) -> Panel:
    return Panel(client, name_of(app.icon))


class TestReading:
    def test_the_layout_holds_the_whole_menu(self, panel: Panel) -> None:
        def node(number: int, label: str, *children: Any, **more: Any) -> Any:
            said = {name.replace("_", "-"): value for name, value in more.items()}
            if label:
                said["label"] = ("s", label)
            if children:
                said["children-display"] = ("s", "submenu")
            return "(ia{sv}av)", (number, said, list(children))

        radio = {"toggle_type": ("s", "radio")}
        check = {"toggle_type": ("s", "checkmark"), "toggle_state": ("i", 1)}
        submenu = [
            node(7, "One", **radio, toggle_state=("i", 1)),
            node(8, "Two", **radio, toggle_state=("i", 0)),
            node(9, "Deeper", node(10, "Deepest")),
        ]
        items = [
            node(1, "Today 0m", enabled=("b", False)),
            node(2, "", type=("s", "separator")),
            node(3, "Check", **check),
            node(4, "", visible=("b", False)),
            node(5, "Disabled", enabled=("b", False)),
            node(6, "More", *submenu),
            node(11, "Fail"),
            node(12, "Slow"),
            node(13, "Default"),
        ]

        assert panel.layout() == node(0, "", *items)[1]

    @pytest.mark.parametrize(
        ("parent", "depth", "levels"),
        [
            (0, 0, 1),
            (0, 1, 2),
            (0, 2, 3),
            (0, 3, 4),
            (0, 2**31 - 1, 4),
            (0, -1, 4),
            (0, -(2**31), 4),
            (6, 1, 2),
            (6, -1, 3),
            (10, -1, 1),
        ],
    )
    def test_the_layout_is_as_deep_as_asked(
        self, panel: Panel, parent: int, depth: int, levels: int
    ) -> None:
        def count(node: Any) -> int:
            return 1 + max((count(child[1]) for child in node[2]), default=0)

        layout = panel.layout(parent, depth)

        assert layout[0] == parent
        assert count(layout) == levels

    def test_the_layout_holds_only_the_properties_asked_for(self, panel: Panel) -> None:
        layout = panel.layout(6, 1, ("label", "colour"))

        assert layout[1] == {"label": ("s", "More")}
        assert [child[1][1] for child in layout[2]] == [
            {"label": ("s", label)} for label in ("One", "Two", "Deeper")
        ]

    @pytest.mark.parametrize(
        ("ids", "names", "given"),
        [
            ([2, 2, 99, -1], [], [(2, {"type": ("s", "separator")})]),
            (
                [8, 3],
                ["toggle-state"],
                [(8, {"toggle-state": ("i", 0)}), (3, {"toggle-state": ("i", 1)})],
            ),
            ([99], [], []),
        ],
    )
    def test_properties_of_several_items_come_in_one_answer(
        self, panel: Panel, ids: list[int], names: list[str], given: Any
    ) -> None:
        assert panel.call("GetGroupProperties", "aias", ids, names) == given

    def test_no_ids_are_all_ids(self, panel: Panel) -> None:
        given = panel.call("GetGroupProperties", "aias", [], [])

        assert [one[0] for one in given] == list(range(14))

    @pytest.mark.parametrize(
        ("number", "name", "value"),
        [
            (1, "label", ("s", "Today 0m")),
            (1, "enabled", ("b", False)),
            (3, "enabled", ("b", True)),
            (1, "visible", ("b", True)),
            (1, "toggle-state", ("i", -1)),
            (0, "children-display", ("s", "submenu")),
        ],
    )
    def test_one_property_is_given_also_where_it_is_the_default(
        self, panel: Panel, number: int, name: str, value: tuple[str, Any]
    ) -> None:
        assert panel.call("GetProperty", "is", number, name) == value

    def test_the_deepest_menu_passes_the_bus(self, app: App, panel: Panel) -> None:
        """The bus disconnects who nests too deeply; the limit is ours to keep."""
        menu = Menu(MenuItem("bottom", None))
        for level in range(DEPTH_LIMIT + 10):
            menu = Menu(MenuItem(str(level), menu))
        app.icon.menu = menu
        panel.wait_for_signals(1)

        node, depth = panel.layout(), 0
        while node[2]:
            node, depth = node[2][0][1], depth + 1

        assert depth == DEPTH_LIMIT
        assert app.icon.hosted

    def test_strange_labels_pass_the_bus(self, app: App, panel: Panel) -> None:
        app.items = [
            MenuItem(text, None)
            for text in ("a\0b\ud800", "<b>&", "שלום\u202e", "x" * 10_000, "\ufffe\U0010ffff")
        ]
        app.icon.update_menu()
        panel.wait_for_signals(1)

        assert [len(label) for label in panel.labels()] == [2, 4, 5, 120, 2]


class TestClicking:
    def test_a_click_runs_the_action(self, app: App, panel: Panel) -> None:
        panel.click("Deepest")
        app.wait_until_said("deepest")
        panel.click("Two")
        app.wait_until_said("deepest", "two")

    def test_a_check_item_is_told_after_its_action(self, panel: Panel) -> None:
        panel.click("Check")

        assert panel.wait_for_signals(1) == [
            ("ItemsPropertiesUpdated", ([(3, {"toggle-state": ("i", 0)})], []))
        ]

    def test_an_action_that_hangs_stops_neither_answers_nor_signals(
        self, app: App, panel: Panel
    ) -> None:
        """libdbusmenu gives a click up after one second."""
        panel.click("Slow")
        assert app.events["started"].wait(LIMIT)
        panel.click("One")
        app.time = "1m"
        app.icon.update_menu()
        panel.wait_for_signals(1)

        assert panel.labels()[0] == "Today 1m"
        assert app.said == []
        app.events["go on"].set()
        app.wait_until_said("slow", "one")

    def test_an_action_that_raises_is_logged_and_told_and_the_menu_lives_on(
        self, app: App, panel: Panel, caplog: pytest.LogCaptureFixture
    ) -> None:
        panel.click("Fail")
        panel.click("One")
        app.wait_until_said("it always fails", "one")

        assert "it always fails" in caplog.text

    def test_a_default_item_that_cannot_be_found_is_told_and_the_menu_lives_on(
        self, app: App, panel: Panel
    ) -> None:
        app.extra = [MenuItem("Broken", None, visible=lambda _: 1 / 0)]
        app.items.pop()
        item = ("/StatusNotifierItem", "org.kde.StatusNotifierItem")
        panel.client.call(panel.name, *item, "SecondaryActivate", "ii", 1, 2)
        wait_for(lambda: "division by zero" in app.said, "it is told")

        assert "Today 0m" in panel.labels()

    @pytest.mark.parametrize("number", [0, 1, 2, 4, 5, 6])
    def test_a_click_that_cannot_be_meant_does_nothing(
        self, app: App, panel: Panel, number: int
    ) -> None:
        panel.call("Event", "isvu", number, "clicked", NO_DATA, 0)
        panel.click("One")

        app.wait_until_said("one")

    @pytest.mark.parametrize("kind", ["hovered", "closed", "", "x-other"])
    def test_other_events_do_nothing(self, app: App, panel: Panel, kind: str) -> None:
        panel.call("Event", "isvu", 7, kind, NO_DATA, 0)
        panel.click("Two")

        app.wait_until_said("two")

    def test_events_come_in_groups(self, app: App, panel: Panel) -> None:
        """libdbusmenu sends nothing else."""
        events = [
            (7, "clicked", NO_DATA, 0),
            (99, "clicked", NO_DATA, 0),
            (8, "clicked", ("s", ""), 0),
        ]

        assert panel.call("EventGroup", "a(isvu)", events) == [99]
        app.wait_until_said("one", "two")

    def test_an_empty_group_is_answered(self, panel: Panel) -> None:
        assert panel.call("EventGroup", "a(isvu)", []) == []
        assert panel.call("AboutToShowGroup", "ai", []) == ([], [])

    def test_a_middle_click_is_the_default_item(self, app: App, panel: Panel) -> None:
        item = ("/StatusNotifierItem", "org.kde.StatusNotifierItem")
        panel.client.call(panel.name, *item, "SecondaryActivate", "ii", 1, 2)

        app.wait_until_said("default")

    @pytest.mark.parametrize(
        ("method", "signature", "body", "answer"),
        [
            ("AboutToShow", "i", (0,), False),
            ("AboutToShowGroup", "ai", ([0, 6, 99],), ([], [99])),
            ("Event", "isvu", (0, "opened", NO_DATA, 0), ()),
            ("EventGroup", "a(isvu)", ([(0, "opened", NO_DATA, 0)],), []),
        ],
    )
    def test_the_application_hears_that_the_menu_opens(
        self, app: App, panel: Panel, method: str, signature: str, body: Any, answer: Any
    ) -> None:
        assert panel.call(method, signature, *body) == answer
        app.wait_until_said("opened")

    def test_openings_that_wait_for_an_action_are_heard_as_one(
        self, app: App, panel: Panel
    ) -> None:
        panel.click("Slow")
        assert app.events["started"].wait(LIMIT)
        for _ in range(3):
            panel.call("AboutToShow", "i", 0)
        panel.labels()  # answered when all that went before has been dealt with
        app.events["go on"].set()
        panel.click("One")

        app.wait_until_said("slow", "opened", "one")

    def test_a_submenu_that_opens_is_not_the_menu(self, app: App, panel: Panel) -> None:
        assert panel.call("AboutToShow", "i", 6) is False
        panel.click("One")

        app.wait_until_said("one")


class TestTelling:
    def test_a_new_text_is_a_property_and_no_new_layout(self, app: App, panel: Panel) -> None:
        """A new layout makes LXQt's open menu vanish."""
        app.time = "1m"
        app.icon.update_menu()

        assert panel.wait_for_signals(1) == [
            ("ItemsPropertiesUpdated", ([(1, {"label": ("s", "Today 1m")})], []))
        ]

    def test_a_new_item_is_a_new_layout(self, app: App, panel: Panel) -> None:
        revision = panel.call("GetLayout", "iias", 0, 0, [])[0]
        app.extra = [MenuItem("Extra", None)]
        app.icon.update_menu()

        assert panel.wait_for_signals(1) == [("LayoutUpdated", (revision + 1, 0))]
        assert panel.call("GetLayout", "iias", 0, 0, [])[0] == revision + 1
        assert panel.labels()[-1] == "Extra"

    def test_a_submenu_that_a_panel_has_only_seen_from_outside_is_told_one_after_another(
        self, app: App, panel: Panel
    ) -> None:
        """Plasma reads it then, instead of when it is already open and in its place."""
        app.extra = [MenuItem("Extra", Menu(MenuItem("Inside", None)))]
        app.icon.update_menu()
        panel.wait_for_signals(1)
        more, extra, deeper = map(panel.id_of, ("More", "Extra", "Deeper"))

        revision = panel.call("GetLayout", "iias", 0, 1, [])[0]
        told = panel.wait_for_signals(3)[1:]
        assert told == [("LayoutUpdated", (revision, id_)) for id_ in (more, extra)]

        panel.call("GetLayout", "iias", more, 1, [])
        assert panel.wait_for_signals(4)[3:] == [("LayoutUpdated", (revision, deeper))]

    def test_a_panel_that_reads_the_whole_menu_at_each_signal_comes_to_rest(
        self, app: App, panel: Panel
    ) -> None:
        revision = panel.call("GetLayout", "iias", 0, 1, [])[0]
        (more,) = map(panel.id_of, ("More",))
        assert panel.wait_for_signals(1) == [("LayoutUpdated", (revision, more))]

        panel.call("GetLayout", "iias", 0, 1, [])
        for number, time_ in enumerate(("1m", "2m"), start=2):
            app.time = time_
            app.icon.update_menu()
            told = panel.wait_for_signals(number)

        assert [name for name, _body in told[1:]] == ["ItemsPropertiesUpdated"] * 2

    def test_the_same_menu_again_tells_nothing(self, app: App, panel: Panel) -> None:
        app.icon.update_menu()
        app.time = "1m"
        app.icon.update_menu()
        panel.wait_for_signals(1)
        app.icon.update_menu()
        app.extra = [MenuItem("Extra", None)]
        app.icon.update_menu()

        assert [name for name, _body in panel.wait_for_signals(2)] == [
            "ItemsPropertiesUpdated",
            "LayoutUpdated",
        ]

    def test_a_storm_of_changes_is_told_seldom_and_the_last_always(
        self, app: App, panel: Panel
    ) -> None:
        came: list[float] = []
        end = time.monotonic() + 4.5 * SIGNAL_INTERVAL
        number = 0
        while (now := time.monotonic()) < end:
            number += 1
            app.time = f"{number}m"
            app.icon.update_menu()
            panel.client.receive(0.001)
            came += [now] * (len(panel.signals()) - len(came))
        last = f"Today {number}m"

        def is_last() -> bool:
            panel.client.receive(0.05)
            updated = panel.signals()[-1][1][0]
            return bool(updated == [(1, {"label": ("s", last)})])

        wait_for(is_last, "the last text came")
        assert number > 50
        assert 4 <= len(panel.signals()) <= 6
        gaps = [after - before for before, after in pairwise(came)]
        assert all(gap > 0.8 * SIGNAL_INTERVAL for gap in gaps)

    def test_a_menu_that_cannot_be_read_stays_as_it_was(
        self, app: App, panel: Panel, caplog: pytest.LogCaptureFixture
    ) -> None:
        app.extra = [MenuItem("Extra", None, enabled=lambda _: 1 / 0)]
        app.icon.update_menu()
        app.wait_until_said("division by zero")
        assert "division by zero" in caplog.text
        assert "Extra" not in panel.labels()

        app.extra = [MenuItem("Mended", None)]
        app.icon.update_menu()
        panel.wait_for_signals(1)

        assert panel.labels()[-1] == "Mended"

    def test_a_menu_may_be_taken_away_and_given(self, app: App, panel: Panel) -> None:
        app.icon.menu = None
        panel.wait_for_signals(1)
        assert panel.labels() == []

        app.icon.menu = (MenuItem("Only", None),)
        panel.wait_for_signals(2)

        assert panel.labels() == ["Only"]
