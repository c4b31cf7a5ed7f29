"""`trayapp today` where no server tells: what this machine recorded stands in, behind a ~."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.cli.person import Person
from tests.cli.test_queue import opened
from tests.cli.test_today_follow import following
from tests.delivery.samples import heartbeat
from tests.desktop.processes import wait_for
from tests.server import Server
from trayapp.delivery.rows import Outcome, Recording

DAY = 86_400.0


@pytest.fixture
def zone(person: Person) -> str:
    """A zone in which it is noon, so that the minutes before are of the same day."""
    zone = f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"
    person.variables["TZ"] = zone
    return zone


@pytest.fixture
def server(zone: str) -> Iterator[Server]:
    with Server("hackatime", timezone=zone) as server:
        server.today(total_seconds=7500)
        yield server


def record(person: Person, *seconds_ago: float, receivers: tuple[str, ...] = ()) -> None:
    now = time.time()
    beats = [heartbeat(number, now - ago) for number, ago in enumerate(seconds_ago)]
    with opened(person) as queue:
        queue.record([Recording(beat, receivers) for beat in beats])


@pytest.mark.usefixtures("zone")
class TestWithoutAnAccount:
    def test_all_that_was_recorded_today_counts_as_hackatime_would(self, person: Person) -> None:
        record(person, DAY, 400, 190, 70)

        result = person.run("today")

        # A gap counts two minutes at most: 120 + 120.
        assert (result.stdout, result.stderr, result.returncode) == ("~4m\n", "", 0)

    def test_as_json_it_is_a_local_estimate_without_an_error(
        self, person: Person, zone: str
    ) -> None:
        record(person, 130, 70)

        document = person.today()

        assert (document["state"], document["source"], document["fresh"]) == (
            "local",
            "estimate",
            False,
        )
        assert (document["text"], document["total_seconds"]) == ("~1m", pytest.approx(60))
        assert (document["account"], document["error"]) == (None, None)
        assert document["timezone"] == zone

    def test_cached_shows_the_same(self, person: Person) -> None:
        record(person, 130, 70)
        asked = person.today()

        cached = person.run("today", "--cached")
        document = person.today("--cached")

        assert (cached.stdout, cached.stderr, cached.returncode) == ("~1m\n", "", 0)
        for each in (asked, document):
            each.pop("age_seconds")
        assert document == asked

    def test_a_day_without_saves_is_no_error_after_one_with_some(self, person: Person) -> None:
        record(person, DAY, DAY - 60)

        result = person.run("today")

        assert (result.stdout, result.stderr, result.returncode) == ("~0m\n", "", 0)

    def test_where_nothing_was_ever_recorded_no_queue_is_made(self, person: Person) -> None:
        result = person.run("today")

        assert (result.stdout, result.returncode) == ("-\n", 104)
        assert "trayapp login" in result.stderr
        assert not person.locations.queue_file.exists()

    def test_a_goal_of_ones_own_is_that_of_the_estimate(self, person: Person) -> None:
        person.write_config('goal = "2m"\n')
        record(person, 190, 70)

        assert person.today()["goal"]["complete"] is True


class TestWithAnAccount:
    def test_what_is_not_delivered_is_added_to_the_last_number(
        self, known: Person, server: Server
    ) -> None:
        assert known.run("today").stdout == "2h 5m\n"
        record(known, 140, 70, receivers=(f"wakatime.cfg@{server.api_url}",))
        server.stop()

        result = known.run("today")
        document = known.today()

        assert (result.stdout, result.returncode) == ("~2h 6m\n", 102)
        assert "cannot be reached" in result.stderr
        assert (document["state"], document["source"]) == ("offline", "estimate")
        assert document["total_seconds"] == pytest.approx(7570)
        assert known.run("today", "--cached").stdout == "~2h 6m\n"

    def test_what_was_added_once_is_not_added_to_again(self, known: Person, server: Server) -> None:
        receiver = f"wakatime.cfg@{server.api_url}"
        known.run("today")
        record(known, 140, 70, receivers=(receiver,))
        server.stop()

        totals = [known.today()["total_seconds"] for _ in range(3)]
        with opened(known) as queue:
            rows = queue.waiting(receiver, time.time(), 9)
            # The number is older, so it has not these either.
            queue.mark(receiver, [Outcome(row.id, "done") for row in rows], time.time())
        totals.append(known.today()["total_seconds"])

        assert totals == [pytest.approx(7570)] * 4

    def test_the_servers_own_number_takes_its_place_when_it_is_back(
        self, known: Person, server: Server
    ) -> None:
        known.run("today")
        record(known, 140, 70, receivers=(f"wakatime.cfg@{server.api_url}",))
        server.stop()
        assert known.run("today").stdout == "~2h 6m\n"
        server.start()
        server.today(total_seconds=7570)

        result = known.run("today")

        assert (result.stdout, result.stderr, result.returncode) == ("2h 6m\n", "", 0)
        assert known.today()["source"] == "server"

    def test_without_a_number_of_today_what_it_is_to_get_counts(
        self, known: Person, server: Server
    ) -> None:
        server.stop()
        record(known, 140, 70, receivers=(f"wakatime.cfg@{server.api_url}",))
        record(known, 1000, 900)

        result = known.run("today")

        assert (result.stdout, result.returncode) == ("~1m\n", 102)
        # The next time it is made anew, and not added to.
        assert known.run("today").stdout == "~1m\n"

    def test_a_fresh_number_is_the_servers_alone(self, known: Person, server: Server) -> None:
        record(known, 140, 70, receivers=(f"wakatime.cfg@{server.api_url}",))

        assert known.run("today").stdout == "2h 5m\n"

    def test_a_queue_that_cannot_be_read_leaves_the_last_number(
        self, known: Person, server: Server
    ) -> None:
        known.run("today")
        known.locations.queue_file.mkdir()
        server.stop()

        result = known.run("today")

        assert result.stdout.startswith("2h 5m as of ")
        assert result.returncode == 102

    @pytest.mark.parametrize(
        ("arguments", "is_told"),
        [
            ([], True),
            (["--format", "json"], True),
            (["--format", "waybar"], False),
            (["--template", "{text}"], False),
        ],
    )
    @pytest.mark.parametrize("follows", [False, True])
    def test_that_the_queue_was_damaged_is_told_to_all_but_a_bar(
        self, arguments: list[str], is_told: bool, follows: bool, known: Person, server: Server
    ) -> None:
        server.stop()
        queue = known.locations.queue_file
        queue.parent.mkdir(parents=True)
        queue.write_bytes(b"x" * 5000)

        if follows:
            with following(known, *arguments) as follower:
                wait_for(lambda: len(list(queue.parent.glob("queue*.db"))) == 2, "it is mended")
                errors = follower.error() if is_told else ""
                assert follower.end() == 0
                errors += follower.errors()
        else:
            errors = known.run("today", *arguments).stderr

        assert ("The queue was damaged" in errors) == is_told
        assert is_told or not errors
