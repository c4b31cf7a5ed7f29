"""What is read off the answer to a heartbeat."""

from __future__ import annotations

import json
from typing import Any

import pytest

from trayapp.servers.understood import Understood, decode_understood

ROW = {"editor": "trayapp", "operating_system": "linux", "language": "Python"}


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (ROW, Understood("trayapp", "linux", "Python")),
        ({**ROW, "language": None}, Understood("trayapp", "linux", "")),
        ({**ROW, "editor": 5}, Understood("", "linux", "Python")),
        ({**ROW, "editor": "a\x1b[2J\u202eb\n"}, Understood("a[2Jb", "linux", "Python")),
        ({"editor": "vim", "operating_system": "linux"}, Understood("vim", "linux", "")),
        ({"data": {"id": "1", "entity": "/a.py"}}, None),
        ({"data": None, "error": None}, None),
        ("editor operating_system", None),
        (None, None),
    ],
    ids=str,
)
def test_what_the_row_says_is_taken_and_nothing_else(
    item: Any, expected: Understood | None
) -> None:
    assert decode_understood(json.dumps({"responses": [[item, 201]]}).encode()) == expected


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"null", b"[]", b'{"responses": []}', b'{"responses": {"0": 1}}', b"[" * 99999],
)
def test_an_answer_of_another_shape_tells_nothing(body: bytes) -> None:
    assert decode_understood(body) is None
