from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from trayapp.tray.statusnotifier.throttle import Throttle

NAMES = st.sampled_from(["NewIcon", "NewTitle", "menu"])
STEPS = st.lists(st.tuples(st.integers(0, 30), NAMES), max_size=60)
INTERVAL = 10


def test_the_first_goes_out_at_once() -> None:
    throttle = Throttle(INTERVAL)
    throttle.mark(["NewIcon"])

    assert throttle.due_at(5) == 5
    assert throttle.take(5) == {"NewIcon"}


def test_the_next_waits_for_its_interval_and_others_do_not() -> None:
    throttle = Throttle(INTERVAL)
    throttle.mark(["NewIcon"])
    throttle.take(5)
    throttle.mark(["NewIcon", "NewTitle"])

    assert throttle.take(6) == {"NewTitle"}
    assert throttle.due_at(6) == 15
    assert throttle.take(14.9) == frozenset()
    assert throttle.take(15) == {"NewIcon"}


def test_at_rest_nothing_is_due() -> None:
    throttle = Throttle(INTERVAL)
    throttle.mark(["NewIcon"])
    throttle.take(0)

    assert throttle.due_at(0) is None
    assert throttle.take(1000) == frozenset()


@given(STEPS)
def test_each_name_goes_out_seldom_enough_and_after_every_mark(
    steps: list[tuple[int, str]],
) -> None:
    """Driven as the loop drives it: woken by each mark, and at the time it asked for."""
    throttle = Throttle(INTERVAL)
    now = 0.0
    marked: dict[str, float] = {}
    sent: dict[str, list[float]] = {}

    def run_until(end: float) -> None:
        nonlocal now
        while (due := throttle.due_at(now)) is not None and due <= end:
            now = max(now, due)
            for name in throttle.take(now):
                sent.setdefault(name, []).append(now)
        now = end

    for pause, name in steps:
        run_until(now + pause)
        throttle.mark([name])
        marked[name] = now
        run_until(now)
    run_until(now + INTERVAL)

    assert throttle.due_at(now) is None
    for name, last in marked.items():
        assert last <= sent[name][-1] <= last + INTERVAL
        gaps = [after - before for before, after in pairwise(sent[name])]
        assert all(gap >= INTERVAL for gap in gaps)
