"""What a server, or what stands between, may do wrong with heartbeats.

Each is a value for Server.misbehave and leaves every request but POST alone. `misbehaviours` fit
heartbeats as well: one that breaks or alters a proper answer has stored them before, one that
answers with a status or a page has not. Those that need no argument are in NAMED, by name.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.server.messages import Answer, json_answer, page_answer
from tests.server.misbehaviours import Misbehaviour

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server.exchange import Exchange


def _playing(name: str, summary: str, play: Callable[[Exchange], None]) -> Misbehaviour:
    def play_on_post(exchange: Exchange) -> None:
        if exchange.request.method == "POST":
            play(exchange)
        else:
            exchange.send(exchange.proper())

    return Misbehaviour(name, summary, play_on_post)


def _answering(name: str, summary: str, answer: Callable[[Exchange], Answer]) -> Misbehaviour:
    return _playing(name, summary, lambda exchange: exchange.send(answer(exchange)))


def _items_in(exchange: Exchange) -> list[Any]:
    """Give the heartbeats of a request, none when it holds no array."""
    try:
        document = json.loads(exchange.request.body)
    except ValueError:
        return []
    return document if isinstance(document, list) else []


def _proper_with(exchange: Exchange, items: list[Any]) -> Answer:
    """Give the proper answer to a request that has other heartbeats in it."""
    return exchange.proper(replace(exchange.request, body=json.dumps(items).encode()))


def _responses(answer: Answer) -> list[Any] | None:
    try:
        document = json.loads(answer.body)
    except ValueError:
        return None
    return document.get("responses") if isinstance(document, dict) else None


def _with_responses(answer: Answer, responses: list[Any]) -> Answer:
    return replace(answer, body=json.dumps({"responses": responses}).encode())


# -- Stored, but not so answered


def stored_but_fails(code: int = 500) -> Misbehaviour:
    """Store the heartbeats, then answer with a failure in the dialect's own words."""

    def answer(exchange: Exchange) -> Answer:
        exchange.proper()
        return exchange.error(code)

    return _answering(f"stored-{code}", f"stores, then answers {code}", answer)


def stored_but_cut(*, reset: bool = True) -> Misbehaviour:
    """Store the heartbeats, then break the connection with a reset or close it, unanswered."""

    def play(exchange: Exchange) -> None:
        exchange.proper()
        exchange.keep_alive = False
        if reset:
            exchange.reset()

    if reset:
        return _playing("stored-reset", "stores, then resets the connection", play)
    return _playing("stored-closes", "stores, then closes the connection", play)


def stored_but_late(seconds: float | None = None) -> Misbehaviour:
    """Store the heartbeats, and answer so much later, or never."""

    def play(exchange: Exchange) -> None:
        answer = exchange.proper()
        if exchange.pause(seconds):
            exchange.send(answer)
        else:
            exchange.keep_alive = False

    if seconds is None:
        return _playing("stored-silent", "stores and never answers", play)
    return _playing("stored-late", f"stores, and answers {seconds:g} s later", play)


# -- Not all of them


def short_responses(*, stored: bool = False) -> Misbehaviour:
    """Tell of the first half only (of one: of none), as WakaTime may; the rest `stored` or lost."""

    def answer(exchange: Exchange) -> Answer:
        items = _items_in(exchange)
        half = len(items) // 2
        if not half and not stored:
            return json_answer(201, {"responses": []})
        proper = exchange.proper() if stored else _proper_with(exchange, items[:half])
        responses = _responses(proper)
        return proper if responses is None else _with_responses(proper, responses[:half])

    name = "short-responses-stored" if stored else "short-responses"
    rest = "stored too" if stored else "not stored"
    return _answering(name, f"responses for the first half, the rest {rest}", answer)


def throttled_items(after: int = 1) -> Misbehaviour:
    """Take `after` (1 or more) of each request and answer 429 to each of the others."""

    def answer(exchange: Exchange) -> Answer:
        items = _items_in(exchange)
        proper = _proper_with(exchange, items[:after])
        responses = _responses(proper)
        if responses is None:
            return proper
        refused = [[{"error": "Too many heartbeats"}, 429]] * len(items[after:])
        return _with_responses(proper, responses + refused)

    return _answering("429-items", f"takes {after} of each request, 429 for the others", answer)


def at_most(limit: int = 10, code: int = 413) -> Misbehaviour:
    """Refuse every request with more heartbeats than that, as a whole."""

    def answer(exchange: Exchange) -> Answer:
        return exchange.error(code) if len(_items_in(exchange)) > limit else exchange.proper()

    return _answering(f"{code}-above", f"{code} to more than {limit} at once", answer)


def database_down() -> Misbehaviour:
    """Store nothing: Hackatime answers 201 with a 422 for every item, the others 500."""

    def answer(exchange: Exchange) -> Answer:
        if exchange.dialect != "hackatime":
            return exchange.error(500)
        failed = {
            "error": "connection to server failed",
            "type": "ActiveRecord::ConnectionNotEstablished",
        }
        return json_answer(201, {"responses": [[failed, 422] for _ in _items_in(exchange)]})

    return _answering("database-down", "stores nothing: 422 for every item, or 500", answer)


# -- Poison


def poisoned(pattern: str, *, whole: bool = True) -> Misbehaviour:
    """Never take a heartbeat in whose entity the regular expression is found.

    With `whole` a request that has one in it gets 400 and stores nothing; else the dialect condemns
    these by itself, as ones without a time.
    """

    def is_poison(item: Any) -> bool:
        return isinstance(item, dict) and re.search(pattern, str(item.get("entity"))) is not None

    def answer(exchange: Exchange) -> Answer:
        items = _items_in(exchange)
        if not any(map(is_poison, items)):
            return exchange.proper()
        if whole:
            return exchange.error(400)
        for item in filter(is_poison, items):
            item.pop("time", None)
        return _proper_with(exchange, items)

    name = "poison-request" if whole else "poison-item"
    extent = "all" if whole else "each"
    return _answering(name, f"refuses {extent} where an entity is poison", answer)


# -- In between


def proxy_refuses(code: int = 400) -> Misbehaviour:
    """Answer as a proxy or firewall does that lets nothing through."""
    return _answering(
        f"proxy-{code}",
        f"{code} with a proxy's web page, to everything",
        lambda _: page_answer(code, "Bad Request", "Your proxy could not read the request."),
    )


NAMED = {
    misbehaviour.name: misbehaviour
    for misbehaviour in (
        stored_but_fails(),
        stored_but_cut(),
        stored_but_cut(reset=False),
        stored_but_late(),
        short_responses(),
        short_responses(stored=True),
        throttled_items(),
        at_most(),
        database_down(),
        proxy_refuses(),
    )
}
