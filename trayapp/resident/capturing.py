"""What finds out project, branch and language, as the settings want it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence

from trayapp import __version__
from trayapp.coding.heartbeat import machine_name, user_agent
from trayapp.settings.watching import NameMap, WatchingSettings
from trayapp.watching.capture import Capturer, Identity
from trayapp.watching.project import MappedProject, ProjectSettings


def make_capturer(
    folders: Sequence[str],
    settings: WatchingSettings,
    noted: Callable[[str], None] = lambda _line: None,
) -> Capturer:
    """Make what finds out project, branch and language; `noted` is told lines that cannot work."""
    projects = ProjectSettings(
        tuple(_mapped("projectmap", settings.project_map, noted)),
        tuple(_mapped("git_submodule_projectmap", settings.submodule_map, noted)),
        settings.submodules_disabled,
        settings.project_from_git_remote,
    )
    return Capturer(folders, projects, identity(settings))


def identity(settings: WatchingSettings) -> Identity:
    """Say who tells of a save: this program on this machine."""
    agent = user_agent(__version__, *_system(), ".".join(map(str, sys.version_info[:3])))
    return Identity(agent, machine_name(settings.hostname))


def _system() -> tuple[str, str, str]:
    """Give what `platform` calls system, release and machine."""
    if sys.platform == "win32":
        import platform  # noqa: PLC0415 -- costs as much as reading all settings

        return platform.system(), platform.release(), platform.machine()
    found = os.uname()
    return found.sysname, found.release, found.machine


def _mapped(
    section: str, entries: NameMap, noted: Callable[[str], None]
) -> Iterator[MappedProject]:
    for number, (pattern, name) in enumerate(entries, start=1):
        try:
            yield MappedProject(pattern, name)
        except ValueError as error:
            noted(f"[{section}]: line {number} maps nothing: {error}")
