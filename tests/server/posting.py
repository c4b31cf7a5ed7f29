"""Heartbeats as trayapp sends them, sent without trayapp."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.server.asking import ANSWER_SECONDS, HEARTBEATS, Reply, ask, basic

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.server import Server

NOON = datetime(2026, 8, 22, 12, 0, tzinfo=UTC).timestamp()
USER_AGENT = "wakatime/1.0 (linux-6.8-x86_64) python3.12.1 trayapp/1.0 trayapp-wakatime/1.0"
HEADERS = {
    "Content-Type": "application/json",
    "User-Agent": USER_AGENT,
    "X-Machine-Name": "Ada%27s+PC",
}


def heartbeat(seconds: float = 0, **changes: Any) -> dict[str, Any]:
    """Give one, `seconds` after noon, with every key that trayapp sends."""
    return {
        "entity": "/home/ada/engine/main.py",
        "type": "file",
        "category": "coding",
        "time": NOON + seconds,
        "project": "engine",
        "branch": "main",
        "language": "Python",
        "lines": 300,
        "project_root_count": 4,
        "is_write": True,
        "user_agent": USER_AGENT,
        **changes,
    }


def without(name: str, seconds: float = 0) -> dict[str, Any]:
    """Give one that lacks a key."""
    return {key: value for key, value in heartbeat(seconds).items() if key != name}


def post_bytes(
    server: Server,
    body: bytes,
    path: str = HEARTBEATS,
    headers: Mapping[str, str] | None = None,
    timeout: float = ANSWER_SECONDS,
) -> Reply:
    """Send bytes with the key and the headers of HEADERS."""
    sent = {**basic(server.key), **HEADERS, **(headers or {})}
    return ask(server.api_url + path, sent, method="POST", body=body, timeout=timeout)


def post(
    server: Server,
    document: Any,
    path: str = HEARTBEATS,
    headers: Mapping[str, str] | None = None,
    timeout: float = ANSWER_SECONDS,
) -> Reply:
    """Send a document as JSON."""
    return post_bytes(server, json.dumps(document).encode(), path, headers, timeout)


def statuses(reply: Reply) -> list[int]:
    """Give each item's status."""
    return [status for _, status in reply.document["responses"]]


def only_row(server: Server) -> dict[str, Any]:
    """Give the row of a server that has no more than that."""
    (row,) = server.heartbeats
    return row
