"""`trayapp autostart`: whether trayapp is there after the next login."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Mapping
from functools import partial

from trayapp.cli.confirm import confirm
from trayapp.desktop.autostart import Autostart, AutostartStatus, make_autostart
from trayapp.desktop.installed_command import installed_command
from trayapp.desktop.start_at_login import StartAtLogin
from trayapp.errors import ConfigError, ForeignEntryError, UsageError
from trayapp.settings.accounts import load_settings
from trayapp.settings.locations import find_locations, write_private


def run(
    environment: Mapping[str, str], action: str, *, service: bool, as_json: bool, yes: bool
) -> int:
    """Do as `action` says, and say what will happen at the next login.

    With `service` it is about `trayapp watch`, without a desktop. Raises AutostartError, and
    UsageError where there are no such services.
    """
    autostart = _service(environment) if service else login_autostart(environment)
    if action == "enable":
        command = _service_command if service else installed_command
        _change(partial(autostart.enable, command(environment)), "Replace", yes=yes)
    elif action == "disable":
        _change(autostart.disable, "Remove", yes=yes)
    status = autostart.status()
    print(json.dumps(_document(status)) if as_json else sentence(status))
    return 0


def login_autostart(environment: Mapping[str, str]) -> Autostart:
    """Give this system's autostart, for the person of this environment."""
    return make_autostart(environment, find_locations(environment).home, _write)


def _service(environment: Mapping[str, str]) -> Autostart:
    if sys.platform != "linux":
        raise UsageError("Only Linux has systemd", "Leave out --service.")
    from trayapp.desktop.systemd_service import SystemdService  # noqa: PLC0415 -- here only

    home = find_locations(environment).home
    return SystemdService(environment, home, _write, partial(why_no_work, environment))


def _service_command(environment: Mapping[str, str]) -> tuple[str, ...]:
    return (*installed_command(environment), "watch")


def mend_service(environment: Mapping[str, str]) -> None:
    """Have systemd start this trayapp, where its unit is ours and names one that has moved."""
    if sys.platform == "linux":
        StartAtLogin(_service(environment), partial(_service_command, environment)).mend()


def why_no_work(environment: Mapping[str, str]) -> str:
    """Say why `trayapp watch` would end at once, for which systemd does not start it again."""
    try:
        folders = load_settings(find_locations(environment), environment).watching.folders
    except ConfigError as error:
        return f"it would end at once: {error}"
    if folders:
        return ""
    return (
        "it would end at once, since config.toml names no folder to watch. Name one, and enable it"
        " again: trayapp folders add DIR"
    )


_write = partial(write_private, keep_mode=True)


def _change(act: Callable[..., None], verb: str, *, yes: bool) -> None:
    """Change the entry, of somebody else's only if the person says so."""
    try:
        act()
    except ForeignEntryError as error:
        if not confirm(f"{error.title}. {verb} it?", yes=yes):
            raise
        act(overwrite=True)


def sentence(status: AutostartStatus) -> str:
    """Say what will happen, and by what."""
    if status.starts and status.command is not None:
        return f"Starts at login: {shlex.join(status.command)} ({status.place})"
    return f"Does not start at login: {status.reason} ({status.place})"


def _document(status: AutostartStatus) -> dict[str, object]:
    return {
        "starts": status.starts,
        "reason": status.reason or None,
        "place": status.place,
        "command": None if status.command is None else list(status.command),
        "foreign": status.is_foreign,
    }
