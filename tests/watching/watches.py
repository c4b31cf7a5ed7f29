"""What a process has from inotify, by /proc."""

from __future__ import annotations

import re
from pathlib import Path

from trayapp.watching.inotify.kernel import CREATE


def instances(process: int | str = "self") -> int:
    """Count a process's inotify instances."""
    links = (one for one in Path(f"/proc/{process}/fd").iterdir() if one.is_symlink())
    return sum(str(link.readlink()) == "anon_inode:inotify" for link in links)


def watched(folder: Path, process: int | str = "self") -> bool:
    """Tell whether a process is told what comes into a folder, not only that the folder goes."""
    line = re.compile(rf"inotify wd:\w+ ino:{folder.stat().st_ino:x} .* mask:([0-9a-f]+) ")
    masks: list[str] = []
    for descriptor in Path(f"/proc/{process}/fdinfo").iterdir():
        try:
            masks += line.findall(descriptor.read_text())
        except OSError:
            continue
    return any(int(mask, 16) & CREATE for mask in masks)
