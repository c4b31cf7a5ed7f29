"""What WakaTime's API v1 answers, asked of WakaTime, wakapi and Hackatime, as far as they have it.

All are GET requests with the key in Basic. Errors beside those named are Client's: KeyRefusedError,
ThrottledError (429, and WakaTime's 302), BadAnswerError (402 beyond the free plan, 400 for what the
server does not understand, wakapi's plain texts among them) and the other ServerErrors. A server
that lacks an endpoint is not asked: NoSuchEndpointError says what there is instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import quote

from trayapp.errors import NoSuchEndpointError, UsageError
from trayapp.servers.client import NO_QUERY, OK, Answer, Client
from trayapp.servers.dialects import Dialect
from trayapp.servers.wakatime_answers import (
    TOLD_BREAKDOWNS,
    AllTime,
    StatsAnswer,
    Summaries,
    User,
    decode_all_time,
    decode_stats,
    decode_summaries,
    decode_user,
)
from trayapp.servers.wakatime_records import (
    Durations,
    GoalAnswer,
    HeartbeatsOfDay,
    Project,
    decode_durations,
    decode_goal,
    decode_goals,
    decode_heartbeats,
    decode_projects,
)
from trayapp.servers.zones import load_told_zone

HACKATIME_MOST_DAYS = 366
"""What Hackatime's `summaries` gives at once."""

SUMMARY_RANGES = (
    "Today",
    "Yesterday",
    "Last 7 Days",
    "Last 7 Days from Yesterday",
    "Last 14 Days",
    "Last 30 Days",
    "This Week",
    "Last Week",
    "This Month",
    "Last Month",
)
"""The ranges of `summaries` by name, on WakaTime and wakapi; `last_7_days` stands for its own."""

_MOST_PAGES = 100
_NEW_ON_HACKATIME = ("users/current", "summaries")
_OR_UNFINISHED = OK | {202}
_NAMES = {Dialect.HACKATIME: "Hackatime", Dialect.WAKATIME: "WakaTime", Dialect.WAKAPI: "wakapi"}
_INSTEAD: Mapping[tuple[Dialect, str], str] = {
    (Dialect.HACKATIME, "durations"): "Its spans tell the same: trayapp timeline",
    (Dialect.HACKATIME, "all_time_since_today"): "Its own stats tell it: trayapp stats all_time",
    (Dialect.HACKATIME, "goals"): "A daily goal comes with the time: trayapp today --format json",
    (Dialect.HACKATIME, "projects"): "Its own stats tell them: trayapp stats all_time",
    (Dialect.HACKATIME, "heartbeats"): "It has them at an address of its own: trayapp heartbeats",
    (Dialect.WAKAPI, "durations"): "The heartbeats of the day tell the same: trayapp timeline",
    (Dialect.WAKAPI, "goals"): "Hackatime has a daily goal, WakaTime has goals of any kind.",
}
"""What a server lacks of WakaTime's API, and where to find it instead (servers.md 1.1, 3.2)."""


class WakatimeEndpoints:
    """Ask the account that belongs to a client's key."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def user(self) -> User:
        """GET `users/current`: who the key belongs to.

        All three servers have it, wakapi under its compat prefix; Hackatime since 2026-08-16,
        before that NoSuchEndpointError. Source: servers.md 1.1, 2, 3.6.
        """
        answer = self._ask("users/current", "")
        return decode_user(answer.document, self._client.host)

    def summaries(
        self,
        first: date,
        last: date,
        *,
        project: str = "",
        branches: Sequence[str] = (),
        timezone: str = "",
        timeout_minutes: int | None = None,
        writes_only: bool | None = None,
    ) -> Summaries:
        """GET `users/current/summaries?start&end`: each day from `first` to `last`, both included.

        `project` leaves out all others. `timezone` is an IANA name, else the account's own counts.
        Branches (of that project), timeout and `writes_only` are WakaTime's only, others ignore
        them. Hackatime has it since 2026-08-16, 366 days at most (else UsageError), and tells no
        breakdown but projects; wakapi has it under its compat prefix. Today's late heartbeats may
        be missing on wakapi. Source: servers.md 1.6, 2, 3.4.
        """
        days = (last - first).days + 1
        if days < 1:
            raise UsageError("The last day is before the first", "Name the earlier day first.")
        if self._dialect is Dialect.HACKATIME and days > HACKATIME_MOST_DAYS:
            raise UsageError(
                f"Hackatime gives no more than {HACKATIME_MOST_DAYS} days at once",
                "Ask for fewer days.",
            )
        query = {
            "start": first.isoformat(),
            "end": last.isoformat(),
            **_options(project, branches, timezone, timeout_minutes, writes_only),
        }
        return self._summaries(query)

    def summaries_of_range(self, name: str, *, project: str = "", timezone: str = "") -> Summaries:
        """GET `users/current/summaries?range`: the days of a range, one of SUMMARY_RANGES.

        Else as `summaries`. On Hackatime NoSuchEndpointError: it takes days only. On wakapi ranges
        of days begin at this time of day, so that their first day is not a whole one and the last
        7 days are 8.
        """
        known = {_plain(each): each for each in SUMMARY_RANGES}
        if _plain(name) not in known:
            raise UsageError(
                f"There is no range called {name!r}", f"One of: {', '.join(SUMMARY_RANGES)}"
            )
        if self._dialect is Dialect.HACKATIME:
            raise NoSuchEndpointError(
                "Hackatime's summaries know no ranges by name", "Give the first and the last day."
            )
        query = {"range": known[_plain(name)], "project": project, "timezone": timezone}
        return self._summaries(query)

    def durations(
        self,
        day: date,
        *,
        slice_by: str = "entity",
        project: str = "",
        branches: Sequence[str] = (),
        timezone: str = "",
        timeout_minutes: int | None = None,
        writes_only: bool | None = None,
    ) -> Durations:
        """GET `users/current/durations?date`: when one day's coding began and how long it took.

        `slice_by` is entity, language, dependencies, os, editor, category or machine; other
        parameters are as in `summaries`. WakaTime only. Source: servers.md 2.
        """
        query = {
            "date": day.isoformat(),
            "slice_by": slice_by,
            **_options(project, branches, timezone, timeout_minutes, writes_only),
        }
        answer = self._ask("durations", "/durations", query)
        return decode_durations(answer.document, self._client.host, slice_by)

    def stats(self, range_name: str) -> StatsAnswer:
        """GET `users/current/stats/{range}`: the totals of a range, with all breakdowns.

        WakaTime: last_7_days, last_30_days, last_6_months, last_year, all_time, YYYY or YYYY-MM,
        normally without today; while it is counting (202) the answer says that it is not up to
        date, and StillComputingError comes where there is nothing yet. wakapi: today, yesterday,
        week, month, year, last_N_days (7, 14, 30), last_6_months, last_12_months, all_time; its
        last 7 days begin a week ago at this time of day. Hackatime: last_7_days only, which has
        eight days; its categories are one, "coding", and are left out. Source: servers.md 1.6, 2,
        3.6.
        """
        is_hackatime = self._dialect is Dialect.HACKATIME
        if is_hackatime and range_name != "last_7_days":
            raise NoSuchEndpointError(
                f"Hackatime has no stats of {range_name} for WakaTime's programs",
                "Its own stats know every range: trayapp stats",
            )
        answer = self._ask(
            "stats", f"/stats/{quote(range_name, safe='')}", accept_status=_OR_UNFINISHED
        )
        return decode_stats(
            answer.document,
            self._client.host,
            answer.response.status,
            TOLD_BREAKDOWNS - {"categories"} if is_hackatime else TOLD_BREAKDOWNS,
        )

    def all_time(self, *, project: str = "") -> AllTime:
        """GET `users/current/all_time_since_today`: everything since the account began.

        202 is as in `stats`. WakaTime, and wakapi under its compat prefix, which always says that
        it is up to date. Source: servers.md 2, 3.6.
        """
        answer = self._ask(
            "all_time_since_today",
            "/all_time_since_today",
            {"project": project},
            accept_status=_OR_UNFINISHED,
        )
        return decode_all_time(answer.document, self._client.host, answer.response.status)

    def goals(self) -> tuple[GoalAnswer, ...]:
        """GET `users/current/goals`: all goals with their latest days or weeks.

        WakaTime only. Source: servers.md 2.
        """
        answer = self._ask("goals", "/goals")
        return decode_goals(answer.document, self._client.host)

    def goal(self, goal_id: str) -> GoalAnswer:
        """GET `users/current/goals/{id}`: one goal.

        WakaTime only, and from its cache only: StillComputingError where that is cold, and
        NoSuchEndpointError where there is no such goal. Source: servers.md 2.
        """
        answer = self._ask("goals", f"/goals/{quote(goal_id, safe='')}")
        return decode_goal(answer.document, self._client.host)

    def projects(self, search: str = "") -> tuple[Project, ...]:
        """GET `users/current/projects?q`: the projects that `search` finds, else all.

        WakaTime, page by page, and wakapi under its compat prefix, where the names begin with
        `search` and those that began today are missing. Source: servers.md 2, 3.2.
        """
        projects: list[Project] = []
        for page in range(1, _MOST_PAGES + 1):
            query = {"q": search, "page": "" if page == 1 else str(page)}
            answer = decode_projects(
                self._ask("projects", "/projects", query).document, self._client.host
            )
            projects += answer.projects
            if page >= answer.pages:
                break
        return tuple(projects)

    def heartbeats(self, day: date) -> HeartbeatsOfDay:
        """GET `users/current/heartbeats?date`: every heartbeat of a day in the account's zone.

        WakaTime, and wakapi under its compat prefix, whose times are whole seconds. Source:
        servers.md 2, 3.6.
        """
        answer = self._heartbeats(day)
        if self._dialect is Dialect.WAKAPI and _is_day_before(answer, day):
            answer = self._heartbeats(day + timedelta(days=1))
        return answer

    @property
    def _dialect(self) -> Dialect:
        return self._client.find_dialect()

    def _summaries(self, query: Mapping[str, str]) -> Summaries:
        told = {"projects"} if self._dialect is Dialect.HACKATIME else TOLD_BREAKDOWNS
        answer = self._ask("summaries", "/summaries", query)
        return decode_summaries(answer.document, self._client.host, told)

    def _heartbeats(self, day: date) -> HeartbeatsOfDay:
        answer = self._ask("heartbeats", "/heartbeats", {"date": day.isoformat()})
        return decode_heartbeats(answer.document, self._client.host)

    def _ask(
        self,
        name: str,
        path: str,
        query: Mapping[str, str] = NO_QUERY,
        accept_status: frozenset[int] = OK,
    ) -> Answer:
        dialect = self._dialect
        if (dialect, name) in _INSTEAD:
            raise NoSuchEndpointError(f"{_NAMES[dialect]} has no {name}", _INSTEAD[dialect, name])
        given = {key: value for key, value in query.items() if value}
        is_wakapi = dialect is Dialect.WAKAPI
        prefix = "api/compat/wakatime/v1/" if is_wakapi else ""
        try:
            return self._client.ask(
                f"{prefix}users/current{path}",
                given,
                from_origin=is_wakapi,
                accept_status=accept_status,
            )
        except NoSuchEndpointError as error:
            if dialect is not Dialect.HACKATIME or name not in _NEW_ON_HACKATIME:
                raise
            raise NoSuchEndpointError(
                f"{self._client.host} has no {name}",
                "Hackatime has it since 2026-08-16: an older server tells today's time only.",
            ) from error


def _plain(name: str) -> str:
    return name.lower().replace(" ", "_")


def _options(
    project: str,
    branches: Sequence[str],
    timezone: str,
    timeout_minutes: int | None,
    writes_only: bool | None,
) -> dict[str, str]:
    """Give the parameters that several endpoints share, empty where nothing is said."""
    return {
        "project": project,
        "branches": ",".join(branches),
        "timezone": timezone,
        "timeout": "" if timeout_minutes is None else str(timeout_minutes),
        "writes_only": "" if writes_only is None else str(writes_only).lower(),
    }


def _is_day_before(answer: HeartbeatsOfDay, day: date) -> bool:
    """Tell whether wakapi took the day before: west of UTC its dates begin the evening before.

    Its zone may have no name ("Local"), or its name in winter. Then a day that begins before 11:00
    UTC of the day before is taken for one of America's, not for one of the two zones east of
    +13:00.
    """
    if answer.start is None:
        return False
    zone = load_told_zone(answer.timezone)
    if zone is not None:
        return answer.start.astimezone(zone).date() < day
    return datetime.combine(day, time.min, UTC) - answer.start > timedelta(hours=13)
