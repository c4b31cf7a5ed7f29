from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.cli.person import Person
from tests.desktop.processes import wait_for
from tests.resident.monitored_machine import LIMIT, Machine
from tests.resident.scene import Scene
from tests.server import Server, misbehaviours
from tests.watching.repositories import save
from trayapp.desktop.control import ControlListener
from trayapp.desktop.single_instance import InstanceLock
from trayapp.resident.commands import follow
from trayapp.resident.folder_locks import lock_path
from trayapp.settings.accounts import Settings
from trayapp.settings.locations import make_runtime_folder

PARTS = [
    "trayapp",
    "storage",
    "keyring",
    "settings",
    "account",
    "key",
    "server",
    "clock",
    "today",
    "folders",
    "queue",
    "tray",
    "resident",
]


def checks(person: Person) -> dict[str, dict[str, Any]]:
    document = json.loads(person.run("doctor", "--json").stdout)
    assert document["schema"] == 1
    return {check["part"]: check for check in document["checks"]}


def test_every_part_is_on_one_screen(known: Person, server: Server) -> None:
    result = known.run("doctor")

    assert result.returncode == 0
    lines = result.stdout.splitlines()
    assert len(lines) <= 24
    assert all(
        any(line.split()[1] == part for line in lines if len(line.split()) > 1) for part in PARTS
    )
    assert f"api_url = {server.api_url}  ({known.home}/.wakatime.cfg line 2)" in result.stdout
    assert server.key not in result.stdout


def test_a_healthy_account_is_told_with_its_numbers(known: Person) -> None:
    found = checks(known)

    assert list(found) == PARTS
    assert "speaks hackatime" in found["server"]["found"]
    assert found["key"]["found"].startswith("from api_key in ")
    assert found["clock"]["verdict"] == "ok"
    assert found["today"]["found"].startswith("2h 5m on ")
    assert "ends at local midnight" in found["today"]["found"]


def test_a_day_that_ends_elsewhere_is_told_with_what_to_do(known: Person) -> None:
    with Server("hackatime", timezone="Asia/Kolkata") as server:
        known.write_cfg({"api_url": server.api_url, "api_key": server.key})
        today = checks(known)["today"]

    assert today["verdict"] == "note"
    assert "ends at 18:30 here" in today["found"]
    assert "profile" in today["advice"]


def test_a_clock_that_is_off_is_told(known: Person, server: Server) -> None:
    server.clock = lambda: time.time() - 60

    clock = checks(known)["clock"]

    assert clock["verdict"] == "note"
    assert clock["found"].startswith("+60 s")


def forget_everything(person: Person, server: Server) -> None:
    del server
    (person.home / ".wakatime.cfg").unlink()


def forget_the_key(person: Person, server: Server) -> None:
    person.write_cfg({"api_url": server.api_url})


def break_the_config(person: Person, server: Server) -> None:
    del server
    person.write_config("[broken")


def stop_the_server(person: Person, server: Server) -> None:
    del person
    server.stop()


def refuse_the_key(person: Person, server: Server) -> None:
    del person
    server.misbehave(misbehaviours.status(401))


@pytest.mark.parametrize(
    ("spoil", "part", "code", "words"),
    [
        (forget_everything, "account", 104, "trayapp login"),
        (forget_the_key, "key", 104, "trayapp login"),
        (break_the_config, "settings", 103, "Correct /"),
        (stop_the_server, "server", 102, "Check the network"),
        (refuse_the_key, "server", 104, "Correct api_key in "),
    ],
)
def test_what_is_not_well_is_bad_with_what_to_do_and_its_exit_code(
    known: Person,
    server: Server,
    spoil: Callable[[Person, Server], None],
    part: str,
    code: int,
    words: str,
) -> None:
    spoil(known, server)

    check = checks(known)[part]

    assert check["verdict"] == "bad"
    assert words in check["advice"]
    assert known.run("doctor").returncode == code


def test_without_a_desktop_the_tray_is_a_note_and_not_a_failure(known: Person) -> None:
    tray = checks(known)["tray"]

    assert tray["verdict"] == "note"
    assert "no session bus and no display" in tray["found"]


def test_run_without_a_desktop_is_one_line_and_exit_1(known: Person) -> None:
    result = known.run("run")

    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "trayapp today" in result.stderr
    assert "AppIndicator" in result.stderr
    assert not known.locations.lock_file.exists()


def test_a_folder_that_cannot_be_written_is_told(known: Person, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    known.variables["XDG_STATE_HOME"] = str(tmp_path / "file")

    storage = checks(known)["storage"]

    assert storage["verdict"] == "bad"
    assert "cannot be written" in storage["found"]


def test_a_resident_that_does_not_answer_is_told_from_none(known: Person) -> None:
    known.locations.lock_file.parent.mkdir(parents=True)
    assert checks(known)["resident"]["found"] == "trayapp itself does not run"

    with InstanceLock(known.locations.lock_file) as lock:
        assert lock.acquire()
        resident = checks(known)["resident"]

    assert (resident["verdict"], resident["found"]) == (
        "bad",
        "trayapp runs, but it does not answer",
    )


def test_with_a_broken_config_nothing_is_claimed_of_accounts(known: Person) -> None:
    known.write_config("[broken")

    assert not {"account", "key", "server"} & set(checks(known))


@pytest.fixture
def code(known: Person) -> Path:
    """A folder that is to be watched."""
    code = known.home / "code"
    code.mkdir()
    known.write_config('[watch]\nfolders = ["~/code"]\n')
    return code


def test_without_folders_nothing_more_is_said_of_watching(known: Person) -> None:
    folders = checks(known)["folders"]

    assert (folders["verdict"], folders["found"]) == ("ok", "config.toml names none")


@pytest.mark.usefixtures("code")
def test_folders_that_nobody_watches_are_a_note(known: Person) -> None:
    found = checks(known)

    assert found["folders"]["found"] == "1 to watch: watched by nobody"
    assert (found["folders"]["verdict"], found["folders"]["advice"]) == ("note", "")
    assert found["resident"]["verdict"] == "note"
    assert found["resident"]["advice"] == "Without a desktop: trayapp watch"
    assert found["idle"]["verdict"] == "ok"
    assert not {"claims", "plugins"} & set(found)


@pytest.mark.usefixtures("code")
def test_where_there_is_a_desktop_the_icon_is_advised(known: Person) -> None:
    known.variables["DISPLAY"] = ":nowhere"

    assert checks(known)["resident"]["advice"] == "Start it: trayapp"


def test_a_watcher_without_the_app_is_told_by_its_name(
    known: Person, code: Path, tmp_path: Path
) -> None:
    state = known.locations.state_dir
    state.mkdir(parents=True)
    with ExitStack() as parts:
        for folder, number in ((code, 12), (tmp_path, 13)):
            lock = InstanceLock(lock_path(state, str(folder)), f"trayapp watch (process {number})")
            assert parts.enter_context(lock).acquire()

        found = checks(known)
        known.write_config('[watch]\nfolders = ["~/code", "~/site"]\n')
        of_two = checks(known)["folders"]

    told = (found["folders"]["verdict"], found["folders"]["found"])
    assert told == ("ok", "1 to watch: 1 watched by trayapp watch (process 12)")
    assert (found["resident"]["verdict"], found["resident"]["advice"]) == ("ok", "")
    assert found["resident"]["found"] == (
        "trayapp itself does not run; watching: "
        "trayapp watch (process 12), trayapp watch (process 13)"
    )
    assert of_two["verdict"] == "note"
    assert of_two["found"].endswith("1 watched by trayapp watch (process 12), 1 by nobody")


@pytest.mark.usefixtures("code")
def test_a_file_monitor_and_an_idle_gate_that_are_switched_off_are_told(known: Person) -> None:
    with known.locations.config_file.open("a") as config:
        config.write("enabled = false\nidle_gate = false\n")

    found = checks(known)

    assert found["folders"]["found"] == "1 to watch, but the file monitor is switched off"
    assert "idle" not in found


@pytest.mark.usefixtures("code")
def test_claims_and_editors_with_a_plugin_are_told_on_the_same_screen(known: Person) -> None:
    with (known.home / ".wakatime.cfg").open("a") as cfg:
        cfg.write("[project_api_key]\n/kumquat/ = waka_secret\n[api_urls]\n/quince/ = http://x|y\n")
    (known.home / ".vim" / "plugged" / "vim-wakatime").mkdir(parents=True)

    found = checks(known)
    result = known.run("doctor")

    assert found["claims"]["found"].endswith("2 lines of ~/.wakatime.cfg for accounts of their own")
    assert "Vim" in found["plugins"]["found"]
    # The settings, of which there may be any number, come after all checks.
    assert len(result.stdout.partition("        show = ")[0].splitlines()) <= 24
    for secret in ("kumquat", "quince", "waka_secret"):
        assert secret not in result.stdout + json.dumps(found)


@pytest.fixture
def running(known: Person, code: Path, tmp_path: Path) -> Iterator[Machine]:
    """What a running trayapp has, which watches the folder."""
    if sys.platform != "linux":
        pytest.skip("inotify is Linux's")
    machine = Machine(known.home)
    scene = Scene(tmp_path)
    scene.resident.employ(machine.monitor)
    scene.edit(Settings(watching=machine.settings(code)))
    make_runtime_folder(known.locations.runtime_dir)
    listener = ControlListener(known.locations.control_address)
    with ExitStack() as parts:
        parts.callback(machine.monitor.stop)
        scene.attend()
        listener.start(partial(follow, scene.resident))
        parts.callback(listener.stop)
        wait_for(machine.all_is_well, "all is watched", LIMIT)
        yield machine


def test_a_running_one_tells_what_it_watches_and_what_became_of_saves(
    known: Person, code: Path, running: Machine
) -> None:
    save(code / "a.py", "n = 1\n")
    assert running.saves() == [str(code / "a.py")]
    running.nobody_is_there = True
    save(code / "b.py", "n = 1\n")
    wait_for(lambda: running.tallied("suppressed"), "it is suppressed", LIMIT)

    folders = checks(known)["folders"]

    assert folders["verdict"] == "ok"
    assert folders["found"] == (
        "1 to watch; 2 folders watched in all, 2 saves since the start; "
        "not counted: 1 write (nobody was at the desktop)"
    )
    assert len(known.run("doctor").stdout.splitlines()) <= 24


def test_a_folder_that_is_gone_is_told_of_a_running_one_with_what_to_do(
    known: Person, code: Path, running: Machine
) -> None:
    code.rename(known.home / "elsewhere")
    wait_for(lambda: running.problem(code), "it is missed", LIMIT)

    folders = checks(known)["folders"]

    assert folders["verdict"] == "note"
    assert folders["found"].endswith("~/code: the folder, or one that it lies in, was renamed")
    assert "trayapp folders add" in folders["advice"]
