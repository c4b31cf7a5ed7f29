from __future__ import annotations

import pytest

from trayapp.tray.statusnotifier.address import session_bus_sockets


@pytest.mark.parametrize(
    ("environ", "sockets"),
    [
        ({}, ()),
        ({"XDG_RUNTIME_DIR": "/run/user/7"}, ("/run/user/7/bus",)),
        (
            {"DBUS_SESSION_BUS_ADDRESS": "", "XDG_RUNTIME_DIR": "/run/user/7"},
            ("/run/user/7/bus",),
        ),
        (
            {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/a", "XDG_RUNTIME_DIR": "/run/user/7"},
            ("/a",),
        ),
        ({"DBUS_SESSION_BUS_ADDRESS": "unix:path=/a,guid=12ab"}, ("/a",)),
        ({"DBUS_SESSION_BUS_ADDRESS": "unix:guid=12ab,abstract=/tmp/x"}, ("\0/tmp/x",)),
        (
            {"DBUS_SESSION_BUS_ADDRESS": "tcp:host=h,port=1;unix:path=/a; unix:path=/b"},
            ("/a", "/b"),
        ),
        ({"DBUS_SESSION_BUS_ADDRESS": "unix:path=/with%20space/%c3%a9"}, ("/with space/é",)),
        ({"DBUS_SESSION_BUS_ADDRESS": "unix:path=/a%"}, ("/a%",)),
        ({"DBUS_SESSION_BUS_ADDRESS": "disabled:"}, ()),
        ({"DBUS_SESSION_BUS_ADDRESS": "autolaunch:"}, ()),
        ({"DBUS_SESSION_BUS_ADDRESS": "unix:runtime=yes"}, ()),
        ({"DBUS_SESSION_BUS_ADDRESS": "unix:path="}, ()),
        ({"DBUS_SESSION_BUS_ADDRESS": "unix"}, ()),
        ({"DBUS_SESSION_BUS_ADDRESS": ";;,=:=,;"}, ()),
    ],
)
def test_an_address_names_the_sockets_to_try(
    environ: dict[str, str], sockets: tuple[str, ...]
) -> None:
    assert session_bus_sockets(environ) == sockets
