"""Name the project and the branch of a file, in wakatime-cli's order and by its rules.

The order: .wakatime-project, [projectmap], git, Mercurial, Subversion, and at last the folder that
a person added. The first three can leave the branch to those that follow. The rules are those of
wakatime-cli's pkg/project, so that somebody who also uses an editor plugin sees one project and not
two, but for four cases in which its answer is of no use:

- A worktree of a bare repository repo.git is named after that, not after the folder around it.
- A folder that only happens to be called "modules" makes no submodule.
- Where wakatime-cli takes as the project's folder one that the file does not lie in (a submodule's
  git dir, a worktree's main tree) or the one above (Mercurial), the working copy's root is taken.
- A password or token within a remote's url never becomes part of a name.
"""

from __future__ import annotations

import codecs
import os
import re
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from trayapp.watching.reading import clean_text, read_head, regular_file
from trayapp.watching.repository import (
    MOST_LEVELS,
    GitRepository,
    find_git,
    find_mercurial,
    find_subversion,
)

PROJECT_FILE = ".wakatime-project"

MOST_PROJECT_FILE_BYTES = 4096
"""A line that does not end within these is no name."""


class Source(Enum):
    """Where a project's name comes from."""

    FILE = "file"
    MAP = "map"
    GIT = "git"
    MERCURIAL = "hg"
    SUBVERSION = "svn"
    FOLDER = "folder"


class MappedProject:
    """One line of [projectmap] or [git_submodule_projectmap].

    `name` may hold {0}, {1} and so on for what the pattern's groups matched. Raises ValueError,
    which shows neither, where the pattern has too few groups for it.
    """

    def __init__(self, pattern: re.Pattern[str], name: str) -> None:
        self.pattern = pattern
        self.name = name
        try:
            _fill(name, ("",) * pattern.groups)
        except (IndexError, StopIteration):
            raise ValueError("the pattern has too few groups") from None


class ProjectSettings(NamedTuple):
    """What a person's settings say about projects, compiled."""

    project_map: tuple[MappedProject, ...] = ()
    submodule_map: tuple[MappedProject, ...] = ()
    submodules_disabled: tuple[re.Pattern[str], ...] = ()
    project_from_git_remote: bool = False


class Project(NamedTuple):
    """What a heartbeat says about where its file belongs.

    `folder` is what `hide_project_folder` takes off a path. `root_count` counts its slashes as
    wakatime-cli does, one at the end included; None where the file does not lie in it.
    `has_project_file` says whether there is a .wakatime-project, even if it gives no name.
    """

    name: str
    branch: str | None
    folder: Path
    source: Source
    root_count: int | None
    has_project_file: bool


class _Found(NamedTuple):
    """One detector's answer; "" is a name that the next one may give."""

    name: str
    branch: str | None
    folder: Path
    source: Source


def find_project(path: Path, added_folder: Path, settings: ProjectSettings) -> Project:
    """Find the project of the file at `path`, an absolute path without symlinks."""
    own = _from_project_file(path) or _from_map(path, settings)
    versioned = None if own and own.name and own.branch else _from_version_control(path, settings)
    added = _Found(_name_of(added_folder), None, added_folder, Source.FOLDER)
    answers = [answer for answer in (own, versioned, added) if answer is not None]
    named = next((answer for answer in answers if answer.name), added)
    folder = answers[0].folder
    return Project(
        named.name,
        next((answer.branch for answer in answers if answer.branch), None),
        folder,
        named.source,
        root_count(path, folder),
        has_project_file=own is not None and own.source is Source.FILE,
    )


def root_count(path: Path, folder: Path) -> int | None:
    """Count the slashes in `folder` and one at its end; None where `path` is not in it."""
    return f"{folder.as_posix().rstrip('/')}/".count("/") if path.is_relative_to(folder) else None


def _from_project_file(path: Path) -> _Found | None:
    """Read the nearest .wakatime-project: the project's name, and the branch in its second line."""
    for folder in path.parents[:MOST_LEVELS]:
        file = folder / PROJECT_FILE
        if folder == folder.parent or regular_file(file) is None:
            continue
        data = read_head(file, MOST_PROJECT_FILE_BYTES)
        if data is None:
            return None
        lines = data.removeprefix(codecs.BOM_UTF8).split(b"\n")
        if len(data) == MOST_PROJECT_FILE_BYTES:
            del lines[-1]
        first, second = ([clean_text(line) for line in lines] + ["", ""])[:2]
        own = _name_of(folder)
        name = first.replace("{project}", own) if data and lines else own
        return _Found(name, second or None, folder, Source.FILE)
    return None


def _from_map(path: Path, settings: ProjectSettings) -> _Found | None:
    name = _match(path, settings.project_map)
    return None if name is None else _Found(name, None, path.parent, Source.MAP)


def _from_version_control(path: Path, settings: ProjectSettings) -> _Found | None:
    folder = path.parent
    git = _find_git(folder, settings)
    if git is not None:
        return _Found(_git_name(git, settings), git.branch(), git.root, Source.GIT)
    mercurial = find_mercurial(folder)
    if mercurial is not None:
        name = _name_of(mercurial.root)
        return _Found(name, mercurial.branch(), mercurial.root, Source.MERCURIAL)
    subversion = find_subversion(folder)
    if subversion is not None:
        name = _last_part(subversion.repository_url)
        return _Found(name, _last_part(subversion.url), subversion.root, Source.SUBVERSION)
    return None


def _find_git(folder: Path, settings: ProjectSettings) -> GitRepository | None:
    """Give the working tree around `folder`, that of the main project where submodules are off."""
    repository = find_git(folder)
    disabled = any(pattern.search(folder.as_posix()) for pattern in settings.submodules_disabled)
    while disabled and repository is not None and repository.is_submodule:
        repository = find_git(repository.root.parent)
    return repository


def _git_name(repository: GitRepository, settings: ProjectSettings) -> str:
    if repository.is_submodule:
        mapped = _match(repository.git_dir, settings.submodule_map)
        if mapped is not None:
            return mapped
        named_after = repository.git_dir
    elif repository.is_linked_worktree:
        shared = repository.common_dir
        named_after = shared.parent if shared.name == ".git" else shared
    else:
        named_after = repository.root
    remote = repository.remote() if settings.project_from_git_remote else None
    return (name_from_remote(remote) if remote else None) or _name_of(named_after)


def name_from_remote(url: str) -> str | None:
    """Take the name out of a remote's url: what follows the first colon, without ".git".

    None for a path on this machine. An https url keeps its host, as in wakatime-cli.
    """
    without_secret = re.sub(r"^((?!ssh:)\w+://)[^/]*@|^(ssh://[^/:@]*):[^/@]*(?=@)", r"\1\2", url)
    _, colon, rest = without_secret.partition(":")
    return rest.strip().removesuffix(".git") or None if colon else None


def _match(path: Path, entries: tuple[MappedProject, ...]) -> str | None:
    text = path.as_posix()
    for entry in entries:
        match = entry.pattern.search(text)
        if match:
            return clean_text(os.fsencode(_fill(entry.name, match.groups(default=""))))
    return None


_PLACEHOLDER = re.compile(r"\{(\d*)\}")


def _fill(name: str, groups: tuple[str, ...]) -> str:
    """Put the groups in; {} stands for the next one."""
    following = iter(groups)
    return _PLACEHOLDER.sub(
        lambda place: groups[int(place[1])] if place[1] else next(following), name
    )


def _name_of(folder: Path) -> str:
    return clean_text(os.fsencode(folder.name))


def _last_part(url: str) -> str:
    return re.split(r"[/\\]", url)[-1]
