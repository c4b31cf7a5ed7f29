"""`trayapp today --follow`: a line at each change, and who asks the server for it."""

from __future__ import annotations

import json
import os
import select
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO
from uuid import uuid4

import pytest

from tests.cli.past import sign_in
from tests.cli.person import Person
from tests.coding.samples import a_number, a_status
from tests.desktop.processes import wait_for
from tests.server import Server, misbehaviours, silent_port
from trayapp.coding.day import Day
from trayapp.coding.file_monitor import FileMonitorStatus
from trayapp.coding.status import Status
from trayapp.desktop.single_instance import InstanceLock, is_locked
from trayapp.resident.snapshot_store import SnapshotStore

LINE_SECONDS = 15.0
QUIET_SECONDS = 1.5
"""For so long nothing must happen."""


class Follower:
    """A process that follows, read line by line as a bar would."""

    def __init__(self, person: Person, arguments: Sequence[str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "trayapp", "today", "--follow", *arguments],
            env=person.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert self.process.stdout is not None
        self.output: IO[bytes] = self.process.stdout
        self._read = b""

    def line(self, limit: float = LINE_SECONDS) -> str:
        """Wait for the next line."""
        line = self.line_within(limit)
        assert line is not None, f"no line came within {limit:g} s"
        return line

    def line_within(self, seconds: float) -> str | None:
        """Give the next line, None if none comes in time."""
        deadline = time.monotonic() + seconds
        while b"\n" not in self._read:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.output], [], [], left)[0]:
                return None
            part = os.read(self.output.fileno(), 4096)
            assert part, f"it ended: {self.errors()}"
            self._read += part
        line, _, self._read = self._read.partition(b"\n")
        return line.decode()

    def wait_for_line(self, text: str) -> None:
        """Read lines until one is this."""
        deadline = time.monotonic() + LINE_SECONDS
        seen = [self.line()]
        while seen[-1] != text:
            assert time.monotonic() < deadline, seen
            seen.append(self.line())

    def error(self) -> str:
        """Wait for the next line on standard error."""
        assert self.process.stderr is not None
        return self.process.stderr.readline().decode()

    def errors(self) -> str:
        assert self.process.stderr is not None
        return self.process.stderr.read().decode()

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(LINE_SECONDS)

    def switches(self) -> int:
        """Count how often it was woken."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        (line,) = (one for one in text.splitlines() if one.startswith("voluntary_ctxt"))
        return int(line.split()[1])


@contextmanager
def following(person: Person, *arguments: str) -> Iterator[Follower]:
    follower = Follower(person, arguments)
    try:
        yield follower
    finally:
        follower.process.kill()
        follower.process.wait()
        follower.output.close()
        assert follower.process.stderr is not None
        follower.process.stderr.close()


class Trayapp:
    """What a running trayapp is to those that follow: its lock, and the snapshot that it writes."""

    def __init__(self, person: Person, account: str, api_url: str) -> None:
        self._account = account
        self._api_url = api_url
        person.locations.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._store = SnapshotStore(person.locations.snapshot_file)
        self._lock = InstanceLock(person.locations.lock_file)

    def start(self) -> None:
        assert self._lock.acquire()

    def end(self) -> None:
        self._lock.release()

    def tells(self, seconds: float, *, age: float = 0.0, until: float | None = None) -> Status:
        """Store a number; `until` is when its day ends."""
        now = time.time()
        day = Day("2026-11-21", "UTC", now - 3600, now + 3600 if until is None else until)
        number = replace(a_number(seconds, fetched_at=now - age), day=day)
        status = replace(a_status(number, now=now), account=self._account, api_url=self._api_url)
        self.stores(status)
        return status

    def stores(self, status: Status) -> None:
        self._store.save(status, show=True)


@pytest.fixture
def trayapp(known: Person, server: Server) -> Iterator[Trayapp]:
    """A trayapp that runs and has told of one minute."""
    one = Trayapp(known, "wakatime.cfg", server.api_url)
    one.start()
    one.tells(60)
    yield one
    one.end()


def test_while_trayapp_runs_it_follows_what_is_stored_and_asks_nobody(
    trayapp: Trayapp, known: Person, server: Server
) -> None:
    with following(known) as follower:
        assert follower.line() == "1m"
        trayapp.tells(120)
        assert follower.line() == "2m"
        # The same again is no change.
        trayapp.tells(120)
        trayapp.tells(180)
        assert follower.line() == "3m"
        assert follower.line_within(QUIET_SECONDS) is None

        assert (follower.end(), follower.errors()) == (0, "")
    assert server.requests == ()


@pytest.mark.usefixtures("trayapp")
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere files are looked at")
def test_while_nothing_changes_it_sleeps(known: Person) -> None:
    with following(known, "--format", "waybar") as follower:
        follower.line()
        time.sleep(0.5)
        before = follower.switches()

        time.sleep(3.0)

        assert follower.switches() - before <= 1


def test_without_trayapp_it_asks_by_itself(known: Person, server: Server) -> None:
    with following(known) as follower:
        follower.wait_for_line("2h 5m")
        asked = len(server.requests)
        assert follower.line_within(QUIET_SECONDS) is None
        assert len(server.requests) == asked

        # Somebody else asked meanwhile.
        server.today(total_seconds=7560)
        known.run("today")
        assert follower.line() == "2h 6m"
        assert (follower.end(), follower.errors()) == (0, "")


def test_of_several_that_follow_one_asks_and_another_when_that_ends(
    known: Person, server: Server
) -> None:
    lock = known.locations.state_dir / "follow.lock"
    with following(known) as first:
        first.wait_for_line("2h 5m")
        asked = len(server.requests)
        with following(known) as second, following(known, "--format", "waybar") as third:
            assert second.line() == "2h 5m"
            assert json.loads(third.line())["text"] == "2h 5m"
            assert second.line_within(QUIET_SECONDS) is None
            assert len(server.requests) == asked
            server.today(total_seconds=7560)

            first.process.kill()

            assert second.line() == "2h 6m"
            assert json.loads(third.line())["text"] == "2h 6m"
            assert is_locked(lock)
            assert second.line_within(QUIET_SECONDS) is None
            # Today and perhaps the profile.
            assert len(server.requests) - asked <= 2


def test_it_leaves_the_asking_to_a_trayapp_that_starts_and_takes_it_back_when_that_ends(
    known: Person, server: Server
) -> None:
    trayapp = Trayapp(known, "wakatime.cfg", server.api_url)
    with following(known, "-v") as follower:
        follower.wait_for_line("2h 5m")
        trayapp.start()
        trayapp.tells(60)
        follower.wait_for_line("1m")
        asked = len(server.requests)
        assert follower.line_within(QUIET_SECONDS) is None
        assert len(server.requests) == asked
        server.today(total_seconds=7560)

        trayapp.end()

        follower.wait_for_line("2h 6m")
        follower.end()
        told = [line.partition("following: ")[2] for line in follower.errors().splitlines()]
        assert [line for line in told if line] == [
            "no trayapp runs: this process asks the server",
            "another trayapp asks the server from now on",
            "no trayapp runs: this process asks the server",
        ]


def test_an_account_that_does_not_show_is_asked_for_beside_trayapp(person: Person) -> None:
    with Server("hackatime") as one, Server("hackatime") as two:
        one.today(total_seconds=60)
        two.today(total_seconds=120)
        sign_in(person, one, two=two)
        trayapp = Trayapp(person, "work", one.api_url)
        trayapp.start()
        trayapp.tells(600)
        with (
            following(person, "--account", "two") as other,
            following(person, "--account", "work") as same,
            following(person) as showing,
        ):
            other.wait_for_line("2m")
            assert same.line() == showing.line() == "10m"
            assert same.line_within(QUIET_SECONDS) is None
        trayapp.end()

        assert one.requests == ()
        assert person.run("today", "--cached").stdout == "10m\n"


def test_an_account_that_does_not_exist_is_wrong_usage(known: Person) -> None:
    with following(known, "--account", "work") as follower:
        assert follower.process.wait(LINE_SECONDS) == 2
        assert "'work'" in follower.errors()


def test_what_time_alone_changes_is_told(trayapp: Trayapp, known: Person) -> None:
    """A number that grows old, a pause that ends, a day that is over."""
    trayapp.tells(60, age=599)
    with following(known, "--format", "waybar") as follower:
        assert json.loads(follower.line())["class"] == ["fresh"]
        stale = json.loads(follower.line())
        assert (stale["class"], stale["text"][:8]) == (["stale"], "1m as of")

        now = time.time()
        status = trayapp.tells(60, until=now + 4)
        trayapp.stores(
            replace(status, monitor=FileMonitorStatus(enabled=True, paused_until=now + 2))
        )

        classes = [json.loads(follower.line())["class"] for _ in range(3)]
        # The number was stored before the pause was.
        assert classes[-3:] in (
            [["fresh"], ["fresh", "paused"], ["fresh"]],
            [["fresh", "paused"], ["fresh"], ["starting"]],
        )
        if classes[-1] == ["fresh"]:
            assert json.loads(follower.line())["class"] == ["starting"]


def test_an_object_is_printed_when_more_than_its_age_changes(
    trayapp: Trayapp, known: Person
) -> None:
    status = trayapp.tells(60, age=5)
    with following(known, "--format", "json") as follower:
        assert json.loads(follower.line())["age_seconds"] >= 5
        trayapp.stores(status)
        trayapp.stores(replace(status, at=status.at + 1))
        assert follower.line_within(QUIET_SECONDS) is None
        trayapp.tells(120)
        assert json.loads(follower.line())["total_seconds"] == 120


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 0), (signal.SIGHUP, 0), (signal.SIGINT, 130)]
)
@pytest.mark.parametrize("asks", [True, False])
def test_a_signal_ends_it_quietly(
    number: int, code: int, asks: bool, known: Person, server: Server
) -> None:
    trayapp = Trayapp(known, "wakatime.cfg", server.api_url)
    if not asks:
        trayapp.start()
        trayapp.tells(7500)
    with following(known) as follower:
        follower.wait_for_line("2h 5m")
        before = time.monotonic()

        assert (follower.end(number), follower.errors()) == (code, "")
        assert time.monotonic() - before < 3
    trayapp.end()


@pytest.mark.parametrize("asks", [True, False])
def test_it_ends_when_the_bar_does(asks: bool, known: Person, server: Server) -> None:
    trayapp = Trayapp(known, "wakatime.cfg", server.api_url)
    if not asks:
        trayapp.start()
        trayapp.tells(7500)
    with following(known) as follower:
        follower.wait_for_line("2h 5m")

        # No line comes at which it would notice.
        follower.output.close()

        assert follower.process.wait(LINE_SECONDS) == 0
        assert follower.errors() == ""
    trayapp.end()


def test_with_no_output_at_all_it_ends_at_once(known: Person) -> None:
    result = subprocess.run(
        ["/bin/sh", "-c", f"exec {sys.executable} -m trayapp today --follow >&-"],
        env=known.environment,
        capture_output=True,
        timeout=20,
        check=False,
    )

    assert (result.returncode, result.stderr) == (0, b"")


def test_a_server_that_never_answers_does_not_keep_it_from_ending(
    known: Person, server: Server
) -> None:
    server.misbehave(misbehaviours.never_answers())
    with following(known) as follower:
        wait_for(lambda: server.requests, "it asks", LINE_SECONDS)
        before = time.monotonic()

        assert follower.end() == 0
        assert time.monotonic() - before < 3


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_server_that_takes_no_connection_does_not_keep_it_from_ending(
    number: int, code: int, person: Person
) -> None:
    with silent_port() as origin:
        person.write_cfg({"api_url": f"{origin}/api/v1", "api_key": str(uuid4())})
        others = connecting_to(origin)
        with following(person) as follower:
            wait_for(lambda: connecting_to(origin) > others, "it connects", LINE_SECONDS)
            before = time.monotonic()

            assert (follower.end(number), follower.errors()) == (code, "")
            assert time.monotonic() - before < 3


def connecting_to(origin: str) -> int:
    """Count the sockets of this machine that wait for a server to take their connection."""
    port = f":{int(origin.rpartition(':')[2]):04X}"
    _titles, *sockets = Path("/proc/net/tcp").read_text().splitlines()
    # The third column is where to, the fourth the state, of which 02 is SYN_SENT.
    return sum(
        row[2].endswith(port) and row[3] == "02" for row in (line.split() for line in sockets)
    )


def test_a_config_that_cannot_be_read_is_told_and_no_end(known: Person) -> None:
    path = known.write_config("[accounts.work\n")
    with following(known, "--format", "waybar") as follower:
        while "line 1 column 15" not in (told := json.loads(follower.line()))["tooltip"]:
            assert told["text"] == "-"

        # Within a minute it would be noticed; somebody asks before.
        path.unlink()
        known.run("today")

        assert json.loads(follower.line())["text"] == "2h 5m"
        assert follower.end() == 0


def test_a_state_folder_that_is_deleted_is_made_again(known: Person, server: Server) -> None:
    with following(known) as follower:
        follower.wait_for_line("2h 5m")
        folder = known.locations.state_dir
        subprocess.run(["rm", "-rf", str(folder)], check=True)
        follower.wait_for_line("-")
        server.today(total_seconds=7560)
        wait_for(folder.is_dir, "the folder is there")
        known.run("today")
        assert follower.line() == "2h 6m"


def test_a_file_is_replaced_as_a_whole_and_told_at_the_end_that_nothing_is_known(
    trayapp: Trayapp, known: Person
) -> None:
    folder = known.home / "bar"
    folder.mkdir()
    file = folder / "today"
    with following(known, "--format", "i3status", "--output", str(file)) as follower:
        wait_for(lambda: file.exists() and file.read_text() == "1m\n", "the file is there")
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        file.chmod(0o644)
        before = file.stat().st_ino
        trayapp.tells(120)
        wait_for(lambda: file.read_text() == "2m\n", "the file is written anew")
        assert file.stat().st_ino != before
        assert stat.S_IMODE(file.stat().st_mode) == 0o644

        assert follower.end() == 0
    assert file.read_text() == "-\n"
    assert list(folder.iterdir()) == [file]


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("none/today", 2, "is no folder"),
        ("~nobody-here/today", 2, "~nobody-here/today is in the home folder of no user"),
        ("pipe", 1, "cannot be written (it is no ordinary file)"),
    ],
)
def test_a_file_that_cannot_be_written_is_said_at_once(
    known: Person, name: str, code: int, said: str
) -> None:
    os.mkfifo(known.home / "pipe")
    output = name if name.startswith("~") else str(known.home / name)
    with following(known, "--output", output) as follower:
        assert follower.process.wait(LINE_SECONDS) == code
        errors = follower.errors()

    assert said in errors
    assert errors.count("\n") == 1
    assert not (known.home / "none").exists()
    assert stat.S_ISFIFO((known.home / "pipe").stat().st_mode)


@pytest.mark.usefixtures("trayapp")
def test_a_template_that_no_encoding_takes_is_written_as_it_is_printed(known: Person) -> None:
    file, template = known.home / "today", os.fsdecode(b"{text} \xff")
    with following(known, "--template", template) as follower:
        printed = follower.line()
        assert follower.end() == 0
    with following(known, "--template", template, "--output", str(file)) as follower:
        wait_for(file.exists, "the file is there")

        assert printed == file.read_text().removesuffix("\n") == "1m ?"
        assert follower.end() == 0


def test_a_file_that_cannot_be_written_any_more_is_tried_again(
    trayapp: Trayapp, known: Person
) -> None:
    folder = known.home / "bar"
    folder.mkdir()
    with following(known, "--output", str(folder / "today")) as follower:
        wait_for((folder / "today").exists, "the file is there")
        subprocess.run(["rm", "-rf", str(folder)], check=True)
        folder.write_text("in the way")
        trayapp.tells(120)
        time.sleep(QUIET_SECONDS)
        assert follower.process.poll() is None
        folder.unlink()
        folder.mkdir()
        wait_for((folder / "today").exists, "the file is there again")
        assert (folder / "today").read_text() == "2m\n"
        follower.end()
        assert follower.errors().count("cannot be written") == 1
