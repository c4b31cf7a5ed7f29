"""Hackatime's own endpoints, which no other dialect has.

All of them are of hackclub/hackatime as of 2026-08-22 (servers.md 1.1, 1.4, 1.6) and under
`/api/v1` of the server's origin, not of the api_url. What is under `users/` and for administrators
takes the key only as Bearer. A moment must have an offset: Hackatime reads a bare date as UTC's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from trayapp.coding.history import Span
from trayapp.errors import NoSuchEndpointError, RedirectError, UsageError
from trayapp.servers import hackatime_answers as answers
from trayapp.servers.client import NO_QUERY, Client
from trayapp.servers.dialects import Dialect

ONESELF = "my"
"""The name under which Hackatime has the key's owner, even where others may see nothing."""

_NOWHERE = "Nothing there tells the same."
_STATS = "Its stats tell the same: users/current/stats."
_SPANS = {
    Dialect.WAKATIME: "Its durations tell the same, a day at a time.",
    Dialect.WAKAPI: "Its heartbeats of a day tell the same.",
}
_PROJECTS = "Its own list is users/current/projects."
_HEARTBEATS = "It has the heartbeats of a day: users/current/heartbeats."


class HackatimeEndpoints:
    """Ask Hackatime for what it alone has.

    Every method raises NoSuchEndpointError before it asks another dialect, which names what is
    there instead; UserNotShownError for a user who does not exist (404) or whose time is not public
    (403); KeyRefusedError for a key that is not accepted; any other ServerError. Names are
    percent-encoded; one that would lead to another path is a UsageError.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    def stats(
        self,
        user: str = ONESELF,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        features: Iterable[str] = ("languages", "projects"),
        projects: Iterable[str] = (),
        limit: int | None = None,
        no_ai_coding: bool = False,
    ) -> answers.NativeStats:
        """GET `/api/v1/users/{user}/stats`: total, breakdowns, streak and trust.

        From `start` (10 years ago) until before `end` (the end of UTC's day), both cut to whole
        seconds. `limit` cuts each breakdown to its longest lines. Only `languages` and `projects`
        are features. No project's name may have a comma. Raises BadAnswerError where Hackatime does
        not understand a moment (422).
        """
        query = _window(start, end) | {"features": ",".join(features)}
        query |= _listed("filter_by_project", projects) | _flags(no_ai_coding=no_ai_coding)
        if limit is not None:
            query["limit"] = str(limit)
        document = self._of_user(user, "stats", query, "native stats", _STATS)
        return answers.decode_stats(document, self._client.host)

    def total_seconds(
        self,
        user: str = ONESELF,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        projects: Iterable[str] = (),
        categories: Iterable[str] = (),
        boundary_aware: bool = False,
        no_ai_coding: bool = False,
    ) -> float:
        """GET `/api/v1/users/{user}/stats?total_seconds=true`: the total alone, in whole seconds.

        Only here categories can be chosen. `boundary_aware` counts the gap into the window as well,
        and leaves out browsing, meeting and communicating. The rest is as in `stats`.
        """
        query = _window(start, end) | {"total_seconds": "true"}
        query |= _listed("filter_by_project", projects) | _listed("filter_by_category", categories)
        query |= _flags(boundary_aware=boundary_aware, no_ai_coding=no_ai_coding)
        document = self._of_user(user, "stats", query, "native stats", _STATS)
        return answers.decode_total_only(document, self._client.host)

    def spans(
        self,
        user: str = ONESELF,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        project: str | None = None,
    ) -> tuple[Span, ...]:
        """GET `/api/v1/users/{user}/heartbeats/spans`: coding without a break of over 120 s.

        From `start` (10 years ago) to `end` (the end of UTC's day), both included, of one project
        or of all as one series. A span goes on for up to 120 s after its last heartbeat, unless
        that is the last of the window; spans of no length are left out.
        """
        query = _window(start, end)
        if project is not None:
            query["project"] = project
        document = self._of_user(user, "heartbeats/spans", query, "spans", _SPANS)
        return answers.decode_spans(document, self._client.host, project)

    def trust_factor(self, user: str) -> answers.TrustFactor:
        """GET `/api/v1/users/{user}/trust_factor`: public, whatever else of the user is.

        It knows no `my`: of oneself `stats` tells the trust.
        """
        document = self._of_user(user, "trust_factor", NO_QUERY, "trust factors", _NOWHERE)
        return answers.decode_trust(document, self._client.host)

    def projects(
        self, user: str = ONESELF, *, start: datetime | None = None, end: datetime | None = None
    ) -> tuple[str, ...]:
        """GET `/api/v1/users/{user}/projects`: their names, the archived ones too.

        From `start` (30 days ago) to `end` (now).
        """
        query = _window(start, end)
        document = self._of_user(user, "projects", query, "native projects", _PROJECTS)
        return answers.decode_project_names(document, self._client.host)

    def project_details(
        self,
        user: str = ONESELF,
        *,
        names: Iterable[str] = (),
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> tuple[answers.ProjectDetails, ...]:
        """GET `/api/v1/users/{user}/projects/details`: time and languages, the longest first.

        From `start` (a year ago) to `end` (now), of the named projects or of all; the archived ones
        are left out. No name may have a comma.
        """
        query = _window(start, end) | _listed("projects", names)
        document = self._of_user(user, "projects/details", query, "project details", _PROJECTS)
        return answers.decode_project_details(document, self._client.host)

    def my_heartbeats(
        self,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        limit: int | None = None,
    ) -> answers.MyHeartbeats:
        """GET `/api/v1/my/heartbeats`: the key owner's own, from `start` to `end`, both included.

        Without them it is UTC's day. Hackatime's page names the parameters start, end and limit;
        the server reads `start_time` and `end_time`, which are sent, and knows no limit: the newest
        `limit` are kept here, of what it answers. Banned accounts are refused (401).
        """
        query = _window(start, end, "start_time", "end_time")
        document = self._ask("my/heartbeats", query, "list of all heartbeats", _HEARTBEATS)
        return answers.decode_my_heartbeats(document, self._client.host, limit)

    def most_recent(self, *, source_type: str = "", editor: str = "") -> answers.MostRecent:
        """GET `/api/v1/my/heartbeats/most_recent`: the newest, of one editor or of all.

        Capitals in `editor` do not matter. `source_type` is direct_entry, wakapi_import or
        test_entry; without it tests (entity `test.txt`) are passed over. Banned accounts are
        refused (401).
        """
        query = _given({"source_type": source_type, "editor": editor})
        document = self._ask(
            "my/heartbeats/most_recent", query, "most recent heartbeat", _HEARTBEATS
        )
        return answers.decode_most_recent(document, self._client.host)

    def server_total(
        self,
        *,
        start: date | None = None,
        end: date | None = None,
        user: str = "",
        email: str = "",
    ) -> float:
        """GET `/api/v1/stats`: the seconds of all users together, or of one; plain text.

        Days in UTC, from `start` (10 years ago) to `end` (today), both included. Only for
        administrators (AdministratorKeyError).
        """
        query = {
            "start_date": start.isoformat() if start else "",
            "end_date": end.isoformat() if end else "",
            "username": user,
            "user_email": email,
        }
        document = self._ask("stats", _given(query), "total of all users", _NOWHERE, bearer=True)
        return answers.decode_server_total(document, self._client.host)

    def lookup_email(self, email: str) -> answers.LookedUp:
        """GET `/api/v1/users/lookup_email/{email}`: whose it is.

        Only for administrators (AdministratorKeyError).
        """
        return self._look_up("lookup_email", email)

    def lookup_slack_uid(self, slack_uid: str) -> answers.LookedUp:
        """GET `/api/v1/users/lookup_slack_uid/{slack_uid}`: whose it is.

        Only for administrators (AdministratorKeyError).
        """
        return self._look_up("lookup_slack_uid", slack_uid)

    def dashboard(self) -> str:
        """GET `/` of the api_url: the address of the dashboard, to which it redirects (302).

        It is read, and never asked for here. Raises RedirectError where it is no address of the
        web, NoSuchEndpointError where nothing redirects.
        """
        self._require_hackatime("redirect to the dashboard", "Its dashboard has a fixed address.")
        response = self._client.get("", accept_status=frozenset({200, 302}))
        location = response.headers.get("location", "")
        if response.status == 200 or not location:
            raise NoSuchEndpointError(
                f"{self._client.host} does not say where its dashboard is",
                "Check the account's api_url.",
            )
        return _web_address(self._client.api_url, location)

    def _look_up(self, by: str, whom: str) -> answers.LookedUp:
        path = f"users/{by}/{_segment(whom)}"
        document = self._ask(path, NO_QUERY, "look-up of users", _NOWHERE, bearer=True)
        return answers.decode_looked_up(document, self._client.host)

    def _of_user(
        self,
        user: str,
        what: str,
        query: Mapping[str, str],
        name: str,
        instead: str | Mapping[Dialect, str],
    ) -> Any:
        return self._ask(f"users/{_segment(user)}/{what}", query, name, instead, bearer=True)

    def _ask(
        self,
        path: str,
        query: Mapping[str, str],
        name: str,
        instead: str | Mapping[Dialect, str],
        *,
        bearer: bool = False,
    ) -> Any:
        self._require_hackatime(name, instead)
        return self._client.ask(f"/api/v1/{path}", query, bearer=bearer, from_origin=True).document

    def _require_hackatime(self, name: str, instead: str | Mapping[Dialect, str]) -> None:
        dialect = self._client.find_dialect()
        if dialect is not Dialect.HACKATIME:
            raise NoSuchEndpointError(
                f"{self._client.host} is no Hackatime and has no {name}",
                instead if isinstance(instead, str) else instead[dialect],
            )


def _segment(name: str) -> str:
    """Encode a name as one step of a path."""
    if not name:
        raise UsageError("Nobody is named", "Give a name, an e-mail address or a Slack id.")
    return quote(name, safe="")


def _window(
    start: datetime | None,
    end: datetime | None,
    start_name: str = "start_date",
    end_name: str = "end_date",
) -> dict[str, str]:
    window = {}
    for name, moment in ((start_name, start), (end_name, end)):
        if moment is None:
            continue
        if moment.utcoffset() is None:
            raise ValueError(f"{name} has no offset from UTC")
        window[name] = moment.isoformat()
    return window


def _listed(name: str, values: Iterable[str]) -> dict[str, str]:
    listed = tuple(values)
    if any("," in value for value in listed):
        raise UsageError(
            "Hackatime cannot be asked for a name with a comma in it", "Leave that one out."
        )
    return {name: ",".join(listed)} if listed else {}


def _given(query: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in query.items() if value}


def _flags(**flags: bool) -> dict[str, str]:
    return {name: "true" for name, is_on in flags.items() if is_on}


def _web_address(base: str, location: str) -> str:
    try:
        address = urljoin(f"{base}/", location)
        parts = urlsplit(address)
        is_one = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        is_one = False
    if not is_one or "@" in parts.netloc or not address.isprintable():
        raise RedirectError(
            f"{urlsplit(base).netloc} points to what is no address of the web",
            "Check the account's api_url.",
        )
    return address
