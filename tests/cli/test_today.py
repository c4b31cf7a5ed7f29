from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.cli.past import sign_in
from tests.cli.person import Person
from tests.coding.test_document import KEYS
from tests.faults.failures import FAILURES, SLOW_FAILURES, Failure
from tests.server import DIALECTS, Server, misbehaviours, refused_port
from trayapp.cli.cached import snapshot_path
from trayapp.settings.locations import find_locations


def test_it_prints_the_time_from_the_seconds_and_never_the_servers_text(
    known: Person, server: Server
) -> None:
    server.today(total_seconds=7500, text="Start coding! 🕒 you are doing great")

    result = known.run("today")

    assert (result.stdout, result.stderr, result.returncode) == ("2h 5m\n", "", 0)


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_every_dialect_gives_one_object_with_every_key(dialect: str, person: Person) -> None:
    with Server(dialect, timezone="Asia/Kolkata") as server:
        server.today(total_seconds=7500)
        person.write_cfg({"api_url": server.api_url, "api_key": server.key})

        document = person.today()

    assert list(document) == KEYS
    assert (document["text"], document["total_seconds"]) == ("2h 5m", 7500)
    assert (document["state"], document["fresh"], document["source"]) == ("fresh", True, "server")
    assert document["timezone"] == "Asia/Kolkata"
    assert document["date"] == datetime.now(ZoneInfo("Asia/Kolkata")).date().isoformat()
    assert document["api_url"] == server.api_url
    assert datetime.fromisoformat(document["fetched_at"]).tzinfo is not None
    assert (document["languages"] is None) == (dialect == "hackatime")


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.name)
def test_each_failure_has_its_exit_code_and_its_sentence(failure: Failure, person: Person) -> None:
    with Server(failure.dialects[0]) as server:
        sign_in(person, server)
        server.misbehave(failure.misbehaviour(), times=1)

        result = person.run("today")

    assert result.returncode == failure.exit_code
    assert failure.words in result.stderr
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.stderr
    assert result.stdout == "-\n"
    assert server.key not in result.stdout + result.stderr


@pytest.mark.parametrize("failure", SLOW_FAILURES, ids=lambda failure: failure.name)
def test_a_slow_server_is_given_up_within_the_timeout_of_wakatime_cfg(
    failure: Failure, person: Person
) -> None:
    with Server("hackatime") as server:
        person.write_cfg({"api_url": server.api_url, "api_key": server.key, "timeout": "1"})
        server.misbehave(failure.misbehaviour())
        before = time.monotonic()

        result = person.run("today")

        assert time.monotonic() - before < 20
    assert result.returncode == 102
    assert "did not answer within 1 s" in result.stderr


def test_a_failure_prints_todays_number_as_of_when_it_was_fetched(
    known: Person, server: Server
) -> None:
    assert known.run("today").stdout == "2h 5m\n"
    server.stop()

    result = known.run("today")

    assert result.returncode == 102
    assert result.stdout.startswith("2h 5m as of ")
    assert "cannot be reached" in result.stderr
    document = known.today()
    assert (document["state"], document["fresh"], document["total_seconds"]) == (
        "offline",
        False,
        7500,
    )
    assert "cannot be reached" in document["error"]["title"]


def test_a_refused_key_prints_todays_number_and_exits_104(known: Person, server: Server) -> None:
    known.run("today")
    server.key = "99999999-9999-4999-8999-999999999999"

    result = known.run("today")

    assert result.returncode == 104
    assert result.stdout.startswith("2h 5m as of ")
    assert "Correct api_key in " in result.stderr


def test_yesterdays_number_is_never_printed_as_todays(known: Person, server: Server) -> None:
    known.run("today")
    path = known.locations.snapshot_file
    snapshot = json.loads(path.read_text())
    entry = snapshot["accounts"]["wakatime.cfg"]
    for key in ("fetched_at", "day_starts_at", "day_ends_at"):
        entry[key] -= 86_400
    path.write_text(json.dumps(snapshot))
    server.stop()

    cached = known.run("today", "--cached")
    asked = known.run("today")

    assert (cached.stdout, cached.returncode) == ("-\n", 1)
    assert (asked.stdout, asked.returncode) == ("-\n", 102)
    assert known.today("--cached")["total_seconds"] is None


def test_wakatimes_cold_answer_keeps_the_last_number_and_else_is_none(person: Person) -> None:
    with Server("wakatime") as server:
        sign_in(person, server)
        server.today(cold=True)
        first = person.run("today")
        server.today(cold=False, total_seconds=7500)
        person.run("today")
        server.today(cold=True)
        last = person.run("today")

    assert (first.stdout, first.returncode) == ("-\n", 1)
    assert "No number of today is known yet" in first.stderr
    assert (last.stdout, last.returncode) == ("2h 5m\n", 0)


def test_cached_touches_no_network_and_says_the_same(known: Person, server: Server) -> None:
    asked = known.today()
    seen = len(server.requests)

    cached = known.today("--cached")

    assert len(server.requests) == seen
    for document in (asked, cached):
        document.pop("age_seconds")
    assert cached == asked
    assert known.run("today", "--cached").stdout == "2h 5m\n"
    assert known.run("today", "--cached", "--account", "wakatime.cfg").stdout == "2h 5m\n"
    assert known.run("today", "--account=wakatime.cfg", "--cached").returncode == 0


def test_asking_for_another_account_does_not_change_what_cached_shows(person: Person) -> None:
    with Server("hackatime") as one, Server("hackatime") as two:
        one.today(total_seconds=60)
        two.today(total_seconds=120)
        sign_in(person, one, two=two)
        assert person.run("today").stdout == "1m\n"
        assert person.run("today", "--account", "two").stdout == "2m\n"

    assert person.run("today", "--cached").stdout == "1m\n"
    assert person.run("today", "--cached", "--account", "two").stdout == "2m\n"


def test_cached_knows_its_age(known: Person) -> None:
    known.run("today")
    path = known.locations.snapshot_file
    snapshot = json.loads(path.read_text())
    snapshot["accounts"]["wakatime.cfg"]["fetched_at"] -= 1500
    snapshot["accounts"]["wakatime.cfg"]["day_starts_at"] -= 1500
    path.write_text(json.dumps(snapshot))

    result = known.run("today", "--cached")

    assert result.stdout.startswith("2h 5m as of ")
    assert "25 minutes old" in result.stderr
    assert known.today("--cached")["state"] == "stale"


@pytest.mark.parametrize("content", [None, "", "{", "[]", '{"schema": 2}', '{"schema": 1}', "\0"])
def test_cached_with_nothing_stored_says_so(person: Person, content: str | None) -> None:
    path = person.locations.snapshot_file
    if content is not None:
        path.parent.mkdir(parents=True)
        path.write_text(content)

    result = person.run("today", "--cached")
    as_json = person.run("today", "--cached", "--format", "json")

    assert result.returncode == as_json.returncode == 1
    assert result.stdout == "-\n"
    assert json.loads(as_json.stdout)["error"]["title"] == "No number is stored yet"
    assert "trayapp today" in result.stderr
    assert sorted(json.loads(as_json.stdout)) == sorted(KEYS)


def test_an_entry_that_is_ours_in_part_only_counts_as_none(known: Person) -> None:
    known.run("today")
    path = known.locations.snapshot_file
    snapshot = json.loads(path.read_text())
    snapshot["accounts"]["wakatime.cfg"]["fetched_at"] = None
    path.write_text(json.dumps(snapshot))

    result = known.run("today", "--cached")

    assert (result.stdout, result.returncode) == ("-\n", 1)
    assert "Traceback" not in result.stderr


def test_the_cheap_path_is_the_same_place_as_the_ordinary_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for home, state in (("/home/ada", None), (str(tmp_path), str(tmp_path / "s")), ("/x", "rel")):
        environment = {"HOME": home} | ({"XDG_STATE_HOME": state} if state else {})
        monkeypatch.delenv("XDG_STATE_HOME", raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)

        assert snapshot_path() == str(find_locations(environment).snapshot_file)


def test_the_cheap_commands_import_nothing_heavy(known: Person) -> None:
    known.run("today")

    printed, loaded = known.imports("today", "--cached")

    assert printed == ["2h 5m"]
    heavy = {"argparse", "dataclasses", "typing", "logging", "pathlib", "httpx", "inspect"}
    ours = {name for name in loaded if name.startswith("trayapp")}
    assert ours == {
        "trayapp",
        "trayapp.cli",
        "trayapp.cli.cached",
        "trayapp.coding",
        "trayapp.coding.document",
        "trayapp.coding.duration",
    }
    assert not heavy & loaded


def test_without_an_account_it_says_how_to_sign_in(person: Person) -> None:
    result = person.run("today")

    assert (result.stdout, result.returncode) == ("-\n", 104)
    assert "trayapp login" in result.stderr
    document = person.today()
    assert (document["state"], document["account"], document["total_seconds"]) == (
        "local",
        None,
        None,
    )


@pytest.mark.parametrize("recorded", [False, True])
def test_a_key_in_the_environment_alone_goes_nowhere_and_that_is_told(
    person: Person, tmp_path: Path, recorded: bool
) -> None:
    person.variables["WAKATIME_API_KEY"] = "99999999-9999-4999-8999-999999999999"
    if recorded:
        (tmp_path / "a.py").touch()
        assert person.run("heartbeat", "--entity", str(tmp_path / "a.py")).returncode == 0

    result = person.run("today")

    assert (result.stdout, result.returncode) == ("-\n", 104)
    assert person.today()["state"] == "signed-out"
    assert "nothing says for which server" in result.stderr
    assert "api_url" in result.stderr


def test_an_account_that_does_not_exist_is_wrong_usage(known: Person) -> None:
    result = known.run("today", "--account", "work")

    assert result.returncode == 2
    assert "'work'" in result.stderr
    assert "wakatime.cfg" in result.stderr


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[accounts.work\n", "line 1 column 15"),
        ('show = "x"\n\n[accounts.work]\napi_url = 3\n', "line 4 column 11"),
    ],
)
def test_a_broken_config_toml_is_reported_with_its_place_and_left_alone(
    known: Person, text: str, place: str
) -> None:
    path = known.write_config(text)

    result = known.run("today")

    assert result.returncode == 103
    assert place in result.stderr
    assert result.stderr.count("\n") == 1
    assert path.read_text() == text


def test_a_broken_wakatime_cfg_is_a_103(person: Person) -> None:
    (person.home / ".wakatime.cfg").mkdir()

    result = person.run("today")

    assert result.returncode == 103
    assert ".wakatime.cfg" in result.stderr


def test_a_server_that_refuses_connections_is_a_102(person: Person) -> None:
    with refused_port() as origin:
        person.write_cfg({"api_url": f"{origin}/api", "api_key": "a-test-key"})
        result = person.run("today")

    assert (result.returncode, result.stdout) == (102, "-\n")
    assert "cannot be reached" in result.stderr


def test_a_wrong_certificate_is_a_102_with_what_to_do(person: Person) -> None:
    with Server("hackatime", tls=True) as server:
        person.write_cfg({"api_url": server.api_url, "api_key": server.key})
        untrusted = person.run("today")
        person.write_cfg(
            {
                "api_url": server.api_url,
                "api_key": server.key,
                "ssl_certs_file": server.ca_file,
            }
        )
        trusted = person.run("today")

    assert untrusted.returncode == 102
    assert "is not trusted" in untrusted.stderr
    assert "ssl_certs_file" in untrusted.stderr
    assert (trusted.returncode, trusted.stderr) == (0, "")


def test_the_proxy_of_wakatime_cfg_carries_the_request(known: Person, server: Server) -> None:
    with Server("hackatime", key=server.key) as proxy:
        proxy.today(total_seconds=60)
        known.write_cfg({"api_url": server.api_url, "api_key": server.key, "proxy": proxy.origin})
        result = known.run("today")

        assert result.stdout == "1m\n"
        assert proxy.requests[0].target.startswith(server.origin)
    assert server.requests == ()


def test_a_proxy_that_is_not_there_is_a_102_and_ntlm_a_103(known: Person, server: Server) -> None:
    with refused_port() as origin:
        known.write_cfg({"api_url": server.api_url, "api_key": server.key, "proxy": origin})
        proxied = known.run("today")
        assert proxied.returncode == 102
        assert "cannot be reached" in proxied.stderr

    known.write_cfg(
        {"api_url": server.api_url, "api_key": server.key, "proxy": r"domain\\user:very-secret"}
    )
    result = known.run("today")
    assert result.returncode == 103
    assert "very-secret" not in result.stderr
    assert server.requests == ()


def test_wrong_usage_is_a_2(person: Person) -> None:
    for arguments in (["dance"], ["today", "--format", "xml"], ["today", "--cached", "--speed"]):
        assert person.run(*arguments).returncode == 2


def test_a_closed_pipe_is_no_traceback(known: Person) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "trayapp", "today"],
        env=known.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""


@pytest.mark.parametrize(
    "arguments", ["--version", "today", "today --cached", "today --format json", "doctor"]
)
@pytest.mark.parametrize(
    ("redirection", "words"), [(">/dev/full", "No space left"), (">&-", ""), (">&- 2>&-", "")]
)
def test_output_that_cannot_be_written_is_no_traceback(
    known: Person, arguments: str, redirection: str, words: str
) -> None:
    known.run("today")

    result = subprocess.run(
        ["/bin/sh", "-c", f"{sys.executable} -m trayapp {arguments} {redirection}"],
        env=known.environment,
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
    )

    assert "Traceback" not in result.stderr
    assert "Exception" not in result.stderr
    assert words in result.stderr
    assert result.returncode == (1 if words else 0)


def test_a_closed_standard_error_does_not_send_reasons_to_the_output(person: Person) -> None:
    result = subprocess.run(
        ["/bin/sh", "-c", f"{sys.executable} -m trayapp today 2>&-"],
        env=person.environment,
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
    )

    assert (result.stdout, result.returncode) == ("-\n", 104)


def test_a_mistake_of_ours_is_one_line_and_with_verbose_where_it_arose(
    known: Person, tmp_path: Path
) -> None:
    """The mistake is made on purpose, by a module that is loaded at start."""
    (tmp_path / "sitecustomize.py").write_text(
        "import trayapp.resident.asking as asking\n"
        "def fail(*_arguments, **_options):\n"
        "    raise RuntimeError('nobody thought of this')\n"
        "asking.Asker.ask = fail\n"
    )
    known.variables["PYTHONPATH"] = str(tmp_path)

    plain = known.run("today")
    verbose = known.run("today", "--verbose")

    assert (plain.returncode, plain.stderr.count("\n")) == (1, 1)
    assert "A mistake in trayapp itself (RuntimeError)" in plain.stderr
    assert "RuntimeError: nobody thought of this (" in verbose.stderr
    assert "Traceback" not in verbose.stderr


def test_verbose_tells_more_but_no_traceback_and_no_key(known: Person, server: Server) -> None:
    server.stop()

    result = known.run("today", "--verbose")

    assert "Connection refused" in result.stderr
    assert "Traceback" not in result.stderr
    assert server.key not in result.stderr


def test_the_snapshot_is_its_owners_alone(known: Person) -> None:
    known.run("today")

    assert known.locations.snapshot_file.stat().st_mode & 0o777 == 0o600


def test_the_day_of_an_account_elsewhere_ends_at_its_own_midnight(known: Person) -> None:
    with Server("hackatime", timezone="Pacific/Kiritimati") as server:
        server.today(total_seconds=60)
        known.write_cfg({"api_url": server.api_url, "api_key": server.key})
        known.run("today")
    entry = json.loads(known.locations.snapshot_file.read_text())["accounts"]["wakatime.cfg"]

    ends = datetime.fromtimestamp(entry["day_ends_at"], UTC)
    assert (ends.hour, ends.minute) == (10, 0)


def test_ctrl_c_ends_it_quietly_with_130(known: Person, server: Server) -> None:
    server.misbehave(misbehaviours.never_answers())
    with subprocess.Popen(
        [sys.executable, "-m", "trayapp", "today"],
        env=known.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        server.wait_for_requests(1, 20)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=20)

    assert (process.returncode, stdout, stderr) == (130, "", "")
