"""What was recorded without an account, when somebody signs in and later."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.cli.person import Person
from tests.cli.test_login import login_on_a_terminal, read_until
from tests.cli.test_queue import fill, opened
from tests.delivery.samples import heartbeat
from tests.server import Server
from trayapp.delivery.rows import LOCAL, Recording
from trayapp.desktop.control import ControlListener
from trayapp.settings.locations import make_runtime_folder

pytestmark = pytest.mark.desktop

STARTED = datetime(2026, 10, 3, 9, 30, tzinfo=UTC).timestamp()
DAY = 86_400.0

OFFER = (
    "123 heartbeats were recorded without an account since 3 October 2026, about 4h 0m of coding."
)
LATER = "They stay on this machine. To send them later: trayapp queue send --local"


@pytest.fixture
def coder(person: Person) -> Person:
    """Somebody who coded for three days before signing in: 41 heartbeats, two minutes apart."""
    times = [STARTED + day * DAY + 120 * number for day in range(3) for number in range(41)]
    with opened(person) as queue:
        queue.record([Recording(heartbeat(number, at)) for number, at in enumerate(times)])
    return person


def counts(person: Person, server: Server) -> tuple[int, int]:
    """How many are local, and how many wait for the account."""
    with opened(person) as queue:
        account = queue.counts(f"127.0.0.1@{server.api_url}").waiting
        account += queue.counts(f"hackatime@{server.api_url}").waiting
        return queue.counts(LOCAL).waiting, account


def sign_in(person: Person, server: Server, *options: str) -> str:
    done = person.run("login", "--api-url", server.api_url, *options, stdin=server.key)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.usefixtures("keyring")
class TestSigningIn:
    def test_without_a_terminal_nothing_is_sent_and_it_says_how_to(
        self, coder: Person, server: Server
    ) -> None:
        told = sign_in(coder, server)

        assert told.splitlines()[-2:] == [OFFER, LATER]
        assert counts(coder, server) == (123, 0)

    def test_what_is_wanted_beforehand_is_sent(self, coder: Person, server: Server) -> None:
        told = sign_in(coder, server, "--send-history")

        assert told.splitlines()[-2:] == [
            OFFER,
            "They are sent while trayapp runs, or at once by: trayapp queue send",
        ]
        assert counts(coder, server) == (0, 123)
        assert coder.run("queue", "send").returncode == 0
        assert [row["time"] for row in server.heartbeats][:2] == [STARTED, STARTED + 120]
        assert len(server.heartbeats) == 123

    def test_what_is_unwanted_beforehand_stays(self, coder: Person, server: Server) -> None:
        told = sign_in(coder, server, "--no-send-history")

        assert told.splitlines()[-2:] == [OFFER, LATER]
        assert counts(coder, server) == (123, 0)
        assert coder.run("queue", "send").returncode == 0
        assert server.heartbeats == ()

    @pytest.mark.parametrize(
        ("answer", "left"),
        [(b"y\n", (0, 123)), (b"n\n", (123, 0)), (b"\n", (123, 0)), (b"\x04", (123, 0))],
    )
    def test_on_a_terminal_it_asks(
        self, coder: Person, server: Server, answer: bytes, left: tuple[int, int]
    ) -> None:
        with login_on_a_terminal(coder, server) as (process, master):
            read_until(master, b"not shown: ")
            os.write(master, f"{server.key}\n".encode())
            seen = read_until(master, b"[y/N] ")
            assert counts(coder, server) == (123, 0)
            os.write(master, answer)
            read_until(master, None)
            assert process.wait(20) == 0

        assert OFFER.encode() in seen
        assert b"Send them to hackatime? [y/N] " in seen
        assert counts(coder, server) == left

    def test_the_running_trayapp_sends_them(self, coder: Person, server: Server) -> None:
        asked: list[tuple[str, int]] = []

        def answer(request: dict[str, Any]) -> dict[str, Any]:
            asked.append((request["command"], counts(coder, server)[1]))
            return {"waiting": 0}

        make_runtime_folder(coder.locations.runtime_dir)
        listener = ControlListener(coder.locations.control_address)
        listener.start(answer)
        try:
            told = sign_in(coder, server, "--send-history")
        finally:
            listener.stop()

        assert told.endswith("The running trayapp sends them to hackatime.\n")
        assert asked == [("reload", 0), ("flush", 123)]

    @pytest.mark.parametrize("option", [(), ("--send-history",)])
    def test_with_nothing_recorded_nothing_is_said_of_it(
        self, person: Person, server: Server, option: tuple[str, ...]
    ) -> None:
        told = sign_in(person, server, *option)

        assert "heartbeat" not in told
        assert not person.locations.queue_file.exists()

    def test_with_no_account_that_receives_nothing_is_offered(
        self, coder: Person, server: Server
    ) -> None:
        coder.write_config(f'[accounts.quiet]\napi_url = "{server.api_url}"\nreceive = false\n')

        assert "heartbeat" not in sign_in(coder, server, "--send-history")
        assert counts(coder, server) == (123, 0)

    def test_a_second_account_gets_what_the_first_gets(self, coder: Person, server: Server) -> None:
        sign_in(coder, server, "--account", "work")
        with Server("wakapi") as home:
            sign_in(coder, home, "--account", "home", "--send-history")

        with opened(coder) as queue:
            for receiver in (f"work@{server.api_url}", f"home@{home.api_url}"):
                assert queue.counts(receiver).waiting == 123

    def test_no_estimate_of_before_is_left(self, coder: Person, server: Server) -> None:
        fill(coder, 2)
        assert coder.run("today").stdout == "~0m\n"
        assert coder.today("--cached")["state"] == "local"

        sign_in(coder, server)

        assert coder.today("--cached")["state"] == "starting"
        assert coder.run("today").stdout == "2h 5m\n"


class TestLater:
    def test_it_is_sent_with_all_that_waits(self, known: Person, server: Server) -> None:
        fill(known, 2)
        fill(known, 3, f"wakatime.cfg@{server.api_url}")

        done = known.run("queue", "send", "--local")

        assert (done.returncode, done.stdout) == (0, "wakatime.cfg: 5 sent, 0 waiting\n")
        assert len(server.heartbeats) == 5

    def test_without_an_account_nothing_is_sent_and_it_says_how_to_sign_in(
        self, person: Person
    ) -> None:
        fill(person, 2)

        done = person.run("queue", "send", "--local")

        assert done.returncode == 104
        assert "trayapp login" in done.stderr
        with opened(person) as queue:
            assert queue.counts(LOCAL).waiting == 2

    def test_it_is_dropped_for_good_and_nothing_else_is(
        self, known: Person, server: Server
    ) -> None:
        fill(known, 1, entity="/home/ada/kumquat.py")
        fill(known, 3, f"wakatime.cfg@{server.api_url}")

        done = known.run("queue", "drop", "--local", "--yes")

        assert (done.returncode, done.stdout) == (0, "1 heartbeat will never be sent.\n")
        with opened(known) as queue:
            assert queue.counts(LOCAL).waiting == 0
            assert queue.counts(f"wakatime.cfg@{server.api_url}").waiting == 3
        assert b"kumquat" not in known.locations.queue_file.read_bytes()
        again = known.run("queue", "drop", "--local")
        assert (again.returncode, again.stdout) == (
            0,
            "Nothing was recorded without an account.\n",
        )

    def test_nobody_there_to_ask_drops_nothing(self, person: Person) -> None:
        fill(person, 1)

        done = person.run("queue", "drop", "--local")

        assert done.returncode == 2
        assert "--yes" in done.stderr
        with opened(person) as queue:
            assert queue.counts(LOCAL).waiting == 1

    @pytest.mark.parametrize(
        "arguments",
        [["--local"], ["retry", "--local"], ["drop", "3", "--local"], ["drop", "--all", "--local"]],
    )
    def test_local_goes_with_send_and_drop_alone(
        self, person: Person, arguments: list[str]
    ) -> None:
        done = person.run("queue", *arguments)

        assert done.returncode == 2
        assert "--local is for send and drop alone" in done.stderr
