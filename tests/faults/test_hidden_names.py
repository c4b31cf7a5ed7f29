"""What a person hides is in no output, log or file of ours, at debug level and explained too."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from tests.cli.person import Person
from tests.desktop.processes import Processes, require_programs, wait_for
from tests.watching.repositories import git, make_git

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")

LIMIT = 40.0
"""Seconds; thirteen commands run at once."""

SOURCES = ("config.toml", ".wakatime.cfg")

FILES = ("Kumquat", "Marzipan")
PROJECT = "Wonder-Land"
BRANCHES = ("Zanzibar", "Timbuktu")

# Each: what config.toml's [watch] or ~/.wakatime.cfg says, and the names that it hides.
CASES = {
    "files": ("hide_file_names = true", (*FILES, *BRANCHES)),
    "files-list": (["hide_file_names", r"/kumquat[^/]*\.py$", r"\.js$"], ("Kumquat", *BRANCHES)),
    "files-broken": (["hide_file_names", "("], (*FILES, *BRANCHES)),
    "projects": ("hide_project_names = true", ("Wonder", "Land", *BRANCHES)),
    "projects-list": (["hide_project_names", "^wonder.?land$"], ("Wonder", "Land", *BRANCHES)),
    "projects-broken": (["hide_project_names", "[[:"], ("Wonder", "Land", *BRANCHES)),
    "branches": ("hide_branch_names = true", BRANCHES),
    "branches-list": (["hide_branch_names", "zanzi", "timbuk"], BRANCHES),
    "branches-broken": (["hide_branch_names", "*"], BRANCHES),
    "exclude": (["exclude", "kumquat", "marzipan"], FILES),
    "exclude-broken": (["exclude", "("], FILES),
    "folder": ("hide_project_folder = true", ("code/Wonder",)),
    "everything": (
        "hide_file_names = true\nhide_project_names = true\nhide_branch_names = true",
        (*FILES, "Wonder", "Land", *BRANCHES),
    ),
}


@dataclass
class Watcher:
    """Somebody with settings of their own, and the command that they let run."""

    person: Person
    output: Path
    process: subprocess.Popen[bytes]

    def said(self, words: bytes) -> bool:
        return words in self.output.read_bytes()

    def files(self) -> list[Path]:
        """Give all that this one's command said or wrote."""
        own = {self.person.locations.config_file, self.person.home / ".wakatime.cfg"}
        files = [path for path in self.person.home.rglob("*") if path.is_file()]
        return [self.output, *(path for path in files if path not in own)]


@pytest.fixture(scope="module")
def watchers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Watcher]:
    """Let a tree be watched with all settings; give what became of it.

    Those of one source at a time: a user has 128 inotify instances, the desktop's among them.
    """
    require_programs("git")
    watchers = {}
    for source in SOURCES:
        watchers.update(watched_by_all(tmp_path_factory.mktemp("hidden"), source))
    return watchers


def watched_by_all(folder: Path, source: str) -> dict[str, Watcher]:
    code = folder / "code"
    project = make_tree(code)
    processes = Processes()
    watchers = {}
    try:
        for name, (setting, _hidden) in CASES.items():
            person = Person(folder / f"{name}-{source}")
            configure(person, source, setting)
            watchers[person.home.name] = start(processes, person, code)
        everybody_says(watchers, b"is watched")
        work_by_hand(code, project)
        everybody_says(watchers, b"saved by a person")
        let_machines_work(code, project)
        everybody_says(watchers, b"written by git")
        (code / "last.zig").write_text("// last\n")
        everybody_says(watchers, b".zig: saved")
    finally:
        codes = {processes.end(watcher.process) for watcher in watchers.values()}
    assert codes == {0}

    # All that git and the work leave behind is here too.
    unwatched = folder / "unwatched"
    project = make_tree(unwatched)
    work_by_hand(unwatched, project)
    let_machines_work(unwatched, project)
    (unwatched / "last.zig").touch()
    assert listing(code) == listing(unwatched)
    return watchers


def start(processes: Processes, person: Person, code: Path) -> Watcher:
    command = [sys.executable, "-m", "trayapp", "--verbose", "watch", "--dry-run", "--explain"]
    output = person.home.with_name(f"{person.home.name}.output")
    with output.open("wb") as log:
        process = processes.start([*command, str(code)], person.environment, log=log)
    return Watcher(person, output, process)


def everybody_says(watchers: dict[str, Watcher], words: bytes) -> None:
    for watcher in watchers.values():
        wait_for(partial(watcher.said, words), f"it says {words!r}", LIMIT)


def configure(person: Person, source: str, setting: str | Sequence[str]) -> None:
    if source == "config.toml":
        if not isinstance(setting, str):
            setting = f"{setting[0]} = {json.dumps([*setting[1:]])}"
        person.write_config(f"[watch]\n{setting}\n")
    else:
        if not isinstance(setting, str):
            setting = "\n".join([f"{setting[0]} =", *(f"    {line}" for line in setting[1:])])
        (person.home / ".wakatime.cfg").write_text(f"[settings]\n{setting}\n")


def make_tree(code: Path) -> Path:
    """Make a repository whose every name tells, with all that is ignored, broken or unreadable."""
    project = make_git(code / "Wonder-Land", "Zanzibar")
    for folder in ("Marzipan", "node_modules/Marzipan", "Kumquat-ignored", "Gone-Kumquat/.git"):
        (project / folder).mkdir(parents=True)
    (project / ".gitignore").write_text("Kumquat-ignored/\n")
    for name in ("Kumquat.py", "Marzipan/Kumquat.py", "Kumquat-ignored/Kumquat.py"):
        (project / name).write_text("one\n")
    git("add", ".", at=project)
    git("commit", "--quiet", "--message=Second", at=project)
    git("worktree", "add", "--quiet", "-b", "Timbuktu", "../Wonder-Land-tree", at=project)
    # A repository that git itself calls broken.
    (code / "Broken" / ".git").mkdir(parents=True)
    (code / "Broken" / ".git" / "HEAD").write_bytes(b"\0\xff ref: Zanzibar")
    (code / "Broken" / ".git" / "index").write_bytes(b"DIRC Kumquat")
    (code / "Broken" / "Kumquat.py").write_text("one\n")
    (code / "Unreadable-Marzipan-Wonder-Land").mkdir(mode=0)
    return project


def work_by_hand(code: Path, project: Path) -> None:
    """Do what a person does, and their editors for them."""
    file = project / "Marzipan" / "Kumquat.py"
    for name in (".Kumquat.py.swp", "Kumquat.py~", "#Kumquat.py#", "Kumquat.py.4f2a.tmp"):
        (file.parent / name).write_text("one\ntwo\n")
        (file.parent / name).unlink(missing_ok=True)
    file.write_text("one\ntwo\n")
    (project / "Kumquat.py").rename(project / "Kumquat-2.py")
    (project / "Kumquat-ignored" / "Kumquat.py").write_text("two\n")
    (project / "node_modules" / "Marzipan" / "Kumquat.js").write_text("two\n")
    (code / "Wonder-Land-tree" / "Marzipan" / "Kumquat.py").write_text("three\n")
    (code / "Broken" / "Kumquat.py").write_text("two\n")


def let_machines_work(code: Path, project: Path) -> None:
    """Do what git, a generator and a script do that makes a project and takes it away again."""
    for number in range(30):
        (project / f"Kumquat{number}.py").write_text("generated\n")
    git("stash", "--quiet", at=project)
    git("checkout", "--quiet", "-B", "Timbuktu-2", "HEAD~1", at=project)
    gone = code / "Wonder.Land"
    gone.mkdir()
    make_git(gone / "Wonder_Land", "Zanzibar")
    (gone / "Wonder_Land" / "Kumquat.py").write_text("one\n")
    (gone / "Wonder_Land" / "notes.txt").write_text("one\n")
    shutil.rmtree(gone)


def listing(folder: Path) -> set[str]:
    """Name everything below a folder but what git keeps for itself."""
    names = {str(path.relative_to(folder)) for path in folder.rglob("*")}
    return {name for name in names if "/.git/" not in name}


@pytest.mark.timeout(180)
@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("case", CASES)
def test_a_hidden_name_is_nowhere(watchers: dict[str, Watcher], source: str, case: str) -> None:
    watcher = watchers[f"{case}-{source}"]

    files = [os.fsencode(path.name) + b": " + path.read_bytes() for path in watcher.files()]

    assert len(files) >= 3
    assert not watcher.said(b"Traceback")
    assert watcher.said(b"does not compile") is case.endswith("broken")
    for name in CASES[case][1]:
        lines = (line.decode(errors="replace") for file in files for line in file.splitlines())
        assert [line for line in lines if name.casefold() in line.casefold()] == []


def test_what_is_not_hidden_is_told(watchers: dict[str, Watcher]) -> None:
    """Else nothing would be found for another reason."""
    for name, case in (
        *((name, "branches-config.toml") for name in (*FILES, PROJECT)),
        (BRANCHES[0], "folder-config.toml"),
        (BRANCHES[1], "folder-.wakatime.cfg"),
    ):
        assert name.encode() in watchers[case].output.read_bytes()
