"""A server on loopback that speaks Hackatime, WakaTime or wakapi, and misbehaves when told to.

    with Server("wakatime", timezone="Europe/Berlin") as server:
        server.today(total_seconds=7500, languages={"Python": 7000})
        server.misbehave(misbehaviours.throttled(30), times=1)
        ...  # point a client at server.api_url with server.key
        server.wait_for_requests(2)
        server.heartbeats, server.total()  # what it stored, and how much time that is there

By hand: python -m tests.server --help
"""

from __future__ import annotations

from tests.server import misbehaviours, mishandling
from tests.server.account import Today
from tests.server.messages import Answer, Request
from tests.server.misbehaviours import Misbehaviour
from tests.server.server import DIALECTS, Server, refused_port, silent_port

__all__ = [
    "DIALECTS",
    "Answer",
    "Misbehaviour",
    "Request",
    "Server",
    "Today",
    "misbehaviours",
    "mishandling",
    "refused_port",
    "silent_port",
]
