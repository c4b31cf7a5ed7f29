"""What doctor says of the queue and its sender, and a heartbeat that it sends once more."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.cli.person import Person
from tests.cli.test_queue import fill, opened, settle
from tests.delivery.samples import sql
from tests.server import DIALECTS, Server, mishandling
from trayapp.delivery.rows import LOCAL, Outcome
from trayapp.desktop.single_instance import InstanceLock

OTHER_KEY = "22222222-3333-4444-8555-666666666666"


def found_by(person: Person, *options: str) -> list[dict[str, Any]]:
    """What doctor found of delivery."""
    checks = json.loads(person.run("doctor", "--json", *options).stdout)["checks"]
    return [check for check in checks if check["part"] in ("queue", "delivery", "send-test")]


def receiver_of(server: Server) -> str:
    return f"wakatime.cfg@{server.api_url}"


def deliver(person: Person, server: Server) -> None:
    """Have a save recorded and delivered, as it happens every day."""
    file = person.home / "main.py"
    file.write_text("a = 1\n")
    done = person.run("heartbeat", "--entity", str(file), "--write", "--send")
    assert (done.returncode, len(server.heartbeats)) == (0, 1), done.stderr


class TestTheQueue:
    def test_before_anything_is_recorded_there_is_none(self, known: Person) -> None:
        (queue,) = found_by(known)

        assert (queue["verdict"], queue["found"]) == ("ok", "nothing was recorded yet")
        assert not known.locations.queue_file.exists()

    def test_what_waits_and_who_sends_it_is_told(self, known: Person, server: Server) -> None:
        fill(known, 3, receiver_of(server))
        with InstanceLock(known.locations.sender_lock_file, "trayapp (process 12)") as lock:
            assert lock.acquire()
            queue, account = found_by(known)
        unattended = found_by(known)[0]

        path = known.locations.queue_file
        assert (queue["verdict"], account["verdict"]) == ("ok", "ok")
        assert queue["found"] == f"{path} is sound; trayapp (process 12) sends"
        assert account["found"] == "wakatime.cfg: 3 waiting"
        assert unattended["found"] == f"{path} is sound; nothing sends now"

    def test_what_was_refused_is_a_note_that_leads_to_the_reasons(
        self, known: Person, server: Server
    ) -> None:
        fill(known, 3, receiver_of(server))
        settle(known, receiver_of(server), "dead", "dead")

        account = found_by(known)[1]

        assert (account["verdict"], account["found"]) == (
            "note",
            "wakatime.cfg: 1 waiting, 2 refused",
        )
        assert "trayapp queue" in account["advice"]
        assert known.run("doctor").returncode == 0

    def test_what_waits_for_an_account_that_has_gone_is_a_note(self, known: Person) -> None:
        fill(known, 1, "old@https://old.example/api")

        _, account, gone = found_by(known)

        assert account["found"] == "wakatime.cfg: 0 waiting"
        assert gone["found"] == "old: 1 waiting; there is no such account any more"
        assert "trayapp accounts remove old@https://old.example/api" in gone["advice"]

    def test_what_was_recorded_without_an_account_is_a_note(
        self, known: Person, server: Server
    ) -> None:
        fill(known, 2)
        with_account = found_by(known)[-1]
        known.write_cfg({})
        without = found_by(known)[-1]

        assert with_account["found"] == "2 heartbeats recorded without an account"
        assert "trayapp queue send --local" in with_account["advice"]
        assert without["advice"] == "To sign in: trayapp login"
        assert server.heartbeats == ()

    def test_damage_that_only_a_whole_look_finds_is_mended_and_told(
        self, known: Person, server: Server
    ) -> None:
        fill(known, 3, receiver_of(server))
        sql(known.locations.queue_file, "DELETE FROM deliveries WHERE heartbeat = 2")

        queue, account = found_by(known)
        again = found_by(known)[0]

        assert (queue["verdict"], account["found"]) == ("note", "wakatime.cfg: 3 waiting")
        assert queue["found"].startswith("The queue was damaged: 3 recordings were saved")
        assert again["found"].endswith("nothing sends now; 1 damaged file beside it")
        assert "trayapp queue forget" in again["advice"]

    def test_a_file_that_cannot_be_opened_is_bad(self, known: Person) -> None:
        known.locations.queue_file.mkdir(parents=True)

        (queue,) = found_by(known)

        assert (queue["verdict"], queue["exit_code"]) == ("bad", 1)
        assert "queue.db" in queue["found"]


class TestSendingAgain:
    def test_hackatime_shows_what_it_understood_and_stores_nothing_again(
        self, known: Person, server: Server
    ) -> None:
        deliver(known, server)
        stored = server.heartbeats

        done = known.run("doctor", "--send-test")

        assert done.returncode == 0
        assert "wakatime.cfg understood: editor trayapp, system linux, language Python" in (
            done.stdout
        )
        assert server.heartbeats == stored
        first, second = (each for each in server.requests if each.method == "POST")
        assert first.body == second.body
        for name in ("user-agent", "x-machine-name", "content-type", "authorization"):
            assert first.headers[name] == second.headers[name]

    @pytest.mark.parametrize("dialect", sorted(set(DIALECTS) - {"hackatime"}))
    def test_one_that_does_not_tell_is_said_not_to(self, person: Person, dialect: str) -> None:
        with Server(dialect) as server:
            person.write_cfg({"api_url": server.api_url, "api_key": server.key})
            deliver(person, server)

            check = found_by(person, "--send-test")[-1]

            assert len(server.heartbeats) == 1
        assert (check["part"], check["verdict"]) == ("send-test", "ok")
        assert (
            "does not tell what it understood; sent was language Python by wakatime/"
            in (check["found"])
        )

    def test_with_none_delivered_yet_a_file_is_to_be_saved_first(
        self, known: Person, server: Server
    ) -> None:
        without_queue = found_by(known, "--send-test")[-1]
        fill(known, 1, receiver_of(server))
        check = found_by(known, "--send-test")[-1]

        assert without_queue == check
        assert check["verdict"] == "note"
        assert check["found"] == "wakatime.cfg has accepted no heartbeat yet"
        assert check["advice"].startswith("Save a file first")
        assert server.heartbeats == ()

    def test_without_an_account_it_says_how_to_sign_in(self, person: Person) -> None:
        check = found_by(person, "--send-test")[-1]

        assert (check["verdict"], check["advice"]) == ("note", "Sign in: trayapp login")

    def test_where_no_account_receives_it_says_how_one_can(
        self, person: Person, server: Server
    ) -> None:
        person.write_config(f'[accounts.a]\napi_url = "{server.api_url}"\nreceive = false\n')

        check = found_by(person, "--send-test")[-1]

        assert (check["verdict"], check["found"]) == ("note", "no account receives heartbeats")
        assert check["advice"] == "Let one: receive = true in config.toml"

    def test_without_the_option_nothing_is_sent(self, known: Person, server: Server) -> None:
        deliver(known, server)
        known.run("doctor")

        assert len([each for each in server.requests if each.method == "POST"]) == 1

    def test_each_account_gets_its_own_newest(self, person: Person, server: Server) -> None:
        with Server("wakapi", key=server.key) as home:
            person.variables["WAKATIME_API_KEY"] = server.key
            person.write_config(
                f'[accounts.work]\napi_url = "{server.api_url}"\nkey = "env"\n'
                f'[accounts.home]\napi_url = "{home.api_url}"\nkey = "env"\n'
                f'[accounts.quiet]\napi_url = "{home.api_url}"\nreceive = false\n'
            )
            names = [f"work@{server.api_url}", f"home@{home.api_url}"]
            fill(person, 2, *names)
            with opened(person) as queue:
                rows = queue.waiting(names[0], time.time(), 2)
                queue.mark(names[0], [Outcome(row.id, "done") for row in rows], time.time())
                queue.mark(names[1], [Outcome(rows[0].id, "done")], time.time())

            work, at_home = found_by(person, "--send-test")[-2:]

            assert [row["time"] for row in server.heartbeats] == [rows[1].time]
            assert [row["time"] for row in home.heartbeats] == [
                pytest.approx(rows[0].time, abs=0.001)
            ]
        assert work["found"].startswith("work understood: ")
        assert at_home["found"].startswith("home accepts heartbeats")

    def test_a_key_that_is_refused_is_bad(self, known: Person, server: Server) -> None:
        deliver(known, server)
        server.key = OTHER_KEY

        check = found_by(known, "--send-test")[-1]

        assert (check["verdict"], check["exit_code"]) == ("bad", 104)
        assert check["found"].startswith("wakatime.cfg: 127.0.0.1")
        assert "does not accept the API key" in check["found"]

    def test_a_server_that_fails_is_bad(self, known: Person, server: Server) -> None:
        deliver(known, server)
        server.misbehave(mishandling.stored_but_fails(500))

        check = found_by(known, "--send-test")[-1]

        assert (check["verdict"], check["exit_code"]) == ("bad", 102)
        assert "answered with error 500" in check["found"]

    def test_one_that_has_grown_too_old_is_told_with_its_day(self, person: Person) -> None:
        with Server("wakapi", max_age_seconds=3600) as server:
            person.write_cfg({"api_url": server.api_url, "api_key": server.key})
            fill(person, 1, receiver_of(server))
            settle(person, receiver_of(server), "done")
            server.clock = lambda: time.time() + 7200

            check = found_by(person, "--send-test")[-1]

        assert (check["verdict"], check["exit_code"]) == ("bad", 1)
        assert time.strftime("of %Y-") in check["found"]
        assert check["found"].endswith("again: no valid heartbeat object given")
        assert check["advice"].startswith("Save a file")

    def test_it_changes_nothing_in_the_queue(self, known: Person, server: Server) -> None:
        deliver(known, server)
        fill(known, 2, receiver_of(server))
        before = known.run("queue", "--json").stdout

        known.run("doctor", "--send-test")

        assert known.run("queue", "--json").stdout == before
        with opened(known) as queue:
            assert queue.counts(LOCAL).waiting == 0
