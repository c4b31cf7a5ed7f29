"""A server with a week of coding in the past, and a terminal to look at it."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.cli.person import Person
from tests.server import Server
from tests.server.misbehaviours import Misbehaviour
from tests.server.posting import NOON, heartbeat, post, statuses

GOLDEN = Path(__file__).parent / "golden"
ZONE = "Europe/Berlin"
LIMIT_SECONDS = 40.0
WIDE_NAME = "日本語のとても長いプロジェクトの名前"
EVIL_NAME = "evil\x1b[2J\u202e name"

SITTINGS = (
    # Day, first minute, heartbeats a minute apart, project, language.
    ("2026-08-16", "23:10", 31, "engine", "Rust"),
    ("2026-08-17", "09:00", 121, "trayapp", "Python"),
    ("2026-08-17", "14:30", 46, "engine", "Rust"),
    ("2026-08-18", "10:15", 16, WIDE_NAME, "TypeScript"),
    ("2026-08-20", "00:00", 11, EVIL_NAME, "Shell"),
    ("2026-08-20", "20:00", 241, "trayapp", "Python"),
    ("2026-08-21", "08:30", 3, "notes", "Markdown"),
)
"""The week ends on 2026-08-22, which has nothing."""


@contextmanager
def past_server(dialect: str, zone: str = ZONE, *, users_current: bool = True) -> Iterator[Server]:
    """Start a server that has the heartbeats of SITTINGS, by the clock of its zone."""
    with Server(dialect, timezone=zone, max_age_seconds=1e9, users_current=users_current) as server:
        # WakaTime takes nothing that is over 180 days old.
        server.set_time(NOON)
        for day, clock, count, project, language in SITTINGS:
            begin = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZoneInfo(zone))
            send(server, begin.timestamp(), count, project=project, language=language)
        yield server


def send(server: Server, begin: float, count: int, **changes: str) -> None:
    """Send heartbeats a minute apart, from `begin` (epoch seconds) on."""
    rows = [heartbeat(begin - NOON + 60 * minute, **changes) for minute in range(count)]
    for first in range(0, count, 25):
        reply = post(server, rows[first : first + 25])
        assert set(statuses(reply)) <= {201, 202}, reply


def sign_in(person: Person, work: Server, **others: Server) -> None:
    """Make the server the person's account `work`, which shows; the others take its key, too."""
    person.variables["WAKATIME_API_KEY"] = work.key
    accounts = {"work": work, **others}
    person.write_config(
        "".join(
            f'[accounts.{name}]\napi_url = "{server.api_url}"\nkey = "env"\n'
            f'dialect = "{server.dialect}"\n'
            for name, server in accounts.items()
        )
    )
    for server in others.values():
        server.key = work.key


def altered(alter: Callable[[Any], object]) -> Misbehaviour:
    """Change the document of a proper answer."""
    return Misbehaviour(
        "altered",
        "a proper answer, but for something",
        lambda exchange: exchange.send(
            replace(
                proper := exchange.proper(),
                body=json.dumps(alter(json.loads(proper.body))).encode(),
            )
        ),
    )


def at_terminal(
    person: Person, *arguments: str, width: int, variables: Mapping[str, str] | None = None
) -> str:
    """Run trayapp at a terminal of that width, which is its output alone; give what it wrote."""
    main, other = pty.openpty()
    fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    environment = {**person.environment, "TERM": "xterm-256color", **(variables or {})}
    with subprocess.Popen(
        [sys.executable, "-m", "trayapp", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=other,
        stderr=subprocess.PIPE,
    ) as process:
        os.close(other)
        written = _read(main)
        assert process.stderr is not None
        assert process.stderr.read() == b""
        assert process.wait(LIMIT_SECONDS) == 0
    os.close(main)
    return written.decode().replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    written, ends = b"", time.monotonic() + LIMIT_SECONDS
    while time.monotonic() < ends:
        if select.select([terminal], [], [], 1.0)[0]:
            try:
                part = os.read(terminal, 65536)
            except OSError:
                # EIO: nobody holds the other end any more.
                return written
            written += part
    raise TimeoutError("the command did not end")


def assert_golden(name: str, text: str) -> None:
    """Compare with a file of tests/cli/golden; WRITE_GOLDEN=1 writes it instead."""
    path = GOLDEN / name
    if os.environ.get("WRITE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert text == path.read_text(), f"{path} differs; if it should: WRITE_GOLDEN=1"
