"""What each editor and tool does to save a.py is one save, whatever the steps.

The sequences were seen of real programs; those of VS Code, JetBrains, Sublime Text, QSaveFile and
gofmt are told by their sources. Names that are new are made: `write` gives CREATED and CLOSED.
"""

from __future__ import annotations

import pytest

from tests.watching.machine import ROOT, Machine
from trayapp.watching.events import Kind

SEQUENCES = {
    "vim and neovim": (
        "write .a.py.swp, write 4913, delete 4913, rename a.py a.py~, write a.py, delete a.py~,"
        " delete .a.py.swp"
    ),
    "vim with backupcopy": "write a.py~, write a.py, delete a.py~",
    "emacs": "link .#a.py, rename a.py a.py~, write a.py, delete .#a.py",
    "emacs with the precious flag": "link .#a.py, write tmpK3x0aQ, rename tmpK3x0aQ a.py",
    "nano": "write .a.py.swp, write a.py, delete .a.py.swp",
    "micro": "open a.py, write a.py",
    "kate": "write .a.py.kate-swp, write a.py, delete .a.py.kate-swp",
    "gedit, mousepad and geany by GIO": (
        "write .goutputstream-M7KQ12, open a.py, rename .goutputstream-M7KQ12 a.py, open a.py"
    ),
    "VS Code": "write a.py",
    "JetBrains": "write a.py~, write a.py, delete a.py~",
    "JetBrains of old": (
        "write a.py___jb_tmp___, rename a.py a.py___jb_old___, rename a.py___jb_tmp___ a.py,"
        " delete a.py___jb_old___"
    ),
    "Sublime Text, atomic": "write .sublK3x.tmp, rename .sublK3x.tmp a.py",
    "QSaveFile": "write a.py.XbYcZd, rename a.py.XbYcZd a.py",
    "gofmt": "write a.py.1234567, write a.py, delete a.py.1234567",
    "black": "write a.py",
    "sed -i": "write sedK3x0aQ, rename sedK3x0aQ a.py",
    "perl -i": "rename a.py XXK3x0aQ, write a.py, delete XXK3x0aQ",
    "patch": "write a.py.oK3x0aQ, rename a.py.oK3x0aQ a.py",
    "rename in from an unwatched folder": "arrive a.py",
}
every_sequence = pytest.mark.parametrize("name", SEQUENCES)


def play(machine: Machine, steps: str) -> None:
    for step in steps.split(", "):
        act, path, *target = step.split()
        is_there = f"{ROOT}/{path}" in machine.files
        match act:
            case "write":
                machine.write(path)
            case "open" if is_there:
                machine.close_unwritten(path)
            case "rename" if is_there:
                machine.rename(path, *target)
            case "delete":
                machine.delete(path)
            case "arrive":
                machine.move_in(path)
            case "link":
                machine.tell(Kind.CREATED, path)


@every_sequence
@pytest.mark.parametrize("tells_deletions", [True, False])
def test_saving_an_old_file_twice_is_two_saves(name: str, *, tells_deletions: bool) -> None:
    machine = Machine(tells_deletions=tells_deletions)
    machine.have("a.py")
    for times in (1, 2):
        play(machine, SEQUENCES[name])

        assert machine.rest().saved == ["a.py"] * times
    assert machine.suppressed == []


@every_sequence
def test_saving_a_new_file_is_one_save(name: str) -> None:
    machine = Machine()

    play(machine, SEQUENCES[name])

    assert machine.rest().saved == ["a.py"]


@every_sequence
@pytest.mark.parametrize("formatter", ["gofmt", "black"])
def test_a_formatter_that_runs_on_saving_is_part_of_the_save(name: str, formatter: str) -> None:
    machine = Machine()
    machine.have("a.py")

    play(machine, SEQUENCES[name])
    machine.wait(0.3)
    play(machine, SEQUENCES[formatter])

    assert machine.rest().saved == ["a.py"]
