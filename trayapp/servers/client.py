"""One account's server: what is asked of it and what it answers."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Protocol
from urllib.parse import unquote_plus, urlencode, urlsplit

from trayapp.errors import BadAnswerError, NoSuchEndpointError, UsageError
from trayapp.servers.decoding import (
    Profile,
    TodayAnswer,
    decode_json,
    decode_profile,
    decode_today,
)
from trayapp.servers.dialects import (
    Dialect,
    dialect_from_url,
    heartbeats_url,
    join_path,
    origin_of,
    profile_url,
    today_url,
)
from trayapp.servers.outcomes import error_of
from trayapp.servers.transport import Response, Transport

OK = frozenset({200})
NO_QUERY: Mapping[str, str] = MappingProxyType({})


class Secret(Protocol):
    """A key that shows itself only when asked to."""

    def reveal(self) -> str:
        """Give the key itself."""

    def redact(self, text: str) -> str:
        """Take the key out of a text."""


@dataclass(frozen=True)
class Answer:
    """The JSON that a server answered with, and the HTTP response that carried it."""

    document: Any
    response: Response


@dataclass(frozen=True)
class Today:
    """The answer to "how long today?", and the HTTP response that carried it."""

    answer: TodayAnswer
    response: Response


class Client:
    """Ask one api_url with one key.

    Every method that asks for something raises ServerError, or KeyRefusedError when the key is not
    accepted. Where an answer repeats the key it is masked, in the headers as in the body.
    """

    def __init__(
        self, api_url: str, key: Secret, transport: Transport, dialect: Dialect | None = None
    ) -> None:
        self.api_url = api_url
        self.host = urlsplit(api_url).netloc
        self._dialect = dialect or dialect_from_url(api_url)
        self._transport = transport
        self._key = key

    def ask(
        self,
        path: str,
        query: Mapping[str, str] = NO_QUERY,
        *,
        bearer: bool = False,
        from_origin: bool = False,
        accept_status: frozenset[int] = OK,
    ) -> Answer:
        """GET a path under the api_url and read its JSON; parameters are the same as for `get`."""
        response = self.get(
            path, query, bearer=bearer, from_origin=from_origin, accept_status=accept_status
        )
        return Answer(decode_json(response.body, self.host), response)

    def get(
        self,
        path: str,
        query: Mapping[str, str] = NO_QUERY,
        *,
        bearer: bool = False,
        from_origin: bool = False,
        accept_status: frozenset[int] = OK,
    ) -> Response:
        """GET a path under the api_url, percent-encoded already; a status not accepted is raised.

        With `from_origin` the path goes under the origin and what precedes `/api` in the api_url.
        `bearer` sends the plain key, which Hackatime wants in places; no other dialect is asked so
        (NoSuchEndpointError). A path that leads elsewhere is a UsageError, as is the key in it.
        """
        encoded = f"?{urlencode(query)}" if query else ""
        if "api_key" in query or self._key.reveal() in unquote_plus(path + encoded):
            raise UsageError("The API key has no place in an address", "It is sent on its own.")
        url = join_path(origin_of(self.api_url) if from_origin else self.api_url, path) + encoded
        if bearer and self.find_dialect() is not Dialect.HACKATIME:
            raise NoSuchEndpointError(
                f"{self.host} is no Hackatime, and only that has {path}",
                "Ask an account on Hackatime.",
            )
        return self._get(url, bearer=bearer, accept_status=accept_status)

    def today(self) -> Today:
        """GET `users/current/statusbar/today`: today's total, on all three dialects."""
        response = self._get(today_url(self.api_url))
        return Today(decode_today(decode_json(response.body, self.host), self.host), response)

    def profile(self) -> Profile:
        """GET `users/current`: name and zone.

        Raises NoSuchEndpointError on Hackatime before 2026-08-16.
        """
        response = self._get(profile_url(self.api_url, self._dialect))
        return decode_profile(decode_json(response.body, self.host), self.host)

    def send_heartbeats(self, body: bytes, machine: str, user_agent: str) -> Response:
        """POST a JSON array, byte for byte, and give the answer as it is, whatever its status.

        `machine` is escaped already, as X-Machine-Name has it. Raises ServerError where no whole
        answer came; the heartbeats may have arrived all the same.
        """
        headers = {
            "Authorization": self._authorization(),
            "Content-Type": "application/json",
            "Accept": "application/json",
            "X-Machine-Name": machine,
            "User-Agent": user_agent,
        }
        return self._masked(self._transport.post(heartbeats_url(self.api_url), headers, body))

    def find_dialect(self) -> Dialect:
        """Find out by asking what the api_url alone does not say.

        Only wakapi has its profile under a compat prefix; only Hackatime names no range.
        """
        if self._dialect is None:
            self._dialect = self._probe()
        return self._dialect

    def _probe(self) -> Dialect:
        try:
            response = self._get(profile_url(self.api_url, Dialect.WAKAPI))
            decode_profile(decode_json(response.body, self.host), self.host)
        except (NoSuchEndpointError, BadAnswerError):
            ranged = self.today().answer.has_range
            return Dialect.WAKATIME if ranged else Dialect.HACKATIME
        return Dialect.WAKAPI

    def _get(
        self, url: str, *, bearer: bool = False, accept_status: frozenset[int] = OK
    ) -> Response:
        authorization = self._authorization(bearer=bearer)
        response = self._masked(self._transport.get(url, {"Authorization": authorization}))
        if response.status in accept_status:
            return response
        error = error_of(response, url, self._dialect)
        if error is not None:
            raise error
        return response

    def _masked(self, response: Response) -> Response:
        redact = self._key.redact
        # Latin-1 gives every byte back as it was; a key is ASCII.
        body = redact(response.body.decode("latin-1")).encode("latin-1")
        headers = {name: redact(value) for name, value in response.headers.items()}
        return replace(response, headers=headers, body=body)

    def _authorization(self, *, bearer: bool = False) -> str:
        if bearer:
            return f"Bearer {self._key.reveal()}"
        # The key alone, no colon: the only form that all three accept (servers.md 3.1).
        return f"Basic {base64.b64encode(self._key.reveal().encode()).decode()}"

    def cut(self) -> None:
        """End the request under way, from another thread."""
        self._transport.cut()

    def close(self) -> None:
        """Let go of the connection."""
        self._transport.close()
