"""README and --help are part of the product: every example in them is run."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.examples import commands
from tests.cli.person import Person
from tests.desktop.bus import PrivateBus
from tests.desktop.processes import wait_for
from tests.server import Server
from tests.settings.secret_services import GnomeKeyring
from trayapp.cli.program import make_parser
from trayapp.settings.config import HIDE_FLAGS, HIDE_LISTS, Account, Watch, parse_config

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
WATCH_LIMIT = 20.0

COMMANDS = (
    "today",
    "stats",
    "timeline",
    "heartbeats",
    "goals",
    "whoami",
    "user",
    "api",
    "heartbeat",
    "queue",
    "doctor",
    "accounts",
    "login",
    "logout",
    "folders",
    "watch",
    "completion",
    "autostart",
    "integrate",
)
"""In an order in which the examples of their help can be run."""

NOT_RUN = ("lookup", "run")
"""Looking up is for administrators, and run stays."""

pytestmark = [
    pytest.mark.desktop,
    pytest.mark.skipif(not README.exists(), reason="the wheel's tests run without README"),
]


@pytest.fixture
def server() -> Iterator[Server]:
    with Server("hackatime") as server:
        server.today(total_seconds=7500)
        yield server


@pytest.fixture
def person(tmp_path: Path, server: Server) -> Iterator[Person]:
    """Somebody with ~/.wakatime.cfg, a keyring, and what the examples name: programs, folders."""
    bus = PrivateBus(tmp_path)
    bus.start()
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "pass").write_text(f"#!/bin/sh\necho {server.key}\n")
    (programs / "trayapp").write_text(f'#!/bin/sh\nexec {sys.executable} -m trayapp "$@"\n')
    # That of the machine is not to be told of a test's services.
    (programs / "systemctl").write_text("#!/bin/sh\n")
    for program in programs.iterdir():
        program.chmod(0o755)
    path = f"{programs}:{os.environ['PATH']}"
    person = Person(tmp_path / "home", {"DBUS_SESSION_BUS_ADDRESS": bus.address, "PATH": path})
    person.write_cfg({"api_url": server.api_url, "api_key": server.key})
    for name in (".zfunc", ".local/share/bash-completion/completions", ".config/fish/completions"):
        (person.home / name).mkdir(parents=True)
    for name in ("main.py", "page.ts", "node_modules/left-pad/index.js"):
        file = person.home / "code" / "app" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("a = 1\n")
    keyring = GnomeKeyring(bus, person.home)
    keyring.start(unlocked=True)
    yield person
    keyring.close()
    bus.stop()


def run(person: Person, command: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "-c", command],
        env=person.environment,
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=40,
        check=False,
    )


def watch(person: Person, command: str, save: Path | None = None) -> str:
    """Run a watcher, save a file once it watches, end it; give what it said."""
    said = person.home / "said"
    with said.open("w") as output:
        process = subprocess.Popen(
            ["/bin/sh", "-c", f"exec {command}"],
            env=person.environment,
            cwd=person.home / "code",
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for(lambda: "is watched" in said.read_text(), f"{command} watches", WATCH_LIMIT)
        if save is not None:
            save.write_text("a = 2\n")
            wait_for(lambda: '"entity"' in said.read_text(), "the save is told", WATCH_LIMIT)
        process.terminate()
        assert process.wait(WATCH_LIMIT) == 0, said.read_text()
    finally:
        process.kill()
        process.wait()
    return said.read_text()


def matches(shown: str, printed: str) -> bool:
    """Tell whether something printed is as shown, where `...` stands for anything.

    What is shown may be only how it begins.
    """
    pattern = re.escape(shown.strip()).replace(re.escape("..."), ".*")
    return re.match(pattern, printed.strip(), re.DOTALL) is not None


def console_examples(text: str) -> list[tuple[str, str]]:
    """Give each `$ command` of the console blocks with the output that is shown for it."""
    blocks = re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    examples = []
    for block in blocks:
        for example in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = example.partition("\n")
            examples.append((command, output))
    return examples


def test_each_example_of_the_readme_prints_what_it_shows(person: Person) -> None:
    examples = console_examples(README.read_text())
    assert len(examples) >= 5

    for command, output in examples:
        printed = run(person, command).stdout
        assert matches(output, printed), f"{command} printed\n{printed}"


def test_the_watching_of_the_readme_says_what_it_shows(person: Person) -> None:
    flags = re.MULTILINE | re.DOTALL
    (example,) = re.findall(r"^```text\n\$ (trayapp watch.*?)^```", README.read_text(), flags)
    command, _, output = example.partition("\n")

    said = watch(person, command, person.home / "code" / "app" / "main.py")

    assert matches(output.replace("/home/ada", str(person.home)), said), said


def test_the_looking_back_of_the_readme_is_what_is_drawn() -> None:
    flags = re.MULTILINE | re.DOTALL
    (block,) = re.findall(r"^```text\n(\$ trayapp stats.*?)^```", README.read_text(), flags)
    stats, timeline = (part.partition("\n")[2] for part in block.split("$ ")[1:])
    colour = re.compile(r"\x1b\[[0-9;]*m")

    for shown, golden in ((stats, "stats-80.txt"), (timeline, "timeline-80.txt")):
        drawn = colour.sub("", (ROOT / "tests/cli/golden" / golden).read_text())
        lines = "\n".join(line.rstrip() for line in drawn.splitlines())
        assert matches(shown, lines), f"{golden}:\n{lines}"


def help_of(*command: str) -> str:
    with pytest.raises(SystemExit):
        make_parser().parse_args([*command, "--help"])
    return ""


@pytest.mark.timeout(240)
def test_each_example_of_the_help_runs(
    person: Person, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = 0
    for command in COMMANDS:
        help_of(command)
        printed = capsys.readouterr().out
        _, _, examples = printed.partition("examples:\n")
        for line in examples.splitlines():
            example = line.strip().replace("https://waka.example/api", server.api_url)
            if not example:
                continue
            if command == "watch":
                # The examples of folders have taken it off the list again.
                run(person, "trayapp folders add ~/code")
                watch(person, example)
            else:
                result = run(person, example, stdin=server.key)
                assert result.returncode == 0, f"{example} printed\n{result.stdout}"
            seen += 1
    assert seen >= 43


def test_the_readme_names_the_commands_that_exist_and_no_other() -> None:
    text = README.read_text()
    named = set(re.findall(r"trayapp ([a-z]+)\b(?! (?:needs|puts|reads|is|notices|shows))", text))
    for line in re.findall(r"^(?:\$|   ) (trayapp .*)$", text, re.MULTILINE):
        make_parser().parse_args(shlex.split(re.split("[|>]", line)[0])[1:])
    assert set(COMMANDS) <= named


def test_the_help_shows_every_command_and_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    help_of()
    printed = capsys.readouterr().out

    assert {*COMMANDS, *NOT_RUN} == set(commands())
    for word in (*commands(), "102", "103", "104", "130"):
        assert word in printed


def test_the_readmes_picture_exists() -> None:
    for path in re.findall(r"\]\((assets/[^)]+)\)", README.read_text()):
        assert (ROOT / path).is_file()


def config_example(table: str) -> str:
    """Give the README's part of config.toml that has this table."""
    blocks = re.findall(r"(?:^    .*\n|^\n)+", README.read_text(), re.MULTILINE)
    (example,) = (block for block in blocks if table in block)
    return textwrap.dedent(example)


def test_the_readmes_watch_table_is_read_and_names_every_setting() -> None:
    config = parse_config(config_example("[watch]"))

    assert config.warnings == ()
    own = set(Watch._fields) - {"lists", "flags", "names"}
    assert set(config.watch.names) == {*own, *HIDE_LISTS, *HIDE_FLAGS}
    assert config.watch.folders == ("~/code",)


def test_the_readmes_config_toml_is_read_and_names_every_setting() -> None:
    example = config_example("[accounts.home]")

    config = parse_config(example)

    assert config.warnings == ()
    assert config.show == "home"
    assert config.history_days is not None
    assert [name for name, _ in config.tray_values] == ["icon", "goal", "theme", "label"]
    assert set(tomllib.loads(example)["accounts"]["home"]) == {
        {"key_source": "key", "receives": "receive"}.get(name, name)
        for name in Account._fields
        if name not in ("name", "implied")
    }
