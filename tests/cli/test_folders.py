"""`trayapp folders`: the list of what is watched."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from datetime import UTC, datetime, timedelta
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
    assert owner.folders() == ["~/code"]
    assert added.stdout.startswith("~/code was added.\n~/code  1 folder, 1 file of code\n")
    assert again.stdout.startswith("~/code was on the list already.\n~/code  1 folder, ")
    assert "two minutes" in added.stdout

    removed = owner.run("remove", written)
    assert removed.returncode == 0
    assert removed.stdout == "~/code is watched no longer.\n"
    assert owner.folders() == []


@pytest.fixture
def site(owner: Owner) -> Path:
    """Another folder, with a folder in it."""
    (owner.home / "site" / "inner").mkdir(parents=True)
    return owner.home / "site"


@pytest.mark.usefixtures("site")
def test_several_folders_are_added_listed_and_removed(owner: Owner) -> None:
    added = owner.run("add", "code", "site", "code", "site/inner")

    assert added.returncode == 0
    assert owner.folders() == ["~/code", "~/site", "~/site/inner"]
    told = [line for line in added.stdout.splitlines() if " was " in line]
    assert told == [
        "~/code was added.",
        "~/site was added.",
        "~/site/inner was added; it lies in ~/site, which is watched already.",
    ]
    assert added.stdout.count("two minutes") == 1

    listed = owner.run("list", "~/site", "code")
    assert [line.partition("  ")[0] for line in listed.stdout.splitlines()] == ["~/site", "~/code"]

    assert owner.run("remove", "site/inner", "code").returncode == 0
    assert owner.folders() == ["~/site"]


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize("action", ["add", "remove"])
def test_where_one_of_several_folders_cannot_be_none_is_changed(owner: Owner, action: str) -> None:
    owner.run("add", "code")

    done = owner.run(action, "code" if action == "remove" else "site", "nowhere")

    assert done.returncode == 2
    assert done.stdout == ""
    assert owner.folders() == ["~/code"]


def test_a_folder_under_two_names_is_added_once(owner: Owner) -> None:
    (owner.home / "link").symlink_to("code")
    owner.config.parent.mkdir(parents=True)
    owner.config.write_text('[watch]\nfolders = ["~/link"]\n')

    assert "was on the list already" in owner.run("add", "code").stdout
    assert owner.folders() == ["~/link"]
    assert owner.run("list", "code").stdout.startswith("~/link  1 folder")
    assert owner.run("remove", "code").returncode == 0
    assert owner.folders() == []


@pytest.mark.parametrize("action", ["list", "add"])
def test_what_is_wrong_with_the_settings_is_told_beside_the_list(owner: Owner, action: str) -> None:
    owner.config.parent.mkdir(parents=True)
    owner.config.write_text('[watch]\nenabled = false\nfolders = ["~/code"]\nexclude = ["("]\n')

    done = owner.run(action, "code")

    assert done.returncode == 0
    assert "does not compile; all is excluded" in done.stderr
    assert "enabled = false" in done.stderr
    assert "compile" not in done.stdout


def test_an_editors_plugin_is_named_with_what_it_means(owner: Owner) -> None:
    """Hackatime has one timeline for all editors (servers' rule: min(gap, 120 s)): no time is
    counted twice."""
    assert "WakaTime plugin" not in owner.run("add", str(owner.code)).stdout
    (owner.home / ".vim" / "plugged" / "vim-wakatime").mkdir(parents=True)
    internal = owner.home / ".wakatime" / "wakatime-internal.cfg"
    internal.parent.mkdir()
    sent_at = datetime.now(UTC) - timedelta(minutes=5, seconds=20)
    internal.write_text(f"[internal]\nheartbeats_last_sent_at = {sent_at:%Y-%m-%dT%H:%M:%SZ}\n")

    said = owner.run("add", str(owner.code)).stdout

    assert "A WakaTime plugin is installed for Vim, and the last report was 5m ago." in said
    assert "the total stays the same" in said
    assert "twice" not in said


def test_what_is_left_out_is_named_with_its_reason(owner: Owner) -> None:
    require_programs("git")
    subprocess.run(["git", "init", "-q", str(owner.code)], check=True, timeout=20)
    (owner.code / ".gitignore").write_text("private/\n")
    owner.config.parent.mkdir(parents=True)
    owner.config.write_text('[watch]\nignore = ["*.gen.py", "draft*", "~/code/o[l]d"]\n')
    for name in ("drafts", "node_modules", "old", "private", "src"):
        (owner.code / name).mkdir()
        (owner.code / name / "b.py").write_text("b\n")
    owner.run("add", str(owner.code))

    listed = owner.run("list").stdout

    assert listed.splitlines() == [
        "~/code  2 folders, 3 files of code",
        "    not .git: a version control system's own files",
        "    not drafts: you ignore draft*",
        "    not node_modules: packages that a package manager installs",
        "    not old: you ignore ~/code/o[l]d",
        "    not private: git ignores private/",
    ]


HIDDEN_TREES = {
    "hide_project_names = true": ("wonderland",),
    "hide_project_names = wonder": ("wonderland",),
    "hide_file_names = true": ("wonderland", "kumquat", "quince"),
    "exclude = wonderland": ("wonderland", "kumquat", "quince"),
    "hide_project_names = (": ("wonderland",),
}


@pytest.mark.parametrize("setting", HIDDEN_TREES)
def test_no_hidden_name_is_listed(owner: Owner, setting: str) -> None:
    require_programs("git")
    project = owner.code / "wonderland"
    for path in ("wonderland/kumquat/a.py", "wonderland/node_modules/b.py", "quince/c.py"):
        (project / path).parent.mkdir(parents=True)
        (project / path).write_text("b\n")
    subprocess.run(["git", "init", "-q", str(project)], check=True, timeout=20)
    (project / ".gitignore").write_text("kumquat/\nquince/\n")
    (owner.home / ".wakatime.cfg").write_text(f"[settings]\n{setting}\n")
    owner.config.parent.mkdir(parents=True)
    owner.config.write_text('[watch]\nfolders = ["~/code"]\nignore = ["**/wonderland/quince/"]\n')

    listed = owner.run("list")

    assert listed.returncode == 0
    assert listed.stdout.count("    not ") == 4
    said = listed.stdout + listed.stderr
    assert [name for name in HIDDEN_TREES[setting] if name in said] == []
    assert "machine" not in said
    assert "packages that a package manager installs" in said


def test_a_folder_with_nothing_to_watch_says_so(owner: Owner) -> None:
    (owner.code / "a.py").unlink()

    assert "nothing left to watch" in owner.run("add", str(owner.code)).stdout


def test_a_folder_within_one_on_the_list_is_told_as_such(owner: Owner) -> None:
    (owner.code / "app").mkdir()
    owner.run("add", "code")

    listed = owner.run("list", "code/app")

    assert listed.returncode == 2
    assert listed.stderr == (
        "trayapp: ~/code/app is none of the folders. It lies in ~/code, which is one.\n"
    )


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
        (["add", ""], "An empty name is no folder"),
        (["add", "~nobody-of-this-name"], "~nobody-of-this-name is no folder"),
        (["list", "~/code"], "~/code is none of the folders. See: trayapp folders list"),
        (["remove", "/nowhere"], "none of the folders"),
        (["add"], "No folder was named"),
    ],
)
def test_what_cannot_be_done_is_said(owner: Owner, arguments: list[str], words: str) -> None:
    done = owner.run(*arguments)

    assert done.returncode == 2
    assert words in done.stderr
    assert not owner.config.exists()
