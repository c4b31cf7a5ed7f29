"""Start an application of one name as a desktop does, and say what it found of it, as JSON.

    /usr/bin/python3 tests/desktop/launcher.py trayapp.desktop

Run by the system's Python, because PyGObject has no wheels.
"""

from __future__ import annotations

import json
import sys

import gi

gi.require_version("Gtk", "3.0")

from gi.repository import Gio, Gtk  # noqa: E402 -- of the version that was asked for

application = Gio.DesktopAppInfo.new(sys.argv[1])
name = application.get_icon().to_string()
theme = Gtk.IconTheme()
icons = {}
for one, size in ((name, 16), (name, 48), (name, 100), (f"{name}-symbolic", 16)):
    found = theme.lookup_icon(one, size, 0)
    icons[f"{one} {size}"] = found and found.get_filename()
actions = application.list_actions()
json.dump(
    {
        "name": application.get_name(),
        "shown": application.should_show(),
        "program": application.get_string("TryExec"),
        "icons": icons,
        "actions": [application.get_action_name(action) for action in actions],
    },
    sys.stdout,
)
application.launch([], None)
for action in actions:
    application.launch_action(action, None)
