from __future__ import annotations

import math
import threading
import time

import pytest

from trayapp.desktop.idle import (
    ANSWER_LIMIT,
    IDLE_AFTER,
    KEPT,
    LONGEST_IDLE,
    Finding,
    IdleGate,
    is_good_for,
    was_idle,
)

NOW = 1_800_000_000.0


class Source:
    """Says what a test likes, and keeps how often it was asked."""

    def __init__(self, *answers: float | None, name: str = "a source") -> None:
        self.name = name
        self.answers = list(answers)
        self.asked = 0

    def idle_seconds(self, until: float) -> float | None:
        assert until > time.monotonic()
        self.asked += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def a_gate(
    *sources: Source, now: list[float] | None = None, typed: float = -math.inf, besides: str = ""
) -> IdleGate:
    moment = [NOW] if now is None else now
    return IdleGate(sources, lambda: typed, lambda _until: besides, clock=lambda: moment[0])


@pytest.mark.parametrize(
    ("idle_for", "asked_after", "expected"),
    [
        (302, 1, True),
        (300, 0, False),
        (301, 1, False),
        (302, 3, False),  # Somebody was there less than five minutes before the write.
        (0.5, 1, False),  # Somebody came between the write and the question.
        (100_000, 1, True),
        (100_000, 200_000, False),  # Slept in between: nothing is known of so long ago.
        (100_000, -1, False),  # The clock was set back.
    ],
)
def test_idle_is_who_had_done_nothing_for_five_minutes_when_it_was_written(
    idle_for: float, asked_after: float, *, expected: bool
) -> None:
    gate = a_gate(Source(idle_for))

    assert gate.is_idle(NOW - asked_after) is expected


@pytest.mark.parametrize(
    ("finding", "moment", "now", "expected"),
    [
        (Finding(NOW), NOW, NOW, True),
        (Finding(NOW), NOW - 3, NOW + KEPT, True),
        (Finding(NOW), NOW + 0.1, NOW + 1, False),
        (Finding(NOW), NOW - 3, NOW + KEPT + 0.1, False),
        (Finding(NOW), NOW - 3601, NOW - 3600, False),  # The clock was set back.
        (Finding(-math.inf), NOW, NOW, False),
    ],
)
def test_an_answer_is_kept_for_what_was_written_before_it(
    finding: Finding, moment: float, now: float, *, expected: bool
) -> None:
    assert is_good_for(finding, moment, now) is expected


@pytest.mark.parametrize(
    ("finding", "expected"),
    [
        (Finding(NOW), False),
        (Finding(NOW, NOW - IDLE_AFTER), False),
        (Finding(NOW, NOW - IDLE_AFTER - 1), True),
        (Finding(NOW, NOW - IDLE_AFTER - 1, "there is a remote session"), False),
        (Finding(NOW - 1, NOW - IDLE_AFTER - 1), False),
    ],
)
def test_what_is_not_known_is_not_idle(finding: Finding, *, expected: bool) -> None:
    assert was_idle(finding, NOW, IDLE_AFTER) is expected


@pytest.mark.parametrize("nonsense", [None, 0.0, -1.0, LONGEST_IDLE, 2.0**32 / 1000, math.nan])
def test_a_source_that_says_nothing_of_use_is_passed_over(nonsense: float | None) -> None:
    useless, useful = Source(nonsense), Source(400, name="the second")
    gate = a_gate(useless, useful)

    assert gate.is_idle(NOW)
    assert a_gate(useless).is_idle(NOW) is False
    assert gate.describe() == "the second says how long the desktop has been idle (400 s now)"


def test_the_first_that_answers_is_believed_also_when_it_says_zero() -> None:
    """Another's hint may be older than the key just pressed."""
    now = [NOW]
    first, second = Source(5, 0, 0, 400), Source(500)
    gate = a_gate(first, second, now=now)
    found = []
    for _ in range(4):
        found.append(gate.is_idle(now[0]))
        now[0] += 10

    assert found == [False, False, False, True]
    assert second.asked == 0


def test_when_it_falls_silent_nothing_is_known_and_then_all_are_asked_again() -> None:
    now = [NOW]
    first, second = Source(400, None), Source(500)
    gate = a_gate(first, second, now=now)
    found = []
    for _ in range(3):
        found.append(gate.is_idle(now[0]))
        now[0] += 10

    assert found == [True, False, True]
    assert (first.asked, second.asked) == (3, 1)


def test_a_storm_of_writes_asks_once_known_or_not() -> None:
    for source in (Source(400), Source(None)):
        gate = a_gate(source)

        assert {gate.is_idle(NOW - number / 1000) for number in range(1000)} == {
            source.answers[0] is not None
        }
        assert source.asked == 1


@pytest.mark.parametrize(("typed", "expected"), [(NOW - 301, True), (NOW - 299, False)])
def test_who_types_in_a_terminal_is_there(typed: float, *, expected: bool) -> None:
    assert a_gate(Source(4000), typed=typed).is_idle(NOW) is expected


def test_nothing_is_left_out_where_somebody_else_is_logged_in() -> None:
    gate = a_gate(Source(4000), besides="there is a remote session")

    assert not gate.is_idle(NOW)
    assert gate.describe().endswith("(4000 s now), but there is a remote session")


def test_logins_are_looked_at_only_where_the_desktop_is_idle() -> None:
    """The everyday save costs one question."""
    looked: list[float] = []

    def besides(until: float) -> str:
        looked.append(until)
        return ""

    gate = IdleGate([Source(1)], lambda: -math.inf, besides, clock=lambda: NOW)

    assert not gate.is_idle(NOW)
    assert looked == []


def test_after_waking_the_first_save_counts_whatever_the_clocks_did() -> None:
    """Asleep for a night; the desktop's counter stood still, or did not; the wall clock jumped."""
    for before in (10.0, 400.0):
        for jump in (-3600.0, 0.0, 30_000.0):
            now = [NOW]
            source = Source(before)
            gate = a_gate(source, now=now)
            gate.is_idle(NOW)

            now[0] += jump + 2
            source.answers = [2.0]  # A key was pressed, and then the save.

            assert not gate.is_idle(now[0] - 1)


def test_without_any_source_it_says_so() -> None:
    gate = a_gate()

    assert not gate.is_idle(NOW)
    assert gate.describe() == "no desktop says how long it has been idle"


def test_what_fails_is_logged_once_without_its_text_and_not_raised(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail() -> float:
        raise PermissionError("/home/ada/Kumquat")

    source = Source(400)
    gate = IdleGate([source], fail, lambda _until: "", clock=lambda: NOW)

    assert {gate.is_idle(NOW - number / 1000) for number in range(1000)} == {False}
    assert source.asked == 1
    assert caplog.text.count("could not be found out: PermissionError (test_idle.py:") == 1
    assert "Kumquat" not in caplog.text
    assert "Traceback" not in caplog.text


def test_who_asks_while_another_waits_for_the_answer_waits_no_longer_than_a_second() -> None:
    asked, answer = threading.Event(), threading.Event()

    class Slow(Source):
        def idle_seconds(self, until: float) -> float | None:
            asked.set()
            assert answer.wait(10)
            return super().idle_seconds(until + 10)

    gate = a_gate(Slow(400))
    thread = threading.Thread(target=gate.describe)
    thread.start()
    assert asked.wait(10)
    start = time.monotonic()

    assert not gate.is_idle(NOW)

    assert time.monotonic() - start < ANSWER_LIMIT + 0.5
    answer.set()
    thread.join()
