"""`trayapp accounts`: several of them, each with its key and its queue."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import time

import pytest

from tests.cli.person import COMMAND_SECONDS, Person
from tests.cli.test_queue import fill, opened
from tests.server import Server
from trayapp.settings.accounts import load_settings

CONFIG = """\
# mine
show = "b"

[accounts.a]
api_url = "https://a.example/api"

# of work
[accounts.b]
api_url = "https://b.example/api"
key = "env"
receive = false
"""

KEY = "11111111-2222-4333-8444-555555555555"


def waiting(person: Person, receiver: str) -> int:
    with opened(person) as queue:
        return queue.counts(receiver).waiting


def names(person: Person) -> list[str]:
    return [account.name for account in load_settings(person.locations, {}).accounts]


def test_each_is_listed_with_what_it_is_for(person: Person) -> None:
    person.write_config(CONFIG)
    (person.home / ".wakatime.cfg").write_text(f"[api_urls]\n/work/ = https://w/api|{KEY}\n")

    done = person.run("accounts")

    assert done.returncode == 0
    first, second, claim = done.stdout.splitlines()
    assert first == "a  https://a.example/api  receives, key from the system keyring"
    assert second == (
        "b  https://b.example/api  shows, receives nothing, key from WAKATIME_API_KEY"
    )
    assert claim.startswith("api_urls:")
    assert claim.endswith(
        f"  https://w/api  receives what {person.home / '.wakatime.cfg'} line 2 claims"
    )
    assert KEY not in done.stdout


def test_without_any_it_says_how_to_sign_in(person: Person) -> None:
    assert person.run("accounts", "list").stdout == (
        "There is no account yet. To sign in: trayapp login\n"
    )


def test_the_one_that_shows_is_chosen_and_the_file_stays_as_it_is_otherwise(
    person: Person,
) -> None:
    person.write_config(CONFIG)

    done = person.run("accounts", "use", "a")

    assert (done.returncode, done.stdout) == (0, "Account a shows.\n")
    text = person.locations.config_file.read_text()
    assert text == CONFIG.replace('show = "b"', 'show = "a"')


def test_one_that_is_removed_takes_its_queue_along_and_nothing_else(person: Person) -> None:
    person.write_config(CONFIG)
    fill(person, 3, "a@https://a.example/api", "b@https://b.example/api")

    done = person.run("accounts", "remove", "b", "--yes")

    assert done.returncode == 0
    assert done.stdout == "Removed: account b, with 3 heartbeats that waited.\n"
    assert names(person) == ["a"]
    assert "# mine" in person.locations.config_file.read_text()
    assert waiting(person, "b@https://b.example/api") == 0
    assert waiting(person, "a@https://a.example/api") == 3


def test_the_queue_of_an_account_that_has_gone_can_be_dropped(person: Person) -> None:
    person.write_config(CONFIG)
    fill(person, 1, "old@https://old.example/api", "a@https://a.example/api")

    done = person.run("accounts", "remove", "old@https://old.example/api", "--yes")

    assert done.returncode == 0
    assert waiting(person, "old@https://old.example/api") == 0
    assert waiting(person, "a@https://a.example/api") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["remove", "a"], "Nobody is there to ask"),
        (["remove", "c", "--yes"], "no account called 'c'"),
        (["use", "c"], "no account called 'c'"),
        (["remove"], "No account was named"),
        (["use"], "No account was named"),
        (["add", "a b"], "cannot be called 'a b'"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_changed(
    person: Person, arguments: list[str], words: str
) -> None:
    person.write_config(CONFIG)
    fill(person, 1, "a@https://a.example/api")

    done = person.run("accounts", *arguments)

    assert done.returncode == 2
    assert words in done.stderr
    assert person.locations.config_file.read_text() == CONFIG
    assert waiting(person, "a@https://a.example/api") == 1


def test_the_account_of_the_cfg_is_not_ours_to_remove(known: Person) -> None:
    before = (known.home / ".wakatime.cfg").read_bytes()

    done = known.run("accounts", "remove", "wakatime.cfg", "--yes")

    assert done.returncode == 2
    assert "trayapp never changes these" in done.stderr
    assert (known.home / ".wakatime.cfg").read_bytes() == before


@pytest.mark.parametrize(("answer", "removed"), [("y", True), ("n", False), ("", False)])
def test_on_a_terminal_it_asks_before(person: Person, answer: str, *, removed: bool) -> None:
    person.write_config(CONFIG)
    fill(person, 2, "b@https://b.example/api")
    terminal, other_end = pty.openpty()
    os.write(terminal, f"{answer}\n".encode())

    done = subprocess.run(
        [sys.executable, "-m", "trayapp", "accounts", "remove", "b"],
        env=person.environment,
        stdin=other_end,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )
    os.close(other_end)
    os.close(terminal)

    assert "Remove account b? 2 heartbeats for it will never be sent." in done.stderr
    assert done.returncode == (0 if removed else 1)
    assert names(person) == (["a"] if removed else ["a", "b"])
    assert waiting(person, "b@https://b.example/api") == (0 if removed else 2)


@pytest.mark.desktop
@pytest.mark.usefixtures("keyring")
def test_one_is_added_as_by_login_and_its_key_goes_with_it(person: Person, server: Server) -> None:
    person.write_config(CONFIG)
    added = person.run("accounts", "add", "home", "--api-url", server.api_url, stdin=server.key)
    assert added.returncode == 0, added.stderr
    assert names(person) == ["a", "b", "home"]
    assert person.run("today", "--account", "home").stdout == "2h 5m\n"

    assert person.run("accounts", "remove", "home", "--yes").returncode == 0
    assert names(person) == ["a", "b"]
    person.write_config(f'{CONFIG}[accounts.home]\napi_url = "{server.api_url}"\n')
    after = person.run("today", "--account", "home")
    assert (after.returncode, "no key" in after.stderr) == (104, True)


@pytest.mark.desktop
@pytest.mark.usefixtures("keyring")
def test_logging_out_keeps_the_queue_for_the_next_login(person: Person, server: Server) -> None:
    person.run("login", "--api-url", server.api_url, "--account", "home", stdin=server.key)
    receiver = f"home@{server.api_url}"
    fill(person, 2, receiver)

    assert person.run("logout", "--account", "home").returncode == 0
    assert waiting(person, receiver) == 2
    refused = person.run("queue", "send")
    assert (refused.returncode, waiting(person, receiver)) == (104, 2)

    person.run("login", "--account", "home", stdin=server.key)
    assert person.run("queue", "send").stdout == "home: 2 sent, 0 waiting\n"
    assert len(server.heartbeats) == 2
    assert all(row["time"] <= time.time() for row in server.heartbeats)
