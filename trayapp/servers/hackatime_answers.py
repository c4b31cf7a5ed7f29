"""What Hackatime's own endpoints answer, decoded (servers.md 1.1 and 1.6).

As lenient as `lenient` is, but for what an answer is asked for: without that it is an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from trayapp.coding.history import Span
from trayapp.coding.number import Breakdown
from trayapp.servers import lenient

LONGEST_STREAK_DAYS = 31
"""A streak of more days is told as one of these."""


@dataclass(frozen=True)
class TrustFactor:
    """How far Hackatime trusts a user: `level` is blue, green or red; yellow is shown as blue."""

    level: str
    value: int | None


@dataclass(frozen=True)
class NativeStats:
    """A user's time from `start` until before `end`, all categories and editors.

    A breakdown is None where it was not asked for; each share counts for itself, so that they may
    come to more than the total. The daily average is over the whole days of the window, 0 where
    that is shorter than one. `unique_seconds`, of the projects asked for, leaves out
    gaps over 2 minutes; None unless projects were asked for by name. `streak_days` counts days of
    15 minutes and more, 31 at most.
    """

    username: str
    user_id: str
    start: datetime | None
    end: datetime | None
    total_seconds: float
    daily_average_seconds: float | None
    unique_seconds: float | None
    languages: Breakdown
    projects: Breakdown
    streak_days: int | None
    trust: TrustFactor | None


@dataclass(frozen=True)
class ProjectDetails:
    """One project; its total is counted as if there were no others."""

    name: str
    total_seconds: float
    languages: tuple[str, ...]
    repository_url: str
    total_heartbeats: int | None
    first_heartbeat: datetime | None
    last_heartbeat: datetime | None
    is_archived: bool


@dataclass(frozen=True)
class StoredHeartbeat:
    """A heartbeat as Hackatime stored it, `time` in epoch seconds.

    Texts are empty where it has none. The address that it came from is left out.
    """

    time: float
    entity: str
    type: str
    category: str
    project: str
    branch: str
    language: str
    editor: str
    operating_system: str
    machine: str
    user_agent: str
    source_type: str
    dependencies: tuple[str, ...]
    lines: int | None
    line_number: int | None
    cursor_position: int | None
    is_write: bool | None


@dataclass(frozen=True)
class MyHeartbeats:
    """The key owner's heartbeats in order of time; start, end and total are the server's.

    Where `left_out` is not 0, so many of the oldest were cut off here, as the limit wanted; the
    total counts them all the same.
    """

    start: datetime | None
    end: datetime | None
    total_seconds: float | None
    heartbeats: tuple[StoredHeartbeat, ...]
    left_out: int


@dataclass(frozen=True)
class MostRecent:
    """The newest heartbeat, None where there is none; `time_ago` is in the server's words."""

    heartbeat: StoredHeartbeat | None
    time_ago: str


@dataclass(frozen=True)
class LookedUp:
    """Whose an e-mail address or a Slack user id is."""

    user_id: int


def decode_server_total(document: Any, host: str) -> float:
    """Read `/api/v1/stats`, a number and nothing else."""
    return _total(document, host)


def decode_stats(document: Any, host: str) -> NativeStats:
    """Read `users/…/stats`; raises BadAnswerError without a total."""
    data = lenient.data_of(document, host, "stats")
    return NativeStats(
        username=lenient.text(data.get("username")),
        user_id=lenient.text(data.get("user_id")),
        start=lenient.moment(data.get("start")),
        end=lenient.moment(data.get("end")),
        total_seconds=_total(data.get("total_seconds"), host),
        daily_average_seconds=lenient.seconds(data.get("daily_average")),
        unique_seconds=lenient.seconds(data.get("unique_total_seconds")),
        languages=lenient.breakdown(data.get("languages")),
        projects=lenient.breakdown(data.get("projects")),
        streak_days=lenient.whole(data.get("streak")),
        trust=_trust(document.get("trust_factor")),
    )


def decode_total_only(document: Any, host: str) -> float:
    """Read `users/…/stats?total_seconds=true`."""
    return _total(lenient.mapping(document).get("total_seconds"), host)


def decode_spans(document: Any, host: str, project: str | None = None) -> tuple[Span, ...]:
    """Read `users/…/heartbeats/spans`, of one project where these were asked for."""
    spans = (
        Span(start, end, project)
        for row in _list(document, "spans", host)
        if (start := lenient.seconds(row.get("start_time"))) is not None
        and (end := lenient.seconds(row.get("end_time"))) is not None
        and end > start
    )
    return tuple(spans)


def decode_trust(document: Any, host: str) -> TrustFactor:
    """Read `users/…/trust_factor`."""
    trust = _trust(document)
    if trust is None:
        raise lenient.missing(host, "a trust level")
    return trust


def decode_project_names(document: Any, host: str) -> tuple[str, ...]:
    """Read `users/…/projects`."""
    projects = lenient.mapping(document).get("projects")
    if not isinstance(projects, list):
        raise lenient.missing(host, "projects")
    return lenient.names(projects)


def decode_project_details(document: Any, host: str) -> tuple[ProjectDetails, ...]:
    """Read `users/…/projects/details`."""
    return tuple(
        ProjectDetails(
            name=lenient.text(row.get("name")),
            total_seconds=total,
            languages=lenient.names(row.get("languages")),
            repository_url=lenient.text(row.get("repo_url")),
            total_heartbeats=lenient.whole(row.get("total_heartbeats")),
            first_heartbeat=lenient.moment(row.get("first_heartbeat")),
            last_heartbeat=lenient.moment(row.get("last_heartbeat")),
            is_archived=row.get("archived") is True,
        )
        for row in _list(document, "projects", host)
        if (total := lenient.seconds(row.get("total_seconds"))) is not None
    )


def decode_my_heartbeats(document: Any, host: str, limit: int | None = None) -> MyHeartbeats:
    """Read `/api/v1/my/heartbeats` and keep the newest `limit` of them."""
    heartbeats = sorted(
        filter(None, map(_heartbeat, _list(document, "heartbeats", host))),
        key=lambda heartbeat: heartbeat.time,
    )
    left_out = 0 if limit is None else max(0, len(heartbeats) - limit)
    return MyHeartbeats(
        start=lenient.moment(document.get("start_time")),
        end=lenient.moment(document.get("end_time")),
        total_seconds=lenient.seconds(document.get("total_seconds")),
        heartbeats=tuple(heartbeats[left_out:]),
        left_out=left_out,
    )


def decode_most_recent(document: Any, host: str) -> MostRecent:
    """Read `/api/v1/my/heartbeats/most_recent`."""
    answer = lenient.mapping(document)
    if "heartbeat" not in answer:
        raise lenient.missing(host, "a heartbeat")
    return MostRecent(
        _heartbeat(lenient.mapping(answer["heartbeat"])), lenient.text(answer.get("time_ago"))
    )


def decode_looked_up(document: Any, host: str) -> LookedUp:
    """Read `users/lookup_email/…` and `users/lookup_slack_uid/…`."""
    user_id = lenient.whole(lenient.mapping(document).get("user_id"))
    if user_id is None:
        raise lenient.missing(host, "a user")
    return LookedUp(user_id)


def _total(value: object, host: str) -> float:
    total = lenient.seconds(value)
    if total is None:
        raise lenient.missing(host, "a total")
    return total


def _list(document: Any, name: str, host: str) -> list[dict[str, Any]]:
    value = lenient.mapping(document).get(name)
    if not isinstance(value, list):
        raise lenient.missing(host, name)
    return lenient.rows(value)


def _trust(value: object) -> TrustFactor | None:
    level = lenient.text(lenient.mapping(value).get("trust_level"))
    return (
        TrustFactor(level, lenient.whole(lenient.mapping(value).get("trust_value")))
        if level
        else None
    )


def _heartbeat(row: dict[str, Any]) -> StoredHeartbeat | None:
    time = lenient.epoch(row.get("time"))
    if time is None:
        return None
    return StoredHeartbeat(
        time=time,
        entity=lenient.text(row.get("entity")),
        type=lenient.text(row.get("type")),
        category=lenient.text(row.get("category")),
        project=lenient.text(row.get("project")),
        branch=lenient.text(row.get("branch")),
        language=lenient.text(row.get("language")),
        editor=lenient.text(row.get("editor")),
        operating_system=lenient.text(row.get("operating_system")),
        machine=lenient.text(row.get("machine")),
        user_agent=lenient.text(row.get("user_agent")),
        source_type=lenient.text(row.get("source_type")),
        dependencies=lenient.names(row.get("dependencies")),
        lines=lenient.whole(row.get("lines")),
        line_number=lenient.whole(row.get("lineno")),
        cursor_position=lenient.whole(row.get("cursorpos")),
        is_write=lenient.flag(row.get("is_write")),
    )
