"""What git writes: new files between the making of `.git/index.lock` and its closing.

git makes the lock, writes the files of the working tree (deletes the old one, creates, closes),
writes the lock and closes it, and renames it to `index`. `git commit -a` closes the lock before it
opens its editor or runs a hook, so whoever saves then saves outside the bracket. Should the lock
stay open (git was killed), the bracket ends two seconds after the last write of git's pattern. A
lock that was there before we looked, or is older than a minute, suppresses nothing.

A clone and a new worktree may write before their lock can be watched: files created within two
seconds of the `.git` beside them are git's if by the time that they settle there is an index that
was written after them.

Where events come in no strict order (macOS tells all that became of a lock at once, before or after
the files), a new file is git's too if it came within a fifth of a second of news of the lock.

What cannot be told apart:
- Within the bracket (milliseconds in a small repository), from git's: a person's new file, one
  saved through a new file of a code name, or with its backup in a folder that is not watched.
- From a clone's: a new file that a person saves within two seconds of `git init`, and adds within
  another.
- From a person's: ten files or fewer that git writes after thinking for more than two seconds, or
  a minute after it took the lock, or by `git apply` without --index; and that a formatter writes,
  run by a hook.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from trayapp.watching.events import Kind, RawEvent

SILENCE_SECONDS = 2.0
UNORDERED_SECONDS = 0.2
"""How near to what is told of the lock a new file is git's where events come in no strict order."""

OLDEST_LOCK_SECONDS = 60.0
LOCK_NAME = "index.lock"
GIT_NAME = ".git"
_REMEMBERED_FOLDERS = 10_000


@dataclass
class _Bracket:
    opened: float
    last_write: float


class GitBrackets:
    """Knows the repositories and which of them git is writing; moments are the caller's clock."""

    def __init__(self, *, in_order: bool = True) -> None:
        self._in_order = in_order
        self._lock_told: dict[str, float] = {}
        self._git_folders: dict[str, str] = {}
        self._roots: dict[str, str] = {}
        # By working tree, then by the watch that told of the lock: each tells its own files between
        # the lock's coming and its going, whatever another has told by then.
        self._open: dict[str, dict[str, _Bracket]] = {}
        self._born: dict[str, float] = {}
        self._root_of_folder: dict[str, str] = {}

    def add(self, root: str, git_folder: str) -> None:
        """Know a working tree, and the folder that holds its index."""
        self._roots.pop(self._git_folders.get(root, ""), None)
        self._git_folders[root] = git_folder
        if git_folder:
            self._roots[git_folder] = root
        self._root_of_folder.clear()

    def remove(self, root: str) -> None:
        """Forget a working tree."""
        self._roots.pop(self._git_folders.pop(root, ""), None)
        self._open.pop(root, None)
        self._born.pop(root, None)
        self._lock_told.pop(root, None)
        self._root_of_folder.clear()

    def move(self, old_folder: str, folder: str) -> None:
        """Follow the working trees in a folder to its new name."""
        inside = old_folder + os.sep
        for root, git_folder in list(self._git_folders.items()):
            if (root + os.sep).startswith(inside):
                self.remove(root)
                if git_folder.startswith(inside):
                    git_folder = folder + git_folder[len(old_folder) :]  # noqa: PLW2901  moves too
                self.add(folder + root[len(old_folder) :], git_folder)

    def take(self, event: RawEvent, moment: float) -> bool:
        """Take in an event; True when it is git's own affair and no file of a working tree."""
        folder, name = _split(event.path)
        if name == GIT_NAME:
            if event.kind is Kind.CREATED:
                self._born[folder] = moment
                if event.is_directory:
                    self.add(folder, event.path)
                elif folder not in self._git_folders:
                    # A linked worktree or submodule; who reads the file will say where to.
                    self.add(folder, "")
            return True
        root = self._roots.get(folder)
        if root is None:
            root, folder_name = _split(folder)
            if folder_name != GIT_NAME:
                return False
            self.add(root, folder)
        if not self._in_order and LOCK_NAME in (name, _split(event.old_path)[1]):
            self._lock_told[root] = moment
        if name == LOCK_NAME and event.kind is Kind.CREATED:
            self._open.setdefault(root, {})[event.watch] = _Bracket(moment, moment)
        elif name == LOCK_NAME or _split(event.old_path)[1] == LOCK_NAME:
            self._close(root, event.watch)
        return True

    def writes(self, path: str, moment: float) -> bool:
        """Tell whether git wrote a file that was created and has just been closed."""
        if not self._open:
            return False
        root = self.root_of(path)
        for watch, bracket in list(self._open.get(root, {}).items()):
            if (
                moment - bracket.opened > OLDEST_LOCK_SECONDS
                or moment - bracket.last_write > SILENCE_SECONDS
            ):
                self._close(root, watch)
            else:
                bracket.last_write = moment
        return root in self._open

    def _close(self, root: str, watch: str) -> None:
        brackets = self._open.get(root, {})
        brackets.pop(watch, None)
        if not brackets:
            self._open.pop(root, None)

    def renames(self, old_path: str, path: str) -> bool:
        """Tell whether git put a file of a working tree into place, as it does with .gitmodules.

        All that it writes under a lock it renames so, and no editor is known to.
        """
        return old_path == path + ".lock" and bool(self.root_of(path))

    def lock_was_near(self, path: str, moment: float) -> bool:
        """Tell whether git took or left the lock about then; macOS may tell both at once."""
        told = self._lock_told.get(self.root_of(path), float("-inf"))
        return abs(moment - told) <= UNORDERED_SECONDS

    def index_of_newborn(self, path: str, moment: float) -> str | None:
        """Give where the index would be, of a repository that was born when a file was created.

        Empty when that is not known: then the `.git` is a file, which only git makes.
        """
        root = self.root_of(path)
        if abs(moment - self._born.get(root, float("-inf"))) > SILENCE_SECONDS:
            return None
        git_folder = self._git_folders.get(root)
        return git_folder + os.sep + "index" if git_folder else ""

    def root_of(self, path: str) -> str:
        """Give the innermost known working tree around a path; empty when there is none."""
        folder = _split(path)[0]
        root = self._root_of_folder.get(folder)
        if root is None:
            root = folder
            while root and root not in self._git_folders:
                root = _split(root)[0]
            if len(self._root_of_folder) >= _REMEMBERED_FOLDERS:
                self._root_of_folder.clear()
            self._root_of_folder[folder] = root
        return root


def _split(path: str) -> tuple[str, str]:
    folder, _, name = path.rpartition(os.sep)
    return folder, name
