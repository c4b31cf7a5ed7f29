"""Programs that show a folder dialog and print what was chosen."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from trayapp.errors import NoFolderDialogError

log = logging.getLogger(__name__)

OSASCRIPT = "/usr/bin/osascript"
POWERSHELL = r"System32\WindowsPowerShell\v1.0\powershell.exe"

if sys.platform == "win32":
    FLAGS = subprocess.CREATE_NO_WINDOW
else:
    FLAGS = 0


class ProgramDialog:
    """Ask by a program that prints the folder's path.

    `command` is made of the title. That the person cancelled is told by the exit status `cancels`,
    or by 0 and nothing printed.
    """

    def __init__(
        self,
        name: str,
        command: Callable[[str], list[str]],
        environment: Mapping[str, str],
        cancels: int = 0,
    ) -> None:
        self.name = name
        self._command = command
        self._environment = environment
        self._cancels = cancels
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, title: str, limit: float) -> Path | None:
        """Wait for the folder; see FolderDialog."""
        program, *arguments = self._command(title)
        found = shutil.which(program, path=self._environment.get("PATH"))
        if found is None:
            raise NoFolderDialogError("It is not installed")
        try:
            self._process = subprocess.Popen(  # noqa: S603 -- ours
                [found, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self._environment,
                creationflags=FLAGS,
            )
        except OSError as error:
            raise NoFolderDialogError(f"It does not start: {error.strerror}") from error
        with self._process as process:
            try:
                printed, complaint = process.communicate(timeout=limit)
            except subprocess.TimeoutExpired as error:
                process.kill()
                raise TimeoutError from error
        log.debug("%s complains: %r", self.name, complaint)
        path = os.fsdecode(printed).removesuffix("\n")
        if process.returncode == 0 and path:
            return Path(path)
        if process.returncode in {0, self._cancels}:
            return None
        raise NoFolderDialogError(f"It ended with {process.returncode}: {complaint!r}")

    def close(self) -> None:
        """Kill the program."""
        if self._process is not None:
            self._process.kill()


def zenity(environment: Mapping[str, str]) -> ProgramDialog:
    """Give GNOME's, which other desktops have too."""

    def command(title: str) -> list[str]:
        return ["zenity", "--file-selection", "--directory", f"--title={title}"]

    return ProgramDialog("zenity", command, environment, cancels=1)


def kdialog(environment: Mapping[str, str]) -> ProgramDialog:
    """Give KDE's."""

    def command(title: str) -> list[str]:
        return ["kdialog", "--title", title, "--getexistingdirectory"]

    return ProgramDialog("kdialog", command, environment, cancels=1)


def osascript(environment: Mapping[str, str]) -> ProgramDialog:
    """Give that of macOS; not run yet."""

    def command(title: str) -> list[str]:
        lines = (
            "activate",
            "try",
            f'return POSIX path of (choose folder with prompt "{title}")',
            "on error number -128",  # The person cancelled.
            'return ""',
            "end try",
        )
        return [OSASCRIPT, *(word for line in lines for word in ("-e", line))]

    return ProgramDialog("osascript", command, environment)


def powershell(environment: Mapping[str, str]) -> ProgramDialog:
    """Give that of Windows; not run yet."""

    def command(title: str) -> list[str]:
        # Its owner is there to bring it before other windows; bytes, so that no code page matters.
        script = f"""
            $ErrorActionPreference = 'Stop'
            Add-Type -AssemblyName System.Windows.Forms
            $owner = New-Object System.Windows.Forms.Form -Property @{{TopMost = $true}}
            $dialog = New-Object System.Windows.Forms.FolderBrowserDialog
            $dialog.Description = '{title}'
            if ($dialog.ShowDialog($owner) -eq 'OK') {{
                $bytes = [Text.Encoding]::UTF8.GetBytes($dialog.SelectedPath)
                [Console]::OpenStandardOutput().Write($bytes, 0, $bytes.Length)
            }}
        """
        program = Path(environment.get("SYSTEMROOT", r"C:\Windows"), POWERSHELL)
        return [str(program), "-NoProfile", "-STA", "-Command", script]

    return ProgramDialog("PowerShell", command, environment)
