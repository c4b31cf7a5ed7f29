"""WakaTime's answers that list what happened: durations, goals, projects, the heartbeats of a day.

What a server leaves out is None or empty. Shapes: servers.md 2 (WakaTime), 3.2 and 3.6 (wakapi).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from trayapp.errors import StillComputingError
from trayapp.servers import lenient
from trayapp.servers.decoding import Range, decode_range


@dataclass(frozen=True)
class Duration:
    """Coding without a break: `start` in epoch seconds; `slice` is what it was sliced by."""

    start: float
    seconds: float
    project: str | None
    slice: str | None


@dataclass(frozen=True)
class Durations:
    """The durations of a day, in order of time; `end` belongs to the day."""

    durations: tuple[Duration, ...]
    start: datetime | None
    end: datetime | None
    timezone: str


@dataclass(frozen=True)
class GoalPeriod:
    """One day or week of a goal; `status` is success, fail, ignored or pending."""

    actual_seconds: float | None
    goal_seconds: float | None
    status: str
    reason: str
    range: Range | None


@dataclass(frozen=True)
class GoalAnswer:
    """A goal: `seconds` per `delta` (day or week), in these languages, projects and editors.

    `status` is that of the newest period, `cumulative_status` that of all together, each success,
    fail, ignored or pending. Of an inverse goal one does less.
    """

    id: str
    title: str
    type: str
    delta: str
    seconds: float | None
    status: str
    cumulative_status: str
    is_enabled: bool
    is_inverse: bool
    is_snoozed: bool
    languages: tuple[str, ...]
    projects: tuple[str, ...]
    editors: tuple[str, ...]
    periods: tuple[GoalPeriod, ...]


@dataclass(frozen=True)
class Project:
    """One project; `repository` is the address of the one that is linked to it."""

    id: str
    name: str
    repository: str
    badge: str
    color: str
    url: str
    last_heartbeat_at: datetime | None
    created_at: datetime | None


@dataclass(frozen=True)
class Projects:
    """One page of projects; `pages` is how many there are."""

    projects: tuple[Project, ...]
    pages: int


@dataclass(frozen=True)
class RawHeartbeat:
    """One heartbeat as it is stored; `time` in epoch seconds, on wakapi in whole ones.

    The ids of machine and user agent are those of `machine_names` and `user_agents` on WakaTime,
    the texts themselves on wakapi.
    """

    id: str
    time: float
    entity: str
    type: str
    category: str
    project: str | None
    branch: str | None
    language: str | None
    is_write: bool
    dependencies: tuple[str, ...]
    lines: int | None
    lineno: int | None
    cursorpos: int | None
    machine_name_id: str
    user_agent_id: str
    created_at: datetime | None


@dataclass(frozen=True)
class HeartbeatsOfDay:
    """The heartbeats of a day, in order of time; `end` belongs to the day."""

    heartbeats: tuple[RawHeartbeat, ...]
    start: datetime | None
    end: datetime | None
    timezone: str


def decode_durations(document: Any, host: str, slice_by: str) -> Durations:
    """Read `durations`; a line without start or length is left out."""
    durations = [
        Duration(start, seconds, _text_or_none(row, "project"), _text_or_none(row, slice_by))
        for row in lenient.rows_of(document, host, "durations")
        if (start := lenient.epoch(row.get("time"))) is not None
        and (seconds := lenient.seconds(row.get("duration"))) is not None
    ]
    return Durations(
        durations=tuple(sorted(durations, key=lambda duration: duration.start)),
        start=lenient.moment(document.get("start")),
        end=lenient.moment(document.get("end")),
        timezone=lenient.text(document.get("timezone")),
    )


def decode_goals(document: Any, host: str) -> tuple[GoalAnswer, ...]:
    """Read `goals`."""
    return tuple(_goal(row) for row in lenient.rows_of(document, host, "goals"))


def decode_goal(document: Any, host: str) -> GoalAnswer:
    """Read `goals/ID`; raises StillComputingError for a cold answer, which names no goal."""
    data = lenient.data_of(document, host, "a goal")
    if not data.get("id"):
        raise StillComputingError(
            f"{host} has this goal not at hand", "The list of all goals has it: trayapp goals"
        )
    return _goal(data)


def decode_projects(document: Any, host: str) -> Projects:
    """Read `projects`; a page that does not say how many there are is the only one."""
    return Projects(
        projects=tuple(map(_project, lenient.rows_of(document, host, "projects"))),
        pages=lenient.whole(document.get("total_pages")) or 1,
    )


def decode_heartbeats(document: Any, host: str) -> HeartbeatsOfDay:
    """Read `heartbeats`; one without a time is left out."""
    heartbeats = [
        _heartbeat(row, time)
        for row in lenient.rows_of(document, host, "heartbeats")
        if (time := lenient.epoch(row.get("time"))) is not None
    ]
    return HeartbeatsOfDay(
        heartbeats=tuple(sorted(heartbeats, key=lambda heartbeat: heartbeat.time)),
        start=lenient.moment(document.get("start")),
        end=lenient.moment(document.get("end")),
        timezone=lenient.text(document.get("timezone")),
    )


def _goal(row: dict[str, Any]) -> GoalAnswer:
    return GoalAnswer(
        id=lenient.identifier(row.get("id")),
        title=lenient.text(row.get("title")),
        type=lenient.text(row.get("type")),
        delta=lenient.text(row.get("delta")),
        seconds=lenient.seconds(row.get("seconds")),
        status=lenient.text(row.get("status")),
        cumulative_status=lenient.text(row.get("cumulative_status")),
        is_enabled=row.get("is_enabled") is not False,
        is_inverse=row.get("is_inverse") is True,
        is_snoozed=row.get("is_snoozed") is True,
        languages=lenient.names(row.get("languages")),
        projects=lenient.names(row.get("projects")),
        editors=lenient.names(row.get("editors")),
        periods=tuple(
            GoalPeriod(
                actual_seconds=lenient.seconds(period.get("actual_seconds")),
                goal_seconds=lenient.seconds(period.get("goal_seconds")),
                status=lenient.text(period.get("range_status")),
                reason=lenient.text(period.get("range_status_reason")),
                range=decode_range(period.get("range")),
            )
            for period in lenient.rows(row.get("chart_data"))
        ),
    )


def _project(row: dict[str, Any]) -> Project:
    return Project(
        id=lenient.identifier(row.get("id")),
        name=lenient.text(row.get("name")),
        repository=_address(row.get("repository")),
        badge=_address(row.get("badge")),
        color=lenient.text(row.get("color")),
        url=lenient.text(row.get("url")),
        last_heartbeat_at=lenient.moment(row.get("last_heartbeat_at")),
        created_at=lenient.moment(row.get("created_at")),
    )


def _heartbeat(row: dict[str, Any], time: float) -> RawHeartbeat:
    return RawHeartbeat(
        id=lenient.identifier(row.get("id")),
        time=time,
        entity=lenient.text(row.get("entity")),
        type=lenient.text(row.get("type")),
        category=lenient.text(row.get("category")),
        project=_text_or_none(row, "project"),
        branch=_text_or_none(row, "branch"),
        language=_text_or_none(row, "language"),
        is_write=row.get("is_write") is True,
        dependencies=lenient.names(row.get("dependencies")),
        lines=lenient.whole(row.get("lines")),
        lineno=lenient.whole(row.get("lineno")),
        cursorpos=lenient.whole(row.get("cursorpos")),
        machine_name_id=lenient.identifier(row.get("machine_name_id")),
        user_agent_id=lenient.identifier(row.get("user_agent_id")),
        created_at=lenient.moment(row.get("created_at")),
    )


def _address(value: object) -> str:
    # Documented as a text, answered as an object.
    if isinstance(value, dict):
        return lenient.text(value.get("html_url")) or lenient.text(value.get("url"))
    return lenient.text(value)


def _text_or_none(row: dict[str, Any], name: str) -> str | None:
    return lenient.text(row.get(name)) or None
