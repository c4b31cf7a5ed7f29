"""The file monitor on real folders, with settings that change while it runs."""

from __future__ import annotations

import errno
import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Self

import pytest

from tests.desktop.processes import wait_for
from tests.resident.monitored_machine import LIMIT, Machine
from tests.watching.repositories import make_git, save
from tests.watching.watches import watched
from trayapp.coding.hiding import HideRules
from trayapp.coding.patterns import Patterns, read_patterns
from trayapp.errors import TrayappError
from trayapp.settings.watching import Claim

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    one = Machine(tmp_path)
    yield one
    one.monitor.stop()


def patterns(*texts: str) -> Patterns:
    found, faults = read_patterns(texts)
    assert not faults
    return found


def test_a_save_is_recorded_as_a_heartbeat(machine: Machine) -> None:
    machine.watch()
    before = time.time()

    path = save(machine.code / "new" / "a.py", "print()\n")

    heartbeat = machine.wait_for_save(str(path))
    assert (heartbeat.project, heartbeat.language, heartbeat.lines) == ("code", "Python", 1)
    assert heartbeat.machine == "box"
    assert heartbeat.user_agent.startswith("wakatime/")
    assert before <= heartbeat.time <= time.time()
    assert machine.saves() == [str(path)]
    assert machine.tallied("saves") == 2


class Saver:
    """Somebody who saves one file after the other, twenty in a second, in four repositories."""

    def __init__(self, folder: Path) -> None:
        self._repositories = [make_git(folder / name) for name in "abcd"]
        self.saved: list[str] = []
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._enough.set()
        self._thread.join()

    def wait_for_more(self, count: int) -> None:
        wanted = len(self.saved) + count
        wait_for(lambda: len(self.saved) >= wanted, "more is saved", LIMIT)

    def _run(self) -> None:
        # Not in time with anything: a new pace would be a burst where the machine is slow.
        while not self._enough.wait(0.05):
            number = len(self.saved)
            repository = self._repositories[number % len(self._repositories)]
            self.saved.append(str(save(repository / f"f{number}.py", f"n = {number}\n")))


def test_no_save_is_lost_or_doubled_while_folders_come_and_go(machine: Machine) -> None:
    other = machine.home / "other"
    save(other / "deep" / "old.py")
    saver = Saver(machine.code)
    machine.watch()
    changes: list[Callable[[], None]] = [
        lambda: machine.watch(machine.code, other),
        lambda: machine.watch(machine.code, other, ignore=("*.min.js",)),
        lambda: machine.watch(machine.code, idle_gate=False),
        lambda: machine.watch(other, machine.code),
    ]

    with saver:
        for change in changes:
            saver.wait_for_more(10)
            change()
        saver.wait_for_more(10)
    inside = str(save(other / "deep" / "new.py", "n = 1\n"))

    told = Counter(machine.saves())
    assert told == Counter([*saver.saved, inside])
    assert machine.monitor.report()["suppressed"] == {}


def test_a_folder_within_another_tells_a_save_once(machine: Machine) -> None:
    inner = machine.code / "inner"
    inner.mkdir()
    machine.watch(machine.code, inner)

    path = save(inner / "a.py", "n = 1\n")

    assert machine.saves() == [str(path)]


def test_a_folder_that_is_removed_is_watched_no_longer(machine: Machine) -> None:
    other = machine.home / "other"
    other.mkdir()
    machine.watch(machine.code, other)
    machine.watch(other)

    save(machine.code / "a.py", "n = 1\n")
    path = save(other / "b.py", "n = 1\n")

    assert machine.saves() == [str(path)]
    assert [each.path for each in machine.status().folders] == [str(machine.beside), str(other)]
    assert machine.make_monitor("second").status(0).folders == ()


def test_how_many_folders_are_watched_is_of_now_and_without_gits(machine: Machine) -> None:
    make_git(machine.code / "project")
    machine.watch()
    assert machine.count(machine.code) == 2

    (machine.code / "new" / "deep").mkdir(parents=True)
    machine.saves()

    assert machine.count(machine.code) == 4


def test_only_what_has_changed_is_said(machine: Machine) -> None:
    other = machine.home / "other"
    other.mkdir()
    machine.watch()
    assert {note.partition(":")[0] for note in machine.notes} == {
        str(machine.code),
        str(machine.beside),
    }
    assert len(machine.notes) == 2

    machine.notes.clear()
    machine.watch(machine.code, other)
    machine.watch(machine.code, other, idle_gate=False)
    machine.saves()
    assert [note.partition(":")[0] for note in machine.notes] == [str(other)]

    machine.notes.clear()
    machine.watch(machine.code)
    machine.saves()
    assert machine.notes == [f"{other} is watched no longer."]

    machine.notes.clear()
    machine.monitor.follow(machine.settings(enabled=False))
    assert sorted(machine.notes) == [
        f"{machine.beside} is watched no longer.",
        f"{machine.code} is watched no longer.",
    ]


def test_switched_off_it_watches_nothing_and_says_so(machine: Machine) -> None:
    machine.watch()
    machine.monitor.follow(machine.settings(enabled=False))
    status = machine.status()
    assert (status.enabled, len(status.folders)) == (False, 2)
    save(machine.code / "a.py", "n = 1\n")

    machine.watch()

    path = save(machine.code / "b.py", "n = 1\n")
    assert machine.saves() == [str(path)]


def test_switched_off_from_the_start_nothing_runs_but_what_follows_the_settings(
    machine: Machine,
) -> None:
    machine.monitor.follow(machine.settings(enabled=False))

    assert not {thread.name for thread in threading.enumerate()} & {"watcher", "folder-lock"}
    assert list(machine.locations.state_dir.glob("watch-*")) == []


def test_hide_rules_hold_for_what_is_told_and_change_at_once(machine: Machine) -> None:
    machine.watch(hide_rules=(HideRules(hide_file_names=patterns("secret")),))
    save(machine.code / "secret.py", "n = 1\n")
    assert machine.saves() == ["HIDDEN.py"]

    machine.watch(hide_rules=(HideRules(exclude=patterns("secret")),))
    save(machine.code / "secret.py", "n = 2\n")
    assert machine.saves() == []

    machine.watch()
    save(machine.code / "secret.py", "n = 3\n")
    assert machine.saves() == [str(machine.code / "secret.py")]
    assert machine.tallied("excluded") == 1


def test_what_is_excluded_or_claimed_is_counted_and_not_told(machine: Machine) -> None:
    machine.watch(
        hide_rules=(HideRules(exclude=patterns("/drafts/")),),
        claims=(Claim(patterns("/work/"), "api_urls", "~/.wakatime.cfg line 3"),),
    )

    save(machine.code / "drafts" / "a.py", "n = 1\n")
    save(machine.code / "work" / "b.py", "n = 1\n")
    # Nobody gets what another account claims, whatever else holds for it.
    save(machine.code / "work" / "drafts" / "c.py", "n = 1\n")

    assert machine.saves() == []
    counts = [machine.tallied(name) for name in ("saves", "excluded", "claimed")]
    assert counts == [1, 1, 2]


def test_during_a_pause_nothing_is_counted_and_after_it_all_is(machine: Machine) -> None:
    machine.watch()
    before = machine.changes
    until = time.time() + 3600

    machine.monitor.pause(until)
    assert machine.changes == before + 1
    assert machine.status().paused_until == until
    save(machine.code / "a.py", "n = 1\n")
    wait_for(lambda: any("a.py: saved" in each for each in machine.verdicts), "it settles", LIMIT)

    machine.monitor.pause(0)
    assert machine.status().paused_until is None
    path = save(machine.code / "b.py", "n = 1\n")

    assert machine.saves() == [str(path)]
    assert machine.tallied("saves") == 2


def test_a_pause_holds_for_the_time_of_a_save_not_for_when_it_is_told(machine: Machine) -> None:
    """A save is told more than a second after it was made."""
    machine.watch()
    before = save(machine.code / "before.py", "n = 1\n")
    machine.wait_until_read(machine.code, "first.txt")

    machine.monitor.pause(time.time() + 3600)
    save(machine.code / "within.py", "n = 1\n")
    machine.wait_until_read(machine.code, "second.txt")
    machine.monitor.pause(0)
    after = save(machine.code / "after.py", "n = 1\n")

    assert machine.saves() == [str(after), str(before)]


def test_a_pause_ends_by_itself(machine: Machine) -> None:
    machine.watch()
    until = time.time() + 0.3
    machine.monitor.pause(until)

    time.sleep(until - time.time())
    path = save(machine.code / "a.py", "n = 1\n")

    assert machine.status().paused_until is None
    assert machine.saves() == [str(path)]


def test_a_write_while_nobody_is_there_is_nobodys(machine: Machine) -> None:
    machine.watch()
    machine.nobody_is_there = True
    save(machine.code / "a.py", "n = 1\n")
    save(machine.code / "b.py", "n = 1\n")

    said = "not counted as saves: 2 writes, nobody was at the desktop"
    wait_for(lambda: said in machine.notes, "it is said", LIMIT)
    assert machine.heartbeats == []
    assert machine.monitor.report()["suppressed"] == {"nobody was at the desktop": 2}

    machine.watch(idle_gate=False)
    path = save(machine.code / "c.py", "n = 1\n")
    assert machine.saves() == [str(path)]


def test_a_folder_that_is_missing_goes_and_comes_is_told_and_watched_again(
    machine: Machine,
) -> None:
    late = machine.home / "late"
    machine.monitor.follow(machine.settings(machine.code, late))
    wait_for(lambda: machine.problem(late), "it is missed", LIMIT)
    assert machine.problem(late) == "there is no such folder"
    assert machine.status().problem is not None
    # What is told of it comes before what is saved now.
    machine.saves()
    before = machine.changes

    late.mkdir()
    wait_for(machine.all_is_well, "it is watched", LIMIT)
    wait_for(lambda: machine.changes > before, "it is told", LIMIT)
    path = save(late / "a.py", "n = 1\n")
    assert machine.saves() == [str(path)]

    path.unlink()
    late.rmdir()
    wait_for(lambda: machine.problem(late), "it is missed again", LIMIT)
    assert machine.problem(late) == "the folder was deleted"
    late.mkdir()
    wait_for(machine.all_is_well, "it is watched again", LIMIT)
    save(path, "n = 2\n")
    assert machine.saves() == [str(path)]


def test_a_folder_that_is_renamed_is_told_with_what_to_do(machine: Machine) -> None:
    machine.watch()

    machine.code.rename(machine.home / "moved")

    wait_for(lambda: machine.problem(machine.code), "it is missed", LIMIT)
    problem = machine.status().problem
    assert problem is not None
    assert "trayapp folders add" in problem.advice


def test_a_linked_folder_is_told_by_the_name_that_it_was_given(machine: Machine) -> None:
    link = machine.home / "link"
    link.symlink_to(machine.code)
    machine.watch(link)

    path = save(machine.code / "a.py", "n = 1\n")

    assert machine.saves() == [str(path)]
    assert str(link) in [each.path for each in machine.status().folders]


@pytest.mark.parametrize("how", ["renamed over", "removed and made"])
def test_a_link_that_is_set_to_another_folder_is_followed_there(machine: Machine, how: str) -> None:
    other = machine.home / "other"
    other.mkdir()
    link = machine.home / "link"
    link.symlink_to(machine.code)
    machine.watch(link)
    wait_for(lambda: watched(link.parent), "the link is followed", LIMIT)

    if how == "renamed over":
        link.with_name("new").symlink_to(other)
        link.with_name("new").rename(link)
    else:
        link.unlink()
        wait_for(lambda: machine.problem(link), "it is missed", LIMIT)
        link.symlink_to(other)
    wait_for(lambda: machine.has_said(other, "is watched"), "it is watched", LIMIT)

    save(machine.code / "a.py", "n = 1\n")
    path = save(other / "b.py", "n = 1\n")
    assert machine.saves() == [str(path)]
    assert [each.path for each in machine.status().folders] == [str(machine.beside), str(link)]


@pytest.mark.parametrize("when", ["before", "before a reload", "after"])
def test_the_persons_own_gitignore_takes_effect_when_it_changes(
    machine: Machine, when: str
) -> None:
    """`when` the first repository was made."""
    generated = machine.code / "project" / "generated"
    if when == "after":
        machine.watch()
    make_git(machine.code / "project")
    if when != "after":
        machine.watch()
    if when == "before a reload":
        # As when another setting was edited: nothing about watching has changed.
        machine.monitor.follow(machine.settings())
    path = save(generated / "a.py", "n = 1\n")
    assert machine.saves() == [str(path)]

    rules = save(machine.home / ".config" / "git" / "ignore", "generated/\n")
    wait_for(lambda: left_out(machine, generated), "it is left out", LIMIT)
    save(generated / "b.py", "n = 1\n")
    assert machine.saves() == []

    rules.unlink()
    wait_for(lambda: not left_out(machine, generated), "it is watched again", LIMIT)
    path = save(generated / "c.py", "n = 1\n")
    assert machine.saves() == [str(path)]


def left_out(machine: Machine, folder: Path) -> bool:
    """Tell by a save of its own whether a folder is left out."""
    probe = save(folder / f"probe{time.monotonic_ns()}.py", "n = 1\n")
    return str(probe) not in machine.saves()


def test_an_edit_of_a_settings_file_is_told_once_it_is_over(machine: Machine) -> None:
    save(machine.locations.wakatime_cfg, f"[settings]\nimport_cfg = {machine.home}/other.cfg\n")
    machine.watch()
    wait_for(lambda: watched(machine.home), "the files are followed", LIMIT)
    files = [
        machine.locations.config_file,
        machine.locations.wakatime_cfg,
        machine.home / "other.cfg",
    ]
    for number, path in enumerate(files, start=1):
        save(path, "")
        path.unlink()
        save(path.with_name("new"), f"[settings]\nimport_cfg = {machine.home}/other.cfg\n")
        path.with_name("new").rename(path)

        wait_for(partial(machine.was_edited, number), f"{path} is told")
    save(machine.locations.config_file.with_name("other.toml"))
    machine.saves()
    assert machine.edits == len(files)


def test_another_one_has_a_folder_until_it_ends(machine: Machine) -> None:
    machine.watch()
    second = Machine(machine.home)
    second.monitor.follow(second.settings())
    has = f"watched by trayapp (process {os.getpid()})"
    assert {each.problem for each in second.status().folders} == {has}
    assert any(has.removeprefix("watched ") in note for note in second.notes)
    path = save(machine.code / "a.py", "n = 1\n")
    assert machine.saves() == [str(path)]

    machine.monitor.stop()

    wait_for(second.all_is_well, "it takes over", LIMIT)
    path = save(machine.code / "b.py", "n = 1\n")
    assert second.saves() == [str(path)]
    second.monitor.stop()


def test_a_state_folder_that_cannot_be_made_is_a_problem_until_it_can(machine: Machine) -> None:
    state = machine.locations.state_dir
    save(state, "in the way")

    for _ in range(2):
        with pytest.raises(TrayappError):
            machine.monitor.follow(machine.settings())
        assert machine.problem(machine.code)

    state.unlink()
    machine.watch()
    path = save(machine.code / "a.py", "n = 1\n")
    assert machine.saves() == [str(path)]


def test_the_end_tells_the_save_of_the_last_moment(machine: Machine) -> None:
    machine.watch()
    path = save(machine.code / "a.py", "n = 1\n")
    # Its event was read: otherwise it was not there for us when we ended.
    save(machine.code / "a.txt", "1")
    wait_for(lambda: any("a.txt" in each for each in machine.verdicts), "its event is read", LIMIT)

    machine.monitor.stop()

    assert [each.entity for each in machine.heartbeats] == [str(path)]
    save(machine.code / "b.py", "n = 1\n")
    machine.monitor.follow(machine.settings(enabled=False))
    assert len(machine.heartbeats) == 1


def test_a_limit_of_the_system_that_hides_edits_is_said_and_so_is_its_end(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trayapp.watching.inotify.followed.RETRY_SECONDS", 0.05)

    def fail() -> None:
        raise OSError(errno.EMFILE, "")

    with monkeypatch.context() as patch:
        patch.setattr("trayapp.watching.inotify.followed.Inotify", fail)
        machine.watch()
        wait_for(lambda: machine.has_noted("Edits of settings"), "it is said", LIMIT)
    wait_for(lambda: machine.has_noted("noticed again"), "its end is said", LIMIT)

    (said,) = (note for note in machine.notes if "go unnoticed" in note)
    assert "the system's limit of inotify instances is reached. Raise it: sudo sysctl" in said
    wait_for(lambda: machine.was_edited(1), "the settings are read again", LIMIT)


def test_no_hidden_name_is_in_any_log_or_note(
    machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    everything = patterns("")
    rules = HideRules(
        exclude=patterns("/drafts/"), hide_file_names=everything, hide_project_names=everything
    )
    claim = Claim(patterns("/kiwi/"), "api_urls", "~/.wakatime.cfg line 3")
    project = make_git(machine.code / "Wonderland", "zanzibar")
    machine.watch(hide_rules=(rules,), claims=(claim,))
    save(project / "kumquat.py", "n = 1\n")
    save(project / "drafts" / "quince.py", "n = 1\n")
    save(project / "kiwi" / "papaya.py", "n = 1\n")
    wait_for(lambda: machine.heartbeats, "a save is told", LIMIT)
    machine.nobody_is_there = True
    save(project / "mango.py", "n = 1\n")
    wait_for(lambda: any("desktop" in note for note in machine.notes), "it is suppressed", LIMIT)
    machine.monitor.pause(time.time() + 60)
    save(project / "lychee.py", "n = 1\n")
    (project / "mango.py").rename(project / "guava.py")
    machine.monitor.stop()

    said = [*machine.notes, *machine.verdicts, caplog.text, json.dumps(machine.monitor.report())]
    said += map(str, machine.heartbeats)
    for name in ("kumquat", "quince", "papaya", "mango", "lychee", "guava"):
        assert name not in " ".join(said)
    for name in ("onderland", "zanzibar", "kiwi", "drafts"):
        assert name not in " ".join(said)


IDLE = """
import sys
from pathlib import Path
from tests.desktop.processes import wait_for
from tests.resident.monitored_machine import Machine
from tests.threads import others_rest

machine = Machine(Path(sys.argv[1]))
machine.watch()
(machine.code / "a.py").write_text("n = 1")
machine.saves()
second = Machine(machine.home)
second.monitor.follow(second.settings())
wait_for(lambda: others_rest(float(sys.argv[2])), "nothing wakes", 30)
second.monitor.stop()
machine.monitor.stop()
"""


def test_at_rest_nothing_wakes(tmp_path: Path) -> None:
    """Neither the watcher, nor what follows the settings, nor who waits for a folder."""
    seconds = os.environ.get("TRAYAPP_IDLE_SECONDS", "3")

    done = subprocess.run(
        [sys.executable, "-c", IDLE, str(tmp_path), seconds],
        capture_output=True,
        text=True,
        timeout=float(seconds) + 40,
        check=False,
    )

    assert done.returncode == 0, done.stderr
