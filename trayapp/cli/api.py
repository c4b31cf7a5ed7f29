"""`trayapp api`: ask an account's server for any path, and print what it answers as JSON."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping
from typing import NoReturn
from urllib.parse import parse_qsl, quote, unquote

from trayapp.cli.questions import asking
from trayapp.errors import (
    BadAnswerError,
    KeyRefusedError,
    KeyRefusedHereError,
    NoSuchEndpointError,
    UsageError,
)
from trayapp.servers import lenient
from trayapp.servers.dialects import Dialect
from trayapp.servers.transport import Response

SUCCESS = frozenset(range(200, 300))
NO_CONTENT = 204

_NATIVE_PATH = "/api/v1/"
"""Below it Hackatime takes a Bearer key everywhere, and in places nothing else (servers.md 1.1)."""

_MAKES_A_MESS = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What JSON leaves as it is, and a terminal obeys or cannot be sent."""


def run(
    environment: Mapping[str, str], path: str, queries: Iterable[str], account: str | None
) -> int:
    """GET a path of an account's server and print the answer.

    Raises UsageError for a path or a query that cannot be, KeyProblemError, ConfigError and
    ServerError.
    """
    path, query = read_request(path, queries)
    with asking(environment, account) as asked:
        client = asked.client
        try:
            response = client.get(
                path,
                query,
                bearer=path.startswith(_NATIVE_PATH) and client.find_dialect() is Dialect.HACKATIME,
                from_origin=path.startswith("/"),
                accept_status=SUCCESS,
            )
        except KeyRefusedError as error:
            raise KeyRefusedHereError(client.host) from error
        except NoSuchEndpointError as error:
            # The account is well: it was the path that is not.
            error.hint = f"A path begins at {client.api_url}, one with a slash at the server."
            raise
        text = as_json(response, client.host)
        if sys.stdout is not None and sys.stdout.isatty():
            text = for_people(text, ascii_only=sys.stdout.encoding.lower() != "utf-8")
    if sys.stdout is not None:
        sys.stdout.buffer.write(text.encode() + b"\n" * (not text.endswith("\n")))
    return 0


def read_request(path: str, queries: Iterable[str]) -> tuple[str, dict[str, str]]:
    """Read a path as a person types it, with a query or without, and more queries as K=V.

    Gives the path percent-encoded. Raises UsageError for one that could lead off the account's
    server, or out of its api_url.
    """
    path, _, query = path.partition("?")
    plain = _fully_decoded(path)
    steps = {step.partition(";")[0] for step in plain.split("/")}
    if not plain.isprintable() or "\\" in plain or "#" in path + query or steps & {".", ".."}:
        _refuse(path)
    # A host or a scheme: neither a double slash nor a colon or @ before the first slash.
    if not path or plain.startswith("//") or re.match("[^/]*[:@]", plain):
        _refuse(path)
    pairs = parse_qsl(query, keep_blank_values=True)
    for text in queries:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise UsageError("--query takes a name and a value", "Example: --query limit=10")
        pairs.append((name, value))
    names = [name for name, _ in pairs]
    if any(name.lower().startswith("api_key") for name in names):
        raise UsageError("The key has no place in an address", "It is sent on its own.")
    if len(set(names)) < len(names):
        raise UsageError("Each name of a query can be given once", "Join values with a comma.")
    return quote(path, safe="/:@!$&'()*+,;=~%"), dict(pairs)


def as_json(response: Response, host: str) -> str:
    """Give an answer as JSON text: as it is, or a plain text as a JSON string.

    An answer that has no content (204) is null. Raises BadAnswerError for a web page, and for what
    says it were JSON and is not.
    """
    kind = response.headers.get("content-type", "")
    if "html" in kind:
        raise BadAnswerError(
            f"{host} answered with a web page instead of JSON",
            "Perhaps a network's login page: open a browser. Else check the path.",
        )
    if response.status == NO_CONTENT:
        return "null"
    text = response.body.decode("utf-8-sig", "replace")
    try:
        json.loads(text, parse_constant=_no_json)
    except (ValueError, RecursionError) as error:
        if "json" in kind:
            title = f"{host} answered with something that is no JSON"
            raise BadAnswerError(title, lenient.HINT) from error
        return json.dumps(text)
    return text


def for_people(text: str, *, ascii_only: bool) -> str:
    """Lay JSON text out in lines; nothing in it reaches a terminal as a command."""
    try:
        laid_out = json.dumps(json.loads(text), indent=2, ensure_ascii=ascii_only)
    except RecursionError:
        laid_out = text
    return _MAKES_A_MESS.sub(lambda found: f"\\u{ord(found[0]):04x}", laid_out)


def _no_json(text: str) -> NoReturn:
    """Refuse NaN and the infinities, which Python reads and no other program need read."""
    raise ValueError(text)


def _fully_decoded(path: str) -> str:
    """Undo percent-encoding as often as it was done: somebody on the way may do so, too."""
    while (plain := unquote(path)) != path:
        path = plain
    return plain


def _refuse(path: str) -> NoReturn:
    raise UsageError(
        f"{path!r} is no path of the account's server",
        "Example: users/current, or /api/v1/my/heartbeats; no scheme, host, '..' or '#'.",
    )
