"""What was coded on days gone by, asked of any server in the way that it can tell.

Each dialect lacks something that another answer of its own makes up for; here they are put
together.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, tzinfo

from trayapp.coding.counting import WAKAPI_RULE
from trayapp.coding.day import Day, midnight
from trayapp.coding.document import BREAKDOWN_NAMES
from trayapp.coding.history import (
    NewestHeartbeats,
    RecordedHeartbeat,
    Span,
    Stats,
    Timeline,
    add_breakdowns,
    spans_of_heartbeats,
    timeline_of,
)
from trayapp.coding.number import Breakdown
from trayapp.coding.periods import (
    EARLIEST,
    Period,
    days_between,
    missing_note,
    split_days,
    window_note,
)
from trayapp.errors import (
    AnswerTooLargeError,
    BadAnswerError,
    BeyondPlanError,
    NoSuchEndpointError,
    StillComputingError,
    UsageError,
)
from trayapp.servers.client import Client
from trayapp.servers.dialects import Dialect
from trayapp.servers.hackatime_answers import StoredHeartbeat
from trayapp.servers.hackatime_endpoints import ONESELF, HackatimeEndpoints
from trayapp.servers.wakatime_answers import SummaryDay
from trayapp.servers.wakatime_endpoints import WakatimeEndpoints
from trayapp.servers.wakatime_records import RawHeartbeat
from trayapp.servers.zones import load_zone

MOST_DAYS_OF_HEARTBEATS = 31
"""Each day is a request of its own."""

MOST_DAYS_OF_SUMMARIES = 92
"""A year of days with all their breakdowns may be more than is taken at once."""

SHORTEST_SECONDS = 60.0
"""Heartbeats of Hackatime are asked for in halves down to this, where they are too many."""

_NO_LESS = "Less cannot be asked for at a time. If that was little, check the account's api_url."


class History:
    """Ask an account's server; days are those of `zone`, called `zone_name`.

    Every method raises what the endpoints do, NoSuchEndpointError where nothing makes up for one
    that is missing.
    """

    def __init__(self, client: Client, zone: tzinfo, zone_name: str) -> None:
        self._zone = zone
        self._zone_name = zone_name
        self._client = client
        self._wakatime = WakatimeEndpoints(client)
        self._hackatime = HackatimeEndpoints(client)

    def stats(self, period: Period, user: str | None = None) -> Stats:
        """Give the time of a period, of the key's owner or of a user whose time is public.

        Only Hackatime tells of other users.
        """
        is_hackatime = self._client.find_dialect() is Dialect.HACKATIME
        if user is not None:
            if not is_hackatime:
                raise NoSuchEndpointError(
                    f"{self._client.host} tells of nobody but the key's owner",
                    "Only Hackatime tells of other users.",
                )
            return self._native(period, user)
        if period.first is None or period.last is None:
            return self._native(period, ONESELF) if is_hackatime else self._all_time(period)
        if is_hackatime and period.name == "last_7_days":
            return self._of_range(period)
        if is_hackatime:
            return self._hackatime_days(period, period.first, period.last)
        try:
            return self._summed(period, period.first, period.last)
        except BeyondPlanError:
            # It may go as far as the range, though not to each of its days.
            if period.name not in ("last_7_days", "last_30_days"):
                raise
            return self._of_range(period)

    def timeline(self, day: Day) -> Timeline:
        """Give the spans of a day; Hackatime does not tell their projects."""
        dialect = self._client.find_dialect()
        date_of_day = date.fromisoformat(day.date)
        if dialect is Dialect.HACKATIME:
            spans = list(
                self._hackatime.spans(
                    start=self._moment(day.starts_at), end=self._moment(day.ends_at)
                )
            )
        elif dialect is Dialect.WAKATIME:
            # By category: by files, which is the default, they would be in more pieces.
            answer = self._wakatime.durations(
                date_of_day, slice_by="category", timezone=self._timezone
            )
            spans = [
                Span(each.start, each.start + each.seconds, each.project)
                for each in answer.durations
            ]
        else:
            heartbeats = self._whole_day(date_of_day)
            times = ((each.time, each.project) for each in heartbeats)
            spans = spans_of_heartbeats(times, WAKAPI_RULE.timeout)
        return timeline_of(day, spans)

    def heartbeats(self, first: date, last: date, limit: int | None = None) -> NewestHeartbeats:
        """Give the newest `limit` heartbeats of these days, else all.

        The days are asked one by one, the newest first, until there are enough. Raises UsageError
        for too many of them.
        """
        days = days_between(first, last)
        if len(days) > MOST_DAYS_OF_HEARTBEATS:
            raise UsageError(
                f"These are {len(days)} days, and each is asked for on its own",
                f"Ask for {MOST_DAYS_OF_HEARTBEATS} days at most.",
            )
        found: list[RecordedHeartbeat] = []
        day = last
        for day in reversed(days):
            start, end = midnight(day, self._zone), midnight(day + timedelta(days=1), self._zone)
            told = self._heartbeats(day, start, end)
            # A server's day is not always quite ours, and Hackatime's has the next midnight.
            of_day = [each for each in told if start <= each.time < end]
            found = sorted(of_day, key=lambda each: each.time) + found
            if limit is not None and len(found) >= limit:
                break
        cut = 0 if limit is None else max(0, len(found) - limit)
        return NewestHeartbeats(tuple(found[cut:]), left_out=cut, asked_from=day)

    def _heartbeats(self, day: date, start: float, end: float) -> list[RecordedHeartbeat]:
        if self._client.find_dialect() is not Dialect.HACKATIME:
            return [_raw(each) for each in self._whole_day(day)]
        return [_stored(each) for each in self._between(start, end)]

    def _whole_day(self, day: date) -> tuple[RawHeartbeat, ...]:
        try:
            return self._wakatime.heartbeats(day).heartbeats
        except AnswerTooLargeError as error:
            error.hint = _NO_LESS
            raise

    def _between(self, start: float, end: float) -> tuple[StoredHeartbeat, ...]:
        """Ask Hackatime, in halves where that is more than is taken at once."""
        try:
            return self._hackatime.my_heartbeats(
                start=self._moment(start), end=self._moment(end)
            ).heartbeats
        except AnswerTooLargeError as error:
            if end - start <= SHORTEST_SECONDS:
                error.hint = _NO_LESS
                raise
        middle = (start + end) // 2
        # The end of a window belongs to it.
        earlier = (each for each in self._between(start, middle) if each.time < middle)
        return (*earlier, *self._between(middle, end))

    def _summed(self, period: Period, first: date, last: date) -> Stats:
        """Add up the days of `summaries`."""
        days: list[SummaryDay] = []
        for begin, end in split_days(first, last, MOST_DAYS_OF_SUMMARIES):
            days += self._wakatime.summaries(begin, end, timezone=self._timezone).days
        total = sum(day.total_seconds for day in days)
        active = sum(1 for day in days if day.total_seconds > 0)
        return Stats(
            total_seconds=total,
            period=period.name,
            start=first,
            end=last,
            timezone=self._zone_name,
            daily_average_seconds=total / active if active else 0.0,
            active_days=active,
            breakdowns={
                name: add_breakdowns(day.breakdowns[name] for day in days)
                for name in BREAKDOWN_NAMES
            },
            note=missing_note((last - first).days + 1, [day.date for day in days]),
        )

    def _hackatime_days(self, period: Period, first: date, last: date) -> Stats:
        """Complete the totals of Hackatime's summaries by the languages of its own stats."""
        native = self._native(period, ONESELF)
        try:
            summed = self._summed(period, first, last)
        except NoSuchEndpointError:
            # Before 2026-08-16.
            return native
        return replace(summed, breakdowns=native.breakdowns)

    def _of_range(self, period: Period) -> Stats:
        """Ask for `stats` of a range by its name; its days may be other than those asked for."""
        answer = self._wakatime.stats(period.name)
        first, last = self._date(answer.start), self._date(answer.end)
        active = answer.days_minus_holidays
        return Stats(
            total_seconds=answer.total_seconds,
            period=period.name,
            start=first or period.first,
            end=last or period.last,
            timezone=self._zone_name,
            daily_average_seconds=answer.daily_average_seconds,
            # Hackatime has only the days with coding, and calls them all.
            active_days=answer.days_including_holidays if active is None else active,
            breakdowns=_ordered(answer.breakdowns),
            note=window_note(period, first, last),
            is_up_to_date=answer.is_up_to_date,
        )

    def _native(self, period: Period, user: str) -> Stats:
        """Ask Hackatime's own stats, which know any days, but languages and projects only."""
        first, last = period.first, period.last
        answer = self._hackatime.stats(
            user,
            start=self._moment(midnight(first or EARLIEST, self._zone)),
            end=self._moment(
                midnight((last or datetime.now(self._zone).date()) + timedelta(days=1), self._zone)
            ),
        )
        breakdowns: dict[str, Breakdown] = dict.fromkeys(BREAKDOWN_NAMES)
        breakdowns["languages"] = add_breakdowns([answer.languages])
        breakdowns["projects"] = add_breakdowns([answer.projects])
        return Stats(
            total_seconds=answer.total_seconds,
            period=period.name,
            start=first,
            end=last,
            timezone=self._zone_name if first else None,
            breakdowns=breakdowns,
            user=None if user == ONESELF else answer.username or user,
        )

    def _all_time(self, period: Period) -> Stats:
        total = self._wakatime.all_time()
        try:
            answer = self._wakatime.stats("all_time")
        except (StillComputingError, BadAnswerError) as error:
            # Not counted yet, or beyond the free plan: the total is known all the same.
            breakdowns = dict[str, Breakdown]()
            is_whole = not isinstance(error, StillComputingError)
        else:
            breakdowns, is_whole = _ordered(answer.breakdowns), answer.is_up_to_date
        return Stats(
            total_seconds=total.total_seconds,
            period=period.name,
            start=total.start,
            end=total.end,
            timezone=self._zone_name if total.start else None,
            daily_average_seconds=total.daily_average_seconds,
            breakdowns=breakdowns,
            is_up_to_date=total.is_up_to_date and is_whole,
        )

    def _date(self, moment: datetime | None) -> date | None:
        if moment is None:
            return None
        # WakaTime's are in UTC, others' in the profile's zone.
        is_wakatime = self._client.find_dialect() is Dialect.WAKATIME
        return moment.astimezone(self._zone).date() if is_wakatime else moment.date()

    @property
    def _timezone(self) -> str:
        """The zone as a server knows it: "local" is none's name."""
        return self._zone_name if load_zone(self._zone_name) else ""

    def _moment(self, seconds: float) -> datetime:
        return datetime.fromtimestamp(seconds, UTC).astimezone(self._zone)


def _ordered(breakdowns: dict[str, Breakdown]) -> dict[str, Breakdown]:
    return {name: add_breakdowns([breakdown]) for name, breakdown in breakdowns.items()}


def _stored(heartbeat: StoredHeartbeat) -> RecordedHeartbeat:
    return RecordedHeartbeat(
        time=heartbeat.time,
        entity=heartbeat.entity,
        type=heartbeat.type,
        category=heartbeat.category,
        project=heartbeat.project,
        branch=heartbeat.branch,
        language=heartbeat.language,
        editor=heartbeat.editor,
        is_write=heartbeat.is_write is True,
    )


def _raw(heartbeat: RawHeartbeat) -> RecordedHeartbeat:
    return RecordedHeartbeat(
        time=heartbeat.time,
        entity=heartbeat.entity,
        type=heartbeat.type,
        category=heartbeat.category,
        project=heartbeat.project or "",
        branch=heartbeat.branch or "",
        language=heartbeat.language or "",
        is_write=heartbeat.is_write,
    )
