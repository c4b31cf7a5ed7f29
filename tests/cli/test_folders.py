"""`trayapp folders`: the list of what is watched."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.desktop.processes import require_programs


class Owner:
    """Somebody with a home folder and code in it."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.code = folder / "home" / "code"
        self.code.mkdir(parents=True)
        (self.code / "a.py").write_text("print()\n")
        self.config = self.home / "config" / "trayapp" / "config.toml"

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "trayapp", "folders", *arguments],
            env={
                "HOME": str(self.home),
                "PATH": os.environ["PATH"],
                "XDG_CONFIG_HOME": str(self.home / "config"),
                "XDG_STATE_HOME": str(self.home / "state"),
            },
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )

    def folders(self) -> list[str]:
        found: list[str] = tomllib.loads(self.config.read_text())["watch"]["folders"]
        return found


@pytest.fixture
def owner(tmp_path: Path) -> Owner:
    return Owner(tmp_path)


@pytest.mark.parametrize("written", ["~/code", "code", "./code/../code/"])
def test_a_folder_is_added_once_and_removed_again(owner: Owner, written: str) -> None:
    added = owner.run("add", written)
    again = owner.run("add", str(owner.code))

    assert (added.returncode, again.returncode) == (0, 0)
    assert owner.folders() == [str(owner.code)]
    assert f"{owner.code}  1 folders, 1 files of code" in added.stdout
    assert "two minutes" in added.stdout

    removed = owner.run("remove", written)
    assert removed.returncode == 0
    assert owner.folders() == []


def test_what_is_left_out_is_named_with_its_reason(owner: Owner) -> None:
    require_programs("git")
    subprocess.run(["git", "init", "-q", str(owner.code)], check=True, timeout=20)
    (owner.code / ".gitignore").write_text("private/\n")
    owner.config.parent.mkdir(parents=True)
    owner.config.write_text('[watch]\nignore = ["draft*"]\n')
    for name in ("drafts", "node_modules", "private", "src"):
        (owner.code / name).mkdir()
        (owner.code / name / "b.py").write_text("b\n")
    owner.run("add", str(owner.code))

    listed = owner.run("list").stdout

    assert f"{owner.code}  2 folders, 3 files of code" in listed
    assert "not node_modules: " in listed
    assert "not private: " in listed
    assert "not drafts: " in listed
    assert "not src" not in listed


def test_a_folder_with_nothing_to_watch_says_so(owner: Owner) -> None:
    (owner.code / "a.py").unlink()

    assert "nothing left to watch" in owner.run("add", str(owner.code)).stdout


def test_a_folder_that_is_gone_is_listed_as_such(owner: Owner) -> None:
    owner.run("add", str(owner.code))
    owner.code.rename(owner.home / "elsewhere")

    assert "is not there now" in owner.run().stdout


def test_without_folders_the_list_says_how_to_add_one(owner: Owner) -> None:
    assert "trayapp folders add DIR" in owner.run("list").stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["add", "/nowhere"], "/nowhere is no folder"),
        (["remove", "/nowhere"], "none of the folders"),
        (["add"], "No folder was named"),
    ],
)
def test_what_cannot_be_done_is_said(owner: Owner, arguments: list[str], words: str) -> None:
    done = owner.run(*arguments)

    assert done.returncode == 2
    assert words in done.stderr
    assert not owner.config.exists()
