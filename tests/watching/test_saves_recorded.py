"""What real programs did on a real disk, as recordings/record.py saw it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.watching.machine import ROOT, is_code_name
from tests.watching.recording import NAMES, Recording
from trayapp.watching.saves import Save
from trayapp.watching.verdicts import Reason, Suppressed

SAVED = {
    "vim": ["a.py"],
    "vim_backupcopy": ["a.py"],
    "vim_new_file": ["n.py"],
    "neovim": ["a.py"],
    "emacs": ["a.py"],
    "emacs_precious": ["a.py"],
    "nano": ["a.py"],
    "micro": ["a.py"],
    "geany": ["a.py"],
    "gedit": ["a.py"],
    "kate": ["a.py"],
    "mousepad": ["a.py"],
    "append": ["a.py"],
    "copy_over": ["a.py"],
    "sed": ["a.py"],
    "perl": ["a.py"],
    "rename_in": ["a.py"],
    "made_in_new_folder": ["deep/down/a.py"],
    "git_status": ["a.py"],
    "git_init_and_save": ["n.py"],
    "git_commit_editor": ["a.py", "made.py"],
    "git_commit_hook": ["a.py", "made.py"],
}
"""What is not named here saves nothing."""

SUPPRESSED = {
    "git_checkout": [(Reason.GIT, 4)],
    "git_checkout_path": [(Reason.GIT, 1)],
    "git_restore": [(Reason.GIT, 1)],
    "git_reset": [(Reason.GIT, 1)],
    "git_merge": [(Reason.GIT, 4)],
    "git_rebase": [(Reason.GIT, 5)],
    "git_stash": [(Reason.GIT, 1)],
    "git_stash_pop": [(Reason.GIT, 1)],
    "git_cherry_pick": [(Reason.GIT, 4)],
    "git_pull": [(Reason.GIT, 1)],
    "git_clone": [(Reason.GIT, 4)],
    "git_worktree": [(Reason.GIT, 8)],
    "git_submodule": [(Reason.GIT, 2), (Reason.GIT, 8)],
    "tar": [(Reason.OLDER_TIMES, 30)],
    "tar_three": [(Reason.OLDER_TIMES, 3)],
    "rsync": [(Reason.OLDER_TIMES, 30)],
    "rsync_again": [(Reason.OLDER_TIMES, 3)],
    "copy_many": [(Reason.BURST, 30)],
}
REPOSITORIES = {
    "git_worktree": {"tree": ".git/worktrees/tree"},
    "git_submodule": {"sub": ".git/modules/sub"},
}


def is_any_name(_name: str) -> bool:
    return True


@pytest.mark.parametrize("tells_deletions", [True, False])
@pytest.mark.parametrize("is_code", [is_code_name, is_any_name])
@pytest.mark.parametrize("name", NAMES)
def test_a_recording_gives_its_saves_and_no_others(
    name: str, is_code: Callable[[str], bool], *, tells_deletions: bool
) -> None:
    recording = Recording(
        name,
        is_code,
        tells_deletions=tells_deletions,
        repositories=REPOSITORIES.get(name),
    )

    saves = [found.path for found in recording.found if isinstance(found, Save)]
    suppressed = [
        (found.reason, found.count) for found in recording.found if isinstance(found, Suppressed)
    ]
    assert saves == [f"{ROOT}/{path}" for path in SAVED.get(name, [])]
    assert suppressed == SUPPRESSED.get(name, [])
    assert [verdict.path for verdict in recording.verdicts if verdict.accepted] == saves


def test_every_recording_that_is_expected_is_there() -> None:
    assert set(SAVED) | set(SUPPRESSED) <= set(NAMES)
