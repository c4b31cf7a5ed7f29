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
from dataclasses import fields
from pathlib import Path

import pytest

from tests.cli.person import Person
from tests.desktop.bus import PrivateBus
from tests.server import Server
from tests.settings.secret_services import GnomeKeyring
from trayapp.cli.program import make_parser
from trayapp.settings.config import Account, parse_config

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"

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
    """Somebody with ~/.wakatime.cfg, a keyring, and the programs that the examples name."""
    bus = PrivateBus(tmp_path)
    bus.start()
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "pass").write_text(f"#!/bin/sh\necho {server.key}\n")
    (programs / "trayapp").write_text(f'#!/bin/sh\nexec {sys.executable} -m trayapp "$@"\n')
    for program in programs.iterdir():
        program.chmod(0o755)
    path = f"{programs}:{os.environ['PATH']}"
    person = Person(tmp_path / "home", {"DBUS_SESSION_BUS_ADDRESS": bus.address, "PATH": path})
    person.write_cfg({"api_url": server.api_url, "api_key": server.key})
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
        pattern = re.escape(output.strip()).replace(re.escape("..."), ".*")
        # An example that ends in dots shows only how the output begins.
        found = re.match(pattern, printed.strip(), re.DOTALL)
        assert found, f"{command} printed\n{printed}"


def help_of(*command: str) -> str:
    with pytest.raises(SystemExit):
        make_parser().parse_args([*command, "--help"])
    return ""


def test_each_example_of_the_help_runs(
    person: Person, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = 0
    for command in ("today", "login", "logout", "doctor", "run"):
        help_of(command)
        printed = capsys.readouterr().out
        _, _, examples = printed.partition("examples:\n")
        for line in examples.splitlines():
            example = line.strip().replace("https://waka.example/api", server.api_url)
            if not example:
                continue
            result = run(person, example, stdin=server.key)
            assert result.returncode == 0, f"{example} printed\n{result.stdout}"
            seen += 1
    assert seen >= 6


def test_the_readme_names_the_commands_that_exist_and_no_other() -> None:
    text = README.read_text()
    named = set(re.findall(r"trayapp ([a-z]+)\b(?! (?:needs|puts|reads|is|notices|shows))", text))
    known = {"today", "login", "logout", "doctor", "run"}

    for line in re.findall(r"^(?:\$|   ) (trayapp .*)$", text, re.MULTILINE):
        make_parser().parse_args(shlex.split(line.partition("|")[0])[1:])
    assert {"today", "login", "doctor"} <= named & known


def test_the_help_shows_every_command_and_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    help_of()
    printed = capsys.readouterr().out

    for word in ("today", "login", "logout", "doctor", "run", "102", "103", "104", "130"):
        assert word in printed


def test_the_readmes_picture_exists() -> None:
    for path in re.findall(r"\]\((assets/[^)]+)\)", README.read_text()):
        assert (ROOT / path).is_file()


def test_the_readmes_config_toml_is_read_and_names_every_setting() -> None:
    blocks = re.findall(r"(?:^    .*\n|^\n)+", README.read_text(), re.MULTILINE)
    (example,) = (block for block in blocks if "[accounts.home]" in block)

    config = parse_config(textwrap.dedent(example))

    assert config.warnings == ()
    assert config.show == "home"
    assert [name for name, _ in config.tray_values] == ["icon", "goal", "theme", "label"]
    assert set(tomllib.loads(textwrap.dedent(example))["accounts"]["home"]) == {
        field.name.replace("key_source", "key")
        for field in fields(Account)
        if field.name not in ("name", "implied")
    }
