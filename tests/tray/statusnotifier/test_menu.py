"""Layouts: reading a pystray menu, keeping ids, and telling panels what changed."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.tray.statusnotifier import menu as menu_module
from trayapp.tray.statusnotifier.menu import (
    DEPTH_LIMIT,
    EMPTY,
    ROOT_ID,
    Changes,
    Entry,
    Node,
    compare,
    find_default,
    fresh_ids,
    place,
    read_menu,
)
from trayapp.tray.statusnotifier.pystray_base import Menu, MenuItem


def properties(*items: MenuItem) -> list[dict[str, Any]]:
    """Return what each item says, without the D-Bus signatures."""
    entry = read_menu(Menu(*items))
    return [{name: value for name, (_, value) in one.properties.items()} for one in entry.children]


def item(text: str, action: Any = None, **options: Any) -> MenuItem:
    return MenuItem(text, action, **options)


class TestReading:
    @pytest.mark.parametrize(
        ("one", "said"),
        [
            (item("Quit"), {"label": "Quit"}),
            (item("a_b"), {"label": "a__b"}),
            (item("Time", enabled=False), {"label": "Time", "enabled": False}),
            (
                item("On", checked=lambda _: True),
                {"label": "On", "toggle-type": "checkmark", "toggle-state": 1},
            ),
            (
                item("Off", checked=lambda _: False),
                {"label": "Off", "toggle-type": "checkmark", "toggle-state": 0},
            ),
            (
                item("One", checked=lambda _: True, radio=True),
                {"label": "One", "toggle-type": "radio", "toggle-state": 1},
            ),
            (item("No check", checked=lambda _: None, radio=True), {"label": "No check"}),
            (item("Dynamic", enabled=lambda _: 1), {"label": "Dynamic"}),
            (item("Gone", visible=False), {"visible": False}),
            (
                item("More", Menu(item("Below"))),
                {"label": "More", "children-display": "submenu"},
            ),
            (item("Empty", Menu()), {"children-display": "submenu", "visible": False}),
        ],
    )
    def test_an_item_says_what_differs_from_the_defaults(
        self, one: MenuItem, said: dict[str, Any]
    ) -> None:
        assert properties(one) == [said]

    def test_text_is_asked_anew_every_time(self) -> None:
        texts = iter(["0m", "1m"])
        menu = Menu(MenuItem(lambda _item: next(texts), None))

        said = [read_menu(menu).children[0].properties["label"] for _ in range(2)]

        assert said == [("s", "0m"), ("s", "1m")]

    def test_a_menu_may_be_one_callable(self) -> None:
        items = [item("a")]
        menu = Menu(lambda: items)
        items = [item("b"), item("c")]

        assert [one.properties["label"][1] for one in read_menu(menu).children] == ["b", "c"]

    def test_no_menu_is_an_empty_one(self) -> None:
        assert read_menu(None).children == ()

    def test_a_hidden_item_is_asked_nothing_else(self) -> None:
        def fail(_item: object) -> str:
            raise AssertionError("a hidden item was asked for its text")

        assert properties(MenuItem(fail, None, visible=False, enabled=fail)) == [{"visible": False}]

    @pytest.mark.parametrize(
        ("pattern", "shown"),
        [
            ("a-b", "a-b"),
            ("-a-b-", "a-b"),
            ("a--b", "a-b"),
            ("a-h-b", "a-b"),
            ("h-a", "a"),
            ("a-h", "a"),
            ("---", ""),
            ("-h-", ""),
            ("a-h-h--b-c", "a-b-c"),
        ],
    )
    def test_separators_show_only_between_items(self, pattern: str, shown: str) -> None:
        """As pystray's own filter has it, which is asked as well. An h is a hidden item."""
        items = [Menu.SEPARATOR if one == "-" else item(one, visible=one != "h") for one in pattern]
        said = properties(*items)

        assert len(said) == len(items)
        visible = "".join(
            "-" if one.get("type") == "separator" else one["label"]
            for one in said
            if one.get("visible", True)
        )
        assert visible == shown
        assert visible == "".join(
            "-" if one is Menu.SEPARATOR else one.text for one in Menu(*items)
        )

    def test_submenus_end_at_the_depth_the_bus_allows(self) -> None:
        menu = Menu(item("leaf"))
        for level in range(DEPTH_LIMIT + 10):
            menu = Menu(item(str(level), menu))

        def depth(entry: Entry) -> int:
            return 1 + max(map(depth, entry.children), default=0)

        assert depth(read_menu(menu)) == DEPTH_LIMIT + 1

    def test_the_default_item_is_the_first_that_shows(self) -> None:
        hidden = item("hidden", default=True, visible=False)
        default = item("default", default=True)

        assert find_default(Menu(item("a"), hidden, default, item("b", default=True))) is default

    @pytest.mark.parametrize(
        "menu", [None, Menu(), Menu(item("a")), Menu(item("a", default=True, enabled=False))]
    )
    def test_there_may_be_no_default(self, menu: Menu | None) -> None:
        assert find_default(menu) is None


def layout(*items: MenuItem, before: Node = EMPTY, first: int = 1) -> Node:
    return place(read_menu(Menu(*items)), before, count(first))


def ids(node: Node) -> dict[str, int]:
    """Return the id of each label, over the whole layout."""
    return {one.properties["label"][1]: one.id for one in node.walk() if "label" in one.properties}


class TestIds:
    def test_every_item_has_its_own(self) -> None:
        whole = layout(item("a"), Menu.SEPARATOR, item("b", Menu(item("c"), item("d"))))

        assert [node.id for node in whole.walk()] == [0, 1, 2, 3, 4, 5]

    def test_a_dynamic_text_keeps_its_id(self) -> None:
        before = layout(item("0m"), item("Quit"))
        after = layout(item("1m"), item("Quit"), before=before, first=10)

        assert ids(after) == {"1m": 1, "Quit": 2}

    def test_an_item_keeps_its_id_where_others_come_and_go(self) -> None:
        before = layout(item("2h 5m"), item("Refresh"), item("Quit"))
        after = layout(
            item("2h 6m"), item("Refresh"), item("New"), item("Quit"), before=before, first=10
        )

        assert ids(after) == {"2h 6m": 1, "Refresh": 2, "New": 10, "Quit": 3}

    def test_the_same_item_keeps_its_id_whatever_it_says_and_wherever_it_is(self) -> None:
        texts = iter(["first", "second"])
        one, other = MenuItem(lambda _: next(texts), None), item("other")
        before = layout(one, other)
        after = layout(other, one, before=before, first=10)

        assert ids(after) == {"other": 2, "second": 1}

    @pytest.mark.parametrize(
        "now",
        [
            item("a", checked=lambda _: True),
            item("a", checked=lambda _: True, radio=True),
            item("a", Menu(item("b"))),
            Menu.SEPARATOR,
        ],
    )
    def test_another_kind_gets_another_id(self, now: MenuItem) -> None:
        before = layout(item("a"))
        after = layout(now, before=before, first=10)

        assert after.children[0].id == 10

    def test_what_may_be_another_item_gets_another_id(self) -> None:
        """Two unknown lines in place of one: a click on its way could hit either."""
        before = layout(item("2h 5m"), item("Refresh"))
        after = layout(item("2h 6m"), item("Goal 69 %"), item("Refresh"), before=before, first=10)

        assert ids(after) == {"2h 6m": 10, "Goal 69 %": 11, "Refresh": 2}

    def test_a_submenu_keeps_the_ids_below(self) -> None:
        before = layout(item("3 folders", Menu(item("~/a"), item("~/b"))))
        after = layout(item("2 folders", Menu(item("~/b"))), before=before, first=10)

        assert ids(after) == {"2 folders": 1, "~/b": 3}

    def test_fresh_ids_begin_again_after_the_largest_and_leave_out_what_is_used(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(menu_module, "LARGEST_ID", 4)
        used = {ROOT_ID, 2}
        numbers = fresh_ids(lambda: used)

        assert [next(numbers) for _ in range(5)] == [1, 3, 4, 1, 3]


class TestChanges:
    def test_the_same_menu_changes_nothing(self) -> None:
        menu = [item("a"), Menu.SEPARATOR, item("b", Menu(item("c")))]
        before = layout(*menu)

        assert compare(before, layout(*menu, before=before)) == Changes()

    def test_a_text_is_an_update(self) -> None:
        before = layout(item("0m"), item("Quit"))
        after = layout(item("1m"), item("Quit"), before=before)

        assert compare(before, after) == Changes(updated=((1, {"label": ("s", "1m")}),))

    def test_what_returns_to_the_default_is_removed(self) -> None:
        before = layout(item("a", enabled=False))
        after = layout(item("a"), before=before)

        assert compare(before, after) == Changes(removed=((1, ("enabled",)),))

    def test_hiding_is_no_change_of_structure(self) -> None:
        before = layout(item("a"), item("b"))
        after = layout(item("a"), item("b", visible=False), before=before)

        assert compare(before, after) == Changes(
            updated=((2, {"visible": ("b", False)}),), removed=((2, ("label",)),)
        )

    def test_structure_that_changed_in_two_places_is_read_again_from_the_root(self) -> None:
        before = layout(item("a", Menu(item("b"))), item("c", Menu(item("d"))))
        now = [item("a", Menu(item("b"), item("x"))), item("c", Menu(item("d"), item("y")))]

        assert compare(before, layout(*now, before=before, first=10)) == Changes(layout=ROOT_ID)

    @pytest.mark.parametrize(
        ("now", "parent"),
        [
            ([item("a"), item("b", Menu(item("c"))), item("d")], ROOT_ID),
            ([item("a"), item("b", Menu(item("c"), item("d")))], 2),
            ([item("b", Menu(item("c"), item("d")))], ROOT_ID),
            ([item("b", Menu(item("c"))), item("a")], ROOT_ID),
        ],
    )
    def test_structure_is_told_by_the_parent_that_changed(
        self, now: list[MenuItem], parent: int
    ) -> None:
        before = layout(item("a"), item("b", Menu(item("c"))))

        assert compare(before, layout(*now, before=before, first=10)) == Changes(layout=parent)


LABELS = st.sampled_from(["a", "b", "c", "d_e", ""])
LEAVES = st.one_of(
    st.just(Menu.SEPARATOR),
    st.builds(
        lambda text, checked, radio, enabled, visible: MenuItem(
            text,
            None,
            checked=None if checked is None else lambda _item: checked,
            radio=radio,
            enabled=enabled,
            visible=visible,
        ),
        LABELS,
        st.sampled_from([None, True, False]),
        st.booleans(),
        st.booleans(),
        st.booleans(),
    ),
)
ITEMS = st.recursive(
    LEAVES,
    lambda below: st.builds(
        lambda text, items: MenuItem(text, Menu(*items)), LABELS, st.lists(below, max_size=4)
    ),
    max_leaves=12,
)
# Some items stay the very same from one menu to the next, others are made anew.
MENUS = st.lists(ITEMS, min_size=1, max_size=5).flatmap(
    lambda known: st.lists(
        st.lists(st.one_of(st.sampled_from(known), ITEMS), max_size=6), max_size=4
    )
)


class Panel:
    """A panel that believes only what it is told."""

    def __init__(self) -> None:
        self.properties: dict[int, dict[str, Any]] = {}
        self.children: dict[int, list[int]] = {}
        self.kinds: dict[int, Any] = {}
        self.read(EMPTY)

    def read(self, node: Node) -> None:
        """Take a part of the layout that was asked for."""
        for one in node.walk():
            self.properties[one.id] = dict(one.properties)
            self.children[one.id] = [child.id for child in one.children]
            # Plasma's promise: what an id is never changes.
            assert self.kinds.setdefault(one.id, one.kind) == one.kind

    def take(self, changes: Changes, layout: Node) -> None:
        """Do what the signals ask for, in the order in which they are sent."""
        for id_, news in changes.updated:
            self.properties[id_].update(news)
        for id_, names in changes.removed:
            for name in names:
                del self.properties[id_][name]
        if changes.layout is not None:
            self.read(next(node for node in layout.walk() if node.id == changes.layout))

    def shown(self, id_: int = ROOT_ID) -> Any:
        return self.properties[id_], [self.shown(child) for child in self.children[id_]]


def said(entry: Entry) -> Any:
    return dict(entry.properties), [said(child) for child in entry.children]


@given(MENUS)
def test_a_panel_that_follows_the_signals_shows_what_the_menu_says(
    menus: list[list[MenuItem]],
) -> None:
    panel, node, new_ids = Panel(), EMPTY, count(1)
    for items in menus:
        entry = read_menu(Menu(*items))
        before, node = node, place(entry, node, new_ids)

        panel.take(compare(before, node), node)

        every = [one.id for one in node.walk()]
        assert len(every) == len(set(every))
        assert panel.shown() == said(entry)


@given(st.lists(ITEMS, max_size=6))
def test_reading_the_same_menu_again_changes_nothing(items: list[MenuItem]) -> None:
    before = layout(*items)

    assert compare(before, layout(*items, before=before, first=1000)) == Changes()
