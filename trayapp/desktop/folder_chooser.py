"""Asking a person for a folder, in whatever dialog their desktop has."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from trayapp.desktop.current_desktop import is_desktop
from trayapp.desktop.folder_portal import PortalDialog
from trayapp.desktop.folder_programs import kdialog, osascript, powershell, zenity
from trayapp.errors import FolderDialogError, NoFolderDialogError

log = logging.getLogger(__name__)

TITLE = "Choose a folder to watch"

ANSWER_LIMIT = 600.0
"""Seconds that a person has to choose."""

QUICKEST_ANSWER = 0.3
"""Seconds: who cancels sooner is no person but a dialog that could not be shown.

zenity gives the same exit code for both, and the portal the same response.
"""


class FolderDialog(Protocol):
    """One way to ask a person for a folder."""

    name: str

    def ask(self, title: str, limit: float) -> Path | None:
        """Wait for what the person chooses, None where they cancelled.

        Raises NoFolderDialogError when it cannot be shown, TimeoutError when the person has not
        answered within so many seconds, FolderDialogError for anything else.
        """

    def close(self) -> None:
        """End the dialog that is open, if one is; from any thread."""


class FolderChooser:
    """Ask in the first of these dialogs that can be shown.

    Nothing starts before a person asks, and nothing stays after it.
    """

    def __init__(self, dialogs: Sequence[FolderDialog]) -> None:
        self._dialogs = dialogs
        self._stopping = False

    def choose(self) -> Path | None:
        """Wait for a person, ten minutes at most; give their folder, None where they cancelled.

        One call at a time. Raises FolderDialogError.
        """
        try:
            return self._choose()
        except FolderDialogError:
            if self._stopping:
                return None
            raise

    def stop(self) -> None:
        """Close the dialog that is open, whose call gives None, and show no other."""
        self._stopping = True
        for dialog in self._dialogs:
            dialog.close()

    def _choose(self) -> Path | None:
        for dialog in self._dialogs:
            if self._stopping:
                return None
            asked = time.monotonic()
            try:
                path = dialog.ask(TITLE, ANSWER_LIMIT)
            except NoFolderDialogError as error:
                log.info("no folder dialog by %s: %s", dialog.name, error.title)
                continue
            except TimeoutError as error:
                raise FolderDialogError(
                    f"Nobody chose a folder within {ANSWER_LIMIT / 60:g} minutes"
                ) from error
            if path is not None:
                return _existing(path)
            if time.monotonic() - asked >= QUICKEST_ANSWER:
                return None
            log.info("no folder dialog by %s: it ended at once", dialog.name)
        raise NoFolderDialogError("No program here shows a dialog to choose a folder in")


def _existing(path: Path) -> Path:
    try:
        if path.is_absolute() and path.is_dir():
            return path
    except OSError as error:
        raise FolderDialogError(f"{path} cannot be looked at ({error.strerror})") from error
    raise FolderDialogError(f"{path} is no folder")


def make_folder_chooser(environment: Mapping[str, str]) -> FolderChooser:
    """Give the chooser for this platform; those for macOS and Windows have not been run."""
    if sys.platform == "win32":
        return FolderChooser([powershell(environment)])
    if sys.platform == "darwin":
        return FolderChooser([osascript(environment)])
    dialogs: list[FolderDialog] = [PortalDialog(environment), zenity(environment)]
    # Outside KDE it shows Qt's own dialog, which walks into a folder rather than give it (22.12).
    if is_desktop(environment, "KDE"):
        dialogs.append(kdialog(environment))
    return FolderChooser(dialogs)
