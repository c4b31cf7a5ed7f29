"""The examples of assets/bars, each run by its bar."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.person import Person
from tests.coding.bar_samples import MARKUP, a_number_of_projects
from tests.coding.samples import a_status
from tests.server import Server
from trayapp.coding.day import day_at
from trayapp.desktop.single_instance import InstanceLock
from trayapp.resident.snapshot_store import SnapshotStore

from .app import App
from .harness import Desktop
from .processes import Processes, require_programs, wait_for
from .screen import Box, changed, find_colour
from .sway import SwayDesktop
from .xfce import XfcePanel

BARS = Path(__file__).parents[2] / "assets" / "bars"

SHOWN_LIMIT = 25.0

pytestmark = [
    pytest.mark.desktop,
    pytest.mark.skipif(not BARS.exists(), reason="the wheel's tests run without assets"),
]


@pytest.fixture
def person(tmp_path: Path, server: Server) -> Person:
    """Somebody with a server, whose PATH has trayapp."""
    programs = tmp_path / "bin"
    programs.mkdir()
    program = programs / "trayapp"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m trayapp "$@"\n')
    program.chmod(0o755)
    # A desktop has folders of its own for these.
    variables = {
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "PATH": f"{programs}:{os.environ['PATH']}",
    }
    person = Person(tmp_path / "home", variables)
    person.write_cfg({"api_url": server.api_url, "api_key": server.key})
    return person


@pytest.fixture
def processes() -> Iterator[Processes]:
    running = Processes()
    yield running
    running.end_all()


def now_say(person: Person, server: Server, seconds: float) -> None:
    """Let the server tell another number, and somebody ask for it."""
    server.today(total_seconds=seconds)
    person.run("today")


def strip(desktop: Desktop, height: int = 30) -> Image.Image:
    return Box(0, 0, desktop.screen.right, height).crop(desktop.settled())


def ends(person: Person) -> bool:
    """Tell whether nobody follows any more."""
    pattern = str(Path(person.home).parent / "bin")
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                environ = (entry / "environ").read_bytes()
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if b"--follow" in command and pattern.encode() in environ:
                return False
    return True


# Waybar


def waybar_config(module: dict[str, object]) -> str:
    """Give a bar with nothing in it but the module."""
    return json.dumps(
        {
            "layer": "top",
            "position": "top",
            "height": 30,
            "modules-right": ["custom/trayapp"],
            "custom/trayapp": module,
        }
    )


STYLE = """* { font-family: sans-serif; font-size: 15px; border: none; border-radius: 0; }
window#waybar { background: #202020; color: #ffffff; }
#custom-trayapp { padding: 0 12px; }
#custom-trayapp.fresh { background: #205080; }
#custom-trayapp.stale, #custom-trayapp.offline { background: #604020; }
"""
FRESH, OFFLINE = (0x20, 0x50, 0x80), (0x60, 0x40, 0x20)


def without_comments(text: str) -> str:
    return "\n".join(line for line in text.split("\n") if not line.startswith("//"))


def test_waybar_shows_it_as_it_changes_and_ends_what_follows(
    sway_desktop: SwayDesktop, person: Person, server: Server
) -> None:
    require_programs("waybar")
    example = json.loads(without_comments((BARS / "waybar.jsonc").read_text()))
    module = example["custom/trayapp"]
    assert example["modules-right"] == ["custom/trayapp"]
    sway_desktop.write_config("waybar/style.css", STYLE)

    def show(what: dict[str, object]) -> subprocess.Popen[bytes]:
        sway_desktop.write_config("waybar/config", waybar_config(what))
        return sway_desktop.start(["waybar"], person.environment)

    pictures = {}
    for text in ("2h 5m", "2h 6m"):
        output = json.dumps({"text": text, "class": ["fresh"]})
        bar = show({**module, "exec": f"echo '{output}'; sleep 1000"})
        wait_for(
            lambda: find_colour(sway_desktop.screenshot(), FRESH),
            "the module is there",
            SHOWN_LIMIT,
        )
        pictures[text] = strip(sway_desktop)
        sway_desktop.end(bar)
    assert changed(pictures["2h 5m"], pictures["2h 6m"])

    bar = show(module)
    for text, seconds in (("2h 5m", 7500), ("2h 6m", 7560)):
        now_say(person, server, seconds)
        wait_for(
            lambda text=text: not changed(strip(sway_desktop), pictures[text]),  # type: ignore[misc]
            f"Waybar shows {text}",
            SHOWN_LIMIT,
        )
    sway_desktop.screenshot("bar-waybar")
    server.stop()
    person.run("today")
    wait_for(
        lambda: find_colour(sway_desktop.screenshot(), OFFLINE), "it has its class", SHOWN_LIMIT
    )
    sway_desktop.screenshot("bar-waybar-offline")
    sway_desktop.end(bar)
    wait_for(lambda: ends(person), "nobody follows any more")


# polybar


POLYBAR = """[bar/top]
width = 100%
height = 30
background = #202020
foreground = #ffffff
font-0 = sans-serif:size=12
modules-right = trayapp
override-redirect = true

"""

WHITE = (0xFF, 0xFF, 0xFF)
LONG_NAME = 200
"""In pixels."""


def test_polybar_shows_it_as_it_changes_and_ends_what_follows(
    desktop: Desktop, person: Person, server: Server
) -> None:
    require_programs("polybar")
    example = (BARS / "polybar.ini").read_text()

    def show(module: str, name: str) -> subprocess.Popen[bytes]:
        path = person.home / f"{name}.ini"
        path.write_text(POLYBAR + module)
        return desktop.start(["polybar", f"--config={path}", "top"], person.environment)

    empty = strip(desktop)
    pictures = {}
    for text in ("2h 5m", "2h 6m"):
        bar = show(f"[module/trayapp]\ntype = custom/text\ncontent = {text}\n", "static")
        wait_for(lambda: changed(empty, strip(desktop)), "polybar is there", SHOWN_LIMIT)
        pictures[text] = strip(desktop)
        desktop.end(bar)
    assert changed(pictures["2h 5m"], pictures["2h 6m"])

    bar = show(example, "example")
    for text, seconds in (("2h 5m", 7500), ("2h 6m", 7560)):
        now_say(person, server, seconds)
        wait_for(
            lambda text=text: not changed(strip(desktop), pictures[text]),  # type: ignore[misc]
            f"polybar shows {text}",
            SHOWN_LIMIT,
        )
    desktop.screenshot("bar-polybar")
    desktop.end(bar)
    wait_for(lambda: ends(person), "nobody follows any more")


def test_polybar_takes_a_name_that_is_markup_for_text(
    desktop: Desktop, person: Person, server: Server
) -> None:
    require_programs("polybar")
    store_markup(person, server)
    empty = strip(desktop)
    example = (BARS / "polybar.ini").read_text()
    module = example.replace("--format polybar", "--format polybar --template '{project}'")
    path = person.home / "polybar.ini"
    path.write_text(POLYBAR + module)

    # As if the tray ran, so that what is stored stays.
    with InstanceLock(person.locations.lock_file) as lock:
        assert lock.acquire()
        bar = desktop.start(["polybar", f"--config={path}", "top"], person.environment)
        wait_for(lambda: find_colour(strip(desktop), WHITE), "a name is shown", SHOWN_LIMIT)

        text = find_colour(strip(desktop), WHITE)
        desktop.screenshot("bar-polybar-markup")
        desktop.end(bar)
    # With a tag in it, it would be red, or not all of it would be there.
    assert text is not None
    assert text.width > LONG_NAME
    assert changed(empty, strip(desktop)) is None
    assert "Parser error" not in desktop.log_text()


# tmux


class Terminal:
    """A terminal in which tmux shows its status line."""

    def __init__(self, person: Person, processes: Processes, config: Path) -> None:
        require_programs("tmux")
        master, slave = pty.openpty()
        self._master = master
        environ = {**person.environment, "TERM": "xterm", "TMUX_TMPDIR": str(person.home)}
        environ |= {"LANG": "C.UTF-8"}
        self._seen = b""
        processes.start(
            ["tmux", "-f", str(config), "new-session", "sleep 1000"],
            environ,
            stdin=slave,
            stdout=slave,
        )
        self._environ = environ
        os.close(slave)

    def shows(self, text: str) -> bool:
        while select.select([self._master], [], [], 0)[0]:
            self._seen += os.read(self._master, 65536)
        return text in self._seen.decode(errors="replace")

    def close(self) -> None:
        subprocess.run(["tmux", "kill-server"], env=self._environ, timeout=10, check=False)
        os.close(self._master)


def show_in_tmux(person: Person, processes: Processes, config: str) -> Iterator[Terminal]:
    path = person.home / "tmux.conf"
    # Not to wait for a quarter of a minute.
    path.write_text(config + "\nset -g status-interval 1\nset -g status-right-length 100\n")
    terminal = Terminal(person, processes, path)
    yield terminal
    terminal.close()


def test_tmux_shows_it_as_it_changes(person: Person, server: Server, processes: Processes) -> None:
    now_say(person, server, 7500)
    for terminal in show_in_tmux(person, processes, (BARS / "tmux.conf").read_text()):
        wait_for(lambda: terminal.shows("2h 5m |"), "tmux shows 2h 5m", SHOWN_LIMIT)  # noqa: B023
        now_say(person, server, 7560)
        wait_for(lambda: terminal.shows("2h 6m |"), "tmux shows 2h 6m", SHOWN_LIMIT)  # noqa: B023


def store_markup(person: Person, server: Server) -> None:
    """Store a number whose largest project's name is markup."""
    now = time.time()
    number = replace(a_number_of_projects(), fetched_at=now, day=day_at(now, UTC, "UTC"))
    projects = tuple(share for share in number.breakdowns["projects"] or () if share.name == MARKUP)
    number = replace(number, breakdowns={"projects": projects})
    status = replace(a_status(number, now=now), account="wakatime.cfg", api_url=server.api_url)
    SnapshotStore(person.locations.snapshot_file).save(status, show=True)


def test_tmux_takes_a_name_that_is_markup_for_text(
    person: Person, server: Server, processes: Processes
) -> None:
    store_markup(person, server)
    config = (
        (BARS / "tmux.conf")
        .read_text()
        .replace("--format tmux", "--cached --format tmux --template '{project} %%H'")
        .replace("--max-age 60 ", "")
    )
    for terminal in show_in_tmux(person, processes, config):
        wait_for(lambda: terminal.shows(MARKUP), "tmux shows the name", SHOWN_LIMIT)  # noqa: B023


# i3blocks and i3status, whose output i3bar draws


class Lines:
    """What a program of i3bar's protocol prints."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        self._output = process.stdout
        self._seen = b""

    def blocks(self) -> list[dict[str, str]]:
        """Give the newest blocks."""
        while select.select([self._output], [], [], 0)[0]:
            part = os.read(self._output.fileno(), 65536)
            if not part:
                break
            self._seen += part
        # A header, and then one endless array with an array of blocks on each line.
        lines = self._seen.decode().split("\n")[1:-1]
        arrays = [line.strip(",[]") for line in lines]
        blocks = json.loads(f"[{arrays[-1]}]") if arrays else []
        return [block for block in blocks if block.get("full_text")]


def test_i3blocks_shows_it_as_it_changes_with_its_colour(
    person: Person, server: Server, processes: Processes
) -> None:
    require_programs("i3blocks")
    person.write_config('goal = "2h"\n')
    example = str(BARS / "i3blocks.conf")
    process = processes.start(
        ["i3blocks", "-c", example], person.environment, stdout=subprocess.PIPE
    )
    lines = Lines(process)

    def shows(text: str, colour: str | None) -> bool:
        return [(one["full_text"], one.get("color")) for one in lines.blocks()] == [(text, colour)]

    wait_for(lambda: shows("2h 5m", "#3FA34D"), "i3blocks shows 2h 5m", SHOWN_LIMIT)
    # The next line has no colour, and does not keep the last one's.
    now_say(person, server, 60)
    wait_for(lambda: shows("1m", None), "i3blocks shows 1m", SHOWN_LIMIT)
    processes.end(process)
    wait_for(lambda: ends(person), "nobody follows any more")


def test_i3status_shows_the_file_as_it_changes(
    person: Person, server: Server, processes: Processes
) -> None:
    require_programs("i3status")
    example = (BARS / "i3status.conf").read_text()
    (keeper,) = (line for line in example.splitlines() if "--output" in line)
    config = person.home / "i3status.conf"
    config.write_text('general {\n  output_format = "i3bar"\n  interval = 1\n}\n' + example)
    (person.home / ".cache").mkdir()
    command = keeper.partition("--no-startup-id ")[2]
    follower = processes.start(["/bin/sh", "-c", f"exec {command}"], person.environment)
    process = processes.start(
        ["i3status", "-c", str(config)], person.environment, stdout=subprocess.PIPE
    )
    lines = Lines(process)

    def shows(text: str) -> bool:
        return [one["full_text"] for one in lines.blocks()] == [text]

    wait_for(lambda: shows("2h 5m"), "i3status shows 2h 5m", SHOWN_LIMIT)
    now_say(person, server, 7560)
    wait_for(lambda: shows("2h 6m"), "i3status shows 2h 6m", SHOWN_LIMIT)
    processes.end(follower)
    wait_for(lambda: shows("-"), "i3status shows that nothing is known", SHOWN_LIMIT)


# The running trayapp


def test_it_follows_the_running_trayapp_and_takes_over_when_that_is_killed(
    desktop: Desktop, xfce_panel: XfcePanel, server: Server, tmp_path: Path
) -> None:
    app = App(desktop, xfce_panel, server, tmp_path)
    app.start()
    wait_for(lambda: server.requests, "trayapp asks", SHOWN_LIMIT)
    command = [sys.executable, "-m", "trayapp", "today", "--follow", "--format", "waybar"]
    follower = desktop.start(command, app.environ, stdout=subprocess.PIPE)
    assert follower.stdout is not None
    lines = follower.stdout
    seen: list[str] = []

    def says(text: str) -> bool:
        while select.select([lines], [], [], 0)[0]:
            seen.append(lines.readline().decode())
        return bool(seen) and json.loads(seen[-1])["text"] == text

    wait_for(lambda: says("2h 5m"), "it says 2h 5m", SHOWN_LIMIT)
    asked = len(server.requests)
    server.today(total_seconds=7560)
    # What a second start does: the first one refreshes.
    app.command("run")
    wait_for(lambda: says("2h 6m"), "it says 2h 6m", SHOWN_LIMIT)
    assert len(server.requests) == asked + 1
    server.today(total_seconds=7620)
    app.end(signal.SIGKILL)
    wait_for(lambda: says("2h 7m"), "it says 2h 7m", SHOWN_LIMIT)
    assert desktop.end(follower) == 0


# What is in no package of Debian 12, or on no Linux: run as the program would run it


def test_xbars_plugin_prints_a_title_and_a_menu(person: Person) -> None:
    result = subprocess.run(
        [BARS / "trayapp.1m.sh"],
        env=person.environment,
        capture_output=True,
        text=True,
        timeout=40,
        check=True,
    )

    title, menu, rest = result.stdout.split("---\n")
    assert title == "2h 5m | emojize=false\n"
    assert "Today  2h 5m | emojize=false\n" in menu
    assert rest == "Refresh | refresh=true\n"


def test_starships_module_prints_one_line(person: Person) -> None:
    module = tomllib.loads((BARS / "starship.toml").read_text())["custom"]["trayapp"]
    person.run("today")

    result = subprocess.run(
        ["/bin/sh"],
        input=module["command"],
        env=person.environment,
        capture_output=True,
        text=True,
        timeout=40,
        check=True,
    )

    assert (result.stdout, result.stderr) == ("2h 5m\n", "")
    assert module["when"] is True
    assert "$output" in module["format"]


def test_each_format_has_an_example() -> None:
    examples = "".join(path.read_text() for path in BARS.iterdir())

    for form in ("waybar", "polybar", "i3blocks", "i3status", "tmux", "xbar", "starship"):
        assert f"--format {form}" in examples
