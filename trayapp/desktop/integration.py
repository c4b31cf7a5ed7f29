"""trayapp among the applications of a Linux desktop: its entry, its icons, its metainfo.

Sources: Desktop Entry Specification 1.5, Icon Theme Specification 0.13, AppStream 1.0.
"""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TypeAlias
from xml.sax.saxutils import escape

from trayapp.desktop.autostart_xdg import FILE_NAME, ICON, NAME, SUMMARY
from trayapp.desktop.desktop_entry import entry_text, escaped, exec_value, list_value
from trayapp.desktop.shared_places import not_writable, read_file, remove_link, user_folder
from trayapp.errors import ForeignEntryError

log = logging.getLogger(__name__)

DESCRIPTION = """\
A coder glances at the tray and sees how long they coded today, as Hackatime, WakaTime or a wakapi
of their own counts it. With the file monitor on, saving a file is enough to be counted, with no
editor plugin. What cannot be sent waits on the disk."""
KEYWORDS = ("Hackatime", "WakaTime", "wakapi", "coding", "time tracking")
CATEGORIES = ("Utility", "Clock")
DEVELOPERS = "The trayapp developers"
LICENCE = "MIT"

COMPONENT = "io.github.trayapp.trayapp"
"""AppStream's name for us, which has to be a domain's, backwards."""
METAINFO_NAME = f"{COMPONENT}.metainfo.xml"

OURS = "X-Trayapp"
"""Each of our files has it somewhere; a file of our name without it is somebody else's."""

ACTIONS = (
    ("StartAtLogin", "Start at login", ("autostart", "enable")),
    ("Send", "Send what waits", ("queue", "send")),
)
"""What else the entry offers: an identifier, a label, the arguments of trayapp."""

CACHES = (
    ("applications/mimeinfo.cache", "update-desktop-database", "--quiet"),
    ("icons/hicolor/icon-theme.cache", "gtk-update-icon-cache", "--quiet", "--force", "-t"),
)
"""What others made out of a folder, and the command that renews it; -t needs no index.theme."""

CACHE_SECONDS = 20.0

Write: TypeAlias = Callable[[Path, bytes], None]
"""Writes a whole file or nothing of it; raises OSError."""


def application_entry(command: Sequence[str]) -> str:
    """Write the entry that stands in the list of applications."""
    main = entry_text(
        {
            "Type": "Application",
            "Name": NAME,
            "GenericName": "Coding Time",
            "Comment": escaped(SUMMARY),
            "Exec": exec_value(command),
            "TryExec": escaped(command[0]),
            "Icon": ICON,
            "Terminal": "false",
            "StartupNotify": "false",
            "Categories": list_value(CATEGORIES),
            "Keywords": list_value(KEYWORDS),
            "Actions": list_value(identifier for identifier, _label, _arguments in ACTIONS),
            OURS: "true",
        }
    )
    actions = (
        f"\n[Desktop Action {identifier}]\n"
        f"Name={label}\nExec={exec_value((*command, *arguments))}\n"
        for identifier, label, arguments in ACTIONS
    )
    return main + "".join(actions)


def metainfo() -> str:
    """Write what software centres show."""
    keywords = "\n".join(f"    <keyword>{escape(each)}</keyword>" for each in KEYWORDS)
    categories = "\n".join(f"    <category>{each}</category>" for each in CATEGORIES)
    return f"""\
<?xml version="1.0" encoding="UTF-8"?>
<component type="desktop-application">
  <id>{COMPONENT}</id>
  <metadata_license>CC0-1.0</metadata_license>
  <project_license>{LICENCE}</project_license>
  <name>{NAME}</name>
  <summary>{escape(SUMMARY)}</summary>
  <developer_name>{DEVELOPERS}</developer_name>
  <description>
    <p>{escape(DESCRIPTION)}</p>
  </description>
  <categories>
{categories}
  </categories>
  <keywords>
{keywords}
  </keywords>
  <launchable type="desktop-id">{FILE_NAME}</launchable>
  <icon type="stock">{ICON}</icon>
  <provides>
    <binary>{NAME}</binary>
  </provides>
  <content_rating type="oars-1.1"/>
  <custom>
    <value key="{OURS}">true</value>
  </custom>
</component>
"""


class Integration:
    """Our files below the folder where a person's desktop looks for applications.

    `icons` is the folder of icons as a theme has them.
    """

    def __init__(
        self, environment: Mapping[str, str], home: Path, icons: Traversable, write: Write
    ) -> None:
        self.folder = user_folder(environment, "XDG_DATA_HOME", home / ".local" / "share")
        self._search = environment.get("PATH", os.defpath)
        self._icons = icons
        self._write = write

    def foreign(self) -> tuple[Path, ...]:
        """Find the files of our names that somebody else wrote; raises AutostartError."""
        return tuple(path for path in self._paths() if self._is_foreign(path))

    def put(self, command: Sequence[str], *, overwrite: bool = False) -> None:
        """Write all files, this command in the entry.

        Raises AutostartError, and ForeignEntryError where a file is somebody else's, unless it may
        be overwritten; then nothing is written at all.
        """
        self._guard(overwrite=overwrite)
        files = {
            self._entry: application_entry(command).encode(),
            self._metainfo: metainfo().encode(),
            **{path: icon.read_bytes() for path, icon in self._theme()},
        }
        for path, content in files.items():
            try:
                self._write(path, content)
            except OSError as error:
                raise not_writable(path, error) from error
        self._tell_desktop()

    def remove(self, *, overwrite: bool = False) -> None:
        """Remove all files, and the folders that are empty without them; raises as `put`."""
        self._guard(overwrite=overwrite)
        for path in self._paths():
            try:
                path.unlink(missing_ok=True)
            except NotADirectoryError:
                continue
            except OSError as error:
                raise not_writable(path, error) from error
        self._tell_desktop()
        for path in self._paths():
            self._remove_empty(path.parent)

    @property
    def _entry(self) -> Path:
        return self.folder / "applications" / FILE_NAME

    @property
    def _metainfo(self) -> Path:
        return self.folder / "metainfo" / METAINFO_NAME

    @property
    def _theme_folder(self) -> Path:
        return self.folder / "icons" / "hicolor"

    def _theme(self) -> Iterator[tuple[Path, Traversable]]:
        """Give the place of each icon, and what is to be there."""
        for size in self._icons.iterdir():
            for kind in size.iterdir():
                for icon in kind.iterdir():
                    yield self._theme_folder / size.name / kind.name / icon.name, icon

    def _paths(self) -> Iterator[Path]:
        yield self._entry
        yield self._metainfo
        for path, _icon in self._theme():
            yield path

    def _guard(self, *, overwrite: bool) -> None:
        foreign = self.foreign()
        if foreign and not overwrite:
            raise ForeignEntryError(
                f"{foreign[0]} was not written by trayapp, and was left alone",
                "To have it replaced or removed, add --yes.",
            )
        for path in foreign:
            remove_link(path)

    def _is_foreign(self, path: Path) -> bool:
        content = read_file(path)
        return content is not None and OURS.encode() not in content

    def _tell_desktop(self) -> None:
        """Have caches renewed where there are any; others look at the time of the theme's folder.

        Without MIME types in our entry none has to be made.
        """
        if self._theme_folder.is_dir():
            os.utime(self._theme_folder)
        for cache, *command in CACHES:
            program = shutil.which(command[0], path=self._search)
            path = self.folder / cache
            if program is None or not path.is_file():
                continue
            try:
                subprocess.run(  # noqa: S603 -- one of CACHES
                    [program, *command[1:], str(path.parent)],
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    check=True,
                    timeout=CACHE_SECONDS,
                )
            except (OSError, subprocess.SubprocessError) as error:
                log.warning("%s did not renew %s: %s", command[0], path, error)

    def _remove_empty(self, folder: Path) -> None:
        """Remove a folder and those above it, as far as they are empty."""
        while folder != self.folder and folder.is_relative_to(self.folder):
            try:
                folder.rmdir()
            except OSError:
                # Others have something there; or it went with the file before.
                if folder.exists():
                    return
            folder = folder.parent
