"""`trayapp queue`: what waits, was sent and refused, and what a person does about it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.cli.person import Person
from tests.server import Server
from tests.server.mishandling import poisoned
from trayapp.coding.heartbeat import Heartbeat
from trayapp.delivery.queue import HeartbeatQueue
from trayapp.delivery.rows import LOCAL, Outcome, Recording
from trayapp.desktop.control import ControlListener
from trayapp.desktop.single_instance import InstanceLock
from trayapp.settings.locations import make_private_folder, make_runtime_folder

HOME = "home@https://waka.example/api"
WORK = "work@https://work.example/api"
GONE = "old@https://old.example/api"

CONFIG = """\
[accounts.home]
api_url = "https://waka.example/api"
[accounts.work]
api_url = "https://work.example/api"
"""

REASON = "Time is too old\x1b[2J\nreally"


@contextmanager
def opened(person: Person) -> Iterator[HeartbeatQueue]:
    queue = HeartbeatQueue(person.locations.queue_file)
    yield queue
    queue.close()


def fill(person: Person, count: int, *receivers: str, entity: str = "/home/ada/a.py") -> None:
    """Record heartbeats, a second apart and the last one now."""
    beats = [
        Heartbeat(
            entity=entity,
            time=time.time() - number,
            project="p",
            branch=None,
            language="Python",
            lines=1,
            project_root_count=None,
            user_agent="wakatime/1",
            machine="box",
        )
        for number in range(count, 0, -1)
    ]
    with opened(person) as queue:
        queue.record([Recording(beat, receivers) for beat in beats])


def settle(person: Person, receiver: str, *states: Any) -> list[int]:
    """Let the oldest that wait become done or dead; give their IDs."""
    with opened(person) as queue:
        rows = queue.waiting(receiver, time.time(), len(states))
        pairs = zip(rows, states, strict=True)
        outcomes = [Outcome(row.id, state, REASON, 1) for row, state in pairs]
        queue.mark(receiver, outcomes, time.time())
    return [row.id for row in rows]


@pytest.fixture
def owner(person: Person) -> Person:
    """Somebody with two accounts, and one that has gone: home has six of each kind."""
    person.write_config(CONFIG)
    fill(person, 6, HOME, WORK)
    fill(person, 1, GONE)
    fill(person, 2)
    settle(person, HOME, "done", "done", "dead", "dead")
    return person


def listed(person: Person) -> dict[str, Any]:
    done = person.run("queue", "--json")
    assert done.returncode == 0
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_each_account_is_listed_with_what_waits_was_sent_and_refused(owner: Person) -> None:
    done = owner.run("queue")

    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0] == "home at https://waka.example/api: 2 waiting, 2 sent today, 2 refused"
    assert lines[1].startswith("    ID 3  refused  20")
    assert lines[1].endswith("  /home/ada/a.py  Time is too old[2J really")
    assert lines[3] == "work at https://work.example/api: 6 waiting, 0 sent today"
    assert lines[4] == "old at https://old.example/api: 1 waiting, 0 sent today"
    assert f"trayapp accounts remove {GONE}" in lines[5]
    assert lines[6:] == ["without an account: 2 waiting"]


def test_as_json_there_is_all_of_it(owner: Person) -> None:
    before = time.time()

    document = listed(owner)

    assert (document["schema"], document["local"]) == (1, 2)
    home, work, old = document["accounts"]
    letters = home.pop("dead")
    assert home == {
        "name": "home",
        "api_url": "https://waka.example/api",
        "known": True,
        "waiting": 2,
        "sent_today": 2,
        "set_aside": [],
    }
    assert [letter["id"] for letter in letters] == [3, 4]
    assert {(letter["entity"], letter["reason"]) for letter in letters} == {
        ("/home/ada/a.py", REASON)
    }
    assert all(before - 60 < letter["time"] <= letter["at"] <= before for letter in letters)
    assert (work["waiting"], work["dead"], work["known"]) == (6, [], True)
    assert (old["waiting"], old["known"]) == (1, False)


def test_with_nothing_recorded_it_says_so(person: Person) -> None:
    assert person.run("queue").stdout == "Nothing was recorded yet.\n"
    assert listed(person) == {"schema": 1, "accounts": [], "local": 0}


def test_what_was_sent_yesterday_was_not_sent_today(person: Person) -> None:
    person.write_config(CONFIG)
    fill(person, 1, HOME)
    with opened(person) as queue:
        (row,) = queue.waiting(HOME, time.time(), 1)
        queue.mark(HOME, [Outcome(row.id, "done")], time.time() - 86_400)

    assert listed(person)["accounts"][0]["sent_today"] == 0


def test_one_that_was_refused_is_sent_again(owner: Person) -> None:
    done = owner.run("queue", "retry", "3")

    assert (done.returncode, done.stdout) == (0, "1 heartbeat will be sent again.\n")
    home = listed(owner)["accounts"][0]
    assert home["waiting"] == 3
    assert [letter["id"] for letter in home["dead"]] == [4]


def test_all_that_were_refused_are_sent_again(owner: Person) -> None:
    assert owner.run("queue", "retry", "--all").stdout == "2 heartbeats will be sent again.\n"

    assert listed(owner)["accounts"][0]["waiting"] == 4


@pytest.mark.parametrize("which", [["4"], ["3", "4"], ["--all"]])
def test_what_is_dropped_is_gone_and_waits_for_the_other_account_still(
    owner: Person, which: list[str]
) -> None:
    assert owner.run("queue", "drop", *which).returncode == 0

    home, work, _ = listed(owner)["accounts"]
    assert len(home["dead"]) == (1 if which == ["4"] else 0)
    assert work["waiting"] == 6


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["retry"], "Name some by their ID, or --all"),
        (["drop"], "Name some by their ID, or --all"),
        (["drop", "3", "--all"], "Name some by their ID, or --all"),
        (["retry", "3", "99", "1"], "ID 1, 99 was not refused"),
        (["drop", "99"], "ID 99 was not refused"),
        (["drop", "three"], "invalid int value: 'three'"),
        (["list", "3"], "IDs are for retry and drop"),
        (["send", "--all"], "IDs are for retry and drop"),
        (["forget"], "Nobody is there to ask"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_changed(
    owner: Person, arguments: list[str], words: str
) -> None:
    before = listed(owner)

    done = owner.run("queue", *arguments)

    assert done.returncode == 2
    assert words in done.stderr
    assert listed(owner) == before


def test_what_is_damaged_is_listed_and_can_only_be_dropped(owner: Person) -> None:
    data = owner.locations.queue_file.read_bytes()
    fill(owner, 1, WORK, entity="/home/ada/strange-name.py")
    with opened(owner) as queue:
        last = queue.waiting(WORK, time.time(), 100)[-1].id
    data = owner.locations.queue_file.read_bytes()
    owner.locations.queue_file.write_bytes(data.replace(b"strange-name", b"changed-name"))
    with opened(owner) as queue:
        queue.waiting(WORK, time.time(), 100)

    work = listed(owner)["accounts"][1]
    assert [letter["id"] for letter in work["set_aside"]] == [last]
    assert f"ID {last}  set aside" in owner.run("queue").stdout
    refused = owner.run("queue", "retry", str(last))
    assert (refused.returncode, "cannot be read" in refused.stderr) == (2, True)
    assert owner.run("queue", "drop", str(last)).returncode == 0
    assert listed(owner)["accounts"][1]["set_aside"] == []


def test_history_is_forgotten_and_what_waits_stays(person: Person) -> None:
    person.write_config(CONFIG)
    fill(person, 2, HOME, entity="/home/ada/kumquat.py")
    settle(person, HOME, "done")
    with opened(person) as queue:
        assert len(queue.times(0, time.time())) == 2

    assert person.run("queue", "forget", "--yes").returncode == 0

    with opened(person) as queue:
        assert len(queue.times(0, time.time())) == 1
    assert listed(person)["accounts"][0]["waiting"] == 1


class TestSending:
    def test_without_a_running_trayapp_it_sends_itself(self, known: Person, server: Server) -> None:
        fill(known, 30, f"wakatime.cfg@{server.api_url}")

        done = known.run("queue", "send")

        assert (done.returncode, done.stdout) == (0, "wakatime.cfg: 30 sent, 0 waiting\n")
        assert len(server.heartbeats) == 30
        again = known.run("queue", "send")
        assert (again.returncode, again.stdout) == (0, "wakatime.cfg: 0 sent, 0 waiting\n")
        assert len(server.heartbeats) == 30

    def test_what_the_server_refuses_is_not_called_sent(
        self, known: Person, server: Server
    ) -> None:
        receiver = f"wakatime.cfg@{server.api_url}"
        fill(known, 2, receiver)
        fill(known, 1, receiver, entity="/home/ada/poison.py")
        server.misbehave(poisoned("poison", whole=False), path="heartbeats")

        done = known.run("queue", "send")

        told = "wakatime.cfg: 2 sent, 0 waiting, 1 refused (see: trayapp queue)\n"
        assert (done.returncode, done.stdout) == (0, told)

    def test_a_key_that_is_refused_loses_nothing(self, known: Person, server: Server) -> None:
        known.write_cfg({"api_url": server.api_url, "api_key": server.key[::-1]})
        fill(known, 2, f"wakatime.cfg@{server.api_url}")

        done = known.run("queue", "send")

        assert done.returncode == 104
        assert done.stdout == "wakatime.cfg: 0 sent, 2 waiting\n"
        assert "does not accept the API key" in done.stderr
        assert server.key[::-1] not in done.stderr

    def test_what_a_line_claims_is_sent_with_its_own_key(
        self, person: Person, server: Server
    ) -> None:
        cfg = person.home / ".wakatime.cfg"
        cfg.write_text(f"[api_urls]\n/home/ = {server.api_url}|{server.key}\n")
        file = person.home / "a.py"
        file.write_text("a\n")

        done = person.run("heartbeat", "--entity", str(file), "--send")

        assert done.returncode == 0, done.stderr
        assert done.stdout.endswith(": 1 sent, 0 waiting\n")
        assert [row["entity"] for row in server.heartbeats] == [str(file)]

    def test_one_that_another_process_sends_is_left_to_it(
        self, known: Person, server: Server
    ) -> None:
        fill(known, 1, f"wakatime.cfg@{server.api_url}")
        with InstanceLock(known.locations.sender_lock_file, "trayapp watch") as lock:
            assert lock.acquire()
            done = known.run("queue", "send")

        assert (done.returncode, done.stdout) == (0, "")
        assert "trayapp watch sends these" in done.stderr
        assert server.heartbeats == ()

    def test_the_running_trayapp_is_asked(self, known: Person, server: Server) -> None:
        fill(known, 2, f"wakatime.cfg@{server.api_url}")
        asked = []

        def answer(request: dict[str, Any]) -> dict[str, Any]:
            asked.append(request["command"])
            return {"waiting": 2}

        make_runtime_folder(known.locations.runtime_dir)
        listener = ControlListener(known.locations.control_address)
        listener.start(answer)
        try:
            done = known.run("queue", "send")
        finally:
            listener.stop()

        assert (done.returncode, done.stdout) == (
            0,
            "The running trayapp sends now: 2 heartbeats.\n",
        )
        assert asked == ["flush"]
        assert server.heartbeats == ()

    def test_one_that_runs_and_does_not_answer_is_told(self, known: Person) -> None:
        make_private_folder(known.locations.state_dir)
        with InstanceLock(known.locations.lock_file) as lock:
            assert lock.acquire()
            done = known.run("queue", "send")

        assert done.returncode == 1
        assert "does not answer" in done.stderr

    def test_without_an_account_it_says_how_to_sign_in(self, person: Person) -> None:
        fill(person, 1)

        done = person.run("queue", "send")

        assert done.returncode == 104
        assert "trayapp login" in done.stderr
        with opened(person) as queue:
            assert queue.counts(LOCAL).waiting == 1
