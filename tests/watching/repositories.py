"""Make real repositories, away from the settings of whoever runs the tests."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

COMMAND_SECONDS = 30

_ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": os.devnull,
    "HGRCPATH": "",
    "LC_ALL": "C.UTF-8",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    **{
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "Ada"), ("EMAIL", "ada@example.org"))
    },
}


def run(program: str, *arguments: str, at: Path) -> str:
    """Run a program in the folder `at` and give what it printed."""
    return subprocess.run(
        [program, *arguments],
        cwd=at,
        env=_ENVIRONMENT,
        check=True,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
    ).stdout.strip()


def git(*arguments: str, at: Path) -> str:
    """Run git; submodules may come from files."""
    return run("git", "-c", "protocol.file.allow=always", *arguments, at=at)


def make_git(root: Path, branch: str = "main") -> Path:
    """Make a repository with one commit of main.py."""
    root.mkdir(parents=True)
    git("init", "--quiet", f"--initial-branch={branch}", at=root)
    save(root / "main.py")
    git("add", ".", at=root)
    git("commit", "--quiet", "--message=First", at=root)
    return root


def save(path: Path, text: str = "") -> Path:
    """Write a file, with the folders around it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
