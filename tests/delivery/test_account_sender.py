"""The pace of sending to one account, on a clock that moves only when told to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.delivery.fake_server import SLANDER, Poison, Trouble
from tests.delivery.sending_scene import HOME, WORK, Scene, folder_in_memory, heartbeat
from trayapp.coding.pacing import LONGEST_BACK_OFF_SECONDS
from trayapp.delivery.account_sender import SECONDS_BETWEEN_POSTS, SECONDS_BETWEEN_ROUNDS
from trayapp.delivery.rows import Outcome, Recording
from trayapp.errors import QueueFullError, SignedOutError, UnreachableError
from trayapp.servers.client import Client
from trayapp.servers.dialects import Dialect
from trayapp.servers.transport import Response

YEAR = 365 * 86400.0
ROUNDING = 1e-6


@pytest.fixture
def memory_folder() -> Iterator[Path]:
    with folder_in_memory() as folder:
        yield folder


@pytest.fixture
def scene(memory_folder: Path) -> Scene:
    return Scene(memory_folder)


def gaps(times: Sequence[float]) -> list[float]:
    return [after - before for before, after in pairwise(times)]


def test_nothing_waits_for_nothing(scene: Scene) -> None:
    assert scene.attend() is None
    assert scene.transports == []


def test_what_was_recorded_goes_at_once_and_is_marked(scene: Scene) -> None:
    scene.record(3)

    scene.live(5)

    assert scene.server.sent() == [1, 2, 3]
    assert (scene.counts().waiting, scene.counts().done) == (0, 3)
    assert scene.attend() is None


def test_rounds_start_30_seconds_apart_at_the_least(scene: Scene) -> None:
    for _ in range(100):
        scene.record()
        scene.live(7)

    assert min(gaps(scene.post_times())) >= SECONDS_BETWEEN_ROUNDS - ROUNDING
    assert len(scene.posts) == pytest.approx(700 / 30, abs=2)


def test_the_time_between_rounds_is_a_setting_of_which_0_is_off(scene: Scene) -> None:
    scene.sender.follow(scene.receivers, 0.0)
    for _ in range(5):
        scene.record()
        scene.live(2)

    assert len(scene.posts) == 5


@pytest.mark.parametrize("took", [0.0, 4.0])
def test_within_a_round_posts_are_a_second_apart(scene: Scene, took: float) -> None:
    scene.took = took
    scene.record(250)

    scene.live(100)

    times = scene.post_times()
    assert len(times) == 10
    assert gaps(times) == pytest.approx([took + SECONDS_BETWEEN_POSTS] * 9)


def test_a_person_starts_a_round_at_once_but_no_two_posts_within_a_second(scene: Scene) -> None:
    scene.record()
    scene.live(0.2)
    scene.record()
    scene.sender.send_now()
    scene.live(5)

    first, second = scene.post_times()
    assert second - first == SECONDS_BETWEEN_POSTS


def test_a_person_who_asks_with_nothing_waiting_gains_nothing_later(scene: Scene) -> None:
    scene.record()
    scene.live(1)
    scene.sender.send_now()
    scene.live(1)
    scene.record()
    scene.live(60)

    first, second = scene.post_times()
    assert second - first == SECONDS_BETWEEN_ROUNDS


def test_a_delivery_is_told_once_for_a_round(scene: Scene) -> None:
    scene.record(250)
    scene.live(60)

    assert scene.delivered == [HOME]
    assert scene.changes >= 10


def test_a_round_that_delivered_nothing_tells_of_no_delivery(scene: Scene) -> None:
    scene.server.trouble = Trouble.BROKEN
    scene.record()
    scene.live(60)

    assert scene.delivered == []


def test_a_server_in_trouble_is_left_alone_for_longer_and_longer_up_to_ten_minutes(
    scene: Scene,
) -> None:
    scene.chance = 0.9999
    scene.server.trouble = Trouble.BROKEN
    scene.record(3)

    scene.live(3 * 86400)

    waited = gaps(scene.post_times())
    assert waited[:6] == pytest.approx([30, 30, 60, 120, 240, 480], rel=0.01)
    assert max(waited) <= LONGEST_BACK_OFF_SECONDS
    assert waited[-1] == pytest.approx(LONGEST_BACK_OFF_SECONDS, rel=0.01)

    scene.server.trouble = Trouble.NONE
    scene.live(LONGEST_BACK_OFF_SECONDS + 60)
    assert scene.counts().done == 3


def test_once_something_was_accepted_back_off_starts_anew(scene: Scene) -> None:
    scene.server.trouble = Trouble.BROKEN
    scene.record()
    scene.live(86400)
    scene.server.trouble = Trouble.NONE
    scene.live(LONGEST_BACK_OFF_SECONDS)
    scene.server.trouble = Trouble.BROKEN
    posts = len(scene.posts)
    scene.record()
    scene.live(100)

    assert gaps(scene.post_times()[posts:])[0] == SECONDS_BETWEEN_ROUNDS


def test_back_off_has_jitter(memory_folder: Path) -> None:
    waited = []
    for number, chance in enumerate([0.0, 0.9]):
        scene = Scene(memory_folder / str(number), chance=chance)
        scene.server.trouble = Trouble.BROKEN
        scene.record()
        scene.live(3600)
        waited.append(gaps(scene.post_times())[-1])

    assert waited[0] < waited[1]


@pytest.mark.parametrize(
    ("asked", "waited"), [("120", 120), ("3600", 3600), ("86400", 3600), ("1", 30)]
)
def test_retry_after_is_honoured_up_to_an_hour(scene: Scene, asked: str, waited: float) -> None:
    answers = [Response(429, {"retry-after": asked}, b"")]
    scene.meanwhile = lambda _: answers.pop() if answers else None
    scene.record()

    scene.live(2 * 3600)

    first, second = scene.post_times()
    assert second - first == waited


def test_retry_after_is_honoured_where_the_key_is_refused_too(scene: Scene) -> None:
    answers = [Response(401, {"retry-after": "3600"}, b"")]
    scene.meanwhile = lambda _: answers.pop() if answers else None
    scene.record()

    scene.live(2 * 3600)

    assert gaps(scene.post_times()) == [3600]


@pytest.mark.parametrize("trouble", [Trouble.BROKEN, Trouble.THROTTLED, Trouble.PAY])
def test_neither_person_nor_wake_nor_network_moves_a_server_that_answered(
    scene: Scene, trouble: Trouble
) -> None:
    scene.server.trouble = trouble
    scene.record()
    scene.live(600)
    posts = len(scene.posts)
    for act in (scene.sender.send_now, scene.sender.network_changed):
        act()
        scene.attend()

    assert len(scene.posts) == posts


@pytest.mark.parametrize("trouble", [Trouble.UNREACHABLE, Trouble.REFUSED])
@pytest.mark.parametrize("act", ["send_now", "network_changed"])
def test_what_a_person_a_wake_or_a_network_may_have_mended_is_tried_at_once(
    scene: Scene, trouble: Trouble, act: str
) -> None:
    scene.server.trouble = trouble
    scene.record()
    scene.live(3000)
    scene.server.trouble = Trouble.NONE
    scene.clock.advance(SECONDS_BETWEEN_ROUNDS)
    getattr(scene.sender, act)()
    scene.live(1)

    assert scene.counts().done == 1


def test_another_network_is_another_connection(scene: Scene) -> None:
    scene.record()
    scene.live(1)
    scene.sender.network_changed()
    scene.attend()

    assert [transport.closed for transport in scene.transports] == [True]


def test_a_refused_key_is_tried_every_30_minutes_and_keeps_all(scene: Scene) -> None:
    scene.server.trouble = Trouble.REFUSED
    for _ in range(12):
        scene.record()
        scene.live(1800)

    waited = gaps(scene.post_times())
    assert waited == pytest.approx([1800] * len(waited))
    assert (scene.status().trouble, scene.status().waiting) == ("refused", 12)


def test_a_refused_key_is_tried_again_when_it_changes(scene: Scene) -> None:
    scene.server.trouble = Trouble.REFUSED
    scene.record()
    scene.live(100)
    scene.server.trouble = Trouble.NONE

    scene.sender.follow(scene.receivers)
    scene.live(1)
    assert len(scene.posts) == 1

    scene.replace_receiver()
    scene.live(1)
    assert scene.counts().done == 1
    assert scene.status().trouble == ""


def test_a_key_is_read_anew_for_each_attempt_after_it_was_refused(scene: Scene) -> None:
    scene.server.trouble = Trouble.REFUSED
    scene.record()
    scene.live(4000)

    assert len(scene.transports) == len(scene.posts) == 3


def test_a_key_that_cannot_be_read_keeps_all_and_is_asked_for_ever_less_often(
    scene: Scene,
) -> None:
    scene.no_key = SignedOutError("signed out")
    scene.record()
    scene.live(3600)

    assert scene.posts == []
    assert scene.status().problem is scene.no_key
    scene.no_key = None
    scene.live(LONGEST_BACK_OFF_SECONDS)
    assert scene.counts().done == 1


@pytest.mark.parametrize(
    ("trouble", "word"),
    [
        (Trouble.UNREACHABLE, "offline"),
        (Trouble.REFUSED, "refused"),
        (Trouble.BROKEN, "backing off"),
        (Trouble.THROTTLED, "backing off"),
        (Trouble.DATABASE_DOWN, "backing off"),
        (Trouble.PROXY, "backing off"),
    ],
)
def test_the_status_names_the_trouble_while_it_lasts(
    scene: Scene, trouble: Trouble, word: str
) -> None:
    scene.server.trouble = trouble
    scene.record(2)
    scene.live(40)

    assert (scene.status().trouble, scene.status().waiting) == (word, 2)
    assert scene.status().problem is not None

    scene.server.trouble = Trouble.NONE
    scene.live(3600)
    assert (scene.status().trouble, scene.status().waiting) == ("", 0)
    assert scene.status().problem is None


@pytest.mark.parametrize("years", [1, -1])
def test_a_clock_a_year_off_and_back_changes_nothing(scene: Scene, years: int) -> None:
    scene.server.trouble = Trouble.BROKEN
    scene.record()
    scene.live(100)
    scene.clock.now += years * YEAR
    scene.live(2000)
    scene.clock.now -= years * YEAR
    scene.server.trouble = Trouble.NONE
    scene.record()
    scene.live(LONGEST_BACK_OFF_SECONDS)
    assert scene.counts().done == 2

    scene.clock.now += years * YEAR
    scene.record()
    scene.live(31)
    scene.clock.now -= years * YEAR
    scene.record()
    scene.live(31)
    assert scene.counts().done == 4


def test_a_held_heartbeat_goes_when_its_window_ends_and_not_before(scene: Scene) -> None:
    start = scene.clock.now
    for after in (0.0, 10.0, 20.0):
        recording = Recording(heartbeat(start + after), (HOME,), b"key")
        scene.clock.advance(start + after - scene.clock.now)
        scene.queue.record([recording])
        scene.live(0.5)

    assert scene.server.sent() == [int(start)]
    scene.live(60)
    assert scene.server.sent() == [int(start), int(start + 20)]
    assert scene.attend() is None


def test_a_held_heartbeat_is_asked_after_once_not_all_the_time(scene: Scene) -> None:
    start = scene.clock.now
    for after in (0.0, 1.0):
        scene.queue.record([Recording(heartbeat(start + after), (HOME,), b"key")])
        scene.live(1)

    wait = scene.attend()

    assert wait is not None
    assert wait > 20


def test_a_held_heartbeat_that_stays_held_is_not_asked_after_all_the_time(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a full disk, where its window cannot be closed."""
    monkeypatch.setattr(scene.queue, "next_due", lambda _, now: now - 5)

    assert scene.attend() == SECONDS_BETWEEN_POSTS


def test_one_accounts_trouble_does_not_delay_another(memory_folder: Path) -> None:
    scene = Scene(memory_folder, (HOME, WORK))
    scene.servers[HOME].trouble = Trouble.UNREACHABLE
    for _ in range(24):
        scene.record()
        scene.live(3600)

    assert scene.counts(WORK).done == 24
    assert (scene.status(HOME).waiting, scene.status(HOME).trouble) == (24, "offline")

    scene.servers[HOME].trouble = Trouble.NONE
    scene.live(LONGEST_BACK_OFF_SECONDS)
    assert scene.servers[HOME].sent()[-24:] == list(range(1, 25))
    assert set(scene.servers[HOME].stored.values()) == {1}


class FullDisk:
    """A queue whose marks fail for a while."""

    def __init__(self, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full = True
        self.took = 0.0
        self.attempts = 0
        self._clock = scene.clock
        self._mark: Callable[..., None] = scene.queue.mark
        monkeypatch.setattr(scene.queue, "mark", self.mark)

    def mark(self, receiver: str, outcomes: Sequence[Outcome], at: float) -> None:
        self.attempts += 1
        self._clock.advance(self.took)
        if self.full:
            raise QueueFullError("The disk is full", "Make room.")
        self._mark(receiver, outcomes, at)


def test_what_was_sent_but_cannot_be_marked_is_not_sent_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = FullDisk(scene, monkeypatch)
    scene.record(60)
    scene.live(600)
    scene.record(5)
    scene.live(600)

    assert scene.server.sent() == list(range(1, 66))
    assert scene.status().waiting == 0
    assert isinstance(scene.status().problem, QueueFullError)
    assert disk.attempts < 60

    disk.full = False
    scene.live(31)
    assert (scene.counts().waiting, scene.counts().done) == (0, 65)
    assert scene.status().problem is None
    assert scene.attend() is None


def test_a_disk_that_takes_long_to_take_nothing_starts_no_round_early(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = FullDisk(scene, monkeypatch)
    disk.took = 40.0
    scene.record()
    scene.live(1)
    answers = [Response(429, {"retry-after": "3600"}, b"")]
    scene.meanwhile = lambda _: answers.pop() if answers else None
    scene.record()
    scene.live(3000)

    assert len(scene.posts) == 2


def test_the_end_asks_for_no_key_where_all_was_sent(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    FullDisk(scene, monkeypatch)
    scene.record()
    scene.live(1)
    (account,) = scene.sender._all()
    account.sender.disconnect()
    account.sender.post_once()

    assert len(scene.transports) == len(scene.posts) == 1


def test_a_queue_that_cannot_be_read_is_tried_again_and_told(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.record()
    with monkeypatch.context() as patch:

        def fail(*_: object) -> None:
            raise QueueFullError("The disk is full", "Make room.")

        patch.setattr(scene.queue, "waiting", fail)
        scene.live(300)
        assert isinstance(scene.status().problem, QueueFullError)

    scene.live(31)
    assert scene.counts().done == 1
    assert scene.status().problem is None


def test_a_queue_that_can_be_read_again_is_no_problem_though_nothing_waits(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:

        def fail(*_: object) -> None:
            raise QueueFullError("The disk is full", "Make room.")

        patch.setattr(scene.queue, "waiting", fail)
        scene.live(1)

    scene.live(31)
    assert scene.status().problem is None


def test_which_kind_of_server_it_is_is_not_asked_again_once_it_took_something(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that could not be read for want of it would be sent for again."""
    known = [Dialect.WAKAPI]

    def find_once(_: Client) -> Dialect:
        if not known:
            raise UnreachableError("gone")
        return known.pop()

    monkeypatch.setattr(Client, "find_dialect", find_once)
    scene.record(60)
    scene.live(0.5)
    scene.sender.network_changed()
    scene.live(20)

    assert len(scene.transports) == 2
    assert scene.server.sent() == list(range(1, 61))


def test_a_suspect_does_not_delay_what_is_recorded_later(scene: Scene) -> None:
    scene.server.poison[1] = Poison.MALFORMED
    scene.record()
    scene.live(3000)
    posts = len(scene.posts)
    scene.record()
    scene.live(SECONDS_BETWEEN_ROUNDS + 5)

    assert scene.server.requests[posts] == [2]
    assert (scene.counts().done, scene.counts().dead) == (1, 1)


def test_a_suspect_alone_is_tried_ever_less_often(scene: Scene) -> None:
    scene.chance = 0.9999
    scene.server.poison[1] = Poison.MALFORMED
    scene.record()
    scene.live(86400)

    assert scene.counts().waiting == 1
    assert len(scene.posts) < 86400 / LONGEST_BACK_OFF_SECONDS + 10


def test_the_status_counts_dead_letters(scene: Scene) -> None:
    scene.server.poison[2] = Poison.CONDEMNED
    scene.record(3)
    scene.live(2)

    assert (scene.status().waiting, scene.status().dead) == (0, 1)
    (letter,) = scene.queue.dead(HOME)
    assert letter.reason == "bad"


def test_ten_thousand_arrive_in_order_and_no_faster_than_allowed(scene: Scene) -> None:
    scene.server.dialect = Dialect.HACKATIME
    scene.server.trouble = Trouble.UNREACHABLE
    scene.record(10_000)
    scene.live(600)
    tried = len(scene.posts)
    scene.server.trouble = Trouble.NONE
    scene.server.requests.clear()
    scene.live(1200)

    assert scene.server.sent() == list(range(1, 10_001))
    times = scene.post_times()[tried:]
    assert len(times) == 100
    assert min(gaps(times)) >= SECONDS_BETWEEN_POSTS - ROUNDING


acts = st.one_of(
    st.tuples(st.just("record"), st.integers(1, 30)),
    st.tuples(st.just("live"), st.floats(0.1, 2000)),
    # What slanders good heartbeats is in test_round.
    st.tuples(
        st.just("trouble"),
        st.sampled_from([one for one in Trouble if one not in SLANDER]),
    ),
    st.tuples(st.just("set the clock"), st.sampled_from([-YEAR, -3600.0, 3600.0, YEAR])),
    st.tuples(st.sampled_from(["send_now", "network_changed"]), st.none()),
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(acts, max_size=25),
    st.dictionaries(st.integers(1, 60), st.sampled_from(list(Poison)), max_size=6),
    st.sampled_from([0.0, 0.3, 5.0]),
)
def test_whatever_happens_posts_keep_their_distance_and_all_good_ones_arrive_once(
    happened: list[tuple[str, object]],
    poison: dict[int, Poison],
    took: float,
) -> None:
    with folder_in_memory() as folder:
        live_through(Scene(folder, took=took), happened, poison)


def live_through(
    scene: Scene, happened: Sequence[tuple[str, object]], poison: dict[int, Poison]
) -> None:
    scene.server.poison = poison
    for act, value in happened:
        match act, value:
            case "record", int(count):
                scene.record(count)
            case "live", float(seconds):
                scene.live(seconds)
            case "trouble", Trouble() as trouble:
                scene.server.trouble = trouble
            case "set the clock", float(seconds):
                scene.clock.now += seconds
            case _:
                getattr(scene.sender, act)()

    scene.server.trouble = Trouble.NONE
    scene.record(3)
    scene.live(4000)
    for _ in range(20):
        scene.record()
        scene.live(700)

    good = set(range(1, scene.recorded + 1)) - poison.keys()
    assert good <= scene.server.told
    assert not scene.server.told_again
    assert {int(letter.time) for letter in scene.queue.dead()} <= poison.keys()
    assert min(gaps(scene.post_times()), default=1.0) >= SECONDS_BETWEEN_POSTS - ROUNDING
    scene.queue.close()
