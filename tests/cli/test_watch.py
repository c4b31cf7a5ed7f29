"""`trayapp watch --dry-run`, as a person runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cli.watching import END_LIMIT, LINE_LIMIT, watching
from tests.desktop.processes import wait_for

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")


@pytest.fixture
def code(tmp_path: Path) -> Path:
    code = tmp_path / "code"
    code.mkdir()
    return code


def test_each_save_is_one_json_line_at_once_and_nothing_is_stored(
    tmp_path: Path, code: Path
) -> None:
    with watching(tmp_path, str(code)) as one:
        one.wait_until("is watched")
        (code / "a.py").write_text("print()\n")
        first = one.heartbeat()
        (code / "new").mkdir()
        (code / "new" / "b.ts").write_text("let x\n")
        second = one.heartbeat()
        code_of_end, rest = one.end()

    assert first["entity"] == str(code / "a.py")
    assert (first["language"], first["project"], first["lines"]) == ("Python", "code", 1)
    assert (first["type"], first["category"], first["is_write"]) == ("file", "coding", True)
    assert second["entity"] == str(code / "new" / "b.ts")
    assert (code_of_end, rest) == (0, "")
    stored = {path.name for path in (one.home / "state").rglob("*") if path.is_file()}
    assert {name.partition("-")[0] for name in stored} == {"hiding", "watch"}


def test_what_a_library_prints_is_not_among_the_heartbeats(tmp_path: Path, code: Path) -> None:
    """The idle gate asks the X server, and Xlib prints what is wrong with ~/.Xauthority."""
    library = tmp_path / "python" / "Xlib"
    library.mkdir(parents=True)
    for name in ("__init__.py", "xauth.py"):
        (library / name).touch()
    (library / "display.py").write_text("def Display(name):\n    print('chatter of', name)\n")
    variables = {"DISPLAY": ":0", "PYTHONPATH": f"{library.parent}:{ROOT}"}
    with watching(tmp_path, str(code), variables=variables) as one:
        one.wait_until("is watched")
        (code / "a.py").write_text("print()\n")

        assert one.heartbeat()["entity"] == str(code / "a.py")
        assert one.end() == (0, "")
        assert "chatter of unix:0" in one.said()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_in_order_with_the_last_save(
    tmp_path: Path, code: Path, how: signal.Signals
) -> None:
    with watching(tmp_path, "--explain", str(code)) as one:
        one.wait_until("is watched")
        (code / "c.txt").write_text("not code\n")
        one.wait_until("c.txt")
        (code / "a.py").write_text("print()\n")
        (code / "d.txt").write_text("not code\n")
        one.wait_until("d.txt")
        code_of_end, rest = one.end(how)

    assert code_of_end == 0
    assert json.loads(rest)["entity"] == str(code / "a.py")


def test_hidden_names_are_in_no_output(tmp_path: Path, code: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / ".wakatime.cfg").write_text(
        "[settings]\nhide_file_names = true\nhide_project_names = true\n"
    )
    secret = code / "topsecret"
    secret.mkdir()
    with watching(tmp_path, "--explain", "--verbose", str(code)) as one:
        one.wait_until("is watched")
        (secret / "plan.py").write_text("print()\n")
        heartbeat = one.heartbeat()
        one.wait_until("saved by a person")
        one.end()

    assert heartbeat["entity"] == "HIDDEN.py"
    assert "topsecret" not in json.dumps(heartbeat) + one.said()
    assert "plan" not in json.dumps(heartbeat) + one.said()


def test_a_line_of_the_project_map_that_cannot_work_is_told_and_costs_no_save(
    tmp_path: Path, code: Path
) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / ".wakatime.cfg").write_text("[projectmap]\ncode = {0}\n")
    with watching(tmp_path, str(code)) as one:
        one.wait_until("is watched")
        (code / "a.py").write_text("print()\n")

        assert one.heartbeat()["project"] == "code"
        assert "[projectmap]" in one.said()
        one.end()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_folder_that_is_watched_already_is_left_to_the_first_until_that_ends(
    tmp_path: Path, code: Path, how: signal.Signals
) -> None:
    with ExitStack() as parts:
        first = parts.enter_context(watching(tmp_path, str(code)))
        first.wait_until(f"{code}: all is watched")
        waiting = parts.enter_context(watching(tmp_path, str(code), name="waiting"))
        has = f"is watched by trayapp watch (process {first.process.pid})"
        waiting.wait_until(f"{code} {has}; it is left to that one until it ends.")
        (code / "a.py").write_text("print()\n")
        first.heartbeat()

        first.end(how)

        waiting.wait_until(f"{code}: all is watched")
        (code / "b.py").write_text("print()\n")
        assert waiting.heartbeat()["entity"] == str(code / "b.py")
        assert waiting.end() == (0, "")


def in_place(path: Path, text: str) -> None:
    path.write_text(text)


def by_rename(path: Path, text: str) -> None:
    new = path.with_name("new")
    new.write_text(text)
    new.rename(path)


def with_backup(path: Path, text: str) -> None:
    """Save as vim does: for a moment there is no such file."""
    path.rename(path.with_name("config.toml~"))
    path.write_text(text)
    path.with_name("config.toml~").unlink()


@pytest.fixture
def config(tmp_path: Path, code: Path) -> Path:
    """A config.toml that names the folder `code`."""
    config = tmp_path / "home" / "config" / "trayapp" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(f'[watch]\nfolders = ["{code}"]\n')
    return config


@pytest.mark.parametrize("write", [in_place, by_rename, with_backup])
def test_an_edit_of_config_toml_takes_effect_in_a_running_one(
    tmp_path: Path, code: Path, config: Path, write: Callable[[Path, str], None]
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    with watching(tmp_path) as one:
        one.wait_until(f"{code}: all is watched")

        write(config, f'[watch]\nfolders = ["{code}", "{other}"]\nhide_file_names = ["secret"]\n')

        one.wait_until(f"{other}: all is watched")
        (other / "secret.py").write_text("print()\n")
        assert one.heartbeat()["entity"] == "HIDDEN.py"

        write(config, f'[watch]\nfolders = ["{other}"]\n')

        wait_for(lambda: one.said().count("are in force") == 2, "they are in force", LINE_LIMIT)
        (code / "a.py").write_text("print()\n")
        (other / "secret.py").write_text("print(1)\n")
        assert one.heartbeat()["entity"] == str(other / "secret.py")
        assert one.end() == (0, "")


def test_a_folder_that_is_added_by_the_command_is_watched_by_a_running_one(
    tmp_path: Path, code: Path, config: Path
) -> None:
    del config
    other = tmp_path / "other"
    other.mkdir()
    with watching(tmp_path) as one:
        one.wait_until(f"{code}: all is watched")

        subprocess.run(
            [sys.executable, "-m", "trayapp", "folders", "add", str(other)],
            env=one.environment,
            stdout=subprocess.DEVNULL,
            timeout=LINE_LIMIT,
            check=True,
        )

        one.wait_until(f"{other}: all is watched")
        one.end()


def test_a_broken_config_toml_is_told_and_the_last_good_one_stays_in_force(
    tmp_path: Path, code: Path, config: Path
) -> None:
    good = config.read_text() + 'hide_file_names = ["secret"]\n'
    config.write_text(good)
    with watching(tmp_path) as one:
        one.wait_until(f"{code}: all is watched")

        config.write_text("[watch\n")

        one.wait_until("config.toml line 1 column ")
        one.wait_until("Until then the last good settings stay in force.")
        (code / "secret.py").write_text("print()\n")
        assert one.heartbeat()["entity"] == "HIDDEN.py"

        config.write_text(good.replace("secret", "other"))
        one.wait_until("are in force")
        (code / "secret.py").write_text("print(1)\n")
        assert one.heartbeat()["entity"] == str(code / "secret.py")
        one.end()


def test_switched_off_in_config_toml_it_waits_for_being_switched_on(
    tmp_path: Path, code: Path, config: Path
) -> None:
    good = config.read_text()
    with watching(tmp_path) as one:
        one.wait_until(f"{code}: all is watched")
        config.write_text(f"{good}enabled = false\n")
        one.wait_until("are in force")
        (code / "a.py").write_text("print()\n")

        config.write_text(good)
        wait_for(lambda: one.said().count(f"{code}: all is") == 2, "it is watched", LINE_LIMIT)
        (code / "b.py").write_text("print()\n")

        assert one.heartbeat()["entity"] == str(code / "b.py")
        one.end()


def test_the_last_folder_gone_from_config_toml_is_told(
    tmp_path: Path, code: Path, config: Path
) -> None:
    with watching(tmp_path) as one:
        one.wait_until(f"{code}: all is watched")

        config.write_text("[watch]\nfolders = []\n")

        one.wait_until("Nothing is watched: config.toml names no folder.")
        one.end()


def test_when_nobody_reads_its_output_any_more_it_ends(tmp_path: Path, code: Path) -> None:
    with watching(tmp_path, str(code)) as one:
        one.wait_until("is watched")
        assert one.process.stdout is not None
        one.process.stdout.close()
        one.process.stdout = None

        (code / "a.py").write_text("print()\n")

        assert one.process.wait(END_LIMIT) == 0
        assert "Traceback" not in one.said()
        assert "rror" not in one.said()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device")
def test_an_output_that_is_full_is_told(tmp_path: Path, code: Path) -> None:
    with Path("/dev/full").open("wb") as full, watching(tmp_path, str(code), output=full) as one:
        one.wait_until("is watched")

        (code / "a.py").write_text("print()\n")

        assert one.process.wait(END_LIMIT) == 1
        assert "No space left" in one.said()
        assert "Traceback" not in one.said()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--dry-run", "/nowhere"], "/nowhere is no folder"),
        (["--dry-run", ""], "An empty name is no folder"),
        (["--dry-run"], "There is no folder to watch"),
        (["/nowhere"], "/nowhere is no folder"),
        ([], "There is no folder to watch"),
    ],
)
def test_what_cannot_be_done_is_said(tmp_path: Path, arguments: list[str], words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "trayapp", "watch", *arguments],
        env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=LINE_LIMIT,
        check=False,
    )

    assert done.returncode == 2
    assert words in done.stderr
