from __future__ import annotations

import json

import pytest

from tests.cli.past import past_server, sign_in
from tests.cli.person import Person
from tests.server import DIALECTS, Answer, Misbehaviour, Server


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_whoami_tells_whose_the_key_is(dialect: str, person: Person) -> None:
    with Server(dialect, timezone="Europe/Berlin") as server:
        sign_in(person, server)

        shown = person.run("whoami")
        document = json.loads(person.run("whoami", "--json").stdout)

    assert (shown.returncode, shown.stderr) == (0, "")
    assert "ada" in shown.stdout
    assert f"work at {server.api_url}, {dialect}" in shown.stdout
    assert (document["name"], document["dialect"]) == ("ada", dialect)
    assert (document["timezone"], document["account"]) == ("Europe/Berlin", "work")
    assert document["dashboard_url"].startswith(server.origin)
    assert server.key not in shown.stdout


def test_a_key_that_the_server_repeats_is_masked(person: Person) -> None:
    with Server("hackatime") as server:
        sign_in(person, server)
        said = Answer(
            200,
            json.dumps({"data": {"id": "1", "display_name": f"Ada {server.key}"}}).encode(),
            (("Content-Type", "application/json"),),
        )
        aside = Answer(302, b"", (("Location", f"/login?api_key={server.key}"),))
        for path, answer in (("users/current", said), ("/v1/$", aside)):
            server.misbehave(answering(answer), path=path)

        shown = person.run("whoami")
        document = json.loads(person.run("whoami", "--json").stdout)

    assert document["name"] == "Ada [key]"
    assert document["dashboard_url"] == f"{server.origin}/login?api_key=[key]"
    assert server.key not in shown.stdout
    assert shown.returncode == 0


def answering(answer: Answer) -> Misbehaviour:
    return Misbehaviour("answers", "as a test wants", lambda exchange: exchange.send(answer))


def test_the_dashboard_is_read_off_the_redirect_and_never_followed(person: Person) -> None:
    with Server("hackatime") as server:
        sign_in(person, server)

        document = json.loads(person.run("whoami", "--json").stdout)
        paths = [request.path for request in server.requests]

    assert document["dashboard_url"] == f"{server.origin}/"
    assert "/api/hackatime/v1/" in {f"{path.rstrip('/')}/" for path in paths}
    assert "/" not in paths


def test_an_older_hackatime_has_no_profile(person: Person) -> None:
    with Server("hackatime", users_current=False) as server:
        sign_in(person, server)

        result = person.run("whoami")

    assert (result.returncode, result.stdout) == (102, "")
    assert "2026-08-16" in result.stderr


def test_a_users_trust_and_public_time_are_shown(person: Person) -> None:
    with past_server("hackatime") as server:
        server.person(trust="green", streak_days=4)
        sign_in(person, server)

        shown = person.run("user", "ada")
        document = json.loads(person.run("user", "ada", "--json").stdout)

    assert (shown.returncode, shown.stderr) == (0, "")
    assert "green" in shown.stdout
    assert "Python" in shown.stdout
    assert (document["trust_level"], document["streak_days"]) == ("green", 4)
    assert (document["is_public"], document["languages"][0]["name"]) == (True, "Python")


@pytest.mark.parametrize(
    ("days", "shown"), [(0, "0 days"), (1, "1 day"), (30, "30 days"), (31, "31 days or more")]
)
def test_a_streak_is_told_as_far_as_it_is_counted(days: int, shown: str, person: Person) -> None:
    with Server("hackatime") as server:
        server.person(streak_days=days)
        sign_in(person, server)

        lines = person.run("user", "ada").stdout.splitlines()

    assert [line.split(maxsplit=1)[1] for line in lines if "Streak" in line] == [shown]


def test_of_a_user_whose_time_is_not_public_the_trust_is_shown(person: Person) -> None:
    with past_server("hackatime") as server:
        server.person(public_stats=False)
        sign_in(person, server)
        # To oneself it is shown all the same.
        person.variables["WAKATIME_API_KEY"] = server.administrator_key

        shown = person.run("user", "ada")
        document = json.loads(person.run("user", "ada", "--json").stdout)
        stats = person.run("stats", "--user", "ada")

    assert shown.returncode == 0
    assert "Their time is not public." in shown.stdout
    assert (document["is_public"], document["total_seconds"]) == (False, None)
    assert (stats.returncode, stats.stdout) == (102, "")


@pytest.mark.parametrize(
    "command", ["heartbeats", "timeline", "stats today", "api GET /api/v1/my/heartbeats"]
)
def test_who_is_banned_is_not_told_to_correct_a_key_that_is_right(
    command: str, person: Person
) -> None:
    with Server("hackatime") as server:
        server.person(trust="red")
        sign_in(person, server)

        whoami = person.run("whoami")
        refused = person.run(*command.split())

    assert whoami.returncode == 0
    assert (refused.returncode, refused.stdout) == (104, "")
    assert "trayapp whoami" in refused.stderr
    assert "or the account is banned" in refused.stderr
    assert "WAKATIME_API_KEY" not in refused.stderr


@pytest.mark.parametrize("name", ["nobody", "../../stats", "a/b", "ada?api_key=1"])
def test_a_user_who_is_not_there_is_one_line(person: Person, name: str) -> None:
    with Server("hackatime") as server:
        sign_in(person, server)

        result = person.run("user", name)

    assert result.returncode in (2, 102)
    assert (result.stdout, result.stderr.count("\n")) == ("", 1)


@pytest.mark.parametrize("dialect", ["wakatime", "wakapi"])
@pytest.mark.parametrize("command", ["user ada", "lookup ada@example.test"])
def test_only_hackatime_knows_others(dialect: str, command: str, person: Person) -> None:
    with Server(dialect) as server:
        sign_in(person, server)

        result = person.run(*command.split())

    assert (result.returncode, result.stdout) == (102, "")
    assert "is no Hackatime" in result.stderr


@pytest.mark.parametrize("who", ["ada@example.test", "U0ADA"])
def test_looking_somebody_up_takes_an_administrators_key(who: str, person: Person) -> None:
    with Server("hackatime") as server:
        server.person(slack_uid="U0ADA123")
        who = "U0ADA123" if who.startswith("U") else who
        sign_in(person, server)
        refused = person.run("lookup", who)
        person.variables["WAKATIME_API_KEY"] = server.administrator_key
        found = person.run("lookup", who)
        document = json.loads(person.run("lookup", who, "--json").stdout)
        nobody = person.run("lookup", "grace@example.test")

    assert (refused.returncode, refused.stdout) == (104, "")
    assert "administrator's key on Hackatime" in refused.stderr
    assert "401" not in refused.stderr
    assert (found.stdout, found.stderr, found.returncode) == ("4207\n", "", 0)
    assert document["user_id"] == 4207
    assert (nobody.returncode, nobody.stdout) == (102, "")


def test_who_is_looked_up_has_to_be_an_address_or_an_id(person: Person) -> None:
    result = person.run("lookup", "ada")

    assert result.returncode == 2
    assert "neither an e-mail address nor a Slack user id" in result.stderr
