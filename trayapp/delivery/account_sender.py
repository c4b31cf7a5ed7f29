"""Sending to one account at its own pace: when a round starts, and one request after another.

A round starts when something is due, at most once in a while; within it requests follow one another
a second apart until nothing due is left. Trouble makes the account wait. All waits are on the
monotonic clock: a wall clock that is set, by a year even, changes nothing.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from enum import Enum, auto

from trayapp.coding.pacing import Outcome as Attempt
from trayapp.coding.pacing import Pace, next_delay
from trayapp.delivery.outcomes import Kind, Verdict, judge, judge_failure
from trayapp.delivery.round import Batch, Ending, Round, Suspicion
from trayapp.delivery.rows import Counts, Outcome, Row
from trayapp.delivery.seams import (
    Clock,
    Listeners,
    PostClient,
    Queue,
    Receiver,
    ReceiverStatus,
    Trouble,
)
from trayapp.errors import (
    CertificateError,
    ConfigError,
    KeyProblemError,
    KeyRefusedError,
    QueueError,
    TimedOutError,
    TrayappError,
    UnreachableError,
)
from trayapp.servers.dialects import Dialect, heartbeats_url

log = logging.getLogger(__name__)

SECONDS_BETWEEN_ROUNDS = 30.0
"""Unless `heartbeat_rate_limit_seconds` in ~/.wakatime.cfg says otherwise."""

SECONDS_BETWEEN_POSTS = 1.0
"""From the end of one to the start of the next."""

QUEUE_SECONDS = 30.0
"""How long after a failure the queue is tried again."""

_OFFLINE = (UnreachableError, TimedOutError, CertificateError)
# What a person, a wake or another network may have mended, and no wish of the server's.
_MENDABLE = (*_OFFLINE, KeyProblemError, ConfigError)

_LONG_AGO = float("-inf")


class Reason(Enum):
    """Why an account is to look sooner than it would."""

    PERSON = auto()
    NETWORK = auto()
    """The machine woke, or is on another network."""


class AccountSender:
    """Send what waits for one receiver.

    `tell`, `follow`, `status` and `cut` are for any thread, all else is for the sending one.
    `chance` gives random numbers in [0, 1).
    """

    def __init__(
        self,
        receiver: Receiver,
        queue: Queue,
        clock: Clock,
        chance: Callable[[], float],
        listeners: Listeners,
    ) -> None:
        self.name = receiver.name
        self.seconds_between_rounds = SECONDS_BETWEEN_ROUNDS
        self._queue = queue
        self._clock = clock
        self._chance = chance
        self._listeners = listeners

        # Guards what other threads use too.
        self._lock = threading.Lock()
        self._reasons: set[Reason] = set()
        self._followed = receiver
        self._problem: TrayappError | None = None
        self._queue_problem: QueueError | None = None
        self._counts = Counts()
        # Sent, but not marked yet: not to be sent again.
        self._unmarked: dict[int, Outcome] = {}

        # From here on only the sending thread writes; moments are on the monotonic clock.
        self._receiver = receiver
        self._client: PostClient | None = None
        self._round: Round | None = None
        self._batch: Batch | None = None
        self._suspicion = Suspicion()
        self._pace = Pace()
        self._not_before = _LONG_AGO
        self._suspects_not_before = _LONG_AGO
        self._round_at = _LONG_AGO
        self._mark_at = _LONG_AGO
        self.posted_at = _LONG_AGO
        self.waits_for_round = False
        """Whether something is to be sent, and only its time has not come yet; for any thread."""

    def tell(self, reason: Reason) -> None:
        """Have the next `attend` heed a reason."""
        with self._lock:
            self._reasons.add(reason)

    def follow(self, receiver: Receiver) -> None:
        """Send with this receiver's key and settings from now on."""
        with self._lock:
            self._followed = receiver

    def status(self) -> ReceiverStatus:
        """Say how it fares."""
        queue_problem: QueueError | None = None
        try:
            counts = self._queue.counts(self.name, None)
        except QueueError as error:
            counts, queue_problem = self._counts, error
        with self._lock:
            self._counts = counts
            return ReceiverStatus(
                self.name,
                max(0, counts.waiting - len(self._unmarked)),
                counts.dead,
                _trouble(self._problem),
                self._problem or self._queue_problem or queue_problem,
            )

    def cut(self) -> None:
        """End the request under way."""
        client = self._client
        if client is not None:
            client.cut()

    @property
    def is_in_round(self) -> bool:
        """Whether a round is under way."""
        return self._round is not None

    def attend(self) -> float | None:
        """Do what is due, one POST at most.

        Gives the seconds until something may be due, None while nothing waits.
        """
        # Before the look into the queue: what is recorded after it must wake the thread.
        self.waits_for_round = False
        asked = self._heed()
        self._mark()
        try:
            if self._round is None:
                due = self._due_in(asked=asked)
                if not self._unmarked:
                    self._stumble(None)
                if due is None:
                    self._tell_problem(None)
                if due is None or due > 0:
                    return due
                self._begin()
            wait = self._post_due_in()
            if wait > 0:
                return wait
            self._step()
        except QueueError as error:
            self._leave_round()
            self._stumble(error)
            return QUEUE_SECONDS
        return 0.0

    def post_once(self) -> None:
        """Make one request, whatever binds, if anything waits; for the end of the app."""
        self._mark_at = _LONG_AGO
        self._mark()
        try:
            if self._round is None and self._next_rows(1, 0):
                self._begin()
            self._clock.wait(threading.Event(), self._post_due_in())
            self._step()
        except QueueError as error:
            self._leave_round()
            self._stumble(error)

    def disconnect(self) -> None:
        """Let go of the connection; for the next one the key is read again."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _heed(self) -> bool:
        """Take in what other threads said; tells whether a person wants a round."""
        with self._lock:
            reasons, self._reasons = self._reasons, set()
            followed = self._followed
        changed, self._receiver = followed != self._receiver, followed
        if changed or Reason.NETWORK in reasons:
            self.disconnect()
        if changed:
            self._pace, self._not_before = Pace(), _LONG_AGO
            self._tell_problem(None)
        elif reasons and isinstance(self._problem, _MENDABLE):
            self._pace = replace(self._pace, failures=0)
            self._not_before = self._pace.not_before
        return Reason.PERSON in reasons

    def _due_in(self, *, asked: bool) -> float | None:
        """Give the seconds until a round may start, or what was sent is to be marked again."""
        moment, now = self._clock.monotonic(), self._clock.time()
        earliest = self._not_before
        if not asked:
            earliest = max(earliest, self._round_at + self.seconds_between_rounds)
        # It wakes the thread, and is no reason for a round.
        waits = [max(self._mark_at - moment, SECONDS_BETWEEN_POSTS)] if self._unmarked else []
        suspects = self._suspicion.failures
        rows = self._next_rows(len(suspects) + 1, 0)
        if any(row.id not in suspects for row in rows):
            waits.append(earliest - moment)
            self.waits_for_round = earliest > moment
        elif rows:
            waits.append((earliest if asked else max(earliest, self._suspects_not_before)) - moment)
        held_until = self._queue.next_due(self.name, now)
        if held_until is not None:
            # A disk that takes nothing may hold it for longer than it should be.
            held = max(held_until - now, SECONDS_BETWEEN_POSTS)
            waits.append(max(held, earliest - moment))
        return min(waits, default=None)

    def _post_due_in(self) -> float:
        """Give the seconds until the round that is under way may POST, 0 without one."""
        wait = self.posted_at + SECONDS_BETWEEN_POSTS - self._clock.monotonic()
        return 0.0 if self._round is None else max(0.0, wait)

    def _begin(self) -> None:
        self._round_at = self._clock.monotonic()
        try:
            dialect = self._connected().find_dialect()
        except TrayappError as error:
            self._back_off(judge_failure(error))
            return
        self._round = Round(dialect, self._suspicion, self._next_rows)
        self._take_next(self._round)

    def _step(self) -> None:
        """Make the next request of the round."""
        this_round, batch = self._round, self._batch
        if this_round is None or batch is None:
            return
        outcomes = this_round.settle(batch, self._post(batch, this_round.dialect))
        with self._lock:
            self._unmarked |= {outcome.id: outcome for outcome in outcomes}
        self._mark_at = self.posted_at
        self._mark()
        self._listeners.changed()
        self._take_next(this_round)

    def _take_next(self, this_round: Round) -> None:
        # At once, not a second later: what is recorded after a round's last answer waits for the
        # next round.
        self._batch = this_round.next_batch()
        if self._batch is None:
            self._end(this_round)

    def _post(self, batch: Batch, dialect: Dialect) -> Verdict:
        first = batch.rows[0]
        try:
            client = self._connected()
            response = client.send_heartbeats(batch.body, first.machine, first.user_agent)
        except TrayappError as error:
            return judge_failure(error)
        finally:
            self.posted_at = self._clock.monotonic()
        return judge(response, len(batch.rows), dialect, heartbeats_url(client.api_url))

    def _connected(self) -> PostClient:
        if self._client is None:
            self._client = self._receiver.connect()
        return self._client

    def _end(self, this_round: Round) -> None:
        if this_round.accepted:
            self._pace = Pace()
        failure = this_round.failure
        if this_round.ending is Ending.SENT or failure is None:
            self._tell_problem(None)
        elif this_round.ending is Ending.SUSPECTS:
            self._suspects_not_before = self._next_attempt(failure)
            self._tell_problem(None if this_round.accepted else failure.error)
        else:
            self._back_off(failure)
        self._leave_round()

    def _leave_round(self) -> None:
        this_round, self._round = self._round, None
        if this_round is not None and this_round.accepted:
            self._listeners.delivered(self.name)

    def _back_off(self, failure: Verdict) -> None:
        self._not_before = self._next_attempt(failure)
        self._tell_problem(failure.error)
        if failure.kind is Kind.REFUSED:
            # Whoever signs in anew puts another key into the same place.
            self.disconnect()

    def _next_attempt(self, failure: Verdict) -> float:
        """Count a failure and give the moment before which the server is left alone."""
        moment = self._clock.monotonic()
        refused = failure.kind is Kind.REFUSED
        self._pace = self._pace.after_failure(
            moment, Attempt.REFUSED if refused else Attempt.FAILED, failure.retry_after
        )
        delay = next_delay(self._pace, moment, None, self._chance())
        return max(moment + delay, self._pace.not_before)

    def _next_rows(self, limit: int, after_id: int) -> list[Row]:
        """Read what waits, but for what was sent and could not be marked."""
        while True:
            rows = self._queue.waiting(self.name, self._clock.time(), limit, after_id)
            unsent = [row for row in rows if row.id not in self._unmarked]
            if unsent or not rows:
                return unsent
            after_id = rows[-1].id

    def _mark(self) -> None:
        """Store what became of what was sent; while the disk takes nothing, remember it."""
        outcomes = list(self._unmarked.values())
        moment = self._clock.monotonic()
        if not outcomes or moment < self._mark_at:
            return
        try:
            self._queue.mark(self.name, outcomes, self._clock.time())
        except QueueError as error:
            # A disk in trouble may have taken long to say so.
            self._mark_at = self._clock.monotonic() + QUEUE_SECONDS
            self._stumble(error)
            return
        with self._lock:
            for outcome in outcomes:
                del self._unmarked[outcome.id]
        self._stumble(None)

    def _stumble(self, error: QueueError | None) -> None:
        """Remember that the queue failed, or works again."""
        with self._lock:
            before, self._queue_problem = self._queue_problem, error
        self._tell_change(before, error)

    def _tell_problem(self, error: TrayappError | None) -> None:
        with self._lock:
            before, self._problem = self._problem, error
        self._tell_change(before, error)

    def _tell_change(self, before: TrayappError | None, error: TrayappError | None) -> None:
        new = (before and before.title) != (error and error.title)
        if error is not None:
            # Once for each new trouble, not once in ten minutes for a year.
            log.log(logging.WARNING if new else logging.DEBUG, "%s: %s", self.name, error)
        if new:
            self._listeners.changed()


def _trouble(problem: TrayappError | None) -> Trouble:
    if problem is None:
        return Trouble.NONE
    if isinstance(problem, KeyRefusedError):
        return Trouble.REFUSED
    return Trouble.OFFLINE if isinstance(problem, _OFFLINE) else Trouble.BACKING_OFF
