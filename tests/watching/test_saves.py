"""What a person saved, and what a machine wrote, among synthesised events.

The names of the scenarios are those of the prototype that was measured first.
"""

from __future__ import annotations

import pytest

from tests.watching.machine import (
    ROOT,
    START,
    STEP_SECONDS,
    WAYS,
    Machine,
    Way,
    save_by_copy_of_backup,
    save_by_rename,
    save_by_rename_of_a_code_name,
    save_in_place,
    save_with_backup,
)
from trayapp.watching.events import Kind, RawEvent
from trayapp.watching.saves import (
    CLOSED_AGAIN_SECONDS,
    OVERFLOW_SECONDS,
    SETTLING_SECONDS,
    Save,
)
from trayapp.watching.verdicts import QUIET_SECONDS, Reason, Suppressed

every_way = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
both_kinds_of_observers = pytest.mark.parametrize("tells_deletions", [True, False])


def files(count: int, stem: str = "f") -> list[str]:
    return [f"{stem}{number}.py" for number in range(count)]


class TestASave:
    @every_way
    @pytest.mark.parametrize("known", [True, False])
    def test_of_an_old_file_is_one_save_by_every_way(self, way: Way, *, known: bool) -> None:
        machine = Machine()
        machine.have("a.py")
        if known:
            machine.write("a.py")
            machine.rest().found.clear()

        way(machine, "a.py")

        assert machine.rest().saved == ["a.py"]

    @every_way
    def test_of_a_new_file_is_one_save_by_every_way(self, way: Way) -> None:
        machine = Machine()

        way(machine, "a.py")

        assert machine.rest().saved == ["a.py"]

    def test_has_the_time_when_its_event_was_read(self) -> None:
        machine = Machine()
        machine.have("a.py")

        machine.write("a.py")

        assert machine.rest().found == [Save(f"{ROOT}/a.py", START + STEP_SECONDS)]

    def test_is_given_after_the_settling_time_and_nothing_is_due_then(self) -> None:
        machine = Machine()
        machine.have("a.py")
        assert machine.finder.next_due is None

        machine.write("a.py")

        assert machine.finder.next_due == pytest.approx(machine.time + SETTLING_SECONDS)
        assert machine.wait(SETTLING_SECONDS - 0.01).saved == []
        assert machine.wait(0.02).saved == ["a.py"]
        assert machine.finder.next_due is None

    def test_still_settles_in_time_when_the_clock_is_set_back(self) -> None:
        machine = Machine()
        machine.have("a.py")
        machine.write("a.py")
        machine.time -= 3600

        assert machine.finder.settle(machine.time) == []
        assert machine.wait(SETTLING_SECONDS + 0.01).saved == ["a.py"]

    @pytest.mark.parametrize("clock_error", [-3600.0, 3600.0])
    @every_way
    def test_counts_on_a_file_system_with_a_wrong_clock(self, way: Way, clock_error: float) -> None:
        machine = Machine(clock_error=clock_error)
        for hour in range(3):
            machine.have(f"{hour}.py")
            way(machine, f"{hour}.py")
            machine.wait(3600)

        assert machine.saved == ["0.py", "1.py", "2.py"]

    def test_twice_is_two_saves(self) -> None:
        machine = Machine()
        machine.have("a.py")
        for _ in range(2):
            machine.write("a.py")
            machine.wait(SETTLING_SECONDS + 0.1)

        assert machine.saved == ["a.py", "a.py"]

    def test_of_a_file_that_is_then_renamed_has_the_new_name(self) -> None:
        machine = Machine()
        machine.have("a.py", "old/b.py")
        machine.write("a.py")
        machine.rename("a.py", "c.py")
        machine.write("old/b.py")
        machine.move_folder("old", "new")

        assert machine.rest().saved == ["c.py", "new/b.py"]

    def test_by_a_fresh_file_of_a_code_name_over_a_fresh_save_is_one(self) -> None:
        machine = Machine()
        machine.have("a.py")
        machine.write("a.py")
        save_by_rename_of_a_code_name(machine, "a.py")

        assert machine.rest().saved == ["a.py"]

    def test_is_decided_by_later_events_when_nobody_settles_it(self) -> None:
        machine = Machine()
        machine.have("a.py")
        for path, at in [("a.py", START), ("a.png", START + SETTLING_SECONDS)]:
            machine.files[f"{ROOT}/a.py"].mtime = machine.files[f"{ROOT}/a.py"].ctime = START
            found = machine.finder.feed(RawEvent(Kind.CLOSED, f"{ROOT}/{path}", "", False, at))

        assert found == [Save(f"{ROOT}/a.py", START)]

    @pytest.mark.parametrize("evidence", ["an editor's file beside it", "another size"])
    def test_counts_when_its_times_are_those_of_a_touch_but(self, evidence: str) -> None:
        machine = Machine()
        machine.have("a.py")
        machine.write("a.py")
        machine.rest().found.clear()

        if evidence == "another size":
            machine.files[f"{ROOT}/a.py"].size = 90
        else:
            machine.write("a.py~")
        machine.touch("a.py")

        assert machine.rest().saved == ["a.py"]

    def test_counts_on_a_file_system_whose_wrong_clock_has_shown_itself(self) -> None:
        machine = Machine(clock_error=-3600)
        machine.write("made.py")
        machine.have("a.py")
        machine.write("a.py")

        assert machine.rest().saved == ["made.py", "a.py"]

    def test_of_a_file_that_is_gone_by_then_is_none(self) -> None:
        machine = Machine()
        machine.write("a.py")
        machine.delete("a.py")

        assert machine.rest().saved == []
        assert machine.reasons("a.py") == [Reason.GONE]


class TestNoSave:
    @pytest.mark.parametrize(
        ("name", "reason"),
        [
            ("a.pyc", Reason.NOT_CODE),
            ("a.png", Reason.NOT_CODE),
            (".a.py.swp", Reason.TEMPORARY),
            (".#a.py", Reason.TEMPORARY),
            ("#a.py", Reason.TEMPORARY),
            ("~$a.py", Reason.TEMPORARY),
            (".~a.py", Reason.TEMPORARY),
            ("flycheck_a.py", Reason.TEMPORARY),
            ("a_flymake.py", Reason.TEMPORARY),
            ("a.py~", Reason.TEMPORARY),
            ("4913", Reason.TEMPORARY),
            (".a.py.kate-swp", Reason.TEMPORARY),
            ("a.py___jb_tmp___", Reason.TEMPORARY),
            (".goutputstream-AB12.py", Reason.TEMPORARY),
            (".syncthing.a.py", Reason.TEMPORARY),
            ("package-lock.json", Reason.LOCK),
            ("yarn.lock", Reason.LOCK),
        ],
    )
    def test_is_a_name_of_no_code(self, name: str, reason: Reason) -> None:
        machine = Machine()
        machine.have(name)

        machine.write(name)

        assert machine.rest().saved == []
        assert machine.reasons(name) == [reason]

    @pytest.mark.parametrize("known", [True, False])
    def test_is_a_touch(self, *, known: bool) -> None:
        machine = Machine()
        machine.have("a.py")
        if known:
            machine.write("a.py")
            machine.rest().found.clear()

        machine.touch("a.py")
        machine.touch("new.py")

        assert machine.rest().saved == []
        assert machine.reasons("a.py")[-1:] == [Reason.TOUCHED]
        assert machine.reasons("new.py") == [Reason.EMPTY]

    def test_is_a_touch_with_a_chmod_before_we_look(self) -> None:
        machine = Machine()
        machine.have("a.py")

        def chmod() -> None:
            machine.files[f"{ROOT}/a.py"].ctime += 0.003

        machine.meanwhile = chmod
        machine.touch("a.py")

        assert machine.rest().saved == []
        assert machine.reasons("a.py") == [Reason.TOUCHED]

    @pytest.mark.parametrize("known", [True, False])
    def test_is_opening_without_writing(self, *, known: bool) -> None:
        machine = Machine()
        machine.have("a.py")
        if known:
            machine.write("a.py")
            machine.rest().found.clear()

        machine.close_unwritten("a.py")

        assert machine.rest().saved == []
        assert machine.reasons("a.py")[-1:] == [Reason.UNWRITTEN]

    def test_is_opening_without_writing_on_a_file_system_whose_clock_has_shown_itself(self) -> None:
        machine = Machine(clock_error=-3600)
        machine.have("a.py")
        machine.write("made.py")
        machine.rest().found.clear()

        machine.close_unwritten("a.py")

        assert machine.rest().saved == []

    def test_is_opening_a_file_that_git_wrote_meanwhile(self) -> None:
        machine = Machine()
        machine.have("a.py")
        machine.write("a.py")
        machine.rest().checkout(["a.py"])
        machine.rest().found.clear()

        machine.close_unwritten("a.py")

        assert machine.rest().saved == []

    @pytest.mark.parametrize("renamed", [True, False])
    def test_is_opening_what_a_person_has_just_saved(self, *, renamed: bool) -> None:
        machine = Machine()
        machine.have("a.py")
        machine.write("a.py")
        machine.wait(0.5)
        machine.write("a.py")
        machine.wait(0.6)
        if renamed:
            machine.rename("a.py", "b.py")
        machine.close_unwritten("b.py" if renamed else "a.py")

        assert machine.rest().saved == ["a.py"]

    def test_is_a_renamed_file_however_fresh(self) -> None:
        machine = Machine()
        machine.have("a.py")
        machine.write("a.py")
        machine.wait(SETTLING_SECONDS + 0.1)
        machine.rename("a.py", "b.py")

        assert machine.rest().saved == ["a.py"]
        assert machine.reasons("b.py") == [Reason.RENAMED]

    def test_is_a_file_too_large_or_no_file(self) -> None:
        machine = Machine()
        machine.have("a.json", "pipe.py")
        machine.files[f"{ROOT}/pipe.py"].is_regular = False

        machine.write("a.json", size=3_000_000)
        machine.write("pipe.py")

        assert machine.rest().saved == []
        assert machine.reasons("a.json") == [Reason.TOO_LARGE]
        assert machine.reasons("pipe.py") == [Reason.NOT_REGULAR]

    def test_is_a_file_moved_in_with_an_older_time(self) -> None:
        machine = Machine()

        machine.move_in("a.py", age=3600)

        assert machine.rest().saved == []
        assert machine.suppressed == [(Reason.OLDER_TIMES, 1)]

    def test_is_anything_in_a_git_folder(self) -> None:
        machine = Machine(is_code=lambda _name: True)

        machine.write(".git/COMMIT_EDITMSG")
        machine.write(".git/config")

        assert machine.rest().found == []


class TestScenarios:
    """The 21, but those that pruning alone decides: no event comes from a folder not watched."""

    def test_12_saves_in_5_ways_are_12(self) -> None:
        machine = Machine()
        ways = list(WAYS.values())[:5]
        for number in range(12):
            machine.have(f"{number}.py")
            ways[number % 5](machine, f"{number}.py")
            machine.wait(0.4)

        assert machine.rest().saved == [f"{number}.py" for number in range(12)]
        assert machine.suppressed == []

    @every_way
    def test_formatter_on_save_is_1(self, way: Way) -> None:
        machine = Machine()
        machine.have("a.py")
        way(machine, "a.py")
        machine.wait(0.3)
        machine.write("a.py", size=90)

        assert machine.rest().saved == ["a.py"]

    @both_kinds_of_observers
    @pytest.mark.parametrize("count", [3, 2000])
    def test_checkout_is_0(self, count: int, *, tells_deletions: bool) -> None:
        machine = Machine(tells_deletions=tells_deletions)
        machine.have(*files(count, "deep/er/f"))

        machine.checkout(files(count, "deep/er/f"))

        assert machine.rest().saved == []
        assert machine.suppressed == [(Reason.GIT, count)]
        assert machine.looks == 0

    def test_stash_and_pop_and_rebase_are_0_and_one_line(self) -> None:
        machine = Machine()
        machine.have(*files(3))
        for _ in range(5):
            machine.checkout(files(3))
            machine.wait(0.5)

        assert machine.rest().saved == []
        assert machine.suppressed == [(Reason.GIT, 15)]

    @pytest.mark.parametrize("seconds_between", [0.0, 0.02, 0.08])
    @pytest.mark.parametrize("way", [save_in_place, save_by_rename])
    def test_formatter_on_500_files_is_0(self, seconds_between: float, way: Way) -> None:
        machine = Machine()
        machine.have(*files(500))
        for path in files(500):
            way(machine, path)
            machine.wait(seconds_between)

        assert machine.rest().saved == []
        assert machine.suppressed == [(Reason.BURST, 500)]

    def test_codegen_of_30_files_is_0_and_of_3_is_3(self) -> None:
        machine = Machine()
        for path in files(30):
            machine.write(path)
        machine.rest()
        for path in files(3, "few"):
            machine.write(path)

        assert machine.rest().saved == files(3, "few")

    @pytest.mark.parametrize("after_closing", [True, False])
    def test_untar_is_0(self, *, after_closing: bool) -> None:
        machine = Machine()
        for path in files(5):
            if after_closing:
                machine.write(path)
                machine.set_times(path)
            else:
                machine.tell(Kind.CREATED, path)
                machine.have(path)
                machine.set_times(path)
                machine.tell(Kind.CLOSED, path)

        assert machine.rest().saved == []
        assert machine.suppressed == [(Reason.OLDER_TIMES, 5)]

    def test_5_synced_files_with_old_times_are_0(self) -> None:
        machine = Machine()
        machine.have(*files(5))
        for path in files(5):
            machine.write(f".{path}.AbCdEf")
            machine.set_times(f".{path}.AbCdEf", age=3600)
            machine.rename(f".{path}.AbCdEf", path)

        assert machine.rest().saved == []
        assert machine.suppressed == [(Reason.OLDER_TIMES, 5)]

    def test_lock_temporary_and_binary_names_are_0(self) -> None:
        machine = Machine()
        for name in ["a.pyc", "poetry.lock", "go.sum", "pnpm-lock.yaml", "x.tmp", "a.o"]:
            machine.write(name)

        assert machine.rest().found == []

    def test_a_save_in_a_folder_just_made_is_1(self) -> None:
        machine = Machine()
        machine.tell(Kind.CREATED, "new", folder=True)
        machine.tell(Kind.CREATED, "new/er", folder=True)
        machine.write("new/er/a.py")

        assert machine.rest().saved == ["new/er/a.py"]

    def test_a_folder_renamed_and_then_1_save_is_1_with_the_new_path(self) -> None:
        machine = Machine()
        machine.have("old/a.py", "old/b.py")
        machine.move_folder("old", "new")
        machine.write("new/a.py")

        assert machine.rest().saved == ["new/a.py"]

    @every_way
    @pytest.mark.parametrize("count", [8, 10])
    def test_save_all_is_every_file(self, way: Way, count: int) -> None:
        machine = Machine()
        machine.have(*files(count))
        for path in files(count):
            way(machine, path)

        assert machine.rest().saved == files(count)

    def test_clone_of_2000_is_0(self) -> None:
        machine = Machine()
        machine.tell(Kind.CREATED, "clone", folder=True)
        machine.tell(Kind.CREATED, "clone/.git", folder=True)
        machine.checkout([f"clone/{path}" for path in files(2000)], "clone/.git")

        assert machine.rest().saved == []
        assert machine.suppressed == [(Reason.GIT, 2000)]


class TestGit:
    @pytest.mark.parametrize("seconds", [0.0, 0.5, 1.9, 3.0])
    @every_way
    def test_a_save_after_a_checkout_counts(self, way: Way, seconds: float) -> None:
        machine = Machine()
        machine.have("mine.py", *files(30))
        machine.checkout(files(30))
        machine.wait(seconds)

        way(machine, "mine.py")

        assert machine.rest().saved == ["mine.py"]
        assert machine.suppressed == [(Reason.GIT, 30)]

    @every_way
    def test_a_save_before_and_in_the_midst_of_a_checkout_counts(self, way: Way) -> None:
        machine = Machine()
        machine.have("first.py", "mine.py", *files(30))
        way(machine, "first.py")
        machine.lock()
        for path in files(15):
            machine.git_writes(path)
        way(machine, "mine.py")
        for path in files(30)[15:]:
            machine.git_writes(path)
        machine.close_lock()
        machine.unlock()

        # A new file with a code name, within the bracket, is what git makes too.
        ambiguous = way is save_by_rename_of_a_code_name
        assert machine.rest().saved == (["first.py"] if ambiguous else ["first.py", "mine.py"])

    @every_way
    def test_a_save_in_the_editor_or_a_hook_of_a_commit_counts(self, way: Way) -> None:
        machine = Machine()
        machine.have("mine.py")
        machine.lock()
        machine.close_lock()

        way(machine, "mine.py")
        machine.write("made.py")

        machine.unlock()
        assert machine.rest().saved == ["mine.py", "made.py"]

    def test_a_lock_that_stays_suppresses_until_2_seconds_pass_without_a_write(self) -> None:
        machine = Machine()
        machine.lock()
        for path in files(5):
            machine.wait(1.8)
            machine.git_writes(path)
        machine.wait(2.1)

        machine.write("mine.py")

        assert machine.rest().saved == ["mine.py"]
        assert machine.suppressed == [(Reason.GIT, 5)]

    def test_a_lock_older_than_a_minute_suppresses_nothing(self) -> None:
        machine = Machine()
        machine.lock()
        for number in range(40):
            machine.git_writes(f"{number}.py")
            machine.wait(1.8)

        assert machine.rest().saved == [f"{number}.py" for number in range(34, 40)]

    def test_a_lock_found_at_start_suppresses_nothing(self) -> None:
        machine = Machine()
        machine.have(".git/index.lock")
        machine.write("made.py")

        assert machine.rest().saved == ["made.py"]

    def test_a_lock_that_is_deleted_ends_the_bracket(self) -> None:
        machine = Machine()
        machine.lock()
        machine.tell(Kind.DELETED, ".git/index.lock")
        machine.write("made.py")

        assert machine.rest().saved == ["made.py"]

    def test_brackets_hold_only_in_their_own_working_tree(self) -> None:
        machine = Machine()
        machine.finder.add_repository(f"{ROOT}/tree", f"{ROOT}/main/.git/worktrees/tree")
        machine.finder.add_repository(f"{ROOT}/main/sub", f"{ROOT}/main/.git/modules/sub")
        machine.lock("main/.git")
        machine.lock("main/.git/worktrees/tree")
        machine.git_writes("main/a.py")
        machine.git_writes("tree/a.py")
        machine.write("main/sub/made.py")
        machine.write("elsewhere/made.py")
        machine.close_lock("main/.git")
        machine.git_writes("tree/b.py")
        machine.write("main/made.py")

        assert machine.rest().saved == ["main/sub/made.py", "elsewhere/made.py", "main/made.py"]
        assert sorted(machine.suppressed) == [(Reason.GIT, 1), (Reason.GIT, 2)]

    def test_brackets_follow_a_renamed_folder_and_end_with_a_forgotten_repository(self) -> None:
        machine = Machine()
        machine.finder.add_repository(f"{ROOT}/old/tree", f"{ROOT}/old/main/.git/worktrees/tree")
        machine.move_folder("old", "new")
        machine.checkout(["new/tree/a.py"], "new/main/.git/worktrees/tree")
        machine.lock("new/main/.git/worktrees/tree")
        machine.git_writes("new/tree/b.py")
        machine.finder.remove_repository(f"{ROOT}/new/tree")
        machine.finder.add_repository(f"{ROOT}/new/tree", f"{ROOT}/new/tree/.git")
        machine.write("new/tree/made.py")

        assert machine.rest().saved == ["new/tree/made.py"]
        assert machine.suppressed == [(Reason.GIT, 2)]

    @pytest.mark.parametrize("found", ["index", "index.lock", "nothing, but .git is a file"])
    def test_a_clone_too_quick_for_its_lock_to_be_watched_is_0(self, found: str) -> None:
        machine = Machine()
        machine.write("clone/deep/a.py")
        machine.tell(Kind.CREATED, "clone/.git", folder="index" in found)
        machine.write("clone/b.py")
        if "index" in found:
            machine.write(f"clone/.git/{found}")

        assert machine.rest().saved == []
        assert machine.suppressed == [(Reason.GIT, 2)]

    def test_a_new_file_that_is_told_twice_is_still_of_git(self) -> None:
        machine = Machine()
        machine.lock()
        machine.write("deep/a.py")
        machine.tell(Kind.CLOSED, "deep/a.py")
        machine.wait(CLOSED_AGAIN_SECONDS)
        machine.write("deep/a.py", size=90)

        assert machine.rest().saved == ["deep/a.py"]
        assert machine.suppressed == [(Reason.GIT, 2)]

    def test_what_is_renamed_from_its_lock_is_of_git_in_a_repository_only(self) -> None:
        machine = Machine(is_code=lambda _name: True)
        machine.finder.add_repository(f"{ROOT}/tree", f"{ROOT}/tree/.git")
        for folder in ("tree", "elsewhere"):
            machine.have(f"{folder}/.gitmodules")
            machine.write(f"{folder}/.gitmodules.lock")
            machine.rename(f"{folder}/.gitmodules.lock", f"{folder}/.gitmodules")

        assert machine.rest().saved == ["elsewhere/.gitmodules"]
        assert machine.suppressed == [(Reason.GIT, 1)]

    @pytest.mark.parametrize("held", [False, True])
    def test_a_save_right_after_git_init_counts(self, held: bool) -> None:
        """After the first commit, too; `held`: git has its lock again, to ask for a message."""
        machine = Machine()
        machine.tell(Kind.CREATED, ".git", folder=True)
        machine.write("made.py")
        machine.wait(1.2)
        machine.write(".git/index")
        machine.write("later.py")
        if held:
            machine.write(".git/index.lock")

        assert machine.rest().saved == ["made.py", "later.py"]


class TestBursts:
    @pytest.mark.parametrize("way", [save_in_place, save_with_backup, save_by_rename])
    @pytest.mark.parametrize("seconds", [0.25, 0.9])
    def test_a_save_right_before_and_right_after_counts(self, way: Way, seconds: float) -> None:
        machine = Machine()
        machine.have("first.py", "last.py", *files(100))
        way(machine, "first.py")
        machine.wait(seconds)
        for path in files(100):
            way(machine, path)
        machine.wait(seconds)
        way(machine, "last.py")

        assert machine.rest().saved == ["first.py", "last.py"]
        assert machine.suppressed == [(Reason.BURST, 100)]

    @every_way
    def test_a_save_in_the_midst_counts_when_its_way_is_another(self, way: Way) -> None:
        in_place = way in {save_in_place, save_by_copy_of_backup}
        write = save_by_rename if in_place else save_in_place
        machine = Machine()
        machine.have("mine.py", *files(100))
        for number, path in enumerate(files(100)):
            if number == 50:
                way(machine, "mine.py")
            write(machine, path)

        assert machine.rest().saved == ["mine.py"]
        assert machine.suppressed == [(Reason.BURST, 100)]

    def test_hold_only_in_their_own_repository(self) -> None:
        machine = Machine()
        for root in ("one", "two"):
            machine.finder.add_repository(f"{ROOT}/{root}", f"{ROOT}/{root}/.git")
        for number, path in enumerate(files(100)):
            machine.write(f"one/{path}")
            if number % 20 == 10:
                machine.write(f"two/{path}")

        assert machine.rest().saved == [f"two/f{number}.py" for number in range(10, 100, 20)]

    def test_hold_11_files(self) -> None:
        machine = Machine()
        for path in files(11):
            machine.write(path)

        assert machine.rest().saved == []
        [told] = machine.found
        assert isinstance(told, Suppressed)
        assert (told.reason, told.count, told.example) == (Reason.BURST, 11, f"{ROOT}/f0.py")
        assert told.at == pytest.approx(START + 2 * STEP_SECONDS)

    def test_of_20000_files_are_told_once_and_a_save_after_them_counts(self) -> None:
        machine = Machine()
        for number in range(20_000):
            machine.write(f"{number}.py")
        machine.wait(0.5)
        machine.write("mine.py")

        assert machine.rest().saved == ["mine.py"]
        assert machine.suppressed == [(Reason.BURST, 20_000)]

    def test_are_told_when_they_have_been_quiet(self) -> None:
        machine = Machine()
        for path in files(11):
            machine.write(path)
        last = machine.time

        machine.wait(SETTLING_SECONDS + QUIET_SECONDS - 0.1)
        assert machine.suppressed == []
        assert machine.finder.next_due == pytest.approx(last + SETTLING_SECONDS + QUIET_SECONDS)
        machine.wait(0.2)
        assert machine.suppressed == [(Reason.BURST, 11)]
        assert machine.finder.next_due is None


class TestOverflow:
    def test_drops_what_is_pending_and_two_seconds(self) -> None:
        machine = Machine()
        machine.have("a.py", "b.py", "c.py")
        machine.write("a.py")
        machine.tell(Kind.OVERFLOW)
        machine.wait(OVERFLOW_SECONDS - 0.1)
        machine.write("b.py")
        machine.wait(0.2)
        machine.write("c.py")

        assert machine.rest().saved == ["c.py"]
        assert machine.suppressed == [(Reason.OVERFLOW, 2)]

    def test_is_outlived_by_no_lock_whose_end_may_be_lost(self) -> None:
        machine = Machine()
        machine.lock()
        machine.tell(Kind.OVERFLOW)
        machine.wait(OVERFLOW_SECONDS / 2)
        machine.git_writes("a.py")
        machine.wait(OVERFLOW_SECONDS / 2)
        machine.write("made.py")

        assert machine.rest().saved == ["made.py"]


def test_every_candidate_has_a_verdict() -> None:
    machine = Machine()
    machine.have("a.py", "b.py")
    machine.write("a.py")
    machine.write("a.py")
    machine.write("a.png")
    machine.checkout(["b.py"])
    machine.rest()

    assert [(verdict.path, verdict.reason, verdict.accepted) for verdict in machine.verdicts] == [
        (f"{ROOT}/a.py", Reason.SAME_SAVE, False),
        (f"{ROOT}/a.png", Reason.NOT_CODE, False),
        (f"{ROOT}/b.py", Reason.GIT, False),
        (f"{ROOT}/a.py", Reason.SAVE, True),
    ]
