"""What machines write is nobody's save, and what a person saves beside them is counted."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.desktop.processes import require_programs, wait_for
from tests.watching.repositories import git, make_git, run, save
from tests.watching.running_monitor import RunningMonitor, running_monitor
from trayapp.watching.verdicts import Reason

pytestmark = pytest.mark.desktop

MANY = 300


def commit_all(repository: Path, message: str) -> None:
    git("add", ".", at=repository)
    git("commit", "--quiet", f"--message={message}", at=repository)


def write_many(folder: Path, count: int, text: str = "n = 1\n") -> list[Path]:
    return [save(folder / f"f{number}.py", text) for number in range(count)]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """main: a, b, c and main; few: a, b and c changed; many: MANY files more than few."""
    root = make_git(tmp_path / "code" / "project")
    for name in ("a.py", "b.py", "c.py", "mine.py"):
        save(root / name, "n = 1\n")
    commit_all(root, "Two")
    git("checkout", "--quiet", "-b", "few", at=root)
    for name in ("a.py", "b.py", "c.py"):
        save(root / name, "n = 2\n")
    commit_all(root, "Few")
    git("checkout", "--quiet", "-b", "many", at=root)
    write_many(root / "src", MANY)
    commit_all(root, "Many")
    git("checkout", "--quiet", "main", at=root)
    save(root / "main.py", "m = 1\n")
    commit_all(root, "Main")
    return root


@pytest.fixture
def changed(repository: Path) -> Path:
    """Give the repository with two files changed that are not committed."""
    for name in ("a.py", "b.py"):
        save(repository / name, "changed = 1\n")
    return repository


def check_that_git_wrote(monitor: RunningMonitor, count: int) -> None:
    """Check that so many writes were seen, at least, and that all were found to be git's."""
    monitor.wait_for_saves([])
    reasons = monitor.reasons("*.py")
    # The first main.py is empty, which may be seen before git is.
    assert set(reasons) - {Reason.EMPTY} == {Reason.GIT}
    assert reasons[Reason.GIT] >= count


# Each: the files that it writes, and git's arguments.
ON_A_CLEAN_TREE = {
    "checkout of many files": (MANY, ["checkout", "--quiet", "many"]),
    "checkout of three files": (3, ["checkout", "--quiet", "few"]),
    "merge": (3, ["merge", "--quiet", "-m", "Merged", "few"]),
    "rebase": (3, ["rebase", "--quiet", "main", "few"]),
    "cherry-pick": (3, ["cherry-pick", "few"]),
    "reset --hard to another commit": (3, ["reset", "--quiet", "--hard", "few"]),
    "pull": (3, ["pull", "--quiet", "--no-rebase", "--no-edit", ".", "few"]),
}
ON_A_CHANGED_TREE = {
    "stash": (2, ["stash", "--quiet"]),
    "restore": (2, ["restore", "."]),
    "checkout of paths": (2, ["checkout", "--quiet", "--", "."]),
    "reset --hard": (2, ["reset", "--quiet", "--hard"]),
}


@pytest.mark.parametrize("name", ON_A_CLEAN_TREE)
def test_what_git_writes_is_nobodys_save(name: str, repository: Path) -> None:
    count, arguments = ON_A_CLEAN_TREE[name]
    with running_monitor(repository.parent) as monitor:
        git(*arguments, at=repository)

        check_that_git_wrote(monitor, count)


@pytest.mark.parametrize("name", ON_A_CHANGED_TREE)
def test_what_git_takes_back_is_nobodys_save(name: str, changed: Path) -> None:
    count, arguments = ON_A_CHANGED_TREE[name]
    with running_monitor(changed.parent) as monitor:
        git(*arguments, at=changed)

        check_that_git_wrote(monitor, count)


def test_what_a_stash_gives_back_is_nobodys_save(changed: Path) -> None:
    git("stash", "--quiet", at=changed)
    with running_monitor(changed.parent) as monitor:
        git("stash", "pop", "--quiet", at=changed)

        check_that_git_wrote(monitor, 2)


def test_a_clone_and_a_later_checkout_in_it_are_nobodys_saves(repository: Path) -> None:
    with running_monitor(repository.parent) as monitor:
        git("clone", "--quiet", "--branch=many", ".", "../cloned", at=repository)
        monitor.wait_for_saves([])

        before = monitor.reasons("*.py")
        git("checkout", "--quiet", "origin/few~1", at=repository.parent / "cloned")
        monitor.wait_for_saves([])
        assert (monitor.reasons("*.py") - before) == {Reason.GIT: 3}


def test_clones_that_are_complete_before_they_are_seen_are_nobodys_saves(
    repository: Path,
) -> None:
    with running_monitor(repository.parent) as monitor:
        for number in range(20):
            git("clone", "--quiet", "--branch=few", ".", f"../clones/{number}", at=repository)

        check_that_git_wrote(monitor, 20 * 4)


def test_a_repository_that_is_seen_before_it_is_complete_is_known(repository: Path) -> None:
    begun = repository.parent / "begun"
    with running_monitor(repository.parent) as monitor:
        (begun / ".git").mkdir(parents=True)
        monitor.wait_for_saves([])
        git("init", "--quiet", at=begun)
        git("fetch", "--quiet", str(repository), "few:few", at=begun)
        # By now it is no newborn any more, whose every file is git's.
        monitor.wait_for_saves([])

        git("checkout", "--quiet", "few", at=begun)

        check_that_git_wrote(monitor, 5)


def test_a_new_worktree_and_a_later_checkout_in_it_are_nobodys_saves(repository: Path) -> None:
    with running_monitor(repository.parent) as monitor:
        git("worktree", "add", "--quiet", "../tree", "many", at=repository)
        monitor.wait_for_saves([])

        before = monitor.reasons("*.py")
        git("checkout", "--quiet", "--detach", "few~1", at=repository.parent / "tree")
        monitor.wait_for_saves([])
        assert (monitor.reasons("*.py") - before) == {Reason.GIT: 3}


def test_a_new_submodule_is_nobodys_save(repository: Path) -> None:
    with running_monitor(repository.parent) as monitor:
        git("submodule", "--quiet", "add", "-b", "many", "../project", "sub", at=repository)

        monitor.wait_for_saves([])


def test_a_checkout_in_a_worktree_or_a_submodule_from_before_is_nobodys_save(
    repository: Path, tmp_path: Path
) -> None:
    git("worktree", "add", "--quiet", "--detach", "../tree", at=repository)
    other = make_git(tmp_path / "other")
    git("submodule", "--quiet", "add", str(repository), "sub", at=other)
    commit_all(other, "With a submodule")
    git("clone", "--quiet", "--recurse-submodules", str(other), "../code/cloned", at=other)
    with running_monitor(repository.parent) as monitor:
        git("checkout", "--quiet", "--detach", "few", at=repository.parent / "tree")
        git("checkout", "--quiet", "origin/few", at=repository.parent / "cloned" / "sub")

        check_that_git_wrote(monitor, 6)


def untar(folder: Path, source: Path) -> None:
    write_many(source, 50)
    run("touch", "-d", "2 days ago", *(file.name for file in source.iterdir()), at=source)
    run("tar", "-cf", "../many.tar", ".", at=source)
    run("tar", "-xf", str(source.parent / "many.tar"), at=folder)


def untar_what_was_packed_just_now(folder: Path, source: Path) -> None:
    write_many(source, 50)
    run("tar", "-cf", "../many.tar", ".", at=source)
    run("tar", "-xf", str(source.parent / "many.tar"), at=folder)


def synchronise(folder: Path, source: Path) -> None:
    write_many(source, 20)
    run("touch", "-d", "2 days ago", *(file.name for file in source.iterdir()), at=source)
    run("rsync", "-a", f"{source}/", ".", at=folder)


def copy(folder: Path, source: Path) -> None:
    write_many(source, 30)
    run("cp", "-r", f"{source}/.", ".", at=folder)


def format_in_place(folder: Path, _source: Path) -> None:
    write_many(folder, 100, "n = 2\n")


def format_by_renaming(folder: Path, _source: Path) -> None:
    run("sh", "-c", "sed -i s/1/2/ f*.py", at=folder)


def move_in(folder: Path, source: Path) -> None:
    write_many(source / "moved", 5)
    run("mv", "moved", str(folder), at=source)


# Each: what it does, the verdicts that it may give (none where nothing is to be seen), how many.
OTHER_MACHINES: dict[str, tuple[Callable[[Path, Path], None], set[Reason], int]] = {
    "tar": (untar, {Reason.OLDER_TIMES, Reason.BURST}, 50),
    "tar of new files": (untar_what_was_packed_just_now, {Reason.BURST}, 50),
    "rsync": (synchronise, {Reason.OLDER_TIMES}, 20),
    "cp -r": (copy, {Reason.BURST}, 30),
    "a formatter in place": (format_in_place, {Reason.BURST}, 100),
    "a formatter by renaming": (format_by_renaming, {Reason.BURST}, 100),
    "a folder moved in": (move_in, set(), 0),
}


@pytest.fixture
def part(repository: Path) -> Path:
    """Give a folder of the repository, in which the last commit changed three files."""
    part = repository / "part"
    for text in ("n = 1\n", "n = 2\n"):
        write_many(part, 3, text)
        commit_all(repository, "Part")
    return part


def test_where_a_part_of_a_repository_is_watched_what_git_writes_is_nobodys_save(
    repository: Path, part: Path
) -> None:
    with running_monitor(part) as monitor:
        git("checkout", "--quiet", "HEAD~1", at=repository)

        check_that_git_wrote(monitor, 3)
        save(part / "f0.py", "mine = 1\n")
        monitor.wait_for_saves(["f0.py"])


def test_where_a_folder_and_one_in_it_are_watched_each_write_is_judged_once(
    repository: Path, part: Path
) -> None:
    with running_monitor(repository.parent, part) as monitor:
        for _ in range(10):
            git("checkout", "--quiet", "HEAD~1", at=repository)
            git("checkout", "--quiet", "main", at=repository)

        monitor.wait_for_saves([])
        assert monitor.reasons("*.py") == {Reason.GIT: 20 * 3}
        save(part / "f0.py", "mine = 1\n")
        save(repository / "a.py", "mine = 1\n")
        monitor.wait_for_saves(["project/part/f0.py", "project/a.py"])
        assert monitor.reasons("*.py") == {Reason.GIT: 20 * 3, Reason.SAVE: 2}


def test_what_git_ignores_in_a_part_of_its_repository_is_explained_as_such(
    repository: Path, part: Path
) -> None:
    save(repository / ".gitignore", "made.py\n")
    with running_monitor(part) as monitor:
        save(part / "made.py", "n = 1\n")

        monitor.wait_for_saves([])
        assert monitor.reasons("*.py") == {Reason.IGNORED: 1}


@pytest.mark.parametrize("name", OTHER_MACHINES)
def test_what_other_machines_write_is_nobodys_save(name: str, tmp_path: Path) -> None:
    require_programs("tar", "rsync")
    act, reasons, count = OTHER_MACHINES[name]
    folder = tmp_path / "code" / "project"
    write_many(folder, 100)
    with running_monitor(folder.parent) as monitor:
        act(folder, tmp_path / "elsewhere")

        monitor.wait_for_saves([])
        seen = monitor.reasons("*.py")
        assert set(seen) <= reasons
        assert seen.total() >= count


# Each: the file that says who builds there, and the folder that is written.
BUILDS = {
    "npm install": ("package.json", "node_modules/left-pad"),
    "cargo build": ("Cargo.toml", "target/debug/build/out"),
    "pip install": ("pyproject.toml", ".venv/lib/python3/site-packages/one"),
    "python": ("a.py", "__pycache__"),
}


@pytest.mark.parametrize("name", BUILDS)
def test_what_is_installed_or_built_is_not_even_looked_at(name: str, tmp_path: Path) -> None:
    evidence, made = BUILDS[name]
    project = tmp_path / "code" / "project"
    save(project / evidence)
    with running_monitor(project.parent) as monitor:
        write_many(project / made, 3)
        monitor.wait_for_saves([])
        write_many(project / made, 3, "n = 2\n")

        monitor.wait_for_saves([])
        assert not monitor.reasons()


def mercurial(project: Path, _elsewhere: Path) -> Callable[[], object]:
    run("hg", "init", at=project)
    for text in ("n = 1\n", "n = 2\n"):
        write_many(project, MANY, text)
        run("hg", "commit", "--quiet", "--addremove", "--user=a", "--message=x", at=project)
    return lambda: run("hg", "update", "--quiet", "0", at=project)


def subversion(project: Path, elsewhere: Path) -> Callable[[], object]:
    elsewhere.mkdir()
    run("svnadmin", "create", "store", at=elsewhere)
    run("svn", "checkout", "--quiet", f"file://{elsewhere}/store", ".", at=project)
    for text in ("n = 1\n", "n = 2\n"):
        write_many(project, MANY, text)
        run("svn", "add", "--quiet", "--force", ".", at=project)
        run("svn", "commit", "--quiet", "--message=x", at=project)
    return lambda: run("svn", "update", "--quiet", "--revision=1", at=project)


def jujutsu(project: Path, _elsewhere: Path) -> Callable[[], object]:
    """Write as jj's local_working_copy.rs does, since Debian has no jj."""
    (project / ".jj" / "working_copy").mkdir(parents=True)
    files = write_many(project, MANY)

    def update() -> None:
        lock = project / ".jj" / "working_copy" / "working_copy.lock"
        lock.touch()
        for file in files:
            file.unlink()
            with file.open("x") as new:
                new.write("n = 2\n")
        lock.unlink()

    return update


@pytest.mark.parametrize("prepare", [mercurial, subversion, jujutsu])
def test_what_other_version_controls_update_is_nobodys_save(
    prepare: Callable[[Path, Path], Callable[[], object]], tmp_path: Path
) -> None:
    require_programs("hg", "svn", "svnadmin")
    project = tmp_path / "code" / "project"
    project.mkdir(parents=True)
    update = prepare(project, tmp_path / "elsewhere")
    with running_monitor(project.parent) as monitor:
        update()

        monitor.wait_for_saves([])
        assert monitor.reasons("*.py") == {Reason.BURST: MANY}


def test_a_run_of_a_machines_writes_is_told_once_with_its_count(repository: Path) -> None:
    with running_monitor(repository.parent) as monitor:
        git("checkout", "--quiet", "many", at=repository)

        wait_for(lambda: monitor.suppressed, "the checkout is told")
        assert [one.reason for one in monitor.suppressed] == [Reason.GIT]
        # A file in a new folder may be told twice.
        assert MANY + 3 <= monitor.suppressed[0].count <= 2 * MANY + 3


def test_saves_right_before_and_after_a_checkout_are_counted(repository: Path) -> None:
    with running_monitor(repository.parent) as monitor:
        save(repository / "mine.py", "before = 1\n")
        save(repository / "taken.in")
        wait_for(lambda: monitor.reasons("taken.in"), "the save is taken in, not yet settled")
        git("checkout", "--quiet", "many", at=repository)
        save(repository / "src" / "f7.py", "after = 1\n")
        save(repository / "new.py", "after = 1\n")

        after = monitor.wait_for_saves(["project/mine.py", "project/src/f7.py", "project/new.py"])

        assert monitor.reasons("*.py")[Reason.GIT] >= MANY
        branches = {Path(one.path).name: one.branch for one in after}
        assert branches == {"mine.py": "main", "f7.py": "many", "new.py": "many"}
        assert {one.project for one in after} == {"project"}


def script(path: Path, *lines: str) -> Path:
    save(path, "\n".join(["#!/bin/sh", "set -e", *lines, ""])).chmod(0o755)
    return path


SAVING = ["echo 'edited = 1' > mine.py", "echo 'made = 1' > made.py"]


def test_saves_while_the_editor_of_a_commit_is_open_are_counted(
    changed: Path, tmp_path: Path
) -> None:
    editor = script(tmp_path / "editor", *SAVING, 'echo Committed > "$1"')
    with running_monitor(changed.parent) as monitor:
        git("-c", f"core.editor={editor}", "commit", "--quiet", "-a", at=changed)

        monitor.wait_for_saves(["project/mine.py", "project/made.py"])


def test_saves_during_a_pre_commit_hook_are_counted(changed: Path) -> None:
    script(changed / ".git" / "hooks" / "pre-commit", *SAVING)
    with running_monitor(changed.parent) as monitor:
        git("commit", "--quiet", "-a", "--message=Hooked", at=changed)

        monitor.wait_for_saves(["project/mine.py", "project/made.py"])


def test_saves_under_a_stale_lock_are_counted(repository: Path) -> None:
    lock = repository / ".git" / "index.lock"
    lock.touch()
    with running_monitor(repository.parent) as monitor:
        save(repository / "mine.py", "under = 1\n")
        save(repository / "new.py", "under = 1\n")
        monitor.wait_for_saves(["project/mine.py", "project/new.py"])

        # One that a git leaves that was killed while we watch.
        lock.unlink()
        lock.touch()
        save(repository / "a.py", "under = 1\n")
        monitor.wait_for_saves(["project/a.py"])


@pytest.mark.parametrize("is_repository", [True, False])
def test_saving_ten_files_at_once_is_ten_saves(tmp_path: Path, *, is_repository: bool) -> None:
    folder = tmp_path / "code" / "project"
    if is_repository:
        make_git(folder)
    files = write_many(folder, 10)
    with running_monitor(folder.parent) as monitor:
        write_many(folder, 10, "saved = 1\n")

        monitor.wait_for_saves([f"project/{file.name}" for file in files])


def test_a_gitignore_takes_effect_while_it_runs(repository: Path) -> None:
    folder = repository / "made"
    save(folder / "a.py", "n = 1\n")
    with running_monitor(repository.parent) as monitor:
        save(repository / ".gitignore", "/made/\nalone.py\n")
        # The rules are asked again when its event is read, which is before it is told.
        monitor.wait_for_saves(["project/.gitignore"])
        save(folder / "a.py", "n = 2\n")
        save(repository / "alone.py", "n = 2\n")
        monitor.wait_for_saves([])

        save(repository / ".gitignore", "# nothing\n")
        monitor.wait_for_saves(["project/.gitignore"])
        save(folder / "a.py", "n = 3\n")
        save(repository / "alone.py", "n = 3\n")
        monitor.wait_for_saves(["project/made/a.py", "project/alone.py"])


# Each: how a rule file, or the repository, goes.
GOING: dict[str, Callable[[Path], object]] = {
    "deleted": lambda project: (project / "deep" / ".gitignore").unlink(),
    "renamed": lambda project: (project / "deep" / ".gitignore").rename(project / "rules"),
    "moved out": lambda project: (project / "deep" / ".gitignore").rename(
        project.parent.parent / "rules"
    ),
    "with the commit that made it": lambda project: git(
        "checkout", "--quiet", "--detach", "HEAD~1", at=project
    ),
    "the repository": lambda project: shutil.rmtree(project / ".git"),
}


@pytest.mark.parametrize("how", GOING)
def test_a_nested_gitignore_that_goes_takes_effect(how: str, repository: Path) -> None:
    deep = repository / "deep"
    save(deep / "kept.py", "n = 1\n")
    commit_all(repository, "Deep")
    save(deep / ".gitignore", "/made/\n")
    commit_all(repository, "Ignoring")
    save(deep / "made" / "a.py", "n = 1\n")
    with running_monitor(repository.parent) as monitor:
        save(deep / "made" / "a.py", "n = 2\n")
        monitor.wait_for_saves([])

        GOING[how](repository)
        monitor.wait_for_saves([])

        save(deep / "made" / "a.py", "n = 3\n")
        monitor.wait_for_saves(["project/deep/made/a.py"])


def test_new_files_right_after_the_first_commit_of_a_new_folder_are_counted(
    tmp_path: Path,
) -> None:
    project = tmp_path / "code" / "project"
    project.parent.mkdir()
    with running_monitor(project.parent) as monitor:
        make_git(project)
        # A tick of the file system's clock after git's last write.
        wait_for(lambda: is_newer(project / ".git" / "now", project / ".git" / "index"), "a tick")
        names = [f"new{number}.py" for number in range(4)]
        for name in names:
            save(project / name, "n = 1\n")

        monitor.wait_for_saves([f"project/{name}" for name in names])


def is_newer(probe: Path, file: Path) -> bool:
    probe.touch()
    return probe.stat().st_mtime_ns > file.stat().st_mtime_ns


def test_a_save_in_a_new_folder_is_counted_once(repository: Path) -> None:
    with running_monitor(repository.parent) as monitor:
        save(repository / "new" / "deep" / "a.py", "n = 1\n")
        save(repository.parent / "apart" / "b.py", "n = 1\n")

        monitor.wait_for_saves(["project/new/deep/a.py", "apart/b.py"])


def test_a_save_in_a_folder_that_was_moved_in_or_renamed_is_counted(
    repository: Path, tmp_path: Path
) -> None:
    write_many(tmp_path / "moved", 3)
    save(repository / "old" / "a.py", "n = 1\n")
    with running_monitor(repository.parent) as monitor:
        (tmp_path / "moved").rename(repository / "moved")
        (repository / "old").rename(repository / "renamed")
        monitor.wait_for_saves([])

        save(repository / "moved" / "f1.py", "n = 2\n")
        save(repository / "renamed" / "a.py", "n = 2\n")
        monitor.wait_for_saves(["project/moved/f1.py", "project/renamed/a.py"])
