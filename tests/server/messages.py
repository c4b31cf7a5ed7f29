"""One request as it came in and one answer as it goes out."""

from __future__ import annotations

import base64
import binascii
import http.client
import json
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LONGEST_LINE = 65536


@dataclass(frozen=True)
class Request:
    """What one request said; its repr leaves out every place where a key may lie.

    `target` is the request line's as sent (a whole URL when this server serves as a proxy), `path`
    and `query` are its parts, still percent-encoded. Header names are lower-case. `time` is the
    server's clock in epoch seconds, `monotonic` this machine's; `connection` counts from 1.
    """

    method: str
    path: str
    connection: int
    time: float
    monotonic: float
    version: str = field(repr=False)
    target: str = field(repr=False)
    query: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def authorization(self) -> str | None:
        """The Authorization header."""
        return self.headers.get("authorization")

    @property
    def keep_alive(self) -> bool:
        """Whether the client leaves the connection open for another request."""
        closing = "close" in self.headers.get("connection", "").lower()
        return self.version == "HTTP/1.1" and not closing

    @property
    def accept(self) -> str:
        """The Accept header, empty when there is none."""
        return self.headers.get("accept", "")

    @property
    def query_key(self) -> str:
        """The value of `?api_key=`, empty when there is none."""
        return parse_qs(self.query).get("api_key", [""])[0]


def read_request(stream: BinaryIO, connection: int, clock: Callable[[], float]) -> Request | None:
    """Read one request, None at the connection's end; raises ValueError when it is malformed."""
    line = stream.readline(_LONGEST_LINE).decode("latin-1")
    if not line:
        return None
    method, target, version = line.split()
    try:
        fields = http.client.parse_headers(stream)
    except http.client.HTTPException as error:
        raise ValueError("malformed headers") from error
    if "transfer-encoding" in fields:
        raise ValueError("a chunked body")
    parts = urlsplit(target)
    return Request(
        method=method,
        path=parts.path or "/",
        connection=connection,
        time=clock(),
        monotonic=time.monotonic(),
        version=version,
        target=target,
        query=parts.query,
        headers=MappingProxyType({name.lower(): value for name, value in fields.items()}),
        body=stream.read(int(fields.get("content-length", "0"))),
    )


@dataclass(frozen=True)
class Answer:
    """What is sent back; `reason` empty means the status's usual phrase."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    reason: str = ""

    def head(self, date: str, *, framing: tuple[str, str], keep_alive: bool) -> bytes:
        """Give the bytes before the body; `framing` is the header that says where it ends."""
        reason = self.reason or HTTPStatus(self.status).phrase
        fields = [("Date", date), *self.headers, framing]
        if not keep_alive:
            fields.append(("Connection", "close"))
        lines = [f"HTTP/1.1 {self.status} {reason}", *(f"{name}: {text}" for name, text in fields)]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


def json_answer(
    status: int,
    document: Any,
    *headers: tuple[str, str],
    content_type: str = "application/json",
) -> Answer:
    """Give a JSON answer; NaN and Infinity are written as Python writes them."""
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(status, body, (("Content-Type", content_type), *headers))


def text_answer(status: int, text: str, *headers: tuple[str, str]) -> Answer:
    """Give a plain text answer."""
    return Answer(status, text.encode(), (("Content-Type", "text/plain; charset=utf-8"), *headers))


def page_answer(status: int, title: str, text: str, *headers: tuple[str, str]) -> Answer:
    """Give a small web page."""
    page = (
        f'<!DOCTYPE html>\n<html lang="en"><head><title>{title}</title></head>\n'
        f"<body><h1>{title}</h1><p>{text}</p></body></html>\n"
    )
    return Answer(status, page.encode(), (("Content-Type", "text/html; charset=utf-8"), *headers))


def read_json(body: bytes) -> Any:
    """Read JSON in which NaN and Infinity are none; raises ValueError."""
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def strict_base64(text: str) -> str | None:
    """Decode base64 that has its padding and nothing else, None for anything less."""
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return None
