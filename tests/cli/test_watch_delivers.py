"""`trayapp watch` without a desktop: a save arrives at the server."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.watching import LINE_LIMIT, Watching, watching
from tests.desktop.processes import wait_for
from tests.server import Server
from tests.server.misbehaviours import status
from tests.watching.repositories import make_git
from trayapp.delivery.queue import HeartbeatQueue
from trayapp.delivery.rows import LOCAL
from trayapp.delivery.sender import STOP_SECONDS
from trayapp.settings.locations import find_locations

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")


@pytest.fixture
def code(tmp_path: Path) -> Path:
    code = tmp_path / "code"
    code.mkdir()
    return code


def sign_in(folder: Path, server: Server) -> None:
    """Write a ~/.wakatime.cfg that names the server and the key."""
    home = folder / "home"
    home.mkdir()
    (home / ".wakatime.cfg").write_text(
        f"[settings]\napi_url = {server.api_url}\napi_key = {server.key}\n"
    )


def stored(server: Server) -> list[str]:
    return [Path(str(row["entity"])).name for row in server.heartbeats]


def queue_of(one: Watching) -> HeartbeatQueue:
    return HeartbeatQueue(find_locations(one.environment).queue_file)


def test_a_save_arrives_once_and_nothing_is_left_behind(
    tmp_path: Path, code: Path, server: Server
) -> None:
    sign_in(tmp_path, server)
    with watching(tmp_path, str(code), dry=False) as one:
        one.wait_until("is watched")
        (code / "a.py").write_text("print()\n")
        wait_for(lambda: stored(server) == ["a.py"], "it arrives", LINE_LIMIT)
        assert one.end() == (0, "")

    (row,) = server.heartbeats
    assert (row["language"], row["project"], row["editor"]) == ("Python", "code", "trayapp")
    counts = queue_of(one).counts(f"wakatime.cfg@{server.api_url}")
    assert (counts.waiting, counts.done) == (0, 1)


def test_the_last_save_is_sent_when_it_is_ended(tmp_path: Path, code: Path, server: Server) -> None:
    sign_in(tmp_path, server)
    with watching(tmp_path, str(code), dry=False) as one:
        one.wait_until("is watched")
        (code / "a.py").write_text("print()\n")
        wait_for(lambda: stored(server) == ["a.py"], "the first arrives", LINE_LIMIT)
        # Its round would come half a minute later, and its settling second is not over.
        (code / "b.py").write_text("print()\n")
        began = time.monotonic()
        assert one.end()[0] == 0
        took = time.monotonic() - began

    counts = queue_of(one).counts(f"wakatime.cfg@{server.api_url}")
    assert counts.done + counts.waiting == 2, "it is recorded"
    # A machine that is very busy may not come to it within the seconds that an end may take.
    assert stored(server) == ["a.py", "b.py"] or took > STOP_SECONDS


def test_without_an_account_it_is_kept_and_said(tmp_path: Path, code: Path) -> None:
    with watching(tmp_path, str(code), dry=False) as one:
        one.wait_until("There is no account yet: saves are kept here.")
        one.wait_until("is watched")
        (code / "a.py").write_text("print()\n")
        wait_for(lambda: queue_of(one).counts(LOCAL).waiting == 1, "it is kept", LINE_LIMIT)
        assert one.end()[0] == 0


def test_trouble_is_said_once_and_what_waits_is_sent_by_the_next_run(
    tmp_path: Path, code: Path, server: Server
) -> None:
    sign_in(tmp_path, server)
    server.misbehave(status(401), path="heartbeats")
    with watching(tmp_path, str(code), dry=False) as one:
        one.wait_until("is watched")
        (code / "a.py").write_text("print()\n")
        one.wait_until("1 heartbeat waiting: ")
        assert one.end()[0] == 0
    assert one.said().count("does not accept the API key") == 1
    assert server.key not in one.said()

    server.behave()
    with watching(tmp_path, str(code), name="second", dry=False) as again:
        wait_for(lambda: stored(server) == ["a.py"], "it arrives", LINE_LIMIT)
        assert again.end()[0] == 0


def test_an_account_that_is_added_meanwhile_gets_what_is_saved_from_then_on(
    tmp_path: Path, code: Path, server: Server
) -> None:
    with watching(tmp_path, str(code), dry=False) as one:
        one.wait_until("is watched")
        (code / "before.py").write_text("print()\n")
        wait_for(lambda: queue_of(one).counts(LOCAL).waiting == 1, "it is kept", LINE_LIMIT)
        (one.home / ".wakatime.cfg").write_text(
            f"[settings]\napi_url = {server.api_url}\napi_key = {server.key}\n"
        )
        one.wait_until("the settings were edited")
        (code / "after.py").write_text("print()\n")
        wait_for(lambda: stored(server) == ["after.py"], "it arrives", LINE_LIMIT)
        assert one.end()[0] == 0

    assert queue_of(one).counts(LOCAL).waiting == 1


def test_a_second_one_leaves_folder_and_sending_to_the_first(
    tmp_path: Path, code: Path, server: Server
) -> None:
    sign_in(tmp_path, server)
    with watching(tmp_path, str(code), dry=False) as one:
        one.wait_until("is watched")
        with watching(tmp_path, str(code), name="second", dry=False) as second:
            second.wait_until("is watched by trayapp watch")
            (code / "a.py").write_text("print()\n")
            wait_for(lambda: stored(server) == ["a.py"], "it arrives", LINE_LIMIT)
            assert second.end()[0] == 0
        assert one.end()[0] == 0

    assert stored(server) == ["a.py"]
    assert len(server.wait_for_requests(1, path="heartbeats")) == 1


def test_what_is_hidden_reaches_neither_disk_nor_server(
    tmp_path: Path, code: Path, server: Server
) -> None:
    sign_in(tmp_path, server)
    with (tmp_path / "home" / ".wakatime.cfg").open("a") as cfg:
        cfg.write("heartbeat_rate_limit_seconds = 0\n")
        cfg.write("hide_file_names = true\nhide_project_names = true\nhide_branch_names = true\n")
    secret = code / "Wonderland"
    make_git(secret, "Zanzibar")
    with watching(tmp_path, str(code), "--explain", "--verbose", dry=False) as one:
        one.wait_until("is watched")
        (secret / "Kumquat.py").write_text("print()\n")
        wait_for(lambda: len(server.heartbeats) == 1, "it arrives", LINE_LIMIT)
        server.misbehave(status(503), path="heartbeats")
        (secret / "Marzipan.py").write_text("print()\n")
        one.wait_until("1 heartbeat waiting: ")
        assert one.end()[0] == 0

    found = [path.read_bytes() for path in (one.home / "state").rglob("*") if path.is_file()]
    told = [*found, one.said().encode(), *(request.body for request in server.requests)]
    assert any(b"HIDDEN.py" in each for each in found)
    for name in (b"wonderland", b"zanzibar", b"kumquat", b"marzipan"):
        assert [each for each in told if name in each.lower()] == []


def test_queue_send_has_a_watch_send_at_once(tmp_path: Path, code: Path, server: Server) -> None:
    sign_in(tmp_path, server)
    with watching(tmp_path, str(code), dry=False) as one:
        one.wait_until("is watched")
        (code / "a.py").write_text("print()\n")
        queue, receiver = queue_of(one), f"wakatime.cfg@{server.api_url}"
        wait_for(lambda: queue.counts(receiver).done == 1, "the first arrives", LINE_LIMIT)
        # The next round is half a minute away.
        (code / "b.py").write_text("print()\n")
        wait_for(lambda: queue.counts(receiver).waiting == 1, "the second is kept", LINE_LIMIT)
        done = subprocess.run(
            [sys.executable, "-m", "trayapp", "queue", "send"],
            env=one.environment,
            capture_output=True,
            text=True,
            timeout=LINE_LIMIT,
            check=True,
        )
        assert re.fullmatch(
            r"trayapp watch \(process \d+\) sends now: 1 heartbeat\.\n", done.stdout
        ), done
        wait_for(lambda: stored(server) == ["a.py", "b.py"], "the second arrives", 10)
        assert one.end()[0] == 0


FULL_AT_THE_START = """
mount -t tmpfs -o size=256k none "$XDG_STATE_HOME"
"$0" -m trayapp heartbeat --entity "$1/first.py"
dd if=/dev/zero of="$XDG_STATE_HOME/ballast" bs=1k 2>/dev/null || true
exec "$0" -m trayapp watch "$1"
"""


def test_where_the_disk_is_full_at_the_start_all_is_sent_once_there_is_room(
    tmp_path: Path, code: Path, server: Server
) -> None:
    sign_in(tmp_path, server)
    (code / "first.py").touch()
    state = tmp_path / "home" / "state"
    state.mkdir()
    unshare = ("unshare", "--user", "--map-root-user", "--mount")
    command = (*unshare, "sh", "-ec", FULL_AT_THE_START, sys.executable, str(code))
    with watching(tmp_path, command=command) as one:
        one.wait_until("is watched")
        (code / "a.py").write_text("print()\n")
        one.wait_until("Make room on the disk")
        assert stored(server) == []

        # As the process sees it: nobody else has its mount.
        Path(f"/proc/{one.process.pid}/root{state}/ballast").unlink()

        wait_for(lambda: stored(server) == ["first.py", "a.py"], "all arrive", LINE_LIMIT)
        one.wait_until("Heartbeats are sent again.")
        assert one.end()[0] == 0
