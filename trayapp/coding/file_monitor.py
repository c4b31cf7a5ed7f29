"""What a Status says of the file monitor, and words for it that several faces use."""

from __future__ import annotations

from dataclasses import dataclass

SWITCHED_OFF = "Nothing is watched: config.toml says enabled = false under [watch]."


@dataclass(frozen=True)
class WatchedFolder:
    """A folder to watch: how many folders of it are watched, and what keeps the others from it."""

    path: str
    watches: int = 0
    problem: str = ""
    advice: str = ""


@dataclass(frozen=True)
class FileMonitorStatus:
    """Whether saves are looked for, and where; `paused_until` is in epoch seconds."""

    enabled: bool = False
    folders: tuple[WatchedFolder, ...] = ()
    paused_until: float | None = None

    @property
    def problem(self) -> WatchedFolder | None:
        """The first folder that is not watched as it should be."""
        return next((folder for folder in self.folders if folder.problem), None)


def with_home_sign(path: str, home: str) -> str:
    """Give a path with ~ in place of the home folder, if it lies there."""
    rest = path.removeprefix(home)
    below = rest != path and rest.startswith("/" if home.startswith("/") else ("/", "\\"))
    return f"~{rest}" if below or path == home else path
