"""Which command starts this very trayapp again, at the next login and after an upgrade."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path, PurePath

from trayapp.errors import NotInstalledError

NAME = "trayapp"

_WINDOWLESS = "trayappw.exe"
"""The GUI script, or the program beside a frozen one: the other would open a console window."""

_PASSING = ("archive-v0", "builds-v0", "environments-v2", ".cache")
"""Folders of environments that `uvx` and `pipx run` make and throw away."""

_TOOLS = (("pipx", "venvs"), ("uv", "tools"))
"""Where pipx and uv keep the environments that their links in PATH lead into."""


def installed_command(
    environment: Mapping[str, str], scripts: Path | None = None
) -> tuple[str, ...]:
    """Give the path that survives upgrades: an AppImage, a frozen executable, a link, a script.

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
    if image and Path(image).is_file():
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
    return str(_link(script, environment.get("PATH", "")) or script)


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


def _link(script: Path, search: str) -> Path | None:
    """Find what leads to the script and stays where it is while the environment changes."""
    found = shutil.which(script.name, path=search)
    if found is None or not Path(found).is_absolute():
        return None
    link = Path(found)
    if os.path.realpath(link) == os.path.realpath(script):
        return link
    # On Windows they are copies, not links.
    parts = [part.lower() for part in script.parts]
    in_tools = any(tool in pairwise(parts) for tool in _TOOLS)
    return link if sys.platform == "win32" and in_tools else None


def _is_passing(script: PurePath) -> bool:
    parts = script.parts
    return any(part in _PASSING for part in parts) and any(part in ("uv", "pipx") for part in parts)
