"""Signing in and out, with a real gnome-keyring and with none."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.cli.person import Person
from tests.desktop.bus import PrivateBus
from tests.server import Server, misbehaviours
from tests.settings.secret_services import GnomeKeyring, SilentService
from trayapp.settings.api_url import HACKATIME_API_URL, WAKATIME_API_URL

pytestmark = pytest.mark.desktop

OTHER_KEY = "22222222-3333-4444-8555-666666666666"


@pytest.mark.usefixtures("keyring")
def test_login_stores_today_reads_and_logout_removes(person: Person, server: Server) -> None:
    login = person.run("login", "--api-url", server.api_url, stdin=f"{server.key}\n")
    assert (login.returncode, login.stderr.count("Traceback")) == (0, 0)
    assert "Signed in at" in login.stdout
    assert "as ada" in login.stdout

    assert person.run("today").stdout == "2h 5m\n"

    logout = person.run("logout")
    assert logout.returncode == 0
    assert "removed" in logout.stdout
    after = person.run("today")
    assert (after.returncode, after.stdout) == (104, "-\n")
    assert "trayapp login" in after.stderr
    assert person.today("--cached")["state"] == "signed-out"


@pytest.mark.usefixtures("keyring")
def test_the_key_is_in_no_file_and_the_account_in_config_toml(
    person: Person, server: Server
) -> None:
    person.write_config("# mine\n[unknown]\nkept = true\n")

    person.run("login", "--api-url", server.api_url, "--account", "home", stdin=server.key)

    text = person.locations.config_file.read_text()
    assert "# mine\n[unknown]\nkept = true\n" in text
    assert f'[accounts.home]\napi_url = "{server.api_url}"\nkey = "keyring"\n' in text
    files = [path for path in person.home.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if server.key.encode() in path.read_bytes()]


@pytest.mark.usefixtures("keyring")
def test_a_key_that_is_refused_is_not_stored(person: Person, server: Server) -> None:
    result = person.run("login", "--api-url", server.api_url, stdin=OTHER_KEY)

    assert result.returncode == 104
    assert "does not accept" in result.stderr
    assert OTHER_KEY not in result.stderr
    assert not person.locations.config_file.exists()
    assert person.run("today").returncode == 104


@pytest.mark.usefixtures("keyring")
def test_a_server_that_fails_stores_nothing_unless_nobody_asks_it(
    person: Person, server: Server
) -> None:
    server.misbehave(misbehaviours.server_error())
    asked = person.run("login", "--api-url", server.api_url, stdin=server.key)
    assert asked.returncode == 102
    assert "--no-verify" in asked.stderr
    assert not person.locations.config_file.exists()

    server.behave()
    seen = len(server.requests)
    unasked = person.run("login", "--no-verify", "--api-url", server.api_url, stdin=server.key)
    assert unasked.returncode == 0
    assert "not tried" in unasked.stdout
    assert len(server.requests) == seen
    assert person.run("today").stdout == "2h 5m\n"


@pytest.mark.usefixtures("keyring")
def test_an_older_hackatime_that_tells_nobodys_name_is_no_failure(person: Person) -> None:
    with Server("hackatime", users_current=False) as server:
        result = person.run("login", "--api-url", server.api_url, stdin=server.key)

    assert result.returncode == 0
    assert "accepts the key" in result.stdout
    assert "older" in result.stdout


@pytest.mark.usefixtures("keyring")
@pytest.mark.parametrize("dialect", ["wakapi", "wakatime"])
def test_a_dialect_that_the_url_does_not_tell_is_found_and_kept(
    person: Person, dialect: str
) -> None:
    with Server(dialect) as server:
        server.today(total_seconds=60)
        result = person.run("login", "--api-url", server.api_url, stdin=server.key)
        assert result.returncode == 0
        assert person.run("today").stdout == "1m\n"

    written = f'dialect = "{dialect}"' in person.locations.config_file.read_text()
    assert written == (dialect == "wakatime")


@pytest.mark.usefixtures("keyring")
def test_login_says_when_another_key_still_wins(person: Person, server: Server) -> None:
    person.variables["WAKATIME_API_KEY"] = OTHER_KEY

    result = person.run("login", "--api-url", server.api_url, stdin=server.key)

    assert result.returncode == 0
    assert "still wins" in result.stdout
    assert "WAKATIME_API_KEY" in result.stdout
    assert person.run("today").returncode == 104


@pytest.mark.usefixtures("keyring")
def test_a_second_account_is_added_and_the_first_still_shows(
    person: Person, server: Server
) -> None:
    person.run("login", "--api-url", server.api_url, stdin=server.key)
    with Server("wakapi") as home:
        home.today(total_seconds=180)
        result = person.run("login", "--api-url", home.api_url, "--account", "home", stdin=home.key)
        assert 'show = "home"' in result.stdout

        assert person.run("today").stdout == "2h 5m\n"
        assert person.run("today", "--account", "home").stdout == "3m\n"


@pytest.mark.usefixtures("keyring")
def test_signing_in_again_without_a_url_goes_to_the_same_server(
    person: Person, server: Server
) -> None:
    """A key for a server of one's own must not end at Hackatime because the URL was left out."""
    person.run("login", "--api-url", server.api_url, "--account", "mine", stdin=server.key)
    server.key = OTHER_KEY

    again = person.run("login", stdin=OTHER_KEY)

    assert again.returncode == 0
    assert "account mine" in again.stdout
    assert person.run("today").stdout == "2h 5m\n"


@pytest.mark.usefixtures("keyring")
def test_an_account_that_moves_to_another_server_leaves_no_key_behind(
    person: Person, server: Server
) -> None:
    person.run("login", "--api-url", server.api_url, "--account", "mine", stdin=server.key)
    with Server("wakapi") as other:
        person.run("login", "--api-url", other.api_url, "--account", "mine", stdin=other.key)

    person.write_config(f'[accounts.mine]\napi_url = "{server.api_url}"\n')
    assert person.run("today").returncode == 104


@pytest.mark.usefixtures("keyring")
def test_the_prompt_hides_the_key(person: Person, server: Server) -> None:
    """On a terminal: the key is typed, never shown, and the prompt names the server."""
    with login_on_a_terminal(person, server) as (process, master):
        seen = read_until(master, b"not shown: ")
        os.write(master, f"{server.key}\n".encode())
        seen += read_until(master, b"Signed in")
        seen += read_until(master, None)
        assert process.wait(20) == 0

    assert f"127.0.0.1:{server.port}".encode() in seen
    assert server.key.encode() not in seen


@contextmanager
def login_on_a_terminal(
    person: Person, server: Server
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Sign in on a terminal of its own; gives the process and our end of the terminal."""
    master, slave = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "trayapp", "login", "--api-url", server.api_url],
        env=person.environment,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    ) as process:
        os.close(slave)
        yield process, master
    os.close(master)


def read_until(descriptor: int, words: bytes | None) -> bytes:
    """Read a terminal until some words, or until it is closed."""
    seen = b""
    deadline = time.monotonic() + 20
    while words is None or words not in seen:
        assert select.select([descriptor], [], [], deadline - time.monotonic())[0], seen
        try:
            part = os.read(descriptor, 4096)
        except OSError:
            # Linux' way of saying that nobody has the other side open any more.
            part = b""
        if not part:
            break
        seen += part
    return seen


@pytest.mark.usefixtures("keyring")
@pytest.mark.parametrize(
    ("stdin", "code", "words"),
    [
        ("", 2, "No key was given"),
        ("  \n", 2, "No key was given"),
        ("a key with blanks", 2, "characters that no API key has"),
        ("short", 2, "8 to 256 characters"),
        ("x" * 5000, 2, "8 to 256 characters"),
    ],
)
def test_something_that_is_no_key_is_wrong_usage_and_never_repeated(
    person: Person, server: Server, stdin: str, code: int, words: str
) -> None:
    result = person.run("login", "--api-url", server.api_url, stdin=stdin)

    assert result.returncode == code
    assert words in result.stderr
    assert not stdin.strip() or stdin.strip() not in result.stderr
    assert server.requests == ()


@pytest.mark.parametrize(
    "url",
    ["ftp://x.example/api", "https://user:secret@x.example/api", "https://x.example/?k=1", "x", ""],
)
def test_an_api_url_that_cannot_be_one_is_wrong_usage(person: Person, url: str) -> None:
    result = person.run("login", "--api-url", url, stdin=OTHER_KEY)

    assert result.returncode == 2
    assert "secret" not in result.stderr


def test_a_key_does_not_travel_unencrypted_unless_that_is_allowed(person: Person) -> None:
    result = person.run("login", "--api-url", "http://waka.example/api", stdin=OTHER_KEY)

    assert result.returncode == 104
    assert "plain text" in result.stderr
    assert "--allow-http" in result.stderr


def test_with_no_keyring_nothing_is_stored_and_the_three_other_ways_are_named(
    person: Person, server: Server
) -> None:
    result = person.run("login", "--api-url", server.api_url, stdin=server.key)

    assert result.returncode == 1
    for way in ("WAKATIME_API_KEY", "api_key into ~/.wakatime.cfg", "api_key_vault_cmd"):
        assert way in result.stderr
    assert not person.locations.config_file.exists()
    assert server.key not in result.stdout + result.stderr


def test_a_locked_keyring_is_told_and_never_unlocked_by_today(
    person: Person, server: Server, keyring: GnomeKeyring
) -> None:
    person.run("login", "--api-url", server.api_url, stdin=server.key)
    person.run("today")
    keyring.lock()

    result = person.run("today")

    assert result.returncode == 104
    assert "locked" in result.stderr
    assert result.stdout.startswith("2h 5m as of ")

    keyring.unlock()
    assert person.run("today").stdout == "2h 5m\n"


@pytest.mark.usefixtures("bus")
def test_a_keyring_that_never_answers_is_given_up_in_time(
    person: Person, server: Server, bus: PrivateBus
) -> None:
    person.write_config(f'[accounts.home]\napi_url = "{server.api_url}"\n')
    with SilentService(bus):
        before = time.monotonic()
        result = person.run("today")
        took = time.monotonic() - before

    assert result.returncode == 104
    assert "did not answer within 5 s" in result.stderr
    assert took < 15


def test_logout_of_an_account_whose_key_is_elsewhere_says_so(
    known: Person, keyring: GnomeKeyring
) -> None:
    del keyring
    result = known.run("logout")

    assert result.returncode == 0
    assert "still has a key" in result.stdout
    assert "~/.wakatime.cfg" in result.stdout
    assert known.run("today").stdout == "2h 5m\n"
    assert known.run("logout").returncode == 0
    assert known.today("--cached")["state"] == "fresh"


@pytest.mark.usefixtures("keyring")
def test_the_default_servers_are_hackatime_and_for_waka_keys_wakatime(person: Person) -> None:
    """A waka_ key goes to WakaTime even when the account that shows is Hackatime's."""
    for key, url in ((OTHER_KEY, HACKATIME_API_URL), (f"waka_{OTHER_KEY}", WAKATIME_API_URL)):
        result = person.run("login", "--no-verify", stdin=key)
        assert f"The key for {url} was not tried" in result.stdout


@pytest.mark.usefixtures("keyring")
def test_a_login_after_a_logout_leaves_no_signed_out_number_behind(
    person: Person, server: Server
) -> None:
    person.run("login", "--api-url", server.api_url, stdin=server.key)
    person.run("logout")
    assert person.today("--cached")["state"] == "signed-out"

    person.run("login", stdin=server.key)

    assert person.today("--cached")["state"] == "starting"


@pytest.mark.usefixtures("keyring")
def test_a_refused_key_of_a_second_account_says_where_to_sign_in_again(
    person: Person, server: Server
) -> None:
    person.run("login", "--api-url", server.api_url, stdin=server.key)
    with Server("wakapi") as home:
        person.run("login", "--api-url", home.api_url, "--account", "home", stdin=home.key)
        home.key = OTHER_KEY
        result = person.run("today", "--account", "home")

    assert "trayapp login --account home" in result.stderr


@pytest.mark.usefixtures("keyring")
def test_ctrl_d_at_the_prompt_is_no_key(person: Person, server: Server) -> None:
    with login_on_a_terminal(person, server) as (process, master):
        read_until(master, b"not shown: ")
        os.write(master, b"\x04")
        seen = read_until(master, None)
        assert process.wait(20) == 2

    assert b"No key was given" in seen
    assert b"Traceback" not in seen
