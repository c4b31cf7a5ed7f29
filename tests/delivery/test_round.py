"""Rounds against a server that goes wrong in every way: nothing lost, nothing blocked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.delivery.fake_server import HOST, SLANDER, FakeServer, Poison, Trouble, row_of
from trayapp.delivery.outcomes import LARGEST_BATCH, Kind, Verdict, judge, judge_failure
from trayapp.delivery.round import Batch, Ending, Round, Suspicion
from trayapp.delivery.rows import Outcome, Row
from trayapp.errors import TrayappError
from trayapp.servers.dialects import Dialect

CAN_BE_TOLD = {Poison.CONDEMNED, Poison.MALFORMED, Poison.OUT_OF_RANGE, Poison.DOUBTED}
"""A server that falls over says nothing of whose fault it is: such a heartbeat is never dead."""


@dataclass
class Account:
    """The rows of one account, and what became of them."""

    server: FakeServer = field(default_factory=FakeServer)
    waiting: dict[int, Row] = field(default_factory=dict)
    done: set[int] = field(default_factory=set)
    dead: dict[int, str] = field(default_factory=dict)
    suspicion: Suspicion = field(default_factory=Suspicion)
    recorded: int = 0

    def record(self, count: int, sender: str = "here") -> list[int]:
        ids = list(range(self.recorded + 1, self.recorded + count + 1))
        self.waiting |= {one: row_of(one, sender) for one in ids}
        self.recorded += count
        return ids

    def next_rows(self, limit: int, after: int) -> Sequence[Row]:
        return list(islice((row for one, row in self.waiting.items() if one > after), limit))

    def mark(self, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            # Each is decided once, and while it waits.
            del self.waiting[outcome.id]
            if outcome.state == "done":
                self.done.add(outcome.id)
            else:
                self.dead[outcome.id] = outcome.reason

    def post(self, this_round: Round) -> bool:
        """Make one POST of a round, False when it is over."""
        batch = this_round.next_batch()
        if batch is None:
            return False
        assert len({(row.machine, row.user_agent) for row in batch.rows}) == 1
        assert 0 < len(batch.rows) <= LARGEST_BATCH[self.server.dialect]
        assert json.loads(batch.body) == [row.id for row in batch.rows]
        self.mark(this_round.settle(batch, self._send(batch)))
        return True

    def round(self, troubles: Sequence[Trouble] = ()) -> Round:
        """Do a whole round; each of its requests meets the next of the troubles."""
        this_round = Round(self.server.dialect, self.suspicion, self.next_rows)
        left = list(troubles)
        while True:
            self.server.trouble = left.pop(0) if left else Trouble.NONE
            if not self.post(this_round):
                return this_round

    def rounds(self, count: int = 30, fresh: int = 0) -> None:
        """Do so many rounds, each with so many heartbeats recorded before it."""
        for _ in range(count):
            self.record(fresh)
            self.round()

    def _send(self, batch: Batch) -> Verdict:
        url = f"{HOST}/users/current/heartbeats.bulk"
        try:
            answer = self.server.take(batch.body)
        except TrayappError as error:
            return judge_failure(error)
        return judge(answer, len(batch.rows), self.server.dialect, url)


def account(
    count: int,
    poison: Mapping[int, Poison] | None = None,
    dialect: Dialect = Dialect.WAKAPI,
) -> Account:
    """Give an account with so many rows, and what is wrong with some."""
    made = Account(FakeServer(dialect, dict(poison or {})))
    made.record(count)
    return made


@pytest.mark.parametrize(
    ("dialect", "requests"), [(Dialect.HACKATIME, 3), (Dialect.WAKATIME, 10), (Dialect.WAKAPI, 10)]
)
def test_all_that_waits_goes_in_the_largest_batches_oldest_first(
    dialect: Dialect, requests: int
) -> None:
    one = account(250, dialect=dialect)

    assert one.round().ending is Ending.SENT

    assert len(one.server.requests) == requests
    assert one.server.sent() == list(range(1, 251))
    assert len(one.done) == 250


def test_a_batch_holds_rows_of_one_sender_only_and_keeps_the_order() -> None:
    one = Account()
    one.record(3, "laptop")
    one.record(2, "desk")
    one.record(1, "laptop")

    one.round()

    assert one.server.requests == [[1, 2, 3], [4, 5], [6]]


def test_what_is_recorded_during_a_round_goes_with_it() -> None:
    one = account(3)
    this_round = Round(Dialect.WAKAPI, one.suspicion, one.next_rows)
    one.post(this_round)
    one.record(1)

    assert one.post(this_round)
    assert not one.post(this_round)
    assert one.server.requests == [[1, 2, 3], [4]]


@pytest.mark.parametrize("kind", [Poison.CONDEMNED, Poison.MALFORMED, Poison.DOUBTED])
@pytest.mark.parametrize("place", [1, 2, 13, 25])
def test_a_poison_among_others_is_condemned_in_its_first_round(kind: Poison, place: int) -> None:
    one = account(25, {place: kind})

    assert one.round().ending is Ending.SENT

    assert set(one.dead) == {place}
    assert len(one.done) == 24


@pytest.mark.parametrize("place", [1, 2])
def test_a_poison_beside_a_single_good_one_is_condemned_in_its_first_round(place: int) -> None:
    one = account(2, {place: Poison.MALFORMED})

    assert one.round().ending is Ending.SENT
    assert set(one.dead) == {place}


def test_a_dead_letter_keeps_the_servers_reason() -> None:
    one = account(3, {2: Poison.MALFORMED})

    one.round()

    assert one.dead == {2: "json: cannot unmarshal"}


def test_one_alone_is_not_condemned_until_another_was_accepted() -> None:
    one = account(1, {1: Poison.MALFORMED})

    assert one.round().ending is Ending.SUSPECTS
    for _ in range(5):
        assert one.round().ending is Ending.SUSPECTS
    assert one.dead == {}

    one.record(1)
    assert one.round().ending is Ending.SENT
    assert (set(one.dead), one.done) == ({1}, {2})


def test_what_a_proxy_refused_after_others_were_accepted_is_not_condemned() -> None:
    one = account(26)

    this_round = one.round([Trouble.NONE, Trouble.PROXY, Trouble.PROXY, Trouble.PROXY])

    assert this_round.ending is Ending.SUSPECTS
    assert one.dead == {}
    one.rounds(1)
    assert len(one.done) == 26


def test_a_proxy_that_begins_while_poison_is_looked_for_costs_no_good_one() -> None:
    one = account(3, {3: Poison.MALFORMED})

    one.round([Trouble.NONE, Trouble.NONE, Trouble.PROXY, Trouble.PROXY])

    assert 2 not in one.dead
    one.rounds(2, fresh=1)
    assert (set(one.dead), one.done) == ({3}, {1, 2, 4, 5})


def test_two_failures_with_another_accepted_between_are_not_enough() -> None:
    one = account(1)
    one.round([Trouble.PROXY])
    one.record(1)

    one.round([Trouble.NONE, Trouble.PROXY])

    assert (one.done, one.dead) == ({1, 2}, {})


def test_three_that_fail_alone_in_a_row_are_the_servers_trouble() -> None:
    one = account(100)

    this_round = one.round([Trouble.PROXY] * 50)

    assert (this_round.ending, one.dead) == (Ending.TROUBLE, {})
    assert this_round.failure is not None
    assert len([ids for ids in one.server.requests if len(ids) == 1]) == 3


def test_three_heartbeats_that_fail_alone_in_rounds_of_their_own_are_trouble_too() -> None:
    one = Account()
    endings = []
    for _ in range(3):
        one.record(1)
        endings.append(one.round([Trouble.PROXY] * 50).ending)

    assert endings == [Ending.SUSPECTS, Ending.SUSPECTS, Ending.TROUBLE]


def test_after_trouble_a_round_starts_with_one_and_doubles() -> None:
    one = account(60)
    one.round([Trouble.DATABASE_DOWN])
    one.server.requests.clear()

    one.round()

    assert [len(ids) for ids in one.server.requests] == [1, 2, 4, 8, 16, 25, 4]
    assert one.server.sent() == list(range(1, 61))


def test_a_database_that_is_down_costs_one_request_a_round() -> None:
    one = account(60)
    for _ in range(20):
        assert one.round([Trouble.DATABASE_DOWN] * 50).ending is Ending.TROUBLE

    assert len(one.server.requests) == 20
    assert one.dead == {}


@pytest.mark.parametrize("kind", [Poison.MALFORMED, Poison.OUT_OF_RANGE, Poison.CRASHING])
def test_a_row_of_poison_at_the_head_does_not_hold_up_the_others(kind: Poison) -> None:
    one = account(75, dict.fromkeys(range(1, 26), kind))

    one.rounds(60)

    assert one.done == set(range(26, 76))


@pytest.mark.parametrize("kind", [kind for kind in Poison if kind in CAN_BE_TOLD])
def test_a_row_of_poison_is_dead_once_others_come(kind: Poison) -> None:
    one = account(75, dict.fromkeys(range(1, 26), kind))

    one.rounds(60, fresh=1)

    assert set(one.dead) == set(range(1, 26))


def test_a_heartbeat_that_crashes_the_server_waits_for_ever_behind_the_others() -> None:
    one = account(60, {30: Poison.CRASHING})

    one.rounds(40, fresh=1)

    assert (set(one.waiting), one.dead) == ({30}, {})


def test_after_trouble_the_next_round_starts_behind_all_that_was_refused() -> None:
    one = account(50, dict.fromkeys(range(1, 26), Poison.MALFORMED))

    assert one.round().ending is Ending.TROUBLE
    one.round()

    assert one.done == set(range(26, 51))


def test_of_those_that_crash_the_server_only_one_is_tried_in_a_round() -> None:
    one = account(2, dict.fromkeys([1, 2], Poison.CRASHING))
    one.rounds(6)
    one.record(1)
    one.server.requests.clear()
    one.round()

    assert one.server.requests[0] == [3]
    assert len(one.server.requests) == 2


def test_a_suspect_that_was_dropped_is_forgotten() -> None:
    one = account(1, {1: Poison.MALFORMED})
    one.round()
    del one.waiting[1]

    assert one.round().ending is Ending.SENT
    assert one.suspicion.failures == {}


@pytest.mark.parametrize(
    ("trouble", "ending"),
    [
        (Trouble.THROTTLED, Ending.TROUBLE),
        (Trouble.ITEMS_THROTTLED, Ending.TROUBLE),
        (Trouble.BROKEN, Ending.TROUBLE),
        (Trouble.UNREACHABLE, Ending.TROUBLE),
        (Trouble.STORED_BUT_500, Ending.TROUBLE),
        (Trouble.STORED_BUT_RESET, Ending.TROUBLE),
        (Trouble.LOGIN_PAGE, Ending.TROUBLE),
        (Trouble.TRUNCATED, Ending.TROUBLE),
        (Trouble.MOVED, Ending.TROUBLE),
        (Trouble.PAY, Ending.TROUBLE),
        (Trouble.DATABASE_DOWN, Ending.TROUBLE),
        (Trouble.REFUSED, Ending.REFUSED),
    ],
)
def test_a_server_that_cannot_now_ends_the_round_at_once(trouble: Trouble, ending: Ending) -> None:
    one = account(30)

    this_round = one.round([trouble] * 10)

    assert (this_round.ending, len(one.server.requests)) == (ending, 1)
    assert this_round.failure is not None
    assert len(one.waiting) == 30


def test_what_the_server_asks_to_wait_is_handed_on() -> None:
    failure = account(1).round([Trouble.THROTTLED]).failure

    assert failure is not None
    assert failure.retry_after == 40


@pytest.mark.parametrize("kind", [Kind.REJECTED, Kind.TOO_LARGE])
def test_a_server_that_asks_to_wait_gets_no_half_of_what_it_refused(kind: Kind) -> None:
    one = account(30)
    this_round = Round(Dialect.WAKAPI, one.suspicion, one.next_rows)
    batch = this_round.next_batch()
    assert batch is not None
    this_round.settle(batch, Verdict(kind, retry_after=40))

    assert this_round.ending is Ending.TROUBLE
    assert one.round().ending is Ending.SENT
    assert [len(ids) for ids in one.server.requests] == [1, 2, 4, 8, 15]


def test_what_stayed_unanswered_goes_again_in_the_same_round() -> None:
    one = account(8)

    assert one.round([Trouble.SHORT]).ending is Ending.SENT
    assert one.server.requests == [[1, 2, 3, 4, 5, 6, 7, 8], [5, 6, 7, 8]]


def test_too_large_a_request_is_halved_and_later_ones_are_no_larger() -> None:
    one = account(100)

    one.round([Trouble.TOO_LARGE])

    assert [len(ids) for ids in one.server.requests] == [25, 12, 13, 13, 13, 13, 13, 13, 10]
    assert len(one.done) == 100


def test_wakatime_gets_smaller_batches_once_it_refused_a_large_one() -> None:
    one = account(100, dialect=Dialect.WAKATIME)
    one.server.most = 10

    one.round()

    assert max(map(len, one.server.requests[1:])) == 10
    assert len(one.server.requests) < 15
    assert len(one.done) == 100


poisons = st.dictionaries(st.integers(1, 40), st.sampled_from(list(Poison)), max_size=12)
# Slander can be told from poison only while it goes on without a break: there is one window of it.
windows = st.tuples(
    st.sampled_from(SLANDER), st.builds(range, st.integers(1, 40), st.integers(1, 80))
)
# Troubles last: several requests in a row meet the same.
spells = st.tuples(
    st.sampled_from([one for one in Trouble if one not in SLANDER]), st.integers(1, 12)
)
rounds = st.lists(st.tuples(st.integers(0, 15), st.lists(spells, max_size=4)), max_size=8)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(list(Dialect)), poisons, rounds, windows, st.integers(0, 60))
def test_whatever_the_server_answers_nothing_is_lost_or_sent_again_once_accepted(
    dialect: Dialect,
    poison: dict[int, Poison],
    bad_rounds: list[tuple[int, list[tuple[Trouble, int]]]],
    window: tuple[Trouble, range],
    queued: int,
) -> None:
    one = Account(FakeServer(dialect, poison, window=window))
    one.record(queued)
    for fresh, told in bad_rounds:
        one.record(fresh)
        one.round([trouble for trouble, times in told for _ in range(times)])

        # Every heartbeat is in one place, and none is done that is not stored.
        assert one.waiting.keys() | one.done | one.dead.keys() == set(range(1, one.recorded + 1))
        assert one.done == one.server.told
        assert not one.server.told_again
        check_dead(one)

    # The trouble passes, and somebody goes on working.
    one.server.window = (Trouble.NONE, range(0))
    one.rounds(120, fresh=1)

    check_dead(one)
    assert not one.server.told_again
    good = set(range(1, one.recorded + 1)) - poison.keys()
    assert good == one.done
    crashing = {id_ for id_, kind in poison.items() if kind is Poison.CRASHING}
    assert one.waiting.keys() <= crashing
    assert one.round().accepted == 0


def check_dead(one: Account) -> None:
    """Check that only true poison is dead."""
    told = {id_ for id_, kind in one.server.poison.items() if kind in CAN_BE_TOLD}
    assert one.dead.keys() <= told


@settings(max_examples=50, deadline=None)
@given(poisons, st.integers(0, 80))
def test_without_trouble_every_good_one_arrives_in_few_rounds_in_the_order_recorded(
    poison: dict[int, Poison], queued: int
) -> None:
    one = account(queued)
    one.server.poison = {id_: kind for id_, kind in poison.items() if kind is Poison.CONDEMNED}

    assert one.round().ending is Ending.SENT

    assert one.server.sent() == list(range(1, queued + 1))
