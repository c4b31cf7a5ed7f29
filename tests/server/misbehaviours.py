"""Everything that a server, or what stands between, was seen or may be feared to do.

Each is a value for Server.misbehave; those that need no argument are in NAMED, by name.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from tests.server.messages import (
    Answer,
    json_answer,
    page_answer,
    strict_base64,
    text_answer,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.server.exchange import Exchange

HUGE_BYTES = 50 * 1024 * 1024
_CHUNK_BYTES = 64 * 1024
_JSON_HEADER = ("Content-Type", "application/json")
_PLACE = "the total stands here"


@dataclass(frozen=True)
class Misbehaviour:
    """One way to answer, with a name for command lines and test reports."""

    name: str
    summary: str = field(repr=False)
    play: Callable[[Exchange], None] = field(repr=False)


def _answering(name: str, summary: str, answer: Callable[[Exchange], Answer]) -> Misbehaviour:
    return Misbehaviour(name, summary, lambda exchange: exchange.send(answer(exchange)))


def _altered(name: str, summary: str, alter: Callable[[Any], object]) -> Misbehaviour:
    """Change the document of a proper answer that holds a total; any other goes out as it is."""

    def play(exchange: Exchange) -> None:
        answer = exchange.proper()
        if b'"grand_total"' in answer.body:
            body = json.dumps(alter(json.loads(answer.body))).encode()
            answer = replace(answer, body=body)
        exchange.send(answer)

    return Misbehaviour(name, summary, play)


def behaves() -> Misbehaviour:
    """Answer as a server should, between two others of a script."""
    return _answering("behaves", "a proper answer", lambda exchange: exchange.proper())


# -- Statuses


def status(code: int) -> Misbehaviour:
    """Answer with a status in the dialect's own words."""
    return _answering(
        str(code), f"{code} as the dialect words it", lambda exchange: exchange.error(code)
    )


def forbidden_page() -> Misbehaviour:
    """Answer 403 as a firewall does, which says nothing about the key."""
    return _answering(
        "403-page",
        "403 with a web page, as a firewall answers",
        lambda _: page_answer(403, "Forbidden", "Your request was blocked."),
    )


def server_error() -> Misbehaviour:
    """Answer 500 with a web page, whatever is accepted."""
    return _answering(
        "500-page",
        "500 with a web page",
        lambda _: page_answer(500, "Internal Server Error", "Please try again later."),
    )


def throttled(retry_after: float | None = 60, *, as_date: bool = False) -> Misbehaviour:
    """Answer 429; `retry_after` is in seconds, as a date from the server's clock on."""

    def answer(exchange: Exchange) -> Answer:
        headers = []
        if retry_after is not None:
            date = formatdate(exchange.now + retry_after, usegmt=True)
            headers.append(("Retry-After", date if as_date else f"{retry_after:.0f}"))
        document = {"error": "Rate limit exceeded", "message": "way too fast"}
        return json_answer(429, document, *headers)

    how = "no Retry-After" if retry_after is None else "a Retry-After in seconds"
    if as_date and retry_after is not None:
        how = "a Retry-After that is a date"
    suffix = "-silent" if retry_after is None else "-date" if as_date else ""
    return _answering(f"429{suffix}", f"429 with {how}", answer)


def throttled_by_redirect() -> Misbehaviour:
    """Answer 302 within the same server, as WakaTime does at times where it means 429."""
    return _answering(
        "302-throttle",
        "302 in place of 429, as WakaTime does at times",
        lambda _: text_answer(302, "", ("Location", "/")),
    )


def redirect(to: str, code: int = 302) -> Misbehaviour:
    """Point the request, as it is, to another origin (scheme://host:port)."""
    return _answering(
        "redirect",
        "a redirect to another host",
        lambda exchange: text_answer(code, "", ("Location", to + _origin_form(exchange))),
    )


def _origin_form(exchange: Exchange) -> str:
    query = exchange.request.query
    return exchange.request.path + (f"?{query}" if query else "")


def captive_portal() -> Misbehaviour:
    """Answer 200 with a network's login page."""
    return _answering(
        "captive-portal",
        "200 with a network's login page",
        lambda _: page_answer(200, "Welcome to Hotel Wi-Fi", "Please accept the terms of use."),
    )


def no_users_current() -> Misbehaviour:
    """Lack the profile, as Hackatime did before 2026-08-16."""

    def answer(exchange: Exchange) -> Answer:
        missing = exchange.request.path.rstrip("/").endswith("/users/current")
        return exchange.error(404) if missing else exchange.proper()

    return _answering("no-users-current", "404 for users/current, as on older Hackatime", answer)


# -- Documents


def wrong_total(literal: str, name: str = "wrong-total") -> Misbehaviour:
    """Put a piece of JSON where the total belongs, or of what only Python takes for JSON."""

    def play(exchange: Exchange) -> None:
        answer = exchange.proper()
        if b'"grand_total"' in answer.body:
            document = json.loads(answer.body)
            document["data"]["grand_total"]["total_seconds"] = _PLACE
            text = json.dumps(document).replace(json.dumps(_PLACE), literal)
            answer = replace(answer, body=text.encode())
        exchange.send(answer)

    shown = literal if len(literal) < 20 else f"{literal[:10]}..."
    return Misbehaviour(name, f"total_seconds is {shown}", play)


def null_data() -> Misbehaviour:
    """Answer with data null."""
    return _altered("null-data", "data is null", lambda document: {**document, "data": None})


def list_data() -> Misbehaviour:
    """Answer with a list where the object belongs."""
    return _altered("list-data", "data is a list", lambda document: {"data": [document["data"]]})


def bare_list() -> Misbehaviour:
    """Answer with a list as the whole document."""
    return _altered("bare-list", "the document is a list", lambda document: [document])


def no_grand_total() -> Misbehaviour:
    """Leave the total out."""

    def alter(document: Any) -> object:
        del document["data"]["grand_total"]
        return document

    return _altered("no-grand-total", "grand_total is missing", alter)


def nested_json(depth: int = 100_000) -> Misbehaviour:
    """Answer with JSON too deep for a parser that recurses."""
    return _answering(
        "nested-json",
        "JSON nested too deep to parse",
        lambda _: Answer(200, b"[" * depth + b"]" * depth, (_JSON_HEADER,)),
    )


def cut_json() -> Misbehaviour:
    """Answer with half a document whose announced length is right."""

    def answer(exchange: Exchange) -> Answer:
        proper = exchange.proper()
        return replace(proper, body=proper.body[: len(proper.body) // 2])

    return _answering("cut-json", "half a document, its length announced rightly", answer)


def echo(code: int = 401) -> Misbehaviour:
    """Repeat the key and the Authorization header in the reason, a header and the body."""

    def answer(exchange: Exchange) -> Answer:
        sent = exchange.request.authorization or ""
        token = sent.partition(" ")[2]
        key = exchange.request.query_key or strict_base64(token) or token
        said = f"no such key {key} in {sent}".replace("\r", "").replace("\n", "")
        # The key may be anything that a person typed; a head takes Latin-1 only.
        head = said.encode("ascii", "replace").decode()
        answer = json_answer(code, {"error": said}, ("X-Error", head))
        return replace(answer, reason=head)

    return _answering("echo", f"{code} that repeats the key and the Authorization header", answer)


# -- Bytes


def truncated() -> Misbehaviour:
    """Announce the whole document, send half of it and close."""

    def play(exchange: Exchange) -> None:
        head, body = exchange.encode(exchange.proper())
        exchange.write(head + body[: len(body) // 2])
        exchange.keep_alive = False

    return Misbehaviour("truncated", "closes in the middle of the body", play)


def huge(size: int = HUGE_BYTES, *, compressed: bool = False) -> Misbehaviour:
    """Stream sound JSON of `size` bytes, its length not announced.

    Compressed it is small on the wire and huge only once a client has unpacked it.
    """

    def play(exchange: Exchange) -> None:
        headers: tuple[tuple[str, str], ...] = (_JSON_HEADER,)
        pieces = _huge_document(size)
        if compressed:
            headers = (*headers, ("Content-Encoding", "gzip"))
            pieces = _gzip(pieces)
        exchange.write(exchange.head(Answer(200, b"", headers), ("Transfer-Encoding", "chunked")))
        for piece in pieces:
            exchange.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        exchange.write(b"0\r\n\r\n")

    name = "huge-gzip" if compressed else "huge"
    wording = "unpacks to" if compressed else "is"
    return Misbehaviour(name, f"a body that {wording} {size // 2**20} MiB of JSON", play)


def _huge_document(size: int) -> Iterator[bytes]:
    start, end = b'{"data":{"grand_total":{"total_seconds":7500,"text":"', b'"}}}'
    yield start
    filler = size - len(start) - len(end)
    for _ in range(filler // _CHUNK_BYTES):
        yield b"x" * _CHUNK_BYTES
    yield b"x" * (filler % _CHUNK_BYTES) + end


def _gzip(pieces: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
    for piece in pieces:
        # An empty piece would end a chunked body.
        if packed := packer.compress(piece):
            yield packed
    yield packer.flush()


def never_answers() -> Misbehaviour:
    """Read the request and say nothing until the server is stopped."""

    def play(exchange: Exchange) -> None:
        exchange.pause()
        exchange.keep_alive = False

    return Misbehaviour("never-answers", "reads the request and says nothing", play)


def drip(interval: float = 1.0, *, body_only: bool = False) -> Misbehaviour:
    """Send the answer one byte per `interval` seconds, the head too unless `body_only`."""

    def play(exchange: Exchange) -> None:
        head, body = exchange.encode(exchange.proper())
        if body_only:
            exchange.write(head)
        for byte in body if body_only else head + body:
            exchange.write(bytes([byte]))
            if not exchange.pause(interval):
                exchange.keep_alive = False
                return

    name = "drip-body" if body_only else "drip"
    part = "the body" if body_only else "the answer"
    return Misbehaviour(name, f"{part} byte by byte, one in {interval:g} s", play)


def closes(*, reset: bool = False) -> Misbehaviour:
    """Read the request and close the connection at once, or break it with a TCP reset."""

    def play(exchange: Exchange) -> None:
        exchange.keep_alive = False
        if reset:
            exchange.reset()

    if reset:
        return Misbehaviour("resets", "breaks the connection with a reset", play)
    return Misbehaviour("closes", "closes the connection without an answer", play)


NAMED = {
    misbehaviour.name: misbehaviour
    for misbehaviour in (
        status(401),
        status(403),
        forbidden_page(),
        status(404),
        throttled(),
        throttled(as_date=True),
        throttled(None),
        throttled_by_redirect(),
        server_error(),
        captive_portal(),
        redirect("https://elsewhere.invalid"),
        no_users_current(),
        wrong_total('"7500"', "string-total"),
        wrong_total("null", "null-total"),
        wrong_total("true", "boolean-total"),
        wrong_total("-1", "negative-total"),
        wrong_total("NaN", "nan-total"),
        wrong_total("Infinity", "infinite-total"),
        wrong_total("1e999", "overflowing-total"),
        wrong_total("90001", "over-25-hours"),
        wrong_total("9" * 5000, "endless-total"),
        null_data(),
        list_data(),
        bare_list(),
        no_grand_total(),
        nested_json(),
        cut_json(),
        truncated(),
        echo(),
        huge(),
        huge(compressed=True),
        never_answers(),
        drip(),
        drip(body_only=True),
        closes(),
        closes(reset=True),
    )
}
