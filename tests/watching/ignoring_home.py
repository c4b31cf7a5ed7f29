"""A home folder of its own, with a real git in it, for the tests of ignoring."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.desktop.processes import require_programs
from trayapp.watching.ignoring import IgnoreRules

GIT_LIMIT = 20.0


class Home:
    """A folder that git takes for the home folder."""

    def __init__(self, path: Path) -> None:
        require_programs("git")
        self.path = path
        self._environment = {
            "HOME": str(path),
            "PATH": os.environ["PATH"],
            "GIT_CONFIG_NOSYSTEM": "1",
            **{
                f"GIT_{who}_{what}": "someone"
                for who in ("AUTHOR", "COMMITTER")
                for what in ("NAME", "EMAIL")
            },
        }

    def git(self, folder: Path, *arguments: str | Path, given: bytes = b"") -> bytes:
        """Run git in a folder and give what it prints; `check-ignore` may find nothing."""
        result = subprocess.run(
            ["git", *map(str, arguments)],
            cwd=folder,
            env=self._environment,
            input=given,
            capture_output=True,
            timeout=GIT_LIMIT,
            check=False,
        )
        assert result.returncode == 0 or "check-ignore" in arguments, result.stderr.decode()
        return result.stdout

    def repository(self, folder: Path, *options: str) -> Path:
        """Make an empty repository, with a .git that no template adds to."""
        folder.mkdir(parents=True, exist_ok=True)
        self.git(folder, "init", "-q", "--template=", *options)
        return folder

    def rules(
        self, *roots: Path, exclude: Sequence[str] = (), include: Sequence[str] = ()
    ) -> IgnoreRules:
        """Give the rules for some added folders."""
        return IgnoreRules(
            [str(root) for root in roots],
            home=str(self.path),
            config_home=str(self.path / ".config"),
            exclude=[re.compile(pattern) for pattern in exclude],
            include=[re.compile(pattern) for pattern in include],
        )


def write(path: Path, text: str = "") -> Path:
    """Write a file, and the folders that it lies in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
