"""Each endpoint of WakaTime's API, asked of each server that has it, and what goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime
from typing import TypeAlias
from zoneinfo import ZoneInfo

import pytest

from tests.server import Server, misbehaviours
from tests.server.misbehaviours import Misbehaviour
from tests.server.posting import heartbeat, post
from tests.servers.clients import Options, client_of
from trayapp.coding.document import BREAKDOWN_NAMES
from trayapp.coding.number import Share
from trayapp.errors import (
    BadAnswerError,
    KeyRefusedError,
    NoSuchEndpointError,
    StillComputingError,
    ThrottledError,
    TrayappError,
    UsageError,
)
from trayapp.servers.client import Client
from trayapp.servers.dialects import Dialect
from trayapp.servers.transport import FunctionTransport, HttpTransport, Response
from trayapp.servers.wakatime_endpoints import SUMMARY_RANGES, WakatimeEndpoints
from trayapp.settings.key import Key

HACKATIME, WAKATIME, WAKAPI = "hackatime", "wakatime", "wakapi"
TODAY = date(2026, 8, 22)
YESTERDAY = date(2026, 8, 21)
BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 8, 22, 12, 0, tzinfo=BERLIN).timestamp()
DAY_SECONDS = 86400.0

OTHER_LANGUAGE = {"entity": "/home/ada/engine/Makefile", "language": None, "project": "kernel"}


def fill(server: Server, now: float = NOON) -> None:
    """Store 4 minutes of Python yesterday and 2 minutes of no language today, noon being now."""
    server.set_time(now)
    offset = now - heartbeat()["time"]
    beats = [heartbeat(offset - DAY_SECONDS + seconds) for seconds in (0, 60, 120, 180, 240)]
    beats += [heartbeat(offset - 300 + seconds, **OTHER_LANGUAGE) for seconds in (0, 60, 120)]
    assert post(server, beats).status in (201, 202)


@pytest.fixture(params=[HACKATIME, WAKATIME, WAKAPI])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with Server(request.param, timezone="Europe/Berlin") as server:
        fill(server)
        yield server


@pytest.fixture
def wakatime() -> Iterator[Server]:
    with Server(WAKATIME, timezone="Europe/Berlin") as server:
        fill(server)
        yield server


@pytest.fixture
def wakapi() -> Iterator[Server]:
    with Server(WAKAPI, timezone="Europe/Berlin") as server:
        fill(server)
        yield server


@pytest.fixture
def hackatime() -> Iterator[Server]:
    with Server(HACKATIME, timezone="Europe/Berlin") as server:
        fill(server)
        yield server


Asking: TypeAlias = Callable[[Server], WakatimeEndpoints]


@pytest.fixture
def endpoints() -> Iterator[Asking]:
    with ExitStack() as opened:

        def ask(server: Server) -> WakatimeEndpoints:
            client = client_of(server)
            opened.callback(client.close)
            return WakatimeEndpoints(client)

        yield ask


# -- users/current


def test_a_user_is_told_as_far_as_each_server_goes(endpoints: Asking, server: Server) -> None:
    user = endpoints(server).user()

    assert (user.name, user.username, user.timezone) == ("ada", "ada", "Europe/Berlin")
    assert user.photo
    assert user.created_at is not None
    assert (user.plan, user.timeout_minutes) == {
        HACKATIME: ("free", None),
        WAKATIME: ("free", 15),
        WAKAPI: ("", None),
    }[server.dialect]
    assert (user.last_project, user.last_heartbeat_at) == (
        ("engine", datetime(2026, 8, 21, 17, 45, 54, tzinfo=UTC))
        if server.dialect == WAKATIME
        else ("", None)
    )


# -- summaries


def test_each_day_has_its_total_and_its_date(endpoints: Asking, server: Server) -> None:
    summaries = endpoints(server).summaries(date(2026, 8, 20), TODAY)

    totals = [(day.date, day.total_seconds) for day in summaries.days]
    assert totals == [(date(2026, 8, 20), 0), (YESTERDAY, 240), (TODAY, 120)]
    assert summaries.total_seconds == 360
    assert summaries.days_including_holidays == 3
    assert (
        summaries.daily_average_seconds
        == {HACKATIME: 120, WAKATIME: 180, WAKAPI: 120}[server.dialect]
    )
    assert all(set(day.breakdowns) == set(BREAKDOWN_NAMES) for day in summaries.days)
    assert summaries.days[1].breakdowns["projects"] == (Share("engine", 240),)
    assert (span := summaries.days[1].range) is not None
    assert span.start == datetime(2026, 8, 21, tzinfo=BERLIN)


def test_hackatimes_summaries_say_nothing_of_languages(endpoints: Asking, server: Server) -> None:
    day = endpoints(server).summaries(YESTERDAY, YESTERDAY).days[0]

    known = (Share("Python", 240),)
    assert day.breakdowns["languages"] == (None if server.dialect == HACKATIME else known)


def test_summaries_of_one_project_leave_out_the_others(endpoints: Asking, server: Server) -> None:
    summaries = endpoints(server).summaries(YESTERDAY, TODAY, project="kernel")

    assert [day.total_seconds for day in summaries.days] == [0, 120]
    if server.dialect != HACKATIME:
        assert summaries.days[1].entities == (Share("/home/ada/engine/Makefile", 120),)


def test_summaries_are_of_the_days_of_the_zone_that_is_asked_for(
    endpoints: Asking, server: Server
) -> None:
    # Ten to one at night in Auckland.
    summaries = endpoints(server).summaries(TODAY, TODAY, timezone="Pacific/Auckland")

    assert summaries.days[0].date == TODAY
    assert [day.total_seconds for day in summaries.days] == [120]
    assert (span := summaries.days[0].range) is not None
    assert span.start == datetime(2026, 8, 22, tzinfo=ZoneInfo("Pacific/Auckland"))


def test_every_option_of_summaries_is_sent_and_none_that_was_not_given(
    endpoints: Asking, wakatime: Server
) -> None:
    asked = endpoints(wakatime)

    asked.summaries(
        YESTERDAY,
        TODAY,
        project="a b&c",
        branches=("main", "x/y"),
        timezone="Asia/Kolkata",
        timeout_minutes=5,
        writes_only=True,
    )
    asked.summaries(YESTERDAY, TODAY)

    full, bare = (request.query for request in wakatime.requests[-2:])
    assert full == (
        "start=2026-08-21&end=2026-08-22&project=a+b%26c&branches=main%2Cx%2Fy"
        "&timezone=Asia%2FKolkata&timeout=5&writes_only=true"
    )
    assert bare == "start=2026-08-21&end=2026-08-22"


@pytest.mark.parametrize("name", ["Last 7 Days", "last_7_days"])
def test_a_range_may_be_named_as_documented_or_as_in_stats(
    endpoints: Asking, server: Server, name: str
) -> None:
    if server.dialect == HACKATIME:
        with pytest.raises(NoSuchEndpointError, match="know no ranges by name"):
            endpoints(server).summaries_of_range(name)
        assert len(server.requests) == 1
        return

    summaries = endpoints(server).summaries_of_range(name)

    assert len(summaries.days) == {WAKATIME: 7, WAKAPI: 8}[server.dialect]
    assert (summaries.days[-1].date, summaries.total_seconds) == (TODAY, 360)


def test_a_range_that_nobody_knows_is_not_asked_for(endpoints: Asking, server: Server) -> None:
    with pytest.raises(UsageError, match="no range called 'Last Decade'") as caught:
        endpoints(server).summaries_of_range("Last Decade")

    assert all(name in caught.value.hint for name in SUMMARY_RANGES)


def test_hackatime_gives_366_days_and_is_not_asked_for_more(
    endpoints: Asking, hackatime: Server
) -> None:
    asked = endpoints(hackatime)

    assert len(asked.summaries(date(2025, 8, 22), TODAY).days) == 366
    before = len(hackatime.requests)
    with pytest.raises(UsageError, match="no more than 366 days"):
        asked.summaries(date(2025, 8, 21), TODAY)
    with pytest.raises(UsageError, match="before the first"):
        asked.summaries(TODAY, YESTERDAY)
    assert len(hackatime.requests) == before


# -- stats


def test_stats_of_the_last_7_days_are_what_the_server_takes_for_them(
    endpoints: Asking, server: Server
) -> None:
    stats = endpoints(server).stats("last_7_days")

    # WakaTime's are without today, Hackatime's eight days, wakapi's begin a week ago at noon. On
    # Hackatime the night between counts two minutes as well.
    assert stats.total_seconds == {HACKATIME: 480, WAKATIME: 240, WAKAPI: 360}[server.dialect]
    assert (
        stats.start
        == {
            HACKATIME: datetime(2026, 8, 15, tzinfo=BERLIN),
            WAKATIME: datetime(2026, 8, 15, tzinfo=BERLIN),
            WAKAPI: datetime(2026, 8, 15, 12, tzinfo=BERLIN),
        }[server.dialect]
    )
    assert (
        stats.end
        == {
            HACKATIME: datetime(2026, 8, 22, 23, 59, 59, tzinfo=BERLIN),
            WAKATIME: datetime(2026, 8, 21, 23, 59, 59, tzinfo=BERLIN),
            WAKAPI: datetime(2026, 8, 22, 12, tzinfo=BERLIN),
        }[server.dialect]
    )
    assert stats.is_up_to_date
    assert stats.range_name == "last_7_days"
    assert stats.daily_average_seconds is not None
    assert (stats.breakdowns["languages"] or ())[0] == Share("Python", 240)
    assert (stats.breakdowns["categories"] is None) == (server.dialect == HACKATIME)


def test_wakatimes_total_counts_the_language_other_too(endpoints: Asking, wakatime: Server) -> None:
    wakatime.set_time(NOON + DAY_SECONDS)

    stats = endpoints(wakatime).stats("last_7_days")

    assert (stats.total_seconds, stats.daily_average_seconds) == (360, 180)
    assert stats.breakdowns["languages"] == (Share("Python", 240), Share("Other", 120))
    assert (stats.days_including_holidays, stats.days_minus_holidays) == (7, 2)


@pytest.mark.parametrize("name", ["last_30_days", "last_year", "all_time", "2026", "2026-08"])
def test_wakatime_has_stats_of_many_ranges(endpoints: Asking, wakatime: Server, name: str) -> None:
    assert endpoints(wakatime).stats(name).range_name == name


@pytest.mark.parametrize("name", ["today", "last_30_days", "last_6_months", "all_time"])
def test_wakapi_has_stats_of_many_ranges(endpoints: Asking, wakapi: Server, name: str) -> None:
    assert endpoints(wakapi).stats(name).total_seconds == (120 if name == "today" else 360)


def test_hackatime_has_stats_of_no_other_range(endpoints: Asking, hackatime: Server) -> None:
    with pytest.raises(NoSuchEndpointError, match="no stats of last_30_days") as caught:
        endpoints(hackatime).stats("last_30_days")

    assert "trayapp stats" in caught.value.hint
    assert len(hackatime.requests) == 1


@pytest.mark.parametrize(
    ("dialect", "error"), [(WAKATIME, NoSuchEndpointError), (WAKAPI, BadAnswerError)]
)
def test_a_range_that_the_server_does_not_know_is_its_error(
    endpoints: Asking, dialect: str, error: type[TrayappError]
) -> None:
    with Server(dialect) as server, pytest.raises(error):
        endpoints(server).stats("last decade")


# -- all_time_since_today


def test_all_time_has_its_first_and_last_day(endpoints: Asking, server: Server) -> None:
    if server.dialect == HACKATIME:
        with pytest.raises(NoSuchEndpointError, match="Hackatime has no all_time_since_today"):
            endpoints(server).all_time()
        return

    all_time = endpoints(server).all_time()

    assert (all_time.total_seconds, all_time.is_up_to_date) == (360, True)
    assert (all_time.start, all_time.end) == (YESTERDAY, TODAY)
    assert all_time.daily_average_seconds == (180 if server.dialect == WAKATIME else None)
    assert endpoints(server).all_time(project="kernel").total_seconds == 120


# -- While WakaTime is still computing


def test_an_answer_that_is_not_finished_says_so(endpoints: Asking, wakatime: Server) -> None:
    wakatime.past(calculated=40)

    stats, all_time = endpoints(wakatime).stats("all_time"), endpoints(wakatime).all_time()

    assert (stats.is_up_to_date, stats.percent_calculated, stats.total_seconds) == (False, 40, 240)
    assert stats.status == "pending_update"
    assert (all_time.is_up_to_date, all_time.percent_calculated) == (False, 40)


def test_an_answer_that_is_not_begun_is_no_number(endpoints: Asking, wakatime: Server) -> None:
    wakatime.past(calculated=0)

    for ask in (lambda: endpoints(wakatime).stats("all_time"), endpoints(wakatime).all_time):
        with pytest.raises(StillComputingError, match="still adding it up"):
            ask()


def test_a_202_without_data_is_no_number() -> None:
    asked = answered_by(b'{"message": "Accepted"}', 202)

    for ask in (lambda: asked.stats("all_time"), asked.all_time, asked.goals):
        with pytest.raises(StillComputingError):
            ask()


# -- durations


def test_durations_tell_when_and_how_long(endpoints: Asking, wakatime: Server) -> None:
    durations = endpoints(wakatime).durations(YESTERDAY)

    (duration,) = durations.durations
    assert (duration.start, duration.seconds) == (NOON - DAY_SECONDS, 240)
    assert (duration.project, duration.slice) == ("engine", "/home/ada/engine/main.py")
    assert durations.start == datetime(2026, 8, 21, tzinfo=BERLIN)
    assert durations.timezone == "Europe/Berlin"


def test_durations_are_sliced_by_what_is_asked_for(endpoints: Asking, wakatime: Server) -> None:
    durations = endpoints(wakatime).durations(YESTERDAY, slice_by="language", project="engine")

    assert [each.slice for each in durations.durations] == ["Python"]
    assert "slice_by=language&project=engine" in wakatime.requests[-1].query


def test_durations_of_a_day_without_coding_are_none(endpoints: Asking, wakatime: Server) -> None:
    assert endpoints(wakatime).durations(date(2026, 8, 1)).durations == ()


# -- goals


def test_goals_have_their_days(endpoints: Asking, wakatime: Server) -> None:
    wakatime.past(goals={"Code 4 min": 240, "Code an hour": 3600})

    small, large = endpoints(wakatime).goals()

    assert (small.title, small.delta, small.seconds) == ("Code 4 min", "day", 240)
    assert [period.status for period in small.periods[-2:]] == ["success", "pending"]
    assert [period.actual_seconds for period in small.periods[-2:]] == [240, 120]
    assert (span := small.periods[-1].range) is not None
    assert span.date == "2026-08-22"
    assert large.periods[-2].status == "fail"
    assert endpoints(wakatime).goal(large.id) == large


def test_a_single_goal_that_is_cold_is_no_goal(endpoints: Asking, wakatime: Server) -> None:
    wakatime.past(goals={"Code an hour": 3600}, goals_cold=True)
    (goal,) = endpoints(wakatime).goals()

    with pytest.raises(StillComputingError) as caught:
        endpoints(wakatime).goal(goal.id)

    assert "trayapp goals" in caught.value.hint


def test_a_goal_that_is_not_there_is_an_error(endpoints: Asking, wakatime: Server) -> None:
    with pytest.raises(NoSuchEndpointError):
        endpoints(wakatime).goal("a/b")
    assert wakatime.requests[-1].path.endswith("/goals/a%2Fb")


# -- projects


def test_projects_are_found_by_name(endpoints: Asking, server: Server) -> None:
    if server.dialect == HACKATIME:
        with pytest.raises(NoSuchEndpointError, match="Hackatime has no projects"):
            endpoints(server).projects()
        return

    projects = endpoints(server).projects()

    # What began today is missing on wakapi.
    names = ["engine", "kernel"] if server.dialect == WAKATIME else ["engine"]
    assert [project.name for project in projects] == names
    assert projects[0].created_at == datetime(2026, 8, 21, 12, tzinfo=BERLIN)
    assert projects[0].repository == (
        "https://git.example.test/ada/engine" if server.dialect == WAKATIME else ""
    )
    assert endpoints(server).projects("eng") == projects[:1]
    assert endpoints(server).projects("nothing") == ()


def test_every_page_of_projects_is_read(endpoints: Asking, wakatime: Server) -> None:
    beats = [heartbeat(-7200 + each, project=f"p{each}") for each in range(5)]
    assert post(wakatime, beats).status == 202
    wakatime.past(projects_per_page=2)

    projects = endpoints(wakatime).projects()

    assert [project.name for project in projects] == [
        "engine", "kernel", "p0", "p1", "p2", "p3", "p4",
    ]  # fmt: skip


# -- heartbeats


def test_the_heartbeats_of_a_day_are_told(endpoints: Asking, server: Server) -> None:
    if server.dialect == HACKATIME:
        with pytest.raises(NoSuchEndpointError, match="Hackatime has no heartbeats") as caught:
            endpoints(server).heartbeats(YESTERDAY)
        assert "trayapp heartbeats" in caught.value.hint
        return

    day = endpoints(server).heartbeats(YESTERDAY)

    times = [NOON - DAY_SECONDS + seconds for seconds in (0, 60, 120, 180, 240)]
    assert [each.time for each in day.heartbeats] == times
    first = day.heartbeats[0]
    assert (first.project, first.branch, first.language) == ("engine", "main", "Python")
    assert (first.entity, first.type, first.is_write) == ("/home/ada/engine/main.py", "file", True)
    assert first.lines == 300
    assert (day.start, day.timezone) == (datetime(2026, 8, 21, tzinfo=BERLIN), "Europe/Berlin")
    # One question was enough: east of UTC a date is the day that it names.
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("timezone", "server_timezone"),
    [
        ("America/New_York", "UTC"),
        ("America/Los_Angeles", "UTC"),
        ("Pacific/Honolulu", "UTC"),
        ("Pacific/Pago_Pago", "UTC"),
        ("Pacific/Kiritimati", "UTC"),
        ("Asia/Kolkata", "UTC"),
        ("UTC", "UTC"),
        # wakapi does not name its own zone.
        ("", "America/New_York"),
        ("", "Pacific/Honolulu"),
        ("", "Europe/Berlin"),
        ("", "Pacific/Auckland"),
        ("", "UTC"),
    ],
)
def test_wakapis_heartbeats_are_of_the_day_that_was_asked_for(
    endpoints: Asking, timezone: str, server_timezone: str
) -> None:
    zone = ZoneInfo(timezone or server_timezone)
    now = datetime(2026, 8, 22, 12, 0, tzinfo=zone).timestamp()
    with Server(WAKAPI, timezone=timezone, server_timezone=server_timezone) as server:
        fill(server, now)

        day = endpoints(server).heartbeats(YESTERDAY)

        assert day.start == datetime(2026, 8, 21, tzinfo=zone)
        assert len(day.heartbeats) == 5


def test_wakapis_times_are_whole_seconds(endpoints: Asking, wakapi: Server) -> None:
    post(wakapi, [heartbeat(-7200.75)])

    assert all(each.time.is_integer() for each in endpoints(wakapi).heartbeats(TODAY).heartbeats)


# -- What a server lacks, and what goes wrong

ASKED: dict[str, Callable[[WakatimeEndpoints], object]] = {
    "user": lambda asked: asked.user(),
    "summaries": lambda asked: asked.summaries(YESTERDAY, TODAY),
    "stats": lambda asked: asked.stats("last_7_days"),
    "all_time": lambda asked: asked.all_time(),
    "projects": lambda asked: asked.projects(),
    "heartbeats": lambda asked: asked.heartbeats(YESTERDAY),
    "durations": lambda asked: asked.durations(YESTERDAY),
    "goals": lambda asked: asked.goals(),
    "goal": lambda asked: asked.goal("1"),
}
HAS = {
    HACKATIME: ("user", "summaries", "stats"),
    WAKAPI: ("user", "summaries", "stats", "all_time", "projects", "heartbeats"),
    WAKATIME: tuple(ASKED),
}
LACKING = [(dialect, name) for dialect in HAS for name in ASKED if name not in HAS[dialect]]
ERRORS: dict[str, tuple[Callable[[], Misbehaviour], type[TrayappError]]] = {
    "400": (lambda: misbehaviours.status(400), BadAnswerError),
    "401": (lambda: misbehaviours.status(401), KeyRefusedError),
    "402": (lambda: misbehaviours.status(402), BadAnswerError),
    "404": (lambda: misbehaviours.status(404), NoSuchEndpointError),
    "429": (lambda: misbehaviours.throttled(30), ThrottledError),
    "500": (lambda: misbehaviours.status(500), BadAnswerError),
    "a web page": (misbehaviours.captive_portal, BadAnswerError),
}


@pytest.mark.parametrize(("dialect", "name"), LACKING)
def test_a_server_is_not_asked_for_what_it_lacks(
    endpoints: Asking, dialect: str, name: str
) -> None:
    with Server(dialect) as server:
        with pytest.raises(NoSuchEndpointError, match="has no") as caught:
            ASKED[name](endpoints(server))

        assert caught.value.hint
        assert not server.requests


@pytest.mark.parametrize("api_path", ["/api", "/api/v1", "/api/compat/wakatime/v1"])
@pytest.mark.parametrize("name", HAS[WAKAPI])
def test_wakapi_is_asked_under_its_compat_prefix(name: str, api_path: str) -> None:
    with Server(WAKAPI) as server:
        connection = HttpTransport(Options(), "trayapp/test")
        client = Client(server.origin + api_path, Key(server.key), connection, Dialect.WAKAPI)

        ASKED[name](WakatimeEndpoints(client))

        assert server.requests[-1].path.startswith("/api/compat/wakatime/v1/users/current")
        client.close()


@pytest.mark.parametrize("failure", ERRORS)
@pytest.mark.parametrize(
    ("dialect", "name"), [(dialect, name) for dialect, names in HAS.items() for name in names]
)
def test_every_error_of_every_endpoint_is_one_of_ours(
    endpoints: Asking, dialect: str, name: str, failure: str
) -> None:
    misbehaviour, error = ERRORS[failure]
    with Server(dialect) as server:
        server.misbehave(misbehaviour())

        with pytest.raises(error) as caught:
            ASKED[name](endpoints(server))

        assert caught.value.hint
        assert server.key not in str(caught.value)


@pytest.mark.parametrize("name", ["user", "summaries"])
def test_an_older_hackatime_says_since_when_it_is_there(endpoints: Asking, name: str) -> None:
    with Server(HACKATIME, users_current=False) as server:
        with pytest.raises(NoSuchEndpointError, match="has no") as caught:
            ASKED[name](endpoints(server))

        assert "since 2026-08-16" in caught.value.hint


@pytest.mark.parametrize("name", HAS[WAKATIME])
def test_wakatimes_302_is_a_throttle_and_is_not_followed(endpoints: Asking, name: str) -> None:
    with Server(WAKATIME) as server, Server(WAKATIME) as other:
        server.misbehave(misbehaviours.redirect(other.origin, 302))

        with pytest.raises(ThrottledError):
            ASKED[name](endpoints(server))

        assert not other.requests


def test_what_is_beyond_the_plan_says_so(endpoints: Asking, wakatime: Server) -> None:
    wakatime.past(plan_days=7)

    assert endpoints(wakatime).summaries(YESTERDAY, TODAY).total_seconds == 360
    with pytest.raises(BadAnswerError, match="beyond the free plan"):
        endpoints(wakatime).summaries(date(2026, 8, 1), TODAY)


@pytest.mark.parametrize("body", [b"null", b"[]", b'{"data": "text"}', b'{"data": {}}', b'"x"'])
@pytest.mark.parametrize("name", ASKED)
def test_an_answer_of_the_wrong_shape_is_a_bad_answer(name: str, body: bytes) -> None:
    if (name, body) in (("user", b'{"data": {}}'), ("goal", b'{"data": {}}')):
        # Nobody known, and a cold answer.
        return

    with pytest.raises(BadAnswerError, match="answered with"):
        ASKED[name](answered_by(body))


def answered_by(body: bytes, status: int = 200) -> WakatimeEndpoints:
    transport = FunctionTransport(lambda *_: Response(status, {}, body))
    url = "https://server.example/api/v1"
    return WakatimeEndpoints(Client(url, Key("a-test-key"), transport, Dialect.WAKATIME))
