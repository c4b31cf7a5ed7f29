"""`trayapp integrate`: trayapp among the desktop's applications."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import partial

from trayapp.cli.confirm import confirm
from trayapp.desktop.installed_command import installed_command
from trayapp.errors import UsageError
from trayapp.settings.locations import find_locations, write_private
from trayapp.tray.pixel_font import assets


def run(environment: Mapping[str, str], *, remove: bool, yes: bool) -> int:
    """Put our files where the desktop looks for applications, or take them away again.

    Raises AutostartError, and UsageError on other systems.
    """
    if sys.platform != "linux":
        raise UsageError(
            "Only Linux has such files",
            "On macOS and Windows an application stands where its installer put it.",
        )
    from trayapp.desktop.integration import Integration  # noqa: PLC0415 -- here only

    write = partial(write_private, keep_mode=True, durable=False)
    icons = assets() / "icons" / "hicolor"
    integration = Integration(environment, find_locations(environment).home, icons, write)
    command = () if remove else installed_command(environment)
    foreign = ", ".join(map(str, integration.foreign()))
    question = f"Not written by trayapp: {foreign}. {'Remove' if remove else 'Replace'}?"
    overwrite = bool(foreign) and confirm(question, yes=yes)
    if remove:
        integration.remove(overwrite=overwrite)
        print(f"trayapp is no longer among the applications ({integration.folder})")
    else:
        integration.put(command, overwrite=overwrite)
        print(f"trayapp is among the applications ({integration.folder})")
    return 0
