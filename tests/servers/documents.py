"""JSON that no server should answer with: any at all, and proper answers with one thing wrong."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)

ODD: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        True,
        "",
        0,
        -1,
        -0.5,
        "1",
        1e11,
        1e308,
        10**400,
        float("nan"),
        float("inf"),
        float("-inf"),
        "7500",
        "\0\ud800\x1b[31m",
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2026-02-30",
        "2026-11-22",
        "2026-11-22T10:00:00.123456789Z",
        "2026-11-22T10:00:00",
        [],
        [None],
        [[]],
        {},
        {"data": None},
        {"total_seconds": "1"},
    ]
)


def wrong(document: Any) -> st.SearchStrategy[Any]:
    """Give a document in which one place, at any depth, is something else or is not there."""
    places = list(_places(document))

    def change(place: tuple[Any, ...], value: Any, is_left_out: bool) -> Any:
        if not place:
            return value
        changed = copy.deepcopy(document)
        inner = changed
        for step in place[:-1]:
            inner = inner[step]
        if is_left_out:
            del inner[place[-1]]
        else:
            inner[place[-1]] = value
        return changed

    return st.builds(change, st.sampled_from(places), ODD | JSON, st.booleans())


def use(answer: Any) -> None:
    """Do with everything in a decoded answer what a face does; raises where that cannot be done."""
    if isinstance(answer, datetime):
        for zone in (UTC, timezone(timedelta(hours=14)), timezone(-timedelta(hours=12))):
            answer.astimezone(zone).isoformat()
        answer.timestamp()
    elif isinstance(answer, tuple):
        for each in answer:
            use(each)
    elif isinstance(answer, dict):
        use(tuple(answer.values()))
    elif is_dataclass(answer):
        use(tuple(getattr(answer, each.name) for each in fields(answer)))
    repr(answer)


def _places(document: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield place
    inner = (
        document.items()
        if isinstance(document, dict)
        else enumerate(document)
        if isinstance(document, list)
        else ()
    )
    for step, value in inner:
        yield from _places(value, (*place, step))
