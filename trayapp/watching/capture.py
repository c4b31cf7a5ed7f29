"""What is found out about one save: project, branch, language, lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from trayapp.coding.hiding import Capture
from trayapp.watching.language import language_of
from trayapp.watching.project import Project, ProjectSettings, find_project
from trayapp.watching.reading import read_head, regular_file

if TYPE_CHECKING:
    # A tenth of what one heartbeat from a script may cost.
    from trayapp.watching.saves import Save

LARGEST_COUNTED_BYTES = 2_000_000
"""Of a larger file the lines are not counted."""


class Identity(NamedTuple):
    """Who tells of a save: the user agent, and the machine's name as X-Machine-Name has it."""

    user_agent: str
    machine: str


class Capturer:
    """Find out all that a heartbeat says about a save; reads the file, so not for an event thread.

    `folders` are those that a person added, real paths.
    """

    def __init__(
        self,
        folders: Sequence[str],
        settings: ProjectSettings,
        identity: Identity,
        language: Callable[[Path], str | None] = language_of,
    ) -> None:
        # The innermost first: a folder within another was added for itself.
        self._folders = sorted(map(Path, folders), key=lambda folder: -len(folder.parts))
        self._settings = settings
        self._identity = identity
        self._language = language

    def capture(self, save: Save) -> Capture | None:
        """Give what is known of a save, None where the file is in no language that is code."""
        path = Path(save.path)
        language = self._language(path)
        if language is None:
            return None
        place = self.place(save.path, save.at, save.project)
        return replace(place, language=language, lines=count_lines(path))

    def project_of(self, path: str) -> Project:
        """Find the project and the branch that a path is in now."""
        where = Path(path)
        inside = (folder for folder in self._folders if where.is_relative_to(folder))
        return find_project(where, next(inside, where.parent), self._settings)

    def place(self, path: str, at: float = 0.0, project: Project | None = None) -> Capture:
        """Give what is known of a path without looking into the file.

        `project` is what was found before; without it, it is looked for now.
        """
        if project is None:
            project = self.project_of(path)
        return Capture(
            path=Path(path).as_posix(),
            time=at,
            user_agent=self._identity.user_agent,
            machine=self._identity.machine,
            project=project.name or None,
            project_folder=project.folder.as_posix(),
            has_project_file=project.has_project_file,
            branch=project.branch,
            project_root_count=project.root_count,
        )


def count_lines(path: Path) -> int | None:
    """Count a file's lines, the last one also without a newline; None where it is too large."""
    status = regular_file(path)
    if status is None or status.st_size > LARGEST_COUNTED_BYTES:
        return None
    content = read_head(path, LARGEST_COUNTED_BYTES)
    if content is None:
        return None
    return content.count(b"\n") + (content[-1:] not in (b"", b"\n"))
