"""Write the files of packaging/ and assets/icons: python -m tests.packaging.generate.

They say what the running trayapp says, from its own constants; a test holds them to that.
"""

from __future__ import annotations

import plistlib
import re
from collections.abc import Iterator
from pathlib import Path

from trayapp import __version__
from trayapp.desktop.autostart_macos import launch_agent
from trayapp.desktop.autostart_xdg import FILE_NAME, NAME, SUMMARY
from trayapp.desktop.integration import (
    COMPONENT,
    DEVELOPERS,
    METAINFO_NAME,
    application_entry,
    metainfo,
)
from trayapp.desktop.systemd_service import UNIT, unit_text

from .icons import icons, windows_icon

ROOT = Path(__file__).parents[2]

BUNDLE = f"/Applications/{NAME}.app/Contents/MacOS/{NAME}"
COPYRIGHT = f"Copyright (c) 2026 {DEVELOPERS}"


def info_plist() -> dict[str, object]:
    """Give what a bundle of macOS says of itself beside what PyInstaller writes."""
    return {
        "CFBundleDisplayName": NAME,
        "CFBundleIdentifier": COMPONENT,
        "CFBundleShortVersionString": __version__,
        "LSApplicationCategoryType": "public.app-category.developer-tools",
        # It stands in the menu bar only, not in the Dock.
        "LSUIElement": True,
        "NSHighResolutionCapable": True,
        "NSHumanReadableCopyright": COPYRIGHT,
    }


def version_resource() -> str:
    """Write what Windows shows of the program's file, as PyInstaller reads it."""
    numbers = (*map(int, re.findall(r"\d+", __version__)[:3]), 0)
    texts = {
        "CompanyName": DEVELOPERS,
        "FileDescription": SUMMARY,
        "FileVersion": __version__,
        "InternalName": NAME,
        "LegalCopyright": COPYRIGHT,
        "OriginalFilename": f"{NAME}.exe",
        "ProductName": NAME,
        "ProductVersion": __version__,
    }
    strings = "".join(f"      StringStruct({name!r}, {text!r}),\n" for name, text in texts.items())
    # American English, in Unicode.
    return f"""\
VSVersionInfo(
  ffi=FixedFileInfo(filevers={numbers}, prodvers={numbers}),
  kids=[
    StringFileInfo([StringTable("040904B0", [
{strings}    ])]),
    VarFileInfo([VarStruct("Translation", [1033, 1200])]),
  ],
)
"""


def files() -> Iterator[tuple[Path, bytes]]:
    """Give every generated file with its path in the repository."""
    for place, content in icons():
        yield Path("assets", "icons", "hicolor") / place, content
    linux, macos, windows = (Path("packaging", name) for name in ("linux", "macos", "windows"))
    yield linux / FILE_NAME, application_entry((NAME,)).encode()
    yield linux / METAINFO_NAME, metainfo().encode()
    yield linux / UNIT, unit_text((f"/usr/bin/{NAME}", "watch")).encode()
    yield macos / f"{NAME}.plist", plistlib.dumps(launch_agent((BUNDLE,)))
    yield macos / "Info.plist", plistlib.dumps(info_plist())
    yield windows / f"{NAME}.ico", windows_icon()
    yield windows / "version.txt", version_resource().encode()


if __name__ == "__main__":
    for path, content in files():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_bytes(content)
