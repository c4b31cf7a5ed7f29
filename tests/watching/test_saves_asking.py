"""What is asked about a save, and how seldom: its project, and whether anybody was there."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.watching.machine import ROOT, START, Machine
from trayapp.watching.project import Project, Source
from trayapp.watching.saves import SETTLING_SECONDS
from trayapp.watching.verdicts import Reason


@dataclass
class Projects:
    """Every folder is a project, and all are on one branch."""

    branch: str = "old"
    asked: list[str] = field(default_factory=list)

    def __call__(self, path: str) -> Project:
        folder = Path(path).parent
        self.asked.append(path.removeprefix(ROOT + "/"))
        return Project(folder.name, self.branch, folder, Source.GIT, None, has_project_file=False)


@dataclass
class Desk:
    """A desktop that somebody left, and came back to at a moment."""

    back_at: float = float("inf")
    asked: list[float] = field(default_factory=list)

    def is_idle(self, at: float) -> bool:
        self.asked.append(at)
        return at < self.back_at


def found_projects(machine: Machine) -> list[tuple[str, str | None]]:
    return [(save.project.name, save.project.branch) for save in machine.saves if save.project]


class TestTheProject:
    @pytest.mark.parametrize("seconds", [0.0, SETTLING_SECONDS - 0.1])
    def test_of_a_save_before_a_checkout_has_the_old_branch(self, seconds: float) -> None:
        projects = Projects()
        machine = Machine(project_of=projects)
        machine.have("mine/a.py")
        machine.write("mine/a.py")
        machine.wait(seconds)
        projects.branch = "new"

        assert found_projects(machine.rest()) == [("mine", "old")]
        assert projects.asked == ["mine/a.py"]

    def test_of_a_save_that_is_moved_meanwhile_is_that_of_its_new_path(self) -> None:
        machine = Machine(project_of=Projects())
        machine.have("a/one.py", "b/two.py")
        machine.write("a/one.py")
        machine.write("b/two.py")
        machine.rename("a/one.py", "c/one.py")
        machine.move_folder("b", "d")

        assert found_projects(machine.rest()) == [("c", "old"), ("d", "old")]

    def test_is_not_asked_of_what_git_or_lstat_refuses(self) -> None:
        projects = Projects()
        machine = Machine(project_of=projects)
        machine.have("opened.py")
        machine.checkout(["a.py"])
        machine.move_in("synced.py", age=3600)
        machine.close_unwritten("opened.py")

        assert machine.rest().saves == []
        assert projects.asked == []

    def test_is_asked_of_ten_files_of_a_burst_and_of_the_save_within_it(self) -> None:
        projects = Projects()
        machine = Machine(project_of=projects)
        for number in range(500):
            machine.write(f"f{number}.py")
            if number == 250:
                machine.move_in("mine.py")

        assert machine.rest().saved == ["mine.py"]
        assert all(save.project for save in machine.saves)
        assert projects.asked == [*(f"f{number}.py" for number in range(10)), "mine.py"]


class TestAnIdleDesktop:
    def test_makes_a_write_nobodys_save_and_is_told(self) -> None:
        machine = Machine(is_idle=Desk().is_idle)
        machine.write("a.py")
        machine.write("b.py")

        assert machine.rest().saves == []
        assert machine.suppressed == [(Reason.IDLE, 2)]
        assert machine.reasons("a.py") == [Reason.IDLE]

    def test_is_asked_about_the_time_of_the_save(self) -> None:
        desk = Desk(back_at=0.0)
        machine = Machine(is_idle=desk.is_idle)
        machine.write("a.py")

        assert [save.at for save in machine.rest().saves] == desk.asked

    def test_is_asked_about_once_for_what_settles_together_in_favour_of_the_last(self) -> None:
        desk = Desk(back_at=START + 0.5)
        machine = Machine(is_idle=desk.is_idle)
        machine.write("a.py")
        machine.wait(0.6)
        machine.write("b.py")
        # The thread that settles comes late.
        machine.time += 2 * SETTLING_SECONDS

        assert machine.rest().saved == ["a.py", "b.py"]
        assert desk.asked == [machine.saves[-1].at]

    def test_is_not_asked_about_what_is_no_save_anyhow(self) -> None:
        desk = Desk()
        machine = Machine(is_idle=desk.is_idle)
        for number in range(50):
            machine.write(f"f{number}.py")
        machine.checkout(["a.py"])

        assert machine.rest().suppressed == [(Reason.GIT, 1), (Reason.BURST, 50)]
        assert desk.asked == []
