from __future__ import annotations

import logging
import os
import sys
import threading
import time
import traceback
from pathlib import Path

import pytest

from tests.desktop.processes import wait_for
from trayapp.errors import KeyProblemError
from trayapp.settings.vault import LARGEST_OUTPUT_BYTES, run_vault_command, split_command

SOURCE = "api_key_vault_cmd in /home/a/.wakatime.cfg line 2"
SECRET = "hunter2"
KEY = "11111111-2222-4333-8444-555555555555"


def script(folder: Path, code: str) -> str:
    """A command that runs some Python."""
    path = folder / "vault.py"
    path.write_text(code)
    return f"{sys.executable} {path}"


def run(command: str, seconds: float = 20.0) -> str:
    return run_vault_command(command, SOURCE, os.environ, seconds=seconds)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("pass show wakatime", ["pass", "show", "wakatime"]),
        ("  pass\tshow   wakatime ", ["pass", "show", "wakatime"]),
        ('op read "op://My Vault/key"', ["op", "read", "op://My Vault/key"]),
        ("op read 'op://My Vault/key'", ["op", "read", "op://My Vault/key"]),
        # What wakatime-cli hands on as it is, so do we.
        ('jq -r .["key"] file', ["jq", "-r", '.["key"]', "file"]),
        (r"cat C:\keys\waka", ["cat", r"C:\keys\waka"]),
        ("cat it's", ["cat", "it's"]),
        ("echo $KEY | cat ; ls `x` *", ["echo", "$KEY", "|", "cat", ";", "ls", "`x`", "*"]),
    ],
)
def test_a_command_is_split_as_by_wakatime_cli_but_for_torn_quotations(
    command: str, words: list[str]
) -> None:
    assert split_command(command) == words


def test_what_it_prints_is_the_key() -> None:
    assert run(f"printf {KEY}") == KEY
    assert run(f"echo {KEY}") == KEY


def test_there_is_no_shell() -> None:
    assert run("echo $HOME;ls|cat") == "$HOME;ls|cat"


def test_there_is_no_standard_input() -> None:
    assert run("cat") == ""


def test_it_sees_the_environment_that_was_given() -> None:
    environment = {"PATH": os.environ["PATH"], "VAULT_SESSION": "open"}

    shown = run_vault_command("printenv VAULT_SESSION", SOURCE, environment, seconds=20)

    assert shown == "open"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import sys; sys.stderr.write('hunter2'); sys.exit(3)", "failed with exit status 3"),
        (f"print('hunter2' * {LARGEST_OUTPUT_BYTES})", "far too much"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "failed with exit status -9"),
    ],
)
def test_a_failure_is_told_without_what_it_wrote(
    tmp_path: Path, code: str, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    with pytest.raises(KeyProblemError, match=reason) as caught:
        run(script(tmp_path, code) + f" --password={SECRET}")
    shown = "".join(traceback.format_exception(caught.value)) + caplog.text
    assert SOURCE in shown
    assert SECRET not in shown


def test_a_command_that_is_not_there_is_told_without_its_words() -> None:
    with pytest.raises(KeyProblemError, match="cannot be started: No such file") as caught:
        run(f"/missing/{SECRET} --password={SECRET}")
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_endless_output_is_cut_off(tmp_path: Path) -> None:
    with pytest.raises(KeyProblemError, match="far too much"):
        run(script(tmp_path, "while True: print('x' * 100000)"), seconds=20)


@pytest.mark.parametrize(
    "code",
    [
        "import time; time.sleep(60)",
        # It has closed its output and lingers.
        "import os, time; os.close(1); time.sleep(60)",
        # It is gone, and its child holds the output open.
        "import os, time\nif os.fork() == 0: time.sleep(60)",
        # It does not want to go.
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)",
    ],
)
def test_at_the_limit_the_whole_group_ends(tmp_path: Path, code: str) -> None:
    pids = tmp_path / "pids"
    code = f"import os; open({str(pids)!r}, 'w').write(str(os.getpgid(0)))\n{code}"
    begun = time.monotonic()

    with pytest.raises(KeyProblemError, match=r"did not end within 1.5 s") as caught:
        run(script(tmp_path, code) + f" --password={SECRET}", seconds=1.5)

    assert time.monotonic() - begun < 10
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    group = int(pids.read_text())
    assert group != os.getpgid(0)
    wait_for(
        lambda: all(_group_of(entry) != group for entry in Path("/proc").iterdir()),
        "the whole group is gone",
    )


def test_a_child_that_lets_go_of_the_output_may_stay(tmp_path: Path) -> None:
    """An agent that the command starts on its first use, as pass does with gpg-agent."""
    pid_file = tmp_path / "pid"
    code = f"""
import os, time
child = os.fork()
if child == 0:
    os.close(1)
    time.sleep(60)
open({str(pid_file)!r}, 'w').write(str(child))
print({KEY!r})
"""
    try:
        assert run(script(tmp_path, code)) == KEY
        os.kill(int(pid_file.read_text()), 0)
    finally:
        os.kill(int(pid_file.read_text()), 9)


def test_no_thread_is_left(tmp_path: Path) -> None:
    with pytest.raises(KeyProblemError):
        run(script(tmp_path, "import time; time.sleep(60)"), seconds=0.5)

    wait_for(
        lambda: all(thread.name != "vault-command" for thread in threading.enumerate()),
        "the thread ends",
    )


def _group_of(entry: Path) -> int | None:
    """The process group of an entry of /proc, None for what is no process or a dead one."""
    try:
        state, _, group = (entry / "stat").read_text().rpartition(")")[2].split()[:3]
    except (OSError, ValueError):
        return None
    return None if state == "Z" else int(group)
