"""Find what lies around a folder: a git, Mercurial or Subversion working copy.

Everything is read from files; no git is run (the layout: gitrepository-layout(5)). Whatever the
files hold, the answer is a repository, a name or None, never an exception: they may be half
written, hostile or out of reach. A save costs a handful of stat calls and one or two small reads;
only git's config and Subversion's database are remembered, until they change.
"""

from __future__ import annotations

import os
import re
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from trayapp.watching.git_config import MOST_CONFIG_BYTES, parse_git_config
from trayapp.watching.reading import clean_text, read_head, regular_file, status

MOST_LEVELS = 500
"""How far up is searched, as in wakatime-cli."""

MOST_POINTER_BYTES = 4096
"""Of HEAD, a .git file and the like: each holds one line, and no path is longer."""

SUBVERSION_STEPS = 200_000
"""How much work a wc.db may make SQLite do; a real one needs a few hundred steps."""

REFTABLE_STUB = ".invalid"
"""The branch that HEAD names where refs are kept in reftables, which only git can read."""


class GitRepository(NamedTuple):
    """A git working tree.

    `root` holds .git. `git_dir` is this tree's own: HEAD and the index are in it. `common_dir` is
    shared by all trees of the repository: refs and config are in it.
    """

    root: Path
    git_dir: Path
    common_dir: Path

    @property
    def index_lock(self) -> Path:
        """The file that exists while git changes the index and the tree."""
        return self.git_dir / "index.lock"

    @property
    def is_linked_worktree(self) -> bool:
        """Whether `git worktree add` made this tree."""
        return self.git_dir != self.common_dir

    @property
    def is_submodule(self) -> bool:
        """Whether the git dir lies in `modules` of another git dir.

        wakatime-cli asks for "modules" anywhere in the path, and so mistakes what lies under a
        folder that happens to be called so.
        """
        return any(
            folder.name == "modules" and status(folder.parent / "HEAD") is not None
            for folder in self.git_dir.parents
        )

    def branch(self) -> str | None:
        """Give the branch that is checked out, also one without commits.

        None for a detached HEAD, for reftables, and for what git would not take as a branch.
        "master" where there is no HEAD at all, as in wakatime-cli.
        """
        head = self.git_dir / "HEAD"
        line = _first_line(head)
        if line.startswith(b"ref:"):
            return _branch_of(clean_text(line.removeprefix(b"ref:")))
        try:
            # HEAD was a symlink to the branch before 2005, and git still reads one.
            return _branch_of(clean_text(bytes(head.readlink())))
        except FileNotFoundError:
            return "master"
        except OSError:
            return None

    def remote(self) -> str | None:
        """Give the url of the remote called origin."""
        config = self.common_dir / "config"
        version = _version(config)
        return None if version is None else _read_remote(config, version)


class MercurialRepository(NamedTuple):
    """A Mercurial working copy; `root` holds .hg."""

    root: Path

    def branch(self) -> str:
        """Give the named branch, "default" where none was ever set."""
        return clean_text(_first_line(self.root / ".hg" / "branch")) or "default"


class SubversionCheckout(NamedTuple):
    """A Subversion working copy; `root` holds .svn, `url` is what was checked out."""

    root: Path
    repository_url: str
    url: str


def find_git(folder: Path) -> GitRepository | None:
    """Give the working tree that `folder` lies in."""
    return next(filter(None, map(git_at, _upwards(folder))), None)


def git_at(root: Path) -> GitRepository | None:
    """Give the working tree whose .git is in `root` itself.

    A .git folder without config and a .git file that points nowhere are none, as in wakatime-cli.
    """
    entry = root / ".git"
    if status(entry) is None:
        return None
    if status(entry / "config") is not None:
        return GitRepository(root, entry, entry)
    git_dir = _pointed_to(entry, b"gitdir: ")
    if git_dir is None or status(git_dir / "HEAD") is None:
        return None
    return GitRepository(root, git_dir, _pointed_to(git_dir / "commondir") or git_dir)


def find_mercurial(folder: Path) -> MercurialRepository | None:
    """Give the Mercurial working copy that `folder` lies in."""
    for candidate in _upwards(folder):
        if status(candidate / ".hg") is not None:
            return MercurialRepository(candidate)
    return None


def find_subversion(folder: Path) -> SubversionCheckout | None:
    """Give the Subversion working copy that `folder` lies in, of Subversion 1.7 or later."""
    for candidate in _upwards(folder):
        database = candidate / ".svn" / "wc.db"
        version = _version(database)
        if version is not None:
            urls = _read_subversion(database, version)
            return None if urls is None else SubversionCheckout(candidate, *urls)
    return None


def _upwards(folder: Path) -> list[Path]:
    """Go up from `folder`; the root of the file system is nobody's working copy."""
    return [path for path in (folder, *folder.parents) if path != path.parent][:MOST_LEVELS]


def _first_line(path: Path) -> bytes:
    return (read_head(path, MOST_POINTER_BYTES) or b"").split(b"\n", 1)[0].strip()


def _pointed_to(file: Path, prefix: bytes = b"") -> Path | None:
    """Give the path that a file's first line holds, which may be relative to its folder."""
    line = _first_line(file)
    path = os.fsdecode(line.removeprefix(prefix).strip())
    if not path or not line.startswith(prefix):
        return None
    return Path(os.path.normpath(file.parent / path))


def _branch_of(reference: str) -> str | None:
    """Take the name out of refs/heads/name; git allows no blank and no control character."""
    parts = reference.split("/", 2)
    if len(parts) < 3 or parts[0] != "refs":
        return None
    branch = parts[2]
    if not branch or branch == REFTABLE_STUB or re.search(r"[\x00-\x20\x7f]", branch):
        return None
    return branch


_Version = tuple[int, int, int, int]


def _version(path: Path) -> _Version | None:
    """Tell one version of a regular file from the next."""
    found = regular_file(path)
    if found is None:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


@lru_cache(maxsize=64)
def _read_remote(path: Path, _: _Version) -> str | None:
    text = (read_head(path, MOST_CONFIG_BYTES) or b"").decode("utf-8", errors="replace")
    urls = (value for key, value in parse_git_config(text) if key == "remote.origin.url")
    return next(urls, None)


@lru_cache(maxsize=64)
def _read_subversion(path: Path, _: _Version) -> tuple[str, str] | None:
    """Read repository url and checked out url, as `svn info` prints them."""
    import sqlite3  # noqa: PLC0415  # Few people have a Subversion working copy.

    query = (
        "SELECT root, repos_path FROM nodes JOIN repository ON repository.id = nodes.repos_id"
        " WHERE local_relpath = '' LIMIT 1"
    )
    try:
        # immutable: svn's lock is neither waited for nor taken.
        address = f"file:{quote(bytes(path))}?mode=ro&immutable=1"
        with closing(sqlite3.connect(address, uri=True)) as database:
            database.set_progress_handler(lambda: 1, SUBVERSION_STEPS)
            row = database.execute(query).fetchone()
    except (sqlite3.Error, ValueError):
        return None
    if row is None or not all(isinstance(value, str) for value in row):
        return None
    root, below = row
    return root, f"{root}/{quote(below)}" if below else root
