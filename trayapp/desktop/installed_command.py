"""Which command starts this very trayapp again, at the next login and after an upgrade."""

from __future__ import annotations

import os
import re
import sys
import sysconfig
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path, PurePath

from trayapp.errors import NotInstalledError

NAME = "trayapp"

_WINDOWLESS = "trayappw.exe"
"""The GUI script, or the program beside a frozen one: the other would open a console window."""

_PASSING = {"archive-v0", "builds-v0", "environments-v2"}
"""Folders of uv's cache, wherever that is, with the environments of `uvx`."""

_PIPX_RUN = re.compile(r"[0-9a-f]{15}")
"""How `pipx run` calls an environment, in a cache that has another place on each system."""

_TOOLS = (("pipx", "venvs"), ("uv", "tools"))
"""Where pipx and uv keep the environments that their links in PATH lead into."""


def installed_command(
    environment: Mapping[str, str], scripts: Path | None = None
) -> tuple[str, ...]:
    """Give the path that survives upgrades: an AppImage, a frozen executable, a link, a script.

    Neither an AppImage nor PATH is believed without a look: a terminal passes on the variables of
    the image that it is part of, and a session at login has other folders than a terminal.
    `scripts` is the folder of this environment's scripts. Raises NotInstalledError where there is
    none, as in a source folder that nobody installed.
    """
    command = _command(environment, scripts)
    try:
        command.encode()
    except UnicodeEncodeError as error:
        raise NotInstalledError(
            f"{command!r} is no path in UTF-8, and nothing can be told to start it",
            "Install trayapp in another folder.",
        ) from error
    return (command,)


def _command(environment: Mapping[str, str], scripts: Path | None) -> str:
    image = environment.get("APPIMAGE", "")
    mounted = environment.get("APPDIR", "")
    if image and mounted and Path(__file__).is_relative_to(mounted) and Path(image).is_file():
        return image
    if getattr(sys, "frozen", False):
        windowless = Path(sys.executable).with_name(_WINDOWLESS)
        return str(windowless) if windowless.is_file() else sys.executable
    script = _script(scripts or script_folder(Path(__file__).parents[2]))
    if script is None:
        raise NotInstalledError(
            "This trayapp is not installed, so there is nothing that can be started",
            "Install it first: in a copy of the project, pipx install .",
        )
    if _is_passing(script):
        raise NotInstalledError(
            f"{script} is in an environment that is thrown away",
            "Install it first: in a copy of the project, pipx install . or uv tool install .",
        )
    return str(_link(script, environment) or script)


def script_folder(packages: Path) -> Path:
    """Give where the scripts of packages in this folder lie.

    `pip install --user` and a distribution have folders of their own, and Debian's Python names
    neither by default.
    """
    for scheme in sysconfig.get_scheme_names():
        if Path(sysconfig.get_path("purelib", scheme)) == packages:
            return Path(sysconfig.get_path("scripts", scheme))
    return Path(sysconfig.get_path("scripts"))


def _script(folder: Path) -> Path | None:
    name = _WINDOWLESS if sys.platform == "win32" else NAME
    script = folder / name
    return script if script.is_file() else None


def _link(script: Path, environment: Mapping[str, str]) -> Path | None:
    """Find what leads to the script and stays where it is while the environment changes."""
    parts = [part.lower() for part in script.parts]
    in_tools = any(tool in pairwise(parts) for tool in _TOOLS)
    for folder in _folders_of_links(environment):
        link = Path(folder, script.name)
        # Path.is_file raises where it may not look, as in another person's folder in PATH.
        if link.is_absolute() and os.path.isfile(link):  # noqa: PTH113
            if os.path.realpath(link) == os.path.realpath(script):
                return link
            if sys.platform == "win32" and in_tools:
                # There they are copies, not links.
                return link
    return None


def _folders_of_links(environment: Mapping[str, str]) -> list[str]:
    """Give those of PATH, and where pipx and uv put links even if PATH does not name it."""
    own = ("PIPX_BIN_DIR", "UV_TOOL_BIN_DIR", "XDG_BIN_HOME")
    home = environment.get("HOME") or str(Path.home())
    return [
        *environment.get("PATH", "").split(os.pathsep),
        *(environment[name] for name in own if name in environment),
        str(Path(home, ".local", "bin")),
    ]


def _is_passing(script: PurePath) -> bool:
    made_by_pipx_run = "pipx" in script.parts and _PIPX_RUN.fullmatch(script.parent.parent.name)
    return bool(made_by_pipx_run) or not _PASSING.isdisjoint(script.parts)
