"""An editor with a window, used by keys."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from .harness import Desktop
from .processes import require_programs, wait_for

EDITOR_LIMIT = 20.0
WRITTEN = "typed = 1"

UNSAVED = "*"
"""What the title of each has while something is not saved."""


class Editor:
    """An editor's window, in front of all others."""

    def __init__(self, desktop: Desktop, command: str, file: Path) -> None:
        program, *options = command.split()
        require_programs(program)
        self._desktop = desktop
        self._process = desktop.start([program, *options, file.name], cwd=file.parent)
        try:
            self._wait_for_title(lambda title: file.name in title)
        except BaseException:
            self.close()
            raise

    def write(self) -> None:
        """Type something, and wait until the title shows that it is not saved."""
        self._type(WRITTEN)
        self._wait_for_title(lambda title: UNSAVED in title)

    def save(self, file: Path) -> None:
        """Save what was typed."""
        self._desktop.key("ctrl+s")
        self._wait_until_saved(file)

    def save_as(self, file: Path) -> None:
        """Save what was typed as a file in the same folder."""
        self._desktop.key("ctrl+shift+s")
        self._wait_for_title(lambda title: title.startswith("Save"))
        self._desktop.key("ctrl+a")
        self._type(file.name)
        self._desktop.key("Return")
        self._wait_until_saved(file)

    def close(self) -> None:
        """End the editor."""
        self._desktop.end(self._process)

    def _type(self, text: str) -> None:
        self._desktop.run(["xdotool", "type", text])

    def _wait_until_saved(self, file: Path) -> None:
        # The file itself is whole before the editor has closed it, which is when it is saved.
        self._wait_for_title(lambda title: file.name in title and UNSAVED not in title)

    def _wait_for_title(self, is_expected: Callable[[str], bool]) -> None:
        # The screen is never still: Kate's cursor blinks.
        def is_shown() -> bool:
            title = self._title()
            return bool(title) and is_expected(title)

        wait_for(is_shown, "the window has that title", EDITOR_LIMIT)

    def _title(self) -> str:
        """Give the title of the window that takes the keys, empty while there is none."""
        try:
            return self._desktop.run(["xdotool", "getactivewindow", "getwindowname"]).decode()
        except subprocess.CalledProcessError:
            return ""
