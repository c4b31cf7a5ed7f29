"""A real shell is given words cut short and TAB, and has to put the whole words in."""

from __future__ import annotations

import argparse
import os
import pty
import select
import shlex
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from tests.cli.person import Person
from tests.desktop.processes import require_programs, wait_for
from trayapp.cli.completion import script
from trayapp.cli.program import make_parser
from trayapp.cli.shell_commands import SHELLS

SHELL_SECONDS = 40.0

START = {
    "bash": ("bash --noprofile --norc -i", "source {script}"),
    "zsh": (
        "zsh -f -i",
        "unsetopt beep; fpath=({folder} $fpath); autoload -U compinit; compinit -u -D",
    ),
}
"""How a shell is started that reads no settings, and how it comes to know the script."""


@dataclass(frozen=True)
class Case:
    """Words that are typed whole, and the last one, of which only a part is typed."""

    before: tuple[str, ...]
    part: str
    whole: str


def cases(parser: argparse.ArgumentParser, before: tuple[str, ...] = ()) -> Iterator[Case]:
    """Give a case for every command, long option and choice that a parser has."""
    actions = parser._actions
    options = [name for action in actions for name in action.option_strings if name[:2] == "--"]
    yield from (Case(before, part, whole) for part, whole in cut(options))
    places = [action for action in actions if not action.option_strings]
    for action in actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from (Case(before, part, whole) for part, whole in cut(action.choices))
            for name, child in action.choices.items():
                yield from cases(child, (*before, name))
        elif action.choices:
            # Of the places, those further on would need the ones before them.
            words = action.option_strings[-1:]
            if words or action is places[0]:
                yield from (
                    Case((*before, *words), part, whole) for part, whole in cut(action.choices)
                )


def cut(words: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Give each word and as much of it as no other begins with, never all of it."""
    words = list(words)
    for word in words:
        others = [other for other in words if other != word]
        for length in range(1, len(word)):
            part = word[:length]
            if part != "--" and not any(other.startswith(part) for other in others):
                yield part, word
                break


@pytest.fixture
def somebody(person: Person) -> Person:
    """Somebody with a folder, a file and two accounts."""
    person.write_config(
        '[accounts.home]\napi_url = "https://waka.example/api"\n'
        '  [accounts."work.example"] # the other\napi_url = "https://work.example/api"\n'
    )
    (person.home / "a project" / "deeper").mkdir(parents=True)
    (person.home / "code").mkdir()
    (person.home / "code" / "main.py").write_text("")
    return person


VALUES = [
    Case(("today", "--account"), "ho", "home"),
    Case(("logout", "--account"), "wo", "work.example"),
    Case(("accounts", "use"), "h", "home"),
    Case(("stats",), "last_3", "last_30_days"),
    Case(("timeline",), "y", "yesterday"),
    Case(("heartbeats", "--from"), "tod", "today"),
    Case(("folders", "add"), "co", "code/"),
    Case(("watch", "code"), "co", "code/"),
    Case(("watch",), "a pro", "a project/"),
    Case(("watch",), "~/co", "~/code/"),
    Case(("heartbeat", "--entity"), "code/ma", "code/main.py"),
]
"""What is completed by more than the parser: accounts, days, folders, files."""


@contextmanager
def a_shell(name: str, person: Person, folder: Path) -> Iterator[int]:
    """Start an interactive shell on a terminal of its own; give the terminal's other end."""
    start, learn = START[name]
    terminal, end = pty.openpty()
    process = subprocess.Popen(
        shlex.split(start),
        env={**person.environment, "TERM": "dumb"},
        cwd=person.home,
        stdin=end,
        stdout=end,
        stderr=end,
        start_new_session=True,
    )
    os.close(end)
    try:
        path = folder / "_trayapp"
        path.write_text(script(make_parser(), name))
        learned = learn.format(script=shlex.quote(str(path)), folder=shlex.quote(str(folder)))
        # What is typed as trayapp's words is written down in place of being run.
        said = 'trayapp() { printf "%s\\n" "$*" >> ~/said; }'
        os.write(terminal, f"{learned}\n{said}\n".encode())
        yield terminal
    finally:
        process.kill()
        process.wait()
        os.close(terminal)


def typed(case: Case) -> str:
    words = ["trayapp", *case.before, case.part]
    return " ".join(word.replace(" ", r"\ ") for word in words)


@pytest.mark.parametrize("name", sorted(START))
def test_tab_puts_in_the_whole_word(name: str, somebody: Person, tmp_path: Path) -> None:
    require_programs(name)
    wanted = [*cases(make_parser()), *VALUES]
    said = somebody.home / "said"
    said.touch()
    with a_shell(name, somebody, tmp_path) as terminal:

        def has_said(count: int) -> bool:
            # Nobody else takes the shell's echo, without which it would stop.
            if select.select([terminal], [], [], 0)[0]:
                os.read(terminal, 65536)
            return len(said.read_text().splitlines()) >= count

        for count, case in enumerate(wanted, start=1):
            os.write(terminal, f"{typed(case)}\t\n".encode())
            wait_for(partial(has_said, count), f"{name} runs {typed(case)}", SHELL_SECONDS)

    lines = said.read_text().splitlines()
    # Of a folder zsh takes the last slash away when the line ends; each reads ~ when it runs it.
    assert [line.rstrip(" /").replace(str(somebody.home), "~") for line in lines] == [
        " ".join([*case.before, case.whole.rstrip("/")]) for case in wanted
    ]


def test_fish_knows_the_whole_word(somebody: Person, tmp_path: Path) -> None:
    require_programs("fish")
    wanted = [*cases(make_parser()), *VALUES]
    path = tmp_path / "trayapp.fish"
    path.write_text(script(make_parser(), "fish"))
    asked = "".join(f"echo; complete -C {shlex.quote(typed(case))}\n" for case in wanted)

    result = subprocess.run(
        ["fish", "--no-config", "-c", f"source {shlex.quote(str(path))}\n{asked}"],
        env=somebody.environment,
        cwd=somebody.home,
        capture_output=True,
        text=True,
        timeout=SHELL_SECONDS,
        check=True,
    )

    assert result.stderr == ""
    # A word, a tab and what it means.
    answers = [
        [line.partition("\t")[0] for line in answer.splitlines()]
        for answer in f"\n{result.stdout}".split("\n\n")[1:]
    ]
    assert answers == [[case.whole] for case in wanted]


@pytest.mark.parametrize("shell", SHELLS)
def test_the_command_prints_the_script(shell: str, person: Person) -> None:
    result = person.run("completion", shell)

    assert result.stdout.rstrip("\n") == script(make_parser(), shell).rstrip("\n")
    assert (result.returncode, result.stderr) == (0, "")
