"""How many of the user's inotify instances a running `trayapp watch` takes; 128 are usual."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.cli.watching import watching
from tests.desktop.processes import wait_for
from tests.threads import rests
from tests.watching.repositories import git, make_git
from tests.watching.watches import instances, watched

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")

REST_SECONDS = 2.0


def test_each_folder_takes_one_and_all_settings_and_rules_together_one(tmp_path: Path) -> None:
    """Each its own: a storm in one folder that overflows the queue costs the others no save."""
    folders = [tmp_path / name for name in ("code", "work", "notes")]
    for folder in folders:
        folder.mkdir()
    make_git(folders[0] / "project")
    git("worktree", "add", str(folders[1] / "linked"), at=make_git(tmp_path / "elsewhere"))
    rules = tmp_path / "home" / "config" / "git" / "ignore"
    rules.parent.mkdir(parents=True)
    with watching(tmp_path, *map(str, folders)) as one:
        for folder in folders:
            one.wait_until(f"{folder}: all is watched")
        process = one.process.pid
        wait_for(lambda: watched(rules.parent, process), "the person's own rules are followed")

        assert instances(process) == len(folders) + 1

        wait_for(lambda: rests(process, REST_SECONDS), "no thread wakes")
        assert one.end()[0] == 0
