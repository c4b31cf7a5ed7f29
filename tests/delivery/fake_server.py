"""A server of heartbeats that is a function, with poison and troubles of every kind.

The real test server knows what each kind of server says; this one lets hypothesis choose at every
request what goes wrong, thousands of times in a second.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, auto

from trayapp.delivery.rows import Row
from trayapp.errors import TimedOutError, UnreachableError
from trayapp.servers.dialects import Dialect
from trayapp.servers.transport import Response

Item = tuple[object, int]

HOST = "https://host.example/api"
ACCEPTED: Item = ({"data": {}}, 201)
DATABASE_DOWN: Item = (
    {"error": "no connection", "type": "ActiveRecord::ConnectionNotEstablished"},
    422,
)
TOO_MANY: Item = ({"error": "Too many heartbeats"}, 429)


class Poison(Enum):
    """What is wrong with a heartbeat, by what the server makes of it."""

    CONDEMNED = auto()
    """The item is refused for good."""

    MALFORMED = auto()
    """The whole request is 400, as wakapi does it."""

    OUT_OF_RANGE = auto()
    """Every item of the batch is 422, as Hackatime does it."""

    DOUBTED = auto()
    """The item is 422 without saying that it is for good."""

    CRASHING = auto()
    """The whole request is 500."""


class Trouble(Enum):
    """What is wrong with the server, for one request."""

    NONE = auto()
    PROXY = auto()
    """400 to everything."""

    DATABASE_DOWN = auto()
    THROTTLED = auto()
    ITEMS_THROTTLED = auto()
    BROKEN = auto()
    STORED_BUT_500 = auto()
    UNREACHABLE = auto()
    STORED_BUT_RESET = auto()
    SHORT = auto()
    LOGIN_PAGE = auto()
    TRUNCATED = auto()
    MOVED = auto()
    PAY = auto()
    REFUSED = auto()
    TOO_LARGE = auto()


SLANDER = [Trouble.PROXY, Trouble.DATABASE_DOWN]
"""What refuses good heartbeats as if it were their own fault."""

TROUBLES = {
    Trouble.PROXY: Response(400, {}, b"Bad Request"),
    Trouble.THROTTLED: Response(429, {"retry-after": "40"}, b""),
    Trouble.BROKEN: Response(500, {}, b""),
    Trouble.LOGIN_PAGE: Response(200, {}, b"<html>Log in</html>"),
    Trouble.MOVED: Response(302, {}, b""),
    Trouble.PAY: Response(402, {}, b""),
    Trouble.REFUSED: Response(401, {}, b""),
}


@dataclass
class FakeServer:
    """Takes arrays of heartbeats whose body, or whose time, is their number.

    `window` is a trouble and the requests, by number, that meet it instead of `trouble`.
    `most` is the largest batch. `stored` counts how often each was stored, which a good server
    would do once; `told` are those of which it has said so in a way that can be read.
    """

    dialect: Dialect = Dialect.WAKAPI
    poison: dict[int, Poison] = field(default_factory=dict)
    most: int = 1000
    trouble: Trouble = Trouble.NONE
    window: tuple[Trouble, range] = (Trouble.NONE, range(0))
    stored: Counter[int] = field(default_factory=Counter)
    told: set[int] = field(default_factory=set)
    told_again: set[int] = field(default_factory=set)
    requests: list[list[int]] = field(default_factory=list)

    def take(self, body: bytes) -> Response:
        """Answer one POST; raises as the transport does."""
        ids = [each if isinstance(each, int) else int(each["time"]) for each in json.loads(body)]
        self.requests.append(ids)
        self.told_again |= self.told & set(ids)
        trouble, requests = self.window
        if len(self.requests) in requests and trouble is not Trouble.NONE:
            self.trouble = trouble
        if self.trouble is Trouble.UNREACHABLE:
            raise UnreachableError("host.example cannot be reached")
        if self.trouble is Trouble.DATABASE_DOWN:
            return self._items([DATABASE_DOWN] * len(ids))
        if self.trouble is Trouble.ITEMS_THROTTLED:
            return self._items([TOO_MANY] * len(ids))
        if self.trouble is Trouble.TOO_LARGE and len(ids) > 1:
            return respond(413)
        return TROUBLES.get(self.trouble) or self._store(ids)

    def sent(self) -> list[int]:
        """Give all that was sent, in the order of the requests."""
        return [one for ids in self.requests for one in ids]

    def _store(self, ids: list[int]) -> Response:
        kinds = {self.poison.get(one) for one in ids}
        if Poison.CRASHING in kinds:
            return respond(500)
        if Poison.MALFORMED in kinds or len(ids) > self.most:
            return respond(400, b"json: cannot unmarshal")
        if Poison.OUT_OF_RANGE in kinds:
            return self._items([DATABASE_DOWN] * len(ids))
        items = [self._item(one) for one in ids]
        self.stored.update(one for one, item in zip(ids, items, strict=True) if item is ACCEPTED)
        if self.trouble is Trouble.STORED_BUT_500:
            return respond(500)
        if self.trouble is Trouble.STORED_BUT_RESET:
            raise TimedOutError("host.example did not answer within 30 s")
        if self.trouble is Trouble.TRUNCATED:
            return respond(201, b'{"responses": [[{"data"')
        if self.trouble is Trouble.SHORT:
            items, ids = items[: len(ids) // 2], ids[: len(ids) // 2]
        self.told |= {one for one, item in zip(ids, items, strict=True) if item is ACCEPTED}
        return self._items(items)

    def _item(self, one: int) -> Item:
        match self.poison.get(one):
            case Poison.CONDEMNED:
                return {"error": "bad", "type": "ActiveRecord::RecordInvalid"}, 422
            case Poison.DOUBTED:
                return DATABASE_DOWN
            case _:
                return ACCEPTED

    def _items(self, items: Iterable[Item]) -> Response:
        return respond(201, json.dumps({"responses": [list(item) for item in items]}).encode())


def respond(status: int, body: bytes = b"") -> Response:
    """Give an answer without headers."""
    return Response(status, {}, body)


def row_of(one: int, sender: str = "here") -> Row:
    """Give a row whose body is its number."""
    return Row(one, str(one).encode(), sender, "trayapp", float(one))
