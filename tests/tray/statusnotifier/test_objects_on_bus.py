"""The exported objects as a client on a real bus sees them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from jeepney import (
    DBusAddress,
    DBusErrorResponse,
    HeaderFields,
    MessageFlag,
    MessageType,
    new_method_call,
)
from PIL import Image

from trayapp.tray.statusnotifier import Icon
from trayapp.tray.statusnotifier.pystray_base import Menu, MenuItem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.desktop.bus import Client

    from .conftest import RunIcon

ITEM = ("/StatusNotifierItem", "org.kde.StatusNotifierItem")
MENU = ("/StatusNotifierItem/Menu", "com.canonical.dbusmenu")
PROPERTIES = "org.freedesktop.DBus.Properties"
INTROSPECTABLE = "org.freedesktop.DBus.Introspectable"
ERROR = "org.freedesktop.DBus.Error."
TITLE = "Today \u20392h\u203a + more"


@pytest.fixture
def name(run_icon: RunIcon, name_of: Callable[[Icon], str]) -> Iterator[str]:
    """The bus name of a running icon."""
    images = [Image.new("RGBA", (side, side), (1, 2, 3, 4)) for side in (2, 1)]
    icon = Icon("demo\0", images, "Today <2h> & more\ud800", Menu(MenuItem("Quit", None)))
    with run_icon(icon):
        yield name_of(icon)


def test_the_item_has_every_property_in_its_type(name: str, client: Client) -> None:
    path, interface = ITEM

    assert client.call(name, path, PROPERTIES, "GetAll", "s", interface) == {
        "Category": ("s", "ApplicationStatus"),
        "Id": ("s", "demo"),
        "Title": ("s", TITLE),
        "Status": ("s", "Active"),
        "WindowId": ("i", 0),
        "IconName": ("s", ""),
        "IconThemePath": ("s", ""),
        "IconPixmap": ("a(iiay)", [(1, 1, b"\4\1\2\3"), (2, 2, b"\4\1\2\3" * 4)]),
        "IconAccessibleDesc": ("s", TITLE),
        "OverlayIconName": ("s", ""),
        "OverlayIconPixmap": ("a(iiay)", []),
        "AttentionIconName": ("s", ""),
        "AttentionIconPixmap": ("a(iiay)", [(1, 1, b"\4\1\2\3"), (2, 2, b"\4\1\2\3" * 4)]),
        "AttentionAccessibleDesc": ("s", TITLE),
        "AttentionMovieName": ("s", ""),
        "ToolTip": ("(sa(iiay)ss)", ("", [], TITLE, "")),
        "ItemIsMenu": ("b", True),
        "Menu": ("o", "/StatusNotifierItem/Menu"),
    }


def test_the_menu_has_every_property_in_its_type(name: str, client: Client) -> None:
    path, interface = MENU

    assert client.call(name, path, PROPERTIES, "GetAll", "s", interface) == {
        "Version": ("u", 3),
        "TextDirection": ("s", "ltr"),
        "Status": ("s", "normal"),
        "IconThemePath": ("as", []),
    }


@pytest.mark.parametrize("which", [ITEM, MENU])
def test_get_answers_as_get_all(name: str, client: Client, which: tuple[str, str]) -> None:
    path, interface = which
    together = client.call(name, path, PROPERTIES, "GetAll", "s", "")

    assert together
    for one, value in together.items():
        assert client.get(name, path, interface, one) == value
        assert client.get(name, path, "", one) == value


@pytest.mark.parametrize(
    ("where", "member", "signature", "body", "error"),
    [
        (ITEM, "Activate", "ii", (1, 2), "UnknownMethod"),
        (ITEM, "ContextMenu", "ii", (1, 2), "UnknownMethod"),
        (ITEM, "Scroll", "ss", ("1", "vertical"), "InvalidArgs"),
        (ITEM, "SecondaryActivate", "", (), "InvalidArgs"),
        (ITEM, "GetLayout", "iias", (0, -1, []), "UnknownMethod"),
        ((ITEM[0], MENU[1]), "GetLayout", "iias", (0, -1, []), "UnknownInterface"),
        (("/", ITEM[1]), "Scroll", "is", (1, "vertical"), "UnknownInterface"),
        (("/Nowhere", ITEM[1]), "Scroll", "is", (1, "vertical"), "UnknownObject"),
        (("/Nowhere", "org.freedesktop.DBus.Peer"), "Pong", "", (), "UnknownObject"),
        ((ITEM[0], PROPERTIES), "Get", "ss", (ITEM[1], "Colour"), "UnknownProperty"),
        ((ITEM[0], PROPERTIES), "Get", "ss", ("org.example.A", "Title"), "UnknownInterface"),
        ((ITEM[0], PROPERTIES), "Get", "s", (ITEM[1],), "InvalidArgs"),
        ((ITEM[0], PROPERTIES), "GetAll", "s", ("org.example.A",), "UnknownInterface"),
        ((ITEM[0], PROPERTIES), "GetAll", "v", (("s", ITEM[1]),), "InvalidArgs"),
        (
            (ITEM[0], PROPERTIES),
            "Set",
            "ssv",
            (ITEM[1], "Title", ("s", "mine")),
            "PropertyReadOnly",
        ),
        (("/", PROPERTIES), "GetAll", "s", ("",), "UnknownInterface"),
        (MENU, "GetLayout", "iia{sv}", (0, -1, {}), "InvalidArgs"),
        (MENU, "GetLayout", "iias", (77, -1, []), "InvalidArgs"),
        (MENU, "GetProperty", "is", (77, "label"), "InvalidArgs"),
        (MENU, "GetProperty", "is", (1, "smell"), "InvalidArgs"),
        (MENU, "Event", "isvu", (77, "clicked", ("i", 0), 0), "InvalidArgs"),
        (MENU, "Event", "uuuu", (0, 0, 0, 0), "InvalidArgs"),
        (MENU, "EventGroup", "a(isvu)", ([(-5, "clicked", ("i", 0), 0)],), "InvalidArgs"),
        (MENU, "AboutToShow", "i", (-1,), "InvalidArgs"),
        (MENU, "AboutToShowGroup", "ai", ([8, 9],), "InvalidArgs"),
    ],
)
def test_what_cannot_be_served_is_a_dbus_error(
    name: str,
    client: Client,
    where: tuple[str, str],
    member: str,
    signature: str,
    body: tuple[Any, ...],
    error: str,
) -> None:
    with pytest.raises(DBusErrorResponse) as raised:
        client.call(name, *where, member, signature, *body)

    assert raised.value.name == ERROR + error
    assert client.get(name, *ITEM, "Id") == ("s", "demo")


def test_a_body_that_cannot_be_read_is_a_dbus_error(name: str, client: Client) -> None:
    """A file descriptor's index with no descriptor, in a variant; the bus lets it through."""
    address = DBusAddress(MENU[0], bus_name=name, interface=MENU[1])
    call = new_method_call(address, "Event", "isvu", (0, "clicked", ("u", 0), 0))
    data: bytes = call.serialise(serial=next(client.connection.outgoing_serial))
    client.connection.sock.sendall(data.replace(b"\x01u\0", b"\x01h\0"))

    reply = client.connection.receive(timeout=5)
    while reply.header.message_type is MessageType.signal:
        reply = client.connection.receive(timeout=5)

    assert reply.header.fields[HeaderFields.error_name] == ERROR + "InvalidArgs"
    assert client.get(name, *ITEM, "Id") == ("s", "demo")


def test_the_interface_may_be_left_out_of_a_call(name: str, client: Client) -> None:
    call = new_method_call(DBusAddress(MENU[0], bus_name=name), "AboutToShow", "i", (0,))

    assert client.connection.send_and_get_reply(call, timeout=5).body == (False,)


def test_no_reply_is_sent_to_who_wants_none(name: str, client: Client) -> None:
    for member in ("Scroll", "Unknown"):
        address = DBusAddress(ITEM[0], bus_name=name, interface=ITEM[1])
        call = new_method_call(address, member, "is", (1, "vertical"))
        call.header.flags = MessageFlag.no_reply_expected
        client.connection.send(call)
    address = DBusAddress(ITEM[0], bus_name=name, interface="org.freedesktop.DBus.Peer")
    ping = new_method_call(address, "Ping")
    serial = next(client.connection.outgoing_serial)
    client.connection.send(ping, serial=serial)

    reply = client.connection.receive(timeout=5)
    while reply.header.message_type is MessageType.signal:
        reply = client.connection.receive(timeout=5)

    assert reply.header.message_type is MessageType.method_return
    assert reply.header.fields[HeaderFields.reply_serial] == serial


def described(client: Client, name: str, path: str) -> ET.Element:
    return ET.fromstring(client.call(name, path, INTROSPECTABLE, "Introspect"))


@pytest.mark.parametrize("which", [ITEM, MENU])
def test_introspection_promises_the_properties_that_are_there(
    name: str, client: Client, which: tuple[str, str]
) -> None:
    path, interface = which
    node = described(client, name, path).find(f"interface[@name='{interface}']")
    given = client.call(name, path, PROPERTIES, "GetAll", "s", interface)

    assert node is not None
    assert {one.get("name"): one.get("type") for one in node.iter("property")} == {
        one: signature for one, (signature, _value) in given.items()
    }


def test_the_item_promises_no_activate(name: str, client: Client) -> None:
    """With it GNOME waits for a second click, and Plasma before 6.4 opens no menu."""
    methods = described(client, name, ITEM[0]).findall(f"interface[@name='{ITEM[1]}']/method")

    assert {one.get("name") for one in methods} == {"SecondaryActivate", "Scroll"}


def test_the_menu_promises_what_the_specification_lists(name: str, client: Client) -> None:
    """dbus-menu.xml of libdbusmenu."""
    node = described(client, name, MENU[0]).find(f"interface[@name='{MENU[1]}']")
    assert node is not None

    def types(member: ET.Element, direction: str) -> str:
        return "".join(
            str(one.get("type"))
            for one in member.iter("arg")
            if one.get("direction", "out") == direction
        )

    methods = {
        one.get("name"): (types(one, "in"), types(one, "out")) for one in node.iter("method")
    }
    signals = {one.get("name"): types(one, "out") for one in node.iter("signal")}
    assert methods == {
        "GetLayout": ("iias", "u(ia{sv}av)"),
        "GetGroupProperties": ("aias", "a(ia{sv})"),
        "GetProperty": ("is", "v"),
        "Event": ("isvu", ""),
        "EventGroup": ("a(isvu)", "ai"),
        "AboutToShow": ("i", "b"),
        "AboutToShowGroup": ("ai", "aiai"),
    }
    assert signals == {
        "ItemsPropertiesUpdated": "a(ia{sv})a(ias)",
        "LayoutUpdated": "ui",
        "ItemActivationRequested": "iu",
    }


def test_the_objects_are_found_from_the_root(name: str, client: Client) -> None:
    """GNOME's extension looks for items this way."""
    found, paths = [], ["/"]
    while paths:
        path = paths.pop()
        found.append(path)
        children = described(client, name, path).findall("node")
        paths += [f"{path.rstrip('/')}/{child.get('name')}" for child in children]

    assert found == ["/", "/StatusNotifierItem", "/StatusNotifierItem/Menu"]


def test_a_flood_of_rubbish_is_answered_and_survived(name: str, client: Client) -> None:
    calls = 1500
    address = DBusAddress(MENU[0], bus_name=name, interface=MENU[1])
    for number in range(calls):
        call = new_method_call(address, "Event", "isvu", (number, "clicked", ("i", 0), 0))
        client.connection.send(call)
    kinds: Counter[MessageType] = Counter()
    while kinds[MessageType.error] + kinds[MessageType.method_return] < calls:
        kinds[client.connection.receive(timeout=10).header.message_type] += 1

    assert kinds[MessageType.method_return] == 2  # there is an item 1 beside the root
    assert client.get(name, *ITEM, "Id") == ("s", "demo")
