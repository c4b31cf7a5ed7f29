"""One watcher for each folder: a lock each, handed over when its holder ends."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Collection
from hashlib import sha256
from pathlib import Path

from trayapp.desktop.single_instance import InstanceLock, is_locked
from trayapp.errors import TrayappError

log = logging.getLogger(__name__)


class FolderLocks:
    """Hold the locks of folders (real paths), and wait for those that another trayapp holds.

    `refused` is told a folder and who has it; `handed_over` is called on a thread that has waited,
    once a lock is ours.
    """

    def __init__(
        self,
        state_dir: Path,
        owner: str,
        refused: Callable[[str, str], None],
        handed_over: Callable[[], None],
    ) -> None:
        self._state_dir = state_dir
        self._owner = f"{owner} (process {os.getpid()})"
        self._refused = refused
        self._handed_over = handed_over
        self._lock = threading.Lock()
        self._wanted: frozenset[str] = frozenset()
        self._held: dict[str, InstanceLock] = {}
        self._awaited: dict[str, InstanceLock] = {}

    def take(self, folders: Collection[str]) -> list[str]:
        """Take those that nobody has; give all that are ours of `folders`.

        Raises TrayappError where no lock can be made.
        """
        with self._lock:
            self._wanted = frozenset(folders)
            for folder in folders:
                if folder not in self._held and folder not in self._awaited:
                    self._take(folder)
            return [folder for folder in folders if folder in self._held]

    def keep(self, folders: Collection[str]) -> None:
        """Let go of all others."""
        with self._lock:
            self._wanted = frozenset(folders)
            for folder in self._held.keys() - self._wanted:
                self._held.pop(folder).release()

    def holder(self, folder: str) -> str | None:
        """Say which other trayapp has a folder, None where none has."""
        with self._lock:
            lock = self._awaited.get(folder)
        return None if lock is None else _holder(lock)

    def _take(self, folder: str) -> None:
        lock = InstanceLock(lock_path(self._state_dir, folder), self._owner)
        try:
            taken = lock.acquire()
        except OSError as error:
            raise TrayappError(
                f"{self._state_dir} cannot be written ({error.strerror})",
                "Make it writable for yourself.",
            ) from error
        if taken:
            self._held[folder] = lock
            return
        self._awaited[folder] = lock
        self._refused(folder, _holder(lock))
        waiting = threading.Thread(
            target=self._wait, args=(folder, lock), name="folder-lock", daemon=True
        )
        waiting.start()

    def _wait(self, folder: str, lock: InstanceLock) -> None:
        try:
            lock.acquire(wait=True)
        except OSError as error:
            log.warning("a folder's lock cannot be waited for: %s", error)
            return
        with self._lock:
            del self._awaited[folder]
            if folder not in self._wanted:
                lock.release()
                return
            self._held[folder] = lock
        self._handed_over()


def lock_path(state_dir: Path, folder: str) -> Path:
    """Give the lock of a folder, a real path."""
    name = sha256(os.fsencode(folder)).hexdigest()[:16]
    return state_dir / f"watch-{name}.lock"


def find_watchers(state_dir: Path) -> dict[Path, str]:
    """Give the locks that are held now, each with who holds it."""
    locks = sorted(state_dir.glob("watch-*.lock"))
    return {lock: _holder(InstanceLock(lock)) for lock in locks if is_locked(lock)}


def _holder(lock: InstanceLock) -> str:
    """Say who has a lock now: it may have been handed on to a third."""
    return lock.holder() or "another trayapp"
