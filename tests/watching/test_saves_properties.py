"""Random interleavings of persons and machines: nothing invented, no single save missed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.watching.machine import (
    ROOT,
    START,
    WAYS,
    Machine,
    Way,
    is_code_name,
    save_by_copy_of_backup,
    save_by_rename_of_a_code_name,
    save_in_place,
)
from trayapp.watching.events import Kind, RawEvent
from trayapp.watching.freshness import FileStatus
from trayapp.watching.saves import Save, SaveFinder

LENGTH_SECONDS = 12.0
BETWEEN_SAVES_SECONDS = 1.2
MOVED_WITHIN_SECONDS = 0.9
NEAR_SECONDS = 0.3
Step = tuple[float, Callable[[], None]]

seconds = st.floats(0, LENGTH_SECONDS)


@dataclass
class Work:
    """What a machine does from a moment on: `count` files, so many seconds apart."""

    kind: str
    start: float
    count: int
    apart: float

    @property
    def end(self) -> float:
        return self.start + self.count * self.apart + NEAR_SECONDS

    def steps(self, machine: Machine, folder: str) -> list[Step]:
        paths = [f"{folder}/f{number}.py" for number in range(self.count)]
        acts: list[Callable[[], None]]
        match self.kind:
            case "checkout":
                machine.finder.add_repository(f"{ROOT}/{folder}", f"{ROOT}/{folder}/.git")
                git = f"{folder}/.git"
                acts = [
                    partial(machine.lock, git),
                    *(partial(machine.git_writes, path) for path in paths),
                    partial(machine.close_lock, git),
                    partial(machine.unlock, git),
                ]
            case "formatter":
                machine.have(*paths)
                acts = [partial(machine.write, path) for path in paths]
            case "sync":
                acts = [partial(machine.move_in, path, age=3600) for path in paths]
            case _:
                machine.have(*paths)
                acts = [partial(machine.move_folder, folder, folder + "-moved")]
        return [(self.start + number * self.apart, act) for number, act in enumerate(acts)]


works = st.builds(
    Work,
    st.sampled_from(["checkout", "formatter", "sync", "folder move"]),
    seconds,
    st.integers(12, 40),
    st.floats(0, 0.05),
)
saves = st.lists(
    st.tuples(
        seconds,
        st.sampled_from(list(WAYS.values())),
        st.integers(0, 3),
        st.sampled_from(["stays", "file renamed", "folder renamed"]),
        st.floats(0, MOVED_WITHIN_SECONDS),
    ),
    max_size=6,
)


@settings(max_examples=150, deadline=None)
@given(saves, st.lists(works, max_size=5), st.booleans(), st.booleans())
def test_persons_are_counted_once_and_machines_never(
    saves: list[tuple[float, Way, int, str, float]],
    works: list[Work],
    tells_deletions: bool,
    shares_a_folder: bool,
) -> None:
    machine = Machine(tells_deletions=tells_deletions)
    machine.finder.add_repository(f"{ROOT}/mine", f"{ROOT}/mine/.git")
    todo: list[Step] = []
    for number, work in enumerate(works):
        # In one repository there is one git at a time; the rest may work where the person does.
        own = work.kind in {"checkout", "folder move"} and number > 0
        place = "mine" if shares_a_folder and not own else f"other{number}"
        if place == "mine" and work.kind != "checkout":
            place = f"mine/{number}"
        todo += work.steps(machine, place)
    todo.sort(key=lambda step: step[0])
    wanted = set()
    allowed = set()
    before = -BETWEEN_SAVES_SECONDS

    def run_until(moment: float) -> None:
        while todo and todo[0][0] <= moment:
            due, act = todo.pop(0)
            machine.wait(max(START + due - machine.time, 0))
            act()

    for number, save in enumerate(sorted(saves, key=lambda save: save[0])):
        chosen, way, meanwhile, then, later = save
        at = max(chosen, before + BETWEEN_SAVES_SECONDS)
        path = f"mine/person{number}/p.py"
        machine.have(path)
        run_until(at)
        machine.wait(max(START + at - machine.time, 0))
        at = before = machine.time - START
        machine.meanwhile = _interruption(machine, todo, meanwhile)
        way(machine, path)
        machine.meanwhile = None
        run_until(at + later)
        if then == "file renamed":
            machine.rename(path, f"mine/person{number}/q.py")
            path = f"mine/person{number}/q.py"
        elif then == "folder renamed":
            machine.move_folder(f"mine/person{number}", f"mine/moved{number}")
            path = f"mine/moved{number}/p.py"
        allowed.add(path)
        near = {work.kind for work in works if work.start - NEAR_SECONDS <= at <= work.end}
        in_rhythm = "formatter" in near and way in {save_in_place, save_by_copy_of_backup}
        if not in_rhythm and not ("checkout" in near and way is save_by_rename_of_a_code_name):
            wanted.add(path)
    run_until(2 * LENGTH_SECONDS)
    machine.rest()

    event(f"{len(wanted)} saves must be found among {len(works)} works")
    assert wanted <= set(machine.saved) <= allowed
    assert len(machine.saved) == len(set(machine.saved))
    assert machine.finder.next_due is None


def _interruption(machine: Machine, todo: list[Step], count: int) -> Callable[[], None]:
    """Let machines take their next steps between two events of a person's save."""
    left = [count]

    def meanwhile() -> None:
        machine.meanwhile = None
        while left[0] and todo and todo[0][0] <= machine.time - START + 0.05:
            left[0] -= 1
            act = todo.pop(0)[1]
            act()
        machine.meanwhile = meanwhile

    return meanwhile


names = st.sampled_from(
    ["a.py", "b.py", "a.py~", ".a.py.swp", "tmp1", ".git", ".git/index.lock", ".git/index", "a.png"]
)
paths = st.builds(lambda folder, name: f"{ROOT}/{folder}/{name}", st.sampled_from("xyz"), names)
statuses = st.none() | st.builds(
    FileStatus,
    st.sampled_from([0, 1, 100, 3_000_000]),
    *[st.integers(-7, 7).map(lambda offset: round((START + offset) * 1e9))] * 3,
    st.integers(1, 2),
    st.booleans(),
)
events = st.tuples(
    st.builds(RawEvent, st.sampled_from(Kind), paths, paths, st.booleans(), st.floats(-0.5, 3.0)),
    statuses,
)


@settings(max_examples=300, deadline=None)
@given(st.lists(events, max_size=60))
def test_no_stream_of_events_crashes_it_or_makes_up_a_path(
    stream: list[tuple[RawEvent, FileStatus | None]],
) -> None:
    looks: dict[str, FileStatus | None] = {}
    finder = SaveFinder(looks.get, is_code_name, None, lambda device: device == 2)
    now = START
    found = []
    known: set[str] = set()
    for raw, status in stream:
        now += raw.at
        looks[raw.path] = status
        if raw.kind is Kind.MOVED and raw.is_directory:
            known |= {raw.path + path[len(raw.old_path) :] for path in known}
        known.add(raw.path)
        found += finder.feed(raw._replace(at=now))
    for _ in range(len(stream) + 2):
        if (due := finder.next_due) is not None:
            found += finder.settle(due)

    assert finder.next_due is None
    for save in (one for one in found if isinstance(one, Save)):
        assert save.path in known
        assert is_code_name(save.path)
